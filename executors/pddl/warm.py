"""Fast Downward kept warm: the caller's side of warm_server.py, with a deadline for every answer.

The process is started at the first call and again after it was killed or has ended. It keeps nothing of one problem for
the next. Where bubblewrap works it runs, with the searches it starts, in one jail for its whole life: no network, /usr
and the planner read-only, a folder in memory.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from executors.outcome import Limits
from executors.pddl.runner import interpreter_mounts, jail

_SERVER = Path(__file__).with_name("warm_server.py")
_MAX_HEADER = 64 << 10
_MAX_BODY = 256 << 20
# The server ends a search itself when its time is over; only a translation that does not end must be killed.
_GRACE = 0.1
_ATTEMPTS = 3


class LostError(Exception):
    """The warm planner died under a request."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request; see warm_server.py. `body` is cut to 64 KiB unless it is a plan or a task."""

    status: str
    code: int | None
    search: int
    body: bytes


def ask(
    domain: str,
    problem: str,
    limits: Limits,
    binary: Path,
    searches: Sequence[tuple[str, float]],
    conclusive: Sequence[int],
) -> Reply:
    """Translate, then run `searches` (options, share of the time left) until one is conclusive.

    What was killed from outside (a search that reaches a limit ends in another way) is done again.

    Raises:
        TimeoutError: the translation did not end in time.
        LostError: the process died under the request.
    """
    deadline = time.monotonic() + limits.seconds
    texts = [text.encode("utf-8", "surrogatepass") for text in (domain, problem)]
    with _LOCK:
        for attempt in range(1, _ATTEMPTS + 1):
            header = {
                "memory": limits.memory,
                "seconds": deadline - time.monotonic(),
                "output": limits.output,
                "binary": str(binary),
                "searches": list(searches),
                "conclusive": list(conclusive),
            }
            try:
                reply = _warm(binary).ask([json.dumps(header).encode(), *texts], deadline + _GRACE)
            except LostError:
                # It retires by itself once it has grown; the request may have come just then.
                if attempt == _ATTEMPTS:
                    raise
            else:
                if reply.code != -signal.SIGKILL or attempt == _ATTEMPTS:
                    return reply
    raise AssertionError


def stop() -> None:
    """End the planner of this process, if one runs; the next call starts another."""
    with _LOCK:
        _forget()


class _Planner:
    """One warm planner, in a session of its own."""

    def __init__(self, binary: Path) -> None:
        self.owner = os.getpid()
        self.binary = binary
        words = jail([*interpreter_mounts(), _SERVER, binary], in_memory=True)
        # Without a jail the search writes its plan into a folder of the file system.
        self.folder = None if words else Path(tempfile.mkdtemp(prefix="planner-"))
        self.process = subprocess.Popen(
            [*words, sys.executable, "-I", str(_SERVER)],
            cwd=self.folder,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
        )

    def ask(self, parts: Sequence[bytes], deadline: float) -> Reply:
        try:
            self.send(b"".join(len(part).to_bytes(8, "big") + part for part in parts), deadline)
            header = json.loads(self.receive(_MAX_HEADER, deadline))
            body = self.receive(_MAX_BODY, deadline)
        except (EOFError, BrokenPipeError) as error:
            self.kill()
            raise LostError from error
        except BaseException:  # above all TimeoutError: what is left of the answer must not meet the next request
            self.kill()
            raise
        if header["status"] == "M":
            self.kill()
        return Reply(header["status"], header["code"], header["search"], body)

    def send(self, data: bytes, deadline: float) -> None:
        assert self.process.stdin is not None
        handle = self.process.stdin.fileno()
        view = memoryview(data)
        while view:
            _await(handle, select.POLLOUT, deadline)
            view = view[os.write(handle, view[:4096]) :]  # no more than a pipe that polls writable takes at once

    def receive(self, most: int, deadline: float) -> bytes:
        assert self.process.stdout is not None
        handle = self.process.stdout.fileno()
        parts: list[bytes] = []
        missing = 8
        head = b""
        while missing:
            _await(handle, select.POLLIN, deadline)
            part = os.read(handle, min(missing, 1 << 20))
            if not part:
                raise EOFError
            missing -= len(part)
            if len(head) == 8:
                parts.append(part)
            elif len(head := head + part) == 8:
                missing = int.from_bytes(head, "big")
                if missing > most:
                    raise EOFError
        return b"".join(parts)

    @property
    def usable(self) -> bool:
        return self.owner == os.getpid() and self.process.poll() is None

    def kill(self) -> None:
        if self.owner != os.getpid():
            return  # a fork's copy of the handle: the process belongs to the parent
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


_LOCK = threading.Lock()
_running: list[_Planner] = []


def _warm(binary: Path) -> _Planner:
    if not _running or not _running[0].usable or _running[0].binary != binary:
        _forget()
        _running.append(_Planner(binary))
    return _running[0]


def _forget() -> None:
    while _running:
        _running.pop().kill()


atexit.register(_forget)


def _await(handle: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(handle, event)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError
