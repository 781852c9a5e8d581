"""How a table of plain text becomes a typed SQLite table."""

from __future__ import annotations

import pytest

from executors import sql, table
from executors.outcome import Limits, Status


def test_names_are_lower_case_words_made_unique() -> None:
    found = table.typed(["Home Harbour", "home-harbour", "", "2nd", "Días", "row_id", "№"], [])
    assert [column.name for column in found.columns] == [
        "home_harbour",
        "home_harbour_2",
        "column_3",
        "c_2nd",
        "dias",
        "row_id_2",
        "no",
    ]


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "-2", "+3"], "INTEGER", (1, -2, 3)),
        (["1,234", "12", "–"], "INTEGER", (1234, 12, None)),
        (["1.5", "2", ""], "REAL", (1.5, 2.0, None)),
        (["1", "2 km"], "TEXT", ("1", "2 km")),
        (["1,23", "4"], "TEXT", ("1,23", "4")),
        (["", "-"], "TEXT", ("", "-")),
        (["May 3,\n 1998"], "TEXT", ("May 3, 1998",)),
        (["1234567890123456"], "TEXT", ("1234567890123456",)),
    ],
)
def test_types(cells: list[str], kind: str, values: tuple[object, ...]) -> None:
    found = table.typed(["x"], [[cell] for cell in cells])
    assert found.columns[0].type == kind
    assert tuple(row[0] for row in found.rows) == values


def test_rows_are_as_wide_as_the_header_and_numbered_from_one() -> None:
    found = table.typed(["a", "b"], [["1"], ["2", "x", "too much"]])
    outcome = sql.execute("SELECT * FROM t", found.database, Limits())
    assert sql.rows_of(outcome) == ((1, 1, ""), (2, 2, "x"))


def test_the_same_table_is_the_same_database() -> None:
    first, second = (table.typed(["a"], [["1"]], name).database for name in ("x", "y"))
    assert first.sha256 == second.sha256


@pytest.mark.parametrize("query", ["DROP TABLE t", "INSERT INTO t VALUES (9, 9)", "ATTACH 'x' AS y"])
def test_it_cannot_be_changed(query: str) -> None:
    database = table.typed(["a"], [["1"]]).database
    assert sql.execute(query, database, Limits()).status is Status.REFUSED
    assert sql.rows_of(sql.execute("SELECT a FROM t", database, Limits())) == ((1,),)


def test_no_table_is_too_large_or_empty() -> None:
    with pytest.raises(ValueError, match="0 columns"):
        table.typed([], [])
    with pytest.raises(ValueError, match="3 columns and 300000 cells"):
        table.typed(["a"] * 3, [[]] * 100_000)
    with pytest.raises(ValueError, match="1001 columns"):
        table.typed(["a"] * 1_001, [])
