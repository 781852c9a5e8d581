"""A run cut into units: each an ordinary run of some of its tasks and a shard of their samples.

A unit's folder lies in its run's, whose records are those of its units; a unit that was cut short goes on from its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from harness.config import Shard, UserError
from harness.place import address, place
from harness.plan import Options, Plan, prepare
from harness.runlog import UNITS, completed
from harness.serving import find_engine
from harness.sweep.file import Sweep
from tasks.task import select

_LONGEST = 60  # characters of a unit's folder name


@dataclass(frozen=True, slots=True)
class Unit:
    """Tasks by name, and a shard of their samples. `name` is that of its folder."""

    entry: str
    tasks: frozenset[str]
    shard: Shard

    @property
    def name(self) -> str:
        return f"{self.entry}-{self.shard.number}-of-{self.shard.count}"

    def of(self, plan: Plan) -> Plan:
        """The plan of this unit of a run."""
        return plan.unit(self.tasks, self.shard, plan.folder / UNITS / self.name)


@dataclass(frozen=True)
class Job:
    """One whole run: its plan, how another machine comes to the same plan, its units, and the GPUs of a host."""

    plan: Plan
    make: Callable[[], Plan]
    units: tuple[Unit, ...]
    gpus: float = 0

    @property
    def name(self) -> str:
        return f"{self.plan.folder.parent.name}/{self.plan.folder.name}"

    def pending(self) -> list[Unit]:
        """The units that have samples without a record, in their order."""
        done = completed(self.plan.folder)
        return [unit for unit in self.units if _todo(unit.of(self.plan), done)]


def _todo(plan: Plan, done: Container[tuple[str, str]]) -> bool:
    return any((item.task.name, sample.id) not in done for item in plan.prepared for sample in item.samples)


def jobs(sweep: Sweep) -> list[Job]:
    """The runs of a sweep, each checked as `symharness run` would. Raises UserError, naming the model."""
    found = []
    for options in sweep.runs:
        make = partial(_prepared, options, address(options.output_path))
        try:
            plan = make()
        except UserError as error:
            raise UserError(f"{options.spec.model}: {error}") from error
        gpus = _gpus(options) if sweep.gpus is None else sweep.gpus
        found.append(Job(plan, make, tuple(cut(plan, sweep.entries, sweep.shards)), gpus))
    return found


def _prepared(options: Options, output_path: str) -> Plan:
    """The plan as any machine comes to it: each has a mirror of its own of what is in a bucket."""
    return prepare(replace(options, output_path=place(output_path)))


def _gpus(options: Options) -> float:
    """What one host of the model takes; a replay, a server elsewhere and vLLM's CPU build take none."""
    if options.spec.replays or options.base_url:
        return 0
    with suppress(UserError):  # vLLM may be on the nodes only
        if find_engine(options.vllm).cpu:
            return 0
    return options.spec.tensor_parallel_size * options.spec.data_parallel_size


def cut(plan: Plan, entries: Sequence[Sequence[str]], shards: int) -> Iterator[Unit]:
    """The units of a run, entry by entry; what stands in several entries is the first one's."""
    left = {item.task.name: item for item in plan.prepared}
    parts = {part.name for item in plan.prepared for part in item.parts}
    for entry in entries:
        names = frozenset(task.name for task in select(entry) if left.pop(task.name, None) is not None)
        if names:
            for number in range(1, shards + 1):
                yield Unit(_label(entry), names | parts, Shard(number=number, count=shards))


def _label(entry: Sequence[str]) -> str:
    label = "+".join(entry)
    if len(label) <= _LONGEST:
        return label
    return f"{label[: _LONGEST - 9]}-{hashlib.sha256(label.encode()).hexdigest()[:8]}"
