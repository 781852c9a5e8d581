"""The geometry solver on the supplied problems of Geometry3K and on generated ones: parsed, solved, unsolved, seconds.

    python -m benchmarks.geometry [--generated 500] [--seed 1] [--json FILE]

Problems: annotated forms below SYMHARNESS_DATA (default ../shared/data). Right and wrong can be told only where the
published solver's answer was marked right (test problems); generated problems know their answers. Goals: every
generated problem solved, no supplied one answered wrong, a median below one second.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from executors.geometry import Diagram, run
from executors.outcome import Outcome, Status, Verdict
from tasks.bundled.geometry import pixels, problems
from tasks.geometry import GeometryProblem, as_diagram, read_problems

REPOSITORY = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SYMHARNESS_DATA") or REPOSITORY.parent / "shared" / "data") / "geometry3k"
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Case:
    name: str
    forms: tuple[str, ...]
    diagram: Diagram
    answer: float | None


def supplied() -> Iterator[Case]:
    """All annotated problems, with the answers that are known."""
    folder = DATA / "logic_forms"
    told = json.loads((folder / "text_logic_forms_annot_dissolved.json").read_text(encoding="utf-8"))
    drawn = json.loads((folder / "diagram_logic_forms_annot.json").read_text(encoding="utf-8"))
    answers = {s.id: s.context.answer for s in read_problems(DATA) if isinstance(s.context, GeometryProblem)}
    for pid, row in told.items():
        forms = tuple(form for form in row["text_logic_forms"] if form.strip())
        yield Case(pid, forms, as_diagram(drawn[pid]), answers.get(pid))


def generated(count: int, seed: int) -> Iterator[Case]:
    for number, problem in enumerate(problems(count, seed)):
        positions = {name: (x, y) for name, (x, y) in pixels(problem).items()}
        diagram = Diagram(tuple(problem.diagram_forms), tuple(problem.lines), problem.circles, positions)
        yield Case(f"{problem.kind} {number}", problem.told, diagram, problem.answer)


def verdict(case: Case, outcome: Outcome) -> str:
    if outcome.status is Status.INVALID:
        return "not parsed"
    if outcome.value is Verdict.INCONSISTENT:
        return "contradictory"
    if not isinstance(outcome.value, dict):
        return "unsolved"
    if case.answer is None:
        return "answered, answer not known"
    right = math.isclose(float(str(outcome.value["answer"])), case.answer, rel_tol=TOLERANCE)
    return "solved right" if right else "SOLVED WRONG"


def measured(cases: Iterable[Case]) -> dict[str, object]:
    counts: Counter[str] = Counter()
    seconds: list[float] = []
    wrong = []
    for case in cases:
        started = time.perf_counter()
        outcome = run(case.forms, case.diagram)
        seconds.append(time.perf_counter() - started)
        found = verdict(case, outcome)
        counts[found] += 1
        if found == "SOLVED WRONG":
            wrong.append(case.name)
    return {
        "problems": len(seconds),
        **dict(sorted(counts.items())),
        "wrong": wrong,
        "seconds": round(sum(seconds), 2),
        "median": round(statistics.median(seconds), 4),
        "slowest": round(max(seconds), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generated", type=int, default=500, help="how many problems to generate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    arguments = parser.parse_args()
    figures = {
        "supplied": measured(supplied()),
        "generated": measured(generated(arguments.generated, arguments.seed)),
    }
    text = json.dumps(figures, indent=1)
    print(text)
    if arguments.json is not None:
        arguments.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
