"""Segments and angles on lines, around points, and between parallels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import networkx as nx

from executors.geometry.algebra import Expression, total
from executors.geometry.figure import SLACK
from executors.geometry.forms import Term
from executors.geometry.problem import Points, Problem, line_of, line_pairs, opposite_side, point_of, points_of
from executors.geometry.system import System

Equations = Iterator[tuple[Expression, Expression | float]]


def given(problem: Problem, system: System) -> Equations:
    """What the forms state."""
    for equation in problem.given:
        yield equation.left, equation.right


def segment_addition(problem: Problem, system: System) -> Equations:
    """A segment is the sum of the segments that the points on it cut it into."""
    figure = problem.figure
    for line in figure.lines:
        for start, end in itertools.combinations(range(len(line)), 2):
            if end - start > 1:
                pieces = itertools.pairwise(line[start : end + 1])
                yield figure.length(line[start], line[end]), total(figure.length(*piece) for piece in pieces)


def midpoint(problem: Problem, system: System) -> Equations:
    """A midpoint, or the foot of a median, halves its segment."""
    figure = problem.figure
    for arguments in problem.stated("IsMidpointOf"):
        point = point_of(arguments[0]) if len(arguments) == 2 else None
        line = line_of(arguments[1]) if point else _leg(problem, str(point), arguments[1:])
        if point and line is None:
            line = _leg(problem, point, arguments[1:])
        if point and line and point not in line:
            yield figure.length(line[0], point), figure.length(point, line[1])
    for arguments in problem.stated("IsMedianOf"):
        line = line_of(arguments[0]) if len(arguments) == 2 else None
        side = opposite_side(line, _vertices(arguments[1])) if line else None
        if side:
            yield figure.length(side[0], side[2]), figure.length(side[2], side[1])


def _leg(problem: Problem, point: str, terms: Sequence[object]) -> tuple[str, str] | None:
    """The side of the polygon in `LegOf(...)` on which a point lies."""
    for term in terms:
        if isinstance(term, Term) and term.name in ("LegOf", "SideOf", "BaseOf") and term.arguments:
            vertices = _vertices(term.arguments[0])
            for start, end in zip(vertices, (*vertices[1:], *vertices[:1]), strict=True):
                if point not in (start, end) and problem.figure.collinear(start, end, point):
                    return start, end
    return None


def _vertices(term: object) -> Points:
    return points_of(term) if isinstance(term, Term) else ()


def perpendicular(problem: Problem, system: System) -> Equations:
    """Perpendicular lines meet in right angles."""
    figure = problem.figure
    for first, second in line_pairs(problem, "Perpendicular"):
        lines = figure.line(*first), figure.line(*second)
        if lines[0] is None or lines[1] is None:
            continue
        meeting = figure.meet(lines[0], lines[1])
        if meeting is not None:
            for start, end in itertools.product(*_rays_on(problem, meeting, lines[0], lines[1])):
                yield figure.angle(start, meeting, end), 90.0
    for arguments in problem.stated("RightAngle"):
        vertices = _vertices(arguments[0])
        if len(vertices) == 3:
            yield figure.angle(*vertices), 90.0
    for arguments in problem.stated("IsAltitudeOf"):
        line = line_of(arguments[0]) if len(arguments) == 2 else None
        side = opposite_side(line, _vertices(arguments[1])) if line else None
        if line and side:
            top = line[0] if line[1] == side[2] else line[1]
            for end in side[:2]:
                yield figure.angle(top, side[2], end), 90.0


def _rays_on(problem: Problem, vertex: str, *lines: int) -> list[list[str]]:
    rays = problem.figure.rays(vertex)
    return [[ray for ray in rays if ray in problem.figure.lines[line]] for line in lines]


def vertical_angles(problem: Problem, system: System) -> Equations:
    """Where two lines cross, opposite angles are equal."""
    figure = problem.figure
    for vertex in figure.joined:
        for first, second in itertools.combinations(figure.rays(vertex), 2):
            beyond = figure.opposite(vertex, first), figure.opposite(vertex, second)
            if beyond[0] and beyond[1] and second != beyond[0]:
                yield figure.angle(first, vertex, second), figure.angle(beyond[0], vertex, beyond[1])


def linear_pair(problem: Problem, system: System) -> Equations:
    """Angles next to each other on a straight line add up to 180 degrees."""
    figure = problem.figure
    for vertex in figure.joined:
        rays = figure.rays(vertex)
        for ray in rays:
            beyond = figure.opposite(vertex, ray)
            if beyond and ray < beyond:
                for other in rays:
                    if other not in (ray, beyond):
                        yield figure.angle(ray, vertex, other) + figure.angle(other, vertex, beyond), 180.0


def angle_addition(problem: Problem, system: System) -> Equations:
    """An angle is the sum of the angles that the rays inside it cut it into.

    A ray is inside when it meets a segment between the sides, or when it is drawn so.
    """
    figure = problem.figure
    for vertex in figure.joined:
        for line in figure.lines:
            seen = [point for point in line if figure.line(vertex, point) is not None] if vertex not in line else []
            for start, middle, end in itertools.combinations(seen, 3):
                pieces = figure.angle(start, vertex, middle) + figure.angle(middle, vertex, end)
                yield figure.angle(start, vertex, end), pieces
        around = _around(problem, vertex)
        for at, start in enumerate(around):
            swept = 0.0
            for size in range(1, len(around)):
                path = [around[(at + step) % len(around)] for step in range(size + 1)]
                swept += figure.turn(vertex, path[-2], path[-1])
                if swept >= 180 - SLACK:
                    break
                if size > 1:
                    pieces = total(figure.angle(a, vertex, b) for a, b in itertools.pairwise(path))
                    yield figure.angle(start, vertex, path[-1]), pieces


def full_turn(problem: Problem, system: System) -> Equations:
    """The angles around a point add up to 360 degrees."""
    figure = problem.figure
    for vertex in figure.joined:
        around = _around(problem, vertex)
        pairs = list(zip(around, around[1:] + around[:1], strict=True))
        if len(around) > 2 and all(figure.turn(vertex, *pair) < 180 - SLACK for pair in pairs):
            yield total(figure.angle(first, vertex, second) for first, second in pairs), 360.0


def _around(problem: Problem, vertex: str) -> list[str]:
    """The rays at a point in the order in which they are drawn.

    Empty where one has no direction, or a line that is said to be straight there is drawn bent.
    """
    figure = problem.figure
    rays = figure.rays(vertex)
    for ray in rays:
        beyond = figure.opposite(vertex, ray)
        bent = abs(figure.turn(vertex, ray, beyond) - 180) if beyond else 0.0
        if math.isnan(figure.direction(vertex, ray)) or bent > SLACK:
            return []
    return sorted(rays, key=lambda ray: figure.direction(vertex, ray))


def bisector(problem: Problem, system: System) -> Equations:
    """A bisector, and every line from a vertex to the incentre, halves its angle."""
    figure = problem.figure
    for arguments in problem.stated("BisectsAngle"):
        line = line_of(arguments[0]) if len(arguments) == 2 else None
        sides = _angle_sides(problem, arguments[1], line) if line else None
        if line and sides:
            start, vertex, end = sides
            inner = line[1] if line[0] == vertex else line[0]
            if inner != vertex and vertex in line:
                yield figure.angle(start, vertex, inner), figure.angle(inner, vertex, end)
    for arguments in problem.stated("IsIncenterOf"):
        centre = point_of(arguments[0]) if len(arguments) == 2 else None
        corners = _vertices(arguments[1])
        if centre and len(corners) == 3 and centre not in corners:
            for at, vertex in enumerate(corners):
                start, end = corners[at - 1], corners[(at + 1) % 3]
                if figure.line(vertex, centre) is not None:
                    yield figure.angle(start, vertex, centre), figure.angle(centre, vertex, end)


def _angle_sides(problem: Problem, term: object, line: tuple[str, str]) -> tuple[str, str, str] | None:
    """The two sides and the vertex of the angle that `line` is said to bisect."""
    if not isinstance(term, Term) or term.name != "Angle":
        return None
    vertices = _vertices(term)
    if len(vertices) == 3:
        return vertices[0], vertices[1], vertices[2]
    vertex = term.arguments[0]
    if not isinstance(vertex, str) or vertex not in line:
        return None
    inner = problem.figure.ray(vertex, line[1] if line[0] == vertex else line[0])
    others = [ray for ray in problem.figure.drawn_rays(vertex) if ray != inner]
    return (others[0], vertex, others[1]) if len(others) == 2 else None


def parallel_lines(problem: Problem, system: System) -> Equations:
    """A line across two parallels: angles inside on one side add up to 180 degrees, alternate ones are equal."""
    figure = problem.figure
    for family in parallel_families(problem):
        for first, second in itertools.combinations(family, 2):
            for start, end in itertools.product(figure.lines[first], figure.lines[second]):
                if figure.line(start, end) is None:
                    continue
                for near, far in itertools.product(*_rays_on(problem, start, first), *_rays_on(problem, end, second)):
                    side = figure.same_side(start, end, figure.side(start, near)[-1], figure.side(end, far)[-1])
                    angles = figure.angle(near, start, end), figure.angle(start, end, far)
                    if side:
                        yield angles[0] + angles[1], 180.0
                    elif side is False:
                        yield angles


def bent_transversal(problem: Problem, system: System) -> Equations:
    """Where a line across two parallels is bent between them, the angle there is the sum of those that its parts make
    with the parallels on the side to which it points (by a third parallel through the bend)."""
    figure = problem.figure
    for family in parallel_families(problem):
        for first, second in itertools.combinations(sorted(family), 2):
            ends = itertools.product(figure.lines[first], figure.lines[second])
            for start, end in ends:
                for bend in sorted(set(figure.joined[start]) & set(figure.joined[end])):
                    if bend not in figure.lines[first] + figure.lines[second]:
                        yield from _at_bend(problem, (first, start), bend, (second, end))


def _at_bend(problem: Problem, near: tuple[int, str], bend: str, far: tuple[int, str]) -> Equations:
    figure, (first, start), (second, end) = problem.figure, near, far
    if figure.collinear(start, bend, end) or not _between(problem, near, bend, far):
        return
    for one, other in itertools.product(*_rays_on(problem, start, first), *_rays_on(problem, end, second)):
        directions = figure.direction(start, one), figure.direction(end, other)
        if math.isnan(sum(directions)) or math.cos(math.radians(directions[0] - directions[1])) < 0:
            continue
        sides = [figure.direction(bend, figure.ray(bend, point)) for point in (start, end)]
        turns = [(side - directions[0] - 180) % 360 for side in sides]
        swept = sum(min(turn, 360 - turn) for turn in turns)
        if swept < 180 - SLACK:
            yield figure.angle(one, start, bend) + figure.angle(other, end, bend), figure.angle(start, bend, end)
        elif swept > 180 + SLACK:
            yield (
                figure.angle(one, start, bend) + figure.angle(other, end, bend),
                360.0 - figure.angle(start, bend, end),
            )


def _between(problem: Problem, near: tuple[int, str], bend: str, far: tuple[int, str]) -> bool:
    """Whether a point is drawn between two parallels."""
    figure = problem.figure
    for (line, _), (_, other) in ((near, far), (far, near)):
        ends = figure.lines[line][0], figure.lines[line][-1]
        if not figure.same_side(*ends, bend, other):
            return False
    return True


def parallel_proportion(problem: Problem, system: System) -> Equations:
    """Three parallels cut two lines across them in the same ratio."""
    figure = problem.figure
    for family in parallel_families(problem):
        for three in itertools.combinations(sorted(family), 3):
            crossing = []
            for number in range(len(figure.lines)):
                points = [figure.meet(number, parallel) for parallel in three]
                if number not in family and all(points) and len(set(points)) == 3:
                    crossing.append([str(point) for point in points])
            for (a, b, c), (d, e, f) in itertools.combinations(crossing, 2):
                yield figure.length(a, b) * figure.length(e, f), figure.length(b, c) * figure.length(d, e)
                yield figure.length(a, c) * figure.length(e, f), figure.length(b, c) * figure.length(d, f)


def parallel_families(problem: Problem) -> list[set[int]]:
    """Sets of lines (by number) that are parallel: stated, sides of shapes, or perpendicular to the same line."""
    figure = problem.figure
    graph: nx.Graph[int] = nx.Graph()

    def join(first: tuple[str, str], second: tuple[str, str]) -> None:
        one, other = figure.line(*first), figure.line(*second)
        if one is not None and other is not None and one != other:
            graph.add_edge(one, other)

    for first, second in line_pairs(problem, "Parallel"):
        join(first, second)
    for a, b, c, d in four_sided(problem, "Parallelogram", "Rhombus", "Rectangle", "Square"):
        join((a, b), (c, d))
        join((b, c), (d, a))
    for a, b, c, d in trapezoids(problem):
        join((a, b), (c, d))
    across: dict[int, list[tuple[str, str]]] = {}
    for pair in line_pairs(problem, "Perpendicular"):
        for one, other in (pair, pair[::-1]):
            number = figure.line(*one)
            if number is not None:
                across.setdefault(number, []).append(other)
    for lines in across.values():
        for other in lines[1:]:
            join(lines[0], other)
    return [family for family in nx.connected_components(graph) if _no_meeting(problem, family)]


def _no_meeting(problem: Problem, family: set[int]) -> bool:
    return all(problem.figure.meet(*pair) is None for pair in itertools.combinations(family, 2))


def four_sided(problem: Problem, *names: str) -> Iterator[tuple[str, str, str, str]]:
    """The vertices of every stated shape of these names that has four, in the order in which they lie around it."""
    for vertices in problem.shapes(*names):
        if len(vertices) == 4:
            yield _uncrossed(problem, vertices[0], vertices[1], vertices[2], vertices[3])


def _uncrossed(problem: Problem, a: str, b: str, c: str, d: str) -> tuple[str, str, str, str]:
    """The order as told, unless its sides cross in the drawing and those of another order do not."""
    figure = problem.figure
    for order in ((a, b, c, d), (a, b, d, c), (a, c, b, d)):
        p, q, r, s = order
        if figure.same_side(p, r, q, s) is False and figure.same_side(q, s, p, r) is False:
            return order
    return a, b, c, d


def trapezoids(problem: Problem, names: tuple[str, ...] = ("Trapezoid",)) -> Iterator[tuple[str, str, str, str]]:
    """Stated trapezoids, turned so that the bases are the first and the third side.

    The bases are the sides that are stated to be parallel, else those that are drawn more nearly so.
    """
    stated = {
        frozenset((problem.figure.line(*first), problem.figure.line(*second)))
        for first, second in line_pairs(problem, "Parallel")
    }
    for a, b, c, d in four_sided(problem, *names):
        one = frozenset((problem.figure.line(a, b), problem.figure.line(c, d)))
        other = frozenset((problem.figure.line(b, c), problem.figure.line(d, a)))
        slants = _slant(problem, (a, b), (d, c)), _slant(problem, (b, c), (a, d))
        if one in stated or (other not in stated and slants[0] < slants[1]):
            yield a, b, c, d
        elif other in stated or slants[1] < slants[0]:
            yield b, c, d, a


def _slant(problem: Problem, first: tuple[str, str], second: tuple[str, str]) -> float:
    """Degrees between two drawn directions; nan where there are none."""
    places = [problem.figure.positions.get(point) for point in (*first, *second)]
    if any(place is None for place in places):
        return math.nan
    a, b, c, d = (complex(*place) for place in places if place is not None)
    turn = (math.degrees(math.atan2((b - a).imag, (b - a).real) - math.atan2((d - c).imag, (d - c).real))) % 360
    return min(turn, 360 - turn)
