"""Long-lived worker processes that run scoring functions under a deadline.

Hostile or endless work can only be stopped by killing its process, so every call runs in a worker of its own session
that is killed as a whole when its deadline passes, and replaced. A worker imports and opens things once: contexts
(databases, domains) are cached in it by the functions it runs. Workers die with the harness, even by kill -9.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from executors import answers
from executors.answers import ForeignAnswerError

P = ParamSpec("P")
T = TypeVar("T")

_STARTUP_SECONDS = 60.0
_STARTS = 3
_FRAME_LIMIT = 1 << 30


class WorkerLostError(Exception):
    """The worker was lost under a call; the message says how. Says nothing about who is to blame."""


class DeadlineError(WorkerLostError):
    """The call did not end before its deadline; its worker was killed."""


class WorkerMemoryError(WorkerLostError):
    """The call asked for more memory than a worker may use."""


class RemoteError(Exception):
    """The function raised: our own mistake, with the worker's traceback."""


class _StartLostError(RuntimeError):
    """A worker died before it was ready."""


class Pool:
    """`workers` processes, each limited to `memory` bytes of address space.

    `preload` names modules, or functions as `module:function`, that a worker imports and calls before its first call,
    outside that one's deadline. Use as an async context manager; `run` may be called from any number of coroutines of
    the same loop.
    """

    def __init__(self, workers: int, memory: int = 6 << 30, preload: tuple[str, ...] = ()) -> None:
        if workers < 1:
            raise ValueError("a pool needs at least one worker")
        self.workers = workers
        self._memory = memory
        self._preload = preload
        self._idle: asyncio.LifoQueue[_Worker | None] = asyncio.LifoQueue()
        self._all: set[_Worker] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self.respawned = 0

    async def __aenter__(self) -> Self:
        # Nobody waits for the imports of a worker but the first call that finds none ready.
        for _ in range(self.workers):
            self._starting.add(asyncio.create_task(self._warm_up()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        for worker in list(self._all):
            self._drop(worker)

    async def _warm_up(self) -> None:
        worker = None
        try:
            worker = await self._start()
        except RuntimeError:
            pass  # the first call tries again, and it is told the reason
        finally:
            self._idle.put_nowait(worker)

    async def run(self, deadline: float, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`function(*args)` in a worker. The function must be importable by name.

        Raises DeadlineError after `deadline` seconds (the wait for a free worker not counted), WorkerMemoryError,
        WorkerLostError when the worker died, RemoteError when the function raised.
        """
        payload = pickle.dumps((function, args, kwargs), protocol=pickle.HIGHEST_PROTOCOL)
        worker = await self._idle.get()
        try:
            if worker is not None and not worker.alive():
                # Killed while it had nothing to do: no call is to blame.
                self._drop(worker)
                worker = None
            if worker is None:
                worker = await self._start()
                self.respawned += 1
            try:
                kind, value = await worker.call(payload, deadline)
            except ForeignAnswerError as error:
                raise RemoteError(str(error)) from error
        except BaseException:
            # Also on cancellation: a worker with a call under way cannot be given back.
            if worker is not None:
                self._drop(worker)
            self._idle.put_nowait(None)
            raise
        if kind == "memory":
            # Its heap may be torn or full of the failed call's garbage.
            self._drop(worker)
            self._idle.put_nowait(None)
            raise WorkerMemoryError(f"more than {self._memory >> 20} MiB asked for")
        self._idle.put_nowait(worker)
        if kind == "error":
            raise RemoteError(str(value))
        return value  # type: ignore[return-value]

    async def _start(self) -> _Worker:
        """Raises RuntimeError. One that was killed while it started is replaced."""
        for attempt in range(1, _STARTS + 1):
            try:
                worker = await _Worker.start(self._memory, self._preload)
            except _StartLostError:
                if attempt == _STARTS:
                    raise
            else:
                self._all.add(worker)
                return worker
        raise AssertionError

    def _drop(self, worker: _Worker) -> None:
        self._all.discard(worker)
        worker.kill()


class _Worker:
    """One process and the stream to it; frames are an 8-byte length and a pickle."""

    def __init__(
        self, process: subprocess.Popen[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(cls, memory: int, preload: tuple[str, ...]) -> _Worker:
        ours, theirs = socket.socketpair()
        # OpenBLAS reserves address space per thread, and a worker is one of many processes anyway.
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        with theirs:
            # Fork and exec take a few milliseconds; and PDEATHSIG binds a worker to the thread that starts it.
            process = subprocess.Popen(  # noqa: ASYNC220
                [
                    sys.executable,
                    "-m",
                    "executors.worker",
                    str(theirs.fileno()),
                    str(os.getpid()),
                    str(memory),
                    *preload,
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                env=environment,
            )
        writer = None
        try:
            reader, writer = await asyncio.open_connection(sock=ours, limit=_FRAME_LIMIT)
            worker = cls(process, reader, writer)
            async with asyncio.timeout(_STARTUP_SECONDS):
                kind, value = await worker._receive()
            if kind == "error":
                raise RuntimeError(f"a scoring worker cannot import what it needs: {value}")
        except BaseException as error:
            _end(process)
            (writer or ours).close()
            if isinstance(error, (WorkerLostError, TimeoutError)):
                raise _StartLostError(f"a scoring worker did not start ({error})") from error
            raise
        return worker

    async def call(self, payload: bytes, deadline: float) -> tuple[str, object]:
        try:
            async with asyncio.timeout(deadline):
                self._writer.write(len(payload).to_bytes(8, "big") + payload)
                with contextlib.suppress(ConnectionError):  # the answer that does not come says how the worker died
                    await self._writer.drain()
                return await self._receive()
        except TimeoutError as error:
            raise DeadlineError(f"no end after {deadline:g} s") from error

    def alive(self) -> bool:
        return self._process.poll() is None

    async def _receive(self) -> tuple[str, object]:
        try:
            size = int.from_bytes(await self._reader.readexactly(8), "big")
            if size > _FRAME_LIMIT:
                raise ForeignAnswerError(f"a worker announces an answer of {size} bytes")
            answer = answers.read(await self._reader.readexactly(size))
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            code = await asyncio.to_thread(self._exit_code)
            raise WorkerLostError(f"its worker died ({_reason(code)})") from error
        match answer:
            case (str() as kind, value):
                return kind, value
            case _:
                raise ForeignAnswerError("a worker answered with no pair")

    def _exit_code(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(timeout=5)
        return None

    def kill(self) -> None:
        """End the worker and all that it started in its session."""
        _end(self._process)
        self._writer.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _reason(code: int | None) -> str:
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit status {code}"
