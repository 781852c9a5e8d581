"""Visual tasks: programs in any written form, answers by execution."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tasks.scoring import score
from tasks.source import BUNDLED
from tasks.task import DataError, Sample, registry
from tasks.visual import extract_program, read_clevr, read_gqa


def sample(task: str, number: int = 0) -> Sample:
    declared = registry()[task]
    return list(declared.read(BUNDLED / declared.source.folder))[number]


def scores(task: str, number: int, completion: str) -> dict[str, float]:
    scored = score(task, sample(task, number), completion)
    metrics = registry()[task].metrics
    return {metric.name: metric.aggregate([scored.statistics[metric.name]], [""]).value for metric in metrics}


def test_the_released_list_form_counts_as_the_functional_one() -> None:
    content = json.loads((BUNDLED / "clevr" / "CLEVR_val_questions.json").read_text())
    program = content["questions"][0]["program"]
    assert set(scores("clevr", 0, json.dumps(program)).values()) == {1.0}


def test_another_program_with_the_same_answer() -> None:
    gold = sample("clevr")
    twice = gold.target.replace("scene()", "union(scene(),scene())")
    found = scores("clevr", 0, twice)
    assert (found["exact_match"], found["answer_accuracy"]) == (0, 1)


def test_gqa_answers_are_executed_where_a_graph_is_there() -> None:
    gold = sample("gqa")
    found = scores("gqa", 0, gold.target.replace("cup", "cups"))
    assert (found["exact_match"], found["answer_accuracy"]) == (0, 1)


def test_without_graphs_only_the_program_counts(data_root: Path) -> None:
    samples = list(read_gqa(data_root / "gqa"))
    assert len(samples) == 5
    scored = score("gqa", samples[0], samples[0].target)
    assert scored.statistics["exact_match"] == {"score": 1.0}
    assert scored.statistics["answer_accuracy"] == {"numerator": 0.0, "denominator": 0.0}


def test_every_supplied_program_answers_what_the_generator_said(data_root: Path) -> None:
    samples = list(read_clevr(data_root / "clevr"))
    assert len(samples) == 180
    for item in samples:
        assert score("clevr", item, item.target).statistics["answer_accuracy"]["numerator"] == 1, item.id


@pytest.mark.parametrize(
    ("completion", "program"),
    [
        ("count(scene())", "count(scene())"),
        ("The program is: count(scene())\nThat is all.", "count(scene())"),
        ("```clevr\ncount(scene())\n```", "count(scene())"),
        ("Program: select: cup->exist: ? [0]", "select: cup->exist: ? [0]"),
        ("I cannot say.", "I cannot say."),
        ("", None),
    ],
)
def test_programs_are_cut_out(completion: str, program: str | None) -> None:
    assert extract_program(completion) == program


def test_damaged_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "CLEVR_val_questions.json").write_text("{}")
    with pytest.raises(DataError, match="belongs to the questions"):
        list(read_clevr(tmp_path))
    (tmp_path / "SAMPLE-val_balanced_questions.json").write_text('{"1": {"question": "?"}}')
    with pytest.raises(DataError, match="question 1 is not GQA's form"):
        list(read_gqa(tmp_path))
