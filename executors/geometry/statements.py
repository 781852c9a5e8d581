"""From terms to a problem: the figure, what is said of its shapes, the equations that are given, and what is sought."""

from __future__ import annotations

import cmath
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from executors.geometry.algebra import Expression, Number, Quantity, ReadError, Symbol, Trigonometric, read, total
from executors.geometry.diagram import Diagram
from executors.geometry.figure import Circle, Figure, FigureError, Incidences
from executors.geometry.forms import POLYGONS, Argument, Term
from executors.geometry.system import Equation

Points = tuple[str, ...]

MOST_POINTS = 60
# Two segments drawn in opposite directions but for this (degrees) lie on the segment between their far ends.
_STRAIGHT = 5.0

_COLOURS = frozenset(["Shaded", "Red", "Blue", "Green"])
_ADJECTIVES = frozenset(["Right", "Isosceles", "Equilateral", "Regular", *_COLOURS])
_SUMS = frozenset(["Add", "SumOf"])
_FUNCTIONS = {"SinOf": "sin", "CosOf": "cos", "TanOf": "tan", "CotOf": "cot"}


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


def opposite_side(line: tuple[str, str], triangle: Points) -> tuple[str, str, str] | None:
    """For a line from a vertex of a triangle: the ends of the opposite side, and the line's other end."""
    if len(triangle) != 3:
        return None
    for vertex, foot in (line, line[::-1]):
        if vertex in triangle and foot not in triangle:
            start, end = (point for point in triangle if point != vertex)
            return start, end, foot
    return None


class Measures:
    """What terms measure, as expressions over the figure's quantities."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.figure = problem.figure

    def read(self, term: Argument) -> Expression:
        """The expression that a term stands for; raises `UnsupportedError`, `ReadError` or `FigureError`."""
        if isinstance(term, str):
            if term.startswith("angle"):
                return Symbol(Quantity("numbered", (term.removeprefix("angle").strip(),)))
            return read(term)
        parts = term.arguments
        if not parts:
            raise UnsupportedError(f"{term.name} of nothing")
        match term.name:
            case "Line":
                return self._line(term)
            case "Angle":
                return self._angle(term)
            case "Arc" | "Minor" | "Major":
                return self._arc(term)
            case "MeasureOf":
                return self._measure(parts[0])
            case "LengthOf":
                return self._length(parts[0])
            case "RadiusOf":
                return Symbol(self._circle(parts[0]).radius)
            case "DiameterOf":
                return 2.0 * Symbol(self._circle(parts[0]).radius)
            case "CircumferenceOf" | "PerimeterOf":
                return self._perimeter(parts[0])
            case "AreaOf":
                return self._area(parts[0])
            case "AltitudeOf" | "HypotenuseOf" | "SideOf" | "HeightOf" | "BaseOf" | "WidthOf":
                return self._part(term.name, parts[0])
            case "ScaleFactorOf" if len(parts) == 2:
                first, second = points_of(parts[0]), points_of(parts[1])
                if min(len(first), len(second)) >= 3:
                    return self.figure.length(*first[:2]) / self.figure.length(*second[:2])
        return self._arithmetic(term)

    def _arithmetic(self, term: Term) -> Expression:
        name, values = term.name, [self.read(part) for part in term.arguments]
        if name in _FUNCTIONS and len(values) == 1:
            return Trigonometric(_FUNCTIONS[name], values[0])
        if name == "HalfOf" and len(values) == 1:
            return values[0] * 0.5
        if name == "SquareOf" and len(values) == 1:
            return values[0] ** 2
        if name == "SqrtOf" and len(values) == 1:
            return values[0] ** 0.5
        if name == "RatioOf" and len(values) <= 2:
            return values[0] if len(values) == 1 else values[0] / values[1]
        if name in _SUMS:
            return total(values)
        if name == "AverageOf":
            return total(values) * (1 / len(values))
        if name == "Mul":
            product = values[0]
            for value in values[1:]:
                product = product * value
            return product
        if name == "Sub" and len(values) == 2:
            return values[0] - values[1]
        if name == "Div" and len(values) == 2:
            return values[0] / values[1]
        if name == "Pow" and len(values) == 2 and (exponent := values[1].affine({})) and not exponent.coefficients:
            return values[0] ** exponent.constant
        if len(values) == 1 and name[:1].isdigit():  # `2(y-10)` reads like a form called 2
            return read(name) * values[0]
        raise UnsupportedError(f"{name} is not known here as a measure")

    def _line(self, term: Term) -> Expression:
        ends = [part for part in term.arguments if isinstance(part, str)]
        if len(ends) == 2:
            return self.figure.length(*ends)
        if len(ends) == 1 and len(term.arguments) == 1:
            return Symbol(Quantity("letter", (ends[0],)))
        raise UnsupportedError(f"{term} is no line")

    def _length(self, term: Argument) -> Expression:
        if isinstance(term, Term) and term.name in ("Arc", "Minor", "Major"):
            circle = self._circle_of_arc(term)
            return self._arc(term) * (math.pi / 180) * Symbol(circle.radius)
        if isinstance(term, Term) and term.name == "Angle":
            raise UnsupportedError("the length of an angle")
        return self.read(term)

    def _measure(self, term: Argument) -> Expression:
        if isinstance(term, Term) and term.name not in ("Angle", "Arc", "Minor", "Major"):
            raise UnsupportedError(f"the measure of {term}")
        return self.read(term)

    def _angle(self, term: Term) -> Expression:
        names = [part for part in term.arguments if isinstance(part, str)]
        if len(names) != len(term.arguments) or len(names) not in (1, 3):
            raise UnsupportedError(f"{term} is no angle")
        if len(names) == 3:
            angle = self.figure.angle(*names)
            if angle == Number(0.0):
                raise UnsupportedError(f"the sides of {term} are the same ray")
            return angle
        (name,) = names
        if name.startswith("angle") or not name[:1].isupper():
            return Symbol(Quantity("numbered" if name[:1].isdigit() else "letter", (name.removeprefix("angle"),)))
        return self._angle_at(name)

    def _angle_at(self, vertex: str) -> Expression:
        """The angle that is named by its vertex alone: the only one there, or that of the only polygon spoken of."""
        rays = self.figure.drawn_rays(vertex)
        if len(rays) == 2:
            return self.figure.angle(rays[0], vertex, rays[1])
        found = []
        for shape in self.problem.shapes(*POLYGONS):
            if vertex in shape:
                at = shape.index(vertex)
                angle = self.figure.angle(shape[at - 1], vertex, shape[(at + 1) % len(shape)])
                if angle not in found:
                    found.append(angle)
        if len(found) != 1:
            raise UnsupportedError(f"the angle at {vertex} is not the only one there")
        return found[0]

    def _circle(self, term: Argument) -> Circle:
        centre = centre_of(term)
        circle = self.figure.circle(centre) if centre else None
        if circle is None:
            raise UnsupportedError(f"{term} is no circle of the figure")
        return circle

    def _circle_of_arc(self, term: Argument) -> Circle:
        if isinstance(term, Term) and term.name in ("Minor", "Major") and len(term.arguments) == 1:
            term = term.arguments[0]
        points = points_of(term)
        found = [circle for circle in self.figure.circles if points and set(points) <= set(circle.points)]
        if len(found) != 1:
            raise UnsupportedError(f"{term} lies on {len(found)} circles of the figure")
        return found[0]

    def _arc(self, term: Term) -> Expression:
        """Degrees of an arc: the smaller one of two points, the one through the middle point of three."""
        circle = self._circle_of_arc(term)
        kind, inner = term.name, term
        if kind in ("Minor", "Major"):
            assert isinstance(term.arguments[0], Term)
            inner = term.arguments[0]
        points = points_of(inner)
        if len(points) == 3:
            if not circle.ordered:
                raise UnsupportedError(f"the order of the points around circle {circle.centre} is not known")
            return circle.through(*points)
        if len(points) != 2:
            raise UnsupportedError(f"{term} is no arc")
        if self.figure.collinear(points[0], circle.centre, points[1]):
            return Number(180.0)
        minor = circle.minor(*points)
        if minor is None or not circle.ordered:
            raise UnsupportedError(f"which of the two arcs {term} is the smaller one is not known")
        return 360.0 - minor if kind == "Major" else minor

    def _perimeter(self, term: Argument) -> Expression:
        term = bare(term)
        if centre_of(term):
            return 2 * math.pi * Symbol(self._circle(term).radius)
        points = self._vertices(term)
        return total(self.figure.length(*pair) for pair in itertools.pairwise((*points, points[0])))

    def _area(self, term: Argument) -> Expression:
        term = bare(term)
        if centre_of(term):
            return math.pi * Symbol(self._circle(term).radius) ** 2
        if isinstance(term, Term) and term.name == "Sector" and len(term.arguments) == 3:
            centre, start, end = term.arguments
            circle = self._circle(Term("Circle", (centre,)))
            measure = self._arc(Term("Arc", (start, end)))
            return measure * (math.pi / 360) * Symbol(circle.radius) ** 2
        return area(self.problem, self._vertices(term))

    def _vertices(self, term: Argument) -> Points:
        points = points_of(term)
        if len(points) < 3:
            raise UnsupportedError(f"{term} is no polygon with named vertices")
        return points

    def _part(self, name: str, term: Argument) -> Expression:
        points = self._vertices(term)
        sides = [self.figure.length(*pair) for pair in itertools.pairwise((*points, points[0]))]
        if name == "SideOf":
            return sides[0]
        if name == "HypotenuseOf" and len(points) == 3:
            corner = self._right_angle(points)
            start, end = (point for point in points if point != corner)
            return self.figure.length(start, end)
        if name == "AltitudeOf" and len(points) == 3:
            return self._altitude(points)
        raise UnsupportedError(f"{name} of {term} is not the only one it has")

    def _right_angle(self, triangle: Points) -> str:
        perpendicular = list(_pairs(self.problem.stated("Perpendicular")))
        for corner in triangle:
            others = [point for point in triangle if point != corner]
            legs = {self.figure.line(corner, point) for point in others}
            if any({self.figure.line(*line) for line in pair} == legs for pair in perpendicular):
                return corner
        for arguments in self.problem.stated("IsHypotenuseOf"):
            line = line_of(arguments[0])
            if line and set(line) < set(triangle):
                return next(point for point in triangle if point not in line)
        raise UnsupportedError(f"the right angle of {''.join(triangle)} is not stated")

    def _altitude(self, triangle: Points) -> Expression:
        """The only altitude that is drawn: from a vertex to a point between the others, with a right angle there."""
        perpendicular = {
            frozenset(self.figure.line(*line) for line in pair) for pair in _pairs(self.problem.stated("Perpendicular"))
        }
        found = []
        for vertex in triangle:
            start, end = (point for point in triangle if point != vertex)
            base = self.figure.line(start, end)
            feet = () if base is None else self.figure.lines[base]
            for foot in feet:
                height = self.figure.line(vertex, foot)
                if foot not in triangle and height is not None and frozenset((base, height)) in perpendicular:
                    found.append(self.figure.length(vertex, foot))
        if len(found) != 1:
            raise UnsupportedError(f"{len(found)} altitudes of {''.join(triangle)} are drawn")
        return found[0]


def area(problem: Problem, points: Points) -> Expression:
    """The area of a polygon as a quantity of its own, for which the area theorems give equations."""
    problem.polygons.setdefault(points)
    return Symbol(Quantity("area", points))


def _pairs(stated: Iterable[Sequence[Argument]]) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    for arguments in stated:
        lines = [line_of(part) for part in arguments]
        if len(lines) == 2 and lines[0] and lines[1]:
            yield lines[0], lines[1]


def line_pairs(problem: Problem, name: str) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """The two lines of every stated `Parallel` or `Perpendicular`."""
    return _pairs(problem.stated(name))
