"""What the vectors of the official SQL scorer say beyond the binding fields that the family judges."""

from __future__ import annotations

from pathlib import Path

import pytest

from executors.sql import exact_set_match, prediction_line
from tests.oracles.agreement import Case, load
from tests.oracles.families.sql import schemas


@pytest.fixture(scope="module")
def cases(oracles: Path) -> list[Case]:
    return load(oracles / "sql.jsonl")


def test_predictions_are_read_as_lines_of_a_file(cases: list[Case]) -> None:
    for case in cases:
        assert prediction_line(case["pred"]) == case.get("pred_line", case["pred"]), case["id"]


def test_every_component_agrees_and_what_parses_parses(cases: list[Case]) -> None:
    judged = [case for case in cases if case["oracle"]["gold_parses"]]
    assert len(judged) > 600
    for case in judged:
        official = case["oracle"]
        match = exact_set_match(case["gold"], prediction_line(case["pred"]), schemas()[case["db_id"]])
        assert match.components is not None
        ours = {name: int(part.equal) for name, part in match.components.items()}
        assert ours == official["components"], case["id"]
        assert match.predicted.ok == official["pred_parses"], case["id"]
