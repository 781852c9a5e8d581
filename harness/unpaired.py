"""A run against the paper's figures: unpaired, as nobody knows the published models' single answers."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config import UserError
from harness.figures import Figure, figure, primary
from harness.place import address
from harness.published import PublishedModel
from harness.statistics import LEVEL, holm
from harness.summary import RunSummary, summarise
from harness.tables import Grid, p_value, percent
from tasks.metrics import Estimate
from tasks.source import Place
from tasks.task import registry

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Unpaired:
    """A run's figure beside a published one. `remark` says why they may not be comparable."""

    figure: Figure
    estimate: Estimate
    published: float
    p: float | None
    remark: str
    adjusted: float | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of the difference, from the run's standard error alone."""
        if (margin := self.estimate.margin) is None:
            return None
        difference = self.estimate.value - self.published
        return difference - margin, difference + margin


@dataclass(frozen=True, slots=True)
class UnpairedReport:
    """A run against a model of the paper, whose answers to the single questions are not known."""

    run: RunSummary
    baseline: PublishedModel
    lines: tuple[Unpaired, ...]

    def grids(self) -> list[Grid]:
        heads = ("Task", "Metric", "n", "run", "published", "difference", "95 % CI", "p", "p (Holm)", "remark")
        rows = [
            (
                line.figure.task.title,
                line.figure.label,
                str(line.estimate.n),
                percent(line.estimate.value),
                percent(line.published),
                f"{100 * (line.estimate.value - line.published):+.2f}",
                "" if (bounds := line.interval) is None else f"[{100 * bounds[0]:+.2f}, {100 * bounds[1]:+.2f}]",
                "" if line.p is None else p_value(line.p),
                "" if line.adjusted is None else p_value(line.adjusted) + (" *" if line.adjusted <= LEVEL else ""),
                line.remark,
            )
            for line in self.lines
        ]
        return [Grid(f"{self.run.model} against {self.baseline.name} (published): unpaired", heads, rows, labels=2)]

    def captions(self) -> list[str]:
        return [
            f"run: {self.run.model} ({self.run.setting}), {self.run.folder.name}",
            "UNPAIRED: the published model's answers are not known, so its figure is taken as exact; intervals and p "
            "(normal) hold our own sampling error only. Prompts and decoding of the paper are not known in full.",
        ]

    def frame(self) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame([self._record(line) for line in self.lines])

    def json(self) -> str:
        content = {
            "run": address(self.run.folder),
            "baseline": self.baseline.name,
            "paired": False,
            "lines": [self._record(line) for line in self.lines],
            "notes": self.captions(),
        }
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    def _record(self, line: Unpaired) -> dict[str, Any]:
        low, high = line.interval or (None, None)
        return {
            "task": line.figure.task.title,
            "metric": line.figure.label,
            "baseline": self.baseline.name,
            "paired": False,
            "n": line.estimate.n,
            "value": round(100 * line.estimate.value, 4),
            "published": round(100 * line.published, 4),
            "difference": round(100 * (line.estimate.value - line.published), 4),
            "low": None if low is None else round(100 * low, 4),
            "high": None if high is None else round(100 * high, 4),
            "p": line.p,
            "p_holm": line.adjusted,
            "remark": line.remark,
        }


def compare_published(folder: Path, baseline: PublishedModel, tasks: Sequence[str] = ()) -> UnpairedReport:
    """A run's paper figures beside a published model's. Raises UserError when they share none."""
    run = summarise(folder)
    lines = [
        _beside(summary.estimates[figure_.metric.name], figure_, baseline, summary.place, summary.complete)
        for summary in run.tasks
        if (not tasks or summary.name in tasks)
        and (task := registry()[summary.name]).paper_metric in summary.estimates
        and task.title in baseline.scores
        for figure_ in [figure(task, primary(task))]
    ]
    if not lines:
        held = ", ".join(task.name for task in run.tasks) or "nothing"
        raise UserError(f"{folder} shares no figure with {baseline.name} of the paper; it holds {held}")
    tested = [index for index, line in enumerate(lines) if line.p is not None]
    adjusted = dict(zip(tested, holm([p for line in lines if (p := line.p) is not None])))
    return UnpairedReport(
        run, baseline, tuple(replace(line, adjusted=adjusted.get(index)) for index, line in enumerate(lines))
    )


def _beside(estimate: Estimate, item: Figure, baseline: PublishedModel, place: str, complete: bool) -> Unpaired:
    published = baseline.scores[item.task.title]
    p = None
    if estimate.stderr:
        p = math.erfc(abs(estimate.value - published) / estimate.stderr / math.sqrt(2))
    remark = "" if complete else "partial: not the whole test set"
    if place == Place.BUNDLED.value:
        remark = "mini: not the paper's test set"
    return Unpaired(item, estimate, published, p, remark)
