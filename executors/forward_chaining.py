"""What follows from facts and rules by forward chaining: the reading under which LogicNLI labels its statements.

A literal (an atom or its negation) is known when it is a premise, or when a rule whose condition holds concludes it. A
condition is a combination of known literals by ∧ and ∨ and quantifiers over the names that occur; an equivalence is a
rule each way; a conclusion is a literal or a conjunction of literals. Nothing else follows: no contraposition, no case
split, and not everything from a contradiction, so that a statement and its opposite may both be known.

Source: Tian et al. 2021 (EMNLP), omnilabNLP/LogicNLI at c9c847d; its labels entailment, contradiction, neutral and
self-contradiction are TRUE, FALSE, UNKNOWN and INCONSISTENT here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

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
    Truth,
    Variable,
    signature,
)
from executors.outcome import Limits, Outcome, Status, Verdict

MAX_INSTANCES = 20_000  # of all rules over all names

_Ground = tuple[bool, str, tuple[str, ...]]  # sign, predicate, names
_Binding = Mapping[str, str]


class _UnfitError(Exception):
    """The formulas are no facts and rules, or too many."""


@dataclass(frozen=True, slots=True)
class _Rule:
    condition: Formula
    conclusion: Formula
    binding: _Binding


def chain(premises: Sequence[Formula], statement: Formula, limits: Limits) -> Outcome:
    """TRUE, FALSE, UNKNOWN or INCONSISTENT (both) for a literal; UNDECIDED where the formulas are no facts and rules.

    TIMEOUT at the deadline.
    """
    started = time.monotonic()
    names = signature((*premises, statement)).constants
    theory = _Theory(names, started + 0.9 * limits.seconds)
    try:
        theory.close(premises)
        supported, opposed = (theory.holds(side, {}) for side in (statement, _opposite(statement)))
    except _UnfitError as error:
        return Outcome(Status.OK, Verdict.UNDECIDED, str(error), time.monotonic() - started)
    except TimeoutError:
        return Outcome.failed(Status.TIMEOUT, "the derivation did not end in time", time.monotonic() - started)
    detail = f"{len(theory.known)} literals derived over {len(names)} names"
    return Outcome(Status.OK, _VERDICTS[supported, opposed], detail, time.monotonic() - started)


_VERDICTS = {
    (True, True): Verdict.INCONSISTENT,
    (True, False): Verdict.TRUE,
    (False, True): Verdict.FALSE,
    (False, False): Verdict.UNKNOWN,
}


def _opposite(statement: Formula) -> Formula:
    body = statement.body if isinstance(statement, Not) else statement
    if not isinstance(body, Atom):
        raise _UnfitError("the statement is no literal")
    return body if isinstance(statement, Not) else Not(statement)


@dataclass
class _Theory:
    """The names that occur and the literals that are known; its methods raise `_UnfitError` and `TimeoutError`."""

    names: Sequence[str]
    deadline: float
    known: set[_Ground] = field(default_factory=set)

    def close(self, premises: Sequence[Formula]) -> None:
        """Adds every literal that follows."""
        waiting: list[_Rule] = []
        for premise in premises:
            for rule in self._rules(premise, {}):
                waiting.append(rule)
                if len(waiting) > MAX_INSTANCES:
                    raise _UnfitError(f"more than {MAX_INSTANCES} instances of rules")
        grown = True
        while grown:
            grown = False
            rules, waiting = waiting, []
            for rule in rules:
                if self.holds(rule.condition, rule.binding):
                    self.known.update(self._literals(rule.conclusion, rule.binding))
                    grown = True
                else:
                    waiting.append(rule)

    def holds(self, condition: Formula, binding: _Binding) -> bool:
        if time.monotonic() > self.deadline:
            raise TimeoutError
        if isinstance(condition, Truth):
            return condition.value
        if isinstance(condition, (And, Or)):
            parts = (self.holds(part, binding) for part in condition.parts)
            return all(parts) if isinstance(condition, And) else any(parts)
        if isinstance(condition, Quantified):
            each = (self.holds(condition.body, {**binding, condition.variable: name}) for name in self.names)
            return all(each) if condition.quantifier is Quantifier.FORALL else any(each)
        return _ground(condition, binding) in self.known

    def _rules(self, formula: Formula, binding: _Binding) -> Iterator[_Rule]:
        """A premise as rules, one for each choice of names; a fact is a rule without a condition."""
        if isinstance(formula, Quantified) and formula.quantifier is Quantifier.FORALL:
            for name in self.names:
                yield from self._rules(formula.body, {**binding, formula.variable: name})
        elif isinstance(formula, And):
            for part in formula.parts:
                yield from self._rules(part, binding)
        elif isinstance(formula, Implies):
            yield _Rule(formula.left, formula.right, binding)
        elif isinstance(formula, Iff):
            yield _Rule(formula.left, formula.right, binding)
            yield _Rule(formula.right, formula.left, binding)
        else:
            yield _Rule(Truth(True), formula, binding)

    def _literals(self, conclusion: Formula, binding: _Binding) -> Iterator[_Ground]:
        if isinstance(conclusion, And):
            for part in conclusion.parts:
                yield from self._literals(part, binding)
        elif isinstance(conclusion, Quantified) and conclusion.quantifier is Quantifier.FORALL:
            for name in self.names:
                yield from self._literals(conclusion.body, {**binding, conclusion.variable: name})
        else:
            yield _ground(conclusion, binding)


def _ground(formula: Formula, binding: _Binding) -> _Ground:
    """Raises `_UnfitError` for anything but a literal over names."""
    atom = formula.body if isinstance(formula, Not) else formula
    if not isinstance(atom, Atom):
        raise _UnfitError("neither a fact nor a rule")
    args: list[str] = []
    for term in atom.args:
        if isinstance(term, Function):
            raise _UnfitError("a function is no name")
        args.append(binding[term.name] if isinstance(term, Variable) else term.name)
    return (not isinstance(formula, Not), atom.name, tuple(args))
