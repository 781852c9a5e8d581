"""What the best of several checkpoints is worth: how optimistic its figure is, and an honest one in its place."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from harness.statistics import Array, Clusters, clustered, resampled
from tasks.metrics import Estimate, Metric, Statistics, mean_of_groups

# A step is a rival of the best one while their difference is no more than so many of its standard errors.
_RIVAL = 1.96


@dataclass(frozen=True, slots=True)
class Choice:
    """The best of the checkpoints `steps` by their values on the same samples (the earliest of equal ones).

    `rivals` are the steps that cannot be told from it, itself included; `optimism` is by how much, about, its value is
    too high for having been chosen among them on these samples. `chosen` is the best step on one half of the samples,
    `honest` its figure on the other half (None where that is not defined).
    """

    steps: tuple[int, ...]
    best: int
    rivals: int
    optimism: float
    chosen: int
    honest: Estimate | None


@dataclass(frozen=True, slots=True)
class Paired:
    """A metric's statistics of the same `samples`, which fall into `groups`, by step."""

    metric: Metric
    rows: Mapping[int, Sequence[Statistics]]
    samples: Sequence[str]
    groups: Sequence[str]

    def clusters(self, step: int) -> Clusters:
        return clustered(self.metric, self.rows[step], self.groups)

    def estimate(self, step: int, places: Sequence[int]) -> Estimate:
        """The metric at a step on the samples at `places`."""
        rows = self.rows[step]
        return self.metric.aggregate([rows[place] for place in places], [self.groups[place] for place in places])


def choose(tasks: Sequence[Paired], seed: int = 0) -> Choice | None:
    """The best step by the mean of the tasks, whose steps are the same; None where a step has no value."""
    steps = tuple(sorted(tasks[0].rows))
    estimates = [mean_of([task.estimate(step, range(len(task.samples))) for task in tasks]) for step in steps]
    observed = np.array([estimate.value for estimate in estimates if estimate is not None])
    if len(steps) < 2 or len(observed) < len(steps):
        return None
    best = int(np.argmax(observed))
    drawn = [
        resampled([task.clusters(step) for step in steps], seed=seed + number) for number, task in enumerate(tasks)
    ]
    values = np.mean(drawn, axis=0)
    values = values[~np.isnan(values).any(axis=1)]  # a ratio may have no denominator in a resampling
    rivals = _rivals(observed, values, best)
    chosen, honest = _by_halves(tasks, steps, seed)
    return Choice(steps, steps[best], len(rivals), optimism(values[:, rivals]), chosen, honest)


def mean_of(estimates: Sequence[Estimate]) -> Estimate | None:
    """The mean of independent estimates, every one alike; None where one is not defined."""
    if not all(estimate.n for estimate in estimates):
        return None
    errors = [estimate.stderr for estimate in estimates if estimate.stderr is not None]
    stderr = math.hypot(*errors) / len(estimates) if len(errors) == len(estimates) else None
    return Estimate(fmean(estimate.value for estimate in estimates), stderr, sum(estimate.n for estimate in estimates))


def optimism(values: Array) -> float:
    """The expected maximum of the errors of equally good runs, from joint resamplings of theirs, shape (draws, runs).

    By the central limit theorem the errors are about normal; that they are correlated, as all runs answer the same
    samples, is in the resamplings: what all runs share cancels, so that only paired differences count. Of two runs it
    is the standard error of their difference over sqrt(2 pi); of k independent ones 0.56, 0.85, 1.03 ... (k = 2, 3,
    4) of their standard error.
    """
    apart = values - values[:, :1]
    return float((apart - apart.mean(axis=0)).max(axis=1).mean())


def _rivals(observed: Array, values: Array, best: int) -> list[int]:
    """The places of the best run and of those that it is not clearly better than: the others could not have won by
    luck, and do not make its figure more optimistic."""
    errors = (values[:, [best]] - values).std(axis=0)
    return [place for place, error in enumerate(errors) if observed[best] - observed[place] <= _RIVAL * error]


def _by_halves(tasks: Sequence[Paired], steps: Sequence[int], seed: int) -> tuple[int, Estimate | None]:
    """The step that is best on the first half of every task's samples, and its figure on the second."""
    halves = [_halves(task, seed) for task in tasks]

    def on(half: int, step: int) -> Estimate | None:
        if not all(places[half] for places in halves):
            return None
        return mean_of([task.estimate(step, places[half]) for task, places in zip(tasks, halves)])

    def value(step: int) -> float:
        found = on(0, step)
        return -1.0 if found is None else found.value

    chosen = max(steps, key=lambda step: (value(step), -step))
    return chosen, on(1, chosen)


def _halves(task: Paired, seed: int) -> tuple[list[int], list[int]]:
    """The places of a task's samples, in two halves."""
    units = _units(task)
    first = first_half(units, seed)
    places = range(len(units))
    return [place for place in places if units[place] in first], [
        place for place in places if units[place] not in first
    ]


def _units(task: Paired) -> list[str]:
    """What must not be torn apart: a group's samples depend on each other. Groups that a macro average is over are in
    both halves."""
    if task.metric.aggregate is mean_of_groups:
        return [f"sample {sample}" for sample in task.samples]
    named = zip(task.samples, task.groups, strict=True)
    return [f"group {group}" if group else f"sample {sample}" for sample, group in named]


def first_half(units: Sequence[str], seed: int) -> frozenset[str]:
    """Half of them, by the hash of their names: the same whatever their order."""
    order = sorted(
        set(units), key=lambda unit: hashlib.sha256(f"{seed}\0{unit}".encode(errors="surrogatepass")).digest()
    )
    return frozenset(order[: (len(order) + 1) // 2])
