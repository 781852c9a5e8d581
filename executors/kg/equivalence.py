"""When two SPARQL queries are one: the same algebra up to the names of variables and the order of patterns.

Decided on the algebra of rdflib. Sound for what it calls equivalent; queries that differ in more than names, order,
prefixes, blanks and letter case of keywords are called different, though they may have the same answers.
"""

from __future__ import annotations

import functools
import itertools
import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from executors.forked import Forked
from executors.kg.store import iris, refusal, standard
from executors.outcome import Limits, Outcome, Status

# What is tried when names cannot be told apart by where they stand.
MAX_RENAMINGS = 5_000
# rdflib's parser is recursive and slow: a query of 20,000 characters may take it minutes.
LIMITS = Limits(seconds=5.0)

Form: TypeAlias = "tuple[Any, ...] | str"


def equivalent(gold: str, predicted: str, limits: Limits = LIMITS) -> bool:
    """Whether two queries are one up to naming and order; what does not parse within the limits is equivalent to none.

    Queries that name different things are told to be different without parsing them.
    """
    if any(refusal(text) is not None for text in (gold, predicted)):
        return False
    gold, predicted = standard(gold), standard(predicted)
    return iris(gold) == iris(predicted) and _parser().call(limits, _compared, gold, predicted).value is True


@functools.cache
def _parser() -> Forked:
    # rdflib reports literals that are no dates (a bare year) at length; they are compared as text.
    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)
    # A forked child cannot open files: all that rdflib imports when it first parses must be there before.
    _form("SELECT ?x WHERE { ?x <http://a> 1 FILTER (?x > 1 && REGEX(STR(?x), 'a')) } ORDER BY ?x LIMIT 1")
    return Forked()


def _compared(gold: str, predicted: str) -> Outcome:
    try:
        return Outcome(Status.OK, _same(_gold_form(gold), _form(predicted)))
    except RecursionError:
        return Outcome.failed(Status.INVALID, "nested too deep")
    except MemoryError:
        raise
    except Exception as error:  # pyparsing's and rdflib's own, of many kinds
        return Outcome.failed(Status.INVALID, error)


def _same(gold: Form, predicted: Form) -> bool:
    classes = [_classes(form) for form in (gold, predicted)]
    if {key: len(names) for key, names in classes[0].items()} != {key: len(names) for key, names in classes[1].items()}:
        return False
    wanted = _canonical(gold, {})
    renamings = itertools.islice(_renamings(*classes), MAX_RENAMINGS)
    return any(_canonical(predicted, renaming) == wanted for renaming in renamings)


def _form(text: str) -> Form:
    """The algebra as nested tuples: ("set", ...) for what has no order, ("list", ...) for what has one."""
    from rdflib.plugins.sparql.algebra import translateQuery
    from rdflib.plugins.sparql.parser import parseQuery

    parsed = parseQuery(text)
    # `SELECT *` lists its variables in any order.
    return _tuples(translateQuery(parsed).algebra, "projection" in parsed[1])


_gold_form = functools.lru_cache(maxsize=256)(_form)


def _tuples(node: Any, listed: bool) -> Form:
    from rdflib.term import BNode, Variable

    if isinstance(node, Variable):
        return ("variable", str(node))
    if isinstance(node, BNode):
        return ("variable", f"_:{node}")
    if isinstance(node, Mapping) and hasattr(node, "name"):
        name = str(node.name)
        if name == "BGP":
            return ("set", *(("list", *(_tuples(term, listed) for term in triple)) for triple in node["triples"]))
        if name == "Join":
            return ("set", *(_tuples(part, listed) for part in _operands(node, "Join")))
        if name in ("ConditionalAndExpression", "ConditionalOrExpression"):
            return ("set", name, *(_tuples(part, listed) for part in [node["expr"], *node["other"]]))
        parts = ((key, value) for key, value in sorted(node.items()) if key not in ("_vars", "lazy"))
        return (
            "list",
            name,
            *((key, _tuples(set(value) if key == "PV" and not listed else value, listed)) for key, value in parts),
        )
    if isinstance(node, (list, tuple)):
        return ("list", *(_tuples(part, listed) for part in node))
    if isinstance(node, set):
        return ("set", *(_tuples(part, listed) for part in node))
    return node.n3() if hasattr(node, "n3") else str(node)


def _operands(node: Any, name: str) -> Iterator[Any]:
    for side in (node["p1"], node["p2"]):
        if getattr(side, "name", "") == name:
            yield from _operands(side, name)
        else:
            yield side


def _classes(form: Form) -> dict[str, list[str]]:
    """Variables by where they stand, refined until nothing changes: only those of one class may be swapped."""
    names = sorted(set(_variables(form)))
    colours = {name: "blank" if name.startswith("_:") else "" for name in names}
    while True:
        seen: dict[str, Counter[str]] = defaultdict(Counter)
        _contexts(form, colours, "", seen)
        described = {name: f"{colours[name]} {sorted(seen[name].items())!r}" for name in names}
        ranks = {text: str(rank) for rank, text in enumerate(sorted(set(described.values())))}
        settled = len(ranks) == len(set(colours.values()))
        colours = {name: ranks[text] for name, text in described.items()}
        if settled:
            break
    classes: dict[str, list[str]] = defaultdict(list)
    for name, colour in colours.items():
        classes[colour].append(name)
    return classes


def _variables(form: Form) -> Iterator[str]:
    if isinstance(form, tuple):
        if form[:1] == ("variable",):
            yield form[1]
        else:
            for part in form:
                yield from _variables(part)


def _contexts(form: Form, colours: Mapping[str, str], path: str, seen: dict[str, Counter[str]]) -> None:
    """Note for every variable what surrounds it: the text of the part that holds it, and its place there."""
    if not isinstance(form, tuple):
        return
    for place, part in enumerate(form):
        if isinstance(part, tuple) and part[:1] == ("variable",):
            around = _coloured(form, colours)
            seen[part[1]][f"{path}|{around}|{place if form[0] == 'list' else ''}"] += 1
        else:
            step = place if form[0] == "list" else "*"
            _contexts(part, colours, f"{path}/{step}", seen)


def _coloured(form: Form, colours: Mapping[str, str]) -> str:
    return repr(_canonical(form, {name: f"colour {colour}" for name, colour in colours.items()}))


def _canonical(form: Form, names: Mapping[str, str]) -> Form:
    """The form with variables renamed and unordered parts sorted."""
    if not isinstance(form, tuple):
        return form
    if form[:1] == ("variable",):
        return ("variable", names.get(form[1], form[1]))
    parts = [_canonical(part, names) for part in form[1:]]
    return (form[0], *(sorted(parts, key=repr) if form[0] == "set" else parts))


def _renamings(first: Mapping[str, list[str]], second: Mapping[str, list[str]]) -> Iterator[dict[str, str]]:
    """Every way to give the second query's variables the first one's names, class by class."""
    keys = sorted(first)
    orders = (itertools.permutations(first[key]) for key in keys)
    for chosen in itertools.product(*orders):
        yield {
            old: new
            for key, names in zip(keys, chosen, strict=True)
            for old, new in zip(second[key], names, strict=True)
        }
