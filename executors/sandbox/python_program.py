"""A Python program, where its answer is, and what running it in a jail came to."""

from __future__ import annotations

import json
import re
import signal
from dataclasses import dataclass
from typing import TypeAlias

from executors.outcome import Limits, Outcome, Status, Value
from executors.sandbox import bubblewrap
from executors.sandbox.inside import wire
from executors.sandbox.jail import Ended, Stop
from executors.sandbox.kept import KeptJail

KEPT_CHARACTERS = 1 << 16
# What programs import most, loaded once for all of them.
STANDARD = (
    *("ast", "abc", "array", "base64", "bisect", "calendar", "cmath", "collections", "contextlib", "copy", "csv"),
    *("dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "hashlib", "heapq", "inspect", "io"),
    *("itertools", "json", "locale", "math", "numbers", "operator", "os", "pathlib", "pprint", "random", "re"),
    *("shutil", "statistics", "string", "_strptime", "sys", "tempfile", "textwrap", "threading", "time", "traceback"),
    *("types", "typing", "unicodedata", "unittest", "warnings"),
)
HEAVY = ("numpy", "numpy.linalg", "dateutil.relativedelta", "inside.warm_sympy")
_NAMES_HEAVY = re.compile(r"\b(numpy|sympy|mpmath|dateutil|scipy|pandas)\b")

# A fork costs in proportion to what is loaded: programs that name no heavy library are forked from a light process.
_LIGHT_JAIL = KeptJail(bubblewrap.Spec(preload=STANDARD))
_HEAVY_JAIL = KeptJail(bubblewrap.Spec(preload=(*STANDARD, *HEAVY)))


def close_jails() -> None:
    """End this process' jails; the next program starts new ones."""
    _LIGHT_JAIL.close()
    _HEAVY_JAIL.close()


@dataclass(frozen=True, slots=True)
class ReturnValue:
    """The answer is what `function()` returns."""

    function: str = "solution"


@dataclass(frozen=True, slots=True)
class Variable:
    """The answer is the global variable `name`."""

    name: str = "answer"


@dataclass(frozen=True, slots=True)
class LastLine:
    """The answer is the last line printed that is not blank, without the blanks around it."""


Answer: TypeAlias = ReturnValue | Variable | LastLine


@dataclass(frozen=True, slots=True)
class PythonRun:
    """`stdout` and `stderr` are the first 65,536 characters; bytes that are no UTF-8 are replaced."""

    outcome: Outcome
    stdout: str
    stderr: str


def run_python(program: str, answer: Answer, limits: Limits) -> PythonRun:
    """Run `program` in a fresh process of the jail. Raises IsolationError where there can be no jail."""
    return run_python_in(_HEAVY_JAIL if _NAMES_HEAVY.search(program) else _LIGHT_JAIL, program, answer, limits)


def run_python_in(jail: KeptJail, program: str, answer: Answer, limits: Limits) -> PythonRun:
    """As `run_python`, in a jail of the caller's own that holds more than every program needs."""
    kind, name = _where(answer)
    request = {
        "program": program,
        "answer": kind,
        "name": name,
        "seconds": limits.seconds,
        "memory": limits.memory,
        "output": limits.output,
    }
    ended = jail.run(request, limits)
    if ended is None:
        outcome = Outcome.failed(Status.CRASHED, "the jail was killed under the program, again and again")
        return PythonRun(outcome, "", "")
    return PythonRun(_outcome(ended, answer, limits), _text(ended.stdout), _text(ended.stderr))


def _where(answer: Answer) -> tuple[str, str]:
    match answer:
        case ReturnValue(function):
            return "return", function
        case Variable(name):
            return "variable", name
        case LastLine():
            return "last_line", ""


def _text(data: bytes) -> str:
    return data[: 4 * KEPT_CHARACTERS].decode(errors="replace")[:KEPT_CHARACTERS]


def _outcome(ended: Ended, answer: Answer, limits: Limits) -> Outcome:
    match ended.stop:
        case Stop.DEADLINE:
            return Outcome.failed(Status.TIMEOUT, f"no answer within {limits.seconds:g} s", ended.seconds)
        case Stop.OUTPUT:
            return Outcome.failed(Status.OUTPUT_LIMIT, f"printed more than {limits.output} bytes", ended.seconds)
        case Stop.FORGERY:
            return Outcome.failed(Status.ERROR, "wrote to the channel of the answer", ended.seconds)
        case Stop.SILENT:
            return Outcome.failed(Status.CRASHED, "closed the channel of the answer and went on", ended.seconds)
        case Stop.CLOSED:
            return _silent_end(ended)
        case Stop.REPLIED:
            return _replied(ended, answer)


def _silent_end(ended: Ended) -> Outcome:
    """The program ended without an answer."""
    code = ended.exit_code
    if code >= 0:
        return Outcome.failed(Status.ERROR, f"ended with exit status {code} before it answered", ended.seconds)
    if -code == signal.SIGXCPU:
        return Outcome.failed(Status.TIMEOUT, "used up its processor time", ended.seconds)
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return Outcome.failed(Status.CRASHED, f"killed by {name}", ended.seconds)


_REPLIES = {
    status.value: status
    for status in (Status.OK, Status.ERROR, Status.INVALID, Status.MEMORY, Status.BAD_ANSWER, Status.OUTPUT_LIMIT,
                   Status.REFUSED)
}  # fmt: skip


def _replied(ended: Ended, answer: Answer) -> Outcome:
    """The reply was made in the program's process: nothing in it is taken on trust but that it is text."""
    try:
        reply = json.loads(ended.reply)
        status, detail, value = _REPLIES[reply["status"]], str(reply["detail"]), decode(reply["value"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return Outcome.failed(Status.BAD_ANSWER, "the reply is not in the notation of answers", ended.seconds)
    if status is not Status.OK:
        return Outcome.failed(status, detail, ended.seconds)
    if isinstance(answer, LastLine):
        lines = ended.stdout.decode(errors="replace").split("\n")
        value = next((text for line in reversed(lines) if (text := line.strip())), None)
        if value is None:
            return Outcome.failed(Status.ERROR, "printed nothing", ended.seconds)
    if value is None:
        return Outcome.failed(Status.BAD_ANSWER, "None is no answer", ended.seconds)
    return Outcome(Status.OK, value, "", ended.seconds)


def decode(data: object, depth: int = wire.MAX_DEPTH) -> Value:
    """Plain data from the notation of `wire`. Raises ValueError, KeyError, TypeError for anything else."""
    if data is None or isinstance(data, (bool, int, float, str)):
        return data
    if depth == 0:
        raise ValueError("nested too deep")
    if isinstance(data, list):
        return [decode(item, depth - 1) for item in data]
    if not isinstance(data, dict) or len(data) != 1:
        raise ValueError("not in the notation")
    ((tag, body),) = data.items()
    if tag == "i":
        return int(body, 16)
    if tag == "f":
        return float(body)
    if tag == "t":
        return tuple(decode(item, depth - 1) for item in body)
    if tag == "d":
        return {str(key): decode(item, depth - 1) for key, item in body}
    raise ValueError(f"no tag {tag!r}")
