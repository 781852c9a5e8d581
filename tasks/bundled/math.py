"""Word problems of our own with seeded numbers, in the official files of every math task."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

from tasks.bundled.writing import write_json, write_lines

_RIDDLES = [
    ("A jar holds {a} beans. Tia adds {b} and then takes out {c}. How many beans are in the jar?", "{a} + {b} - {c}"),
    ("{a} buses carry {b} people each, and {c} people walk. How many people are on the way?", "{a} * {b} + {c}"),
    ("A rope of {a} metres is cut into {b} equal parts. How long is each part, in metres?", "{a} / {b}"),
    (
        "A kite costs {a} euros and gets {b} percent cheaper. What does it cost now, in euros?",
        "{a} * (100 - {b}) / 100",
    ),
]
_SHORT = [
    ("Ravi has {a} marbles and finds {c} more. How many marbles does he have now?", "{a} + {c}"),
    ("There were {a} ducks on the pond and {c} flew away. How many ducks are left?", "{a} - {c}"),
    ("Each of {a} crates holds {b} melons. How many melons are there?", "{a} * {b}"),
    ("{a} stickers are shared fairly by {b} children. How many stickers does each child get?", "{a} / {b}"),
]
_SEVERAL_STEPS = [
    ("A shop has {a} caps. It sells {c} caps and gets {b} boxes of {c} caps. How many caps has it?",
     "{a} - {c} + {b} * {c}"),
    ("Mo reads {b} pages a day for {c} days of a book with {a} pages. How many pages are left?", "{a} - {b} * {c}"),
]  # fmt: skip
_STRUCTURE = {
    "svamp/svamp.jsonl": _SHORT,
    "asdiv/asdiv.jsonl": [*_SHORT, *_SEVERAL_STEPS],
    "addsub/mawpsaddsub.jsonl": _SHORT[:2],
    "singleeq/mawpssingleeq.jsonl": [*_SHORT, *_RIDDLES[2:]],
    "singleop/mawpssingleop.jsonl": _SHORT,
    "multiarith/mawpsmultiarith.jsonl": _SEVERAL_STEPS,
}


def write_gsm8k(folder: Path) -> None:
    """16 word problems from four patterns with seeded numbers, answers computed."""
    lines = []
    for question, formula, value in _problems(random.Random(8), _RIDDLES, 40):
        lines.append(
            json.dumps(
                {"question": question, "answer": f"{formula} = <<{formula}={value:g}>>{value:g}\n#### {value:g}"}
            )
        )
    write_lines(folder / "test.jsonl", lines)


def write_gsm_hard(folder: Path) -> None:
    """The same patterns with large numbers, each with its program."""
    lines = []
    for question, formula, value in _problems(random.Random(9), _RIDDLES, 4_000_000):
        code = f'\ndef solution():\n    """{question}"""\n    result = {formula}\n    return result\n\n\n'
        lines.append(json.dumps({"input": question, "code": code, "target": float(value)}))
    write_lines(folder / "gsmhardv2.jsonl", lines)


def write_pal_files(root: Path) -> None:
    for seed, (path, patterns) in enumerate(_STRUCTURE.items()):
        problems = _problems(random.Random(seed), patterns, 40)
        write_lines(root / path, [json.dumps({"input": text, "target": value}) for text, _, value in problems])


def write_aqua(folder: Path) -> None:
    """Five options each, now and then "None of these" as the last."""
    draw = random.Random(10)
    rows = []
    for index, (question, formula, value) in enumerate(_problems(draw, _RIDDLES, 40)):
        numbers = sorted({value, value + 1, value + 3, value * 2 + 5, value / 2 + 0.5, value + 11})[:5]
        if value not in numbers:
            numbers[draw.randrange(4)] = value
        texts = [f"{number:g}" for number in sorted(set(numbers))]
        if index % 4 == 1 and texts[-1] != f"{value:g}":
            texts[-1] = "None of these"
        right = "ABCDE"[texts.index(f"{value:g}")]
        options = [f"{letter}){text}" for letter, text in zip("ABCDE", texts, strict=True)]
        rows.append({"question": question, "options": options, "rationale": f"{formula} = {value:g}", "correct": right})
    write_lines(folder / "test.json", [json.dumps(row) for row in rows])


def write_math(folder: Path) -> None:
    """Problems whose answers are numbers, fractions, roots, expressions, points, intervals and words."""
    problems = [
        ("algebra", "Solve $3x - 7 = 20$ for $x$.", "Adding $7$ gives $3x = 27$, so $x = \\boxed{9}$."),
        ("algebra", "Expand $(x-2)(x+6)$.", "The product is $\\boxed{x^2+4x-12}$."),
        ("algebra", "For which $x$ is $2x + 1 > 9$? Use an interval.", "$2x > 8$, thus $\\boxed{(4,\\infty)}$."),
        ("prealgebra", "What is $\\frac{2}{3}$ of $\\frac{5}{4}$?", "It is $\\frac{10}{12} = \\boxed{\\frac{5}{6}}$."),
        ("prealgebra", "How many seconds do 4 hours have?", "$4 \\cdot 3600 = \\boxed{14,\\!400}$."),
        ("prealgebra", "Write $\\frac{7}{20}$ as a decimal.", "$\\frac{35}{100} = \\boxed{0.35}$."),
        ("geometry", "A square has an area of $12$. How long is its side?", "$\\sqrt{12} = \\boxed{2\\sqrt{3}}$."),
        ("geometry", "Two angles of a triangle have $50^\\circ$ and $60^\\circ$. The third?",
         "$180 - 110 = 70$, so \\boxed{70^\\circ}."),
        ("geometry", "Reflect $(3,-2)$ in the $x$-axis.", "The second coordinate changes sign: $\\boxed{(3,2)}$."),
        ("number_theory", "What is the remainder of $2^{10}$ by $7$?", "$1024 = 146 \\cdot 7 + 2$: $\\boxed{2}$."),
        ("number_theory", "Write $13$ in base $2$.", "$8 + 4 + 1$ gives $\\boxed{1101_2}$."),
        ("number_theory", "Is $91$ prime? Answer yes or no.", "$91 = 7 \\cdot 13$, so $\\boxed{\\text{no}}$."),
        ("counting_and_probability", "In how many orders can 5 books stand?", "$5! = \\boxed{120}$."),
        ("counting_and_probability", "What is the chance of two heads with two coins?", "$\\boxed{\\frac14}$."),
        ("precalculus", "What is $\\cos \\pi$?", "It is $\\boxed{-1}$."),
        ("intermediate_algebra", "Both roots of $x^2 - 2x - 3$, the smaller first?", "$(x+1)(x-3)$: $\\boxed{-1,3}$."),
    ]  # fmt: skip
    for number, (subject, problem, solution) in enumerate(problems):
        kind = subject.replace("_", " ").title().replace(" And ", " & ")
        row = {"problem": problem, "level": f"Level {number % 5 + 1}", "type": kind, "solution": solution}
        write_json(folder / "test" / subject / f"{number}.json", row)


def _problems(draw: random.Random, patterns: list[tuple[str, str]], most: int) -> Iterator[tuple[str, str, float]]:
    """16 questions with their formulas and values."""
    for index in range(16):
        question, formula = patterns[index % len(patterns)]
        b = draw.choice([2, 4, 5, 8, 10, 20])
        numbers = {"a": b * draw.randrange(5, most), "b": b, "c": draw.randrange(1, 10)}
        filled = formula.format(**numbers)
        yield question.format(**numbers), filled, _value(formula, **numbers)


def _value(formula: str, a: int, b: int, c: int) -> float:
    return {
        "{a} + {b} - {c}": a + b - c,
        "{a} * {b} + {c}": a * b + c,
        "{a} / {b}": a / b,
        "{a} * (100 - {b}) / 100": a * (100 - b) / 100,
        "{a} + {c}": a + c,
        "{a} - {c}": a - c,
        "{a} * {b}": a * b,
        "{a} - {c} + {b} * {c}": a - c + b * c,
        "{a} - {b} * {c}": a - b * c,
    }[formula]


def write(root: Path) -> None:
    write_gsm8k(root / "gsm8k")
    write_gsm_hard(root / "gsm_hard")
    write_pal_files(root)
    write_aqua(root / "aqua")
    write_math(root / "math")
