"""Calls that nothing can interrupt and that may take their process down, made in a forked child.

Some engines in C or Rust parse by recursion and work without ever looking at a clock: no exception, no timer and no
signal handler of Python's stops them. Here they run in a child that is killed at its deadline, may allocate so much
and not more, and can open neither file nor socket. It is forked with all that its parent has loaded, and stays for the
next call, so that a call costs an exchange over a socket and a lost child only another fork.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import resource
import signal
import socket
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace

from executors import answers
from executors.outcome import Limits, Outcome, Status
from executors.worker import die_with_parent

# The child looks at its clock where it can, and then says best itself what happened.
GRACE = 0.25
_HEADER = 8
_KILLED = 3


class _LostError(Exception):
    """The child ended without an answer, by the wait status given."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        self.status = status


class Forked:
    """One child, forked at the first call: it knows what its parent had loaded then."""

    def __init__(self) -> None:
        self._child: tuple[int, socket.socket] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def call(self, limits: Limits, function: Callable[..., Outcome], *arguments: object) -> Outcome:
        """`function(*arguments)` within `limits` (seconds, memory). Function and arguments must be picklable.

        A child that is killed, not by us, says nothing about the call, which is made again; an engine that asks for its
        own death gets it when `_KILLED` children have died so. Raises RuntimeError when the function raised: our own
        mistake.
        """
        started = time.perf_counter()
        payload = pickle.dumps((limits.memory, function, arguments))
        with self._lock:
            for _ in range(_KILLED):
                try:
                    outcome = self._exchange(limits, payload)
                    break
                except _LostError as lost:
                    outcome = _lost(lost.status, limits)
                    if not lost.killed:
                        break
        return replace(outcome, seconds=time.perf_counter() - started)

    def close(self) -> None:
        """End the child; a later call forks another."""
        child, self._child = self._child, None
        if child is not None and self._owner == os.getpid():
            os.kill(child[0], signal.SIGKILL)
            os.waitpid(child[0], 0)
        if child is not None:
            child[1].close()

    __del__ = close

    def _exchange(self, limits: Limits, call: bytes) -> Outcome:
        deadline = time.perf_counter() + limits.seconds + GRACE
        if self._child is None or self._owner != os.getpid():
            self._child, self._owner = _fork(), os.getpid()
        pid, channel = self._child
        try:
            answer = _exchanged(channel, call, deadline)
        except TimeoutError:
            self.close()
            return Outcome.failed(Status.TIMEOUT, f"no end after {limits.seconds:g} s")
        except answers.ForeignAnswerError as error:
            self.close()
            return Outcome.failed(Status.CRASHED, error)
        except (EOFError, ConnectionError):
            _, status = os.waitpid(pid, 0)
            channel.close()
            self._child = None
            raise _LostError(status) from None
        except BaseException:
            self.close()  # an answer that nobody waits for would be taken for the next call's
            raise
        if isinstance(answer, Outcome):
            return answer
        raise RuntimeError(f"a call in a forked child failed: {answer}")


def _lost(status: int, limits: Limits) -> Outcome:
    """How a child ended that did not answer. Engines in Rust abort when an allocation fails."""
    name = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else f"status {status}"
    if name == "SIGABRT":
        return Outcome.failed(Status.MEMORY, f"more than {limits.memory >> 20} MiB asked for")
    return Outcome.failed(Status.CRASHED, f"the engine died of it ({name})")


def _fork() -> tuple[int, socket.socket]:
    ours, theirs = socket.socketpair()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        theirs.close()
        return pid, ours
    try:
        ours.close()
        die_with_parent(parent)
        _serve(theirs)
    finally:
        os._exit(0)


def _serve(channel: socket.socket) -> None:
    # What is printed when an engine dies is no news: its parent says what became of the call.
    faulthandler.disable()
    os.dup2(os.open(os.devnull, os.O_RDWR), 2)
    size = _address_space()
    ceiling = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    while True:
        try:
            memory, function, arguments = pickle.loads(_received(channel, None))  # noqa: S301 (from our own parent)
        except EOFError:
            return
        allowed = size + memory
        resource.setrlimit(resource.RLIMIT_AS, (allowed if ceiling < 0 else min(allowed, ceiling), ceiling))
        answer: Outcome | str
        try:
            answer = function(*arguments)
        except MemoryError:
            answer = Outcome.failed(Status.MEMORY, f"more than {memory >> 20} MiB asked for")
        except Exception:  # the boundary to the parent, which raises it
            answer = traceback.format_exc(limit=-3)
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
        data = pickle.dumps(answer)
        channel.sendall(len(data).to_bytes(_HEADER, "big") + data)


def _address_space() -> int:
    with open("/proc/self/statm") as file:  # noqa: PTH123 (no file object may outlive this)
        return int(file.read().split()[0]) * resource.getpagesize()


def _exchanged(channel: socket.socket, call: bytes, deadline: float) -> object:
    channel.settimeout(max(deadline - time.perf_counter(), 0.001))
    channel.sendall(len(call).to_bytes(_HEADER, "big") + call)
    return answers.read(_received(channel, deadline))


def _received(channel: socket.socket, deadline: float | None) -> bytes:
    size = int.from_bytes(_exactly(channel, _HEADER, deadline), "big")
    return _exactly(channel, size, deadline)


def _exactly(channel: socket.socket, size: int, deadline: float | None) -> bytes:
    """Raises EOFError when the other side is gone, TimeoutError at the deadline."""
    parts = bytearray()
    while len(parts) < size:
        if deadline is not None:
            left = deadline - time.perf_counter()
            if left <= 0:
                raise TimeoutError
            channel.settimeout(left)
        part = channel.recv(min(size - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
