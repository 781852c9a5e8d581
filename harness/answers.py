"""What became of each answer of a run: right, or in which way wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from executors.outcome import Outcome, Status
from harness.figures import execution, primary
from harness.runlog import read_records, read_run
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
    """A run under its letter; `answers` by task and sample."""

    letter: str
    folder: Path
    config: Mapping[str, Any]
    answers: Mapping[str, Mapping[str, Answer]]

    @property
    def caption(self) -> str:
        model = self.config["model"]
        setting = f"{self.config['num_fewshot']}-shot, {model['chat_format']}"
        return f"{self.letter}: {model['model']} ({setting}), {self.folder.name}"


def load(letter: str, folder: Path) -> Run:
    """A run's answers without its faults. Raises UserError when `folder` is no run."""
    config = read_run(folder)["config"]
    answers: dict[str, dict[str, Answer]] = {}
    known = registry()
    for record in read_records(folder):
        if not record.fault and record.task in known:
            what = became(known[record.task], record.statistics, record.outcome)
            answers.setdefault(record.task, {})[record.sample] = Answer(record.group, record.statistics, what)
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
    """Right by the metric that executes, or by the primary one where there is none or the sample is not for it."""
    metrics = [metric for metric in (execution(task), primary(task)) if metric and metric.name in statistics]
    judge = next((m for m in metrics if m.aggregate([statistics[m.name]], [""]).n), None)
    if judge is not None and judge.is_perfect(statistics[judge.name]):
        return Answered.RIGHT
    match outcome.status if outcome else Status.OK:
        case Status.OK:
            return Answered.WRONG
        case Status.NO_PROGRAM | Status.INVALID:
            return Answered.UNPARSED
        case Status.TIMEOUT:
            return Answered.TIMEOUT
        case _:
            return Answered.FAILED
