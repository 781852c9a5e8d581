"""Test samples in training data: what is planted is found, a near miss is not, and the leaderboard says so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.config import UserError
from harness.contamination import Contamination, TaskOverlap, look_for, questions, words_of
from harness.leaderboard import build
from harness.plan import Prepared, prepare_tasks
from harness.seen import CONTAMINATION_FILE
from tasks.prompt import Prompt
from tasks.source import Located, Place
from tasks.task import Sample, Task, registry
from tests.harness.test_rescore import replay_run

QUESTION = "When the old ferry of Skerry had left, how many of its forty crates were still on the quay?"
SHORT = "How many crates stood there on that quay?"


def prepared(*asked: str, gold: str = "answer = 40 - 12") -> Prepared:
    """A task that asks these questions."""
    task = replace(
        registry()["gsm8k"], prompt=Prompt("Solve.\n{{ question }}\nThe program is: "), gold=lambda s: s.target
    )
    samples = [Sample(f"s-{number}", {"question": text}, gold + " + 0" * number) for number, text in enumerate(asked)]
    return Prepared(task, Located(Path("nowhere"), Place.LOCAL, "0" * 64), samples, len(samples))


def overlap(folder: Path, item: Prepared, *rows: object, ngram: int = 13) -> TaskOverlap:
    path = folder / "train.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (found,) = look_for([item], [path], ngram).tasks
    return found


def counts(found: TaskOverlap) -> tuple[int, int, int, int]:
    return found.question, found.gold, found.both, found.ngram


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": QUESTION, "completion": "answer = 40 - 12"},
        {"input": f"  {QUESTION.upper()} ", "output": "answer=40-12."},
        {"prompt": f"Solve it.\nThe question is: {QUESTION}\nThe answer is:", "completion": "ANSWER = 40, 12"},
        {"messages": [{"content": QUESTION.replace("?", "").replace(",", " -")}, {"content": "answer = 40 - 12"}]},
        {"text": f"Solve.\n{QUESTION}\nThe program is:\nanswer = 40 - 12"},
    ],
    ids=["as it is", "case and blanks", "in a prompt of others", "in a chat, without punctuation", "in one text"],
)
def test_a_planted_sample_is_found(tmp_path: Path, row: object) -> None:
    found = overlap(tmp_path, prepared(QUESTION, "Who?"), {"text": "Nothing of it."}, row)
    assert counts(found) == (1, 1, 1, 1)
    assert found.samples == ("s-0",)
    assert found.share == 0.5


def test_our_own_prompt_is_a_question_too(tmp_path: Path) -> None:
    item = prepared("First line.\nSecond line?")
    prompt = item.task.prompt.render(item.samples[0].fields)
    assert counts(overlap(tmp_path, item, {"prompt": prompt, "completion": "x"})) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" ".join(QUESTION.split()[:13]), (0, 0, 0, 1)),
        (" ".join(QUESTION.split()[3:16]), (0, 0, 0, 1)),
        (" ".join(QUESTION.split()[:12]), (0, 0, 0, 0)),
        (QUESTION.replace("forty", "thirty"), (0, 0, 0, 0)),
        (" ".join(reversed(QUESTION.split())), (0, 0, 0, 0)),
        (QUESTION.replace("ferry", "ferry\n\n\nand"), (0, 0, 0, 1)),
    ],
    ids=["13 words", "13 others", "12 words", "a word in the midst is another", "reversed", "a word too many early on"],
)
def test_near_misses(tmp_path: Path, text: str, expected: tuple[int, ...]) -> None:
    assert len(QUESTION.split()) == 19
    assert counts(overlap(tmp_path, prepared(QUESTION), {"text": f"Once more: it is told that {text} so"})) == expected


def test_fields_are_not_read_as_one_text(tmp_path: Path) -> None:
    words = QUESTION.split()
    row = {"a": " ".join(words[:9]), "b": " ".join(words[9:])}
    assert counts(overlap(tmp_path, prepared(QUESTION), row)) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"it said {SHORT} and", (0, 0, 0, 1)),
        (SHORT, (1, 0, 0, 1)),
        ("it said how many crates stood there", (0, 0, 0, 0)),
    ],
    ids=["within a text", "alone", "a part"],
)
def test_a_question_of_less_than_13_words_counts_as_a_whole(
    tmp_path: Path, text: str, expected: tuple[int, ...]
) -> None:
    assert len(SHORT.split()) == 8
    assert counts(overlap(tmp_path, prepared(SHORT), {"text": text})) == expected


def test_a_very_short_question_is_found_only_alone(tmp_path: Path) -> None:
    item = prepared("walk left twice")
    assert counts(overlap(tmp_path, item, {"text": "then walk left twice"})) == (0, 0, 0, 0)
    assert counts(overlap(tmp_path, item, {"text": "The command is: Walk left twice."})) == (1, 0, 0, 0)


def test_a_gold_alone_is_counted_and_says_little(tmp_path: Path) -> None:
    found = overlap(tmp_path, prepared(QUESTION), {"prompt": QUESTION[:30], "completion": "answer = 40 - 12"})
    assert counts(found) == (0, 1, 0, 0)
    assert found.samples == ()


def test_question_and_gold_in_different_rows_are_not_both(tmp_path: Path) -> None:
    assert counts(overlap(tmp_path, prepared(QUESTION), {"a": QUESTION}, {"a": "answer = 40 - 12"})) == (1, 1, 0, 1)


def test_what_many_questions_share_is_their_form(tmp_path: Path) -> None:
    opening = "Read the whole of the following text with care and then answer what is asked about it:"
    for number, expected in ((10, 10), (11, 0)):
        item = prepared(*(f"{opening} number {index}?" for index in range(number)))
        assert overlap(tmp_path, item, {"text": f"{opening} nothing"}).ngram == expected


def test_the_length_of_an_ngram(tmp_path: Path) -> None:
    row = {"text": " ".join(QUESTION.split()[:9])}
    assert overlap(tmp_path, prepared(QUESTION), row, ngram=9).ngram == 1
    assert overlap(tmp_path, prepared(QUESTION), row, ngram=10).ngram == 0
    with pytest.raises(UserError, match="--ngram 7: an n-gram has at least 8 words"):
        overlap(tmp_path, prepared(QUESTION), row, ngram=7)


def test_words() -> None:
    assert words_of("Straße ﬁne, ＡＢＣ\u00a0I_WALK 3.5") == ["strasse", "fine", "abc", "i_walk", "3", "5"]
    assert words_of("?! \n") == []


def test_what_samples_are_asked_about_is_no_question() -> None:
    spider, evolved, mmlu = prepare_tasks(["spider", "spider_evol", "mmlu"], "bundled", None)
    assert questions(spider.samples) == [sample.fields["question"] for sample in spider.samples]
    assert questions(mmlu.samples) == [sample.fields["question"] for sample in mmlu.samples]
    assert questions(evolved.samples) == questions(spider.samples)
    assert questions([Sample("a", {"x": "same"}, ""), Sample("b", {"x": "same"}, "")]) == ["same"] * 2
    assert questions([]) == []


# --- the report, the command, the leaderboard ----------------------------------------------------------------------


@pytest.fixture
def leaked(tmp_path: Path) -> Path:
    """A training file that holds the first 4 of SCAN's 16 mini samples in our own prompts."""
    task = registry()["scan"]
    (item,) = prepare_tasks(["scan"], "bundled", 4)
    path = tmp_path / "train.jsonl"
    lines = [
        json.dumps({"prompt": task.prompt.render(sample.fields), "completion": sample.target})
        for sample in item.samples
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_the_same_files_give_the_same_report(leaked: Path) -> None:
    def report() -> Contamination:
        return look_for(prepare_tasks(["scan", "spider"], "bundled", None), [leaked, leaked])

    content = json.loads(report().json())
    assert report().json() == report().json()
    assert content["files"] == [{"name": "train.jsonl", "rows": 4, "words": content["files"][0]["words"]}] * 2
    assert content["tasks"]["spider"]["share"] == 0.0
    scan = content["tasks"]["scan"]
    assert (scan["n"], scan["question"], scan["both"], scan["contaminated"], scan["share"]) == (16, 4, 4, 4, 0.25)
    assert len(scan["samples"]) == 4
    assert list(report().frame()["share"]) == [0.25, 0.0]


def test_the_command_and_its_mark_on_the_leaderboard(leaked: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    replay_run(runs, "gold", ["scan", "spider"])
    (model,) = runs.glob("*")
    assert build([runs], None).rows[0].cells["SCAN EM"].text == "100.00 ± 0.00 (n=16, mini)"
    result = CliRunner().invoke(
        app,
        [
            "contamination",
            str(leaked),
            "--tasks",
            "scan,spider",
            "--data",
            "bundled",
            "-o",
            str(model),
            "--format",
            "md",
        ],
    )
    assert result.exit_code == 0
    assert "| SCAN | 16 | 4 | 4 | 4 | 1 | 4 | 25.00 |" in result.output
    board = build([runs], None)
    assert board.rows[0].cells["SCAN EM"].text == "100.00 ± 0.00 (n=16, mini, seen 25.00 %)"
    assert board.rows[0].cells["Spider EM"].text == "100.00 ± 0.00 (n=16, mini)"
    assert board.captions()[-1].startswith("seen: ")
    assert board.frame()["mark"].iloc[0] == "mini, seen 25.00 %"


def test_a_finding_on_other_data_is_none_of_this_run(leaked: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    folder = replay_run(runs, "gold", ["scan"]).folder
    content = json.loads(look_for(prepare_tasks(["scan"], "bundled", None), [leaked]).json())
    content["tasks"]["scan"]["place"] = "local"
    (folder / CONTAMINATION_FILE).write_text(json.dumps(content))
    assert build([runs], None).rows[0].cells["SCAN EM"].seen == 0.0


def test_a_finding_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    folder = replay_run(tmp_path / "runs", "gold", ["scan"]).folder
    for content in ("{", "[]", '{"schema": 9}', '{"schema": 1, "tasks": {"scan": {}}}'):
        (folder / CONTAMINATION_FILE).write_text(content)
        with pytest.raises(UserError, match="is no finding of `symharness contamination`"):
            build([tmp_path], None)


@pytest.mark.parametrize(
    ("content", "message"), [("", "holds no text"), ('{"n": 1}\n', "holds no text"), ("{", "is not JSON")]
)
def test_a_bad_file_is_one_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text(content)
    result = CliRunner().invoke(app, ["contamination", str(path), "--tasks", "scan"])
    assert isinstance(result.exception, UserError)
    assert message in str(result.exception)


def test_a_task_that_is_not_there(leaked: Path) -> None:
    result = CliRunner().invoke(app, ["contamination", str(leaked), "--tasks", "scam"])
    assert isinstance(result.exception, UserError)


def test_every_task_can_be_looked_for(leaked: Path) -> None:
    tasks: list[Task] = [*registry().values()]
    report = look_for(prepare_tasks([task.name for task in tasks], "bundled", None), [leaked])
    assert {overlap.task.name: overlap.share for overlap in report.tasks if overlap.share} == {
        "scan": 0.25,
        "scan_evol": 0.25,
    }
