"""The regular expressions of dk.brics.automaton, all optional operators on, as postfix programs.

Grammar, loosest first (`RegExp.java`, version 1.11):

    union := inter ("|" union)?         repeat := compl ("?" | "*" | "+" | "{" n ("," m?)? "}")*
    inter := concat ("&" inter)?        compl  := "~" compl | class
    concat := repeat concat?            class  := "[" "^"? ranges "]" | simple
    simple := "." | "#" | "@" | '"' text '"' | "()" | "(" union ")" | "<" n "-" m ">" | "<" name ">" | "\\"? char

Whole strings over UTF-16 code units are matched: `^` and `$` are characters, `\\d` is the letter d, `.` any unit. Where
an operand must come, an operator's sign is a character (`|a` is a bar, then an a), and so is `)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

LAST_UNIT = 0xFFFF
_MOST_REPEATS = 2**31 - 1

Range: TypeAlias = tuple[int, int]


class Operator(Enum):
    """What an instruction does with the top of the stack."""

    CHARACTERS = "characters"  # push one unit of `ranges`
    EMPTY = "empty"  # push the language without strings
    EPSILON = "epsilon"  # push the language of the empty string
    CONCAT = "concat"  # replace the top `count` languages by their concatenation, and so on
    UNION = "union"
    INTERSECT = "intersect"
    COMPLEMENT = "complement"
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step of a postfix program. `most` None: without bound."""

    operator: Operator
    ranges: tuple[Range, ...] = ()
    count: int = 0
    least: int = 0
    most: int | None = None


Program: TypeAlias = tuple[Instruction, ...]

EVERYTHING = Instruction(Operator.CHARACTERS, ranges=((0, LAST_UNIT),))
_EMPTY = Instruction(Operator.EMPTY)
_EPSILON = Instruction(Operator.EPSILON)
_COMPLEMENT = Instruction(Operator.COMPLEMENT)
_STAR = Instruction(Operator.REPEAT)


class RegexSyntaxError(ValueError):
    """Not a regular expression of this language: what is wrong, and at which UTF-16 position."""


# deep-regex writes the inside of a bracket class, and four words, as one token each.
_TOKENS = {
    "<VOW>": "AEIOUaeiou",
    "<NUM>": "0-9",
    "<LET>": "A-Za-z",
    "<CAP>": "A-Z",
    "<LOW>": "a-z",
    "<M0>": "dog",
    "<M1>": "truck",
    "<M2>": "ring",
    "<M3>": "lake",
}


def untokenised(text: str) -> str:
    """A data set's token sequence as regex text: class and word tokens spelled out, then every space dropped.

    Source: deep-regex 096490d, regexDFAEquals.py (`unprocess_regex`).
    """
    for token, meaning in _TOKENS.items():
        text = text.replace(token, meaning)
    return text.replace(" ", "")


def parse(text: str) -> Program:
    """The postfix program of a regular expression. Raises `RegexSyntaxError`. Takes no stack: any nesting is read."""
    return _Parser(text).program() if text else (_EPSILON,)


@dataclass
class _Group:
    """An open bracket: how many operands wait for each operator, and how many `~` stand before it."""

    complements: int = 0
    unions: int = 1
    intersections: int = 1
    concats: int = 0


@dataclass
class _Parser:
    text: str
    units: Sequence[str] = field(init=False)
    position: int = 0
    out: list[Instruction] = field(default_factory=list)

    def __post_init__(self) -> None:
        raw = self.text.encode("utf-16-be", "surrogatepass")
        self.units = [chr(raw[i] << 8 | raw[i + 1]) for i in range(0, len(raw), 2)]

    def program(self) -> Program:
        groups = [_Group()]
        while True:
            if self._operand(groups):
                continue
            while self._peek(")") and len(groups) > 1:
                self.position += 1
                self._close(groups.pop())
                groups[-1].concats += 1
            if not self._more():
                if len(groups) > 1:
                    raise self._error("')' expected")
                self._close(groups.pop(), repeat=False)
                return tuple(self.out)
            if self._peek(")"):
                raise self._error("end of text expected")
            if self._match("|"):
                self._end_concat(groups[-1])
                self._combine(Operator.INTERSECT, groups[-1].intersections)
                groups[-1].intersections = 1
                groups[-1].unions += 1
            elif self._match("&"):
                self._end_concat(groups[-1])
                groups[-1].intersections += 1

    def _operand(self, groups: list[_Group]) -> bool:
        """Read one operand with its repetitions. True when it was an opening bracket: its content comes next."""
        complements = 0
        while self._match("~"):
            complements += 1
        if self._match("("):
            if not self._match(")"):
                groups.append(_Group(complements))
                return True
            self.out.append(_EPSILON)
        else:
            self._simple()
        self._finish(complements)
        groups[-1].concats += 1
        return False

    def _close(self, group: _Group, repeat: bool = True) -> None:
        self._end_concat(group)
        self._combine(Operator.INTERSECT, group.intersections)
        self._combine(Operator.UNION, group.unions)
        if repeat:
            self._finish(group.complements)

    def _end_concat(self, group: _Group) -> None:
        self._combine(Operator.CONCAT, group.concats)
        group.concats = 0

    def _combine(self, operator: Operator, count: int) -> None:
        if count > 1:
            self.out.append(Instruction(operator, count=count))

    def _finish(self, complements: int) -> None:
        self.out.extend([_COMPLEMENT] * complements)
        while self._more() and self.units[self.position] in "?*+{":
            sign = self._next()
            least, most = self._bounds() if sign == "{" else {"?": (0, 1), "*": (0, None), "+": (1, None)}[sign]
            if most is not None and least > most:
                self.out.extend((_EMPTY, Instruction(Operator.CONCAT, count=2)))
            else:
                self.out.append(Instruction(Operator.REPEAT, least=least, most=most))

    def _bounds(self) -> tuple[int, int | None]:
        least = self._integer()
        if least is None:
            raise self._error("integer expected")
        most = self._integer() if self._match(",") else least
        if not self._match("}"):
            raise self._error("'}' expected")
        return least, most

    def _integer(self) -> int | None:
        start = self.position
        while self._more() and self.units[self.position] in "0123456789":
            self.position += 1
        return self._number("".join(self.units[start : self.position])) if self.position > start else None

    def _number(self, digits: str) -> int:
        significant = digits.lstrip("0") or "0"
        if len(significant) > len(str(_MOST_REPEATS)) or int(significant) > _MOST_REPEATS:
            raise self._error("integer too large")
        return int(significant)

    def _simple(self) -> None:
        if self._match("["):
            self._class()
        elif self._match("."):
            self.out.append(EVERYTHING)
        elif self._match("#"):
            self.out.append(_EMPTY)
        elif self._match("@"):
            self.out.extend((EVERYTHING, _STAR))
        elif self._match('"'):
            self._string(self._until('"'))
        elif self._match("<"):
            self._interval("".join(self._until(">")))
        else:
            self.out.append(_one(self._character()))

    def _class(self) -> None:
        negated = self._match("^")
        ranges = [self._range()]
        while self._more() and not self._peek("]"):
            ranges.append(self._range())
        if not self._match("]"):
            raise self._error("']' expected")
        found = tuple((low, high) for pair in ranges for low, high in pair if low <= high)
        self.out.append(Instruction(Operator.CHARACTERS, ranges=_others(found) if negated else found))

    def _range(self) -> tuple[Range, ...]:
        low = ord(self._character())
        if not self._match("-"):
            return ((low, low),)
        if self._peek("]"):
            return ((low, low), (ord("-"), ord("-")))
        return ((low, ord(self._character())),)

    def _character(self) -> str:
        self._match("\\")
        return self._next()

    def _string(self, units: Sequence[str]) -> None:
        self.out.extend(_one(unit) for unit in units)
        if not units:
            self.out.append(_EPSILON)
        self._combine(Operator.CONCAT, len(units))

    def _until(self, end: str) -> Sequence[str]:
        start = self.position
        while self._more() and not self._peek(end):
            self.position += 1
        if not self._match(end):
            raise self._error(f"{end!r} expected")
        return self.units[start : self.position - 1]

    def _interval(self, text: str) -> None:
        if "-" not in text:
            raise self._error(f"no automaton is called {text!r}")
        bounds = re.fullmatch(r"\+?([0-9]+)-\+?([0-9]+)", text)
        if bounds is None:
            raise self._error("interval of two integers expected")
        first, last = text.split("-")
        low, high = sorted((self._number(bounds[1]), self._number(bounds[2])))
        self.out.extend(_interval(low, high, len(first) if len(first) == len(last) else 0))

    def _more(self) -> bool:
        return self.position < len(self.units)

    def _peek(self, unit: str) -> bool:
        return self._more() and self.units[self.position] == unit

    def _match(self, unit: str) -> bool:
        if self._peek(unit):
            self.position += 1
            return True
        return False

    def _next(self) -> str:
        if not self._more():
            raise self._error("unexpected end of text")
        self.position += 1
        return self.units[self.position - 1]

    def _error(self, message: str) -> RegexSyntaxError:
        return RegexSyntaxError(f"{message} at position {self.position}")


def _one(unit: str) -> Instruction:
    return Instruction(Operator.CHARACTERS, ranges=((ord(unit), ord(unit)),))


def _others(ranges: Sequence[Range]) -> tuple[Range, ...]:
    """The units outside `ranges`."""
    outside: list[Range] = []
    start = 0
    for low, high in sorted(ranges):
        if start < low:
            outside.append((start, low - 1))
        start = max(start, high + 1)
    return (*outside, (start, LAST_UNIT)) if start <= LAST_UNIT else tuple(outside)


def _interval(low: int, high: int, width: int) -> list[Instruction]:
    """The decimal numbers from `low` to `high`: with `width` digits each, or (0) with any number of leading zeros."""
    if width:
        return _union([_block(*block) for block in _blocks(str(low).zfill(width), str(high).zfill(width))])
    alternatives: list[list[Instruction]] = []
    for length in range(len(str(low)), len(str(high)) + 1):
        smallest = max(low, 10 ** (length - 1) if length > 1 else 0)
        alternatives.extend(_block(*block) for block in _blocks(str(smallest), str(min(high, 10**length - 1))))
    return [_one("0"), _STAR, *_union(alternatives), Instruction(Operator.CONCAT, count=2)]


def _union(alternatives: Sequence[Sequence[Instruction]]) -> list[Instruction]:
    joined = [instruction for alternative in alternatives for instruction in alternative]
    return [*joined, Instruction(Operator.UNION, count=len(alternatives))] if len(alternatives) > 1 else joined


def _block(prefix: str, first: str, last: str, free: int) -> list[Instruction]:
    """`prefix`, a digit from `first` to `last`, then `free` digits of any kind."""
    parts = [_one(unit) for unit in prefix]
    parts.append(Instruction(Operator.CHARACTERS, ranges=((ord(first), ord(last)),)))
    parts.extend([Instruction(Operator.CHARACTERS, ranges=((ord("0"), ord("9")),))] * free)
    return [*parts, Instruction(Operator.CONCAT, count=len(parts))] if len(parts) > 1 else parts


def _blocks(low: str, high: str) -> Iterator[tuple[str, str, str, int]]:
    """Blocks (see `_block`) that make up all numbers from `low` to `high`, which have the same length."""
    size = len(low)
    split = next((i for i in range(size) if low[i] != high[i]), size - 1)
    if split == size - 1:
        yield low[:split], low[split], high[split], 0
        return
    yield low[:-1], low[-1], "9", 0
    yield high[:-1], "0", high[-1], 0
    for i in range(size - 2, split, -1):
        if low[i] < "9":
            yield low[:i], chr(ord(low[i]) + 1), "9", size - 1 - i
        if high[i] > "0":
            yield high[:i], "0", chr(ord(high[i]) - 1), size - 1 - i
    if ord(low[split]) + 1 < ord(high[split]):
        yield low[:split], chr(ord(low[split]) + 1), chr(ord(high[split]) - 1), size - 1 - split
