"""Quadrilaterals and other polygons: their angles, sides, diagonals and areas."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import networkx as nx

from executors.geometry.algebra import Expression, Quantity, Symbol, sine, total
from executors.geometry.forms import POLYGONS, Term
from executors.geometry.problem import Points, Problem, line_of, points_of
from executors.geometry.system import System
from executors.geometry.theorems.lines import Equations, four_sided, parallel_families, trapezoids

_MOST_SIDES = 8
_MOST_CYCLES = 200
# The drawn angles of a simple polygon add up to its angle sum but for this (degrees).
_SIMPLE = 5.0

_PARALLELOGRAMS = ("Parallelogram", "Rhombus", "Rectangle", "Square")


def angle_sum(problem: Problem, system: System) -> Equations:
    """The inner angles of a polygon with n sides add up to (n - 2) 180 degrees."""
    figure = problem.figure
    for shape in [*_drawn_polygons(problem), *problem.shapes(*POLYGONS)]:
        size = len(shape)
        if size < 4:
            continue
        corners = [(shape[at - 1], shape[at], shape[(at + 1) % size]) for at in range(size)]
        drawn = _inner(problem, corners)
        if drawn is None:
            continue
        inner: list[Expression] = []
        for corner, degrees in zip(corners, drawn, strict=True):
            angle = figure.angle(*corner)
            inner.append(360.0 - angle if degrees > 180 + 1e-6 and _is_bent(problem, corner) else angle)
        yield total(inner), 180.0 * (size - 2)


def _is_bent(problem: Problem, corner: tuple[str, str, str]) -> bool:
    return not problem.figure.collinear(*corner)


def _drawn_polygons(problem: Problem) -> Iterator[Points]:
    """Cycles of neighbouring points without a chord: the faces of the figure, mostly."""
    neighbours: nx.Graph[str] = nx.Graph()
    for line in problem.figure.lines:
        neighbours.add_edges_from(itertools.pairwise(line))
    cycles = nx.chordless_cycles(neighbours, length_bound=_MOST_SIDES)  # type: ignore[call-overload]
    found = [_turned_first(cycle) for cycle in itertools.islice(cycles, _MOST_CYCLES + 1) if len(cycle) > 3]
    if len(found) <= _MOST_CYCLES:  # of too many, which come first is chance
        yield from sorted(found)


def _turned_first(cycle: list[str]) -> Points:
    """The same cycle from its least point on, towards the lesser neighbour."""
    at = cycle.index(min(cycle))
    turned = cycle[at:] + cycle[:at]
    return tuple(turned if turned[1] < turned[-1] else [turned[0], *turned[:0:-1]])


def _inner(problem: Problem, corners: list[tuple[str, str, str]]) -> list[float] | None:
    """The drawn inner angles; None where the polygon is not drawn, or crosses itself."""
    places = problem.figure.positions
    if any(vertex not in places for _, vertex, _ in corners):
        return None
    turned = []
    for before, vertex, after in corners:
        (x, y), (a, b), (c, d) = places[vertex], places[before], places[after]
        turned.append(math.degrees(math.atan2(b - y, a - x) - math.atan2(d - y, c - x)) % 360)
    wanted = 180.0 * (len(corners) - 2)
    for angles in (turned, [360 - angle for angle in turned]):
        if abs(sum(angles) - wanted) < _SIMPLE:
            return angles
    return None


def parallelogram(problem: Problem, system: System) -> Equations:
    """Opposite sides and angles of a parallelogram are equal, neighbouring angles add up to 180 degrees, and the
    diagonals halve each other."""
    figure = problem.figure
    for a, b, c, d in four_sided(problem, *_PARALLELOGRAMS):
        yield figure.length(a, b), figure.length(c, d)
        yield figure.length(b, c), figure.length(d, a)
        yield figure.angle(d, a, b), figure.angle(b, c, d)
        yield figure.angle(a, b, c), figure.angle(c, d, a)
        yield figure.angle(d, a, b) + figure.angle(a, b, c), 180.0
        meeting = _crossing(problem, a, b, c, d)
        if meeting:
            yield figure.length(a, meeting), figure.length(meeting, c)
            yield figure.length(b, meeting), figure.length(meeting, d)


def _crossing(problem: Problem, a: str, b: str, c: str, d: str) -> str | None:
    """Where the diagonals of a quadrilateral meet, when both are drawn and that point has a name."""
    lines = problem.figure.line(a, c), problem.figure.line(b, d)
    if lines[0] is None or lines[1] is None:
        return None
    meeting = problem.figure.meet(lines[0], lines[1])
    return None if meeting in (a, b, c, d) else meeting


def rectangle(problem: Problem, system: System) -> Equations:
    """A rectangle has right angles and equal diagonals."""
    figure = problem.figure
    for a, b, c, d in four_sided(problem, "Rectangle", "Square"):
        for corner in ((a, b, c), (b, c, d), (c, d, a), (d, a, b)):
            yield figure.angle(*corner), 90.0
        yield figure.length(a, c), figure.length(b, d)


def rhombus(problem: Problem, system: System) -> Equations:
    """A rhombus has equal sides; its diagonals are perpendicular and halve its angles."""
    figure = problem.figure
    for a, b, c, d in four_sided(problem, "Rhombus", "Square"):
        for one, other in ((b, c), (c, d), (d, a)):
            yield figure.length(a, b), figure.length(one, other)
        meeting = _crossing(problem, a, b, c, d)
        if meeting:
            yield figure.angle(a, meeting, b), 90.0
        for start, vertex, end, beyond in ((a, b, c, d), (b, c, d, a), (c, d, a, b), (d, a, b, c)):
            if figure.line(vertex, beyond) is not None:
                yield figure.angle(start, vertex, beyond), figure.angle(beyond, vertex, end)


def kite(problem: Problem, system: System) -> Equations:
    """A kite has two pairs of equal neighbouring sides and perpendicular diagonals, of which one halves the other.

    Which pairs is marked by equal lengths, else drawn.
    """
    figure = problem.figure
    for vertices in four_sided(problem, "Kite"):
        ways = []
        for a, b, c, d in (vertices, (*vertices[1:], vertices[0])):
            pairs = ((a, b), (a, d)), ((c, b), (c, d))
            marked = any(system.same(figure.length(*one), figure.length(*other)) for one, other in pairs)
            drawn = sum(abs(figure.distance(*one) - figure.distance(*other)) for one, other in pairs)
            ways.append((not marked, drawn, (a, b, c, d)))
        if math.isnan(ways[0][1]) and ways[0][0] == ways[1][0]:
            continue
        a, b, c, d = min(ways)[2]
        yield figure.length(a, b), figure.length(a, d)
        yield figure.length(c, b), figure.length(c, d)
        yield figure.angle(a, b, c), figure.angle(a, d, c)
        meeting = _crossing(problem, a, b, c, d)
        if meeting:
            yield figure.angle(a, meeting, b), 90.0
            yield figure.length(b, meeting), figure.length(meeting, d)
        if figure.line(a, c) is not None:
            yield figure.angle(b, a, c), figure.angle(c, a, d)
            yield figure.angle(b, c, a), figure.angle(a, c, d)


def equal_sides(problem: Problem, system: System) -> Equations:
    """In a quadrilateral with two pairs of equal neighbouring sides the angles between unequal sides are equal."""
    figure = problem.figure
    for shape in _drawn_polygons(problem):
        if len(shape) == 4:
            for a, b, c, d in (shape, (*shape[1:], shape[0])):
                pairs = ((a, b), (a, d)), ((c, b), (c, d))
                if all(system.same(figure.length(*one), figure.length(*other)) for one, other in pairs):
                    yield figure.angle(a, b, c), figure.angle(a, d, c)


def trapezoid(problem: Problem, system: System) -> Equations:
    """The angles at each leg of a trapezoid add up to 180 degrees; an isosceles one is symmetric."""
    figure = problem.figure
    isosceles = {frozenset(shape) for shape in problem.described("Isosceles", "Trapezoid")}
    for a, b, c, d in trapezoids(problem):
        yield figure.angle(d, a, b) + figure.angle(a, d, c), 180.0
        yield figure.angle(a, b, c) + figure.angle(b, c, d), 180.0
        if {a, b, c, d} in isosceles or system.same(figure.length(b, c), figure.length(d, a)):
            yield figure.length(b, c), figure.length(d, a)
            yield figure.angle(d, a, b), figure.angle(a, b, c)
            yield figure.angle(b, c, d), figure.angle(c, d, a)
            yield figure.length(a, c), figure.length(b, d)


def trapezoid_midsegment(problem: Problem, system: System) -> Equations:
    """The midsegment (median) of a trapezoid is half as long as its bases together, and halves the legs."""
    figure = problem.figure
    for arguments in problem.stated("IsMidsegmentOf", "IsMedianOf"):
        line = line_of(arguments[0]) if len(arguments) == 2 else None
        shape = points_of(arguments[1]) if line else ()
        if line and len(shape) == 4:
            for a, b, c, d in _with_bases(problem, shape):
                yield figure.length(*line) * 2.0, figure.length(a, b) + figure.length(c, d)
                for end, (start, stop) in itertools.product(line, ((b, c), (d, a))):
                    if end not in (start, stop) and figure.collinear(start, end, stop):
                        yield figure.length(start, end), figure.length(end, stop)
    for a, b, c, d in trapezoids(problem):
        for one, other in itertools.product(_on(problem, b, c), _on(problem, d, a)):
            halves = (b, one, c), (d, other, a)
            if figure.line(one, other) is not None and all(
                system.same(figure.length(start, middle), figure.length(middle, end)) for start, middle, end in halves
            ):
                yield figure.length(one, other) * 2.0, figure.length(a, b) + figure.length(c, d)


def _on(problem: Problem, start: str, end: str) -> tuple[str, ...]:
    side = problem.figure.side(start, end)
    return side[: side.index(end)]


def _with_bases(problem: Problem, shape: Points) -> Iterator[tuple[str, str, str, str]]:
    """A quadrilateral that is not said to be a trapezoid is one when its midsegment is spoken of."""
    as_trapezoid = Problem(problem.figure, [*problem.facts, Term("Trapezoid", shape)])
    for found in trapezoids(as_trapezoid):
        if set(found) == set(shape):
            yield found
            return


def regular(problem: Problem, system: System) -> Equations:
    """A regular polygon has equal sides and equal angles."""
    for adjective in ("Regular", "Equilateral"):
        for shape in problem.described(adjective):
            size = len(shape)
            sides = [problem.figure.length(shape[at - 1], shape[at]) for at in range(size)]
            if size < 4:
                continue
            for side in sides[1:]:
                yield sides[0], side
            if adjective == "Regular":
                for at in range(size):
                    corner = shape[at - 1], shape[at], shape[(at + 1) % size]
                    yield problem.figure.angle(*corner), 180.0 * (size - 2) / size
    for shape in problem.shapes(*POLYGONS):
        if any(set(points_of(part)) == set(shape) for arguments in problem.stated("SideOf") for part in arguments):
            sides = [problem.figure.length(shape[at - 1], shape[at]) for at in range(len(shape))]
            for side in sides[1:]:
                yield sides[0], side


def area(problem: Problem, system: System) -> Equations:
    """Areas of triangles, parallelograms, trapezoids, kites, regular polygons, and of what they are put together to."""
    for shape in list(problem.polygons):
        whole = Symbol(Quantity("area", shape))
        for formula in _formulas(problem, system, shape):
            yield whole, formula


def similar_areas(problem: Problem, system: System) -> Equations:
    """Areas of similar shapes are in the ratio of the squares of their sides."""
    figure = problem.figure
    for arguments in problem.stated("Similar"):
        shapes = [points_of(part) for part in arguments]
        if len(shapes) == 2 and len(shapes[0]) == len(shapes[1]) and set(shapes) & set(problem.polygons):
            first, second = (Symbol(Quantity("area", shape)) for shape in shapes)
            for at in range(len(shapes[0])):
                sides = [figure.length(shape[at - 1], shape[at]) for shape in shapes]
                yield first * sides[1] ** 2, second * sides[0] ** 2
            if len(shapes[0]) == 4:
                diagonals = [figure.length(shape[0], shape[2]) for shape in shapes]
                yield first * diagonals[1] ** 2, second * diagonals[0] ** 2


def _formulas(problem: Problem, system: System, shape: Points) -> Iterator[Expression]:
    if len(shape) == 3:
        yield from _triangle_area(problem, system, shape)
        return
    figure = problem.figure
    if len(shape) == 4:
        yield from _quadrilateral_area(problem, system, shape)
    if any(set(found) == set(shape) for found in problem.described("Regular")):
        side = figure.length(shape[0], shape[1])
        yield side**2 * (len(shape) / 4 / math.tan(math.pi / len(shape)))
    corners = [(shape[at - 1], shape[at], shape[(at + 1) % len(shape)]) for at in range(len(shape))]
    drawn = _inner(problem, corners)
    if drawn and all(angle < 180 + 1e-6 for angle in drawn):
        for at in range(len(shape)):
            turned = shape[at:] + shape[:at]
            fan = [(turned[0], *pair) for pair in itertools.pairwise(turned[1:])]
            if all(figure.line(a, b) is not None and figure.line(a, c) is not None for a, b, c in fan):
                parts = [next(_triangle_area(problem, system, part), None) for part in fan]
                sines = [
                    figure.length(a, b) * figure.length(a, c) * sine(figure.angle(b, a, c)) * 0.5 for a, b, c in fan
                ]
                yield total(part or other for part, other in zip(parts, sines, strict=True))


def _heights(problem: Problem, system: System, base: int, tops: tuple[str, ...]) -> Iterator[Expression]:
    """The drawn distances from points to a line: segments with a right angle at their foot on it."""
    figure = problem.figure
    for top in tops:
        for foot in figure.lines[base]:
            if top in figure.lines[base] or figure.line(top, foot) is None:
                continue
            others = [point for point in figure.rays(foot) if point in figure.lines[base]]
            values = [system.value(figure.angle(top, foot, other)) for other in others]
            if any(value is not None and abs(value - 90) < 1e-6 for value in values):
                yield figure.length(top, foot)


def _triangle_area(problem: Problem, system: System, shape: Points) -> Iterator[Expression]:
    figure = problem.figure
    for vertex in shape:
        start, end = (point for point in shape if point != vertex)
        base = figure.line(start, end)
        if base is not None:
            for height in _heights(problem, system, base, (vertex,)):
                yield figure.length(start, end) * height * 0.5
    for vertex in shape:
        start, end = (point for point in shape if point != vertex)
        legs = figure.length(vertex, start) * figure.length(vertex, end)
        yield legs * sine(figure.angle(start, vertex, end)) * 0.5


def _quadrilateral_area(problem: Problem, system: System, shape: Points) -> Iterator[Expression]:
    figure = problem.figure
    parallel = {frozenset(found) for found in four_sided(problem, *_PARALLELOGRAMS)}
    crossed = {frozenset(found) for found in four_sided(problem, "Kite", "Rhombus", "Square")}
    a, b, c, d = shape
    if frozenset(shape) in crossed or _square_diagonals(problem, system, shape):
        yield figure.length(a, c) * figure.length(b, d) * 0.5
    if frozenset(shape) in parallel:
        yield figure.length(a, b) * figure.length(b, c) * sine(figure.angle(a, b, c))
    for p, q, r, s in _turned(problem, shape, parallel):
        lines = figure.line(p, q), figure.line(r, s)
        if lines[0] is None or lines[1] is None:
            continue
        tops = figure.lines[lines[1]], figure.lines[lines[0]]
        for height in [*_heights(problem, system, lines[0], tops[0]), *_heights(problem, system, lines[1], tops[1])]:
            yield (figure.length(p, q) + figure.length(r, s)) * height * 0.5
    halves = [
        figure.length(y, x) * figure.length(y, z) * sine(figure.angle(x, y, z)) for x, y, z in ((a, b, c), (c, d, a))
    ]
    yield total(halves) * 0.5


def _turned(problem: Problem, shape: Points, parallel: set[frozenset[str]]) -> Iterator[Points]:
    """The quadrilateral with two parallel sides as its first and third."""
    if frozenset(shape) in parallel:
        yield shape
        yield (*shape[1:], shape[0])
        return
    stated = [found for found in trapezoids(problem) if set(found) == set(shape)]
    yield from stated
    if not stated:
        for turned in (shape, (*shape[1:], shape[0])):
            lines = {problem.figure.line(*turned[:2]), problem.figure.line(*turned[2:])}
            if any(lines <= family for family in parallel_families(problem)):
                yield turned


def _square_diagonals(problem: Problem, system: System, shape: Points) -> bool:
    meeting = _crossing(problem, shape[0], shape[1], shape[2], shape[3])
    if meeting is None:
        return False
    value = system.value(problem.figure.angle(shape[0], meeting, shape[1]))
    return value is not None and abs(value - 90) < 1e-6
