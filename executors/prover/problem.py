"""What every prover is given and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from executors.fol.syntax import (
    Atom,
    Constant,
    Equal,
    Formula,
    Function,
    Not,
    Quantified,
    Term,
    Variable,
    rebuilt,
    subformulas,
)

MAX_PREMISES = 1_000
MAX_NODES = 50_000  # formulas inside formulas, over a whole problem


class Answer(StrEnum):
    """What one prover says of one question: do the premises entail the goal?"""

    PROVED = "proved"
    REFUTED = "refuted"  # a model of the premises makes the goal false
    OPEN = "open"  # it gave up


@dataclass(frozen=True, slots=True)
class Finding:
    """An answer with who gave it and on what ground, for the log."""

    answer: Answer
    prover: str = ""
    ground: str = ""

    @property
    def closed(self) -> bool:
        return self.answer is not Answer.OPEN

    def __str__(self) -> str:
        return f"{self.prover}: {self.ground}" if self.prover else "no prover decided"


@dataclass(frozen=True, slots=True)
class Problem:
    """Premises and a goal whose names are all plain (p0, f0, c0, v0): no text of a model reaches a prover's input.

    `written` gives the name that a plain one stands for, for the log.
    """

    premises: tuple[Formula, ...]
    goal: Formula
    written: Mapping[str, str] = field(default_factory=dict, compare=False)

    def negated(self) -> Problem:
        return replace(self, goal=Not(self.goal))


def too_large(premises: Sequence[Formula], goal: Formula) -> bool:
    if len(premises) > MAX_PREMISES:
        return True
    left = MAX_NODES
    for formula in (*premises, goal):
        for _ in subformulas(formula):
            left -= 1
            if left < 0:
                return True
    return False


def problem(premises: Sequence[Formula], goal: Formula) -> Problem:
    """The problem under plain names; a name used with two arities becomes two names."""
    renaming = _Renaming()
    renamed = tuple(renaming.formula(premise) for premise in premises)
    return Problem(renamed, renaming.formula(goal), renaming.written)


class _Renaming:
    def __init__(self) -> None:
        self.names: dict[tuple[str, str, int], str] = {}
        self.written: dict[str, str] = {}
        self.count = {"p": 0, "f": 0, "c": 0, "v": 0}

    def _plain(self, kind: str, name: str, arity: int = 0) -> str:
        key = (kind, name, arity)
        if key not in self.names:
            plain = self.names[key] = f"{kind}{self.count[kind]}"
            self.written[plain] = name
            self.count[kind] += 1
        return self.names[key]

    def term(self, term: Term) -> Term:
        if isinstance(term, Variable):
            return Variable(self._plain("v", term.name))
        if isinstance(term, Constant):
            return Constant(self._plain("c", term.name))
        return Function(self._plain("f", term.name, len(term.args)), tuple(self.term(arg) for arg in term.args))

    def formula(self, formula: Formula) -> Formula:
        if isinstance(formula, Atom):
            name = self._plain("p", formula.name, len(formula.args))
            return Atom(name, tuple(self.term(arg) for arg in formula.args))
        if isinstance(formula, Equal):
            return Equal(self.term(formula.left), self.term(formula.right))
        if isinstance(formula, Quantified):
            name = self._plain("v", formula.variable)
            return Quantified(formula.quantifier, name, self.formula(formula.body))
        return rebuilt(formula, self.formula)
