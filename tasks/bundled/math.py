"""Word problems of our own with seeded numbers."""

from __future__ import annotations

import json
import random
from pathlib import Path

_RIDDLES = [
    ("A jar holds {a} beans. Tia adds {b} and then takes out {c}. How many beans are in the jar?", "{a} + {b} - {c}"),
    ("{a} buses carry {b} people each, and {c} people walk. How many people are on the way?", "{a} * {b} + {c}"),
    ("A rope of {a} metres is cut into {b} equal parts. How long is each part, in metres?", "{a} / {b}"),
    (
        "A kite costs {a} euros and gets {b} percent cheaper. What does it cost now, in euros?",
        "{a} * (100 - {b}) / 100",
    ),
]


def write_gsm8k(folder: Path) -> None:
    """16 word problems from four patterns with seeded numbers, answers computed."""
    draw = random.Random(8)
    lines = []
    for index in range(16):
        question, formula = _RIDDLES[index % 4]
        b = draw.choice([2, 4, 5, 8, 10, 20])
        numbers = {"a": b * draw.randrange(5, 40), "b": b, "c": draw.randrange(1, 10)}
        value = _value(index % 4, **numbers)
        steps = f"{formula.format(**numbers)} = <<{formula.format(**numbers)}={value:g}>>{value:g}"
        lines.append(json.dumps({"question": question.format(**numbers), "answer": f"{steps}\n#### {value:g}"}))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "test.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _value(pattern: int, a: int, b: int, c: int) -> float:
    return (a + b - c, a * b + c, a / b, a * (100 - b) / 100)[pattern]


def write(root: Path) -> None:
    write_gsm8k(root / "gsm8k")
