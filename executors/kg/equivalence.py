"""When two SPARQL queries are one: the same algebra up to the names of variables and the order of patterns.

Decided on the algebra of rdflib. Sound for what it calls equivalent; queries that differ in more than names, order,
prefixes, blanks and letter case of keywords are called different, though they may have the same answers.
"""

from __future__ import annotations

import itertools
import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from executors.kg.store import refusal, standard

# What is tried when names cannot be told apart by where they stand.
MAX_RENAMINGS = 5_000

Form: TypeAlias = "tuple[Any, ...] | str"


class NotAQueryError(ValueError):
    """The text does not parse as SPARQL; the message is the parser's, on one line."""


def equivalent(first: str, second: str) -> bool:
    """Whether two queries are one up to naming and order. Raises NotAQueryError for either that does not parse."""
    forms = [_form(text) for text in (first, second)]
    classes = [_classes(form) for form in forms]
    if {key: len(names) for key, names in classes[0].items()} != {key: len(names) for key, names in classes[1].items()}:
        return False
    wanted = _canonical(forms[0], {})
    for renaming in itertools.islice(_renamings(*classes), MAX_RENAMINGS):
        if _canonical(forms[1], renaming) == wanted:
            return True
    return False


def check(text: str) -> None:
    """Raises NotAQueryError for what does not parse."""
    _form(text)


def _form(text: str) -> Form:
    """The algebra as nested tuples: ("set", ...) for what has no order, ("list", ...) for what has one."""
    from rdflib.plugins.sparql.algebra import translateQuery
    from rdflib.plugins.sparql.parser import parseQuery

    if (refused := refusal(text)) is not None:
        raise NotAQueryError(refused.detail)
    # It reports literals that are no dates (a bare year) at length; they are compared as text.
    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)
    try:
        return _tuples(translateQuery(parseQuery(standard(text))).algebra)
    except RecursionError as error:
        raise NotAQueryError("nested too deep") from error
    except Exception as error:  # pyparsing's and rdflib's own, of many kinds
        raise NotAQueryError(" ".join(str(error).split())[:200]) from error


def _tuples(node: Any) -> Form:
    from rdflib.term import Variable

    if isinstance(node, Variable):
        return ("variable", str(node))
    if isinstance(node, Mapping) and hasattr(node, "name"):
        name = str(node.name)
        if name == "BGP":
            return ("set", *(("list", *map(_tuples, triple)) for triple in node["triples"]))
        if name == "Join":
            return ("set", *_operands(node, "Join"))
        if name in ("ConditionalAndExpression", "ConditionalOrExpression"):
            return ("set", name, *(_tuples(part) for part in [node["expr"], *node["other"]]))
        parts = ((key, _tuples(value)) for key, value in sorted(node.items()) if key not in ("_vars", "lazy"))
        return ("list", name, *parts)
    if isinstance(node, (list, tuple)):
        return ("list", *map(_tuples, node))
    if isinstance(node, set):
        return ("set", *map(_tuples, node))
    return node.n3() if hasattr(node, "n3") else str(node)


def _operands(node: Any, name: str) -> Iterator[Form]:
    for side in (node["p1"], node["p2"]):
        if getattr(side, "name", "") == name:
            yield from _operands(side, name)
        else:
            yield _tuples(side)


def _classes(form: Form) -> dict[str, list[str]]:
    """Variables by where they stand, refined until nothing changes: only those of one class may be swapped."""
    names = sorted(set(_variables(form)))
    colours = dict.fromkeys(names, "")
    for _ in range(len(names) + 1):
        seen: dict[str, Counter[str]] = defaultdict(Counter)
        _contexts(form, colours, "", seen)
        colours = {name: repr(sorted(seen[name].items())) for name in names}
        ranks = {text: str(rank) for rank, text in enumerate(sorted(set(colours.values())))}
        colours = {name: ranks[text] for name, text in colours.items()}
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
