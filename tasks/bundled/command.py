"""Commands of SCAN's grammar with their actions."""

from __future__ import annotations

import random
from pathlib import Path

from executors import command


def write_scan(folder: Path) -> None:
    """16 commands of the grammar, drawn with a fixed seed and kept short, with their actions."""
    meanings = {text: command.meaning(text) for text in command.commands()}
    short = [text for text, actions in meanings.items() if len(actions) <= 16]
    lines = [f"IN: {text} OUT: {' '.join(meanings[text])}" for text in random.Random(11).sample(short, 16)]
    path = folder / "simple_split" / "tasks_test_simple.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write(root: Path) -> None:
    write_scan(root / "scan")
