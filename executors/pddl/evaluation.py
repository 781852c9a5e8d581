"""States and the truth of formulas in them, under a deadline."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

from executors.outcome import one_line
from executors.pddl.model import (
    And,
    Assignment,
    Atom,
    Change,
    Comparison,
    Effect,
    Expression,
    Fact,
    Fluent,
    Formula,
    Not,
    Or,
    Parameter,
    Quantified,
)

_MAX_UNMET = 20


class OutOfTimeError(Exception):
    """The deadline of an evaluation has passed."""


class Clock:
    """A deadline in `time.monotonic` seconds, looked at once in 256 checks."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.ticks = 0

    def check(self) -> None:
        """Raises OutOfTimeError once the deadline has passed."""
        self.ticks += 1
        if not self.ticks & 255 and time.monotonic() > self.deadline:
            raise OutOfTimeError


@dataclass(slots=True)
class World:
    """A state: the facts that hold and the values of numeric fluents; `members` lists the objects of each type."""

    facts: set[Fact]
    values: dict[Fact, float]
    members: Mapping[str, tuple[str, ...]]
    clock: Clock

    def holds(self, formula: Formula, binding: Mapping[str, str]) -> bool:
        """The truth of `formula`; a comparison of undefined numbers is false."""
        match formula:
            case Atom("=", (left, right)):
                return binding.get(left, left) == binding.get(right, right)
            case Atom(predicate, terms):
                return ground(predicate, terms, binding) in self.facts
            case Not(part):
                return not self.holds(part, binding)
            case And(parts):
                return all(self.holds(part, binding) for part in parts)
            case Or(parts):
                return any(self.holds(part, binding) for part in parts)
            case Quantified(universal, parameters, part):
                results = (self.holds(part, inner) for inner in self.bindings(parameters, binding))
                return all(results) if universal else any(results)
            case Comparison():
                return self.compares(formula, binding)

    def compares(self, formula: Comparison, binding: Mapping[str, str]) -> bool:
        left, right = self.number(formula.left, binding), self.number(formula.right, binding)
        if left is None or right is None:
            return False
        match formula.operator:
            case "=":
                return left == right
            case "<":
                return left < right
            case ">":
                return left > right
            case "<=":
                return left <= right
            case _:
                return left >= right

    def bindings(self, parameters: tuple[Parameter, ...], binding: Mapping[str, str]) -> Iterator[dict[str, str]]:
        """`binding` extended in every way by objects of the parameters' types."""
        names = [parameter.name for parameter in parameters]
        ranges = [
            dict.fromkeys(member for kind in parameter.types for member in self.members.get(kind, ()))
            for parameter in parameters
        ]
        for values in product(*ranges):
            self.clock.check()
            yield {**binding, **dict(zip(names, values, strict=True))}

    def number(self, expression: Expression, binding: Mapping[str, str]) -> float | None:
        """The value of an expression, None where it is undefined (a fluent without value, division by zero)."""
        if isinstance(expression, float):
            return expression
        if isinstance(expression, Fluent):
            return self.values.get(ground(expression.function, expression.terms, binding))
        operands = [self.number(operand, binding) for operand in expression.operands]
        numbers = [number for number in operands if number is not None]
        if len(numbers) < len(operands):
            return None
        if len(numbers) == 1:
            return -numbers[0]
        result = numbers[0]
        for number in numbers[1:]:
            match expression.operator:
                case "+":
                    result += number
                case "-":
                    result -= number
                case "*":
                    result *= number
                case _ if number:
                    result /= number
                case _:
                    return None
        return result

    def collect(
        self,
        effect: Effect,
        binding: Mapping[str, str],
        adds: list[Fact],
        deletes: list[Fact],
        assigned: list[tuple[Fact, float]],
    ) -> None:
        """What `effect` changes in this state, appended to the three lists."""
        if isinstance(effect, Change):
            (adds if effect.add else deletes).append(ground(effect.atom.predicate, effect.atom.terms, binding))
        elif isinstance(effect, Assignment):
            fluent = ground(effect.fluent.function, effect.fluent.terms, binding)
            value = self.assigned(effect.operator, self.values.get(fluent), self.number(effect.expression, binding))
            if value is not None:
                assigned.append((fluent, value))
        else:
            for inner in self.bindings(effect.parameters, binding):
                if self.holds(effect.condition, inner):
                    for part in effect.effects:
                        self.collect(part, inner, adds, deletes, assigned)

    @staticmethod
    def assigned(operator: str, old: float | None, operand: float | None) -> float | None:
        """The new value of a fluent; None where it stays undefined."""
        if operand is None or (old is None and operator != "assign"):
            return None
        start = old or 0.0
        match operator:
            case "assign":
                return operand
            case "increase":
                return start + operand
            case "decrease":
                return start - operand
            case "scale-up":
                return start * operand
            case _:
                return start / operand if operand else None

    def unmet(self, formula: Formula, binding: Mapping[str, str]) -> list[str]:
        """The parts of `formula` that do not hold, as text, at most 20 of them."""
        return list(islice(self._unmet(formula, binding), _MAX_UNMET))

    def _unmet(self, formula: Formula, binding: Mapping[str, str]) -> Iterator[str]:
        if isinstance(formula, And):
            for part in formula.parts:
                yield from self._unmet(part, binding)
        elif not self.holds(formula, binding):
            yield one_line(written(formula, binding), 120)


def ground(name: str, terms: tuple[str, ...], binding: Mapping[str, str]) -> Fact:
    """An atom with its variables replaced."""
    return (name, *(binding.get(term, term) for term in terms))


def written(formula: Formula, binding: Mapping[str, str]) -> str:
    """`formula` in PDDL, with its free variables replaced; what lies under a quantifier or a comparison is left out."""
    match formula:
        case Atom(predicate, terms):
            return f"({' '.join(ground(predicate, terms, binding))})"
        case Not(part):
            return f"(not {written(part, binding)})"
        case And(parts):
            return f"(and {' '.join(written(part, binding) for part in parts)})"
        case Or(parts):
            return f"(or {' '.join(written(part, binding) for part in parts)})"
        case Quantified(universal):
            return "(forall ...)" if universal else "(exists ...)"
        case Comparison(operator):
            return f"({operator} ...)"
