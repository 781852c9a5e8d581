"""The pipeline: samples are asked, answered, scored and recorded, all at once and in no fixed order.

Two stages with a bounded queue between them. The first keeps `concurrency` requests with the server; the second keeps
the scoring pool busy, so that the executors work while the engine does. The event loop only keeps the books.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from executors.outcome import Outcome, Status, one_line
from executors.pool import DeadlineError, Pool, RemoteError, WorkerLostError, WorkerMemoryError
from harness.client import Completion, GenerationFaultError, Generator, Request, ServerGoneError
from harness.record import Record, prompt_hash
from tasks.chat import Encoded
from tasks.scoring import Scored, score
from tasks.task import Sample, Task


@dataclass(frozen=True, slots=True)
class Ask:
    """One sample with its encoded prompt, and what was left out of that for want of room."""

    task: Task
    sample: Sample
    prompt: Encoded
    stop: tuple[str, ...] = ()
    max_tokens: int = 256
    allowed: tuple[int, ...] = ()
    shots_dropped: int = 0
    pruned: bool = False


@dataclass
class Pipeline:
    """What the two stages share. `record` is called in the event loop for every finished sample, faults included."""

    generator: Generator
    pool: Pool
    record: Callable[[Record], None]
    model: str
    concurrency: int
    max_model_len: int | None = None
    _scoring: asyncio.Queue[tuple[Ask, Completion] | None] = field(default_factory=lambda: asyncio.Queue(maxsize=512))

    async def run(self, asks: Iterator[Ask]) -> None:
        """Ask, score and record everything.

        Raises ServerGoneError, after scoring what was answered; OSError at once when a record cannot be written.
        """
        gone: ServerGoneError | None = None
        try:
            async with asyncio.TaskGroup() as scorers:
                for _ in range(2 * self.pool.workers):  # one more a worker, so that none waits for our bookkeeping
                    scorers.create_task(self._score_all())
                try:
                    await self._ask_concurrently(asks)
                except ServerGoneError as error:
                    gone = error
                for _ in range(2 * self.pool.workers):
                    await self._scoring.put(None)
        except BaseExceptionGroup as group:
            raise _first(group) from group
        if gone is not None:
            raise gone

    async def _ask_concurrently(self, asks: Iterator[Ask]) -> None:
        try:
            async with asyncio.TaskGroup() as askers:
                for _ in range(self.concurrency):
                    askers.create_task(self._ask_all(asks))
        except BaseExceptionGroup as group:
            raise _first(group) from group

    async def _ask_all(self, asks: Iterator[Ask]) -> None:
        for ask in asks:
            try:
                completion = await self._complete(ask)
            except GenerationFaultError as error:
                nothing = Completion("", "", None, 0.0, error.attempts)
                self.record(self._record(ask, nothing, fault=one_line(str(error))))
            else:
                await self._scoring.put((ask, completion))

    async def _complete(self, ask: Ask) -> Completion:
        room = self.max_model_len - len(ask.prompt.ids) if self.max_model_len else ask.max_tokens
        if room < 1:
            return Completion("", "prompt_too_long", 0, 0.0, 0)
        key = (ask.task.name, ask.sample.id)
        request = Request(ask.prompt, min(room, ask.max_tokens), ask.stop, key, ask.allowed)
        return await self.generator.complete(request)

    async def _score_all(self) -> None:
        while (item := await self._scoring.get()) is not None:
            ask, completion = item
            started = time.perf_counter()
            try:
                scored = await self._score(ask, completion.text)
            except (RemoteError, WorkerLostError) as error:
                self.record(self._record(ask, completion, fault=one_line(str(error).strip().splitlines()[-1])))
            else:
                self.record(self._record(ask, completion, scored, time.perf_counter() - started))

    async def _score(self, ask: Ask, completion: str) -> Scored:
        """Score in the pool; when the program took its worker down, score once more without running it."""
        task = ask.task
        try:
            return await self.pool.run(task.deadline, score, task.name, ask.sample, completion)
        except WorkerLostError as error:
            ended = Outcome.failed(_STATUS.get(type(error), Status.CRASHED), error, task.deadline)
        return await self.pool.run(task.deadline, score, task.name, ask.sample, completion, ended)

    def _record(
        self, ask: Ask, completion: Completion, scored: Scored | None = None, seconds: float = 0.0, fault: str = ""
    ) -> Record:
        form = self.generator.prompt_form
        return Record(
            task=ask.task.name,
            sample=ask.sample.id,
            group=ask.sample.group,
            model=self.model,
            prompt=ask.prompt.text,
            prompt_sha256=prompt_hash(ask.prompt.ids if form == "ids" else ask.prompt.text),
            prompt_form=form,
            prompt_tokens=len(ask.prompt.ids) or None,
            completion=completion.text,
            finish_reason=completion.finish_reason,
            completion_tokens=completion.completion_tokens,
            program=scored.program if scored else None,
            outcome=scored.outcome if scored else None,
            statistics=scored.statistics if scored else {},
            seconds={"generate": round(completion.seconds, 6), "score": round(seconds, 6)},
            attempts=completion.attempts,
            fault=fault,
            shots_dropped=ask.shots_dropped,
            pruned=ask.pruned,
        )


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """One exception of a group: stages fail for one cause, and the caller asks what it was."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


_STATUS = {DeadlineError: Status.TIMEOUT, WorkerMemoryError: Status.MEMORY}
