"""Math tasks: official files, gold answers, each rule of judging, and outputs recorded by others."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from executors.outcome import Outcome, Status, Value
from tasks.math_code import GSM8K_CODE, PROGRAMS
from tasks.math_data import options_text, read_aqua, read_gsm8k, read_math, read_pal, returning, with_programs
from tasks.math_metrics import (
    answer_accuracy,
    answer_text,
    math_answer_accuracy,
    option_accuracy,
    option_accuracy_pal,
)
from tasks.math_originals import read_asdiv, read_mawps, read_svamp
from tasks.metrics import Measure
from tasks.scoring import score
from tasks.source import locate
from tasks.symbolic_reasoning import any_word, read_letters, read_objects, same_letters, whole_answer
from tasks.task import DataError, Sample, registry


def scored(measure: Measure, sample: Sample, value: Value) -> float:
    return measure(sample, "p", Outcome(Status.OK, value))["score"]


def test_the_real_rows_are_read(data_root: Path) -> None:
    assert next(iter(read_gsm8k(data_root / "gsm8k"))).target == "366"
    assert len(list(read_aqua(data_root / "aqua"))) == 150
    official = {
        row["unique_id"]: row["answer"] for row in json.loads((data_root / "math/math500_sample.json").read_text())
    }
    ours = {sample.id: sample.target for sample in read_math(data_root / "math")}
    assert ours == {
        name.removeprefix("test/").removesuffix(".json").replace("/", "-"): answer for name, answer in official.items()
    }


@pytest.mark.parametrize("name", ["svamp", "asdiv", "addsub", "singleeq", "multiarith"])
def test_the_first_publishers_files_are_read_where_pals_are_missing(data_root: Path, tmp_path: Path, name: str) -> None:
    task = registry()[name]
    ((original,),) = task.source.other_layouts
    (tmp_path / name).mkdir()
    shutil.copy(data_root / name / original, tmp_path / name)
    samples = list(task.read(locate(task.source, str(tmp_path)).path))
    assert len(samples) == (150 if name != "asdiv" else 137)
    assert all(float(sample.target) == float(str(sample.program).split("return ")[1]) for sample in samples)
    by_question = {" ".join(s.fields["question"].split()): s.target for s in task.read(data_root / name)}
    both = [s for s in samples if " ".join(s.fields["question"].split()) in by_question]
    assert both, "the two samples overlap"
    for sample in both:
        target = by_question[" ".join(sample.fields["question"].split())]
        assert float(sample.target) == pytest.approx(float(target), abs=1e-9), sample.id


@pytest.mark.parametrize("text", ["{", "{}", "[{}]", "[3]", "<Problem/>", "<"])
def test_a_damaged_original_is_named(tmp_path: Path, text: str) -> None:
    for read in (read_mawps, read_svamp, read_asdiv):
        (tmp_path / "file").write_text(text)
        with pytest.raises(DataError, match="file: "):
            list(read(tmp_path / "file"))


def test_a_thousands_comma_is_no_decimal_point(tmp_path: Path) -> None:
    (tmp_path / "test.jsonl").write_text(json.dumps({"question": "?", "answer": "so\n#### 12,500"}))
    assert [sample.target for sample in read_gsm8k(tmp_path)] == ["12500"]


@pytest.mark.parametrize("row", ["{", "[]", '{"question": "?"}', '{"question": "?", "answer": "no number"}'])
def test_a_damaged_row_is_named(tmp_path: Path, row: str) -> None:
    (tmp_path / "test.jsonl").write_text(row)
    with pytest.raises(DataError, match=r"test\.jsonl:1: (not a GSM8K row|no JSON)"):
        list(read_gsm8k(tmp_path))
    (tmp_path / "x.jsonl").write_text(row)
    with pytest.raises(DataError, match=r"x\.jsonl:1: (not a row of PAL's files|no JSON)"):
        list(read_pal(tmp_path / "x.jsonl"))
    (tmp_path / "test.json").write_text(row)
    with pytest.raises(DataError, match=r"test\.json:1: (not an AQuA row|no JSON)"):
        list(read_aqua(tmp_path))


@pytest.mark.parametrize("row", ["{", '{"problem": "?"}', '{"problem": "?", "solution": "no box"}'])
def test_a_damaged_problem_is_named(tmp_path: Path, row: str) -> None:
    (tmp_path / "test" / "algebra").mkdir(parents=True)
    (tmp_path / "test" / "algebra" / "7.json").write_text(row)
    with pytest.raises(DataError, match=r"7\.json: "):
        list(read_math(tmp_path))


@pytest.mark.parametrize("row", ["{", "[]", '{"examples": 3}', '{"examples": [{"input": "?"}]}', '{"examples": [3]}'])
def test_a_damaged_task_file_is_named(tmp_path: Path, row: str) -> None:
    for name, read in (("reasoning_about_colored_objects", read_objects), ("last_letters", read_letters)):
        (tmp_path / f"{name}.json").write_text(row)
        with pytest.raises(DataError, match=f"{name}"):
            list(read(tmp_path))


@pytest.mark.parametrize(("value", "score"), [(366, 1), (366.00005, 1), (366.001, 0), ("366", 1), (365, 0), (None, 0)])
def test_accuracy_within_the_tolerance(value: Value, score: float) -> None:
    assert scored(answer_accuracy, Sample("t", {}, "366"), value) == score


def test_only_an_ok_outcome_can_be_right() -> None:
    assert answer_accuracy(Sample("t", {}, "0"), "p", Outcome(Status.TIMEOUT, 0)) == {"score": 0}


CHOICE = Sample("t", {"question": options_text("How many?", ["A)5", "B) -5", "C)12", "D)none", "E)40"])}, "(c)")


@pytest.mark.parametrize(
    ("value", "lenient", "strict"),
    [(12.4, 1, 1), ("12", 1, 1), ("C", 1, 0), ("(c)", 1, 0), ("A", 0, 0), (5, 0, 0), (None, 0, 0), ([12], 0, 0)],
)
def test_options(value: Value, lenient: float, strict: float) -> None:
    assert scored(option_accuracy, CHOICE, value) == lenient
    assert scored(option_accuracy_pal, CHOICE, value) == strict


def test_an_option_that_no_number_reaches_is_no_defect_of_its_gold() -> None:
    metric = registry()["aqua"].metric("answer_accuracy_pal")
    for target, value, perfect in (("(b)", "B", True), ("(c)", 99, False), ("(c)", 12, True)):
        sample = Sample("t", CHOICE.fields, target)
        assert metric.is_perfect(metric.measure(sample, "p", Outcome(Status.OK, value))) is perfect


@pytest.mark.parametrize(
    ("gold", "value", "score"),
    [
        ("\\frac{14}{3}", 14 / 3, 1),
        ("\\frac{14}{3}", "14/3", 1),
        ("\\frac{14}{3}", 4.67, 0),
        ("10,\\!080", 10080, 1),
        ("-1,3", [-1, 3], 1),
        ("-1,3", [3, -1], 0),
        ("-1,3", "-1, 3", 1),
        ("x^2+1", "x^2 + 1", 1),
        ("x^2+1", "1 + x^2", 0),
        ("\\text{even}", "even", 0),
        ("7", True, 0),
        ("7", "\\boxed{7}", 0),
    ],
)
def test_answers_to_math(gold: str, value: Value, score: float) -> None:
    assert scored(math_answer_accuracy, Sample("t", {}, gold), value) == score


@pytest.mark.parametrize(
    ("value", "text"),
    [(5.0, "5"), (0.5, "0.5"), ("x", "x"), ((1, 2.0), "1, 2"), (1e300, "1e+300")],
)
def test_answers_as_one_would_write_them(value: Value, text: str) -> None:
    assert answer_text(value) == text


def test_what_a_grader_cannot_compare_is_no_defect_of_its_gold() -> None:
    minerva = registry()["math"].metric("minerva")
    tuple_ = Sample("t", {}, "(3,2)")
    gold = minerva.measure(tuple_, "p", Outcome(Status.OK, "(3,2)"))
    assert gold["score"] == 0
    assert minerva.is_perfect(gold)
    assert not minerva.is_perfect(minerva.measure(tuple_, "p", Outcome(Status.OK, "(3, 2)")))


def test_an_integer_too_long_to_be_written_is_no_answer() -> None:
    for value in (10**5000, [10**5000], {"a": 10**5000}):
        assert answer_text(value) == ""
        for task in ("math", "aqua", "last_letter", "gsm8k"):
            sample = replace(CHOICE, target={"aqua": "(c)", "last_letter": "aorx"}.get(task, "7"))
            for metric in registry()[task].metrics:
                assert metric.measure(sample, "p", Outcome(Status.OK, value))["score"] == 0, (task, metric.name)


COLORS = Sample("t", {}, "yes", ("yes", "y"))


@pytest.mark.parametrize(
    ("value", "word", "whole"), [("yes", 1, 1), (True, 1, 1), (False, 0, 0), ("yes it is", 1, 0), ("Yes", 0, 0)]
)
def test_words(value: Value, word: float, whole: float) -> None:
    assert scored(any_word, COLORS, value) == word
    assert scored(whole_answer, COLORS, value) == whole


@pytest.mark.parametrize(("value", "score"), [("aorx", 1), (" aorx\n", 1), ("AORX", 0), ("aor", 0)])
def test_letters(value: Value, score: float) -> None:
    assert scored(same_letters, Sample("t", {}, "aorx"), value) == score


def test_programs_of_the_users_own_become_references(tmp_path: Path) -> None:
    samples = [Sample(name, {"question": name}, "1", program=returning("1")) for name in ("a", "b")]
    path = tmp_path / PROGRAMS
    assert list(with_programs(samples, path)) == samples
    path.write_text(json.dumps({"question": "b", "program": "def solution():\n    return 2 - 1\n"}))
    assert [s.program for s in with_programs(samples, path)] == [returning("1"), returning("2 - 1")]
    path.write_text('{"question": "b"}')
    with pytest.raises(DataError, match=r"programs\.jsonl:1"):
        list(with_programs(samples, path))


def test_programs_of_the_users_own_are_part_of_the_datas_hash(tmp_path: Path) -> None:
    folder = tmp_path / "gsm_hard"
    folder.mkdir()
    (folder / "gsmhardv2.jsonl").write_text("")
    before = locate(GSM8K_CODE.source, str(tmp_path))
    (folder / PROGRAMS).write_text("")
    assert locate(GSM8K_CODE.source, str(tmp_path)).sha256 != before.sha256


def test_the_programs_of_gsm_hard_compute_its_targets(data_root: Path) -> None:
    task = registry()["gsm_hard"]
    for row, sample in zip(
        _lines(data_root / "gsm_hard/gsmhardv2.jsonl"), task.read(data_root / "gsm_hard"), strict=True
    ):
        statistics = score("gsm_hard", sample, row["code"]).statistics
        assert statistics["answer_accuracy"]["score"] == statistics["answer_accuracy_pal"]["score"] == 1, sample.id


# What PAL's own script puts before a program. It also rewrites calls of `solve`, which changes no verdict here.
PAL_PRELUDE = "from sympy import *\nimport numpy as np\nimport math\nfrom math import sqrt\n"


@pytest.mark.parametrize(("prelude", "right"), [("", 45), (PAL_PRELUDE, 48)])
def test_the_generations_of_pal_choose_what_they_chose(data_root: Path, prelude: str, right: int) -> None:
    """PAL's 100 generations for AQuA, scored as a model's answers are."""
    verdicts = []
    for row in _lines(data_root / "aqua/pal_outputs.jsonl"):
        question = row["question"].rpartition("Question: ")[2].partition("#")[0]
        sample = Sample("t", {"question": question}, row["answer"])
        program = registry()["aqua"].extract(row["generated_answer"])
        scored = score("aqua", sample, f"```python\n{prelude}{program}\n```")
        verdicts.append(scored.statistics["answer_accuracy_pal"]["score"])
    assert (len(verdicts), sum(verdicts)) == (100, right)


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]
