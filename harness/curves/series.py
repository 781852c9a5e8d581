"""Which runs are checkpoints of one training, and which are none and lie level."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.curves.names import Stepped, stepped
from harness.published import PublishedModel
from harness.runlog import read_run
from harness.summary import RunSummary, TaskSummary, load_summary
from tasks.metrics import Estimate
from tasks.task import registry

# What of a run's config is not of its setting: which checkpoint it is, and which tasks it has.
_CHECKPOINT = ("model", "revision", "weights")
_TASKS = ("tasks", "no_data")
_UNNAMED = "unnamed"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A run, its tasks by name, and by task the hash of the data it was run on."""

    run: RunSummary
    tasks: Mapping[str, TaskSummary]
    data: Mapping[str, str]

    @property
    def folder(self) -> Path:
        return self.run.folder


@dataclass(frozen=True, slots=True)
class Series:
    """Checkpoints of one training in one setting, by step in ascending order."""

    name: str
    setting: str
    checkpoints: Mapping[int, Checkpoint]

    @property
    def title(self) -> str:
        return f"{self.name} ({self.setting})"


@dataclass(frozen=True, slots=True)
class Level:
    """A model without steps, drawn as a level line: figures by task and metric, and the data of a task where known."""

    title: str
    estimates: Mapping[tuple[str, str], Estimate]
    data: Mapping[str, str]


def read(folder: Path) -> Checkpoint:
    """A run's figures and data. Raises UserError."""
    config = read_run(folder)["config"]
    run = replace(load_summary(folder), config=config)
    data = {name: str(plan.get("data", "")) for name, plan in config["tasks"].items()}
    return Checkpoint(run, {task.name: task for task in run.tasks}, data)


def levels(runs: Sequence[Checkpoint]) -> list[Level]:
    """Runs as level lines; where several have the same model and setting, the title names the run."""
    alike = Counter((of.run.model, of.run.setting) for of in runs)
    found = []
    for of in runs:
        remark = f", run {of.folder.name}" if alike[of.run.model, of.run.setting] > 1 else ""
        estimates = {(name, metric): e for name, task in of.tasks.items() for metric, e in task.estimates.items()}
        found.append(Level(f"{of.run.model} ({of.run.setting}{remark})", estimates, of.data))
    return found


def published_level(model: PublishedModel) -> Level:
    """A model of the paper, whose figures have neither n nor error."""
    estimates = {
        (task.name, task.paper_metric): Estimate(model.scores[task.title], None, 0)
        for task in registry().values()
        if task.paper_metric and task.title in model.scores
    }
    return Level(f"{model.name}, published", estimates, {})


def step_of(config: Mapping[str, Any]) -> Stepped | None:
    """The step of a run's model."""
    return stepped(config["model"]["model"], config["model"].get("revision"))


def in_series(runs: Iterable[Checkpoint]) -> tuple[list[Series], list[Checkpoint], list[str]]:
    """Runs with a step in their names as series, by name and setting; the others; and what had to be left out.

    Runs of different settings are different series. Where a step is there twice, the runs' names tell them apart; a
    series in which one still is there twice is left out, as nobody knows which run belongs to which training.
    """
    found: dict[tuple[str, str], list[tuple[int, Checkpoint]]] = {}
    others: list[Checkpoint] = []
    for run in runs:
        at = step_of(run.run.config)
        if at is None:
            others.append(run)
        else:
            found.setdefault((at.series, _setting(run)), []).append((at.step, run))
    notes: list[str] = []
    series: list[tuple[Series, Mapping[str, Any]]] = []
    for (name, _), members in found.items():
        for run_name, chosen in _told_apart(members):
            if len({step for step, _ in chosen}) < len(chosen):
                notes.append(_twice(name or _UNNAMED, chosen))
                continue
            ascending = dict(sorted(chosen, key=lambda member: member[0]))
            first = next(iter(ascending.values())).run
            remark = f", run {run_name}" if name and run_name else ""
            one = Series(name or _run_name(chosen), first.setting + remark, ascending)
            series.append((one, _flat(json.loads(_setting(chosen[0][1])))))
    return sorted(_named(series), key=lambda one: (one.name, one.setting)), others, notes


def _setting(run: Checkpoint) -> str:
    """All of its config that the checkpoints of one series share."""
    config = {key: value for key, value in run.run.config.items() if key not in _TASKS}
    config["model"] = {key: value for key, value in config["model"].items() if key not in _CHECKPOINT}
    return json.dumps(config, sort_keys=True)


def _told_apart(members: Sequence[tuple[int, Checkpoint]]) -> Iterator[tuple[str, list[tuple[int, Checkpoint]]]]:
    if len({step for step, _ in members}) == len(members):
        yield "", list(members)
        return
    by_name: dict[str, list[tuple[int, Checkpoint]]] = {}
    for member in members:
        by_name.setdefault(member[1].folder.name, []).append(member)
    yield from by_name.items()


def _run_name(members: Sequence[tuple[int, Checkpoint]]) -> str:
    """What a series is called of whose models' names nothing remains: as the runs, where all are called alike."""
    names = {run.folder.name for _, run in members}
    return names.pop() if len(names) == 1 else _UNNAMED


def _twice(name: str, members: Sequence[tuple[int, Checkpoint]]) -> str:
    count = Counter(step for step, _ in members)
    step = min(step for step, times in count.items() if times > 1)
    alike = ", ".join(str(run.folder) for at, run in members if at == step)
    return (
        f"{name} is left out: step {step} is there twice ({alike}): give the runs of one training, or name them apart"
    )


def _named(series: Sequence[tuple[Series, Mapping[str, Any]]]) -> Iterator[Series]:
    """Those that share name and setting say what of their config tells them apart."""
    for one, config in series:
        alike = [other for kin, other in series if kin.title == one.title and other is not config]
        keys = sorted(
            {key for other in alike for key in config.keys() | other.keys() if config.get(key) != other.get(key)}
        )
        told = "".join(f", {key} {json.dumps(config.get(key))}" for key in keys)
        yield replace(one, setting=one.setting + told)


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in config.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
