"""What the site says of checkpoints over their training steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.curves.build import build
from harness.curves.report import Against, Curve, Curves, Point
from harness.curves.series import in_series, levels, published_level, read, step_of
from harness.figures import Figure, Mean
from harness.leaderboard import suite
from harness.published import PublishedModel
from harness.runlog import read_run
from tasks.metrics import Estimate


def curves_of(folders: Sequence[Path], published: Sequence[PublishedModel]) -> Curves | None:
    """The curves of the site's runs, with all others and the paper's models for level lines; None without two steps of
    one training. Raises UserError.
    """
    if sum(step_of(read_run(folder)["config"]) is not None for folder in folders) < 2:
        return None
    series, others, notes = in_series(map(read, folders))
    if not any(len(one.checkpoints) > 1 for one in series):
        return None
    return build(series, [*levels(others), *map(published_level, published)], notes)


def curve_data(curves: Curves, keys: Mapping[Path, str]) -> dict[str, Any]:
    """Series and level lines by their places, and by figure their values, all x100; `keys` name the run folders."""
    return {
        "series": [one.title for one in curves.series],
        "levels": [one.title for one in curves.levels],
        "warnings": curves.warnings(),
        "legend": curves.captions(),
        "figures": [_figure(curves, item, keys) for item in curves.figures],
    }


def _figure(curves: Curves, item: Figure | Mean, keys: Mapping[Path, str]) -> dict[str, Any]:
    return {
        "task": item.task.name if isinstance(item, Figure) else "",
        "title": item.title,
        "label": item.label,
        "suite": suite(item) if isinstance(item, Figure) else item.of,
        "curves": [
            {
                "series": curves.series.index(curve.series),
                "choice": _choice(curve),
                "points": [_point(curve, point, keys) for point in curve.points],
            }
            for curve in curves.curves
            if curve.figure == item
        ],
        "levels": [
            {"level": curves.levels.index(flat.level), **_estimate(flat.estimate)}
            for flat in curves.flats
            if flat.figure == item
        ],
    }


def _choice(curve: Curve) -> dict[str, Any] | None:
    if (choice := curve.choice) is None:
        return None
    return {
        "of": len(choice.steps),
        "best": choice.best,
        "rivals": choice.rivals,
        "optimism": _hundredfold(choice.optimism),
        "chosen": choice.chosen,
        "honest": None if choice.honest is None else _estimate(choice.honest),
    }


def _point(curve: Curve, point: Point, keys: Mapping[Path, str]) -> dict[str, Any]:
    return {
        "step": point.step,
        "run": keys[curve.series.checkpoints[point.step].folder],
        "mark": point.mark,
        "first": _against(point.first),
        "last": _against(point.last),
        **_estimate(point.estimate),
    }


def _against(against: Against | None) -> list[float | None] | None:
    """Difference, bounds, corrected p-value."""
    if against is None:
        return None
    found = against.found
    return [*map(_hundredfold, (found.difference, found.low, found.high)), against.adjusted]


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {"value": _hundredfold(estimate.value), "margin": _hundredfold(estimate.margin), "n": estimate.n}


def _hundredfold(value: float | None) -> float | None:
    return None if value is None else round(100 * value, 4)
