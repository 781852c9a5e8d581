"""A run's numbers, recomputed from its records and nothing else, and their lm-eval form `results.json`.

The same samples give the same bytes, in however many parts they were written. `results.records.json` beside it names
the records' files by size and hash: while they are these, the numbers are theirs, and a thousand runs can be read
without their records.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.config import UserError
from harness.parts import figured
from harness.record import Record
from harness.runlog import parts, read_records, read_run
from harness.stages import Stage, counts, reached
from tasks.metrics import Estimate, Statistics
from tasks.task import Task, registry

RESULTS_FILE = "results.json"
RECORDS_FILE = "results.records.json"
_SCHEMA = 2


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """One task of a run.

    `n` samples were scored of the `planned` ones, of `total` in the official test set; `outcomes` counts execution
    statuses, `finish_reasons` how generation ended; `faults` are samples that still have to be redone. A metric for
    which no sample counts (a ratio without a denominator) has no estimate. `stages` of a task that is delegated to a
    solver: how many answers came how far (`harness.stages`). `shortened`: of how many prompts what was left out for
    want of room (`harness.fitting`). With self-repair (`harness.repair`), whose figures stand among the estimates under
    names of their own (`repaired_name`), `repairs` says how many samples were asked again and how many then ran, and
    `repaired_stages` how far the last attempts came.
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
    stages: Mapping[str, int]
    shortened: Mapping[str, int]
    repairs: Mapping[str, int]
    repaired_stages: Mapping[str, int]

    def repaired(self, retries: int) -> TaskSummary:
        """The same task with the figures that it has after self-repair, under the metrics' own names."""
        mark = repaired_name("", retries)
        estimates = {name.removesuffix(mark): e for name, e in self.estimates.items() if name.endswith(mark)}
        return replace(self, estimates=estimates, stages=self.repaired_stages)

    @property
    def complete(self) -> bool:
        """Every sample of a real test set was scored: the number may stand beside a published one."""
        return self.n == self.total and self.place != "bundled"

    @property
    def mark(self) -> str:
        """Why its figures may not stand beside a full test set's: `partial`, `mini` or nothing."""
        if self.place == "bundled":
            return "mini"
        return "" if self.complete else "partial"


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run: its folder, its config as in run.json, and its tasks in the config's order.

    `remark` tells apart further figures of the same run.
    """

    folder: Path
    config: Mapping[str, Any]
    tasks: tuple[TaskSummary, ...]
    remark: str = ""

    def views(self) -> Iterator[RunSummary]:
        """The run as it was first answered, and as it stands after self-repair."""
        yield self
        if retries := self.config.get("self_repair", 0):
            tasks = tuple(task.repaired(retries) for task in self.tasks)
            yield replace(self, tasks=tasks, remark=f"self-repair {retries}")

    @property
    def model(self) -> str:
        return str(self.config["model"]["model"])

    @property
    def no_data(self) -> Mapping[str, str]:
        """The tasks of its suites that had no data where it ran, and what was missing."""
        reasons: Mapping[str, str] = self.config.get("no_data", {})
        return reasons

    @property
    def setting(self) -> str:
        """What distinguishes runs of one model: shots, chat format, and another harness' route."""
        shots = f"{self.config['num_fewshot']}-shot"
        parts = (shots, self.config["model"]["chat_format"], self.config.get("route"), self.remark)
        return ", ".join(part for part in parts if part)


def repaired_name(metric: str, retries: int) -> str:
    """What a metric is called after up to so many attempts at self-repair."""
    return f"{metric}_repaired@{retries}"


@dataclass
class _Tally:
    retries: int
    statistics: dict[str, list[Statistics]] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    finish_reasons: Counter[str] = field(default_factory=Counter)
    faults: int = 0
    stages: list[Stage] = field(default_factory=list)
    shortened: Counter[str] = field(default_factory=Counter)
    repaired: dict[str, list[Statistics]] = field(default_factory=dict)
    repairs: Counter[str] = field(default_factory=Counter)
    repaired_stages: list[Stage] = field(default_factory=list)
    known: dict[tuple[tuple[str, float], ...], Statistics] = field(default_factory=dict)

    def add(self, task: Task | None, record: Record) -> None:
        if record.fault:
            self.faults += 1
            return
        for name, statistics in record.statistics.items():
            # Most are one of a few (a score of 0 or 1): a million records must not hold a million copies.
            one = self.known.setdefault(tuple(statistics.items()), statistics)
            self.statistics.setdefault(name, []).append(one)
        last = record.repairs[-1] if record.repairs else record
        if self.retries:
            for name, statistics in last.statistics.items():
                self.repaired.setdefault(name, []).append(statistics)
            if record.repairs:
                self.repairs["asked again"] += 1
                self.repairs["then ran"] += last.outcome is not None and last.outcome.ok
        self.groups.append(sys.intern(record.group))
        self.finish_reasons[record.finish_reason] += 1
        if record.shots_dropped:
            self.shortened["shots dropped"] += 1
        if record.pruned:
            self.shortened["pruned"] += 1
        if record.outcome is not None:
            self.outcomes[record.outcome.status.value] += 1
        if task is not None and "delegation" in task.suites and record.outcome and last.outcome:
            self.stages.append(reached(task, record.statistics, record.outcome))
            if self.retries:
                self.repaired_stages.append(reached(task, last.statistics, last.outcome))


def summarise(folder: Path) -> RunSummary:
    """The numbers of a run folder. Raises UserError when it is none."""
    config = read_run(folder)["config"]
    retries = config.get("self_repair", 0)
    tallies: dict[str, _Tally] = {name: _Tally(retries) for name in config["tasks"]}
    of_sample = figured(config["tasks"])
    known = registry()
    try:
        for record in read_records(folder):
            for task in of_sample(record.task, record.sample):
                tallies.setdefault(task, _Tally(retries)).add(known.get(task), record)
        tasks = tuple(_task(name, tally, config["tasks"][name]) for name, tally in tallies.items() if name in known)
    except KeyError as error:  # a metric asks for a statistic that it did not have when the run was made
        raise UserError(
            f"{folder}: its records hold no {error} of a metric, they are an older version's: "
            f"score them anew with `symharness score {folder}`"
        ) from error
    return RunSummary(folder, config, tasks)


def results_of(folder: Path) -> RunSummary:
    """The numbers of a run, whose `results.json` is written where it is not of today's records. Raises UserError."""
    if _of_todays_records(folder) and _first_line(folder / RESULTS_FILE) is not None:
        return replace(load_summary(folder), config=read_run(folder)["config"])
    summary = summarise(folder)
    write_results(summary)
    return summary


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
    found = {_name(folder, part): part for part in parts(folder)}
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


def _name(folder: Path, part: Path) -> str:
    return part.relative_to(folder).as_posix()


def _task_of_results(name: str, row: Mapping[str, Any]) -> TaskSummary:
    estimates = {metric: Estimate(*numbers) for metric, numbers in row["estimates"].items()}
    return TaskSummary(name, **{**row, "estimates": estimates})


def _row(task: TaskSummary) -> dict[str, Any]:
    row = {name: getattr(task, name) for name in TaskSummary.__dataclass_fields__ if name != "name"}
    return row | {"estimates": {name: (e.value, e.stderr, e.n) for name, e in task.estimates.items()}}


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "blake2b").hexdigest()


def _estimates(name: str, statistics: Mapping[str, Sequence[Statistics]], groups: Sequence[str]) -> dict[str, Estimate]:
    return {
        metric.name: estimate
        for metric in registry()[name].metrics
        if statistics.get(metric.name) and (estimate := metric.aggregate(statistics[metric.name], groups)).n
    }


def _task(name: str, tally: _Tally, plan: Mapping[str, Any]) -> TaskSummary:
    estimates = _estimates(name, tally.statistics, tally.groups)
    repaired = _estimates(name, tally.repaired, tally.groups)
    estimates |= {repaired_name(metric, tally.retries): estimate for metric, estimate in repaired.items()}
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
        stages=counts(tally.stages) if tally.stages else {},
        shortened=dict(sorted(tally.shortened.items())),
        repairs=dict(tally.repairs),
        repaired_stages=counts(tally.repaired_stages) if tally.repaired_stages else {},
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
    named = {
        _name(summary.folder, part): {"bytes": part.stat().st_size, "blake2b": _hash(part)}
        for part in parts(summary.folder)
    }
    # Last: a kill between the two must not leave old numbers beside the names of today's records.
    results = _replace(summary.folder / RESULTS_FILE, first + rest + "\n")
    _replace(summary.folder / RECORDS_FILE, json.dumps(named, indent=1) + "\n")
    return results


def _replace(path: Path, text: str) -> Path:
    scratch = path.with_suffix(".json.new")
    scratch.write_text(text, encoding="utf-8")
    scratch.rename(path)
    return path
