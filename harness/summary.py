"""A run's numbers, recomputed from its records and nothing else, and their lm-eval form `results.json`.

`results.json` names the records it was made of by size and hash. While they are these records, its numbers are theirs,
and a thousand runs can be read without their records.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.runlog import parts, read_records, read_run
from tasks.metrics import Estimate, Statistics
from tasks.task import registry

RESULTS_FILE = "results.json"


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """One task of a run.

    `n` samples were scored of the `planned` ones, of `total` in the official test set; `outcomes` counts execution
    statuses, `finish_reasons` how generation ended; `faults` are samples that still have to be redone. A metric for
    which no sample counts (a ratio without a denominator) has no estimate.
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
        """What distinguishes runs of one model: shots and chat format."""
        return f"{self.config['num_fewshot']}-shot, {self.config['model']['chat_format']}"


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


def load_summary(folder: Path) -> RunSummary:
    """The same numbers as `summarise`, from `results.json` where that is of today's records. Raises UserError."""
    results = _results_of_records(folder)
    if results is None:
        return summarise(folder)
    config = read_run(folder)["config"]
    known = registry()
    tasks = tuple(
        _task_of_results(name, config["tasks"][name], results)
        for name in config["tasks"]
        if name in known and name in results["results"]
    )
    return RunSummary(folder, config, tasks)


def _results_of_records(folder: Path) -> dict[str, Any] | None:
    path = folder / RESULTS_FILE
    try:
        results: dict[str, Any] = json.loads(path.read_bytes())
        written = path.stat().st_mtime_ns
    except (OSError, ValueError):
        return None
    named: Mapping[str, Any] = results.get("records", {})
    found = {part.name: part for part in parts(folder)}
    if not found or named.keys() != found.keys():
        return None
    for name, part in found.items():
        status = part.stat()
        if status.st_size != named[name]["bytes"]:
            return None
        # Older than the results (the usual case) they are unchanged; a copy of the folder may have any times.
        if status.st_mtime_ns > written and _hash(part) != named[name]["blake2b"]:
            return None
    return results


def _task_of_results(name: str, plan: Mapping[str, Any], results: Mapping[str, Any]) -> TaskSummary:
    row, counts = results["results"][name], results["symharness"][name]
    estimates = {}
    for metric in registry()[name].metrics:
        if f"{metric.name},none" in row:
            stderr = row[f"{metric.name}_stderr,none"]
            estimates[metric.name] = Estimate(
                row[f"{metric.name},none"], None if stderr == "N/A" else stderr, counts["n"][metric.name]
            )
    return TaskSummary(
        name,
        estimates,
        n=results["n-samples"][name]["effective"],
        planned=plan["samples"],
        total=plan["total"],
        place=plan["place"],
        outcomes=counts["outcomes"],
        finish_reasons=counts["finish_reasons"],
        faults=counts["faults"],
    )


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "blake2b").hexdigest()


def _task(name: str, tally: _Tally, plan: Mapping[str, Any]) -> TaskSummary:
    estimates = {
        metric.name: estimate
        for metric in registry()[name].metrics
        if tally.statistics.get(metric.name)
        and (estimate := metric.aggregate(tally.statistics[metric.name], tally.groups)).n
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
            task.name: {
                "outcomes": task.outcomes,
                "finish_reasons": task.finish_reasons,
                "faults": task.faults,
                "n": {name: estimate.n for name, estimate in task.estimates.items()},
            }
            for task in summary.tasks
        },
        "records": {
            part.name: {"bytes": part.stat().st_size, "blake2b": _hash(part)} for part in parts(summary.folder)
        },
    }
    path = summary.folder / RESULTS_FILE
    scratch = path.with_suffix(".json.new")
    scratch.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    scratch.rename(path)
    return path
