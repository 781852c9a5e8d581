"""BIG-Bench Hard and MMLU: the official prompts, samples spread over subjects, damaged files named."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tasks.general import BBH, BBH_COT, GROUPS, MMLU, MMLU_STEM, STEM, in_proportion, read_bbh, read_mmlu
from tasks.scoring import score
from tasks.source import BUNDLED
from tasks.task import DataError, Sample, Task, registry

BBH_SAMPLE = Sample("x", {"subtask": "snarks", "question": "Which?\n(A) one\n(B) two"}, "(B)")
MMLU_SAMPLE = Sample("x", {"question": "Which?", "A": "one", "B": "two", "C": "three", "D": "four"}, "B")


def scores(task: Task, sample: Sample, completion: str) -> dict[str, float]:
    return {name: value["score"] for name, value in score(task.name, sample, completion).statistics.items()}


def test_direct_answers() -> None:
    assert set(scores(BBH, BBH_SAMPLE, "(B)").values()) == {1}
    assert scores(BBH, BBH_SAMPLE, "**B**") == {"accuracy": 1, "strict_match": 0, "flexible_extract": 0}
    assert scores(BBH, BBH_SAMPLE, "Not (A) but\nthe answer is (B)")["flexible_extract"] == 0, "the first match counts"
    assert set(scores(BBH, BBH_SAMPLE, " \n").values()) == {0}


def test_thoughts() -> None:
    assert set(scores(BBH_COT, BBH_SAMPLE, "Two.\nSo the answer is (B).").values()) == {1}
    late = scores(BBH_COT, BBH_SAMPLE, "The Queen said two.\n\nSo the answer is (B).")
    assert late["get_answer"] == 0, "the official stop strings cut at a Q and at a blank line"
    assert (late["accuracy"], late["flexible_extract"]) == (1, 1)


def test_letters() -> None:
    assert set(scores(MMLU, MMLU_SAMPLE, " B").values()) == {1}
    assert scores(MMLU, MMLU_SAMPLE, "B. two") == {"accuracy": 1, "generative": 0}
    assert scores(MMLU, MMLU_SAMPLE, "two\n") == {"accuracy": 1, "generative": 0}


def test_the_prompts_are_the_official_ones_however_many_exemplars_are_asked_for() -> None:
    (sample,) = (sample for sample in read_mmlu(BUNDLED / "mmlu") if sample.id == "astronomy-0")
    prompt = MMLU.prompt.render(sample.fields, 3)
    assert prompt == MMLU.prompt.render(sample.fields)
    assert prompt.startswith(
        "The following are multiple choice questions (with answers) about astronomy.\n\n"
        "Which planet is nearest to the Sun?\nA. "
    )
    assert prompt.count("\nAnswer:") == 6
    assert prompt.endswith("\nAnswer:")
    thought = BBH_COT.prompt.render(read_bbh(BUNDLED / "bbh")[0].fields)
    assert thought.count("\nA: Let's think step by step.\n") == 4
    direct = BBH.prompt.render(read_bbh(BUNDLED / "bbh")[0].fields)
    assert direct.startswith("Say what a Boolean expression comes to.\n\nQ: ")
    assert direct.endswith("\nA:")


def test_every_subject_has_a_group(data_root: Path) -> None:
    assert len(GROUPS) == 57
    assert len(read_mmlu(data_root / "mmlu")) == 570
    assert len(read_mmlu(data_root / "mmlu", STEM)) == 180
    parts = [task for name, task in registry().items() if name.startswith("mmlu_")]
    assert sum(task.size or 0 for task in parts) == MMLU.size
    assert MMLU_STEM.title == "MMLU-STEM"


def test_options_stay_text() -> None:
    options = {sample.fields[letter] for sample in read_mmlu(BUNDLED / "mmlu") for letter in "ABCD"}
    assert {"nan", "N/A", "None", "The Moon, seen from Mars"} <= options


def test_the_first_samples_are_spread_over_the_subjects(data_root: Path) -> None:
    assert len({sample.fields["subject"] for sample in read_mmlu(data_root / "mmlu")[:57]}) == 57
    assert len({sample.fields["subtask"] for sample in read_bbh(data_root / "bbh")[:27]}) == 27
    strata = [[Sample(name, {}, "")] * size for name, size in (("a", 10), ("b", 30), ("c", 60))]
    assert Counter(sample.id for sample in in_proportion(strata)[:50]) == {"a": 5, "b": 15, "c": 30}


def test_bbh_without_prompts_is_asked_without_instruction(tmp_path: Path) -> None:
    shutil.copytree(BUNDLED / "bbh" / "bbh", tmp_path / "bbh")
    assert BBH.prompt.render(read_bbh(tmp_path)[0].fields).startswith("Q: ")
    (tmp_path / "cot-prompts").mkdir()
    with pytest.raises(DataError, match=r"boolean_expressions.txt is missing"):
        read_bbh(tmp_path)


def test_damaged_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no <subtask>.json"):
        read_bbh(tmp_path)
    (tmp_path / "bbh").mkdir()
    (tmp_path / "bbh" / "snarks.json").write_text('{"examples": [{"input": 1')
    with pytest.raises(DataError, match=r"snarks.json is not a subtask of BIG-Bench Hard"):
        read_bbh(tmp_path)
    with pytest.raises(DataError, match=r"holds no <subject>_test.csv of MMLU"):
        read_mmlu(tmp_path)
    for split in ("dev", "test"):
        (tmp_path / split).mkdir()
    (tmp_path / "test" / "anatomy_test.csv").write_text("question,A,B,C,D,answer\n")
    with pytest.raises(DataError, match=r"anatomy_dev.csv is missing"):
        read_mmlu(tmp_path)
    (tmp_path / "dev" / "anatomy_dev.csv").write_text("q,1,2,3,4,A\n")
    with pytest.raises(DataError, match="row 1 is not question, A, B, C, D, letter"):
        read_mmlu(tmp_path)
    (tmp_path / "test" / "alchemy_test.csv").touch()
    with pytest.raises(DataError, match=r"alchemy_test.csv is of no subject"):
        read_mmlu(tmp_path)
