"""Small scenes of coloured things, and names whose last letters make a word."""

from __future__ import annotations

import random
from pathlib import Path

from tasks.bundled.writing import write_json

_COLORS = ("red", "orange", "yellow", "green", "blue", "brown", "grey", "pink", "teal", "gold", "black", "purple")
_THINGS = ("cup", "plate", "scarf", "stapler", "candle", "ruler", "brush", "whistle")
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six")
_NAMES = ("Alma", "Boris", "Chidi", "Dagny", "Elio", "Freya", "Goran", "Hana", "Ivo", "Jette", "Kofi", "Lucia", "Marek")


def write_objects(folder: Path) -> None:
    """16 questions: which colour, yes or no, how many."""
    draw = random.Random(11)
    examples = [_example(draw, index) for index in range(16)]
    head = {"name": "reasoning_about_colored_objects", "preferred_score": "multiple_choice_grade"}
    write_json(folder / "reasoning_about_colored_objects.json", head | {"examples": examples})


def _example(draw: random.Random, index: int) -> dict[str, object]:
    things, colors = draw.sample(_THINGS, 4), draw.choices(_COLORS, k=4)
    seen = [f"{_article(color)} {color} {thing}" for thing, color in zip(things, colors, strict=True)]
    scene = f"On the bench, you see {', '.join(seen[:-1])}, and {seen[-1]}."
    if index % 3 == 0:
        return {
            "input": f"{scene} What color is the {things[1]}?",
            "target_scores": {color: int(color == colors[1]) for color in _COLORS},
            "comment": "what_color",
        }
    if index % 3 == 1:
        asked = colors[2] if index % 2 else _COLORS[(_COLORS.index(colors[2]) + 1) % len(_COLORS)]
        return {
            "input": f"{scene} Is the {things[2]} {asked}?",
            "target_scores": {answer: int((answer == "yes") == (asked == colors[2])) for answer in ("yes", "no")},
            "comment": "is_color",
        }
    count = colors.count(colors[0])
    scores = {str(number): int(number == count) for number in range(len(_NUMBERS))}
    return {
        "input": f"{scene} How many things are {colors[0]}?",
        "target_scores": scores | {word: int(number == count) for number, word in enumerate(_NUMBERS)},
        "comment": "how_many",
    }


def _article(color: str) -> str:
    return "an" if color[0] in "aeiou" else "a"


def write_letters(folder: Path) -> None:
    draw = random.Random(12)
    examples = []
    for _ in range(16):
        names = draw.sample(_NAMES, 4)
        question = f'Take the last letters of each words in "{" ".join(names)}" and concatenate them.'
        examples.append({"question": question, "answer": "".join(name[-1] for name in names)})
    write_json(folder / "last_letters.json", {"examples": examples})


def write(root: Path) -> None:
    write_objects(root / "colored_objects")
    write_letters(root / "last_letter")
