"""One sample's way from completion to statistics: extract, execute, measure.

`score` is what a pool worker runs, so that neither a hostile program nor a slow metric can stop the harness.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from executors.outcome import Outcome, Status
from tasks.metrics import Statistics
from tasks.task import Sample, registry

# What a pool worker does before its first call: a tenth of a second that is no sample's.
PRELOAD = ("tasks.scoring", "tasks.task:registry")


@dataclass(frozen=True, slots=True)
class Scored:
    """What became of one completion: its program, how that ended, and each metric's statistics."""

    program: str | None
    outcome: Outcome
    statistics: Mapping[str, Statistics]


def score(task_name: str, sample: Sample, completion: str, ended: Outcome | None = None) -> Scored:
    """Score one completion. With `ended` (its worker was killed before) the program is not executed again."""
    task = registry()[task_name]
    program = task.extract(completion)
    if ended is not None:
        outcome = ended
    elif program is None:
        outcome = Outcome.failed(Status.NO_PROGRAM, "the completion holds no program")
    else:
        outcome = task.execute(program, sample)
    statistics = {metric.name: metric.measure(sample, program, outcome) for metric in task.metrics}
    return Scored(program, outcome.summary(), statistics)
