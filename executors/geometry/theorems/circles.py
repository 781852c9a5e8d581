"""Circles: radii, chords, arcs, and the angles and products of the lines that meet them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from executors.geometry.algebra import Expression, Symbol, sine, total
from executors.geometry.figure import SLACK, Circle
from executors.geometry.problem import Problem, bare, centre_of, line_of, points_of
from executors.geometry.system import System
from executors.geometry.theorems.lines import Equations


def radii(problem: Problem, system: System) -> Equations:
    """All radii of a circle are equal."""
    for circle in problem.figure.circles:
        for point in circle.points:
            yield problem.figure.length(circle.centre, point), Symbol(circle.radius)


def whole_circle(problem: Problem, system: System) -> Equations:
    """The arcs around a circle add up to 360 degrees, those on a diameter to 180."""
    for circle in problem.figure.circles:
        if len(circle.points) < 2 or not circle.ordered:
            continue
        yield total(map(Symbol, circle.arcs)), 360.0
        for start, end in itertools.combinations(circle.points, 2):
            if problem.figure.collinear(start, circle.centre, end):
                for half in circle.halves(start, end):
                    yield half, 180.0


def central_angle(problem: Problem, system: System) -> Equations:
    """An arc measures as much as its central angle."""
    figure = problem.figure
    for circle in _ordered(problem):
        for start, end in itertools.combinations(circle.points, 2):
            minor = circle.minor(start, end)
            if minor is not None and not figure.collinear(start, circle.centre, end):
                yield figure.angle(start, circle.centre, end), minor


def _ordered(problem: Problem) -> Iterator[Circle]:
    return (circle for circle in problem.figure.circles if circle.ordered and len(circle.points) > 1)


def inscribed_angle(problem: Problem, system: System) -> Equations:
    """An inscribed angle is half of the arc that it cuts out."""
    figure = problem.figure
    for circle in _ordered(problem):
        for vertex in circle.points:
            others = [point for point in circle.points if point != vertex and figure.line(vertex, point) is not None]
            for start, end in itertools.combinations(others, 2):
                arc = circle.avoiding(start, end, vertex)
                if arc is not None and not figure.collinear(start, vertex, end):
                    yield figure.angle(start, vertex, end) * 2.0, arc


def tangent_radius(problem: Problem, system: System) -> Equations:
    """A tangent is perpendicular to the radius at the point where it touches."""
    figure = problem.figure
    for circle, touching, line in tangents(problem, system):
        for ray in figure.rays(touching):
            if ray in figure.lines[line]:
                yield figure.angle(ray, touching, circle.centre), 90.0


def tangents(problem: Problem, system: System) -> Iterator[tuple[Circle, str, int]]:
    """Every tangent: its circle, the point where it touches, the line.

    Stated, a side of a polygon around a circle, or a line at right angles to a radius at its end.
    """
    figure, seen = problem.figure, set()
    stated: list[tuple[str, int]] = []
    for arguments in problem.stated("Tangent"):
        line = line_of(arguments[0]) if len(arguments) == 2 else None
        centre = centre_of(arguments[1]) if line else None
        number = figure.line(*line) if line else None
        if centre and number is not None:
            stated.append((centre, number))
    for arguments in problem.stated("InscribedIn", "CircumscribedTo"):
        if len(arguments) == 2:
            inner, outer = arguments if centre_of(arguments[0]) else arguments[::-1]
            centre, shape = centre_of(inner), points_of(bare(outer))
            numbers = [figure.line(shape[at - 1], shape[at]) for at in range(len(shape))]
            if centre and not any(vertex in circle.points for circle in figure.circles for vertex in shape):
                stated += [(centre, number) for number in numbers if number is not None]
    for circle in figure.circles:
        for point in circle.points:
            for number in figure.lines_at(point):
                if circle.centre in figure.lines[number]:
                    continue
                touches = (circle.centre, number) in stated and _alone(problem, circle, number)
                ray = next(ray for ray in figure.rays(point) if ray in figure.lines[number])
                value = None if touches else system.value(figure.angle(ray, point, circle.centre))
                if (touches or (value is not None and abs(value - 90) < 1e-6)) and (point, number) not in seen:
                    seen.add((point, number))
                    yield circle, point, number


def _alone(problem: Problem, circle: Circle, line: int) -> bool:
    return len(set(circle.points) & set(problem.figure.lines[line])) == 1


def two_tangents(problem: Problem, system: System) -> Equations:
    """Two tangents from one point are equally long, and the line to the centre halves their angle."""
    figure = problem.figure
    found = list(tangents(problem, system))
    for (circle, first, one), (other, second, two) in itertools.combinations(found, 2):
        meeting = figure.meet(one, two) if circle is other else None
        if meeting and meeting not in (first, second):
            yield figure.length(meeting, first), figure.length(meeting, second)
            if figure.line(meeting, circle.centre) is not None:
                yield (
                    figure.angle(first, meeting, circle.centre),
                    figure.angle(circle.centre, meeting, second),
                )


def tangent_chord(problem: Problem, system: System) -> Equations:
    """The angle between a tangent and a chord is half of the arc on its side."""
    figure = problem.figure
    for circle, touching, line in tangents(problem, system):
        if not circle.ordered:
            continue
        for end in circle.points:
            if end == touching or figure.line(touching, end) is None:
                continue
            for ray in figure.rays(touching):
                if ray in figure.lines[line]:
                    arc = _arc_towards(problem, circle, touching, end, figure.side(touching, ray)[-1])
                    if arc is not None:
                        yield figure.angle(ray, touching, end) * 2.0, arc


def _arc_towards(problem: Problem, circle: Circle, start: str, end: str, point: str) -> Expression | None:
    """The arc between two points on that side of their chord where `point` is drawn."""
    sweep = circle.drawn(start, end)
    inside = problem.figure.same_side(start, end, point, circle.centre)
    if problem.figure.collinear(start, circle.centre, end):
        return None
    if math.isnan(sweep) or inside is None or abs(sweep - 180) < SLACK:
        return None
    minor = circle.minor(start, end)
    return None if minor is None else (360.0 - minor if inside else minor)


@dataclass(frozen=True)
class _Line:
    """A line through a point and its points on a circle, nearest first; `touches`: the only one is where it touches.

    `inside`: the point lies between the two.
    """

    points: tuple[str, ...]
    inside: bool
    touches: bool


def _lines_through(problem: Problem, system: System, circle: Circle, point: str) -> list[_Line]:
    figure = problem.figure
    touching = {(where, line) for other, where, line in tangents(problem, system) if other is circle}
    found = []
    for number in figure.lines_at(point):
        line = figure.lines[number]
        at = line.index(point)
        on = [other for other in line if other in circle.points]
        if len(on) == 2:
            inside = line.index(on[0]) < at < line.index(on[1])
            near = tuple(sorted(on, key=lambda other: abs(line.index(other) - at)))
            found.append(_Line(near if not inside else tuple(on), inside, False))
        elif len(on) == 1 and (on[0], number) in touching:
            found.append(_Line((on[0],), False, True))
    return found


def crossing_lines(problem: Problem, system: System) -> Equations:
    """Two chords meet in half the sum of their arcs, secants and tangents from outside in half their difference."""
    figure = problem.figure
    for circle in _ordered(problem):
        for point in figure.joined:
            if point in circle.points or point == circle.centre:
                continue
            lines = _lines_through(problem, system, circle, point)
            for one, other in itertools.combinations(lines, 2):
                if one.inside and other.inside:
                    yield from _inside(problem, circle, point, one, other)
                elif not one.inside and not other.inside:
                    yield from _outside(problem, circle, point, one, other)


def _inside(problem: Problem, circle: Circle, point: str, one: _Line, other: _Line) -> Equations:
    for first, second in itertools.product(range(2), repeat=2):
        a, b = one.points[first], other.points[second]
        beyond = one.points[1 - first], other.points[1 - second]
        here, there = circle.avoiding(a, b, *beyond), circle.avoiding(*beyond, a, b)
        if here is not None and there is not None:
            yield problem.figure.angle(a, point, b) * 2.0, here + there


def _outside(problem: Problem, circle: Circle, point: str, one: _Line, other: _Line) -> Equations:
    near, far = (one.points[0], other.points[0]), (one.points[-1], other.points[-1])
    if one.touches and other.touches:
        minor = circle.minor(*near)
        if minor is not None:
            yield problem.figure.angle(near[0], point, near[1]), 180.0 - minor
        return
    small = circle.avoiding(*near, *(set(far) - set(near)))
    large = circle.avoiding(*far, *(set(near) - set(far)))
    if small is not None and large is not None:
        yield problem.figure.angle(near[0], point, near[1]) * 2.0, large - small


def power_of_a_point(problem: Problem, system: System) -> Equations:
    """On every line through a point, the product of the distances to the circle is the same."""
    length = problem.figure.length
    for circle in problem.figure.circles:
        for point in problem.figure.joined:
            if point in circle.points:
                continue
            products = []
            for line in _lines_through(problem, system, circle, point):
                products.append(length(point, line.points[0]) * length(point, line.points[-1]))
            yield from itertools.combinations(products, 2)


def radius_and_chord(problem: Problem, system: System) -> Equations:
    """A line through the centre that is perpendicular to a chord halves it and its arc, and the other way round."""
    figure = problem.figure
    for circle in problem.figure.circles:
        for start, end in itertools.combinations(circle.points, 2):
            number = figure.line(start, end)
            if number is None or circle.centre in figure.lines[number]:
                continue
            for foot in figure.side(start, end):
                if foot == end:
                    break
                across = figure.line(circle.centre, foot)
                if across is None:
                    continue
                angle = figure.angle(start, foot, circle.centre)
                halves = figure.length(start, foot), figure.length(foot, end)
                value = system.value(angle)
                if value is not None and abs(value - 90) < 1e-6:
                    yield halves
                    for middle in figure.lines[across]:
                        if circle.ordered and middle in circle.points:
                            arcs = [circle.avoiding(middle, a, b) for a, b in ((start, end), (end, start))]
                            if arcs[0] is not None and arcs[1] is not None:
                                yield arcs[0], arcs[1]
                elif system.same(*halves):
                    yield angle, 90.0


def equal_chords(problem: Problem, system: System) -> Equations:
    """In one circle or in equal ones, equal chords cut off equal arcs, and the other way round."""
    chords = []
    for circle in _ordered(problem):
        for start, end in itertools.combinations(circle.points, 2):
            minor = circle.minor(start, end)
            if minor is not None and not problem.figure.collinear(start, circle.centre, end):
                key = system.key(Symbol(circle.radius))
                drawn = problem.figure.line(start, end) is not None
                chords.append((key, problem.figure.length(start, end), minor, drawn))
    for first, second in itertools.combinations(chords, 2):
        if first[0] == second[0]:
            if system.same(first[1], second[1]):
                yield first[2], second[2]
            elif first[3] and second[3] and system.same(first[2], second[2]):
                yield first[1], second[1]


def chord_length(problem: Problem, system: System) -> Equations:
    """A chord is twice the radius times the sine of half its arc."""
    for circle in _ordered(problem):
        for start, end in itertools.combinations(circle.points, 2):
            if problem.figure.line(start, end) is not None:
                arc = circle.halves(start, end)[0]
                chord = problem.figure.length(start, end)
                yield chord, 2.0 * Symbol(circle.radius) * sine(arc * 0.5)
