"""Spider in its official files: what is read, and what a broken file is told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from executors.sql import Database
from tasks.source import BUNDLED
from tasks.sql import read_spider
from tasks.task import DataError


@pytest.fixture
def spider(tmp_path: Path) -> Path:
    return shutil.copytree(BUNDLED / "spider", tmp_path / "spider")


def test_samples_carry_schema_question_gold_and_database(spider: Path) -> None:
    sample = next(iter(read_spider(spider)))
    assert sample.id == "dev-0"
    assert sample.fields["question"] == "How many branches are there in each city?"
    assert "branch(branch_id, name, city, opened)" in sample.fields["schema"]
    assert "copy.book_id = book.book_id" in sample.fields["schema"]
    assert isinstance(sample.context, Database)


def test_an_excerpt_keeps_the_upstream_row_numbers(spider: Path) -> None:
    rows = json.loads((spider / "dev.json").read_text())
    (spider / "dev_row_numbers.json").write_text(json.dumps([100 + index for index in range(len(rows))]))
    assert [sample.id for sample in read_spider(spider)][:2] == ["dev-100", "dev-101"]


def test_the_real_files_are_read(data_root: Path) -> None:
    samples = list(read_spider(data_root / "spider"))
    assert len(samples) == 150
    assert len({sample.context for sample in samples}) == 18


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


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut, r"dev\.json is not whole JSON"),
        (without_query, r"dev\.json: row 3 .* lacks 'query'"),
        (without_tables, r"row 0 or its entry in tables\.json lacks 'library'"),
    ],
)
def test_damaged_files_are_named(spider: Path, damage: Callable[[Path], None], message: str) -> None:
    damage(spider)
    with pytest.raises(DataError, match=message):
        list(read_spider(spider))


def test_a_missing_database_is_named(spider: Path) -> None:
    shutil.rmtree(spider / "database" / "islands")
    with pytest.raises(FileNotFoundError, match="islands"):
        list(read_spider(spider))
