"""What a PDDL domain and a problem say, as immutable values (PDDL 2.1 levels 1 and 2, without time)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Fact: TypeAlias = tuple[str, ...]  # (predicate or function, argument, ...)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable (with its `?`) and the types it admits; several for `either`."""

    name: str
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Atom:
    """A predicate on terms; a term beginning with `?` is a variable. `=` is the equality of terms."""

    predicate: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Formula


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Quantified:
    """`forall` (universal) or `exists` over objects of the parameters' types."""

    universal: bool
    parameters: tuple[Parameter, ...]
    part: Formula


@dataclass(frozen=True, slots=True)
class Comparison:
    """`operator` is one of = < > <= >=, between numbers."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Fluent:
    """The value of a numeric function on terms."""

    function: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`operator` is one of + - * /; a single operand of - is negated."""

    operator: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """An atom that the action adds or deletes."""

    atom: Atom
    add: bool


@dataclass(frozen=True, slots=True)
class Assignment:
    """`operator` is one of assign, increase, decrease, scale-up, scale-down."""

    operator: str
    fluent: Fluent
    expression: Expression


@dataclass(frozen=True, slots=True)
class Conditional:
    """Effects that take place for every binding of `parameters` under which `condition` holds before the action."""

    parameters: tuple[Parameter, ...]
    condition: Formula
    effects: tuple[Effect, ...]


Formula: TypeAlias = Atom | Not | And | Or | Quantified | Comparison
Expression: TypeAlias = float | Fluent | Arithmetic
Effect: TypeAlias = Change | Assignment | Conditional


@dataclass(frozen=True, slots=True)
class Action:
    name: str
    parameters: tuple[Parameter, ...]
    precondition: Formula
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """`supertypes` maps each type to itself and all types above it; `typed` says whether types were declared."""

    name: str
    requirements: tuple[str, ...]
    supertypes: Mapping[str, frozenset[str]]
    typed: bool
    constants: Mapping[str, tuple[str, ...]]
    predicates: Mapping[str, tuple[Parameter, ...]]
    functions: Mapping[str, tuple[Parameter, ...]]
    actions: Mapping[str, Action]


@dataclass(frozen=True, slots=True)
class Problem:
    """`objects` are those of the problem alone; `metric` is (minimize or maximize, expression) where one is given."""

    name: str
    domain_name: str
    objects: Mapping[str, tuple[str, ...]]
    init: frozenset[Fact]
    values: Mapping[Fact, float]
    goal: Formula
    metric: tuple[str, Expression] | None
