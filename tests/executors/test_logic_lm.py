"""Logic-LM's own reading, flaws and all: each is one that its code has, not one that we would defend."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executors.fol.printers import to_unicode
from executors.logic_lm import run_formulas, run_rules
from executors.logic_lm.grammar import Broken, read
from executors.outcome import Limits, Status, Verdict

LIMITS = Limits(seconds=20)


def as_read(text: str) -> str:
    formula = read(text)
    return formula.kind if isinstance(formula, Broken) else to_unicode(formula)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("A(a) → B(a) ∧ C(a)", "(A(a) → B(a)) ∧ C(a)"),
        ("∀x P(x) → Q(a)", "∀x (P(x) → Q(a))"),
        ("¬P(a) ∧ Q(a)", "¬P(a) ∧ Q(a)"),
        ("¬(P(a) ∧ Q(a)) ∨ R(a)", "¬(P(a) ∧ Q(a)) ∨ R(a)"),
        ("¬∀x ∃y (P(x, y))", "¬∀x ∃y P(x, y)"),
        ("Dog(rex)", "Dog(Rex)"),
        ("Likes(dc universe, rex)", "Likes(DcUniverse, Rex)"),
        ("∀x (P(x) ⊕ Q(x))", "∀x (P(x) ⊕ Q(x))"),
        # Quantifiers inside, double negation and other notations are nothing to it.
        ("∀x (P(x) → ∃y R(x, y))", "parsing error"),
        ("(∃x P(x)) → Q(a)", "parsing error"),
        ("¬¬P(a) ∧ Q(a)", "¬(¬P(a) ∧ Q(a))"),
        ("forall x. P(x)", "parsing error"),
        ("", "parsing error"),
        # Accepted by its first parser, lost by its second.
        ("¬(∃x (P(x)))", "execution error"),
        ("Ted(ted)", "execution error"),
        ("Ted(ted) ∧ P(a)", "P(a)"),
        # Names that NLTK does not take.
        ("Well-known(rex)", "execution error"),
        ("Café(rex)", "execution error"),
        ("∀person (Tall(person))", "execution error"),
        ("∀x1 (Tall(x1))", "∀X1 Tall(X1)"),
    ],
)
def test_formulas(text: str, meaning: str) -> None:
    assert as_read(text) == meaning


def program(*premises: str, conclusion: str) -> str:
    return "\n".join(["Premises:", *premises, "Conclusion:", conclusion])


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (program("∀x (Dog(x) → Animal(x)) ::: Dogs are animals.", "Dog(rex)", conclusion="Animal(rex)"), Verdict.TRUE),
        (program("∀x (Dog(x) → Animal(x))", "¬Animal(rex)", conclusion="Dog(rex)"), Verdict.FALSE),
        (program("Dog(rex)", conclusion="Dog(tom)"), Verdict.UNKNOWN),
        # The goal is tried first, so that contradictory premises prove it.
        (program("P(a)", "¬P(a)", conclusion="¬P(a)"), Verdict.TRUE),
        # Prover9 takes u to z for variables; every other name is a constant.
        (program("Dog(x)", conclusion="Dog(rex)"), Verdict.TRUE),
        (program("Dog(t)", conclusion="Dog(rex)"), Verdict.UNKNOWN),
        # Only the first line after the heading counts.
        (program("P(a)", conclusion="P(a)\n¬P(a)"), Verdict.TRUE),
    ],
)
def test_programs_of_formulas(text: str, verdict: Verdict) -> None:
    assert run_formulas(text, LIMITS).value is verdict


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (program("P(a)", "", "Q(a)", conclusion="P(a)"), "parsing error"),
        (program("1. P(a)", conclusion="P(a)"), "parsing error"),
        ("premises:\nP(a)\nConclusion:\nP(a)", "parsing error"),
        ("Premises:\nP(a)", "parsing error"),
        (program("Loves(bob)", "Loves(bob, mary)", conclusion="Loves(bob)"), "execution error: Loves has"),
        (program("Human(tom)", "Likes(tom, human)", conclusion="Human(tom)"), "execution error: Human has"),
    ],
)
def test_programs_of_formulas_that_fail(text: str, error: str) -> None:
    outcome = run_formulas(text, LIMITS)
    assert outcome.status is Status.INVALID
    assert outcome.detail.startswith(error)


def test_what_no_prover_decides_is_no_answer() -> None:
    serial = program("∀x ∃y (R(x, y))", "∀x (¬R(x, x))", "∀x ∀y ∀z ((R(x, y) ∧ R(y, z)) → R(x, z))", conclusion="P(a)")
    assert run_formulas(serial, Limits(seconds=1)).status is Status.TIMEOUT


FACTS = "Facts:\nKind(Bob, True)\nBig(Bob, False)\n"
RULES = "Rules:\nKind($x, True) && Big($x, False) >>> Red($x, True) ::: Kind things that are not big are red.\n"


@pytest.mark.parametrize(
    ("text", "open_world", "closed_world"),
    [
        (FACTS + RULES + "Query:\nRed(Bob, True)", Verdict.TRUE, Verdict.TRUE),
        (FACTS + RULES + "Query:\nRed(Bob, False)", Verdict.FALSE, Verdict.FALSE),
        (FACTS + RULES + "Query:\nRed(Tom, True)", Verdict.UNKNOWN, Verdict.FALSE),
        # Lines in the wrong section are sorted, where the other section is missing.
        (FACTS + RULES.removeprefix("Rules:\n") + "Query:\nRed(Bob, True)", Verdict.TRUE, Verdict.TRUE),
        (FACTS + "Kind($x, True)\n" + RULES + "Query:\nKind(Tom, True)", Verdict.UNKNOWN, Verdict.FALSE),
        # No contraposition.
        (
            "Facts:\nBig(Bob, False)\nRules:\nRed($x, True) >>> Big($x, True)\nQuery:\nRed(Bob, False)",
            Verdict.UNKNOWN,
            Verdict.FALSE,
        ),
        # A query with two arguments finds nothing.
        (
            "Facts:\nSees(Tom, Bob, True)\nRules:\nKind($x, True) >>> Red($x, True)\nQuery:\nSees(Tom, Bob, True)",
            Verdict.UNKNOWN,
            Verdict.FALSE,
        ),
        (FACTS + "Kind(Bob, False)\n" + RULES + "Query:\nKind(Bob, True)", Verdict.FALSE, Verdict.FALSE),
    ],
)
def test_programs_of_rules(text: str, open_world: Verdict, closed_world: Verdict) -> None:
    assert run_rules(text, LIMITS, closed_world=False).value is open_world
    assert run_rules(text, LIMITS, closed_world=True).value is closed_world


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("Query:\nRed(Bob, True)", "parsing error"),
        (FACTS + "Rules:\nA($x, True) >>> B($x, True) >>> C($x, True)\nQuery:\nRed(Bob, True)", "parsing error"),
        (FACTS + "Rules:\nA($x, True) || B($x, True) >>> C($x, True)\nQuery:\nRed(Bob, True)", "execution error"),
        (FACTS + "Rules:\nA($x, True) >>> C($y, True)\nA(Bob, True)\nQuery:\nRed(Bob, True)", "parsing error"),
        (FACTS + RULES, "execution error: no query"),
        (FACTS + RULES + "Query:\nRed(Bob)", "execution error: the query"),
        (FACTS + "Query:\nRed(Bob, True)", "execution error: no rules"),
        (FACTS + "Rules:\nKind($x, True) >>> Red($y, True)\nQuery:\nRed(Bob, True)", "execution error: $y"),
    ],
)
def test_programs_of_rules_that_fail(text: str, error: str) -> None:
    outcome = run_rules(text, LIMITS, closed_world=False)
    assert outcome.status is Status.INVALID
    assert outcome.detail.startswith(error)


def test_a_join_without_end_stops_at_the_deadline() -> None:
    facts = "\n".join(f"P(C{number}, True)" for number in range(200))
    conditions = " && ".join(f"P(${letter}, True)" for letter in "abcdefg")
    text = f"Facts:\n{facts}\nRules:\n{conditions} >>> Q(A, True)\nQuery:\nQ(A, True)"
    outcome = run_rules(text, Limits(seconds=0.5), closed_world=False)
    assert outcome.status is Status.TIMEOUT
    assert outcome.seconds < 5


HEADINGS = ["Premises:", "Conclusion:", "Facts:", "Rules:", "Query:"]
MARKS = [":::", ">>>", "&&", "$x", "True", "P", "x", "rex", "é", *"()∀∃¬→,' \n"]
PIECES = st.sampled_from([*HEADINGS, *MARKS])


@given(st.lists(PIECES, max_size=40).map("".join))
@settings(deadline=None)
def test_any_text(text: str) -> None:
    read(text)
    run_formulas(text, Limits(seconds=0.5))
    run_rules(text, Limits(seconds=0.5), closed_world=True)


@pytest.mark.parametrize("text", ["¬" * 5000 + "P(a)", "(" * 5000 + "P(a)" + ")" * 5000, "∀x " * 5000 + "P(x)"])
def test_deep_nesting(text: str) -> None:
    assert isinstance(read(text), Broken)
