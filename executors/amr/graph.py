"""Reading AMR: the triples that the official tool scores, and whether a text is a graph by the PENMAN notation.

Two readers, because they answer two questions. `read` is the official tool's own lax one: it ignores what follows the
last bracket, forgives a missing one and refuses a variable declared twice; the published figures rest on it.
`is_well_formed` asks PENMAN's grammar.
"""

from __future__ import annotations

import io
import logging
import re
from dataclasses import dataclass

import amr as official  # type: ignore[import-untyped]
import penman  # type: ignore[import-untyped]
from penman.exceptions import PenmanError  # type: ignore[import-untyped]

from executors.outcome import Outcome, Status, one_line

# Far above annotated graphs: of 650 the longest has 1,584 characters, the largest 61 nodes, the deepest 13 levels.
MAX_CHARACTERS = 50_000
MAX_NODES = 300
MAX_DEPTH = 150  # PENMAN's parser recurses

logging.getLogger("penman").setLevel(logging.CRITICAL)
# The official reader reports malformed graphs to a stream of its own; ours are reported in the Outcome.
official.ERROR_LOG = io.StringIO()


class MalformedError(ValueError):
    """The text is no graph to the official reader, or larger than any answer; the message says which."""


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph as the official tool scores it, names normalised (lower case, closing "_" off), nodes by number.

    `concepts` by node; `attributes` are (role, node, constant), `relations` (role, node, node), inverse roles turned.
    """

    concepts: tuple[str, ...]
    attributes: tuple[tuple[str, int, str], ...]
    relations: tuple[tuple[str, int, int], ...]

    @property
    def size(self) -> int:
        """The number of triples; the root's mark counts as one."""
        return len(self.concepts) + len(self.attributes) + len(self.relations)


def read(text: str) -> Graph:
    """The first graph of `text` as the official tool reads it from a file. Raises MalformedError.

    Lines that begin with "#" are dropped; a blank line after the first content ends the graph. `~e.N` alignments stay
    (see `without_alignments`).
    """
    if len(text) > MAX_CHARACTERS:
        raise MalformedError(f"{len(text)} characters where no graph has more than a few thousand")
    line = official.AMR.get_amr_line(io.StringIO(text, newline=None))
    if not line:
        raise MalformedError("no graph")
    try:
        parsed = official.AMR.parse_AMR_line(line)
    except (IndexError, KeyError) as error:
        raise MalformedError(f"no graph: {one_line(line, 60)!r}") from error
    finally:
        _forget_reports()
    if parsed is None:
        raise MalformedError(f"the official reader refuses it: {one_line(line, 60)!r}")
    if len(parsed.nodes) > MAX_NODES:
        raise MalformedError(f"{len(parsed.nodes)} nodes where no graph has more than a few hundred")
    number = {name: index for index, name in enumerate(parsed.nodes)}
    instances, attributes, relations = parsed.get_triples()
    return Graph(
        tuple(_normal(concept) for _, _, concept in instances),
        tuple((_normal(role), number[node], _normal(constant)) for role, node, constant in attributes),
        tuple((_normal(role), number[node], number[other]) for role, node, other in relations),
    )


def _normal(name: str) -> str:
    return name.lower().rstrip("_")


def _forget_reports() -> None:
    official.ERROR_LOG.seek(0)
    official.ERROR_LOG.truncate()


def execute(text: str) -> Outcome:
    """A graph's triples. Value: a list of [role, source concept or node, target], `invalid` when there is no graph."""
    try:
        graph = read(text)
    except MalformedError as error:
        return Outcome.failed(Status.INVALID, error)
    triples = [
        *(["instance", f"n{node}", concept] for node, concept in enumerate(graph.concepts)),
        *([role, f"n{node}", constant] for role, node, constant in graph.attributes),
        *([role, f"n{node}", f"n{other}"] for role, node, other in graph.relations),
    ]
    return Outcome(Status.OK, triples)


def is_well_formed(text: str) -> bool:
    """Whether `text` is one PENMAN graph in which every node has one concept and no variable is declared twice."""
    if len(text) > MAX_CHARACTERS or _depth(text) > MAX_DEPTH:
        return False
    try:
        graphs = list(penman.iterdecode(text))
    except (PenmanError, ValueError):
        return False
    if len(graphs) != 1:
        return False
    instances = graphs[0].instances()
    declared = {triple.source for triple in instances}
    return bool(instances) and len(declared) == len(instances) and all(triple.target for triple in instances)


def _depth(text: str) -> int:
    """An upper bound of how deep brackets nest (those inside quotes are counted too)."""
    deepest = depth = 0
    for bracket in re.finditer(r"[()]", text):
        depth += 1 if bracket[0] == "(" else -1
        deepest = max(deepest, depth)
    return deepest


def without_alignments(text: str) -> str:
    """`text` without the `~e.3,4` marks that tie nodes and roles to tokens: to the official tool they are names."""
    return re.sub(r"~e\.\d+(?:,\d+)*", "", text)


@dataclass(frozen=True, slots=True)
class Match:
    """How many triples match, and whether that is proved to be the most possible."""

    matches: int
    proved: bool
