"""A run's numbers, recomputed from its records and nothing else, and their lm-eval form `results.json`.

The same samples give the same bytes, in however many parts they were written. `results.records.json` beside it names
the records' files by size and hash: while they are these, the numbers are theirs, and a thousand runs can be read
without their records.
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
RECORDS_FILE = "results.records.json"
_SCHEMA = 1


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


def load_summary(folder: Path) -> RunSummary:
    """The same numbers as `summarise`, from `results.json` where that is of today's records. Raises UserError.

    Of the config only what is not of single tasks is there.
    """
    ours = _first_line(folder / RESULTS_FILE)
    if ours is None or not _of_todays_records(folder):
        return summarise(folder)
    known = registry()
    tasks = tuple(_task_of_results(name, row) for name, row in ours["tasks"].items() if name in known)
    return RunSummary(folder, ours["config"], tasks)


def _first_line(path: Path) -> dict[str, Any] | None:
    """What `write_results` put first; None when there is none."""
    try:
        with path.open(encoding="utf-8") as stream:
            line = stream.readline()
        ours: dict[str, Any] = json.loads(line.removesuffix(",\n") + "}")["symharness"]
        return ours if ours.get("schema") == _SCHEMA else None
    except (OSError, ValueError, KeyError, AttributeError):
        return None


def _of_todays_records(folder: Path) -> bool:
    try:
        named: dict[str, dict[str, Any]] = json.loads((folder / RECORDS_FILE).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return False
    found = {part.name: part for part in parts(folder)}
    if named.keys() != found.keys():
        return False
    written = (folder / RESULTS_FILE).stat().st_mtime_ns
    for name, part in found.items():
        status = part.stat()
        if status.st_size != named[name]["bytes"]:
            return False
        # Older than the results, as is usual, they are unchanged; a copy of the folder may have any times.
        if status.st_mtime_ns > written and _hash(part) != named[name]["blake2b"]:
            return False
    return True


def _task_of_results(name: str, row: Mapping[str, Any]) -> TaskSummary:
    estimates = {metric: Estimate(*numbers) for metric, numbers in row["estimates"].items()}
    return TaskSummary(name, **{**row, "estimates": estimates})


def _row(task: TaskSummary) -> dict[str, Any]:
    row = {name: getattr(task, name) for name in TaskSummary.__dataclass_fields__ if name != "name"}
    return row | {"estimates": {name: (e.value, e.stderr, e.n) for name, e in task.estimates.items()}}


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


def lm_eval_results(summary: RunSummary) -> dict[str, Any]:
    """A run's numbers in lm-eval's result form; `summary` is one of `summarise`, whose config names the tasks."""
    results: dict[str, Any] = {}
    for task in summary.tasks:
        row: dict[str, Any] = {"alias": task.name}
        for name, estimate in task.estimates.items():
            row[f"{name},none"] = estimate.value
            row[f"{name}_stderr,none"] = "N/A" if estimate.stderr is None else estimate.stderr
        results[task.name] = row
    return {
        "results": results,
        "configs": {name: dict(plan) for name, plan in summary.config["tasks"].items()},
        "n-shot": {task.name: summary.config["num_fewshot"] for task in summary.tasks},
        "n-samples": {task.name: {"original": task.total, "effective": task.n} for task in summary.tasks},
        "higher_is_better": {task.name: dict.fromkeys(task.estimates, True) for task in summary.tasks},
        "config": {"model": "vllm", "model_args": dict(summary.config["model"])},
    }


def write_results(summary: RunSummary) -> Path:
    """`results.json` in lm-eval's result form, so that its tools read it.

    What is ours alone stands under "symharness" on the first line, so that it can be read without the rest.
    """
    ours = {
        "schema": _SCHEMA,
        "config": {name: value for name, value in summary.config.items() if name != "tasks"},
        "tasks": {task.name: _row(task) for task in summary.tasks},
    }
    first = f'{{"symharness": {json.dumps(ours, separators=(",", ":"), ensure_ascii=False)},'
    rest = json.dumps(lm_eval_results(summary), indent=1, sort_keys=True, ensure_ascii=False).removeprefix("{")
    named = {part.name: {"bytes": part.stat().st_size, "blake2b": _hash(part)} for part in parts(summary.folder)}
    _replace(summary.folder / RECORDS_FILE, json.dumps(named, indent=1) + "\n")
    return _replace(summary.folder / RESULTS_FILE, first + rest + "\n")


def _replace(path: Path, text: str) -> Path:
    scratch = path.with_suffix(".json.new")
    scratch.write_text(text, encoding="utf-8")
    scratch.rename(path)
    return path
