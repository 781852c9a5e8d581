"""Abstract Meaning Representation: graphs as models write them, and how well two of them match (Smatch).

Source: Cai & Knight 2013 (Smatch), as PyPI `smatch` 1.0.4 computes it; Opitz 2023 for the exact optimum.
"""

from executors.amr.graph import Graph, MalformedError, execute, is_well_formed, read, without_alignments
from executors.amr.smatch import Match, best_of_climbs, optimum

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
