"""Logic-LM's programs, as models write them: which are read, what they mean, and why one is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executors.fol.printers import to_unicode
from executors.logic_program import Faulty, LogicProgram, parse_program, run
from executors.outcome import Limits, Status, Verdict

LIMITS = Limits(seconds=60)

FORMULAS = """Predicates:
Dog(x) ::: x is a dog.
Animal(x) ::: x is an animal.
Premises:
∀x (Dog(x) → Animal(x)) ::: Dogs are animals.
Dog(rex) ::: Rex is a dog.
Conclusion:
Animal(rex) ::: Rex is an animal.
"""

RULES = """Predicates:
Kind($x, bool) ::: Is x kind?
Big($x, bool) ::: Is x big?

Facts:
Kind(Bob, True) ::: Bob is kind.
Big(Bob, False) ::: Bob is not big.
Likes(Bob, Eve, True)

Rules:
Kind($x, True) && Big($x, False) >>> Red($x, True) ::: Kind things that are not big are red.
Likes($x, $y, True) >>> Likes($y, $x, True)

Query:
Red(Bob, False) ::: Bob is not red.
"""


def program(text: str) -> LogicProgram:
    parsed = parse_program(text)
    assert isinstance(parsed, LogicProgram), parsed
    return parsed


def fault(text: str) -> Faulty:
    parsed = parse_program(text)
    assert isinstance(parsed, Faulty)
    return parsed


def test_formulas() -> None:
    read = program(FORMULAS)
    assert [to_unicode(premise) for premise in read.premises] == ["∀x (Dog(x) → Animal(x))", "Dog(rex)"]
    assert to_unicode(read.conclusion) == "Animal(rex)"
    assert run(FORMULAS, LIMITS).value is Verdict.TRUE


def test_facts_and_rules() -> None:
    read = program(RULES)
    assert [to_unicode(premise) for premise in read.premises] == [
        "Kind(Bob)",
        "¬Big(Bob)",
        "Likes(Bob, Eve)",
        "∀x ((Kind(x) ∧ ¬Big(x)) → Red(x))",
        "∀x ∀y (Likes(x, y) → Likes(y, x))",
    ]
    assert to_unicode(read.conclusion) == "¬Red(Bob)"
    assert run(RULES, LIMITS).value is Verdict.FALSE


@pytest.mark.parametrize(
    "text",
    [
        f"```\n{FORMULAS}```",
        f"Here is the program.\n```text\n{FORMULAS}```\nDone.",
        FORMULAS.replace("Premises:", "premises:").replace("Conclusion:", "CONCLUSION:"),
        FORMULAS.replace("Premises:", "**Premises:**").replace("Conclusion:", "## Conclusion:"),
        FORMULAS.replace("Premises:", "Premises: ::: what is known"),
        FORMULAS.replace("∀x (", "1. ∀x (").replace("Dog(rex)", "2. Dog(rex)"),
        FORMULAS.replace("∀x (", "- ∀x (").replace("Dog(rex)", "- Dog(rex)"),
        FORMULAS.replace("\n", "\n\n"),
        FORMULAS.replace("Conclusion:\n", "Conclusion: "),
        FORMULAS + "\nSo the answer is True.</s>",
        FORMULAS + "\nPremises:\nNonsense (\nConclusion:\n¬Animal(rex)\n",
        FORMULAS.replace("∀x (Dog(x) → Animal(x))", "forall x. (Dog(x) -> Animal(x))"),
    ],
)
def test_the_same_program_in_other_clothes(text: str) -> None:
    assert program(text) == program(FORMULAS)


def test_only_the_first_line_of_the_conclusion_counts() -> None:
    assert program(FORMULAS + "¬Animal(rex)\n").conclusion == program(FORMULAS).conclusion


def test_facts_and_rules_are_sorted() -> None:
    assert program(RULES.replace("Rules:\n", "")) == program(RULES)


def test_a_fact_with_a_variable_is_set_aside_and_noted() -> None:
    text = RULES.replace("Facts:\n", "Facts:\nKind($x, True)\n")
    assert program(text).premises == program(RULES).premises
    assert run(text, LIMITS).detail.endswith("facts with a variable set aside: 1")


@pytest.mark.parametrize(
    ("rule", "meaning"),
    [
        ("A($x, True) >>> B($x, true)", "∀x (A(x) → B(x))"),
        ("A($x) >>> B($x)", "∀x (A(x) → B(x))"),
        ("A($x, True) || B($x, True) >>> C($x, False)", "∀x ((A(x) ∨ B(x)) → ¬C(x))"),
        ("A($x, True) >>> ~B($x, True)", "∀x (A(x) → ¬B(x))"),
        ("A(Bob, True) && B(Eve, False) >>> C(Bob, True)", "(A(Bob) ∧ ¬B(Eve)) → C(Bob)"),
        ("A($x, Red) >>> B($x, True)", "∀x (A(x, Red) → B(x))"),
        ("A($x, Dog, True) >>> B(Dog, $x, True)", "∀x (A(x, Dog) → B(Dog, x))"),
    ],
)
def test_rules(rule: str, meaning: str) -> None:
    read = program(f"Facts:\nRules:\n{rule}\nQuery:\nD(Bob, True)")
    assert [to_unicode(premise) for premise in read.premises] == [meaning]


def test_rules_are_classical() -> None:
    contraposition = "Facts:\nBig(Bob, False)\nRules:\nRed($x, True) >>> Big($x, True)\nQuery:\nRed(Bob, False)"
    assert run(contraposition, LIMITS).value is Verdict.TRUE
    not_derived = "Facts:\nRed(Bob, True)\nRules:\nRed($x, True) >>> Old($x, True)\nQuery:\nBig(Bob, True)"
    assert run(not_derived, LIMITS).value is Verdict.UNKNOWN
    both = "Facts:\nRed(Bob, True)\nRed(Bob, False)\nRules:\n\nQuery:\nRed(Bob, True)"
    assert run(both, LIMITS).value is Verdict.INCONSISTENT


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("", Status.NO_PROGRAM, "no section of a logic program"),
        ("I cannot translate this problem.", Status.NO_PROGRAM, "no section of a logic program"),
        ("Premises:\n\nConclusion:\n", Status.INVALID, "no conclusion"),
        ("Premises:\nP(a)\nQuestion:\nP(a)", Status.INVALID, "no conclusion"),
        ("P(a)\nConclusion:\nP(a)", Status.INVALID, "no premises"),
        ("Premises:\nP(a\nConclusion:\nP(a)", Status.INVALID, "line 2: expected ',' or ')' after an argument"),
        ("Hello\n```\nPremises:\nP(a)\nConclusion:\nUncertain\n```", Status.INVALID, "line 6: a lone word"),
        ("Facts:\n\nRules:\n\nQuery:\n", Status.INVALID, "no query"),
        ("Facts:\nRules:\nQuery:\nP(a, True)", Status.INVALID, "no facts and no rules"),
        ("Facts:\nP(a, True)\nQuery:\nP($x, True)", Status.INVALID, "line 4: the query is no fact"),
        ("Facts:\nP(a, True)\nRules:\n\twith\n\t\tpython import os\nQuery:\nP(a, True)", Status.INVALID, "line 4:"),
        ("Premises:\n" + "P(a)\n" * 50_000, Status.INVALID, "a program of more than"),
    ],
)
def test_faults(text: str, status: Status, reason: str) -> None:
    found = fault(text)
    assert found.status is status
    assert str(found).startswith(reason)
    assert run(text, LIMITS).status is status


LINES = st.sampled_from(
    [*FORMULAS.splitlines(), *RULES.splitlines(), "```", "::: x", "P(", "1. P(a)", "$x", "Query: P"]
)


@given(st.text() | st.lists(LINES, max_size=12).map("\n".join))
@settings(deadline=None)
def test_any_text(text: str) -> None:
    parse_program(text)
