"""Gold first: every task's gold through its own extractor, executor and metrics must score 100 %, its wrong answers 0.

A number of a task that cannot score its own gold says nothing about a model. What upstream broke is listed with its
reason in the task's declaration; what a solver cannot do here in time is named as such; all else is our defect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from executors.outcome import Outcome, Status, Verdict
from executors.pool import Pool, RemoteError, WorkerLostError
from harness.plan import Prepared
from tasks.metrics import Statistics
from tasks.scoring import PRELOAD, Scored, score
from tasks.task import Sample, Task

_LIMITS = frozenset([Status.TIMEOUT, Status.MEMORY])


@dataclass
class Checked:
    """A task's check. `broken` and `unsolvable` map sample ids to reasons; `defects` are ours to mend."""

    task: Task
    gold: int = 0
    wrong: int = 0
    broken: dict[str, str] = field(default_factory=dict)
    unsolvable: dict[str, str] = field(default_factory=dict)
    defects: list[str] = field(default_factory=list)


def perfect(task: Task, statistics: Mapping[str, Statistics]) -> bool:
    """Whether every metric of the task gives this sample its full score."""
    return all(metric.is_perfect(statistics[metric.name]) for metric in task.metrics)


def worthless(task: Task, statistics: Mapping[str, Statistics]) -> bool:
    """Whether every metric that is all or nothing gives this sample no score (BLEU of a wrong program may be high)."""
    return all(m.aggregate([statistics[m.name]], [""]).value == 0 for m in task.metrics if not m.graded)


async def check(prepared: Sequence[Prepared], workers: int) -> list[Checked]:
    """Check the samples of these tasks in a pool of `workers` processes."""
    async with Pool(workers, preload=PRELOAD) as pool:
        results = []
        for item in prepared:
            checked = Checked(item.task)
            gate = asyncio.Semaphore(2 * workers)
            await asyncio.gather(*(_sample(pool, gate, checked, sample) for sample in item.samples))
            checked.defects.sort()
            results.append(checked)
        return results


async def _sample(pool: Pool, gate: asyncio.Semaphore, checked: Checked, sample: Sample) -> None:
    task = checked.task
    async with gate:
        try:
            scored = await pool.run(task.deadline, score, task.name, sample, task.gold(sample))
            _judge_gold(checked, sample, scored)
            for wrong in task.wrong(sample):
                scored = await pool.run(task.deadline, score, task.name, sample, wrong)
                checked.wrong += 1
                if not worthless(task, scored.statistics):
                    checked.defects.append(f"{sample.id}: a wrong answer scores: {wrong[:60]!r}")
        except (RemoteError, WorkerLostError) as error:
            checked.defects.append(f"{sample.id}: {str(error).strip().splitlines()[-1]}")


def _gave_up(outcome: Outcome) -> bool:
    """Whether the solver ran out of time or memory, or said itself that it cannot tell."""
    return outcome.status in _LIMITS or outcome.value is Verdict.UNDECIDED


def _judge_gold(checked: Checked, sample: Sample, scored: Scored) -> None:
    checked.gold += 1
    good = perfect(checked.task, scored.statistics)
    if sample.id in checked.task.broken:
        checked.broken[sample.id] = checked.task.broken[sample.id]
        if good:
            checked.defects.append(f"{sample.id}: listed as broken, but its gold scores")
    elif _gave_up(scored.outcome):
        checked.unsolvable[sample.id] = f"{scored.outcome.status.value}: {scored.outcome.detail}"
    elif not good:
        checked.defects.append(
            f"{sample.id}: gold does not score: {scored.outcome.status.value} {scored.outcome.detail}"
        )
