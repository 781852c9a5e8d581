"""Metrics: per-sample statistics and how they aggregate to the number that is printed, with its standard error.

A metric never averages on its own: corpus BLEU, micro Smatch or an interaction's accuracy are not means of per-sample
scores. So each sample yields *statistics* (named numbers, kept in its record), and `aggregate` turns those of many
samples into an `Estimate`. Statistics of saved records can be aggregated again at any time without a model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from executors.outcome import Outcome

if TYPE_CHECKING:
    from tasks.task import Sample

Statistics: TypeAlias = Mapping[str, float]

_NORMAL_95 = 1.959963984540054


class Origin(StrEnum):
    """Whose metric it is."""

    PAPER = "paper"  # the metric of the paper's table
    OFFICIAL = "official"  # of the data set's own scorer
    OURS = "ours"


class Standing(StrEnum):
    """What its definition rests on: seen in a source, computed from seen facts, or nothing could be found."""

    FOUND = "found"
    DERIVED = "derived"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number in [0, 1] over `n` samples, and its standard error (None where there is no telling, as for n < 2)."""

    value: float
    stderr: float | None
    n: int

    @property
    def margin(self) -> float | None:
        """Half of its 95 % interval (normal)."""
        return None if self.stderr is None else _NORMAL_95 * self.stderr


Measure: TypeAlias = "Callable[[Sample, str | None, Outcome], Statistics]"
Aggregate: TypeAlias = Callable[[Sequence[Statistics], Sequence[str]], Estimate]


class Pooling(StrEnum):
    """How an aggregate's value follows from parts of the samples: what a bootstrap needs to know of it."""

    SUMS = "sums"  # the value of many samples is that of one with the sums of their statistics
    GROUPS = "groups"  # it is the mean of the groups' values


_POOLING: dict[Aggregate, Pooling] = {}


def pooled(how: Pooling) -> Callable[[Aggregate], Aggregate]:
    """Declares an aggregate's pooling. Those of this module other than `all_of_group`, and BLEU, need none."""

    def declare(aggregate: Aggregate) -> Aggregate:
        _POOLING[aggregate] = how
        return aggregate

    return declare


def pooling(aggregate: Aggregate) -> Pooling | None:
    """What was declared of it."""
    return _POOLING.get(aggregate)


def mean(statistics: Sequence[Statistics], groups: Sequence[str]) -> Estimate:
    """The mean of `score`; the standard error is clustered by group (an empty group stands alone).

    Source: Miller 2024 (arXiv 2411.00640), section 2.2, with the small-sample factor G/(G-1).
    """
    return ratio([{"numerator": row["score"], "denominator": 1.0} for row in statistics], groups)


def ratio(statistics: Sequence[Statistics], groups: Sequence[str]) -> Estimate:
    """Sum of `numerator` over sum of `denominator` (micro average); linearised standard error, clustered by group.

    Where no sample has a denominator there is no ratio: 0 of `n` = 0 samples.
    """
    n = len(statistics)
    weight = math.fsum(row["denominator"] for row in statistics)
    if not weight:
        return Estimate(0.0, None, 0)
    value = math.fsum(row["numerator"] for row in statistics) / weight
    residuals: dict[str, list[float]] = {}
    for index, (row, group) in enumerate(zip(statistics, groups, strict=True)):
        residual = row["numerator"] - value * row["denominator"]
        residuals.setdefault(group or f"\0{index}", []).append(residual)
    clusters = len(residuals)
    if clusters < 2:
        return Estimate(value, None, n)
    spread = math.fsum(math.fsum(cluster) ** 2 for cluster in residuals.values())
    return Estimate(value, math.sqrt(spread * clusters / (clusters - 1)) / weight, n)


def full_weight(statistics: Statistics) -> bool:
    """Whether a sample has all that a `ratio` can give it; one that weighs nothing lacks nothing."""
    return abs(statistics["numerator"] - statistics["denominator"]) < 1e-9


def mean_of_groups(statistics: Sequence[Statistics], groups: Sequence[str]) -> Estimate:
    """The mean over groups of each group's mean `score` (macro average); the groups are strata, all of them asked.

    No standard error when a group has one sample only.
    """
    strata: dict[str, list[float]] = {}
    for row, group in zip(statistics, groups, strict=True):
        strata.setdefault(group, []).append(row["score"])
    if not strata:
        return Estimate(0.0, None, 0)
    means = {group: math.fsum(scores) / len(scores) for group, scores in strata.items()}
    value = math.fsum(means.values()) / len(strata)
    if min(map(len, strata.values())) < 2:
        return Estimate(value, None, len(statistics))
    variances = (
        math.fsum((score - means[group]) ** 2 for score in scores) / (len(scores) - 1) / len(scores)
        for group, scores in strata.items()
    )
    return Estimate(value, math.sqrt(math.fsum(variances)) / len(strata), len(statistics))


@pooled(Pooling.GROUPS)
def all_of_group(statistics: Sequence[Statistics], groups: Sequence[str]) -> Estimate:
    """Share of groups whose every `score` is 1 (interaction accuracy); `n` counts groups."""
    worst: dict[str, float] = {}
    for row, group in zip(statistics, groups, strict=True):
        worst[group] = min(worst.get(group, 1.0), row["score"])
    return mean([{"score": float(score == 1.0)} for score in worst.values()], [""] * len(worst))


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of a task.

    `measure` gives a sample's statistics, `source` says where the definition comes from, `graded` that wrong answers
    may have a share of the score. `perfect` tells from a sample's statistics that its answer is as good as gold; only
    a score of whole corpora needs it, as a single sample's may be less than 1 by its definition.
    """

    name: str
    measure: Measure
    aggregate: Aggregate = mean
    origin: Origin = Origin.OURS
    standing: Standing = Standing.FOUND
    source: str = ""
    graded: bool = False
    perfect: Callable[[Statistics], bool] | None = None

    def is_perfect(self, statistics: Statistics) -> bool:
        """Whether this sample has its full score."""
        if self.perfect is not None:
            return self.perfect(statistics)
        return self.aggregate([statistics], [""]).value > 1 - 1e-9


def exact_match(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when program and target are the same sequence of white-space separated tokens."""
    return {"score": float(program is not None and program.split() == sample.target.split())}
