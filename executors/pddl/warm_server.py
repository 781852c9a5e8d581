"""The warm planner: a process that translates PDDL with Fast Downward's translator and starts the search on the result.

It is run by path (`python -I warm_server.py`) and not imported, so that the translator (GPL-3.0) stays in a process of
its own that can be killed, and so that a problem costs neither the start of an interpreter nor the imports: only the
search is a new process.

Protocol, on standard input and output: a request is a header (JSON) and two texts (domain, problem); an answer is a
header and one text. Each is its length (eight bytes, big-endian) and its bytes. Header of a request: `memory` (bytes of
address space for the translator and for the search), `seconds` (for both), `output` (bytes of a plan), `binary`,
`searches` (pairs of search options and the share of the time left), `conclusive` (exit codes after which no further
search is tried). Header of an answer: `status` (`S` translated, `I` rejected as input, `M` out of memory), `code` (exit
code of the last search, None when killed at its time limit) and `search` (its position). The text is the plan, the
translator's message, or the SAS+ task where no search was asked for. The process ends with its input, after running out
of memory, and once it has grown too large.
"""

from __future__ import annotations

import ctypes
import gc
import io
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

RETIRE_AT = 256 << 20  # bytes of peak resident memory
_LIBC = ctypes.CDLL(None)
_PLAN = "plan"


def main() -> None:
    _die_with_parent()
    requests, answers = os.fdopen(0, "rb"), os.fdopen(os.dup(1), "wb")
    sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115  the translator reports its progress with print
    translate = _translator()
    gc.freeze()
    gc.disable()
    while True:
        header, domain, problem = _read(requests), _read(requests), _read(requests)
        if header is None or domain is None or problem is None:
            return
        started = time.monotonic()
        wanted = json.loads(header)
        _limit(resource.RLIMIT_AS, wanted["memory"])
        reply: dict[str, Any] = {"status": "S", "code": None, "search": 0}
        try:
            body = translate(domain.decode("utf-8", "surrogatepass"), problem.decode("utf-8", "surrogatepass"))
        except MemoryError:
            reply["status"], body = "M", b""
        except (Exception, SystemExit) as error:  # Fast Downward exits with a critical error; the input causes it
            kind = "" if type(error).__name__ == "ParseError" else f"{type(error).__name__}: "
            reply["status"], body = "I", f"{kind}{error}".encode("utf-8", "replace")
        if reply["status"] == "S" and wanted["searches"]:
            body = _searches(wanted, body, started + wanted["seconds"], reply)
        _write(answers, json.dumps(reply).encode())
        _write(answers, body)
        answers.flush()
        del body
        if reply["status"] == "M" or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 > RETIRE_AT:
            return
        gc.collect()  # while the caller judges the plan


def _translator() -> Callable[[str, str], bytes]:
    # By name: the package has no type stubs.
    names = ("main", "normalize", "options", "pddl_parser.lisp_parser", "pddl_parser.parsing_functions")
    modules = [import_module(f"fast_downward.translate.{name}") for name in names]
    translator, normalize, options, lisp_parser, parsing_functions = modules
    options.set_options(["domain", "problem"])  # its defaults; the names are never opened

    def translate(domain: str, problem: str) -> bytes:
        # Universal newlines, as when the translator reads files.
        nested = [lisp_parser.parse_nested_list(io.StringIO(text, newline=None)) for text in (domain, problem)]
        task: Any = parsing_functions.parse_task(*nested)
        normalize.normalize(task)
        output = io.StringIO()
        translator.pddl_to_sas(task).output(output)
        return output.getvalue().encode()

    return translate


def _searches(wanted: dict[str, Any], task: bytes, deadline: float, reply: dict[str, Any]) -> bytes:
    """The plan of the first conclusive search, empty without one; `reply` gets its exit code and position."""
    source = os.memfd_create("task")
    try:
        with os.fdopen(os.dup(source), "wb") as file:
            file.write(task)
        for position, (options, share) in enumerate(wanted["searches"]):
            Path(_PLAN).unlink(missing_ok=True)
            os.lseek(source, 0, os.SEEK_SET)
            seconds = max(0.0, deadline - time.monotonic()) * share
            reply["search"] = position
            reply["code"] = _search([wanted["binary"], "--search", options], source, seconds, wanted)
            if reply["code"] in wanted["conclusive"]:
                break
        return Path(_PLAN).read_bytes()[: wanted["output"]] if Path(_PLAN).is_file() else b""
    finally:
        os.close(source)
        Path(_PLAN).unlink(missing_ok=True)


def _search(argv: list[str], source: int, seconds: float, wanted: dict[str, Any]) -> int | None:
    child = os.fork()
    if not child:
        try:
            _die_with_parent()
            _limit(resource.RLIMIT_FSIZE, wanted["output"])
            nothing = os.open(os.devnull, os.O_WRONLY)
            for source_handle, handle in ((source, 0), (nothing, 1), (nothing, 2)):
                os.dup2(source_handle, handle)
            os.execv(argv[0], [*argv, "--internal-plan-file", _PLAN])
        finally:
            os._exit(127)
    handle = os.pidfd_open(child)
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        if poll.poll(seconds * 1000):
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return None
    finally:
        os.close(handle)


def _die_with_parent() -> None:
    _LIBC.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _limit(kind: int, size: int) -> None:
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))


def _read(stream: BinaryIO) -> bytes | None:
    head = stream.read(8)
    return stream.read(int.from_bytes(head, "big")) if len(head) == 8 else None


def _write(stream: BinaryIO, body: bytes) -> None:
    stream.write(len(body).to_bytes(8, "big"))
    stream.write(body)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
