"""Commands of SCAN's grammar with their actions, in the files of every split."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from executors import command
from tasks.bundled.writing import write_lines
from tasks.command import SPLITS

SAMPLES = 16
# What the splits hold back from training, as the paper of SCAN defines them.
_HELD_BACK: dict[str, Callable[[str, list[str]], bool]] = {
    "simple": lambda text, actions: len(actions) <= 16,
    "length": lambda text, actions: len(actions) > 22,
    "jump": lambda text, actions: "jump" in text and len(actions) <= 16,
    "turn_left": lambda text, actions: "turn left" in text and text != "turn left" and len(actions) <= 16,
    "around_right": lambda text, actions: "around right" in text and len(actions) <= 24,
}


def _lines(split: str) -> Iterator[str]:
    """16 commands of the grammar, drawn with a fixed seed, with their actions."""
    meanings = {text: command.meaning(text) for text in command.commands()}
    held_back = [text for text, actions in meanings.items() if _HELD_BACK[split](text, actions)]
    for text in random.Random(11).sample(held_back, SAMPLES):
        yield f"IN: {text} OUT: {' '.join(meanings[text])}"


def write(root: Path) -> None:
    for split, name in SPLITS.items():
        write_lines(root / "scan" / name, _lines(split))
