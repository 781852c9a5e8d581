"""LogicNLI's theories: each sentence with the formula that its structure says.

Official files, for each split: `<split>_language.json` (sentences) and `<split>_logic.json` (the same as structures),
keyed by theory. Upstream writes no formulas; here "all" on both sides of a rule is one universal formula around it, and
"all" or "exist" on the left of a rule about named people quantifies the left side alone. Names and properties are
spelled as FOLIO spells them: `Eager(vivian)`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.task import DataError

_SIGNS = {"+": "", "-": "¬"}
_JOINS = {"and": " ∧ ", "or": " ∨ "}
_ARROWS = {"imp": "→", "equ": "↔"}


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    formula: str


@dataclass(frozen=True, slots=True)
class Theory:
    """`labels` are entailment, contradiction, neutral or self_contradiction, one for each statement."""

    key: str
    facts: Sequence[Sentence]
    rules: Sequence[Sentence]
    statements: Sequence[Sentence]
    labels: Sequence[str]


def read_theories(folder: Path, split: str) -> Iterator[Theory]:
    """The theories of one split, in upstream's order. Raises `DataError`."""
    language, logic = (_read(folder / f"{split}_{kind}.json") for kind in ("language", "logic"))
    for key, texts in language.items():
        try:
            structure = logic[key]
            yield Theory(
                key,
                _paired(texts["facts"], map(fact, structure["facts"].values())),
                _paired(texts["rules"], map(rule, structure["rules"].values())),
                _paired(texts["statements"], map(fact, structure["statements"].values())),
                texts["labels"],
            )
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise DataError(
                f"{folder}: theory {key} of {split}_language.json and {split}_logic.json is not LogicNLI's form "
                f"({error!r}); fetch both files again"
            ) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is not whole JSON ({error}): fetch the official file again") from error
    if not isinstance(content, dict):
        raise DataError(f"{path} holds no theories by number: fetch the official file again")
    return content


def _paired(texts: Sequence[str], formulas: Iterator[str]) -> list[Sentence]:
    return [Sentence(text, formula) for text, formula in zip(texts, formulas, strict=True)]


def fact(item: Sequence[str]) -> str:
    """The literal of [name, property, sign, ...]; "all" and "exist" stand for the variable x."""
    name, kind, sign, *_ = item
    argument = "x" if name in ("all", "exist") else name.lower()
    return f"{_SIGNS[sign]}{kind.capitalize()}({argument})"


def rule(item: dict[str, Any]) -> str:
    """The formula of {p, q, type}, p and q being {fact: [...], conj: and / or / none}."""
    left, right = (_side(item[side]) for side in ("p", "q"))
    arrow = _ARROWS[item["type"]]
    kinds = {name for name, *_ in item["p"]["fact"]}
    if "all" in kinds and any(name == "all" for name, *_ in item["q"]["fact"]):
        return f"∀x ({left} {arrow} {right})"
    if kinds & {"all", "exist"}:
        inner = left if left.startswith("(") else f"({left})"
        return f"({'∀' if 'all' in kinds else '∃'}x {inner}) {arrow} {right}"
    return f"{left} {arrow} {right}"


def _side(side: dict[str, Any]) -> str:
    literals = [fact(item) for item in side["fact"]]
    return f"({_JOINS[side['conj']].join(literals)})" if len(literals) > 1 else literals[0]
