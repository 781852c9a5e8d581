"""Running one planner on given files: bounded in time, memory and file sizes, and ended with all that it started.

The planners are trusted programs on hostile data. Where bubblewrap works they run in a jail without a network that
shows nothing but /usr and the planner, read-only, and the folder of the run; elsewhere they run as plain processes
under the same limits.
"""

from __future__ import annotations

import math
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from executors.outcome import Limits


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a program: its exit code (None: killed at the deadline; signals come as 128 + number from a jail and
    negative without one), the head of its standard output, and the files asked for that exist."""

    code: int | None
    output: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict)


class RunProgram(Protocol):
    """Runs `argv` in a fresh folder that holds `files`; `stdin` names the one of them to be read as standard input.
    `mounts` are the places, besides /usr, where the program is installed."""

    def __call__(
        self,
        argv: Sequence[str],
        files: Mapping[str, bytes],
        limits: Limits,
        read_back: Sequence[str],
        *,
        stdin: str | None = None,
        mounts: Sequence[Path] = (),
    ) -> Finished: ...


def run_program(
    argv: Sequence[str],
    files: Mapping[str, bytes],
    limits: Limits,
    read_back: Sequence[str],
    *,
    stdin: str | None = None,
    mounts: Sequence[Path] = (),
) -> Finished:
    """As `RunProgram` says. File names are ours, never a model's.

    Raises:
        RuntimeError: prlimit (util-linux) is not installed.
    """
    deadline = time.monotonic() + limits.seconds
    folder = Path(tempfile.mkdtemp(prefix="planner-"))
    try:
        for name, content in files.items():
            (folder / name).write_bytes(content)
        log = folder / "stdout"
        with log.open("wb") as output, (folder / stdin if stdin else Path(os.devnull)).open("rb") as source:
            process = subprocess.Popen(
                [*_limited(limits), *jail(mounts, folder), *argv],
                cwd=folder,
                stdin=source,
                stdout=output,
                stderr=subprocess.DEVNULL,
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )
        code = _wait(process, deadline)
        found = {name: _head(folder / name, limits.output) for name in read_back if (folder / name).is_file()}
        return Finished(code, _head(log, limits.output), found)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def jail(mounts: Sequence[Path], folder: Path | None = None, *, in_memory: bool = False) -> list[str]:
    """The words that put a command into a jail, none where bubblewrap is missing or does not work.

    Its working directory is `folder`, or an empty folder in memory.
    """
    executable = _bubblewrap()
    if executable is None:
        return []
    words = [executable, "--unshare-all", "--die-with-parent", "--new-session", *_system()]
    if in_memory:  # before the mounts, some of which may lie below it
        words += ["--tmpfs", "/tmp", "--chdir", "/tmp"]
    for path in mounts:
        words += ["--ro-bind", str(path), str(path)]
    if folder is not None:
        words += ["--bind", str(folder), str(folder), "--chdir", str(folder)]
    return [*words, "--"]


def interpreter_mounts() -> list[Path]:
    """Where this interpreter and its packages are installed, outside /usr."""
    places = {Path(place) for place in (sys.prefix, sys.base_prefix, Path(sys.executable).parent)}
    return sorted(place for place in places if Path("/usr") not in (place, *place.parents))


@lru_cache(maxsize=1)
def _bubblewrap() -> str | None:
    executable = shutil.which("bwrap")
    if executable is None:
        return None
    trial = [executable, "--unshare-all", *_system(), "--", "/usr/bin/true"]
    worked = subprocess.run(trial, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0
    return executable if worked else None


def _system() -> list[str]:
    words = ["--ro-bind", "/usr", "/usr", "--dev", "/dev", "--proc", "/proc"]
    for name in ("bin", "lib", "lib64", "lib32"):
        path = Path("/", name)
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            words += ["--ro-bind", str(path), str(path)]
    return words


def _limited(limits: Limits) -> list[str]:
    """Limits are set by prlimit(1): a preexec_fn would make every start a slow fork of the whole worker."""
    executable = shutil.which("prlimit")
    if executable is None:
        raise RuntimeError("prlimit not found: planners need the package `util-linux`")
    memory, output = limits.memory, limits.output
    # The worker's own limit, which only a privileged process may exceed.
    inherited = resource.getrlimit(resource.RLIMIT_AS)[1]
    if inherited != resource.RLIM_INFINITY:
        memory = min(memory, inherited)
    # Processor time ends what would outlive a worker killed outside a jail.
    seconds = math.ceil(limits.seconds) + 1
    return [executable, f"--as={memory}", f"--fsize={output}", f"--cpu={seconds}", "--core=0"]


def _wait(process: subprocess.Popen[bytes], deadline: float) -> int | None:
    """The exit code, None after the deadline; nothing of the session is left running."""
    # Popen.wait(timeout) polls with pauses of up to 50 ms, longer than most searches.
    handle = os.pidfd_open(process.pid)
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        ended = poll.poll(max(0.0, deadline - time.monotonic()) * 1000)
        return process.wait() if ended else None
    finally:
        os.close(handle)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _head(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)
