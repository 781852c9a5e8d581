"""Paired comparison: agrees with scipy case by case, keeps its error rate, and knows every metric there is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from harness.statistics import average, bootstrap, clustered, compare, holm, mcnemar, pair, permutation
from tasks.bleu import Variant, bleu_metric
from tasks.bleu.counting import counts
from tasks.metrics import Metric, Statistics, all_of_group, exact_match, mean, mean_of_groups, ratio
from tasks.task import registry

ACCURACY = Metric("accuracy", exact_match)


def scores(values: Sequence[float]) -> list[Statistics]:
    return [{"score": float(value)} for value in values]


def alone(n: int) -> list[str]:
    return [""] * n


@pytest.mark.parametrize("seed", range(20))
def test_mcnemar_is_scipys_binomial_test(seed: int) -> None:
    random = np.random.default_rng(seed)
    n = int(random.integers(5, 400))
    ours, theirs = random.random(n) < 0.6, random.random(n) < 0.5
    found = compare(ACCURACY, scores(ours), scores(theirs), alone(n), draws=50)
    assert found is not None
    gained, lost = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    assert found.test == "McNemar"
    assert found.p == pytest.approx(stats.binomtest(gained, gained + lost).pvalue)
    assert (found.n, found.difference) == (n, pytest.approx(ours.mean() - theirs.mean()))


def difference_of_means(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
    return np.asarray(x.mean(axis=axis) - y.mean(axis=axis))


@pytest.mark.parametrize("seed", range(20))
def test_permutation_is_scipys(seed: int) -> None:
    """Few samples: all swaps, the very number. Many: random swaps, within their error."""
    random = np.random.default_rng(seed)
    n = 9 if seed % 2 else 60
    ours, theirs = random.random(n), random.random(n) - 0.1
    a, b = (clustered(ACCURACY, scores(values), alone(n)) for values in (ours, theirs))
    peer = stats.permutation_test(
        (ours, theirs), difference_of_means, permutation_type="samples", vectorized=True, n_resamples=9999, rng=seed
    )
    assert permutation(a, b) == pytest.approx(peer.pvalue, abs=1e-12 if n == 9 else 0.02)


@pytest.mark.parametrize("seed", range(20))
def test_an_average_of_tasks_as_large_as_each_other_is_that_of_all_samples(seed: int) -> None:
    random = np.random.default_rng(seed)
    ours, theirs = random.random((3, 40)), random.random((3, 40)) - 0.05
    sides = [[clustered(ACCURACY, scores(task), alone(40)) for task in side] for side in (ours, theirs)]
    found = average([pair(a, b, 40, seed=number) for number, (a, b) in enumerate(zip(*sides))])
    peer = stats.permutation_test(
        (ours.ravel(), theirs.ravel()), difference_of_means, permutation_type="samples", n_resamples=9999, rng=seed
    )
    assert found.difference == pytest.approx(ours.mean() - theirs.mean())
    assert found.p == pytest.approx(peer.pvalue, abs=0.02)
    spread = np.sqrt((ours - theirs).var(axis=1).sum() / 40) / 3
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * spread, rel=0.15)


def test_an_average_counts_every_task_alike_and_runs_that_agree_have_no_difference() -> None:
    many, few = [1.0] * 90, [0.0] * 10
    sides = [clustered(ACCURACY, scores(side), alone(len(side))) for side in (many, few)]
    found = average([pair(side, side, len(side.sums)) for side in sides])
    assert (found.n, found.clusters, found.ours, found.theirs) == (100, 100, 0.5, 0.5)
    assert (found.low, found.high, found.p) == (0.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="average of nothing"):
        average([])


@pytest.mark.parametrize("seed", range(20))
def test_bootstrap_interval_is_scipys(seed: int) -> None:
    random = np.random.default_rng(seed)
    n = int(random.integers(30, 200))
    ours, theirs = random.random(n), random.random(n)
    a, b = (clustered(ACCURACY, scores(values), alone(n)) for values in (ours, theirs))
    low, high = np.quantile(bootstrap(a, b, 5000), [0.025, 0.975])
    peer = stats.bootstrap(
        (ours, theirs), difference_of_means, paired=True, vectorized=True, n_resamples=5000, method="percentile", rng=1
    ).confidence_interval
    width = peer.high - peer.low
    assert (low, high) == (pytest.approx(peer.low, abs=0.06 * width), pytest.approx(peer.high, abs=0.06 * width))


def test_equal_models_differ_significantly_once_in_twenty() -> None:
    """1,000 comparisons of graded scores, in pairs of one group, of models that are equally good."""
    random = np.random.default_rng(11)
    groups = [f"g{i // 2}" for i in range(60)]
    false = 0
    for seed in range(1000):
        shared = np.repeat(random.normal(size=30), 2)
        ours, theirs = (shared + np.repeat(random.normal(size=30), 2) + random.normal(size=60) for _ in "ab")
        a, b = (clustered(ACCURACY, scores(values), groups) for values in (ours, theirs))
        false += permutation(a, b, swaps=199, seed=seed) <= 0.05
    assert 0.036 <= false / 1000 <= 0.064  # 5 % and two standard errors


def test_equal_accuracies_differ_significantly_at_most_once_in_twenty() -> None:
    """McNemar's exact test is conservative: its rate is not above 5 %, and not far below with many flips."""
    random = np.random.default_rng(12)
    flips = random.random((1000, 200)) < 0.5
    false = sum(mcnemar(int(row.sum()), int((~row).sum())) <= 0.05 for row in flips)
    assert 0.02 <= false / 1000 <= 0.055


def test_the_interval_covers_the_true_difference() -> None:
    random = np.random.default_rng(13)
    covered = 0
    for seed in range(300):
        ours, theirs = random.normal(0.3, 1, 100), random.normal(0, 1, 100)
        a, b = (clustered(ACCURACY, scores(values), alone(100)) for values in (ours, theirs))
        low, high = np.quantile(bootstrap(a, b, 400, seed), [0.025, 0.975])
        covered += low <= 0.3 <= high
    assert 0.91 <= covered / 300 <= 0.98


def test_clusters_widen_the_interval() -> None:
    """Ten copies of each sample in one group are no more evidence than one."""
    random = np.random.default_rng(3)
    ours, theirs = random.random(30), random.random(30)
    once = compare(ACCURACY, scores(ours), scores(theirs), alone(30))
    copies = [f"g{i // 10}" for i in range(300)]
    ten = compare(ACCURACY, scores(np.repeat(ours, 10)), scores(np.repeat(theirs, 10)), copies)
    assert once is not None
    assert ten is not None
    assert (ten.n, ten.clusters) == (300, 30)
    assert (ten.low, ten.high, ten.p) == pytest.approx((once.low, once.high, once.p))


def test_right_or_wrong_in_groups_is_no_case_for_mcnemar() -> None:
    groups = [f"g{i // 4}" for i in range(40)]
    found = compare(ACCURACY, scores([1.0] * 40), scores([0.0] * 20 + [1.0] * 20), groups)
    assert found is not None
    assert (found.test, found.p) == ("permutation", 2 / 2**5)


def test_holm() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def random_statistics(metric: Metric, random: np.random.Generator) -> Statistics:
    """Some sample's statistics, in the form that the metric's aggregate takes."""
    if metric.name.startswith("bleu"):
        words = [" ".join(random.choice(list("abcdef"), size=random.integers(4, 12))) for _ in range(2)]
        return counts(Variant.SACREBLEU, *words)
    score, gold = float(random.integers(2)), float(random.integers(1, 5))
    row = {"score": score, "numerator": score * gold, "denominator": gold}
    return row | {"right": score * gold, "gold": gold, "predicted": gold, "form": gold, "times": 1.0}


def test_every_metric_of_every_task_is_its_clusters_value() -> None:
    random = np.random.default_rng(5)
    groups = [f"g{i // 3}" for i in range(30)]
    seen = set()
    for metric in (metric for task in registry().values() for metric in task.metrics):
        statistics = [random_statistics(metric, random) for _ in groups]
        clusters = clustered(metric, statistics, groups)
        value = float(clusters.value(clusters.sums.sum(axis=0)))
        assert value == pytest.approx(metric.aggregate(statistics, groups).value), metric.name
        seen.add(metric.aggregate)
    assert {mean, ratio, mean_of_groups, all_of_group} < seen


def test_a_draw_is_the_metric_of_the_drawn_samples() -> None:
    """Corpus BLEU of resampled sums is corpus BLEU of the resampled texts."""
    random = np.random.default_rng(6)
    metric = bleu_metric()
    statistics = [random_statistics(metric, random) for _ in range(20)]
    clusters = clustered(metric, statistics, alone(20))
    chosen = random.integers(20, size=20)
    drawn = np.bincount(chosen, minlength=20) @ clusters.sums
    expected = metric.aggregate([statistics[i] for i in chosen], alone(20)).value
    assert float(clusters.value(drawn)) == pytest.approx(expected)


def test_strata_are_drawn_each_in_itself() -> None:
    """A macro average over a group without spread has no spread."""
    metric = Metric("macro", exact_match, mean_of_groups)
    groups = ["easy"] * 10 + ["hard"] * 40
    found = compare(metric, scores([1.0] * 50), scores([0.0] * 50), groups)
    assert found is not None
    assert (found.low, found.high, found.difference) == pytest.approx((1.0, 1.0, 1.0))
    halves = compare(metric, scores([1.0] * 50), scores([1.0] * 10 + [0.0] * 20 + [1.0] * 20), groups)
    assert halves is not None
    assert halves.difference == pytest.approx(0.25)
    assert 0.1 < halves.low < 0.25 < halves.high < 0.4


def test_a_ratio_without_a_denominator_cannot_be_compared() -> None:
    metric = Metric("ratio", exact_match, ratio)
    nothing = [{"numerator": 0.0, "denominator": 0.0}] * 5
    something = [{"numerator": 1.0, "denominator": 1.0}] * 5
    assert compare(metric, nothing, something, alone(5)) is None
    assert compare(metric, something, something, alone(5)) is not None


def test_the_same_twice_is_no_difference() -> None:
    values = scores(np.random.default_rng(0).random(50))
    found = compare(ACCURACY, values, values, alone(50))
    assert found is not None
    assert (found.difference, found.low, found.high, found.p) == (0, 0, 0, 1)


def test_same_arguments_same_numbers() -> None:
    random = np.random.default_rng(1)
    ours, theirs = scores(random.random(40)), scores(random.random(40))
    first, second = (compare(ACCURACY, ours, theirs, alone(40)) for _ in range(2))
    assert first == second
    assert first != compare(ACCURACY, ours, theirs, alone(40), seed=1)


def test_an_aggregate_of_which_nothing_is_known() -> None:
    metric = Metric("median", exact_match, lambda statistics, groups: mean(statistics, groups))
    with pytest.raises(ValueError, match="median: say with @pooled"):
        clustered(metric, scores([1.0]), alone(1))
