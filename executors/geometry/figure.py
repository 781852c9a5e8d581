"""The figure: which points lie on which lines and circles, in which order, as an incidence graph.

What the forms say decides; where they leave the topology open (which of two rays comes first around a point, which
of two arcs is the smaller one) the drawing's coordinates decide. Measures are never read off the drawing.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import networkx as nx
import numpy as np

from executors.geometry.algebra import Expression, Number, Quantity, Symbol, total
from executors.geometry.diagram import Position

# Figures are not drawn to scale: an angle or arc drawn nearer than this (degrees) to 180 may be on either side of it.
SLACK = 12.0


class FigureError(ValueError):
    """A figure that cannot be: the same point twice where two are needed, or one that is too large. One line."""


@dataclass
class Incidences:
    """What the forms say of points on lines and circles, as it is collected."""

    segments: set[tuple[str, str]] = field(default_factory=set)
    between: list[tuple[str, str, str]] = field(default_factory=list)  # end, middle, end
    on_circle: dict[tuple[str, str], list[str]] = field(default_factory=dict)  # by centre and radius label

    def join(self, *path: str) -> None:
        """Segments between neighbours of `path`; raises `FigureError` for a segment from a point to itself."""
        for start, end in itertools.pairwise(path):
            if start == end:
                raise FigureError(f"a line needs two points, not {start} twice")
            self.segments.add((min(start, end), max(start, end)))

    def put_between(self, start: str, middle: str, end: str) -> None:
        if len({start, middle, end}) == 3:
            self.between.append((start, middle, end))

    def circle(self, centre: str, label: str = "") -> list[str]:
        """The points of that circle so far; without a label, of the only circle around `centre`."""
        labels = [known for known in self.on_circle if known[0] == centre]
        if not label and len(labels) == 1:
            return self.on_circle[labels[0]]
        return self.on_circle.setdefault((centre, label), [])

    def put_on_circle(self, point: str, centre: str, label: str = "") -> None:
        points = self.circle(centre, label)
        if point not in points and point != centre:
            points.append(point)


class Circle:
    """A circle and its named points in their order around it (the drawing's; as told where there is none)."""

    def __init__(self, centre: str, label: str, points: Sequence[str], positions: Mapping[str, Position]) -> None:
        self.centre = centre
        self.radius = Quantity("radius", (centre, label) if label else (centre,))
        self.middle = positions.get(centre) or _fitted([positions[p] for p in points if p in positions])
        self.ordered = len(points) < 3 or (self.middle is not None and all(p in positions for p in points))
        self._degrees: dict[str, float] = {}
        if self.middle is not None and all(point in positions for point in points):
            self._degrees = {point: _direction(self.middle, positions[point]) for point in points}
            points = sorted(points, key=self._degrees.__getitem__)
        self.points = tuple(points)

    @property
    def arcs(self) -> list[Quantity]:
        """From each point to the next one around; together the whole circle."""
        ends = zip(self.points, (*self.points[1:], *self.points[:1]), strict=True)
        return [Quantity("arc", (self.centre, *pair)) for pair in ends] if len(self.points) > 1 else []

    def _onward(self, start: str, end: str) -> tuple[str, ...]:
        """The points from `start` to `end` in the order of `points`, both included."""
        at, to = self.points.index(start), self.points.index(end)
        turned = self.points[at:] + self.points[:at]
        return turned[: (to - at) % len(self.points) + 1]

    def _arc(self, path: Sequence[str]) -> Expression:
        return total(Symbol(Quantity("arc", (self.centre, *pair))) for pair in itertools.pairwise(path))

    def drawn(self, start: str, end: str) -> float:
        """Degrees from `start` onward to `end` in the drawing; nan where there is none."""
        if not self._degrees:
            return math.nan
        return (self._degrees[end] - self._degrees[start]) % 360

    def minor(self, start: str, end: str) -> Expression | None:
        """The smaller arc between two points; None where the drawing does not tell which one that is."""
        sweep = self.drawn(start, end)
        if math.isnan(sweep):
            return self._arc((start, end)) if len(self.points) == 2 else None
        if abs(sweep - 180) < SLACK:
            return None
        return self._arc(self._onward(start, end) if sweep < 180 else self._onward(end, start))

    def halves(self, start: str, end: str) -> tuple[Expression, Expression]:
        """Both arcs between two points, the one onward from `start` first."""
        return self._arc(self._onward(start, end)), self._arc(self._onward(end, start))

    def through(self, start: str, via: str, end: str) -> Expression:
        """The arc between two points on which `via` lies."""
        onward = self._onward(start, end)
        return self._arc(onward if via in onward[1:-1] else self._onward(end, start))

    def avoiding(self, start: str, end: str, *others: str) -> Expression | None:
        """The arc between two points on which none of `others` lies; None where both arcs hold one of them."""
        for path in (self._onward(start, end), self._onward(end, start)):
            if not set(others) & set(path[1:-1]):
                return self._arc(path)
        return None


class Figure:
    """Points, ordered lines and circles; made once from all forms, then only read.

    `incidence` is the bipartite graph of points with lines and circles; `joined` has an edge for every two points that
    lie on a common line.
    """

    def __init__(self, incidences: Incidences, positions: Mapping[str, Position]) -> None:
        self.positions = positions
        self.between = incidences.between
        self.incidence: nx.Graph[object] = nx.Graph()
        self.joined: nx.Graph[str] = nx.Graph()
        self.lines: list[tuple[str, ...]] = []
        self._line_of: dict[tuple[str, str], int] = {}
        self.circles = [Circle(*key, points, positions) for key, points in incidences.on_circle.items()]
        self._drawn: set[int] = set()
        segments = set(incidences.segments)
        for circle in self.circles:
            segments |= {(min(circle.centre, point), max(circle.centre, point)) for point in circle.points}
            for point in circle.points:
                self.incidence.add_edge(point, ("circle", circle.radius))
        for points in _collinear(sorted(segments), incidences.between):
            line = _in_order(sorted(points), incidences.between, positions)
            number = len(self.lines)
            self.lines.append(line)
            for point in line:
                self.incidence.add_edge(point, ("line", number))
            for pair in itertools.combinations(line, 2):
                self.joined.add_edge(*pair)
                self._line_of[pair] = self._line_of[pair[::-1]] = number
                if len(line) > 2 or (min(pair), max(pair)) in incidences.segments:
                    self._drawn.add(number)

    def line(self, start: str, end: str) -> int | None:
        """The number of the line through two points."""
        return self._line_of.get((start, end))

    def lines_at(self, point: str) -> list[int]:
        if point not in self.incidence:
            return []
        return sorted(node[1] for node in self.incidence[point] if isinstance(node, tuple) and node[0] == "line")

    def meet(self, first: int, second: int) -> str | None:
        """The point that two lines have in common."""
        common = set(self.lines[first]) & set(self.lines[second])
        return min(common) if first != second and common else None

    def circle(self, centre: str) -> Circle | None:
        """The only circle around `centre`."""
        found = [circle for circle in self.circles if circle.centre == centre]
        return found[0] if len(found) == 1 else None

    def side(self, vertex: str, towards: str) -> tuple[str, ...]:
        """The points of the ray from `vertex` through `towards`, nearest first (without the vertex)."""
        number = self.line(vertex, towards)
        if number is None:
            return (towards,)
        line = self.lines[number]
        at = line.index(vertex)
        return line[at + 1 :] if line.index(towards) > at else line[:at][::-1]

    def ray(self, vertex: str, towards: str) -> str:
        """The name of that ray: its nearest point."""
        return self.side(vertex, towards)[0]

    def rays(self, vertex: str) -> tuple[str, ...]:
        """All rays of the figure at `vertex`."""
        found = []
        for number in self.lines_at(vertex):
            line = self.lines[number]
            at = line.index(vertex)
            found += [line[near] for near in (at - 1, at + 1) if 0 <= near < len(line)]
        return tuple(sorted(found))

    def drawn_rays(self, vertex: str) -> tuple[str, ...]:
        """The rays at `vertex` without those to a circle's centre that nobody drew."""
        return tuple(ray for ray in self.rays(vertex) if self.line(vertex, ray) in self._drawn)

    def opposite(self, vertex: str, ray: str) -> str | None:
        """The ray that goes on beyond `vertex`, where the figure has points there."""
        number = self.line(vertex, ray)
        if number is None:
            return None
        line = self.lines[number]
        at = line.index(vertex)
        beyond = at - 1 if line.index(ray) > at else at + 1
        return line[beyond] if 0 <= beyond < len(line) else None

    def length(self, start: str, end: str) -> Expression:
        if start == end:
            raise FigureError(f"a line needs two points, not {start} twice")
        return Symbol(Quantity("length", (min(start, end), max(start, end))))

    def angle(self, start: str, vertex: str, end: str) -> Expression:
        """The measure, at most 180 degrees, between two rays: the same quantity whichever points name them."""
        if vertex in (start, end) or start == end:
            raise FigureError(f"an angle needs three points, not {start}, {vertex}, {end}")
        first, second = self.ray(vertex, start), self.ray(vertex, end)
        if first == second:
            return Number(0.0)
        if self.opposite(vertex, first) == second:
            return Number(180.0)
        return Symbol(Quantity("angle", (min(first, second), vertex, max(first, second))))

    def collinear(self, first: str, second: str, third: str) -> bool:
        number = self.line(first, second)
        return number is not None and number == self.line(first, third)

    @functools.cached_property
    def triangles(self) -> list[tuple[str, str, str]]:
        """Every three points joined two by two and not on one line."""
        found = []
        for a, b in sorted(tuple(sorted(edge)) for edge in self.joined.edges):
            for c in sorted(set(self.joined[a]) & set(self.joined[b])):
                if b < c and not self.collinear(a, b, c):
                    found.append((a, b, c))
        return found

    def direction(self, vertex: str, ray: str) -> float:
        """Degrees of a ray in the drawing, measured to its farthest point; nan where there is none."""
        if vertex not in self.positions:
            return math.nan
        placed = [point for point in self.side(vertex, ray) if point in self.positions]
        return _direction(self.positions[vertex], self.positions[placed[-1]]) if placed else math.nan

    def turn(self, vertex: str, first: str, second: str) -> float:
        """Degrees in [0, 360) from one ray onward to another in the drawing; nan where there is none."""
        return (self.direction(vertex, second) - self.direction(vertex, first)) % 360

    def distance(self, start: str, end: str) -> float:
        """The drawn distance; nan where there is none."""
        if start not in self.positions or end not in self.positions:
            return math.nan
        return math.dist(self.positions[start], self.positions[end])

    def same_side(self, start: str, end: str, first: str, second: str) -> bool | None:
        """Whether two points lie on one side of the line through `start` and `end` in the drawing."""
        if any(point not in self.positions for point in (start, end, first, second)):
            return None
        places = [self.positions[point] for point in (start, end, first, second)]
        return _cross(places[0], places[1], places[2]) * _cross(places[0], places[1], places[3]) > 0


def _direction(start: Position, end: Position) -> float:
    return math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))


def _cross(origin: Position, first: Position, second: Position) -> float:
    return (first[0] - origin[0]) * (second[1] - origin[1]) - (first[1] - origin[1]) * (second[0] - origin[0])


def _fitted(places: Sequence[Position]) -> Position | None:
    """The centre of the circle nearest to three or more places (linear least squares)."""
    if len(places) < 3:
        return None
    points = np.array(places, dtype=float)
    matrix = np.column_stack([2 * points, np.ones(len(points))])
    solution, _, rank, _ = np.linalg.lstsq(matrix, (points**2).sum(axis=1), rcond=None)
    return (float(solution[0]), float(solution[1])) if rank == 3 else None


def _collinear(segments: Iterable[tuple[str, str]], between: Iterable[tuple[str, str, str]]) -> Iterator[set[str]]:
    """The sets of points on one line: sets that share two points are one line."""
    line_of: dict[tuple[str, str], set[str]] = {}
    for group in [*map(set, between), *map(set, segments)]:
        merged, waiting = set(group), [group]
        while waiting:
            for pair in itertools.combinations(sorted(waiting.pop()), 2):
                known = line_of.get(pair)
                if known is not None and not known <= merged:
                    merged |= known
                    waiting.append(set(merged))
        for pair in itertools.combinations(sorted(merged), 2):
            line_of[pair] = merged
    seen: set[int] = set()
    for line in line_of.values():
        if id(line) not in seen:
            seen.add(id(line))
            yield line


def _in_order(
    points: Sequence[str], between: Iterable[tuple[str, str, str]], positions: Mapping[str, Position]
) -> tuple[str, ...]:
    """The points of a line from one end to the other: as drawn, unless that contradicts what is said of them."""
    said = [triple for triple in between if set(triple) <= set(points)]
    candidates = []
    if all(point in positions for point in points):
        first, last = max(
            itertools.combinations(points, 2), key=lambda pair: math.dist(positions[pair[0]], positions[pair[1]])
        )
        (x, y), (u, v) = positions[first], positions[last]
        along = {p: (positions[p][0] - x) * (u - x) + (positions[p][1] - y) * (v - y) for p in points}
        candidates.append(tuple(sorted(points, key=along.__getitem__)))
    middles = {middle for _, middle, _ in said}
    for end in [point for point in points if point not in middles]:
        before = dict.fromkeys(points, 0)
        before[end] = -1
        for triple in said:
            if end in (triple[0], triple[2]):
                before[triple[0] if triple[2] == end else triple[2]] += 1
        candidates.append(tuple(sorted(points, key=before.__getitem__)))
    candidates = candidates or [tuple(points)]
    return min(candidates, key=lambda line: _violations(line, said))


def _violations(line: Sequence[str], said: Iterable[tuple[str, str, str]]) -> int:
    place = {point: number for number, point in enumerate(line)}
    return sum(not min(place[a], place[b]) < place[middle] < max(place[a], place[b]) for a, middle, b in said)
