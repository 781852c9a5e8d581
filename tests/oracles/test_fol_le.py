"""LE and equivalence on the vectors judged by LogicLLaMA's own scorer and by four provers."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from executors.fol.logical_equivalence import logical_equivalence
from executors.fol.parser import Unparsable, parse
from executors.fol.semantic_equivalence import parses
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


def test_where_the_official_scorer_stops_or_hangs_ours_says_what_happened(cases: list[Case]) -> None:
    for case in cases:
        status = case["oracle"]["le"]["status"]
        outcome = logical_equivalence(case["pred"], case["gold"], LIMITS)
        if status == "gold_unparsed":
            assert outcome.status is Status.INVALID, case["id"]
        elif status.startswith("timeout"):
            assert outcome.ok, case["id"]


def test_every_prediction_with_an_intended_formula_parses_and_every_gold_formula(cases: list[Case]) -> None:
    assert [case["id"] for case in cases if case["pred_canonical"] and not parses(case["pred"])] == []
    assert [case["id"] for case in cases if isinstance(parse(case["gold"]), Unparsable)] == []


def test_formulas_mean_what_their_canonical_text_means(cases: list[Case]) -> None:
    for case in cases:
        if case["gold_canonical"]:
            assert parse(case["gold"]) == parse(case["gold_canonical"]), case["id"]
