"""The pipeline: samples are asked, answered, scored and recorded, all at once and in no fixed order.

Two stages with a bounded queue between them. The first keeps `concurrency` requests with the server; the second keeps
the scoring pool busy, so that the executors work while the engine does. The event loop only keeps the books.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from executors.outcome import Outcome, Status, one_line
from executors.pool import DeadlineError, Pool, RemoteError, WorkerLostError, WorkerMemoryError
from harness.ask import Ask
from harness.client import Completion, GenerationFaultError, Generator, Request, ServerGoneError, UnknownAnswerError
from harness.record import Attempt, Record, prompt_hash
from harness.repair import FAILURES, SelfRepair, feedback
from tasks.scoring import Scored, score
from tasks.task import Sample, Task


@dataclass
class Pipeline:
    """What the two stages share. `record` is called in the event loop for every finished sample, faults included.

    With `repair` a program that fails goes back to the first stage, beside the samples that still come: its sample is
    recorded once, when its last attempt is scored.
    """

    generator: Generator
    pool: Pool
    record: Callable[[Record], None]
    model: str
    concurrency: int
    max_model_len: int | None = None
    repair: SelfRepair | None = None
    _scoring: asyncio.Queue[tuple[Ask, Completion] | None] = field(default_factory=lambda: asyncio.Queue(maxsize=512))
    _gone: ServerGoneError | None = None

    def __post_init__(self) -> None:
        self._repairing = asyncio.Semaphore(self.concurrency)

    async def run(self, asks: Iterator[Ask]) -> None:
        """Ask, score and record everything.

        Raises ServerGoneError, after scoring what was answered; OSError at once when a record cannot be written.
        """
        try:
            async with asyncio.TaskGroup() as scorers:
                for _ in range(2 * self.pool.workers):  # one more a worker, so that none waits for our bookkeeping
                    scorers.create_task(self._score_all(scorers))
                try:
                    await self._ask_concurrently(asks)
                except ServerGoneError as error:
                    self._gone = error
                for _ in range(2 * self.pool.workers):
                    await self._scoring.put(None)
        except BaseExceptionGroup as group:
            raise _first(group) from group
        if self._gone is not None:
            raise self._gone

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

    async def _complete(self, ask: Ask, attempt: int = 0) -> Completion:
        room = self.max_model_len - len(ask.prompt.ids) if self.max_model_len else ask.max_tokens
        if room < 1:
            return Completion("", _TOO_LONG, 0, 0.0, 0)
        key = (ask.task.name, ask.sample.id)
        request = Request(ask.prompt, min(room, ask.max_tokens), ask.stop, key, ask.allowed, attempt)
        return await self.generator.complete(request)

    async def _score_all(self, scorers: asyncio.TaskGroup) -> None:
        while (item := await self._scoring.get()) is not None:
            ask, completion = item
            started = time.perf_counter()
            try:
                scored = await score_in(self.pool, ask.task, ask.sample, completion.text)
            except (RemoteError, WorkerLostError) as error:
                self.record(self._record(ask, completion, fault=one_line(str(error).strip().splitlines()[-1])))
            else:
                record = self._record(ask, completion, scored, time.perf_counter() - started)
                if self.repair is not None and _can_be_repaired(record):
                    await self._repairing.acquire()
                    scorers.create_task(self._repair(self.repair, ask, record))
                else:
                    self.record(record)

    async def _repair(self, repair: SelfRepair, ask: Ask, first: Record) -> None:
        """Record a sample with its further attempts; where the server goes, not at all, so that it is asked anew."""
        try:
            self.record(await self._repaired(repair, ask, first))
        except ServerGoneError as error:
            self._gone = error
        finally:
            self._repairing.release()

    async def _repaired(self, repair: SelfRepair, ask: Ask, first: Record) -> Record:
        attempts: list[Attempt] = []
        turns: list[str] = []
        last: Record | Attempt = first
        while len(attempts) < repair.retries and last.outcome is not None and last.outcome.status in FAILURES:
            told = feedback(ask.task, last.outcome)
            turns += [last.completion, told]
            asked = replace(ask, prompt=repair.again(ask, turns))
            try:
                completion = await self._complete(asked, len(attempts) + 1)
                if completion.finish_reason == _TOO_LONG:
                    break
                started = time.perf_counter()
                scored = await score_in(self.pool, ask.task, ask.sample, completion.text)
            except UnknownAnswerError:
                break
            except GenerationFaultError as error:
                return replace(first, fault=one_line(str(error)))
            except (RemoteError, WorkerLostError) as error:
                return replace(first, fault=one_line(str(error).strip().splitlines()[-1]))
            last = self._attempt(told, asked, completion, scored, time.perf_counter() - started)
            attempts.append(last)
        return replace(first, repairs=tuple(attempts))

    def _attempt(self, told: str, ask: Ask, completion: Completion, scored: Scored, seconds: float) -> Attempt:
        return Attempt(
            feedback=told,
            prompt_sha256=self._prompt_hash(ask),
            prompt_tokens=len(ask.prompt.ids) or None,
            completion=completion.text,
            finish_reason=completion.finish_reason,
            completion_tokens=completion.completion_tokens,
            program=scored.program,
            outcome=scored.outcome,
            statistics=scored.statistics,
            seconds={"generate": round(completion.seconds, 6), "score": round(seconds, 6)},
        )

    def _prompt_hash(self, ask: Ask) -> str:
        return prompt_hash(ask.prompt.ids if self.generator.prompt_form == "ids" else ask.prompt.text)

    def _record(
        self, ask: Ask, completion: Completion, scored: Scored | None = None, seconds: float = 0.0, fault: str = ""
    ) -> Record:
        return Record(
            task=ask.task.name,
            sample=ask.sample.id,
            group=ask.sample.group,
            model=self.model,
            prompt=ask.prompt.text,
            prompt_sha256=self._prompt_hash(ask),
            prompt_form=self.generator.prompt_form,
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


def _can_be_repaired(record: Record) -> bool:
    """Whether a program failed that a model was in fact asked for."""
    asked = record.finish_reason != _TOO_LONG
    return asked and record.outcome is not None and record.outcome.status in FAILURES


async def score_in(pool: Pool, task: Task, sample: Sample, completion: str) -> Scored:
    """Score in a worker; when the program took its worker down, score once more without running it.

    A worker that just died may have been killed from outside: only when `_DEATHS` have died of it was it the program.
    A text that not even the metrics can read in time counts as no text. Raises RemoteError (our own mistake),
    WorkerLostError when no worker can be had.
    """
    ended = Outcome(Status.CRASHED)
    for _ in range(_DEATHS):
        try:
            return await pool.run(task.deadline, score, task.name, sample, completion)
        except WorkerLostError as error:
            ended = Outcome.failed(_STATUS.get(type(error), Status.CRASHED), error, task.deadline)
            if type(error) in _STATUS:
                break
    try:
        return await pool.run(task.deadline, score, task.name, sample, completion, ended)
    except DeadlineError:
        return await pool.run(task.deadline, score, task.name, sample, "", ended)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """One exception of a group: stages fail for one cause, and the caller asks what it was."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


_TOO_LONG = "prompt_too_long"
_DEATHS = 3
_STATUS = {DeadlineError: Status.TIMEOUT, WorkerMemoryError: Status.MEMORY}
