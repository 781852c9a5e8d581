"""Sentences of our own with their AMRs, made by one small grammar, in the layouts of the releases."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tasks.bundled.writing import write_lines


@dataclass
class _Node:
    """A concept with its roles; a node that stands in two places is written once, then by its variable."""

    concept: str
    roles: list[tuple[str, _Node | str]] = field(default_factory=list)


def _penman(root: _Node) -> str:
    names: dict[int, str] = {}

    def write(node: _Node | str, indent: int) -> str:
        if isinstance(node, str):
            return node
        if id(node) in names:
            return names[id(node)]
        letter = node.concept[0]
        taken = sum(name.startswith(letter) for name in names.values())
        names[id(node)] = f"{letter}{taken + 1}" if taken else letter
        inner = "".join(f"\n{' ' * indent}:{role} {write(value, indent + 6)}" for role, value in node.roles)
        return f"({names[id(node)]} / {node.concept}{inner})"

    return write(root, 6)


@dataclass(frozen=True)
class _Words:
    """What the grammar draws from: (phrase, concept) of things, (verb, infinitive, frame) of actions."""

    things: Sequence[tuple[str, str]]
    named: Sequence[tuple[str, str]]
    actions: Sequence[tuple[str, str, str]]
    qualities: Sequence[str]


_DAILY = _Words(
    things=[("baker", "baker"), ("clock", "clock"), ("goat", "goat"), ("ladder", "ladder"), ("mayor", "mayor")],
    named=[("Ines", "person"), ("Otto", "person"), ("Lund", "city")],
    actions=[
        ("paints", "paint", "paint-02"),
        ("finds", "find", "find-01"),
        ("sells", "sell", "sell-01"),
        ("follows", "follow", "follow-02"),
    ],
    qualities=["old", "small", "green", "quiet"],
)
_BIO = _Words(
    things=[("peptide", "peptide"), ("receptor", "receptor"), ("membrane", "membrane"), ("complex", "macro-complex")],
    named=[("Abx2", "enzyme"), ("Korin", "protein"), ("TelB", "protein")],
    actions=[
        ("activates", "activate", "activate-01"),
        ("binds", "bind", "bind-01"),
        ("inhibits", "inhibit", "inhibit-01"),
        ("phosphorylates", "phosphorylate", "phosphorylate-01"),
    ],
    qualities=["stable", "mutant", "soluble", "free"],
)


def _entity(words: _Words, draw: random.Random) -> tuple[str, _Node]:
    if draw.random() < 0.35:
        name, kind = draw.choice(words.named)
        return name, _Node(kind, [("name", _Node("name", [("op1", f'"{name}"')]))])
    phrase, concept = draw.choice(words.things)
    form = draw.randrange(3)
    if form == 0:
        quality = draw.choice(words.qualities)
        return f"the {quality} {phrase}", _Node(concept, [("mod", _Node(quality))])
    if form == 1:
        number = draw.randint(2, 9)
        return f"the {number} {phrase} copies", _Node("copy", [("quant", str(number)), ("topic", _Node(concept))])
    return f"the {phrase}", _Node(concept)


def _sentence(words: _Words, draw: random.Random) -> tuple[str, _Node]:
    (subject, agent), (target, theme) = _entity(words, draw), _entity(words, draw)
    finite, plain, frame = draw.choice(words.actions)
    deed = _Node(frame, [("ARG0", agent), ("ARG1", theme)])
    form = draw.randrange(5)
    if form == 0:
        return f"{subject} {finite} {target} .", deed
    if form == 1:
        deed.roles.insert(0, ("polarity", "-"))
        return f"{subject} does not {plain} {target} .", deed
    if form == 2:
        return f"{subject} tries to {plain} {target} .", _Node("try-01", [("ARG0", agent), ("ARG1", deed)])
    if form == 3:
        deed.roles.pop(0)
        agent.roles.append(("ARG0-of", deed))
        return f"it is {subject} that {finite} {target} .", _Node("exemplify-01", [("ARG0", agent)])
    other, cause = _sentence(words, draw)
    return f"{subject} {finite} {target} because {other}", _Node("cause-01", [("ARG0", cause), ("ARG1", deed)])


def _blocks(words: _Words, prefix: str, seed: int, comment: str = "snt") -> Iterator[str]:
    draw = random.Random(seed)
    for number in range(1, 15):
        text, root = _sentence(words, draw)
        yield f"# ::id {prefix}.{number} ::annotator symharness"
        yield f"# ::{comment} {text[0].upper()}{text[1:]}"
        yield from _penman(root).split("\n")
        yield ""


def write(root: Path) -> None:
    for release, seed in (("2.0", 20), ("3.0", 30)):
        name = f"amr-release-{release}-amrs-test-mini.txt"
        lines = [f"# AMR release; corpus: mini; section: test; number of AMRs: 14 (release {release})", ""]
        path = root / f"amr{release[0]}" / "data" / "amrs" / "split" / "test" / name
        write_lines(path, [*lines, *_blocks(_DAILY, f"mini{release[0]}_0001", seed)])
    write_lines(root / "amr" / "amr-release-test-bio.txt", _blocks(_BIO, "mini.bmtr_0001", 40, comment="tok"))
    write_lines(root / "amr" / "amr-bank-struct-v3.0.txt", _blocks(_DAILY, "mini_lpp", 42))
