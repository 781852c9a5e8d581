"""A run's numbers, recomputed from its records and nothing else, and their lm-eval form `results.json`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.runlog import read_records, read_run
from tasks.metrics import Estimate, Statistics
from tasks.task import registry

RESULTS_FILE = "results.json"


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """One task of a run.

    `n` samples were scored of the `planned` ones, of `total` in the official test set; `outcomes` counts execution
    statuses, `finish_reasons` how generation ended; `faults` are samples that still have to be redone.
    """

    name: str
    estimates: Mapping[str, Estimate]
    n: int
    planned: int
    total: int
    place: str
    outcomes: Mapping[str, int]
    finish_reasons: Mapping[str, int]
    faults: int

    @property
    def complete(self) -> bool:
        """Every sample of a real test set was scored: the number may stand beside a published one."""
        return self.n == self.total and self.place != "bundled"


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run: its folder, its config as in run.json, and its tasks in the config's order."""

    folder: Path
    config: Mapping[str, Any]
    tasks: tuple[TaskSummary, ...]

    @property
    def model(self) -> str:
        return str(self.config["model"]["model"])

    @property
    def setting(self) -> str:
        """What distinguishes runs of one model: shots, chat format, and another harness' route."""
        parts = (f"{self.config['num_fewshot']}-shot", self.config["model"]["chat_format"], self.config.get("route"))
        return ", ".join(part for part in parts if part)


@dataclass
class _Tally:
    statistics: dict[str, list[Statistics]] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    finish_reasons: Counter[str] = field(default_factory=Counter)
    faults: int = 0


def summarise(folder: Path) -> RunSummary:
    """The numbers of a run folder. Raises UserError when it is none."""
    config = read_run(folder)["config"]
    tallies: dict[str, _Tally] = {name: _Tally() for name in config["tasks"]}
    for record in read_records(folder):
        tally = tallies.setdefault(record.task, _Tally())
        if record.fault:
            tally.faults += 1
            continue
        for name, statistics in record.statistics.items():
            tally.statistics.setdefault(name, []).append(statistics)
        tally.groups.append(record.group)
        tally.finish_reasons[record.finish_reason] += 1
        if record.outcome is not None:
            tally.outcomes[record.outcome.status.value] += 1
    known = registry()
    tasks = tuple(_task(name, tally, config["tasks"][name]) for name, tally in tallies.items() if name in known)
    return RunSummary(folder, config, tasks)


def _task(name: str, tally: _Tally, plan: Mapping[str, Any]) -> TaskSummary:
    estimates = {
        metric.name: metric.aggregate(tally.statistics[metric.name], tally.groups)
        for metric in registry()[name].metrics
        if tally.statistics.get(metric.name)
    }
    return TaskSummary(
        name,
        estimates,
        n=len(tally.groups),
        planned=plan["samples"],
        total=plan["total"],
        place=plan["place"],
        outcomes=dict(sorted(tally.outcomes.items())),
        finish_reasons=dict(sorted(tally.finish_reasons.items())),
        faults=tally.faults,
    )


def write_results(summary: RunSummary) -> Path:
    """`results.json` in lm-eval's result form, so that its tools read it; ours under "symharness"."""
    results: dict[str, Any] = {}
    for task in summary.tasks:
        row: dict[str, Any] = {"alias": task.name}
        for name, estimate in task.estimates.items():
            row[f"{name},none"] = estimate.value
            row[f"{name}_stderr,none"] = "N/A" if estimate.stderr is None else estimate.stderr
        results[task.name] = row
    content = {
        "results": results,
        "configs": {name: dict(plan) for name, plan in summary.config["tasks"].items()},
        "n-shot": {task.name: summary.config["num_fewshot"] for task in summary.tasks},
        "n-samples": {task.name: {"original": task.total, "effective": task.n} for task in summary.tasks},
        "higher_is_better": {task.name: dict.fromkeys(task.estimates, True) for task in summary.tasks},
        "config": {"model": "vllm", "model_args": dict(summary.config["model"])},
        "symharness": {
            task.name: {"outcomes": task.outcomes, "finish_reasons": task.finish_reasons, "faults": task.faults}
            for task in summary.tasks
        },
    }
    path = summary.folder / RESULTS_FILE
    scratch = path.with_suffix(".json.new")
    scratch.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    scratch.rename(path)
    return path
