"""NLmaps' query language (MRL): function terms over OpenStreetMap keys and values.

`query(area(keyval('name','Paris')),nwr(keyval('tourism','hotel')),qtype(count))`: a functor with arguments in
brackets, bare words, and strings in single quotes (in which a doubled quote or a backslash writes a quote).
Source: Haas & Riezler 2016 (NLmaps); forms as in the released corpus, v1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from executors.outcome import Outcome, Status, one_line

MAX_CHARACTERS = 20_000
MAX_DEPTH = 50

FUNCTIONS = frozenset(
    [
        *("query", "area", "nwr", "keyval", "or", "and", "center", "search", "maxdist", "around", "topx", "qtype"),
        *("findkey", "least", "count", "latlong", "nodup", "dist", "unit", "for", "cardinal", "nth", "nearest"),
        *("north", "south", "east", "west", "northeast", "northwest", "southeast", "southwest"),
    ]
)
# What `nwr`, `area` and the like select by is a set: the order in which conditions are written says nothing.
UNORDERED = frozenset({"or", "and", "nwr", "area"})

_TOKEN = re.compile(r"\s*(?:(?P<mark>[(),])|'(?P<string>(?:[^'\\]|\\.|'(?![,)\s]))*)'|(?P<word>[^\s(),']+))", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted string."""

    value: str

    def __str__(self) -> str:
        return f"'{self.value}'"


@dataclass(frozen=True, slots=True)
class Call:
    """A functor with its arguments; a bare word is one without any."""

    name: str
    arguments: tuple[Term, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}({','.join(map(str, self.arguments))})" if self.arguments else self.name


Term: TypeAlias = "Text | Call"


class NotAQueryError(ValueError):
    """The text is no query; the message says at which character and why."""


def parse(text: str) -> Call:
    """The query that `text` is. Raises NotAQueryError."""
    if len(text) > MAX_CHARACTERS:
        raise NotAQueryError(f"{len(text)} characters where no query has more than {MAX_CHARACTERS}")
    reader = _Reader(list(_tokens(text)), len(text))
    term = reader.term(0)
    if not isinstance(term, Call) or term.name not in ("query", "dist"):
        raise NotAQueryError("a query begins with query( or, for a distance, with dist(")
    if reader.position < len(reader.tokens):
        raise NotAQueryError(f"character {reader.place() + 1}: text behind the end of the query")
    return term


def words(text: str) -> Iterator[tuple[int, str]]:
    """Every word of a query (functions and bare arguments, no strings) and its place. Raises NotAQueryError."""
    return ((place, word) for place, kind, word in _tokens(text) if kind == "word")


def _tokens(text: str) -> Iterator[tuple[int, str, str]]:
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise NotAQueryError(
                f"character {position + 1}: {one_line(text[position : position + 20])!r} is not readable"
            )
        kind = match.lastgroup
        assert kind is not None
        yield match.start(kind), kind, match[kind]
        position = match.end()


class _Reader:
    def __init__(self, tokens: list[tuple[int, str, str]], end: int) -> None:
        self.tokens = tokens
        self.position = 0
        self.end = end

    def place(self) -> int:
        return self.tokens[self.position][0] if self.position < len(self.tokens) else self.end

    def take(self) -> tuple[str, str]:
        if self.position == len(self.tokens):
            raise NotAQueryError("the query is not closed")
        _, kind, text = self.tokens[self.position]
        self.position += 1
        return kind, text

    def term(self, depth: int) -> Term:
        if depth > MAX_DEPTH:
            raise NotAQueryError(f"nested more than {MAX_DEPTH} deep")
        place = self.place()
        kind, text = self.take()
        if kind == "string":
            return Text(text)
        if kind == "mark":
            raise NotAQueryError(f"character {place + 1}: a term was expected before {text!r}")
        if self.position == len(self.tokens) or self.tokens[self.position][2] != "(" or self._is_string():
            return Call(text)
        if text not in FUNCTIONS:
            raise NotAQueryError(f"character {place + 1}: there is no function {one_line(text, 40)!r}")
        self.take()
        arguments = [self.term(depth + 1)]
        while (mark := self.take()) == ("mark", ","):
            arguments.append(self.term(depth + 1))
        if mark != ("mark", ")"):
            raise NotAQueryError(f"character {self.place() + 1}: ',' or ')' was expected")
        return Call(text, tuple(arguments))

    def _is_string(self) -> bool:
        return self.tokens[self.position][1] == "string"


def normalised(term: Term) -> Term:
    """The same query with the arguments of unordered functions sorted and repeated ones dropped."""
    if isinstance(term, Text):
        return term
    arguments = tuple(normalised(argument) for argument in term.arguments)
    if term.name in UNORDERED:
        arguments = tuple(sorted(set(arguments), key=str))
    return Call(term.name, arguments)


def execute(program: str) -> Outcome:
    """A query. Value: its normalised text; `invalid` with the character where it stops being one."""
    try:
        return Outcome(Status.OK, str(normalised(parse(program))))
    except NotAQueryError as error:
        return Outcome.failed(Status.INVALID, error)
