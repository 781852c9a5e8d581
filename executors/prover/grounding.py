"""A decision procedure for most of what data sets ask, in pure Python: quicker than starting any prover.

Formulas without functions and equality whose existential quantifiers stand under no universal one (after negations are
pushed inside: the Bernays-Schönfinkel class) have a model just where their instances over the named elements have one.
The instances are clauses over finitely many ground atoms, which unit propagation and backtracking decide. Anything
outside the class, or beyond the bounds, is left open for the provers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count, product
from typing import TypeAlias

from executors.fol.syntax import (
    And,
    Atom,
    Formula,
    Function,
    Iff,
    Implies,
    Not,
    Or,
    Quantified,
    Quantifier,
    Term,
    Truth,
    Variable,
    Xor,
)
from executors.outcome import one_line
from executors.prover.problem import Answer, Finding, Problem
from executors.prover.satisfiability import satisfiable

MAX_CLAUSES = 2_000  # of one problem, before its variables are replaced
MAX_STEPS = 20_000  # nested equivalences double the work at each level
MAX_GROUND_LITERALS = 20_000
MAX_TOLD = 3  # atoms of a countermodel in the log
MAX_TOLD_LENGTH = 48  # characters
NAME = "grounding"

# An argument is the name of an element, or the number of a variable that ranges over all elements.
_Argument: TypeAlias = "str | int"
_Literal: TypeAlias = tuple[bool, str, tuple[_Argument, ...]]
_Clause: TypeAlias = tuple[_Literal, ...]
_Atom: TypeAlias = tuple[str, tuple[_Argument, ...]]


class _OutsideError(Exception):
    """The problem is outside the class or beyond the bounds."""


def both_ways(problem: Problem) -> tuple[Finding, Finding]:
    """The goal and its negation, either of which may be outside the class alone."""
    clauses = _Clausifier()
    try:
        premises = clauses.of_all(problem.premises)
    except _OutsideError:
        return Finding(Answer.OPEN), Finding(Answer.OPEN)
    against, supporting = (_or_none(clauses, problem.goal, sign) for sign in (False, True))
    written = problem.written
    return _decided(clauses, premises, against, written), _decided(clauses, premises, supporting, written)


def prove(problem: Problem) -> Finding:
    """The goal alone."""
    clauses = _Clausifier()
    try:
        premises = clauses.of_all(problem.premises)
    except _OutsideError:
        return Finding(Answer.OPEN)
    return _decided(clauses, premises, _or_none(clauses, problem.goal, False), problem.written)


def _or_none(clauses: _Clausifier, goal: Formula, sign: bool) -> list[_Clause] | None:
    try:
        return clauses.of(goal, sign)
    except _OutsideError:
        return None


def _decided(
    clauses: _Clausifier, premises: list[_Clause], assumed: list[_Clause] | None, written: Mapping[str, str]
) -> Finding:
    """The finding on the goal whose opposite is `assumed`."""
    if assumed is None:
        return Finding(Answer.OPEN)
    ground = _Grounder(clauses.elements)
    try:
        instances = ground.instances((*premises, *assumed))
    except _OutsideError:
        return Finding(Answer.OPEN)
    found = satisfiable(instances, len(ground.atoms))
    if found.holds is None:
        return Finding(Answer.OPEN)
    size = len(ground.elements)
    elements = f"{size} named element{'s' * (size > 1)}"
    if found.holds:
        told = _told(list(ground.atoms), found.true, written)
        return Finding(Answer.REFUTED, NAME, f"a countermodel of {elements} where {told}")
    return Finding(Answer.PROVED, NAME, f"a contradiction among the instances over {elements}")


def _told(atoms: Sequence[_Atom], true: Sequence[int], written: Mapping[str, str]) -> str:
    """What is true in a countermodel, by the names that were given."""
    if not true:
        return "no atom holds"
    told: list[str] = []
    for name, args in (atoms[index] for index in true[:MAX_TOLD]):
        inner = ", ".join(written.get(str(arg), str(arg)) for arg in args)
        told.append(f"{written.get(name, name)}({inner})" if args else written.get(name, name))
    more = f" and {len(true) - MAX_TOLD} more" if len(true) > MAX_TOLD else ""
    return f"only {one_line(', '.join(told), MAX_TOLD_LENGTH)}{more} hold{'s' * (len(true) == 1)}"


class _Clausifier:
    """Conjunctive normal forms with named elements for existential quantifiers."""

    def __init__(self) -> None:
        self.elements: dict[str, None] = {}
        self.fresh = count()
        self.steps = 0

    def of_all(self, formulas: Iterable[Formula]) -> list[_Clause]:
        return [clause for formula in formulas for clause in self.of(formula, True)]

    def of(self, formula: Formula, sign: bool) -> list[_Clause]:
        """The clauses of `formula`, or of its negation. Raises `_OutsideError`."""
        return self._cnf(formula, sign, {}, False)

    def _cnf(self, formula: Formula, sign: bool, scope: dict[str, _Argument], universal: bool) -> list[_Clause]:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise _OutsideError
        if isinstance(formula, Atom):
            return [((sign, formula.name, tuple(self._argument(term, scope) for term in formula.args)),)]
        if isinstance(formula, Not):
            return self._cnf(formula.body, not sign, scope, universal)
        if isinstance(formula, Quantified):
            return self._quantified(formula, sign, scope, universal)
        if isinstance(formula, Truth):
            return [] if formula.value is sign else [()]
        if isinstance(formula, (And, Or)):
            parts = [self._cnf(part, sign, scope, universal) for part in formula.parts]
            return self._all(parts) if isinstance(formula, And) is sign else self._any(parts)
        if isinstance(formula, Implies):
            sides = [
                self._cnf(formula.left, not sign, scope, universal),
                self._cnf(formula.right, sign, scope, universal),
            ]
            return self._any(sides) if sign else self._all(sides)
        if isinstance(formula, (Iff, Xor)):
            return self._equivalence(formula, sign is isinstance(formula, Iff), scope, universal)
        raise _OutsideError  # an equation

    def _equivalence(
        self, formula: Iff | Xor, equal: bool, scope: dict[str, _Argument], universal: bool
    ) -> list[_Clause]:
        """Left implies right and right implies left, or, where they differ, one of the two and not both."""
        clauses: list[list[_Clause]] = []
        for sign in (True, False):
            left = self._cnf(formula.left, sign, scope, universal)
            right = self._cnf(formula.right, sign is not equal, scope, universal)
            clauses.append(self._any([left, right]))
        return self._all(clauses)

    def _quantified(
        self, formula: Quantified, sign: bool, scope: dict[str, _Argument], universal: bool
    ) -> list[_Clause]:
        if (formula.quantifier is Quantifier.FORALL) is sign:
            return self._cnf(formula.body, sign, {**scope, formula.variable: next(self.fresh)}, True)
        if universal:
            raise _OutsideError
        witness = f"w{next(self.fresh)}"
        self.elements[witness] = None
        return self._cnf(formula.body, sign, {**scope, formula.variable: witness}, False)

    def _argument(self, term: Term, scope: dict[str, _Argument]) -> _Argument:
        if isinstance(term, Variable):
            return scope[term.name]
        if isinstance(term, Function):
            raise _OutsideError
        self.elements[term.name] = None
        return term.name

    def _all(self, parts: Sequence[list[_Clause]]) -> list[_Clause]:
        return self._counted([clause for part in parts for clause in part])

    def _any(self, parts: Sequence[list[_Clause]]) -> list[_Clause]:
        size = 1
        for part in parts:
            size *= len(part)
            if size > MAX_CLAUSES:
                raise _OutsideError
        return self._counted([sum(choice, ()) for choice in product(*parts)])

    def _counted(self, clauses: list[_Clause]) -> list[_Clause]:
        if len(clauses) > MAX_CLAUSES:
            raise _OutsideError
        return clauses


class _Grounder:
    """Instances of clauses over named elements, as clauses of numbers: 2·n for the atom n, 2·n + 1 for its negation."""

    def __init__(self, elements: Iterable[str]) -> None:
        self.elements = list(elements) or ["w"]  # a domain is not empty
        self.atoms: dict[_Atom, int] = {}
        self.literals = 0

    def instances(self, clauses: Iterable[_Clause]) -> list[tuple[int, ...]]:
        """Raises `_OutsideError` beyond the bound."""
        found: list[tuple[int, ...]] = []
        for clause in clauses:
            variables = list(dict.fromkeys(arg for _, _, args in clause for arg in args if isinstance(arg, int)))
            self.literals += len(clause) * len(self.elements) ** len(variables)
            if self.literals > MAX_GROUND_LITERALS:
                raise _OutsideError
            for values in product(self.elements, repeat=len(variables)):
                found.append(self._instance(clause, dict(zip(variables, values))))
        return found

    def _instance(self, clause: _Clause, values: dict[int, str]) -> tuple[int, ...]:
        literals: list[int] = []
        for sign, name, args in clause:
            key = (name, tuple(values[arg] if isinstance(arg, int) else arg for arg in args) if values else args)
            atom = self.atoms.setdefault(key, len(self.atoms))
            literals.append(2 * atom + (not sign))
        return tuple(literals)
