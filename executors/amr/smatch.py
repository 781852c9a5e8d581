"""Smatch: the most triples that two graphs can share under a one-to-one mapping of their nodes.

The official tool looks for the mapping by hill climbing from random starts, so that its figure hangs on the seed:
a graph compared with itself may score below 1. `best_of_climbs` is that search with a fixed seed; `optimum` is exact.

Source: PyPI smatch 1.0.4 (moves, swaps, smart first start); the integer program is ours.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from executors.amr.graph import Graph, Match

# The official tool makes 5 starts, 1 of them smart, and its result differs from seed to seed; 10 smart starts with ties
# broken at random and 10 random ones reach at least what each of its seeds does.
STARTS = 20

_UNMAPPED = -1


class _Problem:
    """The gain of every node pair alone, and of every two node pairs together (when a relation joins both)."""

    def __init__(self, predicted: Graph, gold: Graph) -> None:
        self.rows, self.columns = len(predicted.concepts), len(gold.concepts)
        self.alone = np.zeros((self.rows, self.columns), dtype=np.int64)
        together: Counter[tuple[int, int, int, int]] = Counter()
        for i, j in _same(
            ((concept, i) for i, concept in enumerate(predicted.concepts)),
            ((concept, j) for j, concept in enumerate(gold.concepts)),
        ):
            self.alone[i, j] += 1
        self.same_concept = self.alone > 0
        for i, j in _same(
            (((role, constant), i) for role, i, constant in predicted.attributes),
            (((role, constant), j) for role, j, constant in gold.attributes),
        ):
            self.alone[i, j] += 1
        for (i, k), (j, m) in _same(
            ((role, (i, k)) for role, i, k in predicted.relations),
            ((role, (j, m)) for role, j, m in gold.relations),
        ):
            if i == k and j == m:
                self.alone[i, j] += 1
            elif i != k and j != m:
                together[(i, j, k, m) if i < k else (k, m, i, j)] += 1
        self.pairs = np.array(list(together), dtype=np.int64).reshape(-1, 4)
        self.gains = np.array(list(together.values()), dtype=np.int64)
        self.possible = self.alone > 0
        self.possible[self.pairs[:, 0], self.pairs[:, 1]] = True
        self.possible[self.pairs[:, 2], self.pairs[:, 3]] = True

    def value(self, mapping: NDArray[np.int64]) -> int:
        mapped = np.flatnonzero(mapping != _UNMAPPED)
        i, j, k, m = self.pairs.T
        both = (mapping[i] == j) & (mapping[k] == m)
        return int(self.alone[mapped, mapping[mapped]].sum() + self.gains[both].sum())


def _same(ours: Iterable[tuple[Any, Any]], theirs: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """Every pair of values that stand under one key on both sides."""
    by_key: dict[Any, list[Any]] = defaultdict(list)
    for key, value in theirs:
        by_key[key].append(value)
    for key, value in ours:
        for other in by_key.get(key, ()):
            yield value, other


def best_of_climbs(predicted: Graph, gold: Graph, starts: int = STARTS, seed: int = 0) -> Match:
    """The best of `starts` climbs, each to where no move or swap gains; deterministic for a seed."""
    problem = _Problem(predicted, gold)
    generator = random.Random(seed)
    best = max(_climb(problem, _start(problem, generator, smart=index % 2 == 0)) for index in range(starts))
    return Match(best, proved=False)


def _start(problem: _Problem, generator: random.Random, smart: bool) -> NDArray[np.int64]:
    """A random one-to-one mapping among the pairs that can gain; a smart one maps equal concepts first."""
    mapping = np.full(problem.rows, _UNMAPPED, dtype=np.int64)
    free = np.ones(problem.columns, dtype=bool)
    for stage in (problem.same_concept, problem.possible) if smart else (problem.possible,):
        for row in np.flatnonzero(mapping == _UNMAPPED):
            choices = np.flatnonzero(stage[row] & free)
            if choices.size:
                mapping[row] = generator.choice(choices)
                free[mapping[row]] = False
    return mapping


def _climb(problem: _Problem, mapping: NDArray[np.int64]) -> int:
    """The value of the first mapping, on the way of the steepest gain, that no move and no swap betters."""
    i, j, k, m = problem.pairs.T
    rows = np.arange(problem.rows)
    upper = np.triu_indices(problem.rows, 1)
    while True:
        # worth[r, c]: what mapping r to c would give while all other nodes stay; the last column is "unmapped".
        worth = np.zeros((problem.rows, problem.columns + 1), dtype=np.int64)
        worth[:, :-1] = problem.alone
        first, second = mapping[i] == j, mapping[k] == m
        np.add.at(worth, (i[second], j[second]), problem.gains[second])
        np.add.at(worth, (k[first], m[first]), problem.gains[first])
        now = worth[rows, mapping]

        moves = np.where(problem.possible, worth[:, :-1] - now[:, None], 0)
        moves[:, mapping[mapping != _UNMAPPED]] = 0
        swaps = worth[:, mapping] - now[:, None]
        swaps = swaps + swaps.T
        # A relation between the two swapped nodes: held before it was counted twice as lost, and it may hold after.
        both = first & second
        np.add.at(swaps, (i[both], k[both]), problem.gains[both])
        crossed = (mapping[i] == m) & (mapping[k] == j)
        np.add.at(swaps, (i[crossed], k[crossed]), problem.gains[crossed])

        move = int(moves.argmax()) if moves.size else 0
        best_move = int(moves.flat[move]) if moves.size else 0
        swap = int(swaps[upper].argmax()) if upper[0].size else 0
        best_swap = int(swaps[upper][swap]) if upper[0].size else 0
        if max(best_move, best_swap) <= 0:
            return problem.value(mapping)
        if best_swap > best_move:
            one, other = upper[0][swap], upper[1][swap]
            mapping[[one, other]] = mapping[[other, one]]
        else:
            row, column = divmod(move, problem.columns)
            mapping[row] = column


def optimum(predicted: Graph, gold: Graph, seconds: float = 5.0) -> Match:
    """The most triples any mapping matches, by an integer program (HiGHS); what was found in `seconds` if unproved."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]  # half a second to load

    problem = _Problem(predicted, gold)
    choices = np.argwhere(problem.possible)
    if not len(choices):
        return Match(0, proved=True)
    gains = np.concatenate([problem.alone[choices[:, 0], choices[:, 1]], problem.gains])
    matrix, limits = _constraints(choices.tolist(), problem.pairs.tolist())
    result = milp(
        -gains,
        # Where all choices are whole, so are the gains: their constraints leave them nothing between.
        integrality=np.arange(len(gains)) < len(choices),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, ub=limits),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    if result.status == 0:
        return Match(round(-result.fun), proved=True)
    found = 0 if result.x is None else round(-result.fun)
    return Match(max(found, best_of_climbs(predicted, gold).matches), proved=False)


def _constraints(choices: list[list[int]], pairs: list[list[int]]) -> tuple[Any, list[int]]:
    """The rows of `matrix @ [x, y] <= limits`, for the choices x[i, j] (node i to j) and the gains y[i, j, k, m].

    Each node is mapped once and mapped to once. For a choice (i, j) and another node k at most one y holds, and only
    if x[i, j] does: tight enough that most programs need no branching.
    """
    from scipy.sparse import csr_array  # type: ignore[import-untyped]

    column = {(i, j): number for number, (i, j) in enumerate(choices)}
    rows: dict[tuple[object, ...], list[tuple[int, int]]] = defaultdict(list)
    for (i, j), x in column.items():
        rows["from", i].append((x, 1))
        rows["to", j].append((x, 1))
    for y, (i, j, k, m) in enumerate(pairs, len(column)):
        rows["pair", i, j, k].append((y, 1))
        rows["pair", k, m, i].append((y, 1))
    limits = [1 if kind in ("from", "to") else 0 for kind, *_ in rows]
    for (kind, *key), cells in rows.items():
        if kind == "pair":
            cells.append((column[key[0], key[1]], -1))  # type: ignore[index]
    entries = [(row, at, value) for row, cells in enumerate(rows.values()) for at, value in cells]
    at_row, at_column, values = zip(*entries, strict=True)
    return csr_array((values, (at_row, at_column)), shape=(len(rows), len(column) + len(pairs))), limits
