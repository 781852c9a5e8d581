"""WikiSQL queries: both written forms, and the official engine's habits."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executors import wikisql
from executors.outcome import Status

pytestmark = pytest.mark.alone

TABLE = wikisql.Table.of(
    {
        "id": "1-1",
        "header": ["Ferry", "Built", "Home harbour", "Max speed"],
        "types": ["text", "real", "text", "real"],
        "rows": [["Tern", 1998, "Skarnport", 14.5], ["Gannet", 2009, "Ondra", 21], ["Petrel", "n/a", "Ondra", 18]],
    }
)


@pytest.mark.parametrize(
    ("program", "form"),
    [
        ("SELECT Ferry FROM table", (0, 0, [])),
        ("select count(Ferry) from t where Home harbour = 'Ondra'", (0, 3, [(2, 0, "Ondra")])),
        (
            'SELECT "Home harbour" FROM table WHERE `Built` > 2000 AND Ferry = "Gannet";',
            (2, 0, [(1, 1, 2000), (0, 0, "Gannet")]),
        ),
        ("SELECT Max speed FROM table WHERE Ferry = Tern", (3, 0, [(0, 0, "Tern")])),
        ("SELECT MAX(Max speed) FROM table", (3, 1, [])),
        ("SELECT MIN built FROM table", (1, 2, [])),
        ("SELECT col0 FROM table WHERE col1 < 2001.5", (0, 0, [(1, 2, 2001.5)])),
        (
            "SELECT Ferry FROM table WHERE Home harbour = Sand and Salt AND Built = 3",
            (0, 0, [(2, 0, "Sand and Salt"), (1, 0, 3)]),
        ),
        ("SELECT Ferry FROM table WHERE Ferry = Inf", (0, 0, [(0, 0, "Inf")])),  # a name, no number
        ('SELECT Ferry FROM "our ferries"', (0, 0, [])),
        ("SELECT Ferry FROM table WHERE Ferry = 'Nan''s boat'", (0, 0, [(0, 0, "Nan's boat")])),
        ('{"sel": 0, "agg": 3, "conds": [[1, 1, 5]]}', (0, 3, [(1, 1, 5)])),
        ('{"query": {"sel": 0, "agg": 3, "conds": []}}', (0, 3, [])),
    ],
)
def test_both_forms_are_read(program: str, form: tuple[int, int, list[tuple[int, int, object]]]) -> None:
    query = wikisql.parse(program, TABLE)
    assert (query.select, query.aggregate, list(query.conditions)) == form


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("DROP TABLE t", "not of the form SELECT"),
        ("SELECT Colour FROM table", "the table has no column 'Colour'; it has Ferry, Built"),
        ("SELECT Ferry FROM table WHERE Colour = 1", "no column of the table stands before"),
        ("SELECT Ferry FROM table WHERE Built LIKE 3", "no column of the table stands before"),
        ("SELECT Ferry FROM table WHERE Ferry = 'a' OR Built = 2", "AND was expected before"),
        ('{"sel": 0}', "the logical form lacks agg, conds"),
        ('{"sel": 0, "agg": 0, "conds": [[1, 2]]}', "a condition is [column, operator, value]"),
        ('{"sel": ', "not a logical form"),
        ("{" * 10_000, "not a logical form"),
        ("x" * 30_000, "30000 characters"),
    ],
)
def test_what_is_no_query(program: str, reason: str) -> None:
    outcome = wikisql.execute(program, TABLE)
    assert outcome.status is Status.INVALID
    assert reason in outcome.detail


def form(select: object, aggregate: object, *conditions: tuple[object, object, object]) -> wikisql.Query:
    return wikisql.Query(select, aggregate, conditions)


@pytest.mark.parametrize(
    ("query", "value"),
    [
        (form(0, 0, (2, 0, "ONDRA")), ["gannet", "petrel"]),  # everything is lower case
        (form(0, 0, (1, 0, "built in 1998")), ["tern"]),  # the first number in it
        (form(0, 0, (1, 0, "1,998")), ["tern"]),
        (form(3, -1, (0, 0, "tern")), [14.5]),  # a negative place counts from the end: AVG
        (form(3, 1, (0, 0, "nobody")), [None]),
        (form(0, 3, (0, 0, "nobody")), [0]),
        (form("0", 0, (0, 0, "tern")), ["tern"]),  # pasted into a name
        (form(0, 0, (0, 0, "tern"), (0, 0, "gannet")), ["gannet"]),  # one parameter a column: the last wins
        (form(0, 0, (0, 0, ["never", "bound"]), (0, 0, "gannet")), ["gannet"]),
        (form("0, col3", 0, (0, 0, "tern")), [14.5]),
        (form("0 AS result FROM table_1_1 --", 0, (0, 0, "tern")), ["tern", "gannet", "petrel"]),
        (form(0, 0, (0, 0, "nan''s 'boat")), []),
        (form(0, 0, (0, 0, None)), []),
        (form(0, 0, (1, 2, float("inf"))), ["tern", "gannet"]),
    ],
)
def test_the_official_engines_habits(query: wikisql.Query, value: list[object]) -> None:
    assert wikisql.run(query, TABLE).value == value


@pytest.mark.parametrize(
    "query",
    [
        form(9, 0),
        form(-1, 0),
        form("00", 0),
        form("0 AS a", 0),
        form("0; DROP TABLE table_1_1", 0),
        form("0 FROM sqlite_master --", 0),
        form("0 AS x FROM table_1_1 --", 0),
        form([0], 0),
        form(True, 0),
        form(0, 0, ("00", 0, "x")),
        form(0, 0, (0.0, 0, "x")),
        form(0, 6),
        form(0, "MAX"),
        form(0, 0, (0, 3, "x")),
        form(0, 0, (1, 0, "no digits")),
        form(0, 0, (0, 0, ["a", "list"])),
        form(0, 0, (1, 0, None)),
        form(0, 0, (0, 0, 1 << 80)),
    ],
)
def test_what_the_official_engine_raises_on_has_no_value(query: wikisql.Query) -> None:
    assert wikisql.run(query, TABLE).status in (Status.ERROR, Status.INVALID, Status.BAD_ANSWER)
    assert wikisql.run(form(0, 3), TABLE).value == [3]


@pytest.mark.parametrize(
    "select",
    [
        "0 AS result FROM table_1_1, table_1_1 a, table_1_1 b, (WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL "
        "SELECT n + 1 FROM c) SELECT n FROM c) --",
        "0 AS result FROM table_1_1 WHERE printf('%.999999999d', 1) --",
        "0, (SELECT group_concat(hex(zeroblob(1000000))) FROM table_1_1, table_1_1 a) AS result FROM table_1_1 --",
        "0 AS result FROM table_1_1 WHERE load_extension('x') --",
    ],
)
def test_what_is_written_into_the_selected_column_is_bounded(select: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wikisql, "LIMITS", replace(wikisql.LIMITS, seconds=0.3, rows=100))
    started = time.perf_counter()
    assert wikisql.run(form(select, 0), TABLE).status in Status
    assert time.perf_counter() - started < 1.3
    assert wikisql.run(form(0, 3), TABLE).value == [3]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT " + "a from b where " * 600,
        "SELECT a" + " " * 9_900,
        "SELECT Ferry FROM table WHERE Ferry = x" + " and x" * 1_600,
        "SELECT Ferry FROM table WHERE Ferry = x" + " and" + " " * 9_900,
        "SELECT Ferry FROM table WHERE " + "Ferry = 'a' AND " * 600,
        "SELECT MAX(" * 900,
    ],
)
def test_long_texts_are_read_in_time(text: str) -> None:
    started = time.perf_counter()
    wikisql.execute(text, TABLE)
    assert time.perf_counter() - started < 1.0


def test_forms_are_compared_as_sets_of_lower_case_text() -> None:
    assert form(0, 0, (0, 0, "A"), (1, 0, 5)).key() == form(0, 0, (1, 0, "5"), (0, 0, "a"), (0, 0, "a")).key()
    assert form(0, 0, (1, 0, 5)).key() != form(0, 0, (1, 0, 5.0)).key()


def test_results_are_lists_in_order() -> None:
    both, other = (wikisql.run(form(0, 0, (2, 0, text)), TABLE) for text in ("ondra", "skarnport"))
    assert wikisql.same_result(both, both)
    assert not wikisql.same_result(both, other)
    assert not wikisql.same_result(wikisql.run(form(9, 0), TABLE), wikisql.run(form(9, 0), TABLE))


parts = st.sampled_from(
    ["SELECT ", "Ferry", " FROM table", " WHERE ", "Built", " = ", "'x'", " AND ", "MAX(", ")", '{"sel": 0, ']
)


@given(st.lists(parts, max_size=12).map("".join) | st.text(max_size=60))
def test_any_text_has_an_outcome(text: str) -> None:
    assert wikisql.execute(text, TABLE).status in (Status.OK, Status.INVALID, Status.ERROR)


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.lists(st.integers())


@given(values, values, st.lists(st.tuples(values, st.integers(-5, 5) | values, values), max_size=3))
def test_any_logical_form_has_an_outcome(
    select: object, aggregate: object, conditions: list[tuple[object, object, object]]
) -> None:
    assert wikisql.run(form(select, aggregate, *conditions), TABLE).status in Status
