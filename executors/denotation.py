"""Answers of WikiTableQuestions: lists of numbers, dates and texts, and when two of them denote the same.

Source: ppasupat/WikiTableQuestions 7d455a5a707b, evaluator.py 1.0.2, as it runs on Python 2: digits of any script are
numbers, also with blanks behind their sign ("- 5"); underscores in them are not.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

MAX_CHARACTERS = 20_000
TOLERANCE = 1e-6
HUGE = 10**308

_QUOTES = str.maketrans({**dict.fromkeys("‘’´`", "'"), **dict.fromkeys("“”", '"'), **dict.fromkeys("‐‑‒–—−", "-")})
_MARKS = "•♦†‡*#+"
_QUOTED = re.compile(r'^"([^"]*)"$')
_BLANKS = {0x180E: "\u2003"}  # white space in the Unicode of Python 2
_WHOLE = re.compile(r"\s*([+-]?)\s*(\d+)\s*")


def normalised(text: str) -> str:
    """Text as it is compared: without accents, footnotes, details in brackets, outer quotes, a final period, case."""
    decomposed = unicodedata.normalize("NFKD", text[:MAX_CHARACTERS])
    text = "".join(c for c in decomposed if unicodedata.category(c) != "Mn").translate(_QUOTES | _BLANKS)
    while True:
        before = text
        text = _without_citations(text.strip())
        text = _without_details(text.strip())
        text = _QUOTED.sub(r"\1", text.strip())
        if text == before:
            break
    text = text.removesuffix(".")
    # Letter by letter: lower() of a whole word gives a final sigma another form.
    return "".join(map(str.lower, " ".join(text.split())))


def _without_citations(text: str) -> str:
    """Without marks and brackets at the end; a text that is one bracket stays, unless it holds a number."""
    end = len(text)
    while end:
        start = end - 1
        if text[start] == "]":
            begin = text.rfind("]", 0, start) + 1
            start = text.find("[", begin, start)
            if start == 0 and not re.fullmatch("[0-9]+", text[1 : end - 1]):
                start = text.find("[", 1, end - 1)
            if start < 0:
                break
        elif text[start] not in _MARKS:
            break
        end = start
    return text[:end]


def _without_details(text: str) -> str:
    """Without " (...)" at the end, as often as it stands there; something is left before it."""
    end = len(text)
    while end and text[end - 1] == ")":
        start = text.find(" (", max(text.rfind(")", 0, end - 1) + 1, 1), end - 1)
        if start < 0:
            break
        end = start
    return text[:end]


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
    date = _date(canonical) if number is None else None
    if date is not None and date[1] == date[2] == -1:
        number = date[0]
    if number is not None:
        return Value("number", number, text if original else _printed(number))
    if date is not None:
        return Value("date", date, text if original else "{}-{}-{}".format(*_shown(date)))
    return Value("text", text, text)


def _printed(number: float) -> str:
    """As Python 2 prints it."""
    return str(number) if isinstance(number, int) else f"{number:.12g}"


def _shown(date: tuple[int, int, int]) -> tuple[int | str, ...]:
    """The official script means to write xx for an unknown day, too, but does not."""
    return *("xx" if part == -1 else part for part in date[:2]), date[2]


def _integer(text: str) -> int:
    """Raises ValueError for what int() of Python 2 does not read."""
    match = _WHOLE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return int(match[1] + match[2])


def _number(text: str) -> float | None:
    """What int() or float() of Python 2 reads; a number within 1e-6 of an integer is cut down to its whole part.

    The official script dies of whole numbers that are no floats (above 1e308): here they are texts.
    """
    if "_" in text or len(text) > MAX_CHARACTERS:
        return None
    text = text.translate(_BLANKS).strip()
    try:
        amount = float(text)
    except ValueError:
        try:
            whole = _integer(text)
        except ValueError:
            return None
        return whole if abs(whole) < HUGE else None
    if not math.isfinite(amount):
        return None
    if _WHOLE.fullmatch(text):
        return _integer(text)
    return int(amount) if abs(amount - round(amount)) < TOLERANCE else amount


def _date(text: str) -> tuple[int, int, int] | None:
    parts = text.translate(_BLANKS).lower().split("-")
    if len(parts) != 3:
        return None
    try:
        year = -1 if parts[0] in ("xx", "xxxx") else _integer(parts[0])
        month, day = (-1 if part == "xx" else _integer(part) for part in parts[1:])
    except ValueError:
        return None
    if year == month == day == -1 or not (month == -1 or 1 <= month <= 12) or not (day == -1 or 1 <= day <= 31):
        return None
    return year, month, day


def values(originals: Sequence[str], canonicals: Sequence[str] | None = None) -> list[Value]:
    """The different answers of a list: of those that are the same, the first. Raises ValueError for unequal lengths."""
    found: dict[tuple[str, object], Value] = {}
    for original, canonical in zip(originals, canonicals or [""] * len(originals), strict=True):
        item = value(original, canonical)
        found.setdefault(item.key(), item)
    return list(found.values())


def same_denotation(gold: Sequence[Value], predicted: Sequence[Value]) -> bool:
    """As many different answers on both sides, and a match for every gold one."""
    return len(gold) == len(predicted) and all(any(item.matches(other) for other in predicted) for item in gold)
