"""One formula out of what a model wrote: fences, labels, quotes, comments and prose around it are set aside."""

from __future__ import annotations

import re
from dataclasses import dataclass

from executors.fol.parser import MAX_LENGTH, Unparsable, parse
from executors.fol.syntax import Formula, lone_word

MAX_LINES = 200

_FENCE = re.compile(r"^\s*(?:```|~~~)[^\n`]*\n(.*?)(?:^\s*(?:```|~~~)\s*$|\Z)", re.DOTALL | re.MULTILINE)
_SPECIAL = re.compile(r"</?s>|<\|[\w ]{1,30}\|>|<(?:eos|bos|pad|end_of_turn)>|\[/?INST\]")
_LABEL = re.compile(r"^[^\W\d_][\w ()'’/-]{0,80}:(?!:)\s*")
_BULLET = re.compile(r"^(?:[-*•]\s+|\(?\d{1,3}[.)]\s+)")
_TPTP = re.compile(r"^(?:fof|tff|cnf)\s*\(\s*[^,()]{1,80},\s*\w+\s*,(.*)\)\s*\.?\s*$", re.DOTALL)
_COMMENT = ":::"
_WRAPPERS = ("**", "__", "`", '"', "“”", "'", "$$")


@dataclass(frozen=True, slots=True)
class Found:
    """A formula and the text that it was read from, without what stood around it."""

    text: str
    formula: Formula


def read_formula(completion: str) -> Formula | Unparsable:
    """The one formula of `completion`. Two different formulas, a lone word and plain prose are no formula."""
    found = find_formula(completion)
    return found.formula if isinstance(found, Found) else found


def find_formula(completion: str) -> Found | Unparsable:
    """The one formula of `completion` with its own text. Never raises on a text."""
    text = fenced(without_special_tokens(completion)).strip()
    if not text:
        return Unparsable("no formula", 0)
    if len(text) > MAX_LENGTH:
        return Unparsable(f"a text of more than {MAX_LENGTH} characters", MAX_LENGTH)
    whole = _read_line(text)
    if isinstance(whole, Found):
        return whole
    lines = [line for line in text.splitlines() if line.strip()][:MAX_LINES]
    found: dict[Formula, Found] = {}
    for line in lines if len(lines) > 1 else ():
        read = _read_line(line)
        if isinstance(read, Found):
            found.setdefault(read.formula, read)
    if len(found) > 1:
        return Unparsable(f"{len(found)} different formulas", 0)
    return next(iter(found.values()), whole)


def without_special_tokens(text: str) -> str:
    """`text` without the marks that tokenizers leave at the ends of turns."""
    return _SPECIAL.sub(" ", text)


def fenced(text: str) -> str:
    """What the last code fence with anything in it holds; the text itself where there is none."""
    blocks = [block for block in _FENCE.findall(text) if block.strip()]
    return blocks[-1] if blocks else text


def without_wrappers(text: str) -> str:
    """`text` without the emphasis, back quotes and quotation marks that stand around all of it."""
    text = text.strip()
    for mark in _WRAPPERS * 2:
        opening, closing = (mark[0], mark[1]) if mark == "“”" else (mark, mark)
        inner = text[len(opening) : len(text) - len(closing)]
        if len(text) > 2 * len(mark) and text.startswith(opening) and text.endswith(closing) and mark not in inner:
            text = inner.strip()
    return text


def without_bullet(text: str) -> str:
    """`text` without the number or bullet that starts a list's item: "-P(a)" is a negation, "- P(a)" an item."""
    return _BULLET.sub("", text, count=1)


def _read_line(line: str) -> Found | Unparsable:
    text = without_bullet(without_wrappers(line.split(_COMMENT, 1)[0]))
    wrapped = _TPTP.match(text)
    read = _read(without_wrappers(wrapped.group(1) if wrapped else text))
    label = _LABEL.match(text) if isinstance(read, Unparsable) else None
    if label is None:
        return read
    labelled = _read(without_wrappers(text[label.end() :]))
    return read if isinstance(labelled, Unparsable) else labelled


def _read(text: str) -> Found | Unparsable:
    formula = parse(text)
    if isinstance(formula, Unparsable):
        return formula
    return Unparsable("a lone word is no formula", 0) if lone_word(formula) else Found(text, formula)
