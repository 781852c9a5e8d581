"""What the best of several checkpoints is worth: how optimistic its figure is, and an honest one in its place."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.statistics import Array, clustered, resampled
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


def choose(
    metric: Metric,
    rows: Mapping[int, Sequence[Statistics]],
    samples: Sequence[str],
    groups: Sequence[str],
    seed: int = 0,
) -> Choice | None:
    """The best of the steps whose statistics of the same `samples` are given; None where a step has no value."""
    steps = tuple(sorted(rows))
    estimates = [metric.aggregate(rows[step], groups) for step in steps]
    if len(steps) < 2 or not all(estimate.n for estimate in estimates):
        return None
    best = int(np.argmax([estimate.value for estimate in estimates]))
    values = resampled([clustered(metric, rows[step], groups) for step in steps], seed=seed)
    values = values[~np.isnan(values).any(axis=1)]  # a ratio may have no denominator in a resampling
    rivals = _rivals(np.array([estimate.value for estimate in estimates]), values, best)
    chosen, honest = _by_halves(metric, [rows[step] for step in steps], samples, groups, seed)
    return Choice(steps, steps[best], len(rivals), optimism(values[:, rivals]), steps[chosen], honest)


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


def _by_halves(
    metric: Metric, rows: Sequence[Sequence[Statistics]], samples: Sequence[str], groups: Sequence[str], seed: int
) -> tuple[int, Estimate | None]:
    """The place of the run that is best on the first half, and its figure on the second."""
    first = first_half(_units(metric, samples, groups), seed)
    halves: list[list[int]] = [[], []]
    for place, unit in enumerate(_units(metric, samples, groups)):
        halves[unit not in first].append(place)

    def on(half: Sequence[int], run: int) -> Estimate:
        return metric.aggregate([rows[run][place] for place in half], [groups[place] for place in half])

    found = [on(halves[0], run) for run in range(len(rows))]
    chosen = max(range(len(rows)), key=lambda run: (found[run].value if found[run].n else -1.0, -run))
    honest = on(halves[1], chosen) if halves[1] else Estimate(0.0, None, 0)
    return chosen, honest if honest.n else None


def _units(metric: Metric, samples: Sequence[str], groups: Sequence[str]) -> list[str]:
    """What must not be torn apart: a group's samples depend on each other. Groups that a macro average is over are in
    both halves."""
    if metric.aggregate is mean_of_groups:
        return [f"sample {sample}" for sample in samples]
    return [f"group {group}" if group else f"sample {sample}" for sample, group in zip(samples, groups, strict=True)]


def first_half(units: Sequence[str], seed: int) -> frozenset[str]:
    """Half of them, by the hash of their names: the same whatever their order."""
    order = sorted(
        set(units), key=lambda unit: hashlib.sha256(f"{seed}\0{unit}".encode(errors="surrogatepass")).digest()
    )
    return frozenset(order[: (len(order) + 1) // 2])
