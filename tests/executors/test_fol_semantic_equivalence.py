"""Equivalence by provers: meaning counts, spelling is forgiven, other symbols are not."""

from __future__ import annotations

import pytest

from executors.fol.parser import parse
from executors.fol.semantic_equivalence import align, parses, semantic_equivalence
from executors.outcome import Limits, Status, Verdict

LIMITS = Limits(seconds=60)


@pytest.mark.parametrize(
    ("prediction", "gold"),
    [
        ("∀x (¬Animal(x) → ¬Dog(x))", "∀x (Dog(x) → Animal(x))"),
        ("forall x. ~Dog(x) | Animal(x)", "∀x (Dog(x) → Animal(x))"),
        ("∀y (Dog(y) → Animal(y))", "∀x (Dog(x) → Animal(x))"),
        ("¬∃x (Dog(x) ∧ ¬Animal(x))", "∀x (Dog(x) → Animal(x))"),
        ("∀x (is_dog(x) → animal(x))", "∀x (IsDog(x) → Animal(x))"),
        ("Dog(Rex)", "Dog(rex)"),
        ("∃x ∃y (R(x, y))", "∃y ∃x R(x, y)"),
        ("P(a) ∧ P(a)", "P(a)"),
    ],
)
def test_equivalent(prediction: str, gold: str) -> None:
    assert semantic_equivalence(prediction, gold, LIMITS).value is Verdict.TRUE


@pytest.mark.parametrize(
    ("prediction", "gold"),
    [
        ("∀x (Animal(x) → Dog(x))", "∀x (Dog(x) → Animal(x))"),
        ("∀x ∃y R(x, y)", "∃y ∀x R(x, y)"),
        ("R(b, a)", "R(a, b)"),
        ("Cat(rex)", "Dog(rex)"),
        ("Dog(x)", "∀x Dog(x)"),
        ("∀x Dog(x) → Animal(x)", "∀x (Dog(x) → Animal(x))"),
    ],
)
def test_not_equivalent(prediction: str, gold: str) -> None:
    outcome = semantic_equivalence(prediction, gold, LIMITS)
    assert outcome.value is Verdict.FALSE
    assert "countermodel" in outcome.detail


def test_what_is_no_formula() -> None:
    assert semantic_equivalence("", "P(a)", LIMITS).status is Status.NO_PROGRAM
    assert semantic_equivalence("P(a", "P(a)", LIMITS).status is Status.INVALID
    with pytest.raises(ValueError, match="gold"):
        semantic_equivalence("P(a)", "P(a", LIMITS)


def test_parses() -> None:
    assert parses("FOL: forall x. Dog(x)")
    assert not parses("every dog")


@pytest.mark.parametrize(
    ("predicted", "gold", "aligned"),
    [
        ("is_big(rex)", "IsBig(Rex)", "IsBig(Rex)"),
        # A gold name that the prediction also uses as it stands belongs to itself.
        ("Dog(a) ∧ dog(a)", "Dog(a)", "Dog(a) ∧ dog(a)"),
        # Two candidates, or two claims, are no alignment.
        ("isbig(a)", "IsBig(a) ∧ Is_big(a)", "isbig(a)"),
        ("IS_BIG(a) ∧ isbig(a)", "IsBig(a)", "IS_BIG(a) ∧ isbig(a)"),
        # Kinds and arities are kept apart.
        ("dog(a, b)", "Dog(a)", "dog(a, b)"),
        ("Big(big)", "Big(Big)", "Big(Big)"),
        ("P(F(a))", "P(f(A))", "P(f(A))"),
    ],
)
def test_alignment(predicted: str, gold: str, aligned: str) -> None:
    left, right = parse(predicted), parse(gold)
    assert not hasattr(left, "message")
    assert not hasattr(right, "message")
    assert align(left, right) == parse(aligned)
