"""Whether two problems say the same: objects, initial state and goal, up to their order and the names of objects.

Each problem becomes a directed graph, its objects, facts and parts of the goal being nodes; two problems are equivalent
when the graphs are isomorphic with labels kept. Isomorphism is decided by colour refinement, with individualisation
where symmetric nodes are left: networkx's VF2 needs more than 10 s for 300 interchangeable balls, cannot be interrupted
and changes the process's recursion limit (it is the second opinion in the tests).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from executors.outcome import Limits, Outcome, Status
from executors.pddl.evaluation import Clock, OutOfTimeError
from executors.pddl.model import (
    And,
    Arithmetic,
    Atom,
    Comparison,
    Expression,
    Fact,
    Fluent,
    Formula,
    Not,
    Or,
    Problem,
    Quantified,
)
from executors.pddl.reading import PddlError
from executors.pddl.syntax import TOTAL_COST, parse_problem

MAX_NODES = 5000
_NO_COST = ((TOTAL_COST,), 0.0)


def problem_equivalent(predicted: str, gold: str, limits: Limits | None = None) -> Outcome:
    """Value: bool. The names of the problems, the requirements and the metric do not matter, nor do repeated facts,
    negative facts in the initial state and a total cost that begins at 0; the name of the domain and the types do.

    `invalid` when `predicted` is no problem, `output_limit` with more than `MAX_NODES` objects, facts and conditions,
    `timeout` when the comparison does not end in time.

    Raises:
        ValueError: the gold problem is no PDDL.
    """
    started = time.monotonic()
    clock = Clock(started + (limits or Limits()).seconds)
    wanted = parse_problem(gold)
    try:
        found = parse_problem(predicted)
    except PddlError as error:
        return Outcome.failed(Status.INVALID, error, time.monotonic() - started)
    if found.domain_name != wanted.domain_name or len(found.objects) != len(wanted.objects):
        return Outcome(Status.OK, False, "other domain or number of objects", time.monotonic() - started)
    if _said(found) == _said(wanted):
        return Outcome(Status.OK, True, seconds=time.monotonic() - started)
    graphs = _Graph.of(found), _Graph.of(wanted)
    if max(len(graph.labels) for graph in graphs) > MAX_NODES:
        reason = f"more than {MAX_NODES} objects, facts and conditions"
        return Outcome.failed(Status.OUTPUT_LIMIT, reason, time.monotonic() - started)
    try:
        same = _isomorphic(*graphs, clock)
    except OutOfTimeError:
        return Outcome.failed(Status.TIMEOUT, "the comparison did not end in time", time.monotonic() - started)
    return Outcome(Status.OK, same, seconds=time.monotonic() - started)


@dataclass(slots=True)
class _Graph:
    """`labels` of the nodes, and labelled edges (from, to, label)."""

    labels: list[object] = field(default_factory=list)
    edges: set[tuple[int, int, object]] = field(default_factory=set)
    named: dict[str, int] = field(default_factory=dict)

    @staticmethod
    def of(problem: Problem) -> _Graph:
        graph = _Graph()
        for name, types in problem.objects.items():
            graph.named[name] = graph.node(("object", tuple(sorted(set(types)))))
        for predicate, *terms in problem.init:
            graph.named_atom(("init", predicate), terms, {})
        for (function, *terms), value in _values(problem):
            graph.named_atom(("value", function, value), terms, {})
        for part in set(_conjuncts(problem.goal)):
            graph.formula(part, graph.node("goal"), {})
        return graph

    def node(self, label: object) -> int:
        self.labels.append(label)
        return len(self.labels) - 1

    def named_atom(self, label: object, terms: Iterable[str], variables: Mapping[str, int]) -> int:
        node = self.node(label)
        for position, term in enumerate(terms):
            self.edges.add((node, self.term(term, variables), position))
        return node

    def term(self, term: str, variables: Mapping[str, int]) -> int:
        if term in variables:
            return variables[term]
        if term not in self.named:  # a constant of the domain, or an undeclared object: its name counts
            self.named[term] = self.node(("constant", term))
        return self.named[term]

    def formula(self, formula: Formula, parent: int, variables: Mapping[str, int]) -> None:
        match formula:
            case Atom("=", (left, right)):
                node = self.node("=")
                self.edges |= {(node, self.term(term, variables), "side") for term in (left, right)}
            case Atom(predicate, terms):
                node = self.named_atom(("atom", predicate), terms, variables)
            case Not(part):
                node = self.node("not")
                self.formula(part, node, variables)
            case And(parts) | Or(parts):
                node = self.node("and" if isinstance(formula, And) else "or")
                for part in parts:
                    self.formula(part, node, variables)
            case Quantified(universal, parameters, part):
                node = self.node(("forall" if universal else "exists", len(parameters)))
                inner = dict(variables)
                for parameter in parameters:
                    inner[parameter.name] = self.node(("variable", tuple(sorted(set(parameter.types)))))
                    self.edges.add((node, inner[parameter.name], "variable"))
                self.formula(part, node, inner)
            case Comparison(operator, left, right):
                node = self.node(("compare", operator))
                self.expression(left, node, "left", variables)
                self.expression(right, node, "right", variables)
        self.edges.add((parent, node, "part"))

    def expression(self, expression: Expression, parent: int, place: object, variables: Mapping[str, int]) -> None:
        if isinstance(expression, Fluent):
            node = self.named_atom(("fluent", expression.function), expression.terms, variables)
        elif isinstance(expression, Arithmetic):
            node = self.node(("arithmetic", expression.operator))
            for position, operand in enumerate(expression.operands):
                self.expression(operand, node, position, variables)
        else:
            node = self.node(("number", expression))
        self.edges.add((parent, node, place))


def _said(problem: Problem) -> object:
    """What a problem says, but for order: equal without any renaming."""
    objects = {name: frozenset(types) for name, types in problem.objects.items()}
    return objects, problem.init, _values(problem), frozenset(_conjuncts(problem.goal))


def _values(problem: Problem) -> frozenset[tuple[Fact, float]]:
    return frozenset((fluent, value) for fluent, value in problem.values.items() if (fluent, value) != _NO_COST)


def _conjuncts(formula: Formula) -> Iterable[Formula]:
    if isinstance(formula, And):
        for part in formula.parts:
            yield from _conjuncts(part)
    else:
        yield formula


def _isomorphic(left: _Graph, right: _Graph, clock: Clock) -> bool:
    if Counter(left.labels) != Counter(right.labels) or len(left.edges) != len(right.edges):
        return False
    numbers: dict[object, int] = {}
    one, other = ([numbers.setdefault(label, len(numbers)) for label in graph.labels] for graph in (left, right))
    refined = _refined(left, one, right, other, clock)
    # Depth first over the choices of individualisation; a stack of our own, for its depth is the number of nodes.
    choices = [iter(() if refined is None else (refined,))]
    while choices:
        colours = next(choices[-1], None)
        if colours is None:
            choices.pop()
        elif len(set(colours[0])) == len(colours[0]):
            if _maps(left, colours[0], right, colours[1]):
                return True
        else:
            choices.append(_individualised(left, colours[0], right, colours[1], clock))
    return False


def _maps(left: _Graph, one: list[int], right: _Graph, other: list[int]) -> bool:
    """Whether the one mapping that keeps the colours, all distinct, keeps the edges."""
    image = dict(zip(other, range(len(other)), strict=True))
    return {(image[one[start]], image[one[end]], label) for start, end, label in left.edges} == right.edges


def _individualised(
    left: _Graph, one: list[int], right: _Graph, other: list[int], clock: Clock
) -> Iterator[tuple[list[int], list[int]]]:
    """The refined colours after one node of a smallest class of several is paired with each it may be mapped to."""
    sizes = Counter(one)
    colour = min((size, colour) for colour, size in sizes.items() if size > 1)[1]
    fresh = max(sizes) + 1
    chosen = one.index(colour)
    for candidate, found in enumerate(other):
        if found == colour:
            first = [*one[:chosen], fresh, *one[chosen + 1 :]]
            second = [*other[:candidate], fresh, *other[candidate + 1 :]]
            refined = _refined(left, first, right, second, clock)
            if refined is not None:
                yield refined


def _refined(
    left: _Graph, one: list[int], right: _Graph, other: list[int], clock: Clock
) -> tuple[list[int], list[int]] | None:
    """The colours of both graphs' nodes, refined by their neighbours' until stable; None when they tell them apart."""
    distinct = len(set(one))
    while True:
        numbers: dict[object, int] = {}
        one, other = _recoloured(left, one, numbers, clock), _recoloured(right, other, numbers, clock)
        if Counter(one) != Counter(other):
            return None
        if len(numbers) == distinct:
            return one, other
        distinct = len(numbers)


def _recoloured(graph: _Graph, old: list[int], numbers: dict[object, int], clock: Clock) -> list[int]:
    around: list[list[tuple[str, int]]] = [[] for _ in graph.labels]
    for start, end, label in graph.edges:
        clock.check()
        around[start].append((f">{label}", old[end]))
        around[end].append((f"<{label}", old[start]))
    keys = ((old[node], tuple(sorted(edges))) for node, edges in enumerate(around))
    return [numbers.setdefault(key, len(numbers)) for key in keys]
