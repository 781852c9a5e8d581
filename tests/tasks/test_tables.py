"""Table questions: files as they are released, answers from queries."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from executors import wikisql
from executors.outcome import Status
from tasks.scoring import score
from tasks.source import BUNDLED
from tasks.tables import _items, extract_wikisql, read_wikisql, read_wikitq
from tasks.task import DataError


def test_wikisql_in_sql_and_in_its_logical_form() -> None:
    first = next(iter(read_wikisql(BUNDLED / "wikisql")))
    for program in ("SELECT Seats FROM table WHERE Ferry = 'gannet'", first.target):
        scored = score("wikisql", first, program)
        assert scored.outcome.value == [340]
        assert scored.statistics["logical_form"] == {"score": 1.0}
    other = score("wikisql", first, "SELECT Seats FROM table WHERE Built = 2009")
    assert other.statistics == {
        "execution_accuracy": {"numerator": 1.0, "denominator": 1.0},
        "logical_form": {"score": 0.0},
    }


def test_rows_without_their_table_are_compared_by_form_only(data_root: Path) -> None:
    samples = list(read_wikisql(data_root / "wikisql"))
    assert len(samples) == 150
    assert sum(sample.context is not None for sample in samples) == 4
    alone = next(sample for sample in samples if sample.context is None)
    scored = score("wikisql", alone, alone.target)
    assert scored.outcome.status is Status.OK
    assert scored.statistics["execution_accuracy"]["denominator"] == 0


def test_the_released_database_gives_what_the_tables_file_gives(data_root: Path, tmp_path: Path) -> None:
    shutil.copytree(data_root / "wikisql", tmp_path, dirs_exist_ok=True)
    released = [sample for sample in read_wikisql(tmp_path) if isinstance(sample.context, wikisql.Table)]
    (tmp_path / "data").chmod(0o755)
    (tmp_path / "data" / "test.db").unlink()
    made = [sample for sample in read_wikisql(tmp_path) if isinstance(sample.context, wikisql.Table)]
    assert len(released) == len(made) == 4
    for one, other in zip(released, made, strict=True):
        assert isinstance(one.context, wikisql.Table)
        assert isinstance(other.context, wikisql.Table)
        assert one.context.database.content is None
        assert other.context.database.content is not None
        assert wikisql.execute(one.target, one.context).value == wikisql.execute(other.target, other.context).value


def test_wikitq_answers_come_from_queries_on_the_table() -> None:
    samples = list(read_wikitq(BUNDLED / "wikitq"))
    second = samples[1]
    assert score("wikitq", second, "SELECT points FROM t WHERE pos = 1").statistics["denotation_accuracy"] == {
        "score": 1.0
    }
    assert score("wikitq", second, "SELECT '1250'").statistics["denotation_accuracy"] == {"score": 1.0}
    assert score("wikitq", second, "SELECT points FROM t").statistics["denotation_accuracy"] == {"score": 0.0}


def test_every_supplied_table_is_read(data_root: Path) -> None:
    samples = list(read_wikitq(data_root / "wikitq"))
    assert len(samples) == 150
    assert all(sample.fields["table"].startswith("t(row_id INTEGER, ") for sample in samples)


@pytest.mark.parametrize(
    ("text", "items"),
    [("a|b", ("a", "b")), (r"a\pb", ("a|b",)), (r"a\nb", ("a\nb",)), (r"a\\pb", (r"a\pb",)), ("", ("",))],
)
def test_lists_are_unescaped(text: str, items: tuple[str, ...]) -> None:
    assert _items(text) == items


def test_logical_forms_are_cut_out() -> None:
    form = '{"sel": 0, "agg": 0, "conds": []}'
    assert extract_wikisql(f"Here it is: {form} I hope") == form
    assert extract_wikisql("The SQL is: SELECT a FROM table\n\nBye") == "SELECT a FROM table"
    assert extract_wikisql("no idea") is None


def test_a_result_of_too_many_answers_is_wrong() -> None:
    first = next(iter(read_wikitq(BUNDLED / "wikitq")))
    many = "WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < 3000) SELECT n, -n FROM c"
    assert score("wikitq", first, many).statistics["denotation_accuracy"] == {"score": 0.0}


def test_damaged_table_files_are_named(tmp_path: Path) -> None:
    shutil.copytree(BUNDLED / "wikitq", tmp_path, dirs_exist_ok=True)
    tagged = tmp_path / "tagged" / "data" / "pristine-unseen-tables.tagged"
    whole = tagged.read_text()
    tagged.write_text(whole.replace("\tAda Lund (FAR)\n", "\tAda|Lund\n"))
    with pytest.raises(DataError, match="question mini-0 is not the official form"):
        list(read_wikitq(tmp_path))
    tagged.write_text(whole)
    (tmp_path / "csv" / "900-csv" / "race.csv").unlink()
    with pytest.raises(DataError, match=r"the table of question mini-0 cannot be read.*race\.csv"):
        list(read_wikitq(tmp_path))
    (tmp_path / "csv" / "900-csv" / "race.csv").write_text("a,b\n" + "x" * 200_000)
    with pytest.raises(DataError, match="field larger than field limit"):
        list(read_wikitq(tmp_path))


def test_damaged_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "test.tables.jsonl").write_text("")
    (tmp_path / "data" / "test.jsonl").write_text('{"table_id": "x", "question": "?", "sql": {"sel": 0}}\n')
    with pytest.raises(DataError, match="row 0 is not WikiSQL's form"):
        list(read_wikisql(tmp_path))
    (tmp_path / "data" / "test.db").write_text("no database")
    with pytest.raises(DataError, match=r"test\.db is no SQLite database"):
        list(read_wikisql(tmp_path))
    (tmp_path / "data" / "test.db").unlink()
    (tmp_path / "data" / "test.jsonl").write_text('{"table_id"\n')
    with pytest.raises(DataError, match=r"test\.jsonl:1 is not whole JSON"):
        list(read_wikisql(tmp_path))
