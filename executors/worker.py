"""The worker's side of `executors.pool`: reads calls from its socket, answers each, and dies with its parent."""

from __future__ import annotations

import ctypes
import importlib
import os
import pickle
import resource
import signal
import socket
import sys
import traceback

_PR_SET_PDEATHSIG = 1


def main(descriptor: int, parent: int, memory: int, preload: list[str]) -> None:
    die_with_parent(parent)
    # Only the soft limit: what a jail may use is the jail's own decision, and it is not this process' child to bound.
    resource.setrlimit(resource.RLIMIT_AS, (memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A frame of recursion in Python code that parses model text must fail as RecursionError, not as a dead process.
    sys.setrecursionlimit(3000)
    channel = socket.socket(fileno=descriptor)
    os.set_inheritable(descriptor, False)
    try:
        for entry in preload:
            module, _, function = entry.partition(":")
            loaded = importlib.import_module(module)
            if function:
                getattr(loaded, function)()
    except Exception:
        _send(channel, "error", traceback.format_exc())
        return
    _send(channel, "ready", None)
    while (payload := _receive(channel)) is not None:
        kind, value = _answer(payload)
        _send(channel, kind, value)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when `parent` ends, however it ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the line above
        sys.exit(1)


def _answer(payload: bytes) -> tuple[str, object]:
    try:
        function, args, kwargs = pickle.loads(payload)  # noqa: S301 (written by our own pool)
        return "ok", function(*args, **kwargs)
    except MemoryError:
        return "memory", None
    except Exception:  # the boundary: whatever a function raises is reported to the caller as a RemoteError
        return "error", traceback.format_exc(limit=-12)


def _send(channel: socket.socket, kind: str, value: object) -> None:
    try:
        data = pickle.dumps((kind, value), protocol=pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
        data = pickle.dumps(("error", f"the answer cannot be sent: {error}"))
    channel.sendall(len(data).to_bytes(8, "big") + data)


def _receive(channel: socket.socket) -> bytes | None:
    header = _exactly(channel, 8)
    return None if header is None else _exactly(channel, int.from_bytes(header, "big"))


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        part = channel.recv(min(size - len(parts), 1 << 20))
        if not part:
            return None
        parts += part
    return bytes(parts)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
