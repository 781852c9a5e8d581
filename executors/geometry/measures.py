"""What terms measure (lengths, angles, arcs, areas), as expressions over the figure's quantities."""

from __future__ import annotations

import itertools
import math

from executors.geometry.algebra import Expression, Number, Quantity, Symbol, Trigonometric, read, total
from executors.geometry.figure import Circle
from executors.geometry.forms import POLYGONS, Argument, Term
from executors.geometry.problem import (
    Points,
    Problem,
    UnsupportedError,
    bare,
    centre_of,
    line_of,
    line_pairs,
    points_of,
)

_SUMS = frozenset(["Add", "SumOf"])
_FUNCTIONS = {"SinOf": "sin", "CosOf": "cos", "TanOf": "tan", "CotOf": "cot"}


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
        perpendicular = list(line_pairs(self.problem, "Perpendicular"))
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
            frozenset(self.figure.line(*line) for line in pair) for pair in line_pairs(self.problem, "Perpendicular")
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
