"""Short answers are found in any usual dress, and nothing else is."""

from __future__ import annotations

import pytest

from tasks.short_answer import same_answer

OPTIONS = "Which?\nOptions:\n(A) the figs\n(B) a pear.\n(C) Mr. Lind"


@pytest.mark.parametrize(
    "text",
    [
        "(B)",
        " (B) a pear.",
        "B",
        "B. a pear",
        "A pear",
        "**The answer is (B).**",
        "(A) is too small. The answer is: $\\boxed{\\text{B}}$",
        "The answer is (A). Wait, the answer is\n(B)",
        "The correct option is B.",
        "Final answer: **B**",
    ],
)
def test_options(text: str) -> None:
    assert same_answer(text, "(B)", OPTIONS, 0)
    assert not same_answer(text, "(A)", OPTIONS, 0)


@pytest.mark.parametrize("text", ["", "The answer is (A) and (B).", "A or B", "Bear", "I do not know", "the answer is"])
def test_no_option_is_named(text: str) -> None:
    assert not any(same_answer(text, target, OPTIONS, 0) for target in ("(A)", "(B)", "(C)"))


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("TRUE", "True"),
        ("So the answer is No, she does not.", "no"),
        ("It is invalid.", "invalid"),
        ("The answer is 1 + 2,000 = 2,001. That took 3 steps.", "2001"),
        ("5.0", "5"),
        ("The answer is −7.", "-7"),
        ("The answer is `] ) }`.", "] ) }"),
        ("The answer is: anvil, copper, ember.", "anvil copper ember"),
        ("The answer is anvil ember. Sorted by letters.", "anvil ember"),
        ("The answer is Monsters, Inc.", "Monsters, Inc"),
    ],
)
def test_other_kinds_of_answers(text: str, target: str) -> None:
    assert same_answer(text, target, "", 0)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        *(("True or False", "False"), ("valid or invalid", "valid"), ("Perhaps", "yes"), ("", "no")),
        *(("12", "1"), ("", "0"), ("] )", "] ) }"), ("b a", "a b")),
    ],
)
def test_what_is_no_such_answer(text: str, target: str) -> None:
    assert not same_answer(text, target, "", 0)


def test_without_an_announcement_the_first_or_the_last_line_counts() -> None:
    assert same_answer("Yes\n\nNo is wrong.", "yes", "", 0)
    assert same_answer("No is wrong.\n\nYes", "yes", "", -1)
