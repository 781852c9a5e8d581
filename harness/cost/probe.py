"""A probe: a few samples of every task really asked and scored, so that the engine's speed and the answers' lengths are
measured and not assumed.

The first wave asks for one token of each answer: nearly all of its time is the prompts'. The second wave is a run in
small: whole answers of some samples of every task, and so many others beside them, cut after a few tokens, that as many
are under way at first as in the run itself. From when each answer was there the engine's rates follow
(`harness.cost.model`), for a full batch as for the few long answers that end a run; the cut answers, at least as
long as that, tell of the lengths as well.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from executors.pool import Pool
from harness.ask import Ask
from harness.client import Client, Completion, Request, ServerGoneError
from harness.config import UserError
from harness.cost.model import Lengths, PrefixCache, Rates, Wave, fitted
from harness.cost.workload import Answers, answers_of, prompt_tokens, token_counts
from harness.evaluate import Host, client_of, default_workers
from harness.plan import Plan, Prepared
from harness.progress import Progress
from harness.record import Record
from harness.runner import Pipeline
from harness.serving import Server
from tasks.scoring import PRELOAD
from tasks.task import Sample

CUT = 64  # tokens of an answer that only fills the batch
_WARM_UP = 8

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe measured: the rates, the seconds until the first question could be asked and those of the server's
    end, what is known of each task's answers, and the tokens that the served model takes. `asked` prompts were sent.
    """

    rates: Rates
    startup: float
    answers: Mapping[str, Answers]
    room: int | None
    asked: int


def probe(plan: Plan, per_task: int, places: int, block: int, log: Path, progress: Progress) -> Probed:
    """Serve the plan's model (or attach) and ask `per_task` samples of every task; `places` are under way at once.

    `block` as in `harness.cost.workload`; the server's log goes to `log`. Raises UserError.
    """
    began = time.monotonic()
    with Host(plan, log) as host:
        server = host.server(progress)
        try:
            probed = asyncio.run(_measured(plan, per_task, places, block, server, began))
        except ServerGoneError as error:
            raise UserError(f"probe: {error}") from error
        ended = time.monotonic()
    return replace(probed, startup=probed.startup + time.monotonic() - ended)


async def _measured(plan: Plan, per_task: int, places: int, block: int, server: Server, began: float) -> Probed:
    async with (
        Pool(plan.options.workers or default_workers(), preload=PRELOAD) as pool,
        client_of(plan, server) as client,
    ):
        startup = time.monotonic() - began
        room = min(filter(None, (client.max_model_len, plan.options.spec.max_model_len)), default=None)
        picks = _pick(plan.prepared, per_task, places)
        asks = list(plan.cut_to(picks.all).asks(set(), room))
        engine = _Engine(plan, client, pool, places, room, PrefixCache(block))
        prompts = [ask for ask in asks if _key(ask) in picks.prompts]
        if len(prompts) > 1:
            await engine.ask([replace(prompts.pop(0), max_tokens=_WARM_UP)])
        first = await engine.ask([replace(ask, max_tokens=1) for ask in prompts])
        second = await engine.ask(
            [
                replace(ask, max_tokens=min(CUT, ask.max_tokens)) if _key(ask) in picks.cut else ask
                for ask in asks
                if _key(ask) not in picks.prompts
            ]
        )
    whole = {_key(ask): ask.max_tokens for ask in asks}
    waves = [wave for wave in (first.wave, second.wave) if wave.seconds]
    if not second.records:
        raise UserError(f"probe: no answer came ({engine.fault or 'there is no sample to ask'})")
    return Probed(fitted(waves), startup, _answers(second, whole, per_task), room, engine.asked)


def _key(ask: Ask) -> Key:
    return ask.task.name, ask.sample.id


@dataclass(frozen=True, slots=True)
class _Picks:
    """Which samples are asked whole, which for their prompts alone, and which to be cut."""

    whole: frozenset[Key]
    prompts: frozenset[Key]
    cut: frozenset[Key]

    @property
    def all(self) -> frozenset[Key]:
        return self.whole | self.prompts | self.cut


def _pick(prepared: Sequence[Prepared], per_task: int, places: int) -> _Picks:
    """Samples from all over each task's, a task's share of those to be cut being that of its samples."""
    whole: set[Key] = set()
    prompts: set[Key] = set()
    spare: list[Key] = []
    for item in prepared:
        keys = [(item.task.name, sample.id) for sample in _shuffled(item)]
        whole.update(keys[:per_task])
        prompts.update(keys[per_task : 2 * per_task])
        spare += keys[2 * per_task :]
    filling = max(0, places - len(whole))
    cut = random.Random(0).sample(spare, min(filling, len(spare)))
    return _Picks(frozenset(whole), frozenset(prompts), frozenset(cut))


def _shuffled(item: Prepared) -> list[Sample]:
    """Rows of a file are ordered by database, length or kind: the first ones are not like the others."""
    return random.Random(0).sample(item.samples, len(item.samples))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A wave, and its records (with the tokens asked for)."""

    wave: Wave
    records: Sequence[tuple[Record, int]]


@dataclass
class _Engine:
    """A served model with the scoring beside it, as in a run, and when its answers come."""

    plan: Plan
    client: Client
    pool: Pool
    places: int
    room: int | None
    cache: PrefixCache
    asked: int = 0
    fault: str = ""

    async def ask(self, asks: Sequence[Ask]) -> _Asked:
        """Ask all of them as a run would. Faults are left out, and the last one is kept."""
        watch = _Stopwatch(self.client)
        records: dict[Key, Record] = {}

        def record(record: Record) -> None:
            if record.fault:
                self.fault = record.fault
            elif record.key in watch.seconds:
                records[record.key] = record

        pipeline = Pipeline(watch, self.pool, record, self.plan.identity, self.places, self.room)
        fresh = {_key(ask): prompt_tokens(ask.prompt, self.cache)[1] for ask in asks}
        watch.start()
        await pipeline.run(iter(asks))
        self.asked += len(watch.seconds)
        answered = [ask for ask in asks if _key(ask) in records]
        counted = self._counted([records[_key(ask)] for ask in answered])
        wave = Wave(
            [fresh[_key(ask)] for ask in answered],
            [record.completion_tokens or 0 for record in counted],
            [watch.seconds[_key(ask)] for ask in answered],
            self.places,
        )
        return _Asked(wave, [(record, ask.max_tokens) for record, ask in zip(counted, answered, strict=True)])

    def _counted(self, records: Sequence[Record]) -> list[Record]:
        """The records with their answers' tokens counted where the server did not tell them."""
        counts = token_counts([record.completion for record in records], self.plan.tokenizer)
        return [
            record if record.completion_tokens is not None else replace(record, completion_tokens=count)
            for record, count in zip(records, counts, strict=True)
        ]


class _Stopwatch:
    """A generator that notes when each of its answers was there, in seconds from the start."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._started = 0.0
        self.seconds: dict[Key, float] = {}

    def start(self) -> None:
        self._started = time.perf_counter()

    @property
    def prompt_form(self) -> Literal["ids", "text", "none"]:
        return self._client.prompt_form

    async def complete(self, request: Request) -> Completion:
        completion = await self._client.complete(request)
        self.seconds[request.key] = time.perf_counter() - self._started
        return completion


def _answers(asked: _Asked, whole: Mapping[Key, int], per_task: int) -> dict[str, Answers]:
    """What a wave tells of each task's answers; one is cut that ended where we and not the run would have ended it."""
    tasks: dict[str, list[tuple[Record, bool]]] = {}
    for record, most in asked.records:
        cut = record.finish_reason == "length" and most < whole[record.key]
        tasks.setdefault(record.task, []).append((record, cut))
    return {
        task: answers_of(
            [record for record, cut in found if not cut] or [record for record, _ in found],
            f"probe ({per_task} samples, {len(found)} with those cut)",
            Lengths(
                [record.completion_tokens or 0 for record, cut in found if not cut],
                [record.completion_tokens or 0 for record, cut in found if cut],
            ),
        )
        for task, found in tasks.items()
    }
