"""What follows forwards, and only that."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from executors.fol.parser import Unparsable, parse
from executors.fol.syntax import Formula
from executors.forward_chaining import MAX_INSTANCES, chain
from executors.outcome import Limits, Outcome, Status, Verdict

LIMITS = Limits(seconds=20)


def formula(text: str) -> Formula:
    read = parse(text)
    assert not isinstance(read, Unparsable)
    return read


def outcome(premises: Sequence[str], statement: str, limits: Limits = LIMITS) -> Outcome:
    return chain([formula(premise) for premise in premises], formula(statement), limits)


@pytest.mark.parametrize(
    ("premises", "statement", "verdict"),
    [
        (["P(a)", "∀x (P(x) → Q(x))"], "Q(a)", Verdict.TRUE),
        (["P(a)", "∀x (P(x) → ¬Q(x))"], "Q(a)", Verdict.FALSE),
        (["P(a)", "∀x (P(x) → Q(x))"], "Q(b)", Verdict.UNKNOWN),
        # No contraposition, no case split.
        (["¬Q(a)", "∀x (P(x) → Q(x))"], "P(a)", Verdict.UNKNOWN),
        (["P(a) → R(a)", "¬P(a) → R(a)"], "R(a)", Verdict.UNKNOWN),
        # A contradiction says nothing but itself.
        (["P(a)", "¬P(a)"], "P(a)", Verdict.INCONSISTENT),
        (["P(a)", "¬P(a)"], "Q(a)", Verdict.UNKNOWN),
        # An equivalence is a rule each way, between the two sides as they stand.
        (["∀x (¬P(x) ↔ ¬Q(x))", "¬Q(a)"], "¬P(a)", Verdict.TRUE),
        (["∀x (¬P(x) ↔ ¬Q(x))", "Q(a)"], "P(a)", Verdict.UNKNOWN),
        # Conditions.
        (["P(a)", "P(b) ∨ P(a) → Q(a) ∧ ¬R(b)"], "R(b)", Verdict.FALSE),
        (["P(a)", "(∃x (P(x) ∧ ¬Q(x))) → R(b)"], "R(b)", Verdict.UNKNOWN),
        (["P(a)", "¬Q(a)", "(∃x (P(x) ∧ ¬Q(x))) → R(b)"], "R(b)", Verdict.TRUE),
        (["P(a)", "(∀x P(x)) → R(b)"], "R(b)", Verdict.UNKNOWN),
        (["P(a)", "P(b)", "(∀x P(x)) → R(b)"], "R(b)", Verdict.TRUE),
        (["∀x ∀y (Likes(x, y) → Likes(y, x))", "Likes(a, b)"], "Likes(b, a)", Verdict.TRUE),
        (["∀x P(x)"], "P(a)", Verdict.TRUE),
    ],
)
def test_verdicts(premises: list[str], statement: str, verdict: Verdict) -> None:
    assert outcome(premises, statement).value is verdict


@pytest.mark.parametrize(
    ("premises", "statement", "reason"),
    [
        (["P(a) ∨ Q(a)"], "P(a)", "neither a fact nor a rule"),
        (["P(f(a))"], "P(a)", "a function is no name"),
        (["a = b"], "P(a)", "neither a fact nor a rule"),
        (["P(a)"], "P(a) ∧ P(b)", "the statement is no literal"),
        (
            ["∀x ∀y ∀z ∀w (R(x, y, z, w) → P(x))", *(f"P(c{number})" for number in range(20))],
            "P(a)",
            f"more than {MAX_INSTANCES} instances of rules",
        ),
    ],
)
def test_what_is_no_facts_and_rules_is_left_undecided(premises: list[str], statement: str, reason: str) -> None:
    found = outcome(premises, statement)
    assert (found.value, found.detail) == (Verdict.UNDECIDED, reason)


def test_a_condition_without_end_stops_at_the_deadline() -> None:
    names = [f"P(c{number})" for number in range(60)]
    endless = "(∃x ∃y ∃z ∃w (P(x) ∧ P(y) ∧ P(z) ∧ P(w) ∧ Q(a))) → R(a)"
    found = outcome([*names, endless], "R(a)", Limits(seconds=0.3))
    assert found.status is Status.TIMEOUT
    assert found.seconds < 5
