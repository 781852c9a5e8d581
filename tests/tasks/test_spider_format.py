"""Spider, SParC and CoSQL in their official files: what is read, and what a broken file is told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.source import BUNDLED
from tasks.spider_format import context_of, in_dialect, read_interactions, read_questions
from tasks.sql import read_cosql
from tasks.task import DataError


@pytest.fixture
def spider(tmp_path: Path) -> Path:
    return shutil.copytree(BUNDLED / "spider", tmp_path / "spider")


def test_samples_carry_schema_question_gold_and_database(spider: Path) -> None:
    sample = next(iter(read_questions(spider)))
    assert sample.id == "dev-0"
    assert sample.target == "SELECT city, count(*) FROM branch GROUP BY city"
    assert sample.fields["question"] == "How many branches are there in each city?"
    assert "branch(branch_id, name, city, opened)" in sample.fields["schema"]
    assert "copy.book_id = book.book_id" in sample.fields["schema"]
    context = context_of(sample)
    assert context.database.path.name == "library.sqlite"
    assert context.suite == (context.database,)
    assert context.schema.tables["loan"] == {"loan_id", "copy_id", "reader", "days"}
    assert context.schema.keys["copy.book_id"] == context.schema.keys["book.book_id"]


def test_an_excerpt_keeps_the_upstream_row_numbers(spider: Path) -> None:
    rows = json.loads((spider / "dev.json").read_text())
    (spider / "dev_row_numbers.json").write_text(json.dumps([100 + index for index in range(len(rows))]))
    assert [sample.id for sample in read_questions(spider)][:2] == ["dev-100", "dev-101"]


def test_databases_beside_the_official_one_are_its_test_suite(spider: Path) -> None:
    folder = spider / "database" / "library"
    for name in ("library_2.sqlite", "library.sqlite_old", "library.sqlite-journal", "schema.sql"):
        shutil.copy(folder / "library.sqlite", folder / name)
    names = [database.path.name for database in context_of(next(iter(read_questions(spider)))).suite]
    assert names == ["library.sqlite", "library.sqlite_old", "library_2.sqlite"]


def test_turns_of_an_interaction_carry_what_was_said_before() -> None:
    samples = list(read_interactions(BUNDLED / "sparc"))
    third = samples[2]
    assert (third.id, third.group, context_of(third).turn) == ("dev-0-2", "dev-0", 2)
    assert third.fields["dialogue"] == "1. Which branches are there?\n2. Only those in Norwick."
    assert third.fields["question"] == "Which of them opened last?"
    assert samples[0].fields["dialogue"] == ""
    assert samples[3].group == "dev-1"


def test_a_sample_can_be_answered_in_another_dialect(spider: Path) -> None:
    sample = next(iter(read_questions(spider)))
    assert context_of(in_dialect(sample, "Postgres")).dialect == "postgres"
    with pytest.raises(ValueError, match="no SQL dialect is called 'klingon'"):
        in_dialect(sample, "klingon")


def test_the_real_files_are_read(data_root: Path) -> None:
    questions = list(read_questions(data_root / "spider"))
    assert len(questions) == 150
    assert len({context_of(sample).database for sample in questions}) == 18
    sparc = list(read_interactions(data_root / "sparc"))
    assert (len(sparc), len({sample.group for sample in sparc})) == (162, 55)
    cosql = list(read_cosql(data_root / "cosql"))
    assert (len(cosql), len({sample.group for sample in cosql})) == (141, 45)


def cut(folder: Path) -> None:
    path = folder / "dev.json"
    path.write_text(path.read_text()[:-100])


def without_query(folder: Path) -> None:
    path = folder / "dev.json"
    rows = json.loads(path.read_text())
    del rows[3]["query"]
    path.write_text(json.dumps(rows))


def without_tables(folder: Path) -> None:
    (folder / "tables.json").write_text("[]")


def tables_of_another_form(folder: Path) -> None:
    (folder / "tables.json").write_text('[{"db_id": "library"}]')


def not_a_database(folder: Path) -> None:
    (folder / "database" / "library" / "library.sqlite").write_text("moved to another server " * 50)


def numbers_of_another_file(folder: Path) -> None:
    (folder / "dev_row_numbers.json").write_text("[1, 2]")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut, r"dev\.json is not whole JSON"),
        (without_query, r"dev\.json: row 3 lacks the text 'query'"),
        (without_tables, r"tables\.json has no entry of the database 'library' \(dev\.json, row 0\)"),
        (tables_of_another_form, r"tables\.json: the entry 'library' is not of the official form"),
        (not_a_database, r"library\.sqlite is no SQLite database"),
        (numbers_of_another_file, r"dev_row_numbers\.json numbers 2 rows, dev\.json has 16"),
    ],
)
def test_damaged_files_are_named(spider: Path, damage: Callable[[Path], None], message: str) -> None:
    damage(spider)
    with pytest.raises(DataError, match=message):
        list(read_questions(spider))


def test_a_missing_database_is_named(spider: Path) -> None:
    shutil.rmtree(spider / "database" / "islands")
    with pytest.raises(FileNotFoundError, match="islands"):
        list(read_questions(spider))
