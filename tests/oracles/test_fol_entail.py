"""Entailment on the vectors judged by four provers, and Logic-LM's programs, real model outputs among them."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from executors.fol.parser import Unparsable, parse
from executors.fol.syntax import Formula
from executors.logic_program import Faulty, parse_program, run
from executors.outcome import Limits, Status, Verdict
from executors.prover import Agreement, entails

LIMITS = Limits(seconds=60)
ENDLESS_LIMITS = Limits(seconds=2)

Case = dict[str, Any]


@cache
def read(folder: Path) -> list[Case]:
    return [json.loads(line) for line in (folder / "fol_entail.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def cases(oracles: Path) -> list[Case]:
    return read(oracles)


@pytest.fixture
def judged(cases: list[Case]) -> list[Case]:
    """The cases with a verdict that the provers decided."""
    found = [case for case in cases if case["oracle"]["provers"] and verdict(case) is not Verdict.UNDECIDED]
    assert len(found) == 296
    return found


def verdict(case: Case) -> Verdict:
    return Verdict(case["oracle"]["provers"]["verdict"].lower())


def formula(text: str) -> Formula:
    parsed = parse(text)
    assert not isinstance(parsed, Unparsable), text
    return parsed


def test_prover9_contradicts_no_verdict(judged: list[Case]) -> None:
    for case in judged[::10]:
        premises = [formula(text) for text in case["premises_canonical"]]
        outcome = entails(premises, formula(case["conclusion_canonical"]), Limits(seconds=10), Agreement.ALWAYS)
        assert outcome.value is verdict(case), (case["id"], outcome)


def test_what_no_prover_decided_is_never_called_unknown(cases: list[Case]) -> None:
    undecided = [case for case in cases if case["oracle"]["provers"] and verdict(case) is Verdict.UNDECIDED]
    assert undecided
    for case in undecided:
        assert run(case["program"], ENDLESS_LIMITS).value is not Verdict.UNKNOWN, case["id"]


def test_programs_without_a_canonical_reading_end_in_an_outcome_that_says_why(cases: list[Case]) -> None:
    for case in cases:
        if case["premises_canonical"] is None:
            outcome = run(case["program"], LIMITS)
            assert outcome.status in (Status.OK, Status.INVALID, Status.NO_PROGRAM), case["id"]
            assert outcome.detail, case["id"]


# Of the model programs that Logic-LM supplies: how many are read. The rest use arithmetic, set membership, unbalanced
# brackets, or answer with a word in place of a formula.
READ = {
    "FOLIO_dev_gpt-4": (90, 100),
    "FOLIO_dev_gpt-3.5-turbo": (91, 100),
    "FOLIO_dev_text-davinci-003": (84, 100),
    "ProofWriter_dev_gpt-4": (75, 75),
    "ProofWriter_dev_text-davinci-003": (75, 75),
    "ProntoQA_dev_gpt-4": (75, 75),
    "ProntoQA_dev_text-davinci-003": (75, 75),
}


def test_real_model_programs_are_read(data_root: Path) -> None:
    counted: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for path in sorted(data_root.glob("*/logic_programs/*.json")):
        for row in json.loads(path.read_text(encoding="utf-8")):
            total[path.stem] += 1
            counted[path.stem] += not isinstance(parse_program(row["raw_logic_programs"][0]), Faulty)
    assert {name: (counted[name], total[name]) for name in total} == READ
