"""Geometry3K: logic forms read as Inter-GPS reads them, and problems solved as its symbolic solver solves them.

A form is held against the official tree. Of a problem the official answer binds where there is one: ours is that or
none. Where the official solver has none, ours may have one only if it is the gold answer. How many of the problems
that the official solver got right are solved at all is counted as `solved`, of which a share must be reached.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence

from executors.geometry import Diagram, FormError, normalise, parse, run
from executors.outcome import Outcome
from tasks.geometry import as_diagram
from tests.oracles.agreement import DATA, Case, Verdict

FLOORS: Mapping[str, float] = {"solved": 0.6}
"""The shares of agreement that are asked of the verdicts that do not bind case by case."""

# The official solver's values carry the rounding of its trigonometry.
TOLERANCE = 1e-4


def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
    for case in cases:
        yield [_read(case)] if case["kind"] == "parse" else list(_solved(case))


def _read(case: Case) -> Verdict:
    ours = _tree(case["pred"])
    same = ours is not None and ours == _tree(case["gold"])
    official = case["oracle"]
    return Verdict("same_tree", official["same_tree"], same, (same, ours) == (official["same_tree"], official["tree"]))


def _tree(text: str) -> list[object] | None:
    try:
        return parse(text).tree()
    except FormError:
        return None


def _solved(case: Case) -> Iterator[Verdict]:
    outcome = run(case["pred"], diagrams()[case["pid"]])
    ours, official = answer(outcome), case["oracle"]
    facts = {"status": outcome.status.value, "detail": outcome.detail, "mutation": case["mutation"]}
    expected = _expected(case)
    if expected:
        wrong = ours is not None and (expected[0] is None or not math.isclose(ours, expected[0], rel_tol=TOLERANCE))
        yield Verdict("not_wrong", expected[0], ours, not wrong, facts)
        if official["same_as_gold_answer"]:
            yield Verdict("solved", expected[0], ours, ours is not None and not wrong, facts, binding=False)


def _expected(case: Case) -> tuple[float | None, ...]:
    """The answer that ours must be, where there is one (None: there must be none); empty where nothing is known.

    The gold answer is the answer to the gold forms only: a prediction that means something else has another.
    """
    official = case["oracle"]
    if official["answer"] is not None:
        return (official["answer"],)
    if official["error"] in ("ParseException", "TypeError") and official["same_as_gold_answer"] is False:
        return (None,)
    same = _meaning(case["pred"]) == _meaning(case["gold"])
    return (case["gold_answer"],) if same and case["gold_answer"] is not None else ()


def _meaning(forms: Sequence[str]) -> set[object] | None:
    try:
        return {normalise(parse(form)) for form in forms}
    except FormError:
        return None


def answer(outcome: Outcome) -> float | None:
    value = outcome.value
    return float(str(value["answer"])) if outcome.ok and isinstance(value, dict) else None


@functools.cache
def diagrams() -> Mapping[str, Diagram]:
    """The annotated diagrams of the shared problems, by problem id."""
    path = DATA / "geometry3k" / "logic_forms" / "diagram_logic_forms_annot.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    return {pid: as_diagram(row) for pid, row in rows.items() if re.fullmatch(r"\d+", pid)}
