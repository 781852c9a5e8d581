"""Answers of WikiTableQuestions: lists of numbers, dates and texts, and when two of them denote the same.

Source: ppasupat/WikiTableQuestions 7d455a5a707b, evaluator.py 1.0.2, as it runs on Python 2: digits of any script are
numbers, underscores in them are not.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

MAX_CHARACTERS = 20_000
MAX_ITEMS = 5_000
TOLERANCE = 1e-6

_QUOTES = str.maketrans({**dict.fromkeys("‘’´`", "'"), **dict.fromkeys("“”", '"'), **dict.fromkeys("‐‑‒–—−", "-")})
_CITATIONS = re.compile(r"(?:(?<!^)\[[^\]]*\]|\[\d+\]|[•♦†‡*#+])*$")
_DETAILS = re.compile(r"(?<!^)(?: \([^)]*\))*$")
_QUOTED = re.compile(r'^"([^"]*)"$')


def normalised(text: str) -> str:
    """Text as it is compared: without accents, footnotes, details in brackets, outer quotes, a final period, case."""
    decomposed = unicodedata.normalize("NFKD", text[:MAX_CHARACTERS])
    text = "".join(c for c in decomposed if unicodedata.category(c) != "Mn").translate(_QUOTES)
    while True:
        before = text
        text = _CITATIONS.sub("", text.strip())
        text = _DETAILS.sub("", text.strip())
        text = _QUOTED.sub(r"\1", text.strip())
        if text == before:
            break
    text = text.removesuffix(".")
    # Letter by letter: lower() of a whole word gives a final sigma another form.
    return "".join(map(str.lower, " ".join(text.split())))


@dataclass(frozen=True, slots=True)
class Value:
    """One answer.

    `kind` is number, date or text; `content` the number, (year, month, day) with -1 for unknown parts, or the
    normalised text; `text` the normalised original.
    """

    kind: str
    content: float | tuple[int, int, int] | str
    text: str

    def key(self) -> tuple[str, object]:
        """What makes two answers of one list the same."""
        return self.kind, self.content

    def matches(self, other: Value) -> bool:
        if self.text == other.text:
            return True
        if self.kind != other.kind or self.kind == "text":
            return False
        if isinstance(self.content, (int, float)) and isinstance(other.content, (int, float)):
            return abs(self.content - other.content) < TOLERANCE
        return self.content == other.content


def value(original: str, canonical: str = "") -> Value:
    """The answer `original`, read by its canonical form where there is one."""
    text = normalised(original)
    canonical = canonical or original
    number = _number(canonical)
    if number is not None:
        return Value("number", number, text)
    date = _date(canonical)
    if date is None:
        return Value("text", text, text)
    if date[1] == date[2] == -1:
        return Value("number", date[0], text)
    return Value("date", date, text)


def _number(text: str) -> float | None:
    """What int() or float() of Python 2 reads; a number within 1e-6 of an integer is cut down to its whole part."""
    if "_" in text or len(text) > MAX_CHARACTERS:
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        amount = float(text)
    except ValueError:
        return None
    if not math.isfinite(amount):
        return None
    return int(amount) if abs(amount - round(amount)) < TOLERANCE else amount


def _date(text: str) -> tuple[int, int, int] | None:
    parts = text.lower().split("-")
    if len(parts) != 3 or "_" in text:
        return None
    try:
        year = -1 if parts[0] in ("xx", "xxxx") else int(parts[0])
        month, day = (-1 if part == "xx" else int(part) for part in parts[1:])
    except ValueError:
        return None
    if year == month == day == -1 or not (month == -1 or 1 <= month <= 12) or not (day == -1 or 1 <= day <= 31):
        return None
    return year, month, day


def values(originals: Sequence[str], canonicals: Sequence[str] | None = None) -> list[Value]:
    """The different answers of a list."""
    pairs = zip(originals, canonicals or [""] * len(originals), strict=True)
    found = (value(original, canonical) for original, canonical in list(pairs)[:MAX_ITEMS])
    return list({item.key(): item for item in found}.values())


def same_denotation(gold: Sequence[Value], predicted: Sequence[Value]) -> bool:
    """As many different answers on both sides, and a match for every gold one."""
    return len(gold) == len(predicted) and all(any(item.matches(other) for other in predicted) for item in gold)
