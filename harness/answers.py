"""What became of each answer of a run: right, or in which way wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from executors.outcome import Outcome, Status
from harness.parts import figured
from harness.runlog import read_records, read_run
from harness.stages import Stage, reached, right
from tasks.metrics import Statistics
from tasks.task import Task, registry


class Answered(StrEnum):
    """What became of one answer."""

    RIGHT = "right"
    WRONG = "wrong answer"
    UNPARSED = "does not parse"
    FAILED = "runs wrong"
    TIMEOUT = "times out"


@dataclass(frozen=True, slots=True)
class Answer:
    """One sample's record, as far as a comparison needs it."""

    group: str
    statistics: Mapping[str, Statistics]
    became: Answered


@dataclass(frozen=True, slots=True)
class Run:
    """A run under its letter; `answers` by task and sample, `part` says which of them when these are not all."""

    letter: str
    folder: Path
    config: Mapping[str, Any]
    answers: Mapping[str, Mapping[str, Answer]]
    part: str = ""

    @property
    def caption(self) -> str:
        model = self.config["model"]
        setting = f"{self.config['num_fewshot']}-shot, {model['chat_format']}"
        return f"{self.letter}: {model['model']} ({setting}), {self.folder.name}" + (self.part and f", {self.part}")


def load(letter: str, folder: Path) -> Run:
    """A run's answers without its faults. Raises UserError when `folder` is no run."""
    config = read_run(folder)["config"]
    answers: dict[str, dict[str, Answer]] = {}
    known = registry()
    of_sample = figured(config["tasks"])
    alike: dict[tuple[Any, ...], Mapping[str, Statistics]] = {}
    for record in read_records(folder):
        if not record.fault and record.task in known:
            what = became(known[record.task], record.statistics, record.outcome)
            # Most are one of a few (scores of 0 or 1): dozens of runs must not hold a copy for every sample.
            values = tuple((name, *statistics.items()) for name, statistics in record.statistics.items())
            answer = Answer(record.group, alike.setdefault(values, record.statistics), what)
            for task in of_sample(record.task, record.sample):
                answers.setdefault(task, {})[record.sample] = answer
    return Run(letter, folder, config, answers)


def scores(task: Task, statistics: Mapping[str, Statistics]) -> dict[str, float]:
    """One sample's value of each of the task's metrics for which it counts, by its own statistics."""
    estimates = {
        metric.name: metric.aggregate([statistics[metric.name]], [""])
        for metric in task.metrics
        if metric.name in statistics
    }
    return {name: estimate.value for name, estimate in estimates.items() if estimate.n}


def became(task: Task, statistics: Mapping[str, Statistics], outcome: Outcome | None) -> Answered:
    """What `stages.reached` comes to in words. Answers of another harness, which have no outcome, are right or wrong;
    so are those of a solver that ran to its end."""
    if outcome is None:
        return Answered.RIGHT if right(task, statistics) else Answered.WRONG
    stage = reached(task, statistics, outcome)
    if stage is Stage.RIGHT:
        return Answered.RIGHT
    if outcome.ok:
        return Answered.WRONG
    if stage < Stage.PARSED:
        return Answered.UNPARSED
    return Answered.TIMEOUT if outcome.status is Status.TIMEOUT else Answered.FAILED
