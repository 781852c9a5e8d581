"""What the two sides say to each other: length-prefixed JSON, and plain data with what JSON cannot say tagged.

null, true, false, "text", [..]        themselves
12, 0.1                                 integers below 2**63 in size, finite floats (shortest exact text)
{"i": "-1f"}                            larger integers, hexadecimal
{"f": "nan"}                            nan, inf, -inf
{"t": [..]}, {"d": [[key, value], ..]}  tuples, dictionaries with text keys
"""

from __future__ import annotations

import builtins
import os
import struct
from collections.abc import Callable

# Programs replace builtins (`builtins.len = ...`); the functions below keep the ones of this moment.
globals()["__builtins__"] = dict(vars(builtins))

# To and from the zygote: (kind, child, exit code or milliseconds of patience). STOPPED: not within them, by us.
MESSAGE = struct.Struct("!cqi")
OFFER, ENDED, STOPPED, END = b"O", b"E", b"S", b"K"
LENGTH_BYTES = 8
NONCE_BYTES = 32
READY = b"R"
DONE = b"D"
MAX_DEPTH = 64


def frame(payload: bytes) -> bytes:
    return len(payload).to_bytes(LENGTH_BYTES, "big") + payload


def read_exactly(descriptor: int, size: int, read: Callable[[int, int], bytes] = os.read) -> bytes:
    """Raises EOFError when the other side closes first."""
    parts = []
    while size > 0:
        part = read(descriptor, min(size, 1 << 20))
        if not part:
            raise EOFError("the channel was closed")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def write_all(descriptor: int, data: bytes, write: Callable[[int, bytes | memoryview], int] = os.write) -> None:
    view = memoryview(data)
    while view:
        view = view[write(descriptor, view) :]
