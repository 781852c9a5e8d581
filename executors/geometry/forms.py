"""Logic forms of Geometry3K: `Equals(LengthOf(Line(A, B)), 2x+5)` read into terms, compared, and written.

The grammar is that of the official reader (lupantech/InterGPS 99e6b529, `symbolic_solver/logic_parser.py`): a form is
a name with bracketed arguments, and an argument is a form or a bare identifier. Identifiers may hold blanks (leading
ones are skipped, trailing ones kept), predicate names are not checked, and what follows the first form is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

Argument: TypeAlias = "Term | str"

MOST_CHARACTERS = 20_000
DEEPEST = 100

_IDENTIFIER = re.compile(r"[A-Za-z0-9 +\-*/.\\{}^_$']+")
_BLANKS = re.compile(r"[ \n\r]*")

# How many vertices a polygon's name promises; None: any number.
POLYGONS: dict[str, int | None] = {
    **dict.fromkeys(["Quadrilateral", "Parallelogram", "Square", "Rectangle", "Rhombus", "Trapezoid", "Kite"], 4),
    **{"Triangle": 3, "Pentagon": 5, "Hexagon": 6, "Heptagon": 7, "Octagon": 8, "Polygon": None, "Shape": None},
}
_UNORDERED = frozenset(["Equals", "Add", "Mul", "SumOf", "AverageOf", "Parallel", "Perpendicular"])


class FormError(ValueError):
    """A text that is no logic form; the message is one line that says where and why."""


@dataclass(frozen=True, slots=True)
class Term:
    """A name applied to arguments, each a term or an identifier as it was written."""

    name: str
    arguments: tuple[Argument, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.arguments))})"

    def tree(self) -> list[object]:
        """The nested lists that the official reader gives: `["Find", ["MeasureOf", ["Angle", "1"]]]`."""
        return [self.name, *(part.tree() if isinstance(part, Term) else part for part in self.arguments)]

    def terms(self) -> Iterator[Term]:
        """This term and all terms in it."""
        yield self
        for part in self.arguments:
            if isinstance(part, Term):
                yield from part.terms()


def parse(text: str) -> Term:
    """The first logic form of `text`; raises `FormError`."""
    if len(text) > MOST_CHARACTERS:
        raise FormError(f"a form of more than {MOST_CHARACTERS} characters")
    return _Reader(text.expandtabs()).form()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def form(self) -> Term:
        open_terms: list[tuple[str, list[Argument]]] = []
        name = self._identifier()
        if not self._takes("("):
            raise self._error("'('")
        open_terms.append((name, []))
        while True:
            _, arguments = open_terms[-1]
            if not arguments and self._takes(")"):
                closed = Term(open_terms.pop()[0])
            else:
                name = self._identifier()
                if self._takes("("):
                    if len(open_terms) == DEEPEST:
                        raise FormError(f"a form nested more than {DEEPEST} deep")
                    open_terms.append((name, []))
                    continue
                arguments.append(name)
                if self._takes(","):
                    continue
                closed = self._close(open_terms)
            while True:
                if not open_terms:
                    return closed
                open_terms[-1][1].append(closed)
                if self._takes(","):
                    break
                closed = self._close(open_terms)

    def _close(self, open_terms: list[tuple[str, list[Argument]]]) -> Term:
        if not self._takes(")"):
            raise self._error("',' or ')'")
        name, arguments = open_terms.pop()
        return Term(name, tuple(arguments))

    def _identifier(self) -> str:
        self._skip()
        match = _IDENTIFIER.match(self.text, self.place)
        if match is None:
            raise self._error("a name")
        self.place = match.end()
        return match[0]

    def _takes(self, mark: str) -> bool:
        self._skip()
        if not self.text.startswith(mark, self.place):
            return False
        self.place += 1
        return True

    def _skip(self) -> None:
        blanks = _BLANKS.match(self.text, self.place)
        assert blanks is not None
        self.place = blanks.end()

    def _error(self, wanted: str) -> FormError:
        found = repr(self.text[self.place : self.place + 12]) if self.place < len(self.text) else "the end"
        return FormError(f"character {self.place + 1}: {wanted} expected, {found} found")


def normalise(term: Argument) -> Argument:
    """The same form for all ways of writing it.

    Blanks go, `angle 1` is `Angle(1)`; the ends of lines, angles and arcs, the arguments of symmetric predicates and
    a lone polygon's first vertex and sense are put in order (in `Similar` and `Congruent` vertices correspond, so only
    the two shapes may change places).
    """
    if isinstance(term, str):
        words = term.split()
        return Term("Angle", (words[1],)) if len(words) == 2 and words[0] == "angle" else "".join(words)
    name = term.name.strip()
    if name in ("Similar", "Congruent"):
        return Term(name, _sorted(_squeezed(part) for part in term.arguments))
    arguments = tuple(normalise(part) for part in term.arguments)
    if name in _UNORDERED:
        arguments = _sorted(arguments)
    elif name in ("Line", "Angle", "Arc") and len(arguments) > 1:
        arguments = min(arguments, arguments[::-1], key=_key)
    elif name in POLYGONS and arguments:
        turned = [arguments[at:] + arguments[:at] for at in range(len(arguments))]
        arguments = min([*turned, *(turn[::-1] for turn in turned)], key=_key)
    return Term(name, arguments)


def _squeezed(term: Argument) -> Argument:
    if isinstance(term, str):
        return "".join(term.split())
    return Term(term.name.strip(), tuple(_squeezed(part) for part in term.arguments))


def _key(arguments: tuple[Argument, ...]) -> list[str]:
    return [str(part) for part in arguments]


def _sorted(arguments: Iterator[Argument] | tuple[Argument, ...]) -> tuple[Argument, ...]:
    return tuple(sorted(arguments, key=str))
