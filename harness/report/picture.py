"""Curves over training steps as one SVG file: a panel a figure. The same curves give the same bytes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from executors.outcome import one_line
from harness.curves.report import Curve, Curves, Flat, Point
from harness.report.template import template
from harness.tables import percent
from tasks.metrics import Estimate

_COLOURS = 8  # of the style sheet: series0 ...
_COLUMNS = 3
_WIDTH, _HEIGHT = 330, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 316, 34, 206  # of the plot in its panel
_LEGEND_LINE = 20
_TICKS = 5
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from `low` to `high` on the way from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (self.end - self.start) * (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[tuple[str, str]]:
        """Places and numbers of a few round values."""
        step = nice_step(self.high - self.low)
        values = (step * number for number in range(math.ceil(self.low / step), math.floor(self.high / step) + 1))
        return [(_place(self(value)), short(value)) for value in values]


@dataclass(frozen=True, slots=True)
class Dot:
    """A value at a step: its centre, the ends of its 95 % interval (empty without one), and what it says."""

    x: str
    y: str
    low: str
    high: str
    best: bool
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """The way of a series through a panel, in its colour, with the intervals of steps that follow each other; or a
    level line, which has no dots."""

    colour: str
    level: bool
    path: str
    bands: tuple[str, ...]
    dots: tuple[Dot, ...]
    title: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One figure at its place in the picture, with the ticks of its axes."""

    x: int
    y: int
    title: str
    across: list[tuple[str, str]]
    up: list[tuple[str, str]]
    lines: list[Line]


def picture(curves: Curves) -> str:
    """The file's text, whatever names the runs have."""
    drawn = {curve.series.title for curve in curves.curves} | {flat.level.title for flat in curves.flats}
    titles = [*(one.title for one in curves.series), *(one.title for one in curves.levels)]
    names = [title for title in dict.fromkeys(titles) if title in drawn]
    colours = {name: f"series{number % _COLOURS}" for number, name in enumerate(names)}
    levels = {flat.level.title for flat in curves.flats}
    top = _LEGEND_LINE * (len(names) + 1)
    panels = []
    for place, item in enumerate(curves.figures):
        of_item = [curve for curve in curves.curves if curve.figure == item]
        flats = [flat for flat in curves.flats if flat.figure == item]
        x, y = _WIDTH * (place % _COLUMNS), top + _HEIGHT * (place // _COLUMNS)
        panels.append(Panel(x, y, item.heading, *_drawn(of_item, flats, colours)))
    return template("curves.svg.jinja").render(
        width=_WIDTH * _COLUMNS,
        height=top + _HEIGHT * math.ceil(len(panels) / _COLUMNS),
        legend=[(colours[name], name in levels, clean(name)) for name in names],
        line=_LEGEND_LINE,
        panels=panels,
        plot={"left": _LEFT, "right": _RIGHT, "top": _TOP, "bottom": _BOTTOM},
    )


def write_picture(curves: Curves, folder: Path) -> Path:
    """`curves.svg` in an existing folder; returns its path."""
    path = folder / "curves.svg"
    path.write_text(picture(curves), encoding="utf-8")
    return path


def _drawn(
    curves: Sequence[Curve], flats: Sequence[Flat], colours: dict[str, str]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]], list[Line]]:
    steps = [point.step for curve in curves for point in curve.points]
    x = Scale(min(steps), max(steps), _LEFT + 8, _RIGHT - 8)
    y = Scale(
        *_range([*(p.estimate for curve in curves for p in curve.points), *(f.estimate for f in flats)]), _BOTTOM, _TOP
    )
    lines = [_level(flat, colours[flat.level.title], y) for flat in flats]
    lines += [_line(curve, colours[curve.series.title], x, y) for curve in curves]
    return x.ticks(), y.ticks(), lines


def _range(estimates: Sequence[Estimate]) -> tuple[float, float]:
    """From one round number to another, x100, with all intervals between them as far as there is such a value."""
    bounds = [bound for estimate in estimates for bound in interval(estimate)]
    step = nice_step(max(bounds) - min(bounds))
    return step * math.floor(min(bounds) / step), step * math.ceil(max(bounds) / step)


def interval(estimate: Estimate) -> tuple[float, float]:
    """The 95 % interval x100, of a figure without an error the figure."""
    margin = estimate.margin or 0.0
    return 100 * max(0.0, estimate.value - margin), 100 * min(1.0, estimate.value + margin)


def nice_step(span: float) -> float:
    """The least of 1, 2, 5, 10, 20 ... of which a few make up the span."""
    least = span / _TICKS
    if least <= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(step for step in (power, 2 * power, 5 * power, 10 * power) if step >= least)


def short(value: float) -> str:
    """A round number as a tick shows it: 500, 20k, 1.5M."""
    for unit, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= 10 * unit or (value >= unit and unit > 1e3):
            return f"{value / unit:g}{letter}"
    return f"{value:g}"


def _line(curve: Curve, colour: str, x: Scale, y: Scale) -> Line:
    path = "M" + " L".join(f"{_place(x(point.step))} {_place(y(100 * point.estimate.value))}" for point in curve.points)
    dots = tuple(_dot(curve, point, x, y) for point in curve.points)
    return Line(colour, False, path, tuple(_bands(dots)), dots, clean(curve.series.title))


def _dot(curve: Curve, point: Point, x: Scale, y: Scale) -> Dot:
    estimate = point.estimate
    low, high = ("", "") if estimate.margin is None else (_place(y(bound)) for bound in interval(estimate))
    margin = "" if estimate.margin is None else f" ± {percent(estimate.margin)}"
    text = f"{clean(curve.series.title)}, step {point.step}: {percent(estimate.value)}{margin} (n={estimate.n})"
    if best := curve.best(point) and curve.choice is not None:
        text += f", best of {len(curve.choice.steps)}, too high by about {percent(curve.choice.optimism)}"
    return Dot(_place(x(point.step)), _place(y(100 * estimate.value)), low, high, best, text)


def _bands(dots: Sequence[Dot]) -> Iterator[str]:
    for a, b in pairwise(dots):
        if a.low and b.low:
            yield f"M{a.x} {a.low} L{b.x} {b.low} L{b.x} {b.high} L{a.x} {a.high}Z"


def _level(flat: Flat, colour: str, y: Scale) -> Line:
    estimate = flat.estimate
    low, high = (_place(y(bound)) for bound in interval(estimate))
    path = f"M{_LEFT} {_place(y(100 * estimate.value))} H{_RIGHT}"
    band = () if estimate.margin is None else (f"M{_LEFT} {low} H{_RIGHT} V{high} H{_LEFT}Z",)
    margin = "" if estimate.margin is None else f" ± {percent(estimate.margin)}"
    return Line(colour, True, path, band, (), f"{clean(flat.level.title)}: {percent(estimate.value)}{margin}")


def clean(name: str) -> str:
    """A run's name as XML may hold it: no control characters, no halves of characters."""
    return one_line(name, _LONGEST_NAME)


def _place(value: float) -> str:
    return f"{value:.1f}"
