"""Geometry problems as logic forms: Geometry3K (Inter-GPS), written form by form, and delegated to a solver.

Official files: `logic_forms/{text,diagram}_logic_forms_annot.json`, `logic_forms/text_logic_forms_annot_dissolved.json`
(problem id -> forms; test problems are 2401 to 3001), and a folder `test/<id>/data.json` a problem with its wording,
four choices and the answer's letter.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from executors import geometry
from executors.outcome import Limits, Outcome, Status
from tasks import extract
from tasks.metrics import Estimate, Metric, Origin, Pooling, Standing, Statistics, mean, pooled
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import DataError, Sample, Task

LIMITS = Limits(seconds=10.0)

TEST_IDS = range(2401, 3002)

# Where there are no choices to choose from: official values carry the rounding of their trigonometry.
TOLERANCE = 1e-3

_FOLDER = "logic_forms"
_FILES = tuple(f"{_FOLDER}/{name}_logic_forms_annot.json" for name in ("text", "diagram"))
_DISSOLVED = f"{_FOLDER}/text_logic_forms_annot_dissolved.json"
_NO_WORDING = "(the wording of problem {} is not in this copy of the data)"
_POINT = re.compile(r"[A-Za-z]'*")
_NOWHERE = (-1.0, -1.0)


@dataclass(frozen=True, slots=True)
class FormsOfProblem:
    """What a form is judged by: all forms of its problem."""

    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GeometryProblem:
    """What the solver needs besides the text's forms, and the answer: one of four choices, or a number alone."""

    diagram: geometry.Diagram
    answer: float
    choices: tuple[float, ...] = ()


def as_diagram(row: Mapping[str, Any]) -> geometry.Diagram:
    """An entry of `diagram_logic_forms_annot.json`; points at (-1, -1) are not in the picture."""
    segments = (_POINT.findall(line) for line in row["line_instances"])
    positions = {name: (float(x), float(y)) for name, (x, y) in row["point_positions"].items()}
    return geometry.Diagram(
        tuple(form for form in row["diagram_logic_forms"] if form),
        tuple((ends[0], ends[1]) for ends in segments if len(ends) == 2 and ends[0] != ends[1]),
        tuple(name for name in row["circle_instances"] if name),
        {name: place for name, place in positions.items() if place != _NOWHERE},
    )


def read_forms(folder: Path) -> Iterator[Sample]:
    """One sample a text form of a test problem (the paper's 1,315 items), in the order of the problem's forms."""
    rows = _rows(folder, _FILES[0])
    for pid in _test_problems(rows):
        forms = tuple(_forms(folder / _FILES[0], rows, pid))
        wording = _data(folder, pid).get("compact_text", _NO_WORDING.format(pid))
        for number, form in enumerate(forms):
            fields = {"question": wording, "before": "\n".join(forms[:number]) or "(none)"}
            yield Sample(f"{pid}-{number}", fields, form, FormsOfProblem(forms), group=pid)


def read_problems(folder: Path) -> Iterator[Sample]:
    """One sample a test problem whose answer is known.

    That is the official letter; where a problem's own folder is missing, the value on which the runs of the published
    solver that were marked right agree (`published_solver_results/`), without choices.
    """
    told, drawn = _rows(folder, _DISSOLVED), _rows(folder, _FILES[1])
    published = _published(folder)
    for pid in _test_problems(told):
        data = _data(folder, pid)
        try:
            diagram = as_diagram(drawn[pid])
            choices = tuple(float(value) for value in data.get("precise_value", ()))
            answer = choices["ABCD".index(data["answer"])] if choices else published.get(pid)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise DataError(f"{folder}: problem {pid} is not Inter-GPS's form ({error!r}); fetch it again") from error
        if answer is None:
            continue
        forms = [form for form in _forms(folder / _DISSOLVED, told, pid) if form.strip()]
        fields = {"question": data.get("compact_text", _NO_WORDING.format(pid)), "diagram": "\n".join(diagram.forms)}
        target = data["answer"] if choices else repr(answer)
        yield Sample(pid, fields, target, GeometryProblem(diagram, answer, choices), program="\n".join(forms))


def _rows(folder: Path, name: str) -> dict[str, Any]:
    try:
        rows = json.loads((folder / name).read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{folder / name} is not whole JSON ({error}): fetch the official file again") from error
    if not isinstance(rows, dict):
        raise DataError(f"{folder / name} is no table by problem id: fetch the official file again")
    return rows


def _test_problems(rows: Mapping[str, Any]) -> list[str]:
    return sorted((pid for pid in rows if pid.isdecimal() and int(pid) in TEST_IDS), key=int)


def _forms(path: Path, rows: Mapping[str, Any], pid: str) -> list[str]:
    forms = rows[pid].get("text_logic_forms") if isinstance(rows[pid], dict) else None
    if not isinstance(forms, list) or not all(isinstance(form, str) for form in forms):
        raise DataError(f"{path}: problem {pid} has no list of text_logic_forms; fetch the official file again")
    return forms


def _data(folder: Path, pid: str) -> dict[str, Any]:
    """`test/<id>/data.json`; empty where that folder is missing."""
    path = folder / "test" / pid / "data.json"
    if not path.exists():
        return {}
    return _rows(path.parent, path.name)


def _published(folder: Path) -> dict[str, float]:
    """The published solver's values that were marked right; not those on which its runs differ, nor zeros, which no
    length, angle or area is."""
    found: dict[str, list[float]] = {}
    for path in sorted((folder / "published_solver_results").glob("*.json")):
        for row in _rows(path.parent, path.name)["result"]:
            if row["correctness"] == "yes" and row["guess"]:
                found.setdefault(str(row["num"]), []).append(float(row["guess"]))
    return {pid: values[0] for pid, values in found.items() if all(_close(value, values[0]) for value in values)}


def _close(first: float, second: float) -> bool:
    return math.isclose(first, second, rel_tol=TOLERANCE)


_FORM_LINE = re.compile(r"^\s*+(?:[-*•]|\d+[.)])?\s*+(?:[\w ]{0,40}:\s*+)?`?(?P<form>[A-Za-z]+ ?\(.*)$")


def form_lines(completion: str) -> str | None:
    """Logic forms, one a line: the last fenced block as it stands, else the lines that begin like a form."""
    text = extract.without_end_tokens(completion)
    block = extract.fenced(text)
    if block is not None:
        lines = [line.strip() for line in block.splitlines()]
    else:
        lines = [match["form"].strip().rstrip("`") for line in text.splitlines() if (match := _FORM_LINE.match(line))]
    return "\n".join(line for line in lines if line) or None


def one_form(completion: str) -> str | None:
    """The first logic form of a completion; where no line begins like one, its text as it stands."""
    lines = form_lines(completion)
    if lines is None:
        return extract.without_end_tokens(completion).strip() or None
    return lines.splitlines()[0]


def parse(program: str, sample: Sample) -> Outcome:
    """The form's tree, as the official reader gives it."""
    try:
        return Outcome(Status.OK, {"form": str(geometry.parse(program))})
    except geometry.FormError as error:
        return Outcome.failed(Status.INVALID, error)


def solve(program: str, sample: Sample) -> Outcome:
    """The solver's answer to the written forms with the figure's forms."""
    assert isinstance(sample.context, GeometryProblem)
    return geometry.run(program.splitlines(), sample.context.diagram, LIMITS)


def exact_match(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when the form is the gold form but for white space."""
    return {"score": float(program is not None and _squeezed(program) == _squeezed(sample.target))}


def _squeezed(text: str) -> str:
    return "".join(text.split())


def which_form(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """Which of its problem's forms was written (-1: none), all ways of writing one counting as the same, and how often
    the problem has that form."""
    assert isinstance(sample.context, FormsOfProblem)
    meanings = [_meaning(form) for form in sample.context.forms]
    written = _meaning(program) if program is not None else None
    if written not in meanings:
        return {"form": -1.0, "times": 0.0}
    return {"form": float(meanings.index(written)), "times": float(meanings.count(written))}


def _meaning(form: str) -> object:
    try:
        return geometry.normalise(geometry.parse(form))
    except geometry.FormError:
        return _squeezed(form)


@pooled(Pooling.GROUPS)
def same_set(statistics: Sequence[Statistics], groups: Sequence[str]) -> Estimate:
    """Share of problems of which every answer is one of the problem's forms, and none is given more often than the
    problem has it: the same set in any order, once all forms are asked for. `n` counts problems."""
    by_problem: dict[str, Counter[tuple[float, float]]] = {}
    for row, group in zip(statistics, groups, strict=True):
        by_problem.setdefault(group, Counter())[row["form"], row["times"]] += 1
    right = [all(count <= times for (_, times), count in forms.items()) for forms in by_problem.values()]
    return mean([{"score": float(score)} for score in right], [""] * len(right))


def answer_accuracy(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when the choice nearest to the solver's value is the answer; without choices, when the value is the answer."""
    problem, value = sample.context, outcome.value
    assert isinstance(problem, GeometryProblem)
    if not outcome.ok or not isinstance(value, Mapping) or not isinstance(value.get("answer"), float):
        return {"score": 0.0}
    found = float(str(value["answer"]))
    if not problem.choices:
        return {"score": float(_close(found, problem.answer))}
    return {"score": float(nearest(found, problem.choices) == problem.answer)}


def nearest(value: float, choices: Sequence[float]) -> float | None:
    """The choice nearest to a value, as the official scorer takes it; None where two are equally near."""
    least = min(abs(choice - value) for choice in choices)
    near = {choice for choice in choices if abs(choice - value) == least}
    return near.pop() if len(near) == 1 else None


def wrong_forms(sample: Sample) -> list[str]:
    return [f"Not({sample.target.strip()})", "Find(", f"Equals({sample.target.strip()}, 0)"]


def wrong_problems(sample: Sample) -> list[str]:
    assert isinstance(sample.context, GeometryProblem)
    off = 1.5 * max([abs(sample.context.answer), *map(abs, sample.context.choices)]) + 1
    if sample.context.choices and sample.context.answer == max(sample.context.choices):
        off = min(sample.context.choices)
    return [f"Find({off:.6f})", "Equals(x, 1)", "Find(x"]


_FORMS_PROMPT = Prompt(
    "Parse the question sentence with the given form: predicates applied to points, lines, angles and numbers, one "
    "logic form at a time.\n"
    "Shapes: Point Line Angle Triangle Quadrilateral Parallelogram Square Rectangle Rhombus Trapezoid Kite Polygon "
    "Circle Arc Sector. Attributes: Right Isosceles Equilateral Regular Shaded AreaOf PerimeterOf RadiusOf DiameterOf "
    "CircumferenceOf AltitudeOf HypotenuseOf SideOf MeasureOf LengthOf ScaleFactorOf. Relations: PointLiesOnLine "
    "PointLiesOnCircle Parallel Perpendicular BisectsAngle Congruent Similar Tangent InscribedIn IsMidpointOf "
    "IsCentroidOf IsDiameterOf IsMedianOf IsMidsegmentOf IsAltitudeOf. Numbers: SinOf CosOf TanOf HalfOf SumOf Add Mul "
    "Equals Find.\n"
    "The question is: {{ question }}\n"
    "The forms so far are:\n{{ before }}\n"
    "The next form is: ",
    shots=(
        Shot(
            {"question": "In rhombus PQRS, PQ = 14. Find the perimeter of PQRS.", "before": "(none)"},
            "Rhombus(P,Q,R,S)",
        ),
        Shot(
            {
                "question": "KM bisects angle JKL and m \\angle JKM = 3x + 4. Find x.",
                "before": "BisectsAngle(Line(K,M),Angle(J,K,L))",
            },
            "Equals(MeasureOf(Angle(J,K,M)),3x+4)",
        ),
        Shot(
            {
                "question": "The radius of \\odot T is 9. Find the length of arc UV.",
                "before": "Equals(RadiusOf(Circle(T)),9)",
            },
            "Find(LengthOf(Arc(U,V)))",
        ),
    ),
)

_PROBLEM_PROMPT = Prompt(
    "Write the logic forms of the question for a geometry solver, one a line. Name every shape by its points, and end "
    "with one Find. What the figure shows is given to the solver already.\n"
    "The figure's forms are:\n{{ diagram }}\n"
    "The question is: {{ question }}\n"
    "The logic forms are:\n",
    shots=(
        Shot(
            {
                "diagram": "Equals(LengthOf(Line(P, Q)), 14)",
                "question": "PQRS is a rhombus. Find its perimeter.",
            },
            "Rhombus(P,Q,R,S)\nFind(PerimeterOf(Rhombus(P,Q,R,S)))",
        ),
        Shot(
            {
                "diagram": "Equals(MeasureOf(Angle(J, K, L)), 62)\nPointLiesOnLine(M, Line(J, L))",
                "question": "KM bisects angle JKL. Find m \\angle JKM.",
            },
            "BisectsAngle(Line(K,M),Angle(J,K,L))\nFind(MeasureOf(Angle(J,K,M)))",
        ),
        Shot(
            {
                "diagram": "PointLiesOnCircle(U, Circle(T, radius_0_0))\nPointLiesOnCircle(V, Circle(T, radius_0_0))\n"
                "Equals(MeasureOf(Angle(U, T, V)), 80)",
                "question": "The radius of \\odot T is 9. Find the length of arc UV.",
            },
            "Equals(RadiusOf(Circle(T)),9)\nFind(LengthOf(Arc(U,V)))",
        ),
    ),
)

# Annotated test problems whose own forms cannot all hold; the published solver answered before it saw that.
_BROKEN = {
    **dict.fromkeys(["2555", "2563"], "the figure's forms give opposite sides of a parallelogram the lengths 21 and 3"),
    "2774": "the figure's forms give a side the length 0",
    "2878": "a form says that twice an angle is 180 degrees where the figure needs the sum of two angles",
}

_HOMEPAGE = "https://github.com/lupantech/InterGPS"

GEOMETRY3K = Task(
    name="geometry3k",
    title="Geometry3K",
    suites=("symbolic",),
    domain="Visual",
    language="geometry",
    source=Source("geometry3k", _FILES[:1], _HOMEPAGE, "MIT"),
    read=read_forms,
    prompt=_FORMS_PROMPT,
    extract=one_form,
    execute=parse,
    metrics=(
        Metric(
            "exact_match",
            exact_match,
            origin=Origin.PAPER,
            standing=Standing.DERIVED,
            source="EM of the paper's table; one item a text form, as its scores need (1,315 items); white space aside",
        ),
        Metric(
            "set_match",
            which_form,
            same_set,
            source="all forms of a problem right in any order and any way of writing them",
        ),
    ),
    wrong=wrong_forms,
    paper_metric="exact_match",
    size=1315,
    max_tokens=128,
)

GEOMETRY3K_DELEGATION = Task(
    name="geometry3k_delegation",
    title="Geometry3K (delegation)",
    suites=("delegation",),
    domain="Visual",
    language="geometry",
    source=Source("geometry3k", (*_FILES, _DISSOLVED), _HOMEPAGE, "MIT"),
    read=read_problems,
    prompt=_PROBLEM_PROMPT,
    extract=form_lines,
    execute=solve,
    metrics=(
        Metric(
            "answer_accuracy",
            answer_accuracy,
            origin=Origin.OFFICIAL,
            standing=Standing.DERIVED,
            source="Inter-GPS 99e6b529: the choice nearest to the solver's value; unsolved counts 0, not a quarter",
        ),
    ),
    wrong=wrong_problems,
    broken=_BROKEN,
    size=601,
    max_tokens=400,
    deadline=30.0,
)
