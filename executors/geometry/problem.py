"""A problem as the theorems see it: the figure, what is stated of it, and how terms name points, lines and shapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from executors.geometry.algebra import Expression
from executors.geometry.figure import Figure
from executors.geometry.forms import POLYGONS, Argument, Term
from executors.geometry.system import Equation

Points = tuple[str, ...]

_COLOURS = frozenset(["Shaded", "Red", "Blue", "Green"])
_ADJECTIVES = frozenset(["Right", "Isosceles", "Equilateral", "Regular", *_COLOURS])


class UnsupportedError(ValueError):
    """A form whose meaning is not known here; one line."""


@dataclass
class Problem:
    """All that the theorems work on.

    `facts` are the relations and shapes that are stated, without blanks; `given` the stated equations; `target` what
    is sought (None: nothing is), `ignored` the forms that say nothing that is understood here.
    """

    figure: Figure
    facts: list[Term]
    given: list[Equation] = field(default_factory=list)
    target: Expression | None = None
    ignored: list[str] = field(default_factory=list)
    polygons: dict[Points, None] = field(default_factory=dict)  # those whose area or perimeter is spoken of

    def stated(self, *names: str) -> Iterator[Sequence[Argument]]:
        """The arguments of every fact of these names."""
        for fact in self.facts:
            if fact.name in names:
                yield fact.arguments

    def shapes(self, *names: str) -> Iterator[Points]:
        """The vertices of every stated shape of these names."""
        for name, arguments in ((fact.name, fact.arguments) for fact in self.facts if fact.name in names):
            vertices = points_of(Term(name, tuple(arguments)))
            if len(vertices) >= 3:
                yield vertices

    def described(self, adjective: str, *names: str) -> Iterator[Points]:
        """The vertices of every shape of these names (all where none is given) with that adjective."""
        for arguments in self.stated(adjective):
            shape = bare(arguments[0]) if arguments else ""
            if isinstance(shape, Term) and (not names or shape.name in names):
                vertices = points_of(shape)
                if vertices:
                    yield vertices


def bare(term: Argument) -> Argument:
    """The shape without its adjectives and colours."""
    while isinstance(term, Term) and term.name in _ADJECTIVES and len(term.arguments) == 1:
        term = term.arguments[0]
    return term


def points_of(term: Argument) -> Points:
    """The vertices of a polygon or the ends of a line (empty for anything else)."""
    term = bare(term)
    if not isinstance(term, Term) or term.name not in (*POLYGONS, "Line", "Angle", "Arc"):
        return ()
    points = tuple(part for part in term.arguments if isinstance(part, str))
    if POLYGONS.get(term.name) not in (None, len(points)):
        return ()
    return points if len(points) == len(term.arguments) and len(points) == len(set(points)) >= 2 else ()


def line_of(term: Argument) -> tuple[str, str] | None:
    """The two points of a line that is named by points."""
    if isinstance(term, Term) and term.name == "Line":
        points = points_of(term)
        if len(points) == 2:
            return points[0], points[1]
    return None


def centre_of(term: Argument) -> str | None:
    if isinstance(term, Term) and term.name == "Circle" and term.arguments and isinstance(term.arguments[0], str):
        return term.arguments[0]
    return None


def point_of(term: Argument) -> str | None:
    if isinstance(term, Term) and term.name == "Point" and len(term.arguments) == 1:
        term = term.arguments[0]
    return term if isinstance(term, str) else None


def opposite_side(line: tuple[str, str], triangle: Points) -> tuple[str, str, str] | None:
    """For a line from a vertex of a triangle: the ends of the opposite side, and the line's other end."""
    if len(triangle) != 3:
        return None
    for vertex, foot in (line, line[::-1]):
        if vertex in triangle and foot not in triangle:
            start, end = (point for point in triangle if point != vertex)
            return start, end, foot
    return None


def _pairs(stated: Iterable[Sequence[Argument]]) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    for arguments in stated:
        lines = [line_of(part) for part in arguments]
        if len(lines) == 2 and lines[0] and lines[1]:
            yield lines[0], lines[1]


def line_pairs(problem: Problem, name: str) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """The two lines of every stated `Parallel` or `Perpendicular`."""
    return _pairs(problem.stated(name))
