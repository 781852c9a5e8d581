"""From terms to a problem: the figure, what is said of its shapes, the equations that are given, and what is sought."""

from __future__ import annotations

import cmath
import itertools
import math
from collections.abc import Iterator, Sequence

from executors.geometry.algebra import ReadError
from executors.geometry.diagram import Diagram
from executors.geometry.figure import Figure, FigureError, Incidences
from executors.geometry.forms import POLYGONS, Term
from executors.geometry.measures import Measures
from executors.geometry.problem import (
    Points,
    Problem,
    UnsupportedError,
    bare,
    centre_of,
    line_of,
    opposite_side,
    point_of,
    points_of,
)
from executors.geometry.system import Equation

MOST_POINTS = 60
# Two segments drawn in opposite directions but for this (degrees) lie on the segment between their far ends.
_STRAIGHT = 5.0


def build(diagram: Diagram, drawn: Sequence[Term], told: Sequence[Term]) -> Problem:
    """The problem that the diagram's forms and the text's forms state together.

    The last `Find` is what is sought, as in the official solver. Raises `FigureError` and, for a `Find` whose meaning
    is not known here, `UnsupportedError`.
    """
    terms = [_squeezed(term) for term in (*drawn, *told)]
    incidences = Incidences()
    for start, end in diagram.segments:
        incidences.join(start, end)
    for start, middle, end in _drawn_straight(diagram):
        incidences.put_between(start, middle, end)
    for term in terms:
        for part in term.terms():
            _collect(part, incidences)
    for centre in diagram.circles:
        incidences.circle(centre)
    for term in terms:
        for part in term.terms():
            if part.name == "Arc":
                _put_ends_on_circle(points_of(part), incidences)
    named = {point for pair in incidences.segments for point in pair} | {p for t in incidences.between for p in t}
    if len(named) > MOST_POINTS:
        raise FigureError(f"{len(named)} points, and at most {MOST_POINTS} are allowed")
    facts = [*terms, *(fact for term in terms for fact in _as_relations(term))]
    problem = Problem(Figure(incidences, diagram.positions), [part for fact in facts for part in fact.terms()])
    reader = Measures(problem)
    for term in terms:
        try:
            if term.name == "Equals" and len(term.arguments) == 2:
                left, right = map(reader.read, term.arguments)
                problem.given.append(Equation("given", left, right))
        except (UnsupportedError, ReadError, FigureError):
            problem.ignored.append(str(term))
    wanted = [term for term in terms if term.name == "Find"]
    if wanted:
        try:
            (sought,) = wanted[-1].arguments
            problem.target = reader.read(sought)
        except (ReadError, ValueError) as error:
            raise UnsupportedError(f"{wanted[-1]}: {error}") from error
    return problem


def _as_relations(term: Term) -> Iterator[Term]:
    """`Equals(Line(A,B), AltitudeOf(...))` says that the line is the altitude, and not only as long."""
    relations = {"AltitudeOf": "IsAltitudeOf", "HypotenuseOf": "IsHypotenuseOf"}
    if term.name == "Equals" and len(term.arguments) == 2:
        for line, part in (term.arguments, term.arguments[::-1]):
            if line_of(line) and isinstance(part, Term) and part.name in relations and len(part.arguments) == 1:
                yield Term(relations[part.name], (line, bare(part.arguments[0])))


def _drawn_straight(diagram: Diagram) -> Iterator[tuple[str, str, str]]:
    """Three points with all three segments drawn, one on top of the other two: the middle point is on the long one."""
    neighbours: dict[str, set[str]] = {}
    for start, end in diagram.segments:
        if start in diagram.positions and end in diagram.positions:
            neighbours.setdefault(start, set()).add(end)
            neighbours.setdefault(end, set()).add(start)
    for middle, around in sorted(neighbours.items()):
        for start, end in itertools.combinations(sorted(around), 2):
            if end in neighbours[start]:
                legs = [complex(*diagram.positions[p]) - complex(*diagram.positions[middle]) for p in (start, end)]
                if all(legs) and abs(math.degrees(cmath.phase(-legs[0] / legs[1]))) < _STRAIGHT:
                    yield start, middle, end


def _squeezed(term: Term) -> Term:
    parts = (_squeezed(part) if isinstance(part, Term) else _identifier(part) for part in term.arguments)
    return Term(term.name.strip(), tuple(parts))


def _identifier(text: str) -> str:
    """Blanks are dropped but in `angle 1`, which is the official name of a numbered angle."""
    words = text.split()
    return " ".join(words) if words[:1] == ["angle"] else "".join(words)


def _collect(term: Term, incidences: Incidences) -> None:
    """Take down the segments, and the points on lines and circles, that a term speaks of."""
    arguments = term.arguments
    points = points_of(term)
    lines = [line for part in arguments if (line := line_of(part))]
    centres = [centre for part in arguments if (centre := centre_of(part))]
    first = point_of(arguments[0]) if arguments else None
    match term.name:
        case "Line" if len(points) == 2 and all(point[:1].isupper() for point in points):
            incidences.join(*points)
        case "Angle" if len(points) == 3:
            incidences.join(*points)
        case name if name in POLYGONS and name != "Shape" and len(points) >= 3:
            incidences.join(*points, points[0])
        case "PointLiesOnLine" | "IsMidpointOf" if first and lines:
            incidences.put_between(lines[0][0], first, lines[0][1])
        case "PointLiesOnCircle" if first and isinstance(arguments[-1], Term):
            circle = arguments[-1]
            if centre_of(circle) and all(isinstance(part, str) for part in circle.arguments):
                incidences.put_on_circle(first, *map(str, circle.arguments[:2]))
        case "IsDiameterOf" if lines and centres:
            for end in lines[0]:
                incidences.put_on_circle(end, centres[0])
            incidences.put_between(lines[0][0], centres[0], lines[0][1])
        case "IsRadiusOf" | "IsChordOf" if lines and centres:
            for end in lines[0]:
                incidences.put_on_circle(end, centres[0])
        case "InscribedIn" if len(arguments) == 2 and centres:
            vertices = points_of(arguments[0])
            for vertex in vertices:
                incidences.put_on_circle(vertex, centres[0])
            shape = bare(arguments[0])
            if isinstance(shape, Term) and shape.name in ("Square", "Rectangle") and len(vertices) == 4:
                incidences.put_between(vertices[0], centres[0], vertices[2])
                incidences.put_between(vertices[1], centres[0], vertices[3])
        case "IsMedianOf" | "IsAltitudeOf" if lines and len(arguments) == 2:
            base = opposite_side(lines[0], points_of(arguments[1]))
            if base and term.name == "IsMedianOf":
                incidences.put_between(base[0], base[2], base[1])
        case "IntersectAt" if meeting := point_of(arguments[-1]) if arguments else None:
            for centre in centres:
                incidences.put_on_circle(meeting, centre)
            for line in lines:
                incidences.put_between(line[0], meeting, line[1])
        case "Circle" if first:
            incidences.circle(first, *(str(part) for part in arguments[1:2]))
        case _:
            pass


def _put_ends_on_circle(arc: Points, incidences: Incidences) -> None:
    """An arc's points lie on one circle: the only one of the figure, or the only one with some of them."""
    circles = list(incidences.on_circle.values())
    sharing = [points for points in circles if set(points) & set(arc)] or circles
    if len(sharing) == 1:
        sharing[0] += [point for point in arc if point not in sharing[0]]
