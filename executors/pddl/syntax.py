"""Parsing PDDL domains and problems into values, with the line and the column of what is wrong.

Supported: STRIPS, typing with `either`, equality, negative, disjunctive and quantified conditions, conditional and
universal effects, numeric fluents and action costs. Time, derived predicates and preferences are refused by name.
PDDL ignores case: every name comes back in lower case. A requirement that is used but not declared is accepted, as by
Fast Downward and VAL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from executors.pddl.model import (
    Action,
    And,
    Arithmetic,
    Assignment,
    Atom,
    Change,
    Comparison,
    Conditional,
    Domain,
    Effect,
    Expression,
    Fact,
    Fluent,
    Formula,
    Not,
    Or,
    Parameter,
    Problem,
    Quantified,
)
from executors.pddl.reading import Group, Node, PddlError, Symbol, read, show

OBJECT = "object"
TOTAL_COST = "total-cost"

_NUMBER = re.compile(r"-?\d+(\.\d*)?|-?\.\d+")
_COMPARISONS = ("=", "<", ">", "<=", ">=")
_ASSIGNMENTS = ("assign", "increase", "decrease", "scale-up", "scale-down")
# The closure of the type hierarchy is quadratic in the number of types.
_MAX_TYPES = 2000


def parse_domain(text: str) -> Domain:
    """The domain in `text`.

    Raises:
        PddlError: it is no domain; the message names the line and the column.
    """
    return _Parser(text).domain()


def parse_problem(text: str, domain: Domain | None = None) -> Problem:
    """The problem in `text`; without a domain, names are taken as they come (types, predicates, constants).

    Raises:
        PddlError: it is no problem of `domain`; the message names the line and the column.
    """
    return _Parser(text, domain).problem()


@dataclass(frozen=True, slots=True)
class _Names:
    """What may be named at one place; None admits any name."""

    predicates: Mapping[str, tuple[Parameter, ...]] | None
    functions: Mapping[str, tuple[Parameter, ...]] | None
    constants: Mapping[str, object] | None
    types: Mapping[str, object] | None
    variables: frozenset[str] = frozenset()

    def bind(self, parameters: Sequence[Parameter]) -> _Names:
        return replace(self, variables=self.variables | {parameter.name for parameter in parameters})


class _Parser:
    def __init__(self, text: str, domain: Domain | None = None) -> None:
        self.text = text
        self.given = domain

    # Sections

    def domain(self) -> Domain:
        name, sections = self.sections("domain")
        types, typed = {OBJECT: frozenset({OBJECT})}, False
        requirements: tuple[str, ...] = ()
        constants: dict[str, tuple[str, ...]] = {}
        predicates: dict[str, tuple[Parameter, ...]] = {}
        functions: dict[str, tuple[Parameter, ...]] = {}
        bodies: list[Group] = []
        seen: set[str] = set()
        # Types first: every other section may name one, whatever the order in the text.
        for section in sorted(sections, key=lambda item: item.items[0] != ":types"):
            keyword = self.keyword(section)
            if keyword != ":action" and keyword in seen:
                raise self.error(f"second {keyword}", section)
            seen.add(keyword)
            if keyword == ":requirements":
                requirements = tuple(self.word(item) for item in section.items[1:])
            elif keyword == ":types":
                types, typed = self.types(section.items[1:]), True
            elif keyword == ":constants":
                constants = self.objects(section.items[1:], types)
            elif keyword == ":predicates":
                predicates = self.declarations(section.items[1:], types)
            elif keyword == ":functions":
                functions = self.declarations(self.without_results(section.items[1:]), types)
            elif keyword == ":action":
                bodies.append(section)
            else:
                raise self.error(f"unsupported section {keyword} in a domain", section)
        names = _Names(predicates, functions, constants, types)
        actions: dict[str, Action] = {}
        for body in bodies:
            action = self.action(body, names)
            if action.name in actions:
                raise self.error(f"second action {action.name}", body)
            actions[action.name] = action
        return Domain(name, requirements, types, typed, constants, predicates, functions, actions)

    def problem(self) -> Problem:
        name, sections = self.sections("problem")
        found: dict[str, Group] = {}
        for section in sections:
            keyword = self.keyword(section)
            if keyword in found:
                raise self.error(f"second {keyword}", section)
            if keyword not in (":domain", ":requirements", ":objects", ":init", ":goal", ":metric", ":length"):
                raise self.error(f"unsupported section {keyword} in a problem", section)
            found[keyword] = section
        for keyword in (":domain", ":init", ":goal"):
            if keyword not in found:
                raise PddlError(f"the problem has no {keyword}")
        given = self.given
        domain_name = self.word(self.only(found[":domain"]))
        if given is not None and domain_name != given.name:
            raise self.error(f"problem of domain {domain_name}, expected {given.name}", found[":domain"].items[1])
        listed = found[":objects"].items[1:] if ":objects" in found else []
        objects = self.objects(listed, given.supertypes if given else None, given.constants if given else {})
        names = _Names(None, None, None, None)
        if given is not None:
            names = _Names(given.predicates, given.functions, {**given.constants, **objects}, given.supertypes)
        init, values = self.init(found[":init"].items[1:], names)
        goal = self.condition(self.only(found[":goal"]), names)
        metric = self.metric(found[":metric"], names) if ":metric" in found else None
        return Problem(name, domain_name, objects, init, values, goal, metric)

    def sections(self, kind: str) -> tuple[str, list[Group]]:
        root = read(self.text)
        if len(root.items) < 2 or root.items[0] != "define":
            raise self.error("expected (define ...)", root)
        head = self.group(root.items[1])
        if len(head.items) != 2 or head.items[0] != kind:
            raise self.error(f"expected ({kind} NAME)", head)
        return self.word(head.items[1]), [self.filled(item) for item in root.items[2:]]

    def types(self, items: Sequence[Node]) -> dict[str, frozenset[str]]:
        """Each type with itself and everything above it."""
        parents: dict[str, set[str]] = {OBJECT: set()}
        places: dict[str, Symbol] = {}
        for symbol, above in self.typed(items):
            places[symbol] = symbol
            if symbol != OBJECT:  # Grippers declares `object` itself
                parents.setdefault(symbol, set()).update(above)
            for name in above:
                parents.setdefault(name, set())
        if len(parents) > _MAX_TYPES:
            raise PddlError(f"more than {_MAX_TYPES} types")
        closed: dict[str, frozenset[str]] = {}
        for name in parents:
            above_all = _above(name, parents)
            if name in above_all:
                raise self.error(f"type {name} is its own supertype", places[name])
            closed[name] = frozenset(above_all | {name, OBJECT})
        return closed

    def objects(
        self, items: Sequence[Node], types: Mapping[str, object] | None, taken: Mapping[str, object] | None = None
    ) -> dict[str, tuple[str, ...]]:
        objects: dict[str, tuple[str, ...]] = {}
        for symbol, above in self.typed(items, types):
            if symbol in objects or symbol in (taken or {}):
                raise self.error(f"object {symbol} is declared twice", symbol)
            if symbol.startswith("?"):
                raise self.error(f"variable {symbol} where an object is expected", symbol)
            objects[str(symbol)] = above
        return objects

    def declarations(self, items: Sequence[Node], types: Mapping[str, object]) -> dict[str, tuple[Parameter, ...]]:
        declared: dict[str, tuple[Parameter, ...]] = {}
        for item in items:
            group = self.filled(item)
            name = self.word(group.items[0])
            if name in declared:
                raise self.error(f"{name} is declared twice", group)
            declared[name] = self.parameters(group.items[1:], types)
        return declared

    def without_results(self, items: Sequence[Node]) -> list[Group]:
        """The functions of a section without `- number` after them."""
        groups: list[Group] = []
        rest = iter(items)
        for item in rest:
            if item == "-":
                result = next(rest, None)
                if result != "number":
                    raise self.error("functions have numbers as values", item if result is None else result)
            else:
                groups.append(self.group(item))
        return groups

    def action(self, body: Group, names: _Names) -> Action:
        if len(body.items) < 2:
            raise self.error("action without a name", body)
        name = self.word(body.items[1])
        parts: dict[str, Node] = {}
        rest = body.items[2:]
        for key, value in zip(rest[::2], rest[1::2], strict=False):
            word = self.word(key)
            if word not in (":parameters", ":precondition", ":effect") or word in parts:
                raise self.error(f"unexpected {word} in action {name}", key)
            parts[word] = value
        if len(rest) % 2:
            raise self.error(f"unexpected {show(rest[-1])} in action {name}", rest[-1])
        listed = self.group(parts[":parameters"]).items if ":parameters" in parts else []
        parameters = self.parameters(listed, names.types)
        inner = names.bind(parameters)
        precondition = self.condition(parts[":precondition"], inner) if ":precondition" in parts else And(())
        effects = tuple(self.effect(parts[":effect"], inner)) if ":effect" in parts else ()
        return Action(name, parameters, precondition, effects)

    def init(self, items: Sequence[Node], names: _Names) -> tuple[frozenset[Fact], dict[Fact, float]]:
        facts: set[Fact] = set()
        values: dict[Fact, float] = {}
        for item in items:
            group = self.filled(item)
            if group.items[0] == "=":
                fluent, number = self.value(group, names)
                values[(fluent.function, *fluent.terms)] = number
            elif group.items[0] == "not":
                self.atom(self.filled(self.only(group)), names)  # what is not said to hold does not hold anyway
            else:
                atom = self.atom(group, names)
                facts.add((atom.predicate, *atom.terms))
        return frozenset(facts), values

    def value(self, group: Group, names: _Names) -> tuple[Fluent, float]:
        if len(group.items) != 3:
            raise self.error("expected (= (FUNCTION ...) NUMBER)", group)
        fluent = self.fluent(group.items[1], names)
        number = self.expression(group.items[2], names)
        if not isinstance(number, float):
            raise self.error("the initial value is no number", group.items[2])
        return fluent, number

    def metric(self, section: Group, names: _Names) -> tuple[str, Expression]:
        if len(section.items) != 3 or section.items[1] not in ("minimize", "maximize"):
            raise self.error("expected (:metric minimize EXPRESSION)", section)
        if names.functions is not None:  # Fast Downward and VAL accept total cost where the domain has none
            names = replace(names, functions={TOTAL_COST: (), **names.functions})
        return self.word(section.items[1]), self.expression(section.items[2], names)

    # Conditions, expressions, effects

    def condition(self, node: Node, names: _Names) -> Formula:
        group = self.group(node)
        if not group.items:
            return And(())
        tag, rest = self.word(group.items[0]), group.items[1:]
        if tag in ("and", "or"):
            parts = tuple(self.condition(self.filled(item), names) for item in rest)
            return And(parts) if tag == "and" else Or(parts)
        if tag == "not":
            return Not(self.condition(self.filled(self.only(group)), names))
        if tag == "imply":
            if len(rest) != 2:
                raise self.error("'imply' takes two conditions", group)
            return Or((Not(self.condition(self.filled(rest[0]), names)), self.condition(self.filled(rest[1]), names)))
        if tag in ("forall", "exists"):
            if len(rest) != 2:
                raise self.error(f"'{tag}' takes variables and one condition", group)
            parameters = self.parameters(self.group(rest[0]).items, names.types)
            part = self.condition(self.filled(rest[1]), names.bind(parameters))
            return Quantified(tag == "forall", parameters, part)
        if tag in _COMPARISONS and not (tag == "=" and all(self.is_term(item) for item in rest)):
            if len(rest) != 2:
                raise self.error(f"'{tag}' takes two expressions", group)
            return Comparison(tag, self.expression(rest[0], names), self.expression(rest[1], names))
        return self.atom(group, names)

    def atom(self, group: Group, names: _Names) -> Atom:
        predicate = self.word(group.items[0])
        arguments = group.items[1:]
        if predicate == "=":
            if len(arguments) != 2:
                raise self.error("'=' takes two terms", group)
        elif names.predicates is not None:
            declared = names.predicates.get(predicate)
            if declared is None:
                raise self.error(f"unknown predicate {predicate}", group.items[0])
            self.arity(predicate, declared, group)
        return Atom(predicate, tuple(self.term(item, names) for item in arguments))

    def arity(self, name: str, declared: Sequence[Parameter], group: Group) -> None:
        given = len(group.items) - 1
        if given != len(declared):
            raise self.error(f"{name} takes {len(declared)} arguments, not {given}", group)

    def expression(self, node: Node, names: _Names) -> Expression:
        if isinstance(node, Symbol) and _NUMBER.fullmatch(node):
            return float(node)
        if isinstance(node, Group) and node.items and node.items[0] in ("+", "-", "*", "/"):
            operands = tuple(self.expression(item, names) for item in node.items[1:])
            if not operands or (len(operands) < 2 and node.items[0] != "-"):
                raise self.error(f"'{node.items[0]}' takes two operands", node)
            return Arithmetic(self.word(node.items[0]), operands)
        return self.fluent(node, names)

    def fluent(self, node: Node, names: _Names) -> Fluent:
        if isinstance(node, Symbol):
            raise self.error(f"expected a number or (FUNCTION ...), found {node}", node)
        group = self.filled(node)
        function = self.word(group.items[0])
        if names.functions is not None:
            declared = names.functions.get(function)
            if declared is None:
                raise self.error(f"unknown function {function}", group.items[0])
            self.arity(function, declared, group)
        return Fluent(function, tuple(self.term(item, names) for item in group.items[1:]))

    def effect(self, node: Node, names: _Names) -> Iterator[Effect]:
        group = self.group(node)
        if not group.items:
            return
        tag, rest = self.word(group.items[0]), group.items[1:]
        if tag == "and":
            for item in rest:
                yield from self.effect(self.filled(item), names)
        elif tag == "not":
            yield Change(self.atom(self.filled(self.only(group)), names), add=False)
        elif tag == "when":
            if len(rest) != 2:
                raise self.error("'when' takes a condition and an effect", group)
            yield Conditional((), self.condition(rest[0], names), tuple(self.effect(rest[1], names)))
        elif tag == "forall":
            if len(rest) != 2:
                raise self.error("'forall' takes variables and one effect", group)
            parameters = self.parameters(self.group(rest[0]).items, names.types)
            yield Conditional(parameters, And(()), tuple(self.effect(rest[1], names.bind(parameters))))
        elif tag in _ASSIGNMENTS:
            if len(rest) != 2:
                raise self.error(f"'{tag}' takes a function and an expression", group)
            yield Assignment(tag, self.fluent(rest[0], names), self.expression(rest[1], names))
        else:
            yield Change(self.atom(group, names), add=True)

    # Lists and words

    def typed(
        self, items: Sequence[Node], types: Mapping[str, object] | None = None
    ) -> Iterator[tuple[Symbol, tuple[str, ...]]]:
        """Each name of a typed list with its types; with `types`, only those are admitted."""
        waiting: list[Symbol] = []
        rest = iter(items)
        for item in rest:
            if item == "-":
                kind = next(rest, None)
                if kind is None:
                    raise self.error("type missing after '-'", item)
                above = self.type_names(kind, types)
                yield from ((symbol, above) for symbol in waiting)
                waiting = []
            elif isinstance(item, Symbol):
                waiting.append(item)
            else:
                raise self.error("expected a name", item)
        yield from ((symbol, (OBJECT,)) for symbol in waiting)

    def type_names(self, node: Node, types: Mapping[str, object] | None) -> tuple[str, ...]:
        symbols: Sequence[Node] = [node]
        if isinstance(node, Group):
            if len(node.items) < 2 or node.items[0] != "either":
                raise self.error("expected a type or (either TYPE ...)", node)
            symbols = node.items[1:]
        for symbol in symbols:
            if types is not None and self.word(symbol) not in types:
                raise self.error(f"unknown type {show(symbol)}", symbol)
        return tuple(self.word(symbol) for symbol in symbols)

    def parameters(self, items: Sequence[Node], types: Mapping[str, object] | None) -> tuple[Parameter, ...]:
        parameters: list[Parameter] = []
        for symbol, above in self.typed(items, types):
            if not symbol.startswith("?"):
                raise self.error(f"expected a variable, found {symbol}", symbol)
            parameters.append(Parameter(str(symbol), above))
        return tuple(parameters)

    def term(self, node: Node, names: _Names) -> str:
        term = self.word(node)
        if term.startswith("?"):
            if term not in names.variables:
                raise self.error(f"unknown variable {term}", node)
        elif names.constants is not None and term not in names.constants:
            raise self.error(f"unknown object {term}", node)
        return term

    def is_term(self, node: Node) -> bool:
        return isinstance(node, Symbol) and not _NUMBER.fullmatch(node)

    def keyword(self, section: Group) -> str:
        return self.word(section.items[0])

    def word(self, node: Node) -> str:
        if isinstance(node, Symbol):
            return str(node)
        raise self.error(f"expected a word, found {show(node)}", node)

    def group(self, node: Node) -> Group:
        if isinstance(node, Group):
            return node
        raise self.error(f"expected a bracketed list, found {node}", node)

    def filled(self, node: Node) -> Group:
        group = self.group(node)
        if not group.items:
            raise self.error("empty brackets", group)
        return group

    def only(self, group: Group) -> Node:
        if len(group.items) != 2:
            raise self.error(f"'{show(group.items[0])}' takes one argument", group)
        return group.items[1]

    def error(self, reason: str, node: Node) -> PddlError:
        return PddlError(reason, self.text, node.offset)


def _above(name: str, parents: Mapping[str, set[str]]) -> set[str]:
    """All types strictly above `name`."""
    found: set[str] = set()
    waiting = list(parents[name])
    while waiting:
        parent = waiting.pop()
        if parent not in found:
            found.add(parent)
            waiting.extend(parents[parent])
    return found
