"""LE and equivalence on the vectors judged by LogicLLaMA's own scorer and by four provers."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from executors.fol.logical_equivalence import logical_equivalence
from executors.fol.parser import Unparsable, parse
from executors.fol.semantic_equivalence import parses, semantic_equivalence
from executors.outcome import Limits, Status, Verdict

# Every decided case takes well under a second; the machine may be busy. The undecided one uses up what it is given.
LIMITS = Limits(seconds=60)
ENDLESS_LIMITS = Limits(seconds=2)
VERDICTS = {"equivalent": Verdict.TRUE, "not_equivalent": Verdict.FALSE, "undecided": Verdict.UNDECIDED}

Case = dict[str, Any]


@cache
def read(folder: Path) -> list[Case]:
    return [json.loads(line) for line in (folder / "fol_le.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def cases(oracles: Path) -> list[Case]:
    return read(oracles)


def test_every_defined_score_is_the_official_one(cases: list[Case]) -> None:
    defined = [case for case in cases if case["oracle"]["le"]["status"] in ("ok", "pred_unparsed")]
    assert len(defined) == 328
    differing = []
    for case in defined:
        outcome = logical_equivalence(case["pred"], case["gold"], LIMITS)
        if not outcome.ok or outcome.value != pytest.approx(case["oracle"]["le"]["score"], abs=1e-9):
            differing.append((case["id"], case["oracle"]["le"]["score"], outcome))
    assert differing == []


def test_where_the_official_scorer_stops_or_hangs_ours_says_what_happened(cases: list[Case]) -> None:
    for case in cases:
        status = case["oracle"]["le"]["status"]
        outcome = logical_equivalence(case["pred"], case["gold"], LIMITS)
        if status == "gold_unparsed":
            assert outcome.status is Status.INVALID, case["id"]
        elif status.startswith("timeout"):
            assert outcome.ok, case["id"]


def test_every_verdict_of_the_provers(cases: list[Case]) -> None:
    judged = [case for case in cases if case["oracle"]["equivalence"]]
    assert len(judged) == 275
    differing = []
    for case in judged:
        expected = VERDICTS[case["oracle"]["equivalence"]["verdict"]]
        limits = ENDLESS_LIMITS if expected is Verdict.UNDECIDED else LIMITS
        outcome = semantic_equivalence(case["pred"], case["gold"], limits)
        if outcome.value is not expected:
            differing.append((case["id"], expected, outcome))
    assert differing == []


def test_every_prediction_with_an_intended_formula_parses_and_every_gold_formula(cases: list[Case]) -> None:
    assert [case["id"] for case in cases if case["pred_canonical"] and not parses(case["pred"])] == []
    assert [case["id"] for case in cases if isinstance(parse(case["gold"]), Unparsable)] == []


def test_formulas_mean_what_their_canonical_text_means(cases: list[Case]) -> None:
    for case in cases:
        if case["gold_canonical"]:
            assert parse(case["gold"]) == parse(case["gold_canonical"]), case["id"]
