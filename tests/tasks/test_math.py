"""GSM8K in its official file; what counts as the gold number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from executors.outcome import Outcome, Status
from tasks.math import answer_accuracy, as_number, read_gsm8k
from tasks.task import DataError, Sample


def test_the_real_rows_are_read(data_root: Path) -> None:
    samples = list(read_gsm8k(data_root / "gsm8k"))
    assert len(samples) == 150
    assert samples[0].target == "366"


def test_a_thousands_comma_is_no_decimal_point(tmp_path: Path) -> None:
    (tmp_path / "test.jsonl").write_text(json.dumps({"question": "?", "answer": "so\n#### 12,500"}))
    assert [sample.target for sample in read_gsm8k(tmp_path)] == ["12500"]


@pytest.mark.parametrize("row", ["{", '{"question": "?"}', '{"question": "?", "answer": "no number"}'])
def test_a_damaged_row_is_named(tmp_path: Path, row: str) -> None:
    (tmp_path / "test.jsonl").write_text(row)
    with pytest.raises(DataError, match=r"test\.jsonl:1: not a GSM8K row"):
        list(read_gsm8k(tmp_path))


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3.0),
        (2.5, 2.5),
        (10**400, None),
        ("1,200", 1200.0),
        ("$15.50", 15.5),
        (" -3 ", -3.0),
        ("15 dollars", None),
        ("", None),
        (True, None),
        (None, None),
        ([3], None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_answers_as_numbers(value: object, number: float | None) -> None:
    assert as_number(value) == number


@pytest.mark.parametrize(("value", "score"), [(366, 1), (366.00005, 1), (366.001, 0), ("366", 1), (365, 0), (None, 0)])
def test_accuracy_within_the_tolerance(value: object, score: int) -> None:
    sample = Sample("t", {}, "366")
    assert answer_accuracy(sample, "p", Outcome(Status.OK, value)) == {"score": score}  # type: ignore[arg-type]


def test_only_an_ok_outcome_can_be_right() -> None:
    assert answer_accuracy(Sample("t", {}, "0"), "p", Outcome(Status.TIMEOUT, 0)) == {"score": 0}
