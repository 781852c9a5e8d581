"""Task-oriented parses (TOP): bracketed trees of intents and slots, as in MTOP and TOPv2.

`[IN:GET_WEATHER [SL:LOCATION Ireland ] ]`. Read as google-research/language 865fae65 (casper, top_utils) reads it:
text is split at white space, `[X` opens a node called X, a token that is exactly `]` closes one, all else is a word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from executors.outcome import Outcome, Status, one_line

MAX_TOKENS = 10_000
# Deeper trees are no parse of an utterance, and recursion over them must stay within the interpreter's stack.
MAX_DEPTH = 100

_SHORT_LABEL = re.compile(r"\[(IN|SL) ([^\[\]=]*?) =")


@dataclass(slots=True)
class Node:
    """An intent, a slot, or whatever else stands behind an opening bracket; children are nodes and words."""

    label: str
    children: list[Node | str] = field(default_factory=list)

    def __str__(self) -> str:
        return " ".join([f"[{self.label}", *map(str, self.children), "]"])


class NotATreeError(ValueError):
    """The text is no single tree; the message says where it stops being one."""


def parse(text: str) -> Node:
    """The one tree that `text` is. Casper's own short form (`[IN get weather = ...]`) is read as well.

    Raises NotATreeError.
    """
    if text.startswith("[IN "):
        text = _long_form(text)
    tokens = text.split()
    if len(tokens) > MAX_TOKENS:
        raise NotATreeError(f"{len(tokens)} tokens where no parse has more than {MAX_TOKENS}")
    root: Node | None = None
    open_nodes: list[Node] = []
    for position, token in enumerate(tokens, 1):
        if root is not None and not open_nodes:
            raise NotATreeError(f"token {position}: {one_line(token, 40)!r} stands behind the end of the tree")
        if token.startswith("["):
            node = Node(token[1:])
            if open_nodes:
                open_nodes[-1].children.append(node)
            else:
                root = node
            open_nodes.append(node)
            if len(open_nodes) > MAX_DEPTH:
                raise NotATreeError(f"token {position}: nested more than {MAX_DEPTH} deep")
        elif not open_nodes:
            raise NotATreeError(f"token {position}: {one_line(token, 40)!r} stands before the tree")
        elif token == "]":
            open_nodes.pop()
        else:
            open_nodes[-1].children.append(token)
    if root is None:
        raise NotATreeError("no tree")
    if open_nodes:
        raise NotATreeError(f"{len(open_nodes)} brackets are not closed")
    return root


def _long_form(text: str) -> str:
    def label(match: re.Match[str]) -> str:
        return f"[{match[1]}:{match[2].strip().upper().replace(' ', '_')}"

    return _SHORT_LABEL.sub(label, text).replace("]", " ]")


def execute(program: str) -> Outcome:
    """A parse. Value: the tree printed with single blanks; `invalid` when the text is not one tree."""
    try:
        return Outcome(Status.OK, str(parse(program)))
    except NotATreeError as error:
        return Outcome.failed(Status.INVALID, error)


def template(tree: Node) -> str:
    """Intent and the sorted set of slot paths that hold words: `IN:GET_EVENT-SL:DATE_TIME-SL:LOCATION`.

    Words directly under the root make an empty path.
    """
    return "-".join([tree.label, *sorted(set(_paths(tree, "")))])


def _paths(node: Node, prefix: str) -> Iterator[str]:
    for child in node.children:
        if isinstance(child, str):
            yield prefix
        else:
            yield from _paths(child, f"{prefix}.{child.label}" if prefix else child.label)


def slots(tree: Node) -> Counter[tuple[str, str]]:
    """Every slot as (path of labels from the root, its words joined by single blanks), with how often it is there."""
    found: Counter[tuple[str, str]] = Counter()

    def visit(node: Node, path: str) -> list[str]:
        words: list[str] = []
        for child in node.children:
            words += [child] if isinstance(child, str) else visit(child, f"{path}/{child.label}")
        if node.label.startswith("SL:"):
            found[path, " ".join(words)] += 1
        return words

    visit(tree, tree.label)
    return found
