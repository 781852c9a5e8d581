"""Outcomes: one line of detail, values that strict JSON can carry, summaries of bounded size."""

from __future__ import annotations

import json

import pytest

from executors.outcome import Outcome, Status, Value, Verdict, one_line, to_json


@pytest.mark.parametrize(
    ("value", "tagged"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (10**400, {"$int": hex(10**400)}),
        (float("nan"), {"$float": "nan"}),
        (float("-inf"), {"$float": "-inf"}),
        (b"\x00\xff", {"$bytes": "00ff"}),
        (Verdict.UNKNOWN, {"$verdict": "unknown"}),
        ("unknown", "unknown"),
        ({"a": (1, [b""])}, {"a": [1, [{"$bytes": ""}]]}),
    ],
)
def test_values_become_strict_json(value: Value, tagged: object) -> None:
    assert to_json(value) == tagged
    json.dumps(tagged, allow_nan=False)


def test_detail_is_one_printable_line() -> None:
    outcome = Outcome.failed(Status.ERROR, "two\nlines\x1b[31m\t" + "x" * 1000)
    assert "\n" not in outcome.detail
    assert "\x1b" not in outcome.detail
    assert len(outcome.detail) == 300


def test_one_line_keeps_symbols() -> None:
    assert one_line("∀x (P(x) → Q(x))") == "∀x (P(x) → Q(x))"


def test_a_large_value_is_summarised_by_its_digest() -> None:
    small, large = Outcome(Status.OK, [1, 2]), Outcome(Status.OK, list(range(10_000)))
    assert small.summary() is small
    summary = large.summary()
    assert len(json.dumps(to_json(summary.value))) < 2000
    assert summary == Outcome(Status.OK, list(range(10_000))).summary()
    assert summary != Outcome(Status.OK, list(range(10_001))).summary()
