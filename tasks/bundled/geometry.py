"""Solvable geometry problems of our own, in the official layout of Geometry3K: seeded, text, forms, drawing, answer.

A problem is drawn first: its points get coordinates that fulfil what its forms say. The answer comes from the numbers
drawn, by the formula of its kind, never from the solver; so the solver can be tested on any number of problems.
"""

from __future__ import annotations

import cmath
import itertools
import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tasks.bundled.writing import write_json

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_FIRST_TEST_ID = 2401


@dataclass(frozen=True)
class Drawn:
    """One problem: its text with `told`, the forms of the text, and the picture with `shown`, its forms.

    `segments` are runs of points on one drawn line, in order; `places` the points in the plane.
    """

    kind: str
    text: str
    told: tuple[str, ...]
    shown: tuple[str, ...]
    segments: tuple[str, ...]
    places: Mapping[str, complex]
    answer: float
    circles: tuple[str, ...] = ()

    @property
    def lines(self) -> list[tuple[str, str]]:
        return [pair for run in self.segments for pair in itertools.combinations(run, 2)]

    @property
    def diagram_forms(self) -> list[str]:
        """What is shown, and which points lie between which others."""
        between = [
            f"PointLiesOnLine({middle}, Line({start}, {end}))"
            for run in self.segments
            for start, middle, end in itertools.combinations(run, 3)
        ]
        return [*self.shown, *between]


def _length(start: str, end: str, value: object) -> str:
    return f"Equals(LengthOf(Line({start}, {end})), {value})"


def _angle(start: str, vertex: str, end: str, value: object) -> str:
    return f"Equals(MeasureOf(Angle({start}, {vertex}, {end})), {value})"


def _right(vertex: str, start: str, end: str) -> str:
    return f"Perpendicular(Line({vertex}, {start}), Line({vertex}, {end}))"


def _turn(degrees: float, size: float = 1.0) -> complex:
    return cmath.rect(size, math.radians(degrees))


def _pythagoras(draw: random.Random, names: list[str]) -> Drawn:
    a, b, c = names[:3]
    p, q = draw.randint(5, 20), draw.randint(5, 20)
    return Drawn(
        "pythagoras",
        "Find x.",
        ("Find(x)",),
        (_length(a, b, p), _length(a, c, q), _length(b, c, "x"), _right(a, b, c)),
        (a + b, a + c, b + c),
        {a: 0j, b: complex(p, 0), c: complex(0, q)},
        math.hypot(p, q),
    )


def _trigonometry(draw: random.Random, names: list[str]) -> Drawn:
    a, b, c = names[:3]
    angle, side = draw.randint(20, 70), draw.randint(5, 30)
    return Drawn(
        "trigonometry",
        f"In the figure {b}{c} is opposite the right angle. Find {a}{c}.",
        (f"IsHypotenuseOf(Line({b},{c}),Triangle({a},{b},{c}))", f"Find(LengthOf(Line({a},{c})))"),
        (_length(b, c, side), _angle(a, b, c, angle), _right(a, b, c)),
        (a + b, a + c, b + c),
        {a: 0j, b: complex(side * math.cos(math.radians(angle)), 0), c: side * math.sin(math.radians(angle)) * 1j},
        side * math.sin(math.radians(angle)),
    )


def _exterior_angle(draw: random.Random, names: list[str]) -> Drawn:
    a, b, c, d = names[:4]
    alpha, beta = draw.randint(30, 70), draw.randint(35, 75)
    x, factor = draw.randint(5, 12), draw.randint(2, 4)
    apex = _turn(alpha, math.sin(math.radians(beta)) / math.sin(math.radians(alpha + beta)))
    return Drawn(
        "exterior angle",
        "Find x.",
        ("Find(x)",),
        (
            _angle(c, a, b, alpha),
            _angle(a, c, b, 180 - alpha - beta),
            _angle(c, b, d, f"{factor}x+{180 - beta - factor * x}"),
        ),
        (a + b + d, a + c, b + c),
        {a: 0j, b: 1 + 0j, c: apex, d: 1.6 + 0j},
        x,
    )


def _isosceles(draw: random.Random, names: list[str]) -> Drawn:
    a, b, c = names[:3]
    base = draw.randint(25, 80)
    return Drawn(
        "isosceles triangle",
        f"Triangle {a}{b}{c} is isosceles and the angle at {b} measures {base} degrees. Find the angle {b}{a}{c}.",
        (
            f"Isosceles(Triangle({a},{b},{c}))",
            f"Equals(MeasureOf(Angle({b})),{base})",
            f"Find(MeasureOf(Angle({b},{a},{c})))",
        ),
        (f"Equals(LengthOf(Line({a}, {b})), LengthOf(Line({a}, {c})))",),
        (a + b, a + c, b + c),
        {a: complex(0, math.tan(math.radians(base))), b: -1 + 0j, c: 1 + 0j},
        180 - 2 * base,
    )


def _parallels(draw: random.Random, names: list[str]) -> Drawn:
    a, p, b, c, q, d, e, f = names[:8]
    angle = draw.randint(35, 145)
    slope = _turn(angle)
    x = draw.randint(8, 20)
    rest = angle - 2 * x
    return Drawn(
        "parallel lines",
        f"Lines {a}{b} and {c}{d} are parallel. Find x.",
        (f"Parallel(Line({a},{b}),Line({c},{d}))", "Find(x)"),
        (_angle(b, p, e, angle), _angle(d, q, e, f"2x+{rest}" if rest >= 0 else f"2x-{-rest}")),
        (a + p + b, c + q + d, e + p + q + f),
        {
            a: -1.5 + 0j,
            p: 0j,
            b: 1.5 + 0j,
            q: -slope,
            c: -slope - 1.5,
            d: -slope + 1.5,
            e: 0.7 * slope,
            f: -1.7 * slope,
        },
        x,
    )


def _parallelogram(draw: random.Random, names: list[str]) -> Drawn:
    a, b, c, d = names[:4]
    x, factor, side = draw.randint(3, 12), draw.randint(2, 5), draw.randint(8, 20)
    long = factor * x + draw.randint(1, 9)
    other = _turn(draw.randint(50, 80), side)
    return Drawn(
        "parallelogram",
        f"{a}{b}{c}{d} is a parallelogram. Find x.",
        (f"Parallelogram({a},{b},{c},{d})", "Find(x)"),
        (_length(a, b, f"{factor}x+{long - factor * x}"), _length(c, d, long), _length(b, c, side)),
        (a + b, b + c, c + d, d + a),
        {a: 0j, b: long + 0j, c: long + other, d: other},
        x,
    )


def _similar(draw: random.Random, names: list[str]) -> Drawn:
    a, b, c, d, e = names[:5]
    near, rest, along = draw.randint(3, 9), draw.randint(2, 9), draw.randint(4, 12)
    share = near / (near + rest)
    first, second = near + rest + 0j, _turn(draw.randint(40, 80), along / share)
    return Drawn(
        "similar triangles",
        f"{d}{e} is parallel to {b}{c}, {a}{d} = {near}, {d}{b} = {rest} and {a}{e} = {along}. Find {e}{c}.",
        (
            f"Parallel(Line({d},{e}),Line({b},{c}))",
            f"Equals(LengthOf(Line({a},{d})),{near})",
            f"Equals(LengthOf(Line({d},{b})),{rest})",
            f"Equals(LengthOf(Line({a},{e})),{along})",
            f"Find(LengthOf(Line({e},{c})))",
        ),
        (),
        (a + d + b, a + e + c, d + e, b + c),
        {a: 0j, b: first, c: second, d: share * first, e: share * second},
        along * rest / near,
    )


def _inscribed(draw: random.Random, names: list[str]) -> Drawn:
    o, a, b, c = names[:4]
    arc = draw.randint(30, 75) * 2
    return Drawn(
        "inscribed angle",
        f"Points {a}, {b} and {c} lie on circle {o}. Find the angle {a}{c}{b}.",
        (f"Circle({o})", f"Find(MeasureOf(Angle({a},{c},{b})))"),
        (*_on_circle(o, a, b, c), _angle(a, o, b, arc)),
        (o + a, o + b, a + c, b + c),
        {o: 0j, a: _turn(-arc / 2), b: _turn(arc / 2), c: _turn(170 + draw.randint(0, 20))},
        arc / 2,
        (o,),
    )


def _on_circle(centre: str, *points: str) -> list[str]:
    return [f"PointLiesOnCircle({point}, Circle({centre}, radius_0_0))" for point in points]


def _chords(draw: random.Random, names: list[str]) -> Drawn:
    o, p, a, b, c, d = names[:6]
    m, n, k = draw.randint(3, 9), draw.randint(3, 9), draw.randint(3, 9)
    fourth = m * n / k
    angle = draw.randint(60, 120)
    # Chords along the x axis and along `angle`, both through p = 0: the centre is where their bisectors meet.
    across = (k - fourth) / 2
    along = (n - m) / 2
    height = (across - along * math.cos(math.radians(angle))) / math.sin(math.radians(angle))
    return Drawn(
        "intersecting chords",
        f"Chords {a}{b} and {c}{d} of circle {o} meet at {p}. Find x.",
        ("Find(x)",),
        (*_on_circle(o, a, b, c, d), _length(a, p, m), _length(p, b, n), _length(p, c, k), _length(p, d, "x")),
        (a + p + b, c + p + d),
        {
            o: complex(along, height),
            p: 0j,
            a: -m + 0j,
            b: n + 0j,
            c: _turn(angle, k),
            d: _turn(angle, -fourth),
        },
        fourth,
        (o,),
    )


def _tangent(draw: random.Random, names: list[str]) -> Drawn:
    o, p, t = names[:3]
    radius, distance = draw.randint(3, 10), draw.randint(12, 25)
    touch = math.degrees(math.acos(radius / distance))
    return Drawn(
        "tangent",
        f"{p}{t} is tangent to circle {o} at {t}. Find the length of {p}{t}.",
        (
            f"Tangent(Line({p},{t}),Circle({o}))",
            f"Equals(RadiusOf(Circle({o})),{radius})",
            f"Find(LengthOf(Line({p},{t})))",
        ),
        (*_on_circle(o, t), _length(o, p, distance)),
        (o + p, p + t, o + t),
        {o: 0j, p: distance + 0j, t: _turn(touch, radius)},
        math.sqrt(distance**2 - radius**2),
        (o,),
    )


def _midsegment(draw: random.Random, names: list[str]) -> Drawn:
    a, b, c, d, m, n = names[:6]
    short, long, height = draw.randint(4, 10), draw.randint(12, 24), draw.randint(5, 9)
    places = {a: 0j, b: long + 0j, c: complex(short + 2, height), d: complex(2, height)}
    places |= {m: (places[a] + places[d]) / 2, n: (places[b] + places[c]) / 2}
    return Drawn(
        "trapezoid",
        f"{m}{n} is the median of trapezoid {a}{b}{c}{d}. Find {c}{d}.",
        (
            f"Trapezoid({a},{b},{c},{d})",
            f"IsMedianOf(Line({m},{n}),Trapezoid({a},{b},{c},{d}))",
            f"Find(LengthOf(Line({c},{d})))",
        ),
        (_length(a, b, long), _length(m, n, (short + long) / 2)),
        (a + b, b + n + c, c + d, d + m + a, m + n),
        places,
        short,
    )


def _triangle_area(draw: random.Random, names: list[str]) -> Drawn:
    a, b, c, h = names[:4]
    base, height, foot = draw.randint(8, 20), draw.randint(4, 12), draw.randint(2, 6)
    return Drawn(
        "area of a triangle",
        f"Find the area of triangle {a}{b}{c}.",
        (f"Find(AreaOf(Triangle({a},{b},{c})))",),
        (_length(a, b, base), _length(c, h, height), _right(h, c, a)),
        (a + h + b, a + c, b + c, c + h),
        {a: 0j, b: base + 0j, c: complex(foot, height), h: foot + 0j},
        base * height / 2,
    )


def _rhombus(draw: random.Random, names: list[str]) -> Drawn:
    a, b, c, d, e = names[:5]
    p, q = draw.randint(4, 12), draw.randint(4, 12)
    return Drawn(
        "rhombus",
        f"{a}{b}{c}{d} is a rhombus. Find its perimeter.",
        (f"Rhombus({a},{b},{c},{d})", f"Find(PerimeterOf(Rhombus({a},{b},{c},{d})))"),
        (_length(a, e, p), _length(b, e, q)),
        (a + b, b + c, c + d, d + a, a + e + c, b + e + d),
        {a: -p + 0j, b: complex(0, q), c: p + 0j, d: complex(0, -q), e: 0j},
        4 * math.hypot(p, q),
    )


def _arc_length(draw: random.Random, names: list[str]) -> Drawn:
    o, a, b = names[:3]
    radius, arc = draw.randint(3, 15), draw.randint(20, 150)
    return Drawn(
        "arc length",
        f"The radius of circle {o} is {radius}. Find the length of arc {a}{b}.",
        (f"Equals(RadiusOf(Circle({o})),{radius})", f"Find(LengthOf(Arc({a},{b})))"),
        (*_on_circle(o, a, b), _angle(a, o, b, arc)),
        (o + a, o + b),
        {o: 0j, a: radius + 0j, b: _turn(arc, radius)},
        radius * math.radians(arc),
        (o,),
    )


def _bisector(draw: random.Random, names: list[str]) -> Drawn:
    a, b, c, d = names[:4]
    left, part = draw.randint(8, 14), draw.randint(3, 5)
    right = left + draw.randint(-3, 3)  # near enough for a triangle with the base that follows
    other = part * right / left
    base = part + other
    x = (left**2 - right**2 + base**2) / (2 * base)
    return Drawn(
        "angle bisector",
        f"{a}{d} bisects angle {b}{a}{c}. Find x.",
        (f"BisectsAngle(Line({a},{d}),Angle({b},{a},{c}))", "Find(x)"),
        (_length(a, b, left), _length(a, c, right), _length(b, d, part), _length(d, c, "x")),
        (a + b, a + c, b + d + c, a + d),
        {a: complex(x, math.sqrt(left**2 - x**2)), b: 0j, c: base + 0j, d: part + 0j},
        other,
    )


def _cosines(draw: random.Random, names: list[str]) -> Drawn:
    a, b, c = names[:3]
    p, q, angle = draw.randint(6, 20), draw.randint(6, 20), draw.randint(25, 75)
    return Drawn(
        "law of cosines",
        "Find x.",
        ("Find(x)",),
        (_length(a, b, p), _length(a, c, q), _angle(b, a, c, angle), _length(b, c, "x")),
        (a + b, a + c, b + c),
        {a: 0j, b: p + 0j, c: _turn(angle, q)},
        math.sqrt(p * p + q * q - 2 * p * q * math.cos(math.radians(angle))),
    )


def _quadrilateral(draw: random.Random, names: list[str]) -> Drawn:
    a, b, c, d = names[:4]
    places = [_turn(degrees + draw.randint(-12, 12)) for degrees in (45, 135, 225, 315)]
    angles = [
        abs(math.degrees(cmath.phase((places[at - 1] - places[at]) / (places[(at + 1) % 4] - places[at]))))
        for at in range(4)
    ]
    first, second, third = (round(angle) for angle in angles[:3])
    return Drawn(
        "quadrilateral",
        "Find y.",
        ("Find(y)",),
        (_angle(d, a, b, first), _angle(a, b, c, second), _angle(b, c, d, third), _angle(c, d, a, "y")),
        (a + b, b + c, c + d, d + a),
        dict(zip((a, b, c, d), places, strict=True)),
        360 - first - second - third,
    )


def _midpoint(draw: random.Random, names: list[str]) -> Drawn:
    a, m, b = names[:3]
    x, f, g = draw.randint(3, 9), 5, draw.randint(2, 3)
    shift = draw.randint(1, 5)
    half = f * x - shift
    return Drawn(
        "midpoint",
        f"{m} is the midpoint of {a}{b}, {a}{m} = {f}x - {shift} and {m}{b} = {g}x + {half - g * x}. Find {a}{b}.",
        (
            f"IsMidpointOf(Point({m}),Line({a},{b}))",
            f"Equals(LengthOf(Line({a},{m})),{f}x-{shift})",
            f"Equals(LengthOf(Line({m},{b})),{g}x+{half - g * x})",
            f"Find(LengthOf(Line({a},{b})))",
        ),
        (),
        (a + m + b,),
        {a: 0j, m: half + 0j, b: 2 * half + 0j},
        2 * half,
    )


KINDS: tuple[Callable[[random.Random, list[str]], Drawn], ...] = (
    _pythagoras,
    _trigonometry,
    _exterior_angle,
    _isosceles,
    _parallels,
    _parallelogram,
    _similar,
    _inscribed,
    _chords,
    _tangent,
    _midsegment,
    _triangle_area,
    _rhombus,
    _arc_length,
    _bisector,
    _cosines,
    _quadrilateral,
    _midpoint,
)


def problems(count: int, seed: int = 0) -> Iterator[Drawn]:
    """`count` problems, the kinds in turn; the same for the same seed."""
    draw = random.Random(seed)
    for number in range(count):
        yield KINDS[number % len(KINDS)](draw, draw.sample(_LETTERS, len(_LETTERS)))


def pixels(problem: Drawn) -> dict[str, list[float]]:
    """The points in a picture 300 points wide, its first row at the top."""
    places = problem.places.values()
    left, top = min(place.real for place in places), max(place.imag for place in places)
    scale = 300 / max(max(place.real for place in places) - left, top - min(place.imag for place in places))
    return {
        name: [round((place.real - left) * scale, 1), round((top - place.imag) * scale, 1)]
        for name, place in sorted(problem.places.items())
    }


def choices(problem: Drawn, draw: random.Random) -> tuple[list[float], str]:
    """Four choices in ascending order, none near another, and the letter of the answer."""
    answer = round(problem.answer, 2)
    others = draw.sample([0.5, 0.75, 1.2, 1.5, 1.8, 2.0], 3)
    listed = sorted([answer, *(round(answer * factor, 2) for factor in others)])
    return listed, "ABCD"[listed.index(answer)]


def write(root: Path) -> None:
    """Geometry3K's `logic_forms` and `test/<id>/data.json`, one problem of each kind."""
    draw = random.Random(10)
    folder = root / "geometry3k"
    told: dict[str, object] = {}
    shown: dict[str, object] = {}
    for number, problem in enumerate(problems(len(KINDS), seed=3), _FIRST_TEST_ID):
        listed, letter = choices(problem, draw)
        told[str(number)] = {"text_logic_forms": list(problem.told)}
        shown[str(number)] = {
            "point_instances": sorted(problem.places),
            "line_instances": ["".join(pair) for pair in problem.lines],
            "circle_instances": list(problem.circles),
            "diagram_logic_forms": problem.diagram_forms,
            "point_positions": pixels(problem),
        }
        data = {
            "id": number,
            "compact_text": problem.text,
            "choices": [f"{choice:g}" for choice in listed],
            "precise_value": listed,
            "answer": letter,
            "problem_type_graph": [problem.kind],
        }
        write_json(folder / "test" / str(number) / "data.json", data)
    forms = folder / "logic_forms"
    write_json(forms / "text_logic_forms_annot.json", told)
    write_json(forms / "text_logic_forms_annot_dissolved.json", told)
    write_json(forms / "diagram_logic_forms_annot.json", shown)
