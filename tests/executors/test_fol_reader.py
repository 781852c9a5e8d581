"""What counts as the one formula of a completion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executors.fol.parser import Unparsable, parse
from executors.fol.reader import read_formula

RULE = "∀x (Dog(x) → Animal(x))"


@pytest.mark.parametrize(
    "completion",
    [
        RULE,
        f"  {RULE}\n",
        f"{RULE}.",
        f"{RULE}</s>",
        f"{RULE}<|im_end|>",
        f"`{RULE}`",
        f"**{RULE}**",
        f'"{RULE}"',
        f"“{RULE}”",
        f"FOL: {RULE}",
        f"The FOL rule is: {RULE}",
        f"**FOL:** {RULE}".replace("**FOL:**", "FOL:"),
        f"1. {RULE}",
        f"- {RULE}",
        f"{RULE} ::: dogs are animals",
        f"```\n{RULE}\n```",
        f"Sure!\n```fol\n{RULE}\n```\nI hope that helps.",
        f"{RULE}\n\nExplanation: every dog is an animal.",
        f"Here is the formula:\n{RULE}",
        f"{RULE}\n{RULE}",
        "fof(rule, axiom, ![X]: (dog(X) => animal(X))).".replace("dog", "'Dog'").replace("animal", "'Animal'"),
        "∀x (Dog(x) →\n    Animal(x))",
    ],
)
def test_surroundings_are_set_aside(completion: str) -> None:
    formula = read_formula(completion)
    expected = parse(RULE.replace("x", "X") if "fof" in completion else RULE)
    assert formula == expected


@pytest.mark.parametrize(
    ("completion", "reason"),
    [
        ("", "no formula"),
        ("   ", "no formula"),
        ("True", "a lone word is no formula"),
        ("Sure", "a lone word is no formula"),
        ("P(a)\nQ(a)", "2 different formulas"),
        ("For every x, if x is a dog then x is an animal.", "expected"),
        ('{"fol": "P(a)"}', "expected"),
    ],
)
def test_no_formula(completion: str, reason: str) -> None:
    fault = read_formula(completion)
    assert isinstance(fault, Unparsable)
    assert fault.message.startswith(reason)


def test_a_negation_is_no_bullet() -> None:
    assert read_formula("-P(a)") == parse("¬P(a)")


@given(st.text())
def test_any_completion(completion: str) -> None:
    read_formula(completion)
