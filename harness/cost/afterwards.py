"""What planned runs really cost, beside the estimate."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cost.costs import SCHEMA, Costs, RunCost, bytes_text, hours_text, read_costs, seconds_text
from harness.cost.spent import Spend, Spent, spent
from harness.tables import Grid

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Reality:
    """A run's estimate, and what its folder says was spent since."""

    run: RunCost
    real: Spent

    @property
    def estimate(self) -> dict[str, Spend]:
        return {task.name: Spend(task.prompts, task.prompt_tokens, task.answer_tokens) for task in self.run.tasks}

    @property
    def hours(self) -> float:
        """Device-hours that were spent."""
        return self.real.busy * self.run.devices / 3600


@dataclass(frozen=True, slots=True)
class Afterwards:
    """Estimates and realities of a plan's runs: a report (`harness.terminal.Report`)."""

    file: str
    runs: Sequence[Reality]

    def grids(self) -> Sequence[Grid]:
        runs, tasks = [], []
        for each in self.runs:
            run, real = each.run, each.real
            estimate = each.estimate
            tasks += [(run.model, name, *_beside(estimate[name], real.tasks.get(name, Spend()))) for name in estimate]
            size = sum(task.size for task in run.tasks)
            runs.append(
                (
                    run.model,
                    *_beside(_sum(estimate.values()), _sum(real.tasks.values())),
                    *(seconds_text(run.seconds), seconds_text(real.seconds), _ratio(real.seconds, run.seconds)),
                    *(hours_text(run.hours, run.unit), hours_text(each.hours, run.unit)),
                    *(bytes_text(size), bytes_text(real.size)),
                )
            )
        times = ("time", "real", "ratio", "device-hours", "real", "disk", "real")
        return [
            Grid("Real cost beside the estimate", ("model", *_HEADS, *times), runs),
            Grid("By task", ("model", "task", *_HEADS), tasks, 2),
        ]

    def captions(self) -> Sequence[str]:
        return [
            f"{each.run.model}: {each.real.killed} starts were killed: how long they took is not known, and not counted"
            for each in self.runs
            if each.real.killed
        ]

    def frame(self) -> pd.DataFrame:
        import pandas as pd

        rows = []
        for each in self.runs:
            for name, estimate in each.estimate.items():
                real = {f"real_{key}": value for key, value in asdict(each.real.tasks.get(name, Spend())).items()}
                rows.append({"model": each.run.model, "task": name, **asdict(estimate), **real})
        return pd.DataFrame(rows)

    def json(self) -> str:
        runs = [
            {
                "model": each.run.model,
                "folder": each.run.folder,
                "estimate": asdict(each.run) | {"hours": each.run.hours},
                "real": asdict(each.real) | {"hours": each.hours},
            }
            for each in self.runs
        ]
        return json.dumps({"schema": SCHEMA, "file": self.file, "runs": runs}, indent=1) + "\n"


_SPENT = ("prompts", "prompt_tokens", "answer_tokens")
_HEADS = tuple(head for name in ("prompts", "prompt tokens", "answer tokens") for head in (name, "real", "ratio"))


def _beside(estimate: Spend, real: Spend) -> list[str]:
    cells = []
    for name in _SPENT:
        expected, spent = getattr(estimate, name), getattr(real, name)
        cells += [f"{expected:,}", f"{spent:,}", _ratio(spent, expected)]
    return cells


def _sum(spends: Iterable[Spend]) -> Spend:
    known = list(spends)
    return Spend(*(sum(getattr(spend, name) for spend in known) for name in _SPENT))


def _ratio(real: float, estimate: float | None) -> str:
    return f"{real / estimate:.2f}" if estimate else ""


def afterwards(path: Path) -> Afterwards:
    """What the runs of the plan at `path` cost since it was written. Raises UserError."""
    costs: Costs = read_costs(path)
    return Afterwards(costs.file, [Reality(run, spent(Path(run.folder)).less(run.before)) for run in costs.runs])
