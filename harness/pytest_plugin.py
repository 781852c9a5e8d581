"""pytest plug-in: one test a task or a sample, on a live model or a saved run, passing by thresholds.

    pytest --symharness-model checkpoints/my-model --symharness-tasks spider,scan --symharness-thresholds evals.toml
    pytest --symharness-run results/local/my-model/3f2a... --symharness-tasks spider --symharness-per-sample

`evals.toml` holds a table a task. A metric passes from a percentage on (as printed), or while it is not significantly
worse (5 %, paired by sample) than in another run, whose folder is named from the file's own:

    [spider]
    execution_accuracy = 60.0
    exact_match = { at_least = 50.0, not_worse_than = "results/local/base/91cc..." }

With `--symharness-per-sample` a test is a sample, which passes when its answer is right; tasks with thresholds keep
their own test. Under xdist the first process that needs the model evaluates it, and the others wait for its records.
"""

from __future__ import annotations

import fcntl
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.answers import Run
    from harness.plan import Plan
    from harness.summary import RunSummary, TaskSummary

_SUMMARY = pytest.StashKey["RunSummary"]()
_ANSWERS = pytest.StashKey["Run"]()


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a metric must reach: a percentage, and no significantly worse value than in another run."""

    at_least: float | None = None
    not_worse_than: Path | None = None


_Thresholds = Mapping[str, Mapping[str, Threshold]]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("symharness", "evaluate a model, one test a task")
    group.addoption("--symharness-model", metavar="MODEL", help="checkpoint folder, hub id or replay:...")
    group.addoption("--symharness-run", metavar="FOLDER", help="a saved run instead of a model")
    group.addoption("--symharness-tasks", metavar="TASKS", help="tasks and suites, separated by commas")
    group.addoption("--symharness-data", metavar="DATA", help="data root, or bundled, hub, download")
    group.addoption("--symharness-limit", metavar="N", type=float, help="first N samples a task, or a share below 1")
    group.addoption("--symharness-base-url", metavar="URL", help="attach to this server")
    group.addoption("--symharness-output", metavar="FOLDER", default="results/local")
    group.addoption("--symharness-thresholds", metavar="FILE", type=Path, help="TOML: a table a task, metric = percent")
    group.addoption("--symharness-per-sample", action="store_true", help="one test a sample: its answer must be right")


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    if not (config.getoption("--symharness-model") or config.getoption("--symharness-run")):
        return
    from harness.config import UserError

    try:
        thresholds = _thresholds(config.getoption("--symharness-thresholds"))
        plan, names = _planned(config)
    except UserError as error:
        raise pytest.UsageError(f"symharness: {error}") from error
    unknown = thresholds.keys() - set(names)
    if unknown:
        raise pytest.UsageError(f"symharness: thresholds for tasks that are not run: {', '.join(sorted(unknown))}")
    for name, reason in plan.missing.items() if plan is not None else ():
        items.append(NoDataItem.from_parent(session, name=f"symharness[{name}]", reason=f"no data: {reason}"))
    per_sample = config.getoption("--symharness-per-sample")
    for name in names:
        least = thresholds.get(name, {})
        if least or not per_sample:
            items.append(TaskItem.from_parent(session, name=f"symharness[{name}]", task=name, plan=plan, least=least))
        for sample in _samples(config, plan, name) if per_sample else ():
            items.append(
                SampleItem.from_parent(
                    session, name=f"symharness[{name}-{sample}]", task=name, plan=plan, sample=sample
                )
            )


def _samples(config: pytest.Config, plan: Plan | None, task: str) -> list[str]:
    """The ids of a task's samples: the planned ones, or those that a saved run has."""
    if plan is not None:
        return [sample.id for sample in plan.samples[task]]
    return sorted(_answers(config, config.stash[_SUMMARY]).answers.get(task, {}))


def _answers(config: pytest.Config, summary: RunSummary) -> Run:
    from harness.answers import load

    if _ANSWERS not in config.stash:
        config.stash[_ANSWERS] = load("run", summary.folder)
    return config.stash[_ANSWERS]


def _planned(config: pytest.Config) -> tuple[Plan | None, list[str]]:
    """The plan (None for a saved run) and the names of the tasks to test. Raises UserError."""
    from harness.config import Sampling, UserError, split_names
    from harness.models import model_spec
    from harness.place import place
    from harness.plan import Options, prepare
    from harness.storage import fetch
    from harness.summary import summarise

    wanted = split_names(config.getoption("--symharness-tasks") or "")
    saved: str | None = config.getoption("--symharness-run")
    if saved is not None:
        (run,) = fetch([saved])
        config.stash[_SUMMARY] = summarise(run)
        there = [task.name for task in config.stash[_SUMMARY].tasks]
        missing = [name for name in wanted if name not in there]
        if missing:
            raise UserError(f"{saved} holds no task {missing[0]}; it holds {', '.join(there)}")
        return None, wanted or there
    plan = prepare(
        Options(
            spec=model_spec(model=config.getoption("--symharness-model")),
            tasks=wanted or ["all"],
            sampling=Sampling(),
            output_path=place(config.getoption("--symharness-output")),
            data=config.getoption("--symharness-data"),
            limit=config.getoption("--symharness-limit"),
            base_url=config.getoption("--symharness-base-url"),
        )
    )
    return plan, list(plan.samples)


def _thresholds(path: Path | None) -> _Thresholds:
    from harness.config import UserError

    if path is None:
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not TOML: {error}") from error
    return {task: _of_task(path, task, table) for task, table in content.items()}


def _of_task(path: Path, task: str, table: object) -> dict[str, Threshold]:
    from harness.config import UserError

    found: dict[str, Threshold] = {}
    for metric, value in table.items() if isinstance(table, dict) else [("", None)]:
        match value:
            case int() | float():
                found[metric] = Threshold(value)
            case {"at_least": int() | float() as percent, "not_worse_than": str(run), **more} if not more:
                found[metric] = Threshold(percent, path.parent / run)
            case {"at_least": int() | float() as percent, **more} if not more:
                found[metric] = Threshold(percent)
            case {"not_worse_than": str(run), **more} if not more:
                found[metric] = Threshold(None, path.parent / run)
            case _:
                raise UserError(
                    f"{path}: [{task}] must hold metric = percent lines, "
                    'or metric = { at_least = percent, not_worse_than = "run folder" }'
                )
    return found


class _Item(pytest.Item):
    """A test on a run. The first one that runs evaluates the model on all tasks."""

    def __init__(self, *, task: str, plan: Plan | None, **more: Any) -> None:
        super().__init__(**more)
        self.task = task
        self.plan = plan

    def summary(self) -> RunSummary:
        if _SUMMARY not in self.config.stash:
            from rich.console import Console

            from harness.evaluate import evaluate
            from harness.progress import Progress

            assert self.plan is not None
            with _alone(self.plan.folder), Progress(Console(stderr=True)) as progress:
                self.config.stash[_SUMMARY] = evaluate(self.plan, progress)
        return self.config.stash[_SUMMARY]

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from harness.config import UserError

        if isinstance(excinfo.value, (ThresholdError, UserError)):
            return f"symharness: {excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return Path(__file__), None, self.name


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Waits for other processes that evaluate this run: after them all is answered and nothing is asked twice."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.pytest").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class TaskItem(_Item):
    """One task: its metrics must reach their thresholds."""

    def __init__(self, *, least: Mapping[str, Threshold], **more: Any) -> None:
        super().__init__(**more)
        self.least = least

    def runtest(self) -> None:
        summary = self.summary()
        (task,) = (item for item in summary.tasks if item.name == self.task)
        for line in _figures(task):
            self.add_report_section("call", "symharness", line)
        problems = [*_problems(task, self.least), *_worse(summary.folder, task, self.least)]
        if problems:
            raise ThresholdError("; ".join(problems))


class SampleItem(_Item):
    """One sample: its answer must be right."""

    def __init__(self, *, sample: str, **more: Any) -> None:
        super().__init__(**more)
        self.sample = sample

    def runtest(self) -> None:
        from harness.answers import Answered

        answer = _answers(self.config, self.summary()).answers.get(self.task, {}).get(self.sample)
        if answer is None:
            raise ThresholdError(f"{self.task} {self.sample}: no answer through no fault of the model")
        if answer.became is not Answered.RIGHT:
            raise ThresholdError(f"{self.task} {self.sample}: {answer.became.value}")


class NoDataItem(pytest.Item):
    """A task of a suite without data here: skipped, and seen to be."""

    def __init__(self, *, reason: str, **more: Any) -> None:
        super().__init__(**more)
        self.reason = reason

    def runtest(self) -> None:
        pytest.skip(self.reason)


class ThresholdError(AssertionError):
    """A figure is below its threshold, or was not reached at all."""


def _figures(task: TaskSummary) -> Iterator[str]:
    for name, estimate in task.estimates.items():
        error = "" if estimate.stderr is None else f" ± {100 * estimate.stderr:.2f}"
        yield f"{task.name} {name} {100 * estimate.value:.2f}{error} (n={estimate.n})"


def _problems(task: TaskSummary, least: Mapping[str, Threshold]) -> Iterator[str]:
    if task.faults:
        yield f"{task.name}: {task.faults} samples got no answer through no fault of the model"
    figures = dict(zip(task.estimates, _figures(task)))
    for name, threshold in least.items():
        if name not in task.estimates:
            yield f"{task.name} has no metric {name}; it has {', '.join(task.estimates)}"
        elif threshold.at_least is not None and 100 * task.estimates[name].value < threshold.at_least:
            yield f"{figures[name]} is below {threshold.at_least:.2f}"


def _worse(folder: Path, task: TaskSummary, least: Mapping[str, Threshold]) -> Iterator[str]:
    """The metrics that are significantly worse than in the run that they are held against."""
    from harness.compare import compare_runs
    from harness.statistics import LEVEL

    for name, threshold in least.items():
        if threshold.not_worse_than is None or name not in task.estimates:
            continue
        report = compare_runs([threshold.not_worse_than, folder], [task.name], every_metric=True)
        found = next((line.found for line in report.lines if line.figure.metric.name == name), None)
        if found is None:
            yield f"{task.name} {name} cannot be compared with {threshold.not_worse_than}"
        elif found.difference < 0 and found.p <= LEVEL:
            yield (
                f"{task.name} {name} {100 * found.ours:.2f} is significantly worse than {100 * found.theirs:.2f} in "
                f"{threshold.not_worse_than.name} (n={found.n}, {100 * found.difference:+.2f} "
                f"[{100 * found.low:+.2f}, {100 * found.high:+.2f}], p={found.p:.2g})"
            )
