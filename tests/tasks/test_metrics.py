"""Metrics aggregate statistics, not scores, and know their standard error."""

from __future__ import annotations

import math
import random
import statistics

import pytest

from executors.outcome import Outcome, Status
from tasks.metrics import all_of_group, exact_match, mean, mean_of_groups, ratio
from tasks.task import Sample


def scores(*values: float) -> list[dict[str, float]]:
    return [{"score": value} for value in values]


def test_mean_has_the_textbook_standard_error() -> None:
    values = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0]
    estimate = mean(scores(*values), [""] * 6)
    assert estimate.value == pytest.approx(2 / 3)
    assert estimate.stderr == pytest.approx(statistics.stdev(values) / math.sqrt(6))
    assert estimate.n == 6


def test_samples_of_one_group_count_as_one_observation() -> None:
    """Six turns of two interactions say as much as two samples."""
    together = mean(scores(1, 1, 1, 0, 0, 0), ["a", "a", "a", "b", "b", "b"])
    alone = mean(scores(1, 0), ["", ""])
    assert together.value == alone.value
    assert together.stderr == pytest.approx(alone.stderr)


def test_ratio_is_a_micro_average() -> None:
    rows = [{"numerator": 1.0, "denominator": 1.0}, {"numerator": 0.0, "denominator": 9.0}]
    assert ratio(rows, ["", ""]).value == pytest.approx(0.1)


def test_ratio_stderr_agrees_with_a_bootstrap() -> None:
    draw = random.Random(3)
    rows = [
        {"numerator": float(draw.randrange(k + 1)), "denominator": float(k)} for k in draw.choices(range(1, 9), k=200)
    ]
    estimate = ratio(rows, [""] * len(rows))
    resampled = []
    for _ in range(2000):
        again = draw.choices(rows, k=len(rows))
        resampled.append(sum(r["numerator"] for r in again) / sum(r["denominator"] for r in again))
    assert estimate.stderr == pytest.approx(statistics.stdev(resampled), rel=0.1)


def test_all_of_group_wants_every_turn_right() -> None:
    estimate = all_of_group(scores(1, 1, 1, 0, 1), ["a", "a", "b", "b", "c"])
    assert (estimate.value, estimate.n) == (pytest.approx(2 / 3), 3)


def test_mean_of_groups_weighs_groups_alike() -> None:
    estimate = mean_of_groups(scores(1, 0, 1, 1, 1, 1), ["a", "a", "b", "b", "b", "b"])
    assert (estimate.value, estimate.n) == (pytest.approx(0.75), 6)
    assert estimate.stderr == pytest.approx(0.25), "half of group a's own, 0.5"
    assert mean_of_groups(scores(1, 0, 1), ["a", "a", "b"]).stderr is None
    assert mean_of_groups([], []).value == 0.0


@pytest.mark.parametrize("rows", [[], scores(1)])
def test_too_few_samples_have_no_standard_error(rows: list[dict[str, float]]) -> None:
    assert mean(rows, [""] * len(rows)).stderr is None


def test_aggregation_does_not_depend_on_order() -> None:
    draw = random.Random(5)
    rows = scores(*(draw.random() for _ in range(500)))
    shuffled = draw.sample(rows, len(rows))
    assert mean(rows, [""] * 500) == mean(shuffled, [""] * 500)


@pytest.mark.parametrize(
    ("program", "score"), [("I_WALK  I_RUN\n", 1), ("I_WALK", 0), ("I_RUN I_WALK", 0), (None, 0), ("I_WALKI_RUN", 0)]
)
def test_exact_match_compares_tokens(program: str | None, score: int) -> None:
    sample = Sample("1", {}, "I_WALK I_RUN")
    assert exact_match(sample, program, Outcome(Status.OK)) == {"score": score}
