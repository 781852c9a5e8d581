"""Word problems with seeded numbers and the program that solves each step by step."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tasks.task import Sample

_NAMES = ("Ada", "Boris", "Chidi", "Dagny", "Elio", "Freya", "Goran", "Hana", "Ivo", "Jette", "Kofi", "Lucia", "Omar")
_THINGS = ("marbles", "stickers", "apples", "coins", "pencils", "shells", "cards", "buttons", "books", "cookies")
_BOXES = ("boxes", "bags", "baskets", "shelves", "packs", "crates")


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A question over numbers, names and things, the lines of the program that answers it, and the answer."""

    question: str
    lines: tuple[str, ...]
    answer: Callable[[Mapping[str, int]], float]


_PATTERNS = (
    _Pattern("{n} has {a} {t} and finds {b} more. How many {t} does {n} have now?",
             ("had = {a}", "found = {b}", "return had + found"),
             lambda n: n["a"] + n["b"]),
    _Pattern("{n} had {a} {t} and gave {c} of them to {m}. How many {t} does {n} have left?",
             ("had = {a}", "given = {c}", "return had - given"),
             lambda n: n["a"] - n["c"]),
    _Pattern("There are {b} {t} in each of {c} {x}. How many {t} are there in all?",
             ("in_each = {b}", "number = {c}", "return in_each * number"),
             lambda n: n["b"] * n["c"]),
    _Pattern("{n} shares {p} {t} equally among {b} friends. How many {t} does each friend get?",
             ("total = {p}", "friends = {b}", "return total / friends"),
             lambda n: n["p"] / n["b"]),
    _Pattern("{n} buys {c} {x} with {b} {t} each and loses {d} {t}. How many {t} are left?",
             ("bought = {c} * {b}", "lost = {d}", "return bought - lost"),
             lambda n: n["c"] * n["b"] - n["d"]),
    _Pattern("{n} has {a} {t}. {m} has {c} more than {n}. How many {t} do they have together?",
             ("first = {a}", "second = first + {c}", "return first + second"),
             lambda n: 2 * n["a"] + n["c"]),
    _Pattern("{n} has {c} times as many {t} as {m}, who has {b}. How many {t} do they have together?",
             ("second = {b}", "first = {c} * second", "return first + second"),
             lambda n: (n["c"] + 1) * n["b"]),
    _Pattern("A shop sells {t} for {c} dollars each. {n} buys {b} of them and pays with {e} dollars. "
             "How many dollars does {n} get back?",
             ("price = {c}", "cost = price * {b}", "return {e} - cost"),
             lambda n: n["e"] - n["c"] * n["b"]),
    _Pattern("{n} reads {b} pages a day. How many pages does {n} read in {w} weeks?",
             ("a_day = {b}", "days = {w} * 7", "return a_day * days"),
             lambda n: n["b"] * n["w"] * 7),
    _Pattern("{n} picks {a} {t} on Monday, {b} on Tuesday and {c} on Wednesday. How many {t} is that altogether?",
             ("monday = {a}", "tuesday = {b}", "wednesday = {c}", "return monday + tuesday + wednesday"),
             lambda n: n["a"] + n["b"] + n["c"]),
    _Pattern("{n} wants to collect {e} {t}. {n} has {a} and gets {c} more. How many {t} are still missing?",
             ("goal = {e}", "so_far = {a} + {c}", "return goal - so_far"),
             lambda n: n["e"] - n["a"] - n["c"]),
    _Pattern("Half of the {h} {t} belong to {n}, who gives {c} of these away. How many {t} does {n} keep?",
             ("mine = {h} / 2", "return mine - {c}"),
             lambda n: n["h"] / 2 - n["c"]),
    _Pattern("{n} earns {b} dollars an hour and works {c} hours a day. How many dollars does {n} earn in {w} days?",
             ("a_day = {b} * {c}", "return a_day * {w}"),
             lambda n: n["b"] * n["c"] * n["w"]),
    _Pattern("A box of {t} costs {b} dollars and gets {pc} percent cheaper. What does it cost now, in dollars?",
             ("price = {b}", "share = (100 - {pc}) / 100", "return price * share"),
             lambda n: n["b"] * (100 - n["pc"]) / 100),
)  # fmt: skip


def word_problems(draw: random.Random) -> Iterator[tuple[str, Sample]]:
    """Samples for the two wordings of a request for a program: GSM8K-Code's and that of delegation, in turn."""
    number = 0
    while True:
        pattern = draw.choice(_PATTERNS)
        b, c = draw.randint(4, 40), draw.randint(2, 9)
        n, m = draw.sample(_NAMES, 2)
        numbers = {
            "a": draw.randint(10, 90), "b": b, "c": c, "d": draw.randint(1, b * c), "p": b * draw.randint(2, 12),
            "e": b * c + draw.randint(100, 150), "w": draw.randint(2, 6), "h": 2 * draw.randint(10, 60),
            "pc": 5 * draw.randint(1, 15),
        }  # fmt: skip
        words = {"n": n, "m": m, "t": draw.choice(_THINGS), "x": draw.choice(_BOXES), **numbers}
        body = "".join(f"\n    {line.format(**words)}" for line in pattern.lines)
        task = ("gsm8k_code", "gsm8k")[number % 2]
        number += 1
        question, answer = pattern.question.format(**words), f"{pattern.answer(numbers):g}"
        yield task, Sample(question, {"question": question}, answer, program=f"def solution():{body}")
