"""pytest plug-in: one test a task, on a live model or a saved run, passing by thresholds.

    pytest --symharness-model checkpoints/my-model --symharness-tasks spider,scan --symharness-thresholds evals.toml
    pytest --symharness-run results/local/my-model/3f2a... --symharness-tasks spider

`evals.toml` holds a table a task, with the least value of its metrics (in percent, as printed):

    [spider]
    execution_accuracy = 60.0
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.plan import Plan
    from harness.summary import RunSummary, TaskSummary

_SUMMARY = pytest.StashKey["RunSummary"]()
_Thresholds = Mapping[str, Mapping[str, float]]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("symharness", "evaluate a model, one test a task")
    group.addoption("--symharness-model", metavar="MODEL", help="checkpoint folder, hub id or replay:...")
    group.addoption("--symharness-run", metavar="FOLDER", type=Path, help="a saved run instead of a model")
    group.addoption("--symharness-tasks", metavar="TASKS", help="tasks and suites, separated by commas")
    group.addoption("--symharness-data", metavar="DATA", help="data root, or bundled, hub, download")
    group.addoption("--symharness-limit", metavar="N", type=float, help="first N samples a task, or a share below 1")
    group.addoption("--symharness-base-url", metavar="URL", help="attach to this server")
    group.addoption("--symharness-output", metavar="FOLDER", type=Path, default=Path("results/local"))
    group.addoption("--symharness-thresholds", metavar="FILE", type=Path, help="TOML: a table a task, metric = percent")


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
    for name in names:
        items.append(
            TaskItem.from_parent(
                session, name=f"symharness[{name}]", task=name, plan=plan, least=thresholds.get(name, {})
            )
        )


def _planned(config: pytest.Config) -> tuple[Plan | None, list[str]]:
    """The plan (None for a saved run) and the names of the tasks to test. Raises UserError."""
    from harness.config import Sampling, UserError, model_spec
    from harness.plan import Options, prepare
    from harness.summary import summarise

    wanted = [name.strip() for name in (config.getoption("--symharness-tasks") or "").split(",") if name.strip()]
    saved: Path | None = config.getoption("--symharness-run")
    if saved is not None:
        config.stash[_SUMMARY] = summarise(saved)
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
            output_path=config.getoption("--symharness-output"),
            data=config.getoption("--symharness-data"),
            limit=config.getoption("--symharness-limit"),
            base_url=config.getoption("--symharness-base-url"),
        )
    )
    return plan, [item.task.name for item in plan.prepared]


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
    for task, table in content.items():
        if not isinstance(table, dict) or not all(isinstance(value, (int, float)) for value in table.values()):
            raise UserError(f"{path}: [{task}] must hold metric = percent lines")
    return content


class TaskItem(pytest.Item):
    """One task. The first one that runs evaluates the model on all of them."""

    def __init__(self, *, task: str, plan: Plan | None, least: Mapping[str, float], **more: Any) -> None:
        super().__init__(**more)
        self.task = task
        self.plan = plan
        self.least = least

    def runtest(self) -> None:
        (task,) = (item for item in self._summary().tasks if item.name == self.task)
        for line in _figures(task):
            self.add_report_section("call", "symharness", line)
        problems = list(_problems(task, self.least))
        if problems:
            raise ThresholdError("; ".join(problems))

    def _summary(self) -> RunSummary:
        if _SUMMARY not in self.config.stash:
            from rich.console import Console

            from harness.evaluate import evaluate
            from harness.progress import Progress

            assert self.plan is not None
            with Progress(Console(stderr=True)) as progress:
                self.config.stash[_SUMMARY] = evaluate(self.plan, progress)
        return self.config.stash[_SUMMARY]

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from harness.config import UserError

        if isinstance(excinfo.value, (ThresholdError, UserError)):
            return f"symharness: {excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return Path(__file__), None, self.name


class ThresholdError(AssertionError):
    """A figure is below its threshold, or was not reached at all."""


def _figures(task: TaskSummary) -> Iterator[str]:
    for name, estimate in task.estimates.items():
        error = "" if estimate.stderr is None else f" ± {100 * estimate.stderr:.2f}"
        yield f"{task.name} {name} {100 * estimate.value:.2f}{error} (n={estimate.n})"


def _problems(task: TaskSummary, least: Mapping[str, float]) -> Iterator[str]:
    if task.faults:
        yield f"{task.name}: {task.faults} samples got no answer through no fault of the model"
    figures = dict(zip(task.estimates, _figures(task)))
    for name, percent in least.items():
        if name not in task.estimates:
            yield f"{task.name} has no metric {name}; it has {', '.join(task.estimates)}"
        elif 100 * task.estimates[name].value < percent:
            yield f"{figures[name]} is below {percent:.2f}"
