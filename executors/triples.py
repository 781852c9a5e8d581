"""Triples as models write them, `relation(subject, object)`, and how well they match a sentence's gold triples.

Source: Text2KGBench (cenguix/Text2KGBench 50a3d255, src/evaluation/run_eval.py). It takes triples, not text: how text
becomes triples is ours.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from executors.outcome import Outcome, Status

# No sentence of the data sets has more than a dozen triples.
MAX_CHARACTERS = 50_000
MAX_TRIPLES = 500


class Triple(NamedTuple):
    """Relations carry underscores for spaces, as the official script compares them."""

    subject: str
    relation: str
    object: str


@dataclass(frozen=True, slots=True)
class Ontology:
    """What the sentence's ontology allows: the labels of its relations (with underscores) and of its concepts."""

    relations: frozenset[str]
    concepts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    precision: float
    recall: float
    f1: float


def execute(text: str) -> Outcome:
    """The triples of `text`. Value: a list of [subject, relation, object]; `invalid` when there is not one."""
    if len(text) > MAX_CHARACTERS:
        return Outcome.failed(Status.OUTPUT_LIMIT, f"{len(text)} characters where no answer has more than a thousand")
    triples = list(parse(text))
    if len(triples) > MAX_TRIPLES:
        return Outcome.failed(Status.OUTPUT_LIMIT, f"{len(triples)} triples where no sentence has more than a dozen")
    if not triples:
        return Outcome.failed(Status.INVALID, "no relation(subject, object) in the text")
    return Outcome(Status.OK, [list(triple) for triple in triples])


def parse(text: str) -> Iterator[Triple]:
    """Every `relation(subject, object)`: one a line, or several joined by "|", ";" or ",". Other lines are passed over.

    An entity may hold commas and brackets: the bracket that closes is the matching one, else the line's last one; the
    subject ends at the first comma that is not within a name ("Abilene,_Texas") or a number, else at the first one. A
    backslash protects a character.
    """
    for line in text.splitlines():
        yield from _of_line(line)


_LEAD = re.compile(r"[\s|;,.*•-]*(?:\d{1,3}[.)]\s)?\s*")
_BRACKET = re.compile(r"\\.|[()]")
_WITHIN = r",(?=_)|(?<=\d),(?=\d)"
_SEPARATOR = re.compile(rf"\\.|{_WITHIN}|(?P<comma>,)")
_COMMA = re.compile(r"\\.|(?P<comma>,)")


def _of_line(line: str) -> Iterator[Triple]:
    at = 0
    while True:
        lead = _LEAD.match(line, at)
        at = lead.end() if lead else at
        opening = line.find("(", at)
        if opening < 0:
            return
        closing = _closing(line, opening)
        rest = line[closing + 1 :].strip(" \t|;,.")
        if closing < 0 or (rest and "(" not in rest):
            closing, rest = line.rfind(")"), ""
        triple = _triple(line[at:opening], line[opening + 1 : closing]) if closing > opening else None
        if triple:
            yield triple
        if not rest:
            return
        at = closing + 1


def _closing(line: str, opening: int) -> int:
    """Where the bracket that opens at `opening` closes, -1 if nowhere."""
    depth = 0
    for bracket in _BRACKET.finditer(line, opening):
        depth += {"(": 1, ")": -1}.get(bracket[0], 0)
        if depth == 0 and bracket[0] == ")":
            return bracket.start()
    return -1


def _triple(relation: str, inside: str) -> Triple | None:
    for pattern in (_SEPARATOR, _COMMA):
        comma = next((found.start() for found in pattern.finditer(inside) if found["comma"]), None)
        if comma is not None:
            subject, target = _plain(inside[:comma]), _plain(inside[comma + 1 :])
            return Triple(subject, re.sub(r"\s+", "_", _plain(relation)), target) if relation.strip() else None
    return None


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text.strip()).strip()


def write(triples: Iterable[Triple]) -> str:
    """The lines that `parse` reads these triples from."""
    return "\n".join(
        f"{relation}({_protected(subject)}, {_protected(target)})" for subject, relation, target in triples
    )


def _protected(entity: str) -> str:
    """`entity` with what would end it too early behind a backslash (brackets only where they do not match)."""
    plain = entity.replace("\\", r"\\")
    escaped = re.sub(rf"{_WITHIN}|(,)", lambda comma: rf"\{comma[0]}" if comma[1] else comma[0], plain)
    depth = 0
    for bracket in re.findall(r"[()]", entity):
        depth += 1 if bracket == "(" else -1
        if depth < 0:
            break
    return escaped if depth == 0 else re.sub(r"([()])", r"\\\1", escaped)


def official_scores(predicted: Sequence[Triple], gold: Sequence[Triple]) -> Scores:
    """Text2KGBench's: predicted triples whose relation the sentence's gold lacks are dropped before they can count.

    Its key joins subject, relation and object without a separator, less case, white space and underscores.
    """
    relations = {triple.relation.replace(" ", "_") for triple in gold}
    kept = {"".join(_key(triple)) for triple in predicted if triple.relation in relations}
    return _scores(kept, {"".join(_key(triple)) for triple in gold})


def strict_scores(predicted: Sequence[Triple], gold: Sequence[Triple]) -> Scores:
    """Every distinct predicted triple counts, an invented relation too; the three parts are compared one by one."""
    return _scores({_key(triple) for triple in predicted}, {_key(triple) for triple in gold})


def _key(triple: Triple) -> tuple[str, str, str]:
    subject, relation, target = (re.sub(r"[_\s]+", "", part).lower() for part in triple)
    return subject, relation, target


def _scores(predicted: Collection[object], gold: Collection[object]) -> Scores:
    common = len(set(predicted) & set(gold))
    if not predicted or not gold:
        return Scores(0.0, 0.0, 0.0)
    precision, recall = common / len(predicted), common / len(gold)
    return Scores(precision, recall, 2 * precision * recall / (precision + recall) if common else 0.0)


def conformance(predicted: Sequence[Triple], ontology: Ontology) -> float:
    """The share of triples whose relation, letter by letter, is one of the ontology's; 1 when there is no triple.

    Text2KGBench's relation hallucination is what is missing to 1.
    """
    known = sum(triple.relation in ontology.relations for triple in predicted)
    return known / len(predicted) if predicted else 1.0


def grounded(entities: Sequence[str], texts: Iterable[str]) -> float:
    """The share of entities that occur in one of `texts`, less case, spaces, underscores and a made-up 1st of January.

    After Text2KGBench's subject and object hallucination, which also stems words. 1 when there is no entity.
    """
    if not entities:
        return 1.0
    sources = [_bare(text) for text in texts]
    return sum(any(_bare(entity) in source for source in sources) for entity in entities) / len(entities)


def _bare(text: str) -> str:
    return re.sub(r"[_\s]+", "", text).lower().replace("01january", "")
