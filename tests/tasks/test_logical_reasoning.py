"""Questions answered by solvers: where gold programs come from, and what counts as an answer."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from executors.outcome import Outcome, Status, Verdict
from executors.prover import Answer, Finding, portfolio, prover9
from tasks import logical_reasoning
from tasks.logical_reasoning import PRONTOQA, PROOFWRITER, decided, derivation, entailment, read_folio, read_templated
from tasks.scoring import score
from tasks.source import BUNDLED
from tasks.task import DataError, Sample

NOT_NEEDED = Outcome.failed(Status.TIMEOUT, "the provers are not asked")


def test_every_real_row_is_read_from_its_english(data_root: Path) -> None:
    for name, file in (("proofwriter", "dev.json"), ("proofwriter", "test.json"), ("prontoqa", "dev.json")):
        samples = list(read_templated(file, data_root / name))
        assert len(samples) == 150
        assert all(sample.program and sample.program.startswith("Predicates:") for sample in samples)


def test_forward_chaining_comes_to_every_label_of_proofwriter_and_prontoqa(data_root: Path) -> None:
    """Also where classical logic does not: the labels were made so."""
    for task in (PROOFWRITER, PRONTOQA):
        for sample in task.read(data_root / task.name):
            assert derivation(sample, task.gold(sample), NOT_NEEDED) == {"score": 1.0}, sample.id


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
    ("value", "expected"),
    [(Verdict.UNKNOWN, 1), (Verdict.TRUE, 0), (Verdict.UNDECIDED, 0), (Verdict.INCONSISTENT, 0), (None, 0)],
)
def test_giving_up_is_never_a_lucky_unknown(value: Verdict | None, expected: int) -> None:
    assert entailment(Sample("x", {}, "unknown"), "p", Outcome(Status.OK, value)) == {"score": expected}


@pytest.mark.parametrize(
    ("outcome", "target", "expected"),
    [
        (Outcome(Status.OK, Verdict.FALSE), "true", 1),
        (Outcome(Status.OK, Verdict.UNKNOWN), "true", 1),
        (Outcome(Status.OK, Verdict.UNDECIDED), "unknown", 0),
        (Outcome(Status.OK, Verdict.INCONSISTENT), "true", 0),
        (Outcome(Status.OK, Verdict.INCONSISTENT), "inconsistent", 1),
        (Outcome.failed(Status.TIMEOUT, "late"), "unknown", 0),
        (Outcome.failed(Status.INVALID, "no program"), "unknown", 0),
    ],
)
def test_what_is_an_answer(outcome: Outcome, target: str, expected: int) -> None:
    assert decided(Sample("x", {}, target), "p", outcome) == {"score": expected}


def test_provers_that_contradict_each_other_are_in_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    lie = Finding(Answer.REFUTED, prover9.NAME, "saturation without a proof")
    monkeypatch.setattr(prover9, "prove", lambda *_: lie)
    monkeypatch.setattr(portfolio, "SPOT_CHECK_EVERY", 1)
    sample = Sample("x", {}, "true")
    scored = score("folio_delegation", sample, "Premises:\nP(a)\nConclusion:\nP(a)")
    assert scored.outcome.detail.startswith("ALARM: grounding says proved")
    assert scored.statistics["entailment"] == {"score": 0.0}
    assert scored.statistics["decided"] == {"score": 0.0}


def test_logic_lm_reads_by_its_own_rules() -> None:
    """`P ∧ Q → R ∧ S` is ((P ∧ Q) → R) ∧ S there, so that S follows from nothing else."""
    program = "Premises:\nP(a)\n¬R(a)\nP(a) ∧ R(a) → R(a) ∧ S(a)\nConclusion:\nS(a)"
    scored = score("folio_delegation", Sample("x", {}, "true"), program)
    assert scored.statistics["logic_lm"] == {"score": 1.0}
    assert scored.statistics["entailment"] == {"score": 0.0}


def test_logicnli_keeps_its_four_labels(data_root: Path) -> None:
    samples = list(logical_reasoning.read_logicnli(data_root / "logicnli"))
    assert Counter(sample.target for sample in samples) == dict.fromkeys(
        ["true", "false", "unknown", "inconsistent"], 40
    )
    assert len({sample.group for sample in samples}) == 8


def test_rows_are_json_that_tools_can_read() -> None:
    rows = json.loads((BUNDLED / "folio_delegation" / "dev.json").read_text(encoding="utf-8"))
    assert {row["answer"] for row in rows} == {"A", "B", "C"}
