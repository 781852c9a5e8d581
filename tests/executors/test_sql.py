"""Queries of a model on a database that must not change, and the official way to compare two results."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections import Counter
from collections.abc import Sequence
from itertools import permutations, product
from pathlib import Path

import pytest

from executors.outcome import Limits, Outcome, Status
from executors.sql import (
    Cell,
    Database,
    Mode,
    Row,
    execute,
    execution_match,
    prediction_line,
    results_equal,
    strict_match,
    suite_match,
    transpile,
)
from executors.sql.database import LONGEST_STATEMENT, OPEN_DATABASES, rows_of
from executors.sql.functions import Functions
from executors.sql.official import strip_distinct
from executors.sql.strict import is_ordered

SCHEMA = """
CREATE TABLE bird (id INTEGER PRIMARY KEY, name TEXT, wingspan REAL, region TEXT);
INSERT INTO bird VALUES (1, 'heron', 1.8, 'coast'), (2, 'wren', 0.15, 'forest'),
                        (3, 'gull', 1.2, 'coast'), (4, 'owl', 0.95, NULL);
CREATE TABLE number (n INTEGER);
WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 1000) INSERT INTO number SELECT n FROM up;
"""
LIMITS = Limits(seconds=10.0, memory=64 << 20, output=1 << 20, rows=5_000)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return make_database(tmp_path_factory.mktemp("sql") / "birds.sqlite", SCHEMA)


def make_database(path: Path, script: str) -> Database:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    return Database.of(path)


def status(query: str, database: Database, limits: Limits = LIMITS) -> Status:
    return execute(query, database, limits).status


class TestDatabase:
    def test_is_named_by_its_content(self, database: Database) -> None:
        assert database.sha256 == hashlib.sha256(database.path.read_bytes()).hexdigest()

    def test_missing_file_is_our_mistake(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match=r"no database file at .*nowhere\.sqlite"):
            Database.of(tmp_path / "nowhere.sqlite")

    def test_other_content_than_named_is_our_mistake(self, tmp_path: Path) -> None:
        real = make_database(tmp_path / "a.sqlite", "CREATE TABLE t (a)")
        with pytest.raises(ValueError, match="is not the database it is named as"):
            execute("SELECT 1", Database(real.path, "0" * 64), LIMITS)

    def test_other_file_format_is_our_mistake(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.sqlite"
        path.write_text("no database " * 100)
        with pytest.raises(ValueError, match="is no SQLite database"):
            execute("SELECT 1", Database.of(path), LIMITS)

    def test_path_may_hold_characters_of_a_uri(self, tmp_path: Path) -> None:
        odd = make_database(tmp_path / "a b?mode=rw#%41.sqlite", "CREATE TABLE odd (a); INSERT INTO odd VALUES (7)")
        assert rows_of(execute("SELECT a FROM odd", odd, LIMITS)) == ((7,),)

    def test_more_databases_than_are_kept_open(self, tmp_path: Path) -> None:
        many = [
            make_database(tmp_path / f"{i}.sqlite", f"CREATE TABLE t (a); INSERT INTO t VALUES ({i})")
            for i in range(OPEN_DATABASES + 3)
        ]
        for _ in range(2):
            answers = [rows_of(execute("SELECT a FROM t", one, LIMITS)) for one in many]
            assert answers == [((i,),) for i in range(len(many))]


class TestReading:
    def test_value_holds_columns_and_rows(self, database: Database) -> None:
        outcome = execute("SELECT name, wingspan AS span FROM bird WHERE id < 3", database, LIMITS)
        assert outcome.status is Status.OK
        assert outcome.value == {"columns": ("name", "span"), "rows": (("heron", 1.8), ("wren", 0.15))}
        assert outcome.seconds > 0

    def test_cells_keep_their_types(self, database: Database) -> None:
        assert rows_of(execute("SELECT 1, 1.0, '1', x'31', NULL", database, LIMITS)) == ((1, 1.0, "1", b"1", None),)

    def test_no_rows_is_a_result(self, database: Database) -> None:
        assert execute("SELECT name FROM bird WHERE id = 9", database, LIMITS).value == {
            "columns": ("name",),
            "rows": (),
        }

    def test_bytes_that_are_no_utf8_are_left_out(self, tmp_path: Path) -> None:
        broken = make_database(
            tmp_path / "broken.sqlite", "CREATE TABLE t (a); INSERT INTO t VALUES (CAST(x'61ff62' AS TEXT))"
        )
        assert rows_of(execute("SELECT a FROM t", broken, LIMITS)) == (("ab",),)

    @pytest.mark.parametrize(
        "query",
        [
            "WITH c AS (SELECT * FROM bird) SELECT count(*) FROM c",
            "VALUES (4)",
            "SELECT count(*) FROM pragma_table_info('bird')",
            "SELECT value FROM json_each('[4]')",
            "SELECT sum(n) OVER () - n + 3 FROM number WHERE n = 1",
            "SELECT 4 -- a comment",
            "\ufeffSELECT 4;",
            "SELECT printf('%.0f', 4.2)",
            "SELECT printf('bird 20240101: %d of %5.1f%%', 99999999, 4.2)",
        ],
    )
    def test_whatever_reads_runs(self, query: str, database: Database) -> None:
        outcome = execute(query, database, LIMITS)
        assert outcome.status is Status.OK, outcome.detail

    def test_schema_pragmas_and_explain_read(self, database: Database) -> None:
        for query in (
            "PRAGMA table_info(bird)",
            "pragma Foreign_Key_List(bird)",
            "EXPLAIN QUERY PLAN SELECT 1 FROM bird",
        ):
            assert status(query, database) is Status.OK

    def test_full_text_tables_can_be_searched(self, tmp_path: Path) -> None:
        try:
            indexed = make_database(
                tmp_path / "indexed.sqlite",
                "CREATE VIRTUAL TABLE four USING fts4(x); INSERT INTO four VALUES ('marsh tern');"
                "CREATE VIRTUAL TABLE five USING fts5(x); INSERT INTO five VALUES ('marsh tern');",
            )
        except sqlite3.OperationalError:
            pytest.skip("this SQLite is built without full-text search")
        for table in ("four", "five"):
            query = f"SELECT x FROM {table} WHERE {table} MATCH 'tern'"
            assert rows_of(execute(query, indexed, LIMITS)) == (("marsh tern",),)


class TestOwnFunctions:
    """Some functions are ours, for SQLite's cannot be interrupted; nobody must notice."""

    CELLS = ("", "a", "aba", " a b ", "é", "日本", None, 1, 0, 1.5, -0.0, 1e20, b"a", b"", "1", "%5d", "x" * 50)

    @pytest.mark.parametrize(
        ("name", "arity"),
        [("instr", 2), ("replace", 3), ("printf", 2), *((t, n) for t in ("trim", "ltrim", "rtrim") for n in (1, 2))],
    )
    def test_answer_as_sqlites_own(self, name: str, arity: int) -> None:
        native, ours = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")
        functions = Functions()
        functions.register(ours)
        call = f"{name}({', '.join(f'?{place + 1}' for place in range(arity))})"
        for cells in product(self.CELLS, repeat=arity):
            answers = [each.execute(f"SELECT {call}, typeof({call})", cells).fetchone() for each in (native, ours)]
            assert answers[0] == answers[1], (name, cells)
        for connection in (native, ours, functions):
            connection.close()

    def test_text_that_is_no_utf8_reaches_sqlites_own(self, tmp_path: Path) -> None:
        broken = make_database(
            tmp_path / "broken.sqlite", "CREATE TABLE t (a); INSERT INTO t VALUES (CAST(x'20ff6220' AS TEXT))"
        )
        query = "SELECT trim(a), instr(a, 'b'), printf('%s', a) FROM t"
        assert rows_of(execute(query, broken, LIMITS)) == (("b", 3, " b "),)
        assert status("SELECT instr(hex(zeroblob(400000)), hex(zeroblob(200000)) || '1')", broken) is Status.OK


class TestWhatIsNoQuery:
    @pytest.mark.parametrize("query", ["", "  \n\t ", ";", " ; ; ", "-- nothing", "/* open", "/* a */ -- b\n;"])
    def test_nothing_to_run(self, query: str, database: Database) -> None:
        assert status(query, database) is Status.NO_PROGRAM

    @pytest.mark.parametrize(
        ("query", "reason"),
        [
            ("SELECT a.b.nme FROM bird", "no column 'nme'"),
            ("SELECT nme FROM bird", "no column 'nme' in table bird; did you mean 'name'?"),
            ("SELECT b.wing_span FROM bird AS b", "no column 'wing_span' in table bird; did you mean 'wingspan'?"),
            ("SELECT x.nme FROM number, bird x", "no column 'nme' in table bird; did you mean 'name'?"),
            ("SELECT nme FROM bird, number", "in the tables bird, number; did you mean 'bird.name'?"),
            ("SELECT zq FROM number", "no column 'zq' in table number; its columns are n"),
            ("SELECT name FROM number", "no column 'name' in table number; table bird has one"),
            ("SELECT name", "no column 'name'; the query reads no table"),
            ("SELECT * FROM birds", "no table 'birds'; did you mean 'bird'?"),
            ("SELECT * FROM zoo_keepers", "no table 'zoo_keepers'; the tables are bird, number"),
            ("SELECT no_such(1)", "SQLite has no function 'no_such'"),
            ("SELECT if(id > 1, 2, 3) FROM bird", "SQLite has no function 'if'; translated from postgres it would run"),
            ("SELECT id::text FROM bird", 'unrecognized token: ":"; translated from postgres it would run'),
            ("SELECT TOP 1 name FROM bird", "syntax error near '1'; translated from tsql it would run"),
            ("SELECT FROM bird", "syntax error near 'FROM'"),
            ("SELECT name FROM bird WHERE", "the query ends too early, after 'name FROM bird WHERE'"),
            ("There are four birds.", "syntax error near 'There'"),
            ("SELECT 1; SELECT 2", "more than one statement: write exactly one"),
            ("SELECT 1; DROP TABLE bird", "more than one statement: write exactly one"),
            ("SELECT name FROM bird WHERE id = ?", "the query holds a parameter mark"),
            ("SELECT :a, @b", "the query holds a parameter mark"),
            ("SELECT 1\0", "the query holds a NUL character"),
            ("SELECT '\ud800'", "the query is no valid Unicode at character 8"),
            ("SELECT " + "(" * 5_000 + "1" + ")" * 5_000, "parser stack overflow"),
            ("SELECT " + "+".join(["1"] * 5_000), "Expression tree is too large"),
            ("SELECT '" + "x" * 1_000_000 + "'", f"at most {LONGEST_STATEMENT} run"),
        ],
    )
    def test_invalid_says_why_in_one_line(self, query: str, reason: str, database: Database) -> None:
        outcome = execute(query, database, LIMITS)
        assert outcome.status is Status.INVALID
        assert reason in outcome.detail
        assert "\n" not in outcome.detail

    @pytest.mark.parametrize(
        "query", ["SELECT abs(-9223372036854775808)", "SELECT json('{')", "SELECT 1 LIKE 2 ESCAPE 'ab'"]
    )
    def test_failing_while_it_runs_is_an_error(self, query: str, database: Database) -> None:
        assert status(query, database) is Status.ERROR


WRITES = [
    "INSERT INTO bird VALUES (9, 'x', 1, 'y')",
    "INSERT INTO bird (name) VALUES ('x') RETURNING 4",
    "REPLACE INTO bird VALUES (1, 'x', 1, 'y')",
    "UPDATE bird SET name = 'x'",
    "UPDATE sqlite_master SET sql = ''",
    "DELETE FROM bird WHERE id = 1 RETURNING 4",
    "WITH w AS (SELECT 1) DELETE FROM bird",
    "CREATE TABLE zoo (a)",
    "CREATE TABLE IF NOT EXISTS bird (a)",
    "CREATE TEMP TABLE zoo AS SELECT 1",
    "CREATE VIEW v AS SELECT 1",
    "CREATE INDEX i ON bird (name)",
    "CREATE VIRTUAL TABLE v USING fts5(x)",
    "CREATE TRIGGER t AFTER INSERT ON bird BEGIN DELETE FROM bird; END",
    "DROP TABLE bird",
    "DROP TABLE IF EXISTS absent",
    "ALTER TABLE bird RENAME TO fish",
    "EXPLAIN DROP TABLE bird",
    "VACUUM",
    "VACUUM INTO 'planted.sqlite'",
    "REINDEX",
    "ANALYZE",
    "BEGIN",
    "COMMIT",
    "SAVEPOINT s",
    "ATTACH DATABASE 'planted.sqlite' AS planted",
    "ATTACH ':memory:' AS m",
    "DETACH main",
    "PRAGMA foreign_keys = ON",
    "PRAGMA writable_schema = 1",
    "PRAGMA page_size = 512",
    "PRAGMA temp_store_directory = '.'",
    "PRAGMA hard_heap_limit = 1",
    "SELECT * FROM pragma_database_list",
    "SELECT load_extension('x')",
    "SELECT fts3_tokenizer('simple')",
    "SELECT readfile('planted')",
    "SELECT writefile('planted', 'x')",
]

BOMBS = {
    "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT count(*) FROM r": {Status.TIMEOUT},
    "SELECT count(*) FROM number a, number b, number c, number d": {Status.TIMEOUT},
    "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r": {Status.OUTPUT_LIMIT},
    "SELECT a.n FROM number a, number b": {Status.OUTPUT_LIMIT},
    "SELECT zeroblob(1000000000)": {Status.OUTPUT_LIMIT},
    "SELECT length(zeroblob(900000000))": {Status.OUTPUT_LIMIT},
    "SELECT length(printf('%900000000d', 1))": {Status.OUTPUT_LIMIT},
    "SELECT printf('%.*c', 1000000000, 'x')": {Status.OUTPUT_LIMIT},
    "SELECT format('%*d', '999999999', 1)": {Status.OUTPUT_LIMIT},
    "SELECT group_concat(hex(zeroblob(1000))) FROM number": {Status.OUTPUT_LIMIT},
    "SELECT hex(zeroblob(400000)), hex(zeroblob(400000))": {Status.OUTPUT_LIMIT},
    "SELECT " + ", ".join(["x"] * 1_900) + " FROM (SELECT hex(zeroblob(400000)) AS x)": {
        Status.OUTPUT_LIMIT,
        Status.MEMORY,
    },
    "SELECT replace(hex(zeroblob(500000)), '0', '0123456789')": {Status.OUTPUT_LIMIT},
    "SELECT hex(randomblob(2000)) AS x FROM number a, number b ORDER BY x": {Status.MEMORY, Status.TIMEOUT},
    # Doubles with every step, before anything runs.
    "WITH t0 AS (SELECT 1 AS x), "
    + ", ".join(f"t{i} AS (SELECT a.x FROM t{i - 1} a, t{i - 1} b)" for i in range(1, 30))
    + " SELECT count(*) FROM t29": {Status.MEMORY},
}


class TestHostileQueries:
    @pytest.fixture(autouse=True)
    def nothing_changes(self, database: Database, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
        monkeypatch.chdir(database.path.parent)
        yield
        assert Database.of(database.path) == database
        assert [path.name for path in database.path.parent.iterdir()] == [database.path.name]
        assert rows_of(execute("SELECT count(*) FROM bird", database, LIMITS)) == ((4,),)

    @pytest.mark.parametrize("query", WRITES)
    def test_all_but_reading_is_refused(self, query: str, database: Database) -> None:
        outcome = execute(query, database, LIMITS)
        assert outcome.status is Status.REFUSED, outcome
        assert "is not allowed" in outcome.detail

    @pytest.mark.parametrize(("query", "allowed"), BOMBS.items(), ids=[query[:60] for query in BOMBS])
    def test_every_bomb_has_an_outcome(self, query: str, allowed: set[Status], database: Database) -> None:
        limits = Limits(seconds=0.3 if Status.TIMEOUT in allowed else 30.0, memory=32 << 20, output=1 << 20, rows=5_000)
        assert status(query, database, limits) in allowed

    def test_the_limits_are_the_calls_own(self, database: Database) -> None:
        query = "SELECT n FROM number ORDER BY hex(zeroblob(2000)), n"
        assert status(query, database, Limits(memory=1 << 20)) is Status.MEMORY
        assert status(query, database, Limits(memory=64 << 20)) is Status.OK
        assert status(query, database, Limits(rows=999)) is Status.OUTPUT_LIMIT
        assert status(query, database, Limits(rows=1000)) is Status.OK
        assert status(query, database, Limits(output=1000)) is Status.OUTPUT_LIMIT


def brute_force(gold: Sequence[Row], predicted: Sequence[Row], ordered: bool) -> bool:
    """The definition: some permutation of the columns makes the bags (lists) equal."""
    if len(gold) != len(predicted) or (gold and len(gold[0]) != len(predicted[0])):
        return False
    for order in permutations(range(len(gold[0]) if gold else 0)):
        moved = [tuple(row[i] for i in order) for row in predicted]
        if list(gold) == moved if ordered else Counter(gold) == Counter(moved):
            return True
    return False


class TestTranspile:
    @pytest.mark.parametrize(
        ("dialect", "program", "rows"),
        [
            ("postgres", "SELECT name FROM bird WHERE name ILIKE 'HER%' AND id::text = '1'", (("heron",),)),
            ("postgres", "SELECT name FROM bird ORDER BY id OFFSET 1 ROWS FETCH FIRST 1 ROWS ONLY", (("wren",),)),
            ("mysql", "SELECT CONCAT(`name`, '!') FROM bird LIMIT 2, 1", (("gull!",),)),
            ("mysql", "SELECT YEAR('2021-03-04'), MONTH('2021-03-04')", ((2021, 3),)),
            ("duckdb", "SELECT EXTRACT(YEAR FROM DATE '2021-03-04')", ((2021,),)),
            ("tsql", "SELECT TOP 1 [name] FROM [bird] ORDER BY id", (("heron",),)),
            ("sqlite", "SELECT name FROM bird LIMIT 1", (("heron",),)),
        ],
    )
    def test_other_dialects_run(self, dialect: str, program: str, rows: tuple[Row, ...], database: Database) -> None:
        text = transpile(program, dialect)
        assert isinstance(text, str)
        assert rows_of(execute(text, database, LIMITS)) == rows

    @pytest.mark.parametrize(
        ("program", "status", "detail"),
        [
            ("SELECT (1", Status.INVALID, "not mysql: Expecting )"),
            ("SELECT 1; SELECT 2", Status.INVALID, "2 statements: write exactly one"),
            ("-- nothing", Status.NO_PROGRAM, "0 statements"),
            ("SELECT " + "(" * 3_000, Status.INVALID, ""),
            ("SELECT " + "1," * 30_000, Status.INVALID, "at most 20000 are translated"),
        ],
    )
    def test_what_is_no_statement_has_an_outcome(self, program: str, status: Status, detail: str) -> None:
        outcome = transpile(program, "mysql")
        assert isinstance(outcome, Outcome)
        assert outcome.status is status
        assert detail in outcome.detail

    def test_an_unknown_dialect_is_our_mistake(self) -> None:
        with pytest.raises(ValueError, match="no SQL dialect is called 'klingon'; there are athena, "):
            transpile("SELECT 1", "klingon")

    def test_writes_stay_refused(self, database: Database) -> None:
        text = transpile("DROP TABLE bird", "postgres")
        assert isinstance(text, str)
        assert status(text, database) is Status.REFUSED


class TestStrictMatch:
    @pytest.mark.parametrize(
        ("gold", "predicted", "equal"),
        [
            ("SELECT name, id FROM bird", "SELECT id, name FROM bird", True),
            ("SELECT DISTINCT region FROM bird", "SELECT region FROM bird", False),
            ("SELECT DISTINCT region FROM bird", "SELECT region FROM bird GROUP BY region", True),
            ("SELECT id FROM bird WHERE 0", "SELECT name FROM bird WHERE 0", True),
            ("SELECT id FROM bird WHERE 0", "SELECT id, name FROM bird WHERE 0", False),
            ("SELECT id FROM bird ORDER BY id", "SELECT id FROM bird ORDER BY id DESC", False),
            ("SELECT id FROM bird  ORDER  BY id", "SELECT id FROM bird ORDER BY id DESC", False),
            ("SELECT id FROM bird", "SELECT id FROM bird ORDER BY id DESC", True),
            ("SELECT id FROM (SELECT id FROM bird ORDER BY id)", "SELECT id FROM bird ORDER BY id DESC", True),
            ("SELECT id FROM bird WHERE name != 'order by'", "SELECT id FROM bird ORDER BY id DESC", True),
            ("SELECT id FROM bird WHERE id > = 3", "SELECT id FROM bird WHERE id >= 3", True),
            ("SELECT 1, 1.5", "SELECT 1.0, 1.5", True),
            ("SELECT id FROM bird", "SELECT id FROM bird; DROP TABLE bird", False),
            ("SELECT id FROM bird WHERE 0", "DROP TABLE bird", False),
            ("SELECT * FROM gone", "SELECT * FROM gone", False),
        ],
    )
    def test_what_the_official_verdict_lets_pass(
        self, gold: str, predicted: str, equal: bool, database: Database
    ) -> None:
        assert strict_match(gold, execute(predicted, database, LIMITS), database, LIMITS) is equal

    @pytest.mark.parametrize(
        ("query", "ordered"),
        [
            ("SELECT a FROM t ORDER BY a", True),
            ("SELECT a FROM t UNION SELECT b FROM t order\nby a", True),
            ("SELECT a FROM t WHERE b = ')' ORDER BY a", True),
            ("SELECT a, row_number() OVER (ORDER BY a) FROM t", False),
            ('SELECT "order by" FROM t -- order by', False),
            ("WITH c AS (SELECT a FROM t ORDER BY a) SELECT a FROM c", False),
            ("SELECT reorder, by_name FROM t", False),
        ],
    )
    def test_the_outermost_order_counts(self, query: str, ordered: bool) -> None:
        assert is_ordered(query) is ordered


class TestSuiteMatch:
    @pytest.fixture
    def suite(self, tmp_path: Path) -> list[Database]:
        fill = "CREATE TABLE t (a, b); INSERT INTO t VALUES "
        rows = ["(1, 1), (2, 2)", "(1, 2), (2, 2)"]
        return [make_database(tmp_path / f"{i}.sqlite", fill + row) for i, row in enumerate(rows)]

    def test_results_must_be_equal_on_all_databases(self, suite: list[Database]) -> None:
        def match(predicted: str, databases: list[Database]) -> bool:
            return suite_match("SELECT a FROM t", predicted, databases, Mode.DEFAULT, LIMITS)

        assert match("SELECT a FROM t WHERE b > 0", suite)
        assert match("SELECT b FROM t", suite[:1])
        assert not match("SELECT b FROM t", suite)

    def test_values_are_not_plugged(self, suite: list[Database]) -> None:
        with pytest.raises(ValueError, match="not run in mode plug_value"):
            suite_match("SELECT a FROM t", "SELECT a FROM t", suite, Mode.PLUG_VALUE, LIMITS)


class TestResultsEqual:
    @pytest.mark.parametrize(
        ("gold", "predicted", "bag", "ordered"),
        [
            ([], [], True, True),
            ([], [(1,)], False, False),
            ([(1,)], [(1.0,)], True, True),
            ([(1,)], [("1",)], False, False),
            ([(0.3,)], [(0.1 + 0.2,)], False, False),
            ([(None,)], [("",)], False, False),
            ([(b"a",)], [("a",)], False, False),
            ([(1,), (2,)], [(2,), (1,)], True, False),
            ([(1,), (1,), (2,)], [(1,), (2,), (2,)], False, False),
            ([(1, "a"), (2, "b")], [("a", 1), ("b", 2)], True, True),
            ([(1, "a"), (2, "b")], [("b", 1), ("a", 2)], False, False),
            ([(1, 1)], [(1,)], False, False),
        ],
    )
    def test_cells_rows_and_columns(self, gold: list[Row], predicted: list[Row], bag: bool, ordered: bool) -> None:
        assert results_equal(gold, predicted, ordered=False) is bag
        assert results_equal(gold, predicted, ordered=True) is ordered

    def test_the_official_quick_rejection_sorts_cells_by_their_text(self) -> None:
        # '1.5' sorts before '1<class ...' and '1.0' before '1.5': equal rows, unequal when sorted.
        assert results_equal([(1, 1.5)], [(1.0, 1.5)], ordered=False) is False
        assert results_equal([(1, 2.5)], [(1.0, 2.5)], ordered=False) is True
        assert results_equal([(0.0, "-1")], [(-0.0, "-1")], ordered=True) is False

    @pytest.mark.parametrize("ordered", [False, True])
    def test_agrees_with_the_definition_on_small_tables(self, ordered: bool) -> None:
        chance = random.Random(7)
        verdicts = Counter[bool]()
        for _ in range(3_000):
            width, height = chance.randint(1, 4), chance.randint(1, 5)
            all_cells: list[Cell] = [0, 1, "a", None]
            cells = all_cells[: chance.randint(1, 4)]
            gold = [tuple(chance.choices(cells, k=width)) for _ in range(height)]
            order = chance.sample(range(width), width)
            predicted = [tuple(row[i] for i in order) for row in gold]
            if not ordered or chance.random() < 0.3:
                chance.shuffle(predicted)
            if chance.random() < 0.5:
                row = chance.randrange(height)
                predicted[row] = tuple(chance.choices(cells, k=width))
            expected = brute_force(gold, predicted, ordered)
            assert results_equal(gold, predicted, ordered) is expected, (gold, predicted)
            verdicts[expected] += 1
        assert min(verdicts.values()) > 500

    def test_many_identical_columns_end(self) -> None:
        # The official search takes 9 ** 9 steps for nine columns.
        width = 40
        assert results_equal([(1,) * width] * 3, [(1,) * width] * 3, ordered=False)
        assert not results_equal([(1,) * width] * 3, [(1,) * (width - 1) + (2,)] * 3, ordered=False)
        same = [(n,) * width for n in range(50)]
        assert results_equal(same, same[::-1], ordered=False)
        assert not results_equal(same, same[::-1], ordered=True)

    def test_many_symmetric_columns_end(self) -> None:
        width = 24
        unit: list[Row] = [tuple(int(i == j) for j in range(width)) for i in range(width)]
        shuffled = random.Random(1).sample(unit, width)
        assert results_equal(unit, shuffled, ordered=False)
        # Every column holds one 1 and every row but two does: no order of columns makes them equal.
        lame = [*unit[:-2], (0,) * (width - 2) + (1, 1), (0,) * width]
        assert not results_equal(unit, lame, ordered=False)

    def test_cycles_that_only_a_search_tells_apart(self) -> None:
        def edges(*rings: Sequence[int]) -> list[Row]:
            pairs = [{ring[i], ring[i - 1]} for ring in rings for i in range(len(ring))]
            return [tuple(int(node in pair) for node in range(8)) for pair in pairs]

        one_ring, two_rings = edges(range(8)), edges(range(4), range(4, 8))
        assert not results_equal(one_ring, two_rings, ordered=False)
        assert results_equal(one_ring, edges([3, 1, 4, 0, 5, 2, 6, 7]), ordered=False)
        assert results_equal(two_rings, edges([0, 5, 2, 7], [1, 4, 3, 6]), ordered=False)


def equal(gold: str, predicted: str, database: Database, mode: Mode = Mode.DEFAULT) -> bool:
    return execution_match(gold, predicted, database, mode, LIMITS).equal


class TestExecutionMatch:
    def test_carries_both_outcomes(self, database: Database) -> None:
        match = execution_match("SELECT count(*) FROM bird", "SELECT nme FROM bird", database, Mode.DEFAULT, LIMITS)
        assert (match.equal, match.gold.status, match.predicted.status) == (False, Status.OK, Status.INVALID)
        assert rows_of(match.gold) == ((4,),)

    def test_gold_that_fails_is_seen_and_never_equal(self, database: Database) -> None:
        match = execution_match("SELECT * FROM gone", "SELECT * FROM gone", database, Mode.PLUG_VALUE, LIMITS)
        assert not match.equal
        assert match.gold.status is Status.INVALID

    def test_distinct_is_stripped_from_both_unless_kept(self, database: Database) -> None:
        gold, predicted = "SELECT DISTINCT region FROM bird", "SELECT region FROM bird"
        assert equal(gold, predicted, database)
        assert not equal(gold, predicted, database, Mode.KEEP_DISTINCT)
        grouped = "SELECT region FROM bird GROUP BY region"
        assert not equal(gold, grouped, database)
        assert equal(gold, grouped, database, Mode.KEEP_DISTINCT)

    def test_order_counts_if_the_gold_text_says_order_by(self, database: Database) -> None:
        gold = "SELECT name FROM bird ORDER BY name"
        assert not equal(gold, "SELECT name FROM bird ORDER BY name DESC", database)
        assert equal("SELECT name FROM bird", "SELECT name FROM bird ORDER BY name DESC", database)
        assert not equal("SELECT name FROM bird WHERE name != 'order by'", "SELECT name FROM bird ORDER BY 1", database)

    def test_only_the_first_statement_counts_by_default(self, database: Database) -> None:
        gold = "SELECT count(*) FROM bird"
        assert equal(gold, f"{gold}; DROP TABLE bird", database)
        assert not equal(gold, f"{gold}; DROP TABLE bird", database, Mode.KEEP_DISTINCT)

    def test_prediction_is_repaired_as_officially(self, database: Database) -> None:
        assert equal("SELECT name FROM bird WHERE id >= 2", "SELECT name FROM bird WHERE id > = 2", database)
        assert equal("SELECT 2020", "SELECT year ( curdate( ) )", database)
        assert equal("SELECT 1", "SELECT value", database)
        assert not equal("SELECT max(id) FROM bird", "SELECT max(id) AS value FROM bird", database)

    def test_writes_are_refused_even_against_an_empty_gold(self, database: Database) -> None:
        match = execution_match("SELECT 1 WHERE 0", "DROP TABLE bird", database, Mode.DEFAULT, LIMITS)
        assert not match.equal
        assert match.predicted.status is Status.REFUSED

    def test_values_of_the_gold_are_plugged_in(self, database: Database) -> None:
        gold = "SELECT name FROM bird WHERE region = 'coast' AND id > 1 LIMIT 3"
        predicted = "SELECT name FROM bird WHERE region = 'terminal' AND id > 7 LIMIT 9"
        assert not equal(gold, predicted, database)
        match = execution_match(gold, predicted, database, Mode.PLUG_VALUE, LIMITS)
        assert match.equal
        assert match.candidates > 1
        assert rows_of(match.predicted) == (("gull",),)

    def test_plugging_values_is_bounded(self, database: Database) -> None:
        numbers = ", ".join(map(str, range(12)))
        match = execution_match(
            f"SELECT count(*) FROM bird WHERE id IN ( {numbers} )",
            f"SELECT name FROM bird WHERE id IN ( {numbers} )",
            database,
            Mode.PLUG_VALUE,
            Limits(seconds=0.3),
        )
        assert (match.equal, match.exhaustive) == (False, False)

    @pytest.mark.parametrize("mode", Mode)
    @pytest.mark.parametrize("text", ["", "\0", "\ud800 distinct", "(" * 3_000 + " distinct", "distinct " * 9_000, "'"])
    def test_any_text_has_a_verdict(self, text: str, mode: Mode, database: Database) -> None:
        assert not equal("SELECT name FROM bird WHERE id = 1", text, database, mode)


class TestTexts:
    @pytest.mark.parametrize(
        ("query", "stripped"),
        [
            ("SELECT DISTINCT a FROM t", "SELECT  a FROM t"),
            ("SELECT distinct(a) FROM t", "SELECT (a) FROM t"),
            (
                "SELECT 'distinct', \"distinct\" FROM t -- distinct",
                "SELECT 'distinct', \"distinct\" FROM t -- distinct",
            ),
            ("SELECT a FROM t; DROP TABLE t", "SELECT a FROM t; "),
            ("SELECT a FROM t WHERE b = ';'", "SELECT a FROM t WHERE b = ';'"),
            ("SELECT a FROM t;", "SELECT a FROM t;"),
        ],
    )
    def test_distinct_and_further_statements_go(self, query: str, stripped: str) -> None:
        assert strip_distinct(query).rstrip() == stripped.rstrip()

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("SELECT 1\n  FROM t\n", "SELECT 1   FROM t"),
            ("SELECT 1\tFROM t", "SELECT 1"),
            ("a\r\n\nb", "a b"),
            (" ", ""),
        ],
    )
    def test_a_prediction_becomes_one_line_up_to_its_first_tab(self, text: str, line: str) -> None:
        assert prediction_line(text) == line
