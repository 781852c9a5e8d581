"""FOLIO as Logic-LM cut it, with FOLIO's own formulas as gold programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from executors.outcome import Outcome, Status, Verdict
from tasks.fol import entailment, read_folio
from tasks.source import BUNDLED
from tasks.task import DataError, Sample


def test_every_real_row_finds_its_own_formulas(data_root: Path) -> None:
    samples = list(read_folio(data_root / "folio_delegation"))
    assert len(samples) == 150
    assert all(sample.program and sample.program.count("\n") > 3 for sample in samples), "no stand-in was needed"


def test_without_formulas_a_stand_in_has_the_same_answer(tmp_path: Path) -> None:
    folder = tmp_path / "folio_delegation"
    folder.mkdir()
    (folder / "dev.json").write_text((BUNDLED / "folio_delegation" / "dev.json").read_text())
    assert {sample.program for sample in read_folio(folder)} == {
        "Premises:\nP(a)\nConclusion:\nP(a)",
        "Premises:\nP(a)\nConclusion:\n¬P(a)",
        "Premises:\nP(a)\nConclusion:\nQ(a)",
    }


@pytest.mark.parametrize("content", ["[{", '[{"id": "x"}]', '[{"context": "c", "question": "no mark", "answer": "A"}]'])
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "dev.json").write_text(content)
    with pytest.raises(DataError, match=r"dev\.json"):
        list(read_folio(tmp_path))


@pytest.mark.parametrize(
    ("value", "score"),
    [(Verdict.UNKNOWN, 1), (Verdict.TRUE, 0), (Verdict.UNDECIDED, 0), (Verdict.INCONSISTENT, 0), (None, 0)],
)
def test_giving_up_is_never_a_lucky_unknown(value: Verdict | None, score: int) -> None:
    assert entailment(Sample("x", {}, "unknown"), "p", Outcome(Status.OK, value)) == {"score": score}


def test_rows_are_json_that_tools_can_read() -> None:
    rows = json.loads((BUNDLED / "folio_delegation" / "dev.json").read_text(encoding="utf-8"))
    assert {row["answer"] for row in rows} == {"A", "B", "C"}
