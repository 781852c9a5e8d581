"""Reading bracketed text: tokens and nested lists with the place where each began.

A reader of our own and not PyPI `pddl` 0.5.1, which rejects the Grippers domain (it declares the type `object`), needs
about 140 ms for a domain and up to 10 ms for a problem where this one needs under 1 ms, and parses recursively.
"""

from __future__ import annotations

import re
from typing import TypeAlias

MAX_CHARACTERS = 1 << 20
MAX_DEPTH = 64

_TOKEN = re.compile(r";[^\n\r]*|[()]|[^\s();]+")
_BRACKET = re.compile(r";[^\n\r]*|[()]")


class PddlError(ValueError):
    """Text that is no PDDL; the message ends with the line and the column, both counted from 1."""

    def __init__(self, reason: str, text: str = "", offset: int | None = None) -> None:
        self.line, self.column = (0, 0) if offset is None else _place(text, offset)
        place = f" (line {self.line}, column {self.column})" if self.line else ""
        super().__init__(reason + place)


class Symbol(str):
    """A lower-case word and the offset in the text at which it began."""

    __slots__ = ("offset",)
    offset: int


class Group:
    """A bracketed list and the offset of its opening bracket."""

    __slots__ = ("items", "offset")

    def __init__(self, offset: int) -> None:
        self.items: list[Node] = []
        self.offset = offset


Node: TypeAlias = Symbol | Group


def check_bounds(text: str) -> None:
    """Refuse text that is too long or too deeply nested for any recursive parser behind us.

    Raises:
        PddlError: longer than `MAX_CHARACTERS`, or nested deeper than `MAX_DEPTH`.
    """
    if len(text) > MAX_CHARACTERS:
        raise PddlError(f"longer than {MAX_CHARACTERS} characters")
    depth = 0
    for match in _BRACKET.finditer(text):
        bracket = match.group()
        if bracket == "(":
            depth += 1
            if depth > MAX_DEPTH:
                raise PddlError(f"nested deeper than {MAX_DEPTH} brackets", text, match.start())
        elif bracket == ")":
            depth -= 1


def read(text: str) -> Group:
    """The one bracketed list that `text` holds; comments run from `;` to the end of the line.

    Raises:
        PddlError: out of bounds, unbalanced, anything but a comment around the list, or non-ASCII outside comments.
    """
    check_bounds(text)
    root: Group | None = None
    stack: list[Group] = []
    for match in _TOKEN.finditer(text):
        token, offset = match.group(), match.start()
        if token[0] == ";":
            continue
        if root is not None and not stack:
            raise PddlError(f"{_quote(token)} after the closing bracket", text, offset)
        if token == "(":
            group = Group(offset)
            if stack:
                stack[-1].items.append(group)
            else:
                root = group
            stack.append(group)
        elif not stack:
            raise PddlError(f"expected '(', found {_quote(token)}", text, offset)
        elif token == ")":
            stack.pop()
        else:
            stack[-1].items.append(_symbol(token, text, offset))
    if stack:
        raise PddlError("bracket that is never closed", text, stack[-1].offset)
    if root is None:
        raise PddlError("empty text")
    return root


def show(node: Node, limit: int = 60) -> str:
    """`node` as text, cut to about `limit` characters, for messages."""
    if isinstance(node, Symbol):
        return str(node)
    parts: list[str] = []
    for item in node.items:
        parts.append(show(item, limit))
        if sum(map(len, parts)) > limit:
            parts.append("...")
            break
    return f"({' '.join(parts)})"


def _symbol(token: str, text: str, offset: int) -> Symbol:
    if not token.isascii():
        raise PddlError(f"non-ASCII word {_quote(token)}", text, offset)
    symbol = Symbol(token.lower())
    symbol.offset = offset
    return symbol


def _quote(token: str) -> str:
    return repr(token if len(token) <= 40 else token[:40] + "...")


def _place(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
