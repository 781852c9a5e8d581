"""Each theorem by itself: a figure, what is said of it, and what that theorem (with the helpers named) makes of it.

A figure is written as runs of points on drawn lines ("ADB": D between A and B), points on circles ("O": "AB"), and
places for the points where the order around a point matters.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from executors.geometry import Diagram, parse
from executors.geometry.algebra import Quantity, Symbol, expression
from executors.geometry.statements import build
from executors.geometry.system import Equation, System
from executors.geometry.theorems import THEOREMS

ANSWER = Quantity("sought", ("answer",))


@dataclass(frozen=True)
class Case:
    """`theorem` alone (with `helpers`) answers what `forms` ask of the figure."""

    theorem: str
    runs: str
    forms: Sequence[str]
    answer: float
    places: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    circles: Mapping[str, str] = field(default_factory=dict)
    helpers: Sequence[str] = ()


def at(*degrees: float, names: str, size: float = 100.0) -> dict[str, tuple[float, float]]:
    """Points around the origin O at these directions."""
    around = {
        name: (size * math.cos(math.radians(angle)), size * math.sin(math.radians(angle)))
        for name, angle in zip(names, degrees, strict=True)
    }
    return {"O": (0.0, 0.0), **around}


def length(ends: str, value: object) -> str:
    return f"Equals(LengthOf(Line({ends[0]},{ends[1]})),{value})"


def angle(points: str, value: object) -> str:
    return f"Equals(MeasureOf(Angle({','.join(points)})),{value})"


def arc(points: str, value: object) -> str:
    return f"Equals(MeasureOf(Arc({','.join(points)})),{value})"


def find_length(ends: str) -> str:
    return f"Find(LengthOf(Line({ends[0]},{ends[1]})))"


def find_angle(points: str) -> str:
    return f"Find(MeasureOf(Angle({','.join(points)})))"


def find_arc(points: str) -> str:
    return f"Find(MeasureOf(Arc({','.join(points)})))"


SQUARE = {"A": (0.0, 0.0), "B": (100.0, 0.0), "C": (100.0, 100.0), "D": (0.0, 100.0)}
TRAPEZOID = {"A": (0.0, 0.0), "B": (200.0, 0.0), "C": (150.0, 100.0), "D": (50.0, 100.0)}
KITE = {"A": (0.0, 50.0), "B": (50.0, 100.0), "C": (200.0, 50.0), "D": (50.0, 0.0)}
PARALLELS = {
    "A": (0.0, 0.0), "P": (50.0, 0.0), "B": (100.0, 0.0), "C": (20.0, 60.0), "Q": (70.0, 60.0), "D": (120.0, 60.0)
}  # fmt: skip
SECANTS = {**at(150, 40, 210, 320, names="ABCD"), "P": (-300.0, 0.0)}
CROSSING = at(100, 280, 20, 200, names="ABCD") | {"P": (0.1, 0.1)}
TANGENT = at(60, 300, names="AB") | {"P": (200.0, 0.0)}

CASES = [
    Case("given", "AB", [length("AB", "x"), "Equals(x,7)", find_length("AB")], 7),
    Case("segment addition", "ABC", [length("AB", 3), length("BC", 4), find_length("AC")], 7),
    Case("midpoint", "AMB", ["IsMidpointOf(Point(M),Line(A,B))", length("AM", 5), find_length("BM")], 5),
    Case("midpoint", "AMB AC BC CM", ["IsMedianOf(Line(C,M),Triangle(A,B,C))", length("AM", 5), find_length("BM")], 5),
    Case("perpendicular lines", "AB AC", ["Perpendicular(Line(A,B),Line(A,C))", find_angle("BAC")], 90),
    Case("perpendicular lines", "AHB AC BC CH", ["IsAltitudeOf(Line(C,H),Triangle(A,B,C))", find_angle("AHC")], 90),
    Case("equal radii", "OA OB", [length("OA", 5), find_length("OB")], 5, circles={"O": "AB"}),
    Case("vertical angles", "AOB COD", [angle("AOC", 40), find_angle("BOD")], 40),
    Case("linear pair", "AOB OC", [angle("AOC", 40), find_angle("BOC")], 140),
    Case("angle addition", "ADB CA CD CB", [angle("ACD", 30), angle("DCB", 25), find_angle("ACB")], 55),
    Case(
        "angle addition",
        "OA OB OC",
        [angle("AOB", 30), angle("BOC", 25), find_angle("AOC")],
        55,
        at(0, 40, 80, names="ABC"),
    ),
    Case(
        "angles around a point",
        "OA OB OC",
        [angle("AOB", 130), angle("BOC", 110), find_angle("AOC")],
        120,
        at(0, 125, 240, names="ABC"),
    ),
    Case("triangle angle sum", "AB BC CA", [angle("ABC", 50), angle("BCA", 60), find_angle("BAC")], 70),
    Case(
        "angle bisector", "AB AC AD", ["BisectsAngle(Line(A,D),Angle(B,A,C))", angle("BAD", 20), find_angle("DAC")], 20
    ),
    Case(
        "angle bisector",
        "AB BC CA AI BI CI",
        ["IsIncenterOf(Point(I),Triangle(A,B,C))", angle("BAI", 20), find_angle("IAC")],
        20,
    ),
    Case("right triangle", "AB BC CA", ["IsHypotenuseOf(Line(A,B),Triangle(A,B,C))", find_angle("ACB")], 90),
    Case(
        "parallel lines",
        "APB CQD PQ",
        ["Parallel(Line(A,B),Line(C,D))", angle("APQ", 70), find_angle("PQD")],
        70,
        PARALLELS,
    ),
    Case(
        "parallel lines",
        "APB CQD PQ",
        ["Parallel(Line(A,B),Line(C,D))", angle("APQ", 70), find_angle("PQC")],
        110,
        PARALLELS,
    ),
    Case(
        "bent line between parallels",
        "APB CQD PM MQ",
        ["Parallel(Line(A,B),Line(C,D))", angle("BPM", 40), angle("MQD", 35), find_angle("PMQ")],
        75,
        PARALLELS | {"M": (100.0, 30.0)},
    ),
    Case(
        "bent line between parallels",
        "APB CQD PM MQ",
        ["Parallel(Line(A,B),Line(C,D))", angle("APM", 140), angle("MQC", 145), find_angle("PMQ")],
        75,
        PARALLELS | {"M": (100.0, 30.0)},
    ),
    Case(
        "polygon angle sum",
        "AB BC CD DA",
        [angle("DAB", 80), angle("ABC", 85), angle("BCD", 100), find_angle("CDA")],
        95,
        SQUARE,
    ),
    Case("parallelogram", "AB BC CD DA", ["Parallelogram(A,B,C,D)", length("AB", 9), find_length("CD")], 9),
    Case("parallelogram", "AB BC CD DA", ["Parallelogram(A,B,C,D)", angle("DAB", 70), find_angle("ABC")], 110),
    Case("parallelogram", "AEC BED", ["Parallelogram(A,B,C,D)", length("AE", 4), find_length("EC")], 4),
    Case("rectangle", "AC BD", ["Rectangle(A,B,C,D)", length("AC", 13), find_length("BD")], 13),
    Case("rhombus", "AB BC CD DA", ["Rhombus(A,B,C,D)", length("AB", 6), find_length("CD")], 6),
    Case("rhombus", "AEC BED", ["Rhombus(A,B,C,D)", find_angle("AEB")], 90),
    Case("kite", "AB BC CD DA", ["Kite(A,B,C,D)", length("AB", 6), find_length("AD")], 6, KITE),
    Case("trapezoid", "AB BC CD DA", ["Trapezoid(A,B,C,D)", angle("DAB", 70), find_angle("ADC")], 110, TRAPEZOID),
    Case(
        "trapezoid",
        "AB BC CD DA",
        ["Isosceles(Trapezoid(A,B,C,D))", angle("DAB", 70), find_angle("ABC")],
        70,
        TRAPEZOID,
    ),
    Case(
        "trapezoid midsegment",
        "AB BNC CD DMA MN",
        ["IsMedianOf(Line(M,N),Trapezoid(A,B,C,D))", length("AB", 10), length("CD", 6), find_length("MN")],
        8,
        TRAPEZOID,
    ),
    Case("regular polygon", "", ["Regular(Pentagon(A,B,C,D,E))", find_angle("ABC")], 108),
    Case("equilateral triangle", "", ["Equilateral(Triangle(A,B,C))", find_angle("ABC")], 60),
    Case(
        "isosceles triangle, as stated",
        "AB BC CA",
        ["Isosceles(Triangle(A,B,C))", length("AB", 7), find_length("AC")],
        7,
        {"A": (0, 100), "B": (-30, 0), "C": (30, 0)},
    ),
    Case(
        "congruent or similar, as stated",
        "",
        [
            "Similar(Triangle(A,B,C),Triangle(D,E,F))",
            length("AB", 4),
            length("BC", 6),
            length("DE", 8),
            find_length("EF"),
        ],
        12,
    ),
    Case(
        "congruent or similar, as stated",
        "",
        ["Congruent(Triangle(A,B,C),Triangle(D,E,F))", angle("ABC", 40), find_angle("DEF")],
        40,
    ),
    Case(
        "congruent or similar, as stated",
        "",
        [
            *("Similar(Kite(A,B,C,D),Kite(E,F,G,H))", length("AB", 4), length("EF", 8), length("AC", 7)),
            find_length("EG"),
        ],
        14,
    ),
    Case(
        "centroid",
        "AGM BMC",
        ["IsCentroidOf(Point(G),Triangle(A,B,C))", length("GM", 3), find_length("AG")],
        6,
    ),
    Case(
        "whole circle",
        "",
        [arc("AB", 100), arc("BC", 150), find_arc("CA")],
        110,
        at(0, 100, 250, names="ABC"),
        {"O": "ABC"},
    ),
    Case("central angle", "OA OB", [angle("AOB", 80), find_arc("AB")], 80, at(0, 80, names="AB"), {"O": "AB"}),
    Case(
        "inscribed angle",
        "AC BC",
        [arc("AB", 80), find_angle("ACB")],
        40,
        at(0, 80, 200, names="ABC"),
        {"O": "ABC"},
    ),
    Case("isosceles triangle", "AB BC CA", [length("AB", 5), length("AC", 5), angle("ABC", 50), find_angle("ACB")], 50),
    Case("isosceles triangle", "AB BC CA", [angle("ABC", 50), angle("ACB", 50), length("AB", 5), find_length("AC")], 5),
    Case("tangent and radius", "PA OA", ["Tangent(Line(P,A),Circle(O))", find_angle("PAO")], 90, circles={"O": "A"}),
    Case(
        "two tangents",
        "PA PB",
        ["Tangent(Line(P,A),Circle(O))", "Tangent(Line(P,B),Circle(O))", length("PA", 9), find_length("PB")],
        9,
        TANGENT,
        {"O": "AB"},
    ),
    Case(
        "tangent and chord",
        "PA AB",
        ["Tangent(Line(P,A),Circle(O))", arc("AB", 120), find_angle("PAB")],
        60,
        TANGENT,
        {"O": "AB"},
    ),
    Case(
        "chords, secants and tangents",
        "APB CPD",
        [arc("AC", 70), arc("BD", 90), find_angle("APC")],
        80,
        CROSSING,
        {"O": "ABCD"},
    ),
    Case(
        "chords, secants and tangents",
        "PAB PCD",
        [arc("AC", 60), arc("BD", 120), find_angle("APC")],
        30,
        SECANTS,
        {"O": "ABCD"},
    ),
    Case(
        "chords, secants and tangents",
        "PA PB",
        ["Tangent(Line(P,A),Circle(O))", "Tangent(Line(P,B),Circle(O))", arc("AB", 120), find_angle("APB")],
        60,
        TANGENT,
        {"O": "AB"},
    ),
    Case(
        "radius and chord",
        "AMB OM",
        ["Perpendicular(Line(O,M),Line(A,B))", length("AM", 4), find_length("MB")],
        4,
        circles={"O": "AB"},
        helpers=["perpendicular lines"],
    ),
    Case(
        "equal chords",
        "AB CD",
        [length("AB", 6), length("CD", 6), arc("AB", 70), find_arc("CD")],
        70,
        at(0, 70, 150, 220, names="ABCD"),
        {"O": "ABCD"},
    ),
    Case(
        "midsegment",
        "ADB AEC BC DE",
        ["IsMidsegmentOf(Line(D,E),Triangle(A,B,C))", length("BC", 14), find_length("DE")],
        7,
    ),
    Case(
        "medians",
        "AGM BGN BMC ANC AB",
        [
            *("IsMidpointOf(Point(M),Line(B,C))", "IsMidpointOf(Point(N),Line(A,C))"),
            *(length("GM", 3), find_length("AG")),
        ],
        6,
        helpers=["midpoint"],
    ),
    Case(
        "kite by its sides",
        "AB BC CD DA",
        [length("AB", 4), length("AD", 4), length("CB", 9), length("CD", 9), angle("ABC", 100), find_angle("ADC")],
        100,
        KITE,
    ),
    Case(
        "congruent triangles",
        "AB BC CA DE EF FD",
        [
            *(length("AB", 5), length("DE", 5), length("AC", 7), length("DF", 7)),
            *(angle("BAC", 40), angle("EDF", 40), length("BC", "x"), length("EF", 4), "Find(x)"),
        ],
        4,
    ),
    Case(
        "similar triangles",
        "AB BC CA DE EF FD",
        [
            *(angle("ABC", 40), angle("DEF", 40), angle("BCA", 60), angle("EFD", 60)),
            *(length("AB", 4), length("DE", 8), length("BC", 5), find_length("EF")),
        ],
        10,
        helpers=["triangle angle sum"],
    ),
    Case("Pythagoras", "AB BC CA", [angle("ABC", 90), length("AB", 5), length("BC", 12), find_length("AC")], 13),
    Case(
        "parallels in proportion",
        "AB CD EF ACE BDF",
        [
            *("Parallel(Line(A,B),Line(C,D))", "Parallel(Line(C,D),Line(E,F))"),
            *(length("AC", 4), length("CE", 6), length("BD", 6), find_length("DF")),
        ],
        9,
    ),
    Case(
        "angle bisector in proportion",
        "AB AC BDC AD",
        [*(angle("BAD", 30), angle("DAC", 30), length("AB", 6), length("AC", 9), length("BD", 4)), find_length("DC")],
        6,
    ),
    Case(
        "power of a point",
        "APB CPD",
        [length("AP", 3), length("PB", 8), length("CP", 4), find_length("PD")],
        6,
        circles={"O": "ABCD"},
    ),
    Case(
        "power of a point",
        "PA PCD",
        ["Tangent(Line(P,A),Circle(O))", length("PC", 4), length("PD", 9), find_length("PA")],
        6,
        circles={"O": "ACD"},
    ),
    Case(
        "trigonometry of a right triangle",
        "AB BC CA",
        [angle("ABC", 90), angle("BAC", 30), length("AC", 10), find_length("BC")],
        5,
    ),
    Case(
        "area",
        "AHB AC BC CH",
        [angle("AHC", 90), length("AB", 8), length("CH", 3), "Find(AreaOf(Triangle(A,B,C)))"],
        12,
    ),
    Case("area", "AC BD", ["Find(AreaOf(Kite(A,B,C,D)))", length("AC", 8), length("BD", 3)], 12),
    Case(
        "area",
        "AHB BC CD DA DH",
        [angle("AHD", 90), *(length("AB", 9), length("CD", 5), length("DH", 4)), "Find(AreaOf(Trapezoid(A,B,C,D)))"],
        28,
        TRAPEZOID | {"H": (50.0, 0.0)},
    ),
    Case(
        "areas of similar shapes",
        "",
        [
            *("Similar(Triangle(A,B,C),Triangle(D,E,F))", "Equals(AreaOf(Triangle(A,B,C)),10)"),
            *(length("AB", 2), length("DE", 6), "Find(AreaOf(Triangle(D,E,F)))"),
        ],
        90,
    ),
    Case(
        "chord length",
        "AB",
        [arc("AB", 60), "Equals(RadiusOf(Circle(O)),7)", find_length("AB")],
        7,
        at(0, 60, names="AB"),
        {"O": "AB"},
    ),
    Case("law of sines", "AB BC CA", [angle("ABC", 30), angle("BCA", 90), length("AB", 10), find_length("AC")], 5),
    Case("law of cosines", "AB BC CA", [angle("ABC", 60), length("AB", 5), length("BC", 8), find_length("AC")], 7),
]


def answer_by(case: Case) -> float | None:
    """What is found with the stated equations, the helpers and the one theorem."""
    runs = case.runs.split()
    between = [f"PointLiesOnLine({b},Line({a},{c}))" for run in runs for a, b, c in itertools.combinations(run, 3)]
    on = [f"PointLiesOnCircle({p},Circle({centre}))" for centre, points in case.circles.items() for p in points]
    segments = tuple(pair for run in runs for pair in itertools.combinations(run, 2))
    diagram = Diagram((), segments, tuple(case.circles), case.places)
    problem = build(diagram, [parse(form) for form in (*between, *on)], [parse(form) for form in case.forms])
    assert problem.target is not None
    system = System()
    system.add(Equation("sought", Symbol(ANSWER), problem.target))
    used = [theorem for theorem in THEOREMS if theorem.name in {"given", case.theorem, *case.helpers}]
    for _ in range(3):
        for theorem in used:
            for left, right in theorem.equations(problem, system):
                system.add(Equation(theorem.name, expression(left), expression(right)))
            system.solve()
    return system.values.get(ANSWER)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.theorem)
def test_a_theorem_by_itself(case: Case) -> None:
    assert answer_by(case) == pytest.approx(case.answer)


@pytest.mark.parametrize("case", [case for case in CASES if case.theorem != "given"], ids=lambda case: case.theorem)
def test_without_it_there_is_no_answer(case: Case) -> None:
    assert answer_by(Case("given", case.runs, case.forms, 0, case.places, case.circles, case.helpers)) is None


def test_every_theorem_is_shown() -> None:
    assert {case.theorem for case in CASES} == {theorem.name for theorem in THEOREMS}


def test_theorems_come_in_the_order_of_their_stages() -> None:
    stages = [theorem.stage for theorem in THEOREMS]
    assert stages == sorted(stages)
    assert all(theorem.equations.__doc__ for theorem in THEOREMS)
