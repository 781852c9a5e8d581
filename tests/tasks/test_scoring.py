"""Every task's gold scores 1 and corrupted gold 0, through its own extractor, executor and metrics."""

from __future__ import annotations

import pytest

from executors.outcome import Outcome, Status
from tasks.scoring import score
from tasks.source import BUNDLED
from tasks.task import Task, registry

TASKS = list(registry().values())


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_gold_scores_one(task: Task) -> None:
    for sample in task.read(BUNDLED / task.source.folder):
        scored = score(task.name, sample, task.gold(sample))
        assert scored.outcome.ok, (sample.id, scored.outcome)
        for metric in task.metrics:
            assert metric.is_perfect(scored.statistics[metric.name]), (sample.id, metric.name)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_wrong_answers_score_zero(task: Task) -> None:
    for sample in task.read(BUNDLED / task.source.folder):
        assert task.wrong(sample)
        for completion in ["", "I do not know.", *task.wrong(sample)]:
            scored = score(task.name, sample, completion)
            for metric in task.metrics:
                value = metric.aggregate([scored.statistics[metric.name]], [""]).value
                assert metric.graded or value == 0, (sample.id, metric.name, completion)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_program_that_lost_its_worker_is_not_run_again(task: Task) -> None:
    sample = next(iter(task.read(BUNDLED / task.source.folder)))
    scored = score(task.name, sample, task.wrong(sample)[0], ended=Outcome(Status.TIMEOUT))
    assert scored.outcome.status is Status.TIMEOUT
