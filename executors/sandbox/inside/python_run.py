"""Run one Python program in this process, which is then thrown away, and say what came of it."""

from __future__ import annotations

import builtins
import errno
import mmap
import sys
import types
from contextlib import suppress
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as quote
from typing import Any

from . import plain_data

# Programs replace builtins (`builtins.repr = ...`); the functions below keep the ones of this moment.
globals()["__builtins__"] = dict(vars(builtins))

FILE_NAME = "<program>"
DENIED = frozenset({errno.EPERM, errno.EACCES, errno.EROFS})
_BALLAST_BYTES = 4 << 20
_DETAIL_CHARACTERS = 400
# Endless recursion is to end as RecursionError: frames lie on the heap, and filling it takes longer than anyone waits.
MAX_RECURSION = 100_000

_set_trace, _set_profile, _set_recursion_limit = sys.settrace, sys.setprofile, sys.setrecursionlimit
_recursion_limit = sys.getrecursionlimit()
_streams = (sys.stdout, sys.stderr)


def bound_recursion() -> None:
    """From now on this interpreter's recursion limit cannot be set above `MAX_RECURSION`."""

    def setrecursionlimit(limit: int, /) -> None:
        """Set the maximum depth of the Python interpreter stack to limit."""
        _set_recursion_limit(min(limit, MAX_RECURSION))

    sys.setrecursionlimit = setrecursionlimit


def forbid_crafted_bytecode() -> None:
    """From now on no code object can be put together by hand: the interpreter reads any memory that one names."""

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "code.__new__":
            raise PermissionError(errno.EPERM, "code objects come from the compiler only")

    sys.addaudithook(hook)


@dataclass(frozen=True, slots=True)
class Reply:
    """`value` is the answer's text in the notation of `wire`, with status "ok" only."""

    status: str
    detail: str = ""
    value: str = "null"

    def encode(self) -> bytes:
        # Not json.dumps: the program may have replaced it.
        return f'{{"status":"{self.status}","detail":{quote(self.detail)},"value":{self.value}}}'.encode("ascii")


def run(program: str, answer: str, name: str, limit: int) -> Reply:
    """The reply to `program`, whose answer is at `answer` ("return", "variable", "last_line") called `name`."""
    # Given back when memory runs out, so that there is room to say so (address space only: no page is touched).
    ballast = mmap.mmap(-1, _BALLAST_BYTES)
    try:
        code = compile(program.removeprefix("\ufeff"), FILE_NAME, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, MemoryError) as error:
        # ValueError: NUL characters, lone surrogates; MemoryError: the parser's stack.
        return Reply("invalid", _describe(error))
    except RecursionError as error:
        return Reply("error", _describe(error))
    try:
        value = _answer(code, answer, name)
        _take_back_control()
        return Reply("ok", value=plain_data.encode(value, limit))
    except plain_data.NotPlainError as error:
        return Reply("bad_answer", _describe(error))
    except plain_data.TooLargeError as error:
        return Reply("output_limit", _describe(error))
    except BaseException as error:
        _take_back_control()
        ballast.close()
        return _failure(error)


def _answer(code: types.CodeType, answer: str, name: str) -> object:
    module = types.ModuleType("__main__")
    # Dataclasses and pickling look the module up; exec would lend it the private builtins of this one.
    sys.modules["__main__"] = module
    namespace = module.__dict__
    namespace["__builtins__"] = builtins
    # The jail is what makes this safe: nothing in this process but the program is worth anything.
    exec(code, namespace)
    value = None
    if answer != "last_line" and name not in namespace:
        raise NameError(f"the program defines no {name}")
    if answer == "return":
        value = namespace[name]()
    elif answer == "variable":
        value = namespace[name]
    if sys.stdout is not None:
        sys.stdout.flush()
    return value


def _take_back_control() -> None:
    _set_trace(None)
    _set_profile(None)
    _set_recursion_limit(_recursion_limit)
    for stream in _streams:
        # Closed, or its descriptor is.
        with suppress(OSError, ValueError):
            stream.flush()


def _failure(error: BaseException) -> Reply:
    try:
        return Reply(_status(error), _describe(error))
    except BaseException:
        # The exception's own __str__ failed.
        return Reply("error", "an exception that cannot be shown")


def _status(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, OSError):
        number = error.errno
        return "memory" if number == errno.ENOMEM else "refused" if number in DENIED else "error"
    return "error"


def _describe(error: BaseException) -> str:
    text = f"{type(error).__name__}: {str(error)[:_DETAIL_CHARACTERS]}"
    line = _line(error.__traceback__)
    return f"{text} (line {line})" if line else text


def _line(traceback: Any) -> int:
    """The program's line that was running, 0 for none."""
    line = 0
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == FILE_NAME:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line
