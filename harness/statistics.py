"""Paired comparison of two runs on the same samples: how large a difference is, and whether chance explains it.

Every metric's value is a function of sums over samples (a mean of scores and ones, corpus BLEU of n-gram counts), so
that any resampling of the samples is one matrix product and no text is needed. What is resampled are *clusters*: the
samples of one group are not independent of each other and are drawn, or swapped, together.

Sources: Efron and Tibshirani 1993 (percentile bootstrap), Koehn 2004 (paired, of corpus scores), McNemar 1947 in its
exact form, Phipson and Smyth 2010 (permutation p-values are never 0), Holm 1979, Miller 2024 (arXiv 2411.00640:
clusters).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tasks import bleu
from tasks.bleu.score import as_rows, bleu_of, is_mean_of_sentences
from tasks.metrics import Metric, Pooling, Statistics, mean, mean_of_groups, pooling, ratio

Array: TypeAlias = npt.NDArray[np.float64]

DRAWS = 1000
# Holm multiplies the least p-value by the number of tasks: 1,000 swaps could not make one of 60 tasks significant.
SWAPS = 10_000
LEVEL = 0.05

# Up to this many clusters that differ, all swaps there are are tried.
_ALL_SWAPS = 12
# Numbers of one matrix of resamplings: 32 MB.
_BLOCK = 4_000_000
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs on the same `n` samples, which fall into `clusters`.

    `ours` and `theirs` are values in [0, 1], `low` and `high` the bounds of the 95 % bootstrap interval of their
    difference, `p` the two-sided p-value of `test`.
    """

    n: int
    clusters: int
    ours: float
    theirs: float
    low: float
    high: float
    p: float
    test: Literal["McNemar", "permutation"]

    @property
    def difference(self) -> float:
        return self.ours - self.theirs


@dataclass(frozen=True, slots=True)
class Pair:
    """One task's part in the comparison of two averages: both values, and their differences on samples `drawn` with
    replacement, shape (draws,), and with answers `swapped` between the runs, shape (swaps,)."""

    n: int
    clusters: int
    ours: float
    theirs: float
    drawn: Array
    swapped: Array


@dataclass(frozen=True, slots=True)
class Clusters:
    """One run's samples as what is resampled.

    `sums` (clusters, columns) add up to what `value` turns into the metric: sums (..., columns) to values (...), nan
    where there is none. Clusters are drawn within their `stratum` (clusters,).
    """

    sums: Array
    value: Callable[[Array], Array]
    stratum: npt.NDArray[np.intp]


def compare(
    metric: Metric,
    ours: Sequence[Statistics],
    theirs: Sequence[Statistics],
    groups: Sequence[str],
    *,
    draws: int = DRAWS,
    swaps: int = SWAPS,
    seed: int = 0,
) -> Comparison | None:
    """The comparison of two runs' statistics of the same samples in the same order; the same for the same arguments.

    All-or-nothing scores of independent samples are tested exactly (McNemar), all else by swapping the two runs'
    answers cluster by cluster. None where one of the values does not exist (a ratio without a denominator).
    """
    if not len(ours) == len(theirs) == len(groups):
        raise ValueError(f"not paired: {len(ours)} and {len(theirs)} samples in {len(groups)} groups")
    a, b = clustered(metric, ours, groups), clustered(metric, theirs, groups)
    value_a, value_b = float(a.value(a.sums.sum(axis=0))), float(b.value(b.sums.sum(axis=0)))
    if math.isnan(value_a) or math.isnan(value_b):
        return None
    differences = bootstrap(a, b, draws, seed)
    low, high = np.nanquantile(differences, [LEVEL / 2, 1 - LEVEL / 2])
    flips = _flips(a, b)
    p = permutation(a, b, swaps, seed) if flips is None else mcnemar(*flips)
    test: Literal["McNemar", "permutation"] = "permutation" if flips is None else "McNemar"
    return Comparison(len(ours), len(a.sums), value_a, value_b, float(low), float(high), p, test)


def pair(a: Clusters, b: Clusters, n: int, *, draws: int = DRAWS, swaps: int = SWAPS, seed: int = 0) -> Pair:
    """Two runs' clusters of the same `n` samples, resampled and swapped."""
    ours, theirs = (float(side.value(side.sums.sum(axis=0))) for side in (a, b))
    return Pair(n, len(a.sums), ours, theirs, bootstrap(a, b, draws, seed), _swapped(a, b, swaps, seed))


def average(pairs: Sequence[Pair]) -> Comparison:
    """Two runs' averages of several values: every task counts alike, however many its samples.

    Each task is resampled, and its answers are swapped, for itself; so give each a seed of its own. Raises ValueError
    without a pair.
    """
    if not pairs:
        raise ValueError("an average of nothing")
    ours, theirs = (math.fsum(values) / len(pairs) for values in zip(*((one.ours, one.theirs) for one in pairs)))
    low, high = np.nanquantile(np.mean([one.drawn for one in pairs], axis=0), [LEVEL / 2, 1 - LEVEL / 2])
    swapped = np.mean([one.swapped for one in pairs], axis=0)
    p = (_as_extreme(swapped, abs(ours - theirs)) + 1) / (len(swapped) + 1)
    n, clusters = sum(one.n for one in pairs), sum(one.clusters for one in pairs)
    return Comparison(n, clusters, ours, theirs, float(low), float(high), p, "permutation")


def clustered(metric: Metric, statistics: Sequence[Statistics], groups: Sequence[str]) -> Clusters:
    """Samples' statistics as clusters. Raises ValueError for an aggregate of which nothing is known."""
    aggregate = metric.aggregate
    if aggregate is mean:
        return _summed([[row["score"], 1.0] for row in statistics], groups, _ratio)
    if aggregate is ratio:
        return _summed([[row["numerator"], row["denominator"]] for row in statistics], groups, _ratio)
    if aggregate is mean_of_groups:
        return _stratified([row["score"] for row in statistics], groups)
    if isinstance(aggregate, functools.partial) and aggregate.func is bleu.aggregate:
        return _bleu(aggregate.args[0], statistics, groups)
    match pooling(aggregate):
        case Pooling.SUMS:
            columns = sorted(statistics[0]) if statistics else []
            one = functools.partial(_value_of_sums, metric, columns)
            return _summed([[row[column] for column in columns] for row in statistics], groups, one)
        case Pooling.GROUPS:
            return _by_group(metric, statistics, groups)
    raise ValueError(f"{metric.name}: say with @pooled in tasks.metrics how its samples add up")


def bootstrap(a: Clusters, b: Clusters, draws: int = DRAWS, seed: int = 0) -> Array:
    """Differences (a less b) of `draws` samples drawn from the clusters with replacement, shape (draws,)."""
    values = resampled([a, b], draws, seed)
    return np.asarray(values[:, 0] - values[:, 1])


def resampled(runs: Sequence[Clusters], draws: int = DRAWS, seed: int = 0) -> Array:
    """Values of all runs on `draws` samples drawn from their clusters with replacement, shape (draws, runs)."""
    random = np.random.default_rng(seed)
    stratum = runs[0].stratum
    order = np.argsort(stratum, kind="stable")
    sizes = np.bincount(stratum)
    size = np.repeat(sizes, sizes)
    start = np.repeat(np.cumsum(sizes) - sizes, sizes)
    ordered = [run.sums[order] for run in runs]
    n = len(order)
    found = []
    for rows in _blocks(draws, n):
        chosen = start + (random.random((rows, n)) * size).astype(np.intp) + n * np.arange(rows)[:, np.newaxis]
        weights = np.bincount(chosen.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)
        found.append(np.stack([run.value(weights @ sums) for run, sums in zip(runs, ordered)], axis=1))
    return np.concatenate(found)


def permutation(a: Clusters, b: Clusters, swaps: int = SWAPS, seed: int = 0) -> float:
    """Two-sided p-value of the difference when a cluster's answers of the two runs are as likely the other's.

    With few clusters that differ it is exact, else of `swaps` random swaps, among which the observed one counts.
    """
    observed = abs(float(a.value(a.sums.sum(axis=0)) - b.value(b.sums.sum(axis=0))))
    change = _change(a, b)
    if len(change) <= _ALL_SWAPS:
        return _as_extreme(_differences(a, b, change, _every_swap(len(change))), observed) / (1 << len(change))
    return (_as_extreme(_swapped(a, b, swaps, seed), observed) + 1) / (swaps + 1)


def _change(a: Clusters, b: Clusters) -> Array:
    """What swapping each cluster adds to `a`; of those alone that differ."""
    return np.asarray((b.sums - a.sums)[(a.sums != b.sums).any(axis=1)])


def _swapped(a: Clusters, b: Clusters, swaps: int, seed: int) -> Array:
    """Differences (a less b) after random swaps, shape (swaps,)."""
    change = _change(a, b)
    return _differences(a, b, change, _random_swaps(len(change), swaps, seed))


def _differences(a: Clusters, b: Clusters, change: Array, swaps: Iterable[Array]) -> Array:
    total_a, total_b = a.sums.sum(axis=0), b.sums.sum(axis=0)
    moved = (rows @ change for rows in swaps)
    return np.concatenate([np.asarray(a.value(total_a + one) - b.value(total_b - one)) for one in moved])


def _as_extreme(differences: Array, observed: float) -> int:
    return int(np.count_nonzero(~(np.abs(differences) < observed - _ROUNDING)))


def mcnemar(gained: int, lost: int) -> float:
    """Two-sided exact p-value of so many samples that only the one and only the other run has right."""
    n = gained + lost
    term = tail = 1
    for k in range(1, min(gained, lost) + 1):
        term = term * (n - k + 1) // k
        tail += term
    return min(1.0, 2 * tail / (1 << n))


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected for there being several, in their order: their family-wise error rate is kept."""
    adjusted = [0.0] * len(p_values)
    least = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = least
    return adjusted


def _ratio(sums: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan)


def _value_of_sums(metric: Metric, columns: Sequence[str], sums: Array) -> Array:
    """Values (...) of sums (..., columns), each as the metric of one sample with those statistics."""
    flat = sums.reshape(-1, len(columns))
    estimates = [metric.aggregate([dict(zip(columns, map(float, row)))], [""]) for row in flat]
    return np.array([e.value if e.n else np.nan for e in estimates]).reshape(sums.shape[:-1])


def _summed(rows: Sequence[Sequence[float]], groups: Sequence[str], value: Callable[[Array], Array]) -> Clusters:
    """Clusters are the groups; an empty group's sample is one of its own."""
    numbers: dict[str, int] = {}
    cluster = [numbers.setdefault(group or f"\0{index}", len(numbers)) for index, group in enumerate(groups)]
    table = np.array(rows, dtype=np.float64)
    sums = np.zeros((len(numbers), table.shape[1]))
    np.add.at(sums, cluster, table)
    return Clusters(sums, value, np.zeros(len(numbers), dtype=np.intp))


def _stratified(scores: Sequence[float], groups: Sequence[str]) -> Clusters:
    """Macro average: every group is asked, so that samples are drawn within their group and not the groups."""
    names, stratum, sizes = np.unique(np.array(groups), return_inverse=True, return_counts=True)
    shares = np.array(scores) / (sizes[stratum] * len(names))
    return Clusters(shares[:, np.newaxis], lambda sums: sums[..., 0], stratum)


def _bleu(variant: bleu.Variant, statistics: Sequence[Statistics], groups: Sequence[str]) -> Clusters:
    rows = as_rows(statistics)
    if is_mean_of_sentences(variant):
        return _summed([[float(score), 1.0] for score in bleu_of(variant, rows)], groups, _ratio)
    return _summed(rows.tolist(), groups, functools.partial(bleu_of, variant))


def _by_group(metric: Metric, statistics: Sequence[Statistics], groups: Sequence[str]) -> Clusters:
    """The mean of groups' values: the groups are the samples."""
    members: dict[str, list[Statistics]] = {}
    for row, group in zip(statistics, groups, strict=True):
        members.setdefault(group, []).append(row)
    values = [metric.aggregate(rows, [group] * len(rows)).value for group, rows in members.items()]
    return _summed([[value, 1.0] for value in values], [""] * len(values), _ratio)


def _flips(a: Clusters, b: Clusters) -> tuple[int, int] | None:
    """How many samples only a, and only b, has right; None unless each is one sample, right or wrong."""
    if a.value is not _ratio or (a.sums[:, 1] != b.sums[:, 1]).any() or a.sums[:, 1].max() > 1:
        return None
    scores_a, scores_b = a.sums[:, 0], b.sums[:, 0]
    counted = np.stack([scores_a, scores_b, a.sums[:, 1]])
    if not np.isin(counted, (0.0, 1.0)).all():
        return None
    return int((scores_a > scores_b).sum()), int((scores_b > scores_a).sum())


def _blocks(total: int, columns: int) -> Iterator[int]:
    """`total` rows of `columns` numbers in parts that fit into memory."""
    rows = max(1, _BLOCK // max(columns, 1))
    for start in range(0, total, rows):
        yield min(rows, total - start)


def _every_swap(clusters: int) -> Iterator[Array]:
    bits = np.arange(2**clusters)[:, np.newaxis] >> np.arange(clusters)
    yield (bits & 1).astype(np.float64)


def _random_swaps(clusters: int, swaps: int, seed: int) -> Iterator[Array]:
    random = np.random.default_rng(seed)
    width = -(-clusters // 8)
    for rows in _blocks(swaps, clusters):
        drawn = np.frombuffer(random.bytes(rows * width), dtype=np.uint8)
        bits = np.unpackbits(drawn.reshape(rows, width), axis=1)
        yield bits[:, :clusters].astype(np.float64)
