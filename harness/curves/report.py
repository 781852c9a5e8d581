"""What was found over the steps of trainings, and its forms: tables, texts and lines of figures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

from harness.curves.choice import Choice
from harness.curves.series import Level, Series
from harness.figures import Figure, Mean
from harness.statistics import LEVEL, Comparison
from harness.tables import Grid, p_value, percent
from tasks.metrics import Estimate

if TYPE_CHECKING:
    import pandas as pd

_RULES = (
    "Values x100 ± half of the 95 % interval (1.96 standard errors, clustered by group), n samples. mini: the bundled "
    "samples, not the paper's test set. partial: not the whole test set.",
    "Differences to the first and the last step are paired, on the samples that all steps of the series have answered; "
    "95 % CI: bootstrap, clustered by group; p: exact McNemar or permutation, two-sided, after Holm over the tasks at "
    "one step (primary figures, and all others apart; averages are not corrected); * significant. Averages: of the "
    "primary figures of all tasks that every step has, every task alike.",
)

_PUBLISHED = ("published: figures of the paper's project page, of the full test sets and without n or error.",)


@dataclass(frozen=True, slots=True)
class Against:
    """A step less another step. `adjusted` is the p-value after Holm's correction."""

    found: Comparison
    adjusted: float = 1.0

    @property
    def significant(self) -> bool:
        return self.adjusted <= LEVEL


@dataclass(frozen=True, slots=True)
class Point:
    """A figure at a step; `first` and `last` are less the first and the last step's, None at these."""

    step: int
    estimate: Estimate
    mark: str
    first: Against | None
    last: Against | None


@dataclass(frozen=True, slots=True)
class Curve:
    """One figure of one series, by step."""

    series: Series
    figure: Figure | Mean
    points: tuple[Point, ...]
    choice: Choice | None

    def best(self, point: Point) -> bool:
        return self.choice is not None and self.choice.best == point.step


@dataclass(frozen=True, slots=True)
class Flat:
    """A model without steps beside the curves of a figure."""

    level: Level
    figure: Figure | Mean
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Curves:
    """All that was found, in the registry's order of figures, averages last. `notes` say what was left out and why."""

    series: tuple[Series, ...]
    curves: tuple[Curve, ...]
    levels: tuple[Level, ...]
    flats: tuple[Flat, ...]
    notes: tuple[str, ...]

    @property
    def figures(self) -> list[Figure | Mean]:
        """Each once; averages of other tasks are others, though they are called alike."""
        return list({(curve.figure.heading, curve.figure.names): curve.figure for curve in self.curves}.values())

    def grids(self) -> list[Grid]:
        grids = [grid for series in self.series for grid in (self._over_steps(series), self._best(series)) if grid.rows]
        if self.flats:
            heads = ("Model", "Task", "Metric", "n", "value")
            rows = [
                (
                    flat.level.title,
                    flat.figure.title,
                    flat.figure.label,
                    str(flat.estimate.n or ""),
                    _plus_minus(flat.estimate),
                )
                for flat in self.flats
            ]
            grids.append(Grid("Level lines: models without steps", heads, rows, labels=3))
        return grids

    def captions(self) -> list[str]:
        published = any(not flat.estimate.n for flat in self.flats)
        return [*_RULES, *(_PUBLISHED if published else ()), *self.warnings(), *self.notes]

    def warnings(self) -> list[str]:
        """What is wrong with the figure of a best step, for each series that has one."""
        return [line for series in self.series if (line := self._warning(series))]

    def frame(self) -> pd.DataFrame:
        """A line a figure, series and step; then the level lines, which have no step. Numbers x100."""
        import pandas as pd

        lines = [_record(curve, point) for curve in self.curves for point in curve.points]
        frame = pd.DataFrame(lines + [_flat_record(flat) for flat in self.flats])
        whole = [name for name in ("step", "n", "k", "rivals", "best_step", "chosen_step", "chosen_n") if name in frame]
        return frame.astype(dict.fromkeys(whole, "Int64"))

    def json(self) -> str:
        series = [
            {
                "series": one.name,
                "setting": one.setting,
                "steps": [{"step": step, "folder": str(run.folder)} for step, run in one.checkpoints.items()],
            }
            for one in self.series
        ]
        lines = [_record(curve, point) for curve in self.curves for point in curve.points]
        levels = [_flat_record(flat) for flat in self.flats]
        content = {"series": series, "lines": lines, "levels": levels, "warnings": self.warnings(), "notes": self.notes}
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    def of(self, series: Series) -> Iterator[Curve]:
        return (curve for curve in self.curves if curve.series is series)

    def _over_steps(self, series: Series) -> Grid:
        against = ("95 % CI", "p (Holm)")
        heads = ("Task", "Metric", "Step", "n", "value", "− first", *against, "− last", *against)
        rows = [
            (
                curve.figure.title,
                curve.figure.label,
                str(point.step),
                str(point.estimate.n) + (f", {point.mark}" if point.mark else ""),
                _plus_minus(point.estimate) + (" best" if curve.best(point) else ""),
                *_against(point.first),
                *_against(point.last),
            )
            for curve in self.of(series)
            for point in curve.points
        ]
        return Grid(f"{series.title}: over training steps", heads, rows, labels=2)

    def _best(self, series: Series) -> Grid:
        names = ("Task", "Metric", "best step", "value", "of k", "rivals", "too high by about")
        heads = (*names, "step chosen on one half", "on the other half", "n")
        rows = []
        for curve in self.of(series):
            if (choice := curve.choice) is not None:
                value = next(point.estimate.value for point in curve.points if curve.best(point))
                honest = choice.honest
                held_out = ("undefined", "") if honest is None else (_plus_minus(honest), str(honest.n))
                figures = (str(choice.best), percent(value), str(len(choice.steps)), str(choice.rivals))
                task = (curve.figure.title, curve.figure.label)
                rows.append((*task, *figures, percent(choice.optimism), str(choice.chosen), *held_out))
        return Grid(f"{series.title}: the best step, and an honest figure", heads, rows, labels=2)

    def _warning(self, series: Series) -> str:
        tasks = (curve for curve in self.of(series) if isinstance(curve.figure, Figure))
        chosen = [(curve, curve.choice) for curve in tasks if curve.choice is not None]
        if not chosen:
            return ""
        k = max(len(choice.steps) for _, choice in chosen)
        worst, most = max(chosen, key=lambda pair: pair[1].optimism)
        return (
            f"BEST OF {k} CHECKPOINTS, {series.title}: the best step was picked on the samples that it is reported on, "
            "without a held-out choice. The maximum of noisy figures on the same samples is optimistic: here by about "
            f"{percent(fmean(choice.optimism for _, choice in chosen))} points on average and "
            f"{percent(most.optimism)} for {worst.figure.heading} (expected maximum of the correlated errors of the "
            "rivals: the steps that cannot be told from the best, if they are equally good). Choose the step on other "
            "samples; `chosen on one half` does so, and its figure is of the other half."
        )


def _plus_minus(estimate: Estimate) -> str:
    margin = estimate.margin
    return percent(estimate.value) + ("" if margin is None else f" ± {percent(margin)}")


def _against(against: Against | None) -> tuple[str, str, str]:
    if against is None:
        return "", "", ""
    found = against.found
    interval = f"[{100 * found.low:+.2f}, {100 * found.high:+.2f}]"
    return f"{100 * found.difference:+.2f}", interval, p_value(against.adjusted) + (" *" if against.significant else "")


def _hundredfold(value: float | None) -> float | None:
    return None if value is None else round(100 * value, 4)


def _numbers(estimate: Estimate) -> dict[str, Any]:
    margin = estimate.margin
    return {
        "n": estimate.n or None,
        "value": _hundredfold(estimate.value),
        "stderr": _hundredfold(estimate.stderr),
        "low": None if margin is None else _hundredfold(max(0.0, estimate.value - margin)),
        "high": None if margin is None else _hundredfold(min(1.0, estimate.value + margin)),
    }


def _record(curve: Curve, point: Point) -> dict[str, Any]:
    choice = curve.choice
    record: dict[str, Any] = {
        "series": curve.series.name,
        "setting": curve.series.setting,
        "task": curve.figure.title,
        "metric": curve.figure.label,
        "step": point.step,
        **_numbers(point.estimate),
        "mark": point.mark,
    }
    for name, against in (("first", point.first), ("last", point.last)):
        found = None if against is None else against.found
        record |= {
            f"less_{name}": None if found is None else _hundredfold(found.difference),
            f"less_{name}_low": None if found is None else _hundredfold(found.low),
            f"less_{name}_high": None if found is None else _hundredfold(found.high),
            f"less_{name}_p_holm": None if against is None else against.adjusted,
        }
    honest = None if choice is None else choice.honest
    return record | {
        "best": curve.best(point),
        "k": None if choice is None else len(choice.steps),
        "rivals": None if choice is None else choice.rivals,
        "best_step": None if choice is None else choice.best,
        "too_high_by_about": None if choice is None else _hundredfold(choice.optimism),
        "chosen_step": None if choice is None else choice.chosen,
        "chosen_value": None if honest is None else _hundredfold(honest.value),
        "chosen_stderr": None if honest is None else _hundredfold(honest.stderr),
        "chosen_n": None if honest is None else honest.n,
    }


def _flat_record(flat: Flat) -> dict[str, Any]:
    names = {"series": flat.level.title, "task": flat.figure.title, "metric": flat.figure.label}
    return names | _numbers(flat.estimate)
