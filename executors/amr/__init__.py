"""Abstract Meaning Representation: graphs as models write them, and how well two of them match (Smatch).

Source: Cai & Knight 2013 (Smatch), as PyPI `smatch` 1.0.4 computes it; Opitz 2023 for the exact optimum.
"""

from __future__ import annotations

from executors.amr.graph import Graph, MalformedError, Match, execute, is_well_formed, read, without_alignments

__all__ = [
    "Graph",
    "MalformedError",
    "Match",
    "best_of_climbs",
    "execute",
    "is_well_formed",
    "optimum",
    "read",
    "without_alignments",
]


def best_of_climbs(predicted: Graph, gold: Graph) -> Match:
    """The best of some climbs, each to where no move or swap gains; deterministic."""
    # Imported late, as below: reading the registry must not cost what only the search needs (numpy).
    from executors.amr import smatch

    return smatch.best_of_climbs(predicted, gold)


def optimum(predicted: Graph, gold: Graph, seconds: float = 5.0) -> Match:
    """The most triples any mapping matches, by an integer program (HiGHS); what was found in `seconds` if unproved."""
    from executors.amr import smatch

    return smatch.optimum(predicted, gold, seconds)
