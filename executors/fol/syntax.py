"""First-order formulas as values: terms, formulas, and the few walks that every reader and printer needs.

Conjunctions and disjunctions are n-ary and flat (`conjunction`, `disjunction` build them), so that the depth of a tree
is the nesting that a person sees and a chain of a thousand conjuncts is one level. Names are any non-empty text; the
same name with two arities means two symbols.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Variable:
    """A name that an enclosing quantifier binds."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A name that nothing binds."""

    name: str


@dataclass(frozen=True, slots=True)
class Function:
    """A function applied to at least one term."""

    name: str
    args: tuple[Term, ...]


Term: TypeAlias = Variable | Constant | Function


@dataclass(frozen=True, slots=True)
class Truth:
    """⊤ or ⊥."""

    value: bool


@dataclass(frozen=True, slots=True)
class Atom:
    """A predicate applied to terms; without terms a proposition."""

    name: str
    args: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Equal:
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Not:
    body: Formula


@dataclass(frozen=True, slots=True)
class And:
    """At least two parts, none of them an `And`."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least two parts, none of them an `Or`."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Xor:
    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class Implies:
    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class Iff:
    left: Formula
    right: Formula


class Quantifier(StrEnum):
    FORALL = "∀"
    EXISTS = "∃"


@dataclass(frozen=True, slots=True)
class Quantified:
    quantifier: Quantifier
    variable: str
    body: Formula


Formula: TypeAlias = Truth | Atom | Equal | Not | And | Or | Xor | Implies | Iff | Quantified


def conjunction(parts: Iterable[Formula]) -> Formula:
    """The flat conjunction of `parts`: ⊤ of none, the part itself of one."""
    flat: list[Formula] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, And) else (part,))
    return flat[0] if len(flat) == 1 else And(tuple(flat)) if flat else Truth(True)


def disjunction(parts: Iterable[Formula]) -> Formula:
    """The flat disjunction of `parts`: ⊥ of none, the part itself of one."""
    flat: list[Formula] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Or) else (part,))
    return flat[0] if len(flat) == 1 else Or(tuple(flat)) if flat else Truth(False)


def forall(variables: Sequence[str], body: Formula) -> Formula:
    for name in reversed(variables):
        body = Quantified(Quantifier.FORALL, name, body)
    return body


def children(formula: Formula) -> tuple[Formula, ...]:
    """The formulas directly inside `formula`, left to right."""
    if isinstance(formula, (And, Or)):
        return formula.parts
    if isinstance(formula, (Xor, Implies, Iff)):
        return (formula.left, formula.right)
    if isinstance(formula, (Not, Quantified)):
        return (formula.body,)
    return ()


def rebuilt(formula: Formula, change: Callable[[Formula], Formula]) -> Formula:
    """`formula` with each formula directly inside it changed; atoms, equations and quantified formulas stay."""
    if isinstance(formula, (And, Or)):
        return type(formula)(tuple(change(part) for part in formula.parts))
    if isinstance(formula, (Xor, Implies, Iff)):
        return type(formula)(change(formula.left), change(formula.right))
    if isinstance(formula, Not):
        return Not(change(formula.body))
    assert isinstance(formula, (Truth, Atom, Equal, Quantified))
    return formula


def subformulas(formula: Formula) -> Iterator[Formula]:
    """Every formula inside `formula` and itself, in reading order."""
    stack = [formula]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(reversed(children(top)))


def terms(formula: Formula) -> Iterator[Term]:
    """Every term of `formula`, nested ones too, in reading order."""
    for part in subformulas(formula):
        stack: list[Term] = []
        if isinstance(part, Atom):
            stack.extend(reversed(part.args))
        elif isinstance(part, Equal):
            stack.extend((part.right, part.left))
        while stack:
            term = stack.pop()
            yield term
            if isinstance(term, Function):
                stack.extend(reversed(term.args))


@dataclass(frozen=True, slots=True)
class Signature:
    """The symbols of some formulas, each tuple in order of first use: (name, arity) or a constant's name."""

    predicates: tuple[tuple[str, int], ...]
    functions: tuple[tuple[str, int], ...]
    constants: tuple[str, ...]
    equality: bool


def signature(formulas: Iterable[Formula]) -> Signature:
    predicates: dict[tuple[str, int], None] = {}
    functions: dict[tuple[str, int], None] = {}
    constants: dict[str, None] = {}
    equality = False
    for formula in formulas:
        for part in subformulas(formula):
            if isinstance(part, Atom):
                predicates[part.name, len(part.args)] = None
            equality = equality or isinstance(part, Equal)
        for term in terms(formula):
            if isinstance(term, Function):
                functions[term.name, len(term.args)] = None
            elif isinstance(term, Constant):
                constants[term.name] = None
    return Signature(tuple(predicates), tuple(functions), tuple(constants), equality)


def lone_word(formula: Formula) -> bool:
    """Whether the formula is a bare word: a model's answer ("True", "Sure") far more often than a formula."""
    return isinstance(formula, Truth) or (isinstance(formula, Atom) and not formula.args)
