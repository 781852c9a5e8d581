"""What running a program comes to: one typed value for every language and every way of failing.

An executor answers an `Outcome` for whatever a model wrote and never raises on it; it raises only for mistakes of
the caller (a database that is not there, an unknown context). The statuses are exhaustive and disjoint, so that a
leaderboard can say *why* a model is wrong.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias


class Status(StrEnum):
    """How the execution of one program ended."""

    OK = "ok"  # it ran and `value` is its denotation
    NO_PROGRAM = "no_program"  # the completion holds nothing to run
    INVALID = "invalid"  # it does not parse, or names what does not exist
    ERROR = "error"  # it ran and failed
    TIMEOUT = "timeout"  # it did not end before its deadline
    MEMORY = "memory"  # it asked for more memory than allowed
    OUTPUT_LIMIT = "output_limit"  # it returned or printed more than allowed
    CRASHED = "crashed"  # its worker died under it
    BAD_ANSWER = "bad_answer"  # it ran, but what it returned is no value that can be compared
    REFUSED = "refused"  # it asked for something that is never allowed (a write, the network)


class Verdict(StrEnum):
    """A solver's answer that is not a value: what it could decide, or why there is nothing to decide."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"  # undetermined by the premises: a real answer, not a failure
    UNDECIDED = "undecided"  # the solver gave up: never to be scored as an answer
    INCONSISTENT = "inconsistent"
    UNSOLVABLE = "unsolvable"


Scalar: TypeAlias = bool | int | float | str | bytes | Verdict | None
Value: TypeAlias = "Scalar | Sequence[Value] | Mapping[str, Value]"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one program may use. `seconds` is wall time; sizes are bytes."""

    seconds: float = 10.0
    memory: int = 1 << 30
    output: int = 4 << 20
    rows: int = 100_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one execution.

    `value` is the denotation (only with status `ok`), `detail` one line for a person, `seconds` the wall time used.
    """

    status: Status
    value: Value = None
    detail: str = ""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return self.status is Status.OK

    @staticmethod
    def failed(status: Status, reason: object, seconds: float = 0.0) -> Outcome:
        """An outcome without a value; `reason` becomes one line of at most 300 characters."""
        return Outcome(status, None, one_line(str(reason)), seconds)

    def summary(self, limit: int = 2000) -> Outcome:
        """The same outcome with a value of more than `limit` JSON characters replaced by its digest and its head."""
        text = json.dumps(to_json(self.value), sort_keys=True)
        if len(text) <= limit:
            return self
        digest = hashlib.sha256(text.encode()).hexdigest()
        short: dict[str, Value] = {"sha256": digest, "characters": len(text), "head": text[: limit // 2]}
        return replace(self, value=short)


def one_line(text: str, limit: int = 300) -> str:
    """`text` on one line, without control characters, cut to `limit` characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def to_json(value: Value) -> object:
    """`value` as strict JSON: what JSON cannot say (bytes, verdicts, nan, huge integers) becomes a tagged object."""
    if isinstance(value, Verdict):
        return {"$verdict": value.value}
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        # Python refuses to read integers of more than 4,300 digits back from decimal text.
        return value if value.bit_length() <= 1024 else {"$int": hex(value)}
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": repr(value)}
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    return [to_json(item) for item in value]
