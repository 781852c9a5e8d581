"""Sentences to formulas: what is cut out of an answer, and how near a formula is to the gold one."""

from __future__ import annotations

from pathlib import Path

import pytest

from executors.outcome import Status
from tasks.fol import extract_formula, read_logicnli, read_pairs
from tasks.scoring import Scored, score
from tasks.task import DataError, Sample

GOLD = "∀x (Dog(x) ∧ Big(x) → ∃y (Owns(y, x)))"


def scored(completion: str, gold: str = GOLD) -> Scored:
    return score("folio", Sample("x", {}, gold), completion)


def scores(completion: str, gold: str = GOLD) -> dict[str, float]:
    return {name: values["score"] for name, values in scored(completion, gold).statistics.items()}


@pytest.mark.parametrize(
    "completion",
    [
        GOLD,
        f"FOL: {GOLD}",
        f"```fol\n{GOLD}\n```\nThat is all.",
        f"The formula is:\n{GOLD}\n",
        f"**{GOLD}**</s>",
        f"{GOLD} ::: Every big dog has an owner.",
    ],
)
def test_the_formula_is_cut_out_as_it_was_written(completion: str) -> None:
    assert extract_formula(completion) == GOLD
    assert set(scores(completion).values()) == {1.0}


def test_nothing_and_prose() -> None:
    assert extract_formula(" \n") is None
    assert extract_formula("I cannot say.") == "I cannot say."
    assert set(scores("I cannot say.").values()) == {0.0}
    assert scored("").outcome.status is Status.NO_PROGRAM


def test_another_notation_is_nothing_to_the_official_score_and_the_same_to_ours() -> None:
    assert scores("forall x. (Dog(x) & Big(x) -> exists y. Owns(y, x))") == {
        "logical_equivalence": 0.0,
        "logical_equivalence_parsed": 1.0,
        "semantic_equivalence": 1.0,
        "parses": 1.0,
    }


def test_truth_tables_do_not_see_quantifiers() -> None:
    found = scores("∃x (Dog(x) ∧ Big(x) → ∃y (Owns(y, x)))")
    assert (found["logical_equivalence"], found["semantic_equivalence"]) == (1.0, 0.0)


def test_a_gold_that_is_no_formula_is_said_to_be_the_fault_of_the_data() -> None:
    outcome = scored("P(a)", "P(a").outcome
    assert outcome.status is Status.ERROR
    assert outcome.detail.startswith("the gold formula")


def test_every_gold_formula_of_the_real_files_is_read(data_root: Path) -> None:
    samples = [
        *read_pairs("folio_parsed.json", data_root / "folio"),
        *read_pairs("MALLS-v0.1-test.json", data_root / "malls"),
        *read_logicnli(data_root / "logicnli"),
    ]
    assert len(samples) == 450 + 150 + 192
    for sample in samples:
        assert extract_formula(sample.target) == sample.target, sample.id


@pytest.mark.parametrize("content", ["[{", '[{"NL": "x"}]', '["x"]'])
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "pairs.json").write_text(content)
    with pytest.raises(DataError, match=r"pairs\.json"):
        list(read_pairs("pairs.json", tmp_path))
