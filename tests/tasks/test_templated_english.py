"""ProofWriter's and PrOntoQA's sentences as facts and rules."""

from __future__ import annotations

import pytest

from tasks.templated_english import UnreadableError, program


def lines(context: str) -> list[str]:
    """The facts and rules of a context."""
    text = program(context, "Bob is red.")
    return [line for line in text[text.index("Facts:") :].splitlines()[:-2] if not line.endswith(":")]


@pytest.mark.parametrize(
    ("sentence", "meaning"),
    [
        ("Bob is cold.", "Cold(Bob, True)"),
        ("The bald eagle is not big.", "Big(BaldEagle, False)"),
        ("The bear likes the bald eagle.", "Like(Bear, BaldEagle, True)"),
        ("The bear does not chase the cat.", "Chase(Bear, Cat, False)"),
        ("All cold, smart things are not red.", "Cold($x, True) && Smart($x, True) >>> Red($x, False)"),
        ("Nice people are kind.", "Nice($x, True) >>> Kind($x, True)"),
        ("If someone is quiet and not big then they are red.", "Quiet($x, True) && Big($x, False) >>> Red($x, True)"),
        (
            "If something likes the cat and it is red then the cat sees the dog.",
            "Like($x, Cat, True) && Red($x, True) >>> See(Cat, Dog, True)",
        ),
        ("If they visit the dog then they do not need the cow.", "Visit($x, Dog, True) >>> Need($x, Cow, False)"),
        ("If Bob is big and Bob is red then Bob is cold.", "Big(Bob, True) && Red(Bob, True) >>> Cold(Bob, True)"),
        ("Every jompus is not sour.", "Jompus($x, True) >>> Sour($x, False)"),
        ("Each jompus is a rompus.", "Jompus($x, True) >>> Rompus($x, True)"),
        ("Rompuses are not kind.", "Rompus($x, True) >>> Kind($x, False)"),
        ("Alex is an impus.", "Impus(Alex, True)"),
    ],
)
def test_sentences(sentence: str, meaning: str) -> None:
    assert lines(sentence) == [meaning]


def test_a_kind_is_one_predicate_in_the_singular_and_in_the_plural() -> None:
    assert lines(
        "Zumpuses are tumpuses. Each tumpus is luminous. Foxes are cats. Every cat is quick. Rex is a fox."
    ) == [
        "Fox(Rex, True)",
        "Zumpus($x, True) >>> Tumpus($x, True)",
        "Tumpus($x, True) >>> Luminous($x, True)",
        "Fox($x, True) >>> Cat($x, True)",
        "Cat($x, True) >>> Quick($x, True)",
    ]


def test_a_whole_program() -> None:
    assert program("Bob is big. Big things are red. The cat sees Bob.", "Bob is not red.") == (
        "Predicates:\nBig($x, bool)\nRed($x, bool)\nSee($x, $y, bool)\n"
        "Facts:\nBig(Bob, True)\nSee(Cat, Bob, True)\n"
        "Rules:\nBig($x, True) >>> Red($x, True)\n"
        "Query:\nRed(Bob, False)"
    )


@pytest.mark.parametrize("sentence", ["It rained all day in the old town.", "If Bob is big.", "Why?"])
def test_what_no_template_writes_is_not_guessed(sentence: str) -> None:
    with pytest.raises(UnreadableError):
        program(sentence, "Bob is red.")
