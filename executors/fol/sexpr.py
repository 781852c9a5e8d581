"""SMT-LIB terms and assertions: `(forall ((x Thing)) (=> (Dog x) (Animal x)))`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from executors.fol.syntax import (
    Atom,
    Constant,
    Equal,
    Formula,
    Function,
    Iff,
    Implies,
    Not,
    Quantified,
    Quantifier,
    Term,
    Truth,
    Variable,
    Xor,
    conjunction,
    disjunction,
)

_START = re.compile(r"\s*\(\s*(?:assert|forall|exists|and|or|not|xor|=>|=|distinct|[\w|][^()\s]*(?:\s+[^()\s]+)+\s*\))")
_TOKEN = re.compile(r'\s+|;[^\n]*|(?P<paren>[()])|(?P<bar>\|[^|\\]*\|)|(?P<symbol>[^\s()|;"]+)')
_TERM_DEPTH = 30


class MalformedError(Exception):
    """A text that is no SMT-LIB formula; never leaves this package."""


@dataclass(slots=True)
class _List:
    """What stands between two brackets."""

    items: list[str | _List] = field(default_factory=list)


def looks_like(text: str) -> bool:
    """Whether `text` starts as an SMT-LIB term does."""
    return _START.match(text) is not None


def parse_term(text: str, max_depth: int) -> Formula:
    """The formula of one term or one `assert`. Raises `MalformedError`."""
    tree = _read(text, max_depth)
    if isinstance(tree, _List) and len(tree.items) == 2 and tree.items[0] == "assert":
        tree = tree.items[1]
    return _formula(tree, frozenset())


def _read(text: str, max_depth: int) -> str | _List:
    root = _List()
    stack = [root]
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise MalformedError(text[position])
        position = match.end()
        if match["paren"] == "(":
            inner = _List()
            stack[-1].items.append(inner)
            stack.append(inner)
            if len(stack) > max_depth:
                raise MalformedError("too deep")
        elif match["paren"]:
            stack.pop()
            if not stack:
                raise MalformedError(")")
        elif match["bar"]:
            stack[-1].items.append("|" + match["bar"][1:-1])  # the mark keeps |and| a name
        elif match["symbol"]:
            stack[-1].items.append(match["symbol"])
    if len(stack) != 1 or len(root.items) != 1:
        raise MalformedError("not one term")
    return root.items[0]


def _name(item: str | _List) -> str:
    if isinstance(item, _List) or item in ("|", ""):
        raise MalformedError("a name is missing")
    return item.removeprefix("|")


def _formula(tree: str | _List, bound: frozenset[str]) -> Formula:
    if isinstance(tree, str):
        return Truth(tree == "true") if tree in ("true", "false") else Atom(_name(tree))
    if not tree.items:
        raise MalformedError("an empty list")
    head, arguments = tree.items[0], tree.items[1:]
    if head in ("forall", "exists"):
        return _quantified(Quantifier.FORALL if head == "forall" else Quantifier.EXISTS, arguments, bound)
    if head in ("=", "distinct") and len(arguments) == 2:
        return _equality(head == "=", arguments, bound)
    if head in ("and", "or", "not", "xor", "=>"):
        return _connective(str(head), [_formula(item, bound) for item in arguments])
    if not arguments:
        raise MalformedError("a predicate without arguments in brackets")
    return Atom(_name(head), tuple(_term(item, bound, 1) for item in arguments))


def _connective(head: str, parts: list[Formula]) -> Formula:
    if head in ("and", "or") and parts:
        return conjunction(parts) if head == "and" else disjunction(parts)
    if head == "not" and len(parts) == 1:
        return Not(parts[0])
    if head in ("xor", "=>") and len(parts) == 2:
        return Xor(*parts) if head == "xor" else Implies(*parts)
    raise MalformedError(f"{head} of {len(parts)} formulas")


def _quantified(quantifier: Quantifier, arguments: list[str | _List], bound: frozenset[str]) -> Formula:
    if len(arguments) != 2 or not isinstance(arguments[0], _List) or not arguments[0].items:
        raise MalformedError("a quantifier takes variables and a body")
    names: list[str] = []
    for item in arguments[0].items:
        if not isinstance(item, _List) or len(item.items) != 2:
            raise MalformedError("a variable takes a sort")
        names.append(_name(item.items[0]))
    body = _formula(arguments[1], bound.union(names))
    for name in reversed(names):
        body = Quantified(quantifier, name, body)
    return body


def _equality(same: bool, arguments: list[str | _List], bound: frozenset[str]) -> Formula:
    """`=` between formulas is ↔; bare names and applications of functions are terms where either side is a term."""
    if any(isinstance(item, _List) and _is_formula(item) for item in arguments):
        iff = Iff(_formula(arguments[0], bound), _formula(arguments[1], bound))
        return iff if same else Not(iff)
    equal = Equal(_term(arguments[0], bound, 0), _term(arguments[1], bound, 0))
    return equal if same else Not(equal)


def _is_formula(tree: _List) -> bool:
    head = tree.items[0] if tree.items else ""
    return isinstance(head, str) and (
        head in ("forall", "exists", "and", "or", "not", "xor", "=>", "=", "distinct") or head.lstrip("|")[:1].isupper()
    )


def _term(tree: str | _List, bound: frozenset[str], depth: int) -> Term:
    if isinstance(tree, str):
        name = _name(tree)
        return Variable(name) if name in bound else Constant(name)
    if len(tree.items) < 2 or depth > _TERM_DEPTH:
        raise MalformedError("a term")
    return Function(_name(tree.items[0]), tuple(_term(item, bound, depth + 1) for item in tree.items[1:]))
