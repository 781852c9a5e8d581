"""Regular languages as terms with derivatives: extended expressions in a normal form, one object a term.

Brzozowski's derivatives reach finitely many terms when sums are kept as sets; the other laws used here (absorption by
"any string", nullable neighbours of it, De Morgan) only make them fewer. Characters are sets of *classes*: the units
that no character set of the expressions at hand tells apart, so a set is a bit mask and "any other character" is a
class like all others. Source: Owens, Reppy, Turon 2009, "Regular-expression derivatives reexamined".
"""

from __future__ import annotations

import itertools
import math
import time
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from enum import IntEnum, auto
from typing import TypeAlias

from executors.regex.syntax import LAST_UNIT, Operator, Program

# A term of more alternatives, or deeper, is a sign that the terms multiply: time and stack would run out on it.
MOST_PARTS = 2_000
MOST_DEPTH = 200


class TooHardError(Exception):
    """Given up: which bound was passed."""


class Kind(IntEnum):
    EMPTY = auto()
    EPSILON = auto()
    CHARACTERS = auto()  # one unit out of the classes of a mask
    CONCAT = auto()
    REPEAT = auto()  # (term, least, most); most -1 is without bound
    UNION = auto()
    INTERSECT = auto()
    COMPLEMENT = auto()


Term: TypeAlias = int


class Alphabet:
    """The classes of units that the character sets of some programs tell apart."""

    def __init__(self, programs: Iterable[Program]) -> None:
        ranges = {pair for program in programs for instruction in program for pair in instruction.ranges}
        self._starts = sorted({0, *(low for low, _ in ranges), *(high + 1 for _, high in ranges if high < LAST_UNIT)})
        self.classes = len(self._starts)

    def mask(self, ranges: Iterable[tuple[int, int]]) -> int:
        mask = 0
        for low, high in ranges:
            first, last = self._class(low), self._class(high)
            mask |= (1 << last + 1) - (1 << first)
        return mask

    def sample(self, number: int) -> str:
        """A unit of a class: a letter, digit or other visible one where there is one."""
        low = self._starts[number]
        high = self._starts[number + 1] - 1 if number + 1 < self.classes else LAST_UNIT
        for wanted in (ord(" "), ord("!")):
            if low <= wanted <= high:
                return chr(wanted)
        return chr(low)

    def _class(self, unit: int) -> int:
        return bisect_right(self._starts, unit) - 1


class Languages:
    """All terms over one alphabet. Equal terms are the same number; `deadline` is `time.monotonic`'s."""

    def __init__(self, alphabet: Alphabet, deadline: float) -> None:
        self.alphabet = alphabet
        self.deadline = deadline
        self._terms: dict[tuple[object, ...], Term] = {}
        self.kinds: list[Kind] = []
        self.arguments: list[tuple[int, ...]] = []
        self.nullable: list[bool] = []
        self._depths: list[int] = []
        self._derivatives: dict[tuple[Term, int], Term] = {}
        self._everything = (1 << alphabet.classes) - 1
        self.empty = self._term(Kind.EMPTY, (), False)
        self.epsilon = self._term(Kind.EPSILON, (), True)
        self.any_unit = self._term(Kind.CHARACTERS, (self._everything,), False)
        self.any_string = self._term(Kind.REPEAT, (self.any_unit, 0, -1), True)
        self._complements = {self.empty: self.any_string, self.any_string: self.empty}

    def evaluate(self, program: Program) -> Term:
        """The language of a postfix program."""
        stack: list[Term] = []
        for step in program:
            match step.operator:
                case Operator.CHARACTERS:
                    stack.append(self.characters(self.alphabet.mask(step.ranges)))
                case Operator.EMPTY:
                    stack.append(self.empty)
                case Operator.EPSILON:
                    stack.append(self.epsilon)
                case Operator.COMPLEMENT:
                    stack.append(self.complement(stack.pop()))
                case Operator.REPEAT:
                    stack.append(self.repeat(stack.pop(), step.least, -1 if step.most is None else step.most))
                case _:
                    operands = stack[-step.count :]
                    del stack[-step.count :]
                    combine = {
                        Operator.CONCAT: self.concat,
                        Operator.UNION: self.union,
                        Operator.INTERSECT: self.intersect,
                    }[step.operator]
                    stack.append(combine(operands))
        (term,) = stack
        return term

    def characters(self, mask: int) -> Term:
        return self._term(Kind.CHARACTERS, (mask,), False) if mask else self.empty

    def concat(self, terms: Iterable[Term]) -> Term:
        parts: list[Term] = []
        for term in self._flat(Kind.CONCAT, terms):
            if term == self.empty:
                return self.empty
            if term == self.epsilon:
                continue
            while parts and term == self.any_string and self.nullable[parts[-1]]:
                parts.pop()
            if parts and parts[-1] == self.any_string and self.nullable[term]:
                continue
            if parts:
                body, least, most = self._repetition(parts[-1])
                other, more_least, more_most = self._repetition(term)
                if body == other:
                    parts.pop()
                    term = self.repeat(body, least + more_least, -1 if -1 in (most, more_most) else most + more_most)
            parts.append(term)
        if len(parts) < 2:
            return parts[0] if parts else self.epsilon
        return self._term(Kind.CONCAT, tuple(parts), all(self.nullable[part] for part in parts))

    def repeat(self, term: Term, least: int, most: int) -> Term:
        if term == self.empty:
            return self.empty if least else self.epsilon
        if most == 0 or term == self.epsilon:
            return self.epsilon
        if self.nullable[term]:
            least = 0
        if (least, most) == (1, 1) or self._is_star(term):
            return term
        if self.kinds[term] is Kind.REPEAT and self.arguments[term][2] == -1:
            body, inner, _ = self.arguments[term]
            if least or (inner, most) == (1, -1):
                return self.repeat(body, inner * least, -1)
        return self._term(Kind.REPEAT, (term, least, most), least == 0)

    def union(self, terms: Iterable[Term]) -> Term:
        mask, found = 0, set[Term]()
        for term in self._flat(Kind.UNION, terms):
            if self.kinds[term] is Kind.CHARACTERS:
                mask |= self.arguments[term][0]
            elif term == self.any_string:
                return term
            elif term != self.empty:
                found.add(term)
        if any(self._complements.get(term) in found for term in found):
            return self.any_string
        if mask:
            found.add(self.characters(mask))
        if self.epsilon in found and any(self.nullable[term] for term in found if term != self.epsilon):
            found.discard(self.epsilon)
        found = {term for term in found if not self._covered(term, found)}
        found -= self._narrower(found)
        if len(found) < 2:
            return next(iter(found), self.empty)
        return self._term(Kind.UNION, tuple(sorted(found)), any(self.nullable[term] for term in found))

    def intersect(self, terms: Iterable[Term]) -> Term:
        mask, found, excluded = self._everything, set[Term](), list[Term]()
        for term in self._flat(Kind.INTERSECT, terms):
            if self.kinds[term] is Kind.COMPLEMENT:
                excluded.append(self.arguments[term][0])
            elif self.kinds[term] is Kind.CHARACTERS:
                mask &= self.arguments[term][0]
                found.add(self.any_unit)
            elif term == self.empty:
                return term
            elif term != self.any_string:
                found.add(term)
        if excluded:
            outside = self.union(excluded)
            if outside == self.any_string:
                return self.empty
            found.add(self.complement(outside))
        if self.any_unit in found:
            found.discard(self.any_unit)
            if not mask:
                return self.empty
            found.add(self.characters(mask))
        if any(self._complements.get(term) in found for term in found):
            return self.empty
        if self.epsilon in found:
            return self.epsilon if all(self.nullable[term] for term in found) else self.empty
        if len(found) < 2:
            return next(iter(found), self.any_string)
        return self._term(Kind.INTERSECT, tuple(sorted(found)), all(self.nullable[term] for term in found))

    def complement(self, term: Term) -> Term:
        known = self._complements.get(term)
        if known is not None:
            return known
        parts = self.arguments[term]
        match self.kinds[term]:
            case Kind.INTERSECT:
                result = self.union([self.complement(part) for part in parts])
            case Kind.UNION if any(self.kinds[part] is Kind.COMPLEMENT for part in parts):
                negated = [part for part in parts if self.kinds[part] is Kind.COMPLEMENT]
                rest = self.union([part for part in parts if self.kinds[part] is not Kind.COMPLEMENT])
                result = self.intersect([*(self.arguments[part][0] for part in negated), self.complement(rest)])
            case _:
                result = self._term(Kind.COMPLEMENT, (term,), not self.nullable[term])
        self._complements[term] = result
        self._complements.setdefault(result, term)
        return result

    def derivative(self, term: Term, letter: int) -> Term:
        """The strings that follow a unit of class `letter` in the strings of `term`. Raises `TooHardError`."""
        known = self._derivatives.get((term, letter))
        if known is not None:
            return known
        if time.monotonic() > self.deadline:
            raise TooHardError("out of time")
        arguments = self.arguments[term]
        match self.kinds[term]:
            case Kind.EMPTY | Kind.EPSILON:
                result = self.empty
            case Kind.CHARACTERS:
                result = self.epsilon if arguments[0] >> letter & 1 else self.empty
            case Kind.CONCAT:
                result = self.union(self._concat_derivatives(arguments, letter))
            case Kind.REPEAT:
                body, least, most = arguments
                rest = self.repeat(body, max(least - 1, 0), most - 1 if most > 0 else most)
                result = self.concat((self.derivative(body, letter), rest))
            case Kind.UNION:
                result = self.union([self.derivative(part, letter) for part in arguments])
            case Kind.INTERSECT:
                result = self.intersect([self.derivative(part, letter) for part in arguments])
            case Kind.COMPLEMENT:
                result = self.complement(self.derivative(arguments[0], letter))
        self._derivatives[term, letter] = result
        return result

    def _concat_derivatives(self, parts: Sequence[Term], letter: int) -> list[Term]:
        found = []
        for index, part in enumerate(parts):
            found.append(self.concat((self.derivative(part, letter), *parts[index + 1 :])))
            if not self.nullable[part]:
                break
        return found

    def _covered(self, term: Term, others: set[Term]) -> bool:
        """Whether `term` is x·@·t for an alternative @·t that there is, which then holds all its strings."""
        if self.kinds[term] is not Kind.CONCAT:
            return False
        parts = self.arguments[term]
        for index in range(1, len(parts)):
            if parts[index] == self.any_string:
                tail = parts[index:]
                known = self._terms.get((Kind.CONCAT, tail)) if len(tail) > 1 else tail[0]
                if known in others:
                    return True
        return False

    def _narrower(self, terms: set[Term]) -> set[Term]:
        """The alternatives that differ from another one only in a repetition with narrower bounds."""
        if len(terms) < 2:
            return set()
        alike: dict[tuple[object, ...], list[tuple[int, float, Term]]] = {}
        for term in terms:
            parts = self.arguments[term] if self.kinds[term] is Kind.CONCAT else (term,)
            for index, part in enumerate(parts):
                if self.kinds[part] is Kind.REPEAT:
                    body, least, most = self.arguments[part]
                    key = (parts[:index], body, parts[index + 1 :])
                    alike.setdefault(key, []).append((least, math.inf if most < 0 else most, term))
        narrower = set()
        for group in alike.values():
            widest = -1.0
            for _, bound, term in sorted(group, key=lambda bounds: (bounds[0], -bounds[1])):
                if bound <= widest:
                    narrower.add(term)
                widest = max(widest, bound)
        return narrower

    def _repetition(self, term: Term) -> tuple[Term, int, int]:
        if self.kinds[term] is Kind.REPEAT:
            body, least, most = self.arguments[term]
            return body, least, most
        return term, 1, 1

    def _is_star(self, term: Term) -> bool:
        return self.kinds[term] is Kind.REPEAT and self.arguments[term][1:] == (0, -1)

    def _flat(self, kind: Kind, terms: Iterable[Term]) -> Iterable[Term]:
        return itertools.chain.from_iterable(
            self.arguments[term] if self.kinds[term] is kind else (term,) for term in terms
        )

    def _term(self, kind: Kind, arguments: tuple[int, ...], nullable: bool) -> Term:
        key = (kind, arguments)
        known = self._terms.get(key)
        if known is not None:
            return known
        if len(arguments) > MOST_PARTS:
            raise TooHardError(f"more than {MOST_PARTS} parts in one expression")
        within: Sequence[Term] = {Kind.CHARACTERS: (), Kind.REPEAT: arguments[:1]}.get(kind, arguments)
        depth = 1 + max((self._depths[term] for term in within), default=0)
        if depth > MOST_DEPTH:
            raise TooHardError(f"nested more than {MOST_DEPTH} deep")
        self.kinds.append(kind)
        self.arguments.append(arguments)
        self.nullable.append(nullable)
        self._depths.append(depth)
        self._terms[key] = len(self.kinds) - 1
        return self._terms[key]
