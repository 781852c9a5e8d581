"""LE reads and scores formulas as LogicLLaMA does, oddities included."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import executors
from executors.fol.logical_equivalence import logical_equivalence, parsed_logical_equivalence
from executors.fol.printers import to_prover9, to_unicode
from executors.fol.syntax import Formula, lone_word
from executors.outcome import Limits, Status
from tests.executors.fol_strategies import formulas

LIMITS = Limits(seconds=60)


def score(prediction: str, gold: str) -> object:
    return logical_equivalence(prediction, gold, LIMITS).value


@pytest.mark.parametrize(
    ("prediction", "gold", "expected"),
    [
        ("P(a)", "P(a)", 1.0),
        ("¬P(a)", "P(a)", 0.0),
        ("P(a) ∧ Q(a)", "P(a) ∨ Q(a)", 0.5),
        ("P(a) ∧ Q(a)", "P(a)", 0.75),
        # Quantifiers, variables and names take no part; rebinding hides a converse.
        ("∃x P(x)", "∀y Q(y)", 1.0),
        ("Q(a) → P(a)", "P(a) → Q(a)", 1.0),
        # One precedence, to the left: A → B ∧ C is (A → B) ∧ C.
        ("A(a) → (B(a) ∧ C(a))", "A(a) → B(a) ∧ C(a)", 0.75),
        ("(A(a) → B(a)) ∧ C(a)", "A(a) → B(a) ∧ C(a)", 1.0),
        # Quantifiers move to the front.
        ("P(a) ∧ ∃x Q(x)", "P(a) ∧ Q(a)", 1.0),
        ("¬∀x (P(x))", "¬(P(x))", 1.0),
        # Literals are texts without spaces; neighbouring words are one symbol; the first letter's case is no matter.
        ("P(x) ∨ P(y)", "P(x) ∨ P(x)", 0.75),
        ("In(bob, dc universe)", "In(Bob, DcUniverse)", 1.0),
        ("pal(bob) ∧ ¬Pal(bob)", "Q(a) ∧ ¬Q(a)", 1.0),
        ("O'Brien(x)", "OBrien(x)", 1.0),
        ("()", "P(a)", 1.0),
        ("¬()", "P(a)", 0.0),
    ],
)
def test_score(prediction: str, gold: str, expected: float) -> None:
    assert score(prediction, gold) == expected


@pytest.mark.parametrize(
    "prediction",
    [
        "",
        "P",
        "P(a",
        "P(a))",
        "¬¬P(a)",
        "P(a) & Q(a)",
        "P(a) ⇒ Q(a)",
        "∀x1 P(x1)",
        "P()",
        "P(x y)",
        "P(f(x))",
        "∀x",
        "FOL: P(a)",
        "P(a).Q(a)",
        "(" * 1000 + "P(a)" + ")" * 1000,
        "∀x " * 1000 + "P(x)",
        "P(a) ∧ " * 5000 + "P(a)",
    ],
)
def test_outside_the_grammar_is_zero(prediction: str) -> None:
    assert score(prediction, "P(a)") == 0.0


def test_a_gold_formula_outside_the_grammar_has_no_score() -> None:
    assert logical_equivalence("P(a)", "∀x1 P(x1)", LIMITS).status is Status.INVALID


def test_long_chains_have_a_score_and_too_many_literals_none() -> None:
    chain = " ∧ ".join(f"P{index}(a)" for index in range(16))
    assert score(chain, chain) == 1.0
    assert score(" ∧ ".join(["P(a)"] * 900), "P(a)") == 1.0
    wide = " ∧ ".join(f"P{index}(a)" for index in range(21))
    assert logical_equivalence(wide, wide, LIMITS).status is Status.MEMORY


def test_beyond_six_literals_the_score_is_the_same_in_every_process() -> None:
    left = "(" + " ∧ ".join(f"P{index}(a)" for index in range(8)) + ") → Q(a)"
    right = "(" + " ∧ ".join(f"P{index}(a)" for index in range(1, 8)) + " ∧ Q(a)) → P0(a)"
    script = (
        "from executors.fol.logical_equivalence import logical_equivalence as le\n"
        "from executors.outcome import Limits\n"
        f"print(le({left!r}, {right!r}, Limits(60)).value)"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(executors.__file__).parents[1],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        for seed in "12"
    }
    assert printed == {f"{score(left, right)}\n"}


def test_the_deadline_is_an_outcome() -> None:
    wide = " ⊕ ".join(f"P{index}(a)" for index in range(20))
    assert logical_equivalence(wide, "Q(a) ∧ Q(b)", Limits(seconds=0.001)).status is Status.TIMEOUT


@given(st.text(st.sampled_from("∀∃¬∧∨→↔⊕(),PQabxy '."), max_size=60))
def test_any_text_has_a_score_between_0_and_1(text: str) -> None:
    outcome = logical_equivalence(text, "∀x (P(x) → Q(x))", LIMITS)
    assert outcome.ok
    assert isinstance(outcome.value, float)
    assert 0.0 <= outcome.value <= 1.0


@pytest.mark.parametrize(
    ("prediction", "official", "parsed"),
    [
        ("P(a) → (Q(a) ∧ R(a))", 0.75, 1.0),  # precedence makes these brackets needless, the original's reader does not
        ("P(a) -> Q(a) & R(a)", 0.0, 1.0),
        ("∀x ¬¬(P(a) → Q(a) ∧ R(a))", 0.0, 1.0),
        ("no formula", 0.0, 0.0),
    ],
)
def test_the_same_score_over_parsed_formulas(prediction: str, official: float, parsed: float) -> None:
    gold = "P(a) → Q(a) ∧ R(a)"
    assert logical_equivalence(prediction, gold, LIMITS).value == official
    assert parsed_logical_equivalence(prediction, gold, LIMITS).value == parsed


@given(formulas(st.sampled_from(["P", "Q", "rex", "tom"]), max_leaves=6).filter(lambda formula: not lone_word(formula)))
@settings(deadline=None, max_examples=60)
def test_the_notation_does_not_matter_to_the_parsed_score(formula: Formula) -> None:
    gold = to_unicode(formula)
    for printed in (gold, to_prover9(formula)):  # TPTP renames variables
        assert parsed_logical_equivalence(printed, gold, LIMITS).value == 1.0
