"""Validating a plan step by step: types, arity, preconditions, effects and the goal.

Two verdicts are given. `valid` reads the plan strictly. `val_compatible` is what VAL says ("Plan valid"): it forgives
what `plans.read_lenient` lists and, in a domain without types, drops surplus arguments; in a domain with types it dies
on a wrong number of arguments, which counts as invalid. An empty plan is valid where the goal already holds (LLM+P's
own script calls that "no solution found").
Deletes come before adds; conditions of conditional effects are read in the state before the step.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import TypeAlias

from executors.outcome import Limits, Outcome, Status, Value, one_line
from executors.pddl import evaluation
from executors.pddl.evaluation import Clock, World
from executors.pddl.model import (
    Action,
    And,
    Atom,
    Change,
    Conditional,
    Domain,
    Effect,
    Expression,
    Fact,
    Formula,
    Not,
    Problem,
)
from executors.pddl.plans import Step, read_lenient, read_strict
from executors.pddl.reading import PddlError
from executors.pddl.syntax import TOTAL_COST, parse_domain, parse_problem

_Ground: TypeAlias = Callable[[tuple[str, ...]], Fact]
_CACHED_CHARACTERS = 1 << 15
# VAL's default tolerance: steps closer than this happen at once.
_TOLERANCE = 0.01


def validate(domain: str, problem: str, plan: str, limits: Limits | None = None) -> Outcome:
    """Whether `plan` solves `problem`.

    Value: `valid`, `val_compatible` (bools), `steps` (number of steps read), `cost` (the metric's value after a valid
    plan, the number of steps where no metric is given, else None), `reason` ("" when valid), `failed_step` (from 1, or
    None) and `unmet` (the atoms that should have held). `invalid` when the domain or the problem does not parse.
    """
    started = time.monotonic()
    clock = Clock(started + (limits or Limits()).seconds)
    try:
        task = _task(domain, problem)
        strict = _attempt(task, plan, clock, lenient=False)
        verdict = strict if strict.valid or strict.final else _attempt(task, plan, clock, lenient=True)
    except PddlError as error:
        return Outcome.failed(Status.INVALID, error, time.monotonic() - started)
    except evaluation.OutOfTimeError:
        return Outcome.failed(Status.TIMEOUT, "validation did not end in time", time.monotonic() - started)
    value: dict[str, Value] = {
        "valid": strict.valid,
        "val_compatible": verdict.valid,
        "cost": verdict.cost,
        "steps": verdict.steps if verdict.valid else strict.steps,
        "failed_step": strict.failed_step,
        "reason": strict.reason,
        "unmet": strict.unmet,
    }
    return Outcome(Status.OK, value, one_line(strict.reason), time.monotonic() - started)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """`final` says that a lenient reading cannot differ."""

    valid: bool
    steps: int = 0
    cost: float | None = None
    reason: str = ""
    failed_step: int | None = None
    unmet: tuple[str, ...] = ()
    final: bool = False


@dataclass(frozen=True, slots=True)
class _Operator:
    """A compiled action. The getters pick facts out of `words + arguments`; None means: evaluate the formula."""

    action: Action
    words: tuple[str, ...]
    types: tuple[tuple[str, ...], ...]
    holding: tuple[_Ground, ...] | None
    absent: tuple[_Ground, ...]
    deletes: tuple[_Ground, ...]
    adds: tuple[_Ground, ...]
    others: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class _Task:
    domain: Domain
    problem: Problem
    objects: Mapping[str, frozenset[str]]  # to all types of each
    members: Mapping[str, tuple[str, ...]]  # from each type
    operators: Mapping[str, _Operator]

    def world(self, clock: Clock) -> World:
        values = {(TOTAL_COST,): 0.0, **self.problem.values}  # its initial value need not be said
        return World(set(self.problem.init), values, self.members, clock)


def _task(domain: str, problem: str) -> _Task:
    if len(domain) > _CACHED_CHARACTERS or len(problem) > _CACHED_CHARACTERS:
        return _build(domain, problem)
    return _build_cached(domain, problem)


def _build(domain_text: str, problem_text: str) -> _Task:
    domain = _domain(domain_text)
    problem = parse_problem(problem_text, domain)
    objects: dict[str, frozenset[str]] = {}
    members: dict[str, list[str]] = {name: [] for name in domain.supertypes}
    for name, types in (*domain.constants.items(), *problem.objects.items()):
        objects[name] = frozenset().union(*(domain.supertypes[kind] for kind in types))
        for kind in objects[name]:
            members[kind].append(name)
    operators = {name: _compile(action) for name, action in domain.actions.items()}
    return _Task(domain, problem, objects, {kind: tuple(names) for kind, names in members.items()}, operators)


# Parsing is a pure function of the text, and a gold problem is judged against many predictions.
_build_cached = lru_cache(maxsize=128)(_build)
_domain = lru_cache(maxsize=16)(parse_domain)


def _compile(action: Action) -> _Operator:
    names = [parameter.name for parameter in action.parameters]
    words: list[str] = []

    def getter(atom: Atom) -> _Ground:
        places: list[int] = []
        for word in (atom.predicate, *atom.terms):
            if word not in names and word not in words:
                words.append(word)
        for word in (atom.predicate, *atom.terms):
            # Counted from the end, where the arguments stand, so that `words` can still grow.
            places.append(names.index(word) - len(names) if word in names else words.index(word))
        return _pick(places)

    literals = _literals(action.precondition)
    holding = None if literals is None else tuple(getter(atom) for atom, positive in literals if positive)
    absent = () if literals is None else tuple(getter(atom) for atom, positive in literals if not positive)
    changes = [effect for effect in action.effects if isinstance(effect, Change)]
    others = tuple(effect for effect in action.effects if not isinstance(effect, Change))
    deletes = tuple(getter(change.atom) for change in changes if not change.add)
    adds = tuple(getter(change.atom) for change in changes if change.add)
    types = tuple(parameter.types for parameter in action.parameters)
    return _Operator(action, tuple(words), types, holding, absent, deletes, adds, others)


def _pick(places: Sequence[int]) -> _Ground:
    if len(places) > 1:
        return itemgetter(*places)
    place = places[0]  # itemgetter of one place gives no tuple
    return lambda words: (words[place],)


def _literals(formula: Formula) -> list[tuple[Atom, bool]] | None:
    """The literals of a plain conjunction, None for any other formula; equality is left to the general evaluation."""
    match formula:
        case Atom(predicate) if predicate != "=":
            return [(formula, True)]
        case Not(Atom(predicate) as atom) if predicate != "=":
            return [(atom, False)]
        case And(parts):
            found: list[tuple[Atom, bool]] = []
            for part in parts:
                literals = _literals(part)
                if literals is None:
                    return None
                found += literals
            return found
        case _:
            return None


def _attempt(task: _Task, plan: str, clock: Clock, *, lenient: bool) -> _Verdict:
    try:
        steps = read_lenient(plan) if lenient else read_strict(plan)
    except PddlError as error:
        return _Verdict(False, reason=f"no plan: {error}")
    for number, step in enumerate(steps, 1):
        fault = _fault(task, step, lenient)
        if fault:
            return _Verdict(False, len(steps), reason=f"step {number} {step}: {fault}", failed_step=number)
    return _run(task, steps, clock)


def _fault(task: _Task, step: Step, lenient: bool) -> str:
    """What is wrong with a step whatever the state: its name, its arguments, their number and their types."""
    operator = task.operators.get(step.words[0])
    if operator is None:
        return "unknown action"
    types = operator.types
    arguments = step.words[1:]
    if len(arguments) != len(types) and (not lenient or task.domain.typed or len(arguments) < len(types)):
        return f"takes {len(types)} arguments, not {len(arguments)}"
    for argument in arguments:
        if argument not in task.objects:
            return f"unknown object {argument}"
    for argument, admitted in zip(arguments, types, strict=False):
        if task.objects[argument].isdisjoint(admitted):
            return f"{argument} is no {' or '.join(admitted)}"
    return ""


def _run(task: _Task, steps: Sequence[Step], clock: Clock) -> _Verdict:
    world = task.world(clock)
    number = 0
    for happening in _happenings(steps):
        clock.check()
        conflict = _conflict(task, world, happening) if len(happening) > 1 else ""
        for step in happening:
            number += 1
            operator, arguments = _ground(task, step)
            if conflict or not _applicable(operator, arguments, world):
                unmet = () if conflict else _unmet(operator.action.precondition, world, operator, arguments)
                reason = conflict or f"unmet {', '.join(unmet)}"
                return _Verdict(False, len(steps), None, f"step {number} {step}: {reason}", number, unmet, final=True)
        for step in happening:
            _apply(*_ground(task, step), world)
    goal = task.problem.goal
    if not world.holds(goal, {}):
        unmet = tuple(world.unmet(goal, {}))
        return _Verdict(False, len(steps), None, f"goal not reached: unmet {', '.join(unmet)}", None, unmet, final=True)
    return _Verdict(True, len(steps), _cost(task.problem.metric, world, len(steps)))


def _happenings(steps: Sequence[Step]) -> Iterable[Sequence[Step]]:
    """Steps in the order of their times; those at one time together. A step without a time follows the one before."""
    if all(step.time is None for step in steps):
        yield from ((step,) for step in steps)
        return
    timed: list[tuple[float, Step]] = []
    last = 0.0
    for step in steps:
        last = last + 1.0 if step.time is None else step.time
        timed.append((last, step))
    timed.sort(key=itemgetter(0))
    group: list[Step] = []
    begun = 0.0
    for moment, step in timed:
        if group and moment - begun >= _TOLERANCE:
            yield group
            group = []
        if not group:
            begun = moment
        group.append(step)
    if group:
        yield group


def _ground(task: _Task, step: Step) -> tuple[_Operator, tuple[str, ...]]:
    operator = task.operators[step.words[0]]
    return operator, step.words[1 : 1 + len(operator.types)]


def _applicable(operator: _Operator, arguments: tuple[str, ...], world: World) -> bool:
    if operator.holding is None:
        return world.holds(operator.action.precondition, _binding(operator, arguments))
    words = operator.words + arguments
    facts = world.facts
    for getter in operator.holding:
        if getter(words) not in facts:
            return False
    return all(getter(words) not in facts for getter in operator.absent)


def _apply(operator: _Operator, arguments: tuple[str, ...], world: World) -> None:
    words = operator.words + arguments
    adds = [getter(words) for getter in operator.adds]
    deletes = [getter(words) for getter in operator.deletes]
    assigned: list[tuple[Fact, float]] = []
    if operator.others:
        binding = _binding(operator, arguments)
        for effect in operator.others:
            world.collect(effect, binding, adds, deletes, assigned)
    facts = world.facts
    facts.difference_update(deletes)
    facts.update(adds)
    world.values.update(assigned)


def _conflict(task: _Task, world: World, happening: Sequence[Step]) -> str:
    """Whether steps at one time interfere: one changes what another needs, or two disagree about an atom."""
    needs: list[set[Fact]] = []
    adds: list[set[Fact]] = []
    deletes: list[set[Fact]] = []
    for step in happening:
        operator, arguments = _ground(task, step)
        if operator.holding is None or any(isinstance(effect, Conditional) for effect in operator.others):
            return "steps at one time with conditional effects or complex conditions are not supported"
        words = operator.words + arguments
        needs.append({getter(words) for getter in (*operator.holding, *operator.absent)})
        adds.append({getter(words) for getter in operator.adds})
        deletes.append({getter(words) for getter in operator.deletes})
    for one in range(len(happening)):
        world.clock.check()
        for other in range(len(happening)):
            if one != other and (deletes[one] & (needs[other] | adds[other]) or adds[one] & needs[other]):
                return f"interferes with {happening[other]} at the same time"
    return ""


def _unmet(formula: Formula, world: World, operator: _Operator, arguments: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(world.unmet(formula, _binding(operator, arguments)))


def _binding(operator: _Operator, arguments: tuple[str, ...]) -> dict[str, str]:
    return {parameter.name: value for parameter, value in zip(operator.action.parameters, arguments, strict=False)}


def _cost(metric: tuple[str, Expression] | None, world: World, steps: int) -> float | None:
    if metric is None:
        return steps
    cost = world.number(metric[1], {})
    return int(cost) if cost is not None and cost.is_integer() else cost
