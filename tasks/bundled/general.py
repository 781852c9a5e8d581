"""Questions of our own in the files of BIG-Bench Hard and MMLU: what holds is computed or plain to see."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from tasks.bundled.writing import write_json

_CANARY = "Made by this project for its own checks; no part of BIG-Bench."
_LETTERS = "ABCD"

_INSTRUCTIONS = {
    "boolean_expressions": "Say what a Boolean expression comes to.",
    "date_understanding": "Find the date that is asked for.",
    "dyck_languages": "Close all brackets in their order.",
    "object_counting": "Count the things of the kind that is asked for.",
    "sports_understanding": "Say whether a sentence about sports makes sense.",
    "word_sorting": "Put the words into alphabetical order.",
}
_FRUIT = ("plums", "figs", "pears", "quinces", "medlars")
_TOOLS = ("rakes", "saws", "chisels", "planes")
_WORDS = ("thistle", "anvil", "harbour", "lantern", "copper", "meadow", "quarry", "ribbon", "saddle", "walnut", "ember")
_SPORTS = (
    ("Ada Holm scored a penalty kick.", "Both a penalty kick and Ada Holm are of football.", "yes"),
    ("Ivo Brandt served an ace in the regatta.", "An ace is of tennis, a regatta is of rowing.", "no"),
    ("Mina Sorel rode into the peloton.", "Mina Sorel is a cyclist, and a peloton is of cycling.", "yes"),
    ("Oskar Lind hit a home run on the ski jump.", "A home run is of baseball, not of ski jumping.", "no"),
    ("Tuva Eng cleared the bar in the high jump.", "A bar is cleared in the high jump.", "yes"),
)
_CLOSERS = {"(": ")", "[": "]", "{": "}", "<": ">"}

# (question, reasoning, target)
_Example = tuple[str, str, str]


def _boolean(draw: random.Random) -> _Example:
    left, right = draw.choice((True, False)), draw.choice((True, False))
    joint = draw.choice(("and", "or"))
    value = (left and not right) if joint == "and" else (left or not right)
    return f"{left} {joint} not {right} is", f"not {right} is {not right}.", str(value)


def _date(draw: random.Random) -> _Example:
    day, month, later = draw.randint(1, 20), draw.randint(1, 12), draw.randint(2, 6)
    dates = [f"{month:02}/{day + shift:02}/2031" for shift in (later, later + 1, 0)]
    shown = sorted(dates, key=lambda date: draw.random())
    options = "\n".join(f"({letter}) {date}" for letter, date in zip(_LETTERS, shown, strict=False))
    question = f"Today is {dates[2]}. Which date is it in {later} days in MM/DD/YYYY?\nOptions:\n{options}"
    return question, f"{later} days after {dates[2]} is {dates[0]}.", f"({_LETTERS[shown.index(dates[0])]})"


def _dyck(draw: random.Random) -> _Example:
    opened = [draw.choice("([{<") for _ in range(draw.randint(2, 4))]
    closing = " ".join(_CLOSERS[bracket] for bracket in reversed(opened))
    question = f"Go on with the sequence so that every bracket is closed. Input: {' '.join(opened)} ( )"
    return question, "The last bracket that is open is closed first.", closing


def _counting(draw: random.Random) -> _Example:
    counts = [(draw.randint(2, 5), thing) for thing in (*draw.sample(_FRUIT, 2), draw.choice(_TOOLS))]
    (first, fruit), (second, other), _ = counts
    listed = ", ".join(f"{number} {thing}" for number, thing in counts)
    return (
        f"I have {listed}. How many pieces of fruit do I have?",
        f"{first} {fruit}, {second} {other}.",
        str(first + second),
    )


def _sports(draw: random.Random) -> _Example:
    sentence, reason, target = draw.choice(_SPORTS)
    return f'Is the following sentence plausible? "{sentence}"', reason, target


def _sorting(draw: random.Random) -> _Example:
    words = draw.sample(_WORDS, 5)
    question = f"Sort the following words alphabetically: List: {' '.join(words)}"
    return question, "The words are compared letter by letter.", " ".join(sorted(words))


_MAKERS = {
    "boolean_expressions": _boolean,
    "date_understanding": _date,
    "dyck_languages": _dyck,
    "object_counting": _counting,
    "sports_understanding": _sports,
    "word_sorting": _sorting,
}


def _distinct(subtask: str, number: int) -> list[_Example]:
    """The first `number` examples that differ in their questions."""
    draw, found = random.Random(f"bbh {subtask}"), dict[str, _Example]()
    while len(found) < number:
        example = _MAKERS[subtask](draw)
        found.setdefault(example[0], example)
    return list(found.values())


# (question, right option, three wrong ones)
_Choice = tuple[str, str, str, str, str]


def _formal_logic(draw: random.Random) -> _Choice:
    one, other = draw.sample("PQRS", 2)
    first, second = draw.choice((True, False)), draw.choice((True, False))
    joint = draw.choice(("and", "or"))
    value = str((first and second) if joint == "and" else (first or second))
    facts = f"{one} is {str(first).lower()} and {other} is {str(second).lower()}"
    wrong = "False" if value == "True" else "True"
    return f"{facts}. What is {one} {joint} {other}?", value, wrong, "None", "Neither, as it is no formula"


def _arithmetic(draw: random.Random) -> _Choice:
    first, second, third = (draw.randint(3, 19) for _ in range(3))
    return f"What is {first} + {second} * {third}?", *_numbers(first + second * third, (first + second) * third + 1)


def _revenue(draw: random.Random) -> _Choice:
    price, pieces = draw.randint(3, 19), draw.randint(21, 60)
    question = f"A baker sells {pieces} loaves at a price of {price}. What is the revenue?"
    return question, *_numbers(price * pieces, price + pieces)


def _equity(draw: random.Random) -> _Choice:
    assets, debts = draw.randint(5100, 9800), draw.randint(1200, 4900)
    question = f'The books show "assets" of {assets:,} and "liabilities" of {debts:,}.\nHow much is the equity?'
    return question, *_numbers(assets - debts, assets + debts)


def _numbers(right: int, trap: int) -> tuple[str, str, str, str]:
    return f"{right:,}", f"{trap:,}", f"{right + 10:,}", f"{right - 1:,}"


_SUBJECTS: dict[str, Callable[[random.Random], _Choice]] = {
    "formal_logic": _formal_logic,
    "elementary_mathematics": _arithmetic,
    "high_school_microeconomics": _revenue,
    "professional_accounting": _equity,
}
_ASTRONOMY: list[_Choice] = [
    ("Which planet is nearest to the Sun?", "Mercury", "Venus", "Mars", "Earth"),
    ("What does the Moon travel around?", "The Earth", "The Sun alone", "Mars", "Jupiter"),
    ("What is the Sun?", "A star", "A planet", "A comet", "A moon"),
    ("Which planet is known for its broad, bright rings?", "Saturn", "Mercury", "Mars", "Venus"),
    ("Why do we see the Moon shine?", "It reflects sunlight", "It burns", "It glows with heat", "It is ice"),
    ("Which of these is farthest from the Sun?", "Neptune", "Earth", "Mars", "Jupiter"),
    ("What is the galaxy called in which we live?", "The Milky Way", "Andromeda", "Orion", "None"),
    ('Which of these is a "gas giant"?', "Jupiter", "Mars", "The Moon, seen from Mars", "nan"),
    ("Which planet has no moon?", "Venus", "Earth", "Mars", "N/A"),
]
_DEV, _TEST = 5, 12


def _subject(name: str) -> list[_Choice]:
    draw, found = random.Random(f"mmlu {name}"), dict[str, _Choice]()
    while len(found) < _DEV + _TEST:
        choice = _SUBJECTS[name](draw)
        found.setdefault(choice[0], choice)
    return list(found.values())


def _rows(name: str, choices: list[_Choice]) -> Iterator[tuple[str, ...]]:
    """The official columns: question, options in a drawn order, the right one's letter."""
    draw = random.Random(f"order {name}")
    for question, right, *others in choices:
        options = draw.sample([right, *others], 4)
        yield (question, *options, _LETTERS[options.index(right)])


def write(root: Path) -> None:
    for subtask, instruction in _INSTRUCTIONS.items():
        shown, asked = (examples := _distinct(subtask, 5))[:3], examples[3:]
        rows = [{"input": question, "target": target} for question, _, target in asked]
        write_json(root / "bbh" / "bbh" / f"{subtask}.json", {"canary": _CANARY, "examples": rows})
        worked = "\n\n".join(
            f"Q: {question}\nA: Let's think step by step.\n{reason} So the answer is {target}."
            for question, reason, target in shown
        )
        path = root / "bbh" / "cot-prompts" / f"{subtask}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{_CANARY}\n-----\n{instruction}\n\n{worked}", encoding="utf-8")
    for subject, choices in {"astronomy": _ASTRONOMY, **{name: _subject(name) for name in _SUBJECTS}}.items():
        all_rows = list(_rows(subject, choices))
        for split, part in (("dev", all_rows[:_DEV]), ("test", all_rows[_DEV:])):
            path = root / "mmlu" / split / f"{subject}_{split}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream, lineterminator="\n").writerows(part)
