"""The metrics of Spider, SParC and CoSQL on bundled samples, and their breakdown."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from executors.outcome import Outcome, Status
from tasks.metrics import Statistics
from tasks.source import BUNDLED
from tasks.spider_format import in_dialect, read_interactions, read_questions
from tasks.sql import SPARC, SPIDER
from tasks.sql_metrics import COMPONENTS, by_hardness, by_turn, component_f1, exact_match
from tasks.task import Sample, Task

SAMPLES = {sample.fields["question"]: sample for sample in read_questions(BUNDLED / "spider")}
TURNS = list(read_interactions(BUNDLED / "sparc"))
OVER_2000 = SAMPLES[
    "What are the titles of the books published after 2000?"
]  # SELECT title FROM book WHERE year > 2000
DEEPEST = SAMPLES["List the names of the islands from the largest to the smallest area."]


def scores(sample: Sample, program: str, task: Task = SPIDER) -> dict[str, float]:
    outcome = task.execute(program, sample)
    return {metric.name: metric.measure(sample, program, outcome)["score"] for metric in task.metrics}


@pytest.mark.parametrize(
    ("sample", "program", "exact", "execution", "strict"),
    [
        (OVER_2000, "SELECT title FROM book WHERE year > 1900", 1, 0, 0),
        (OVER_2000, "SELECT b.title FROM book b WHERE NOT year <= 2000", 0, 1, 1),
        (OVER_2000, "SELECT DISTINCT title FROM book WHERE year > 2000", 1, 1, 1),
        (OVER_2000, "SELECT title FROM book WHERE year > = 2001;", 0, 1, 1),
        (OVER_2000, "SELECT title FROM book WHERE year > 2000; SELECT 1", 1, 1, 0),
        (DEEPEST, "SELECT name FROM island ORDER BY area_km2 ASC", 0, 0, 0),
        (DEEPEST, "DROP TABLE island", 0, 0, 0),
    ],
)
def test_three_views_of_one_answer(sample: Sample, program: str, exact: int, execution: int, strict: int) -> None:
    found = scores(sample, program)
    assert (found["exact_match"], found["execution_accuracy"], found["strict_execution"]) == (exact, execution, strict)


def test_one_database_is_its_own_test_suite() -> None:
    for program in ("SELECT title FROM book WHERE year > 2000", "SELECT title FROM book"):
        found = scores(OVER_2000, program)
        assert found["test_suite_accuracy"] == found["execution_accuracy"]


def test_a_test_suite_tells_apart_what_one_database_does_not(tmp_path: Path) -> None:
    shutil.copytree(BUNDLED / "spider", tmp_path, dirs_exist_ok=True)
    folder = tmp_path / "database" / "library"
    shutil.copy(folder / "library.sqlite", folder / "library_2.sqlite")
    with sqlite3.connect(folder / "library_2.sqlite") as connection:
        connection.execute("INSERT INTO book VALUES (99, 'Ninety Pages', 'A. Brief', 2000, 90)")
    connection.close()
    sample = next(sample for sample in read_questions(tmp_path) if sample.target == OVER_2000.target)
    found = scores(sample, "SELECT title FROM book WHERE year > 1993")
    assert (found["execution_accuracy"], found["test_suite_accuracy"]) == (1, 0)


def test_nothing_is_run_again_after_a_timeout() -> None:
    outcome = Outcome.failed(Status.TIMEOUT, "no end")
    found = {m.name: m.measure(OVER_2000, OVER_2000.target, outcome)["score"] for m in SPIDER.metrics}
    assert found == {"exact_match": 1, "execution_accuracy": 0, "strict_execution": 0, "test_suite_accuracy": 0}


def test_no_program_is_compared_as_an_empty_query() -> None:
    nothing = Outcome.failed(Status.NO_PROGRAM, "nothing")
    assert {m.measure(OVER_2000, None, nothing)["score"] for m in SPIDER.metrics} == {0.0}
    assert exact_match(OVER_2000, None, nothing)["order agrees"] == 1.0


def test_an_answer_in_another_dialect_is_translated_before_it_is_scored() -> None:
    program = "SELECT `title` FROM `book` WHERE `year` > 2000 LIMIT 0, 10"
    assert set(scores(OVER_2000, program).values()) == {0.0, 1.0}, "SQLite reads it, the official parser does not"
    plain = "SELECT title FROM book WHERE year::int > 2000 AND title ILIKE '%'"
    assert set(scores(OVER_2000, plain).values()) == {0.0}
    found = scores(in_dialect(OVER_2000, "postgres"), plain)
    assert (found["execution_accuracy"], found["strict_execution"]) == (1, 1)
    assert SPIDER.execute("SELECT (", in_dialect(OVER_2000, "mysql")).status is Status.INVALID


def test_interactions_count_when_all_their_turns_do() -> None:
    first = [sample for sample in TURNS if sample.group in ("dev-0", "dev-1")]
    answers = [sample.target for sample in first]
    answers[1] = "SELECT title FROM book"
    measured: dict[str, list[Statistics]] = {metric.name: [] for metric in SPARC.metrics}
    for sample, program in zip(first, answers, strict=True):
        outcome = SPARC.execute(program, sample)
        for metric in SPARC.metrics:
            measured[metric.name].append(metric.measure(sample, program, outcome))
    groups = [sample.group for sample in first]
    values = {metric.name: metric.aggregate(measured[metric.name], groups).value for metric in SPARC.metrics}
    assert values["exact_match"] == values["execution_accuracy"] == pytest.approx(6 / 7)
    assert values["interaction_match"] == values["interaction_execution"] == 0.5


class TestBreakdown:
    def test_by_hardness_and_by_turn(self) -> None:
        rows = [exact_match(sample, sample.target, Outcome(Status.OK)) for sample in TURNS]
        groups = [sample.group for sample in TURNS]
        grades = by_hardness(rows, groups)
        assert next(iter(grades)) == "easy"
        assert sum(estimate.n for estimate in grades.values()) == len(TURNS)
        turns = by_turn(rows, groups)
        assert {name: estimate.n for name, estimate in turns.items()} == {
            "turn 1": 5,
            "turn 2": 5,
            "turn 3": 4,
            "turn 4": 1,
        }
        assert {estimate.value for estimate in [*grades.values(), *turns.values()]} == {1.0}

    def test_the_fifth_turn_and_later_ones_are_one(self) -> None:
        rows = [{"score": float(turn != 6), "turn": float(turn)} for turn in range(1, 7)]
        late = by_turn(rows, [""] * 6)["turn > 4"]
        assert (late.value, late.n) == (0.5, 2)

    def test_questions_outside_interactions_have_no_turn(self) -> None:
        assert by_turn([exact_match(OVER_2000, OVER_2000.target, Outcome(Status.OK))], [""]) == {}

    def test_components_have_the_official_f1(self) -> None:
        programs = [
            "SELECT title FROM book WHERE year > 1",  # as gold
            "SELECT title FROM book",  # lacks its condition
            "SELECT title FROM book WHERE pages > 1",  # another one
        ]
        rows = [exact_match(OVER_2000, program, Outcome(Status.OK)) for program in programs]
        f1 = {name: component_f1(name)(rows, [""] * 3).value for name in COMPONENTS}
        assert f1["select"] == 1.0
        # Precision 1 of the 2 that have a condition, recall 1 of 3.
        assert f1["where"] == pytest.approx(2 * (1 / 2) * (1 / 3) / (1 / 2 + 1 / 3))
        assert f1["group"] == 1.0, "nobody has one"

    def test_an_unknown_component_is_our_mistake(self) -> None:
        with pytest.raises(ValueError, match="no component is called 'limit'"):
            component_f1("limit")
