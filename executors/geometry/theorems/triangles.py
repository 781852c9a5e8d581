"""Triangles: angle sum, isosceles, congruent and similar ones, Pythagoras, trigonometry, special lines."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from executors.geometry.algebra import Expression, Symbol, Trigonometric, cosine, sine
from executors.geometry.problem import Points, Problem, centre_of, line_of, point_of, points_of
from executors.geometry.system import System
from executors.geometry.theorems.lines import Equations

Triangle = tuple[str, str, str]

# Pairs of similar triangles are looked at one by one up to this many in a family, else each with the first.
_FEW = 6


def _angles(problem: Problem, triangle: Points) -> list[Expression]:
    a, b, c = triangle
    figure = problem.figure
    return [figure.angle(b, a, c), figure.angle(a, b, c), figure.angle(a, c, b)]


def _sides(problem: Problem, triangle: Points) -> list[Expression]:
    """Each side opposite the vertex of the same place."""
    a, b, c = triangle
    figure = problem.figure
    return [figure.length(b, c), figure.length(a, c), figure.length(a, b)]


def angle_sum(problem: Problem, system: System) -> Equations:
    """The angles of a triangle add up to 180 degrees."""
    for triangle in problem.figure.triangles:
        a, b, c = _angles(problem, triangle)
        yield a + b + c, 180.0


def equilateral(problem: Problem, system: System) -> Equations:
    """An equilateral triangle has equal sides and angles of 60 degrees."""
    for adjective in ("Equilateral", "Regular"):
        for triangle in problem.described(adjective, "Triangle", "Polygon", "Shape"):
            if len(triangle) == 3:
                first, *others = _sides(problem, triangle)
                for side in others:
                    yield first, side
                for angle in _angles(problem, triangle):
                    yield angle, 60.0


def stated_isosceles(problem: Problem, system: System) -> Equations:
    """A triangle that is said to be isosceles has the two sides equal that are marked so, else those drawn so."""
    figure = problem.figure
    for triangle in problem.described("Isosceles", "Triangle"):
        if len(triangle) != 3:
            continue
        ways = []
        for at, apex in enumerate(triangle):
            first, second = triangle[at - 1], triangle[at - 2]
            drawn = abs(figure.distance(apex, first) - figure.distance(apex, second))
            marked = system.same(figure.length(apex, first), figure.length(apex, second))
            ways.append((not marked, drawn, apex, first, second))
        if not any(math.isnan(way[1]) for way in ways) or not ways[0][0]:
            _, _, apex, first, second = min(ways)
            yield figure.length(apex, first), figure.length(apex, second)
            yield figure.angle(apex, first, second), figure.angle(apex, second, first)


def right_triangle(problem: Problem, system: System) -> Equations:
    """The right angle of a triangle that is said to be right lies opposite its stated hypotenuse."""
    for arguments in problem.stated("IsHypotenuseOf"):
        line = line_of(arguments[0]) if len(arguments) == 2 else None
        triangle = points_of(arguments[1]) if line else ()
        if line and len(triangle) == 3 and set(line) < set(triangle):
            (corner,) = set(triangle) - set(line)
            yield problem.figure.angle(line[0], corner, line[1]), 90.0


def isosceles(problem: Problem, system: System) -> Equations:
    """Equal sides of a triangle lie opposite equal angles, and the other way round."""
    for triangle in problem.figure.triangles:
        angles, sides = _angles(problem, triangle), _sides(problem, triangle)
        for first, second in itertools.combinations(range(3), 2):
            if system.same(sides[first], sides[second]):
                yield angles[first], angles[second]
            if system.same(angles[first], angles[second]):
                yield sides[first], sides[second]


def midsegment(problem: Problem, system: System) -> Equations:
    """The segment between the midpoints of two sides is parallel to the third side and half as long."""
    figure = problem.figure
    for arguments in problem.stated("IsMidsegmentOf"):
        line = line_of(arguments[0]) if len(arguments) == 2 else None
        corners = points_of(arguments[1]) if line else ()
        if line and len(corners) == 3:
            for point in line:
                for start, end in itertools.combinations(corners, 2):
                    if point not in (start, end) and figure.collinear(start, point, end):
                        yield figure.length(start, point), figure.length(point, end)
    for apex, first, second in _corners(problem):
        for one, other in itertools.product(_inside(problem, apex, first), _inside(problem, apex, second)):
            if (
                figure.line(one, other) is not None
                and system.same(figure.length(apex, one), figure.length(one, first))
                and system.same(figure.length(apex, other), figure.length(other, second))
            ):
                yield figure.length(one, other) * 2.0, figure.length(first, second)
                yield figure.angle(apex, one, other), figure.angle(apex, first, second)


def _corners(problem: Problem) -> Iterator[Triangle]:
    """Every triangle with each of its vertices in front."""
    for a, b, c in problem.figure.triangles:
        yield from ((a, b, c), (b, a, c), (c, a, b))


def _inside(problem: Problem, start: str, end: str) -> tuple[str, ...]:
    side = problem.figure.side(start, end)
    return side[: side.index(end)]


def centroid(problem: Problem, system: System) -> Equations:
    """The centroid cuts each median, which halves a side, in the ratio 2 to 1."""
    figure = problem.figure
    for arguments in problem.stated("IsCentroidOf"):
        centre = point_of(arguments[0]) if len(arguments) == 2 else None
        triangle = points_of(arguments[1]) if centre else ()
        if not centre or len(triangle) != 3:
            continue
        for vertex in triangle:
            start, end = (point for point in triangle if point != vertex)
            for foot in figure.side(vertex, centre):
                if foot != centre and figure.collinear(start, foot, end):
                    yield figure.length(start, foot), figure.length(foot, end)
                    yield figure.length(vertex, centre), figure.length(centre, foot) * 2.0


def medians(problem: Problem, system: System) -> Equations:
    """Two medians of a triangle cut each other in the ratio 2 to 1, and the third one goes through the same point."""
    figure = problem.figure
    for triangle in figure.triangles:
        feet = {}
        for vertex in triangle:
            start, end = (point for point in triangle if point != vertex)
            for foot in _inside(problem, start, end):
                halves = figure.length(start, foot), figure.length(foot, end)
                if figure.line(vertex, foot) is not None and system.same(*halves):
                    feet[vertex] = foot, (start, end)
        lines = {vertex: figure.line(vertex, foot) for vertex, (foot, _) in feet.items()}
        for first, second in itertools.combinations(sorted(feet), 2):
            one, other = lines[first], lines[second]
            centre = figure.meet(one, other) if one is not None and other is not None else None
            if centre is None:
                continue
            for vertex in triangle:
                start, end = (point for point in triangle if point != vertex)
                for foot in figure.side(vertex, centre):
                    if foot != centre and figure.collinear(start, foot, end):
                        yield figure.length(start, foot), figure.length(foot, end)
                        yield figure.length(vertex, centre), figure.length(centre, foot) * 2.0


def corresponding(problem: Problem, system: System) -> Equations:
    """Shapes that are said to be congruent or similar have equal angles, and equal or proportional sides (and
    diagonals, of quadrilaterals)."""
    figure = problem.figure
    for name in ("Congruent", "Similar"):
        for arguments in problem.stated(name):
            shapes = [points_of(part) for part in arguments]
            if len(shapes) != 2 or len(shapes[0]) != len(shapes[1]) or len(shapes[0]) < 3:
                continue
            size = len(shapes[0])
            for at in range(size):
                corners = [(shape[at - 1], shape[at], shape[(at + 1) % size]) for shape in shapes]
                yield figure.angle(*corners[0]), figure.angle(*corners[1])
            pairs = [(at, (at + 1) % size) for at in range(size)]
            if size == 4:
                pairs += [(0, 2), (1, 3)]
            sides = [[figure.length(shape[i], shape[j]) for i, j in pairs] for shape in shapes]
            for (a, b), (c, d) in itertools.combinations(zip(*sides, strict=True), 2):
                if name == "Similar":
                    yield a * d, c * b
            if name == "Congruent":
                yield from zip(*sides, strict=True)
    for arguments in problem.stated("Congruent"):
        circles = [figure.circle(centre) for part in arguments if (centre := centre_of(part))]
        if len(circles) == 2 and circles[0] and circles[1]:
            yield Symbol(circles[0].radius), Symbol(circles[1].radius)


def congruent(problem: Problem, system: System) -> Equations:
    """Triangles that agree in three sides, or in two sides and the angle between them, or in the hypotenuse and a leg
    of right ones, are congruent."""
    seen: dict[object, tuple[Triangle, tuple[int, ...]]] = {}
    for triangle in problem.figure.triangles:
        sides, angles = _sides(problem, triangle), _angles(problem, triangle)
        side, angle = [system.key(part) for part in sides], [system.key(part) for part in angles]
        for order in itertools.permutations(range(3)):
            i, j, k = order
            signatures: list[object] = [("sss", side[i], side[j], side[k]), ("sas", side[i], angle[k], side[j])]
            if system.value(angles[k]) == 90.0:
                signatures.append(("hl", side[k], side[i]))
            for signature in signatures:
                other, places = seen.setdefault(signature, (triangle, order))
                if other != triangle:
                    first = _sides(problem, other) + _angles(problem, other)
                    second = sides + angles
                    for here, there in zip(order, places, strict=True):
                        yield first[there], second[here]
                        yield first[there + 3], second[here + 3]


def similar(problem: Problem, system: System) -> Equations:
    """Triangles with equal angles have proportional sides, and equal ones as soon as one pair is equal."""
    families: dict[object, list[Triangle]] = {}
    for triangle in problem.figure.triangles:
        keyed = sorted(((system.key(a), v) for a, v in zip(_angles(problem, triangle), triangle, strict=True)), key=str)
        families.setdefault(tuple(key for key, _ in keyed), []).append(tuple(v for _, v in keyed))  # type: ignore[arg-type]
    for family in families.values():
        pairs = itertools.combinations(family, 2) if len(family) <= _FEW else ((family[0], t) for t in family[1:])
        for one, other in pairs:
            first, second = _sides(problem, one), _sides(problem, other)
            if any(system.same(a, b) for a, b in zip(first, second, strict=True)):
                yield from zip(first, second, strict=True)
            else:
                for i, j in itertools.combinations(range(3), 2):
                    yield first[i] * second[j], first[j] * second[i]


def _right(problem: Problem, system: System) -> Iterator[Triangle]:
    """Every right triangle, the vertex of the right angle in front."""
    for corner, first, second in _corners(problem):
        value = system.value(problem.figure.angle(first, corner, second))
        if value is not None and abs(value - 90) < 1e-6:
            yield corner, first, second


def pythagoras(problem: Problem, system: System) -> Equations:
    """In a right triangle the squares of the legs add up to the square of the hypotenuse."""
    length = problem.figure.length
    for corner, first, second in _right(problem, system):
        yield length(corner, first) ** 2 + length(corner, second) ** 2, length(first, second) ** 2


def right_trigonometry(problem: Problem, system: System) -> Equations:
    """In a right triangle the legs are the hypotenuse times sine and cosine, and their ratio is the tangent."""
    figure = problem.figure
    for corner, *ends in _right(problem, system):
        for vertex, other in (ends, ends[::-1]):
            angle = figure.angle(corner, vertex, other)
            hypotenuse = figure.length(vertex, other)
            yield figure.length(corner, other), hypotenuse * sine(angle)
            yield figure.length(corner, vertex), hypotenuse * cosine(angle)
            yield figure.length(corner, other), figure.length(corner, vertex) * Trigonometric("tan", angle)


def bisector_proportion(problem: Problem, system: System) -> Equations:
    """An angle bisector divides the opposite side in the ratio of the adjacent sides."""
    figure = problem.figure
    for apex, first, second in _corners(problem):
        for foot in _inside(problem, first, second):
            if figure.line(apex, foot) is not None and system.same(
                figure.angle(first, apex, foot), figure.angle(foot, apex, second)
            ):
                left = figure.length(first, foot) * figure.length(apex, second)
                yield left, figure.length(foot, second) * figure.length(apex, first)


def law_of_sines(problem: Problem, system: System) -> Equations:
    """Sides are proportional to the sines of the opposite angles."""
    for triangle in problem.figure.triangles:
        angles, sides = _angles(problem, triangle), _sides(problem, triangle)
        for i, j in itertools.combinations(range(3), 2):
            yield sides[i] * sine(angles[j]), sides[j] * sine(angles[i])


def law_of_cosines(problem: Problem, system: System) -> Equations:
    """c^2 = a^2 + b^2 - 2ab cos C."""
    for triangle in problem.figure.triangles:
        angles, sides = _angles(problem, triangle), _sides(problem, triangle)
        for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
            right = sides[i] ** 2 + sides[j] ** 2 - 2.0 * sides[i] * sides[j] * cosine(angles[k])
            yield sides[k] ** 2, right
