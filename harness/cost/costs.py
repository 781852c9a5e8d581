"""What runs will cost, as values, as `plan.json` and as tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config import UserError
from harness.cost.model import Rates, Speed
from harness.cost.spent import Spend, Spent
from harness.tables import Grid

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 1
REPLAYED = "replayed"  # instead of asking a model


@dataclass(frozen=True, slots=True)
class TaskCost:
    """What one task of a run will cost. `there` samples were answered before; `fresh_tokens` are those of the prompts
    that no earlier prompt begins with; `answers_by` says what `answer_tokens` rest on, `answer_tokens_most` is the most
    that is allowed. `size` in bytes. No seconds: nothing tells how fast the model is.
    """

    name: str
    suites: Sequence[str]
    there: int
    too_long: int
    prompts: int
    prompt_tokens: int
    fresh_tokens: int
    answer_tokens: int
    answer_tokens_most: int
    answers_by: str
    seconds: float | None
    size: int


@dataclass(frozen=True, slots=True)
class RunCost:
    """What one run will cost, on `devices` of a kind (`unit`: GPU or core). `seconds` from its start to its end, with
    the server's own start; `before` is what its folder says was spent before.
    """

    model: str
    folder: str
    device: str
    unit: str
    devices: int
    parameters: float | None
    concurrency: int
    steps: int
    speed: Speed | None
    seconds: float | None
    tasks: Sequence[TaskCost]
    missing: Mapping[str, str]
    notes: Sequence[str]
    before: Spent = field(default_factory=Spent)

    @property
    def hours(self) -> float | None:
        """Device-hours."""
        return None if self.seconds is None else self.seconds * self.devices / 3600


@dataclass(frozen=True, slots=True)
class Costs:
    """What the runs of a file will cost: a report (`harness.terminal.Report`)."""

    file: str
    runs: Sequence[RunCost]

    def grids(self) -> Sequence[Grid]:
        runs = [
            (
                run.model,
                *_counts(run.tasks),
                seconds_text(run.seconds),
                hours_text(run.hours, run.unit),
                bytes_text(sum(task.size for task in run.tasks)),
                run.speed.standing if run.speed else "unknown",
            )
            for run in self.runs
        ]
        if len(runs) > 1:
            tasks = [task for run in self.runs for task in run.tasks]
            known = [run.seconds for run in self.runs if run.seconds is not None]
            total = sum(known) if len(known) == len(self.runs) else None
            size = bytes_text(sum(task.size for task in tasks))
            runs.append(("all, one after the other", *_counts(tasks), seconds_text(total), self._hours(), size, ""))
        heads = ("model", *_HEADS, "time", "device-hours", "disk", "speed is")
        return [Grid("Cost of the runs", heads, runs), *self._of_suites(), *map(_of_tasks, self.runs)]

    def _hours(self) -> str:
        units = {run.unit for run in self.runs}
        hours = [run.hours for run in self.runs if run.hours is not None]
        return hours_text(sum(hours), *units) if len(units) == 1 and len(hours) == len(self.runs) else ""

    def _of_suites(self) -> list[Grid]:
        rows = []
        for run in self.runs:
            suites = dict.fromkeys(suite for task in run.tasks for suite in task.suites)
            for suite in suites:
                tasks = [task for task in run.tasks if suite in task.suites]
                rows.append((run.model, suite, str(len(tasks)), *_counts(tasks), seconds_text(_sum(tasks))))
        return [Grid("By suite (a task may be in two)", ("model", "suite", "tasks", *_HEADS, "time"), rows, 2)]

    def captions(self) -> Sequence[str]:
        lines = []
        for run in self.runs:
            if run.speed is None and any(task.answers_by != REPLAYED for task in run.tasks):
                lines.append(f"{run.model}: time unknown; ask with --probe N, or name one of the table's with --device")
            elif run.speed is not None:
                size = "" if run.parameters is None else f", {run.parameters / 1e9:.3g}B parameters"
                lines.append(
                    f"{run.model}: {run.devices} x {run.device}{size}, {run.concurrency} requests at once, "
                    f"{run.steps} steps; server up after {run.speed.startup:.0f} s; {run.speed.standing}: "
                    f"{run.speed.source}"
                )
            lines += [f"{run.model}: {note}" for note in run.notes]
            lines += [f"{run.model}: no data, not asked: {name}: {why}" for name, why in run.missing.items()]
        return lines

    def frame(self) -> pd.DataFrame:
        import pandas as pd

        rows = []
        for run in self.runs:
            for task in run.tasks:
                values = asdict(task)
                name, suites = values.pop("name"), " ".join(values.pop("suites"))
                rows.append({"model": run.model, "task": name, "suites": suites, **values})
        return pd.DataFrame(rows)

    def json(self) -> str:
        runs = [asdict(run) | {"hours": run.hours} for run in self.runs]
        return json.dumps({"schema": SCHEMA, "file": self.file, "runs": runs}, indent=1) + "\n"


_HEADS = ("prompts", "prompt tokens", "answer tokens", "at most")


def _counts(tasks: Sequence[TaskCost]) -> tuple[str, ...]:
    totals = [sum(getattr(task, name) for task in tasks) for name in _COUNTED]
    return tuple(f"{total:,}" for total in totals)


_COUNTED = ("prompts", "prompt_tokens", "answer_tokens", "answer_tokens_most")


def _of_tasks(run: RunCost) -> Grid:
    rows = [
        (
            task.name,
            " ".join(task.suites),
            str(task.there),
            *_counts([task]),
            seconds_text(task.seconds),
            task.answers_by,
        )
        for task in run.tasks
    ]
    heads = ("task", "suites", "there", *_HEADS, "time", "answer tokens by")
    return Grid(f"{run.model} ({run.folder})", heads, rows, 2)


def _sum(tasks: Sequence[TaskCost]) -> float | None:
    known = [task.seconds for task in tasks if task.seconds is not None]
    return sum(known) if len(known) == len(tasks) else None


def seconds_text(value: float | None) -> str:
    """A time as a person reads it."""
    if value is None:
        return "unknown"
    if value < 100:
        return f"{value:.1f} s"
    hours, minutes = divmod(round(value / 60), 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{value / 60:.1f} min"


def hours_text(value: float | None, unit: str) -> str:
    """Device-hours with their unit."""
    return "unknown" if value is None else f"{value:.3g} {unit}-hours"


def bytes_text(value: float) -> str:
    """A size on disk."""
    return f"{value / 1e6:.1f} MB" if value < 1e9 else f"{value / 1e9:.2f} GB"


def read_costs(path: Path) -> Costs:
    """The costs that `Costs.json` wrote. Raises UserError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            raise ValueError(f"of schema {content['schema']}, not {SCHEMA}")
        return Costs(content["file"], [_run(values) for values in content["runs"]])
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; `symharness plan FILE` writes it, before the runs") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is no plan of `symharness plan` ({error})") from error


def _run(values: Mapping[str, Any]) -> RunCost:
    speed, before = values["speed"], values["before"]
    return RunCost(
        **{name: value for name, value in values.items() if name not in ("hours", "speed", "tasks", "before")},
        speed=speed and Speed(**speed | {"rates": Rates(**speed["rates"])}),
        tasks=[TaskCost(**task) for task in values["tasks"]],
        before=Spent(**before | {"tasks": {name: Spend(**spend) for name, spend in before["tasks"].items()}}),
    )
