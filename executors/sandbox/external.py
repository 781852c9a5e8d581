"""External programs (shells, planners, provers) in a jail over a small tree of files."""

from __future__ import annotations

import base64
import json
import signal
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from executors.outcome import Limits, Status, one_line
from executors.sandbox.bubblewrap import Spec
from executors.sandbox.errors import IsolationError, JailLostError
from executors.sandbox.jail import Ended, Jail, Stop
from executors.sandbox.kept import KeptJail

ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "TZ": "UTC"}
SCRATCH = 256 << 20
_SIGNALS = {
    signal.SIGXCPU: Status.TIMEOUT,
    signal.SIGXFSZ: Status.OUTPUT_LIMIT,
}


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """`status` is OK when the program ended by itself, whatever `exit_status` it chose (negative: a signal, as in
    `subprocess`; None: it was stopped or lost). `files` holds what was asked for and is there."""

    status: Status
    exit_status: int | None
    stdout: bytes
    stderr: bytes
    files: Mapping[str, bytes] = field(default_factory=dict)
    detail: str = ""
    seconds: float = 0.0


_KILLED = 3
_LOST = ProgramRun(Status.CRASHED, None, b"", b"", detail="the jail was killed under the program")


def run_program(
    argv: Sequence[str],
    *,
    files: Mapping[str, bytes],
    limits: Limits,
    read_back: Sequence[str] = (),
    mounts: Sequence[Path] = (),
    environment: Mapping[str, str] | None = None,
    keep: bool = False,
) -> ProgramRun:
    """Run `argv` in a jail of its own: no network, no host files, an empty home in memory, no rights.

    `files` (name relative to the working directory /tmp/work; a name that ends in "/" is a directory) are there when
    it starts.
    A directory in `read_back` stands for all below it: directories come back as "name/", symbolic links as "name@"
    with their target. `mounts` are shown read-only at their own paths: where the program is installed, if that is
    not /usr. `limits.memory` bounds each process' address space, `limits.output` each of stdout, stderr and the files.
    With `keep` (and no mounts) the next program finds the jail started, and still has namespaces and files of its own:
    for many short programs. One that was killed, not by us, is run again, `_KILLED` times in all, since it can do that
    itself.

    Raises IsolationError where there can be no jail.
    """
    request = {
        "argv": list(argv),
        "files": {name: base64.b64encode(data).decode() for name, data in files.items()},
        "read_back": list(read_back),
        "env": {**ENVIRONMENT, **(environment or {})},
        "seconds": limits.seconds,
        "memory": limits.memory,
        "output": limits.output,
    }
    for _ in range(_KILLED):
        ended = _run_kept(request, limits) if keep and not mounts else _run_once(request, limits, mounts)
        done = _program_run(ended, limits) if ended is not None else _LOST
        if done is not _LOST and done.exit_status != -signal.SIGKILL:
            break
    return done


# In bubblewrap's words and in ours, what cannot be mounted.
_NO_PROC = "/proc"


class _Processes:
    """Whether a jail here can show its processes (/proc): inside some containers it cannot, and is without."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.shown = True


_processes = _Processes()
_HIDING = Spec(external=True, scratch=SCRATCH, spares=1)
_SHOWING = replace(_HIDING, show_processes=True)
_KEPT_HIDING = KeptJail(replace(_HIDING, spares=2))
_KEPT_SHOWING = KeptJail(replace(_SHOWING, spares=2))


def _open(mounts: tuple[Path, ...]) -> Jail:
    with _processes.lock:
        if _processes.shown:
            try:
                return Jail(replace(_SHOWING, mounts=mounts))
            except IsolationError as error:
                if _NO_PROC not in str(error):
                    raise
                _processes.shown = False
    return Jail(replace(_HIDING, mounts=mounts))


def _run_once(request: Mapping[str, object], limits: Limits, mounts: Sequence[Path]) -> Ended | None:
    try:
        jail = _open(tuple(path.resolve() for path in mounts))
        try:
            return jail.run(request, limits, reply_limit=2 * limits.output)
        finally:
            jail.close()
    except JailLostError:
        return None


def _run_kept(request: Mapping[str, object], limits: Limits) -> Ended | None:
    if _processes.shown:
        try:
            return _KEPT_SHOWING.run(request, limits, 2 * limits.output)
        except IsolationError as error:
            if _NO_PROC not in str(error):
                raise
            _processes.shown = False
    return _KEPT_HIDING.run(request, limits, 2 * limits.output)


def _program_run(ended: Ended, limits: Limits) -> ProgramRun:
    def failed(status: Status, detail: str) -> ProgramRun:
        return ProgramRun(status, None, ended.stdout, ended.stderr, {}, one_line(detail), ended.seconds)

    if ended.stop is Stop.DEADLINE:
        return failed(Status.TIMEOUT, f"did not end within {limits.seconds:g} s")
    if ended.stop is Stop.OUTPUT:
        return failed(Status.OUTPUT_LIMIT, f"printed more than {limits.output} bytes")
    if ended.stop is not Stop.REPLIED:
        return failed(Status.CRASHED, "killed the process that watches it")
    reply = json.loads(ended.reply)
    if reply["status"] != Status.OK:
        return failed(Status(reply["status"]), reply["detail"])
    files = {name: base64.b64decode(text) for name, text in reply["files"].items()}
    status = _SIGNALS.get(-reply["exit"], Status.OK) if reply["exit"] < 0 else Status.OK
    return ProgramRun(status, reply["exit"], ended.stdout, ended.stderr, files, "", ended.seconds)
