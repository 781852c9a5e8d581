"""Running one SQL query on an SQLite file that cannot be changed by it.

Four layers keep a query from doing anything but read: the file is opened read-only and immutable, nothing can be
attached, an authorizer refuses every action that is not reading, and temporary tables stay in memory. Time is bounded
by SQLite's progress handler, memory by its hard heap limit, cells by its length limit, rows and bytes while fetching.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import marshal
import os
import re
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from executors.outcome import Limits, Outcome, Status, one_line
from executors.sql.advice import explain
from executors.sql.comparison import Row
from executors.sql.functions import LONGEST_CELL, Functions, decode

# Open databases per process; each holds a page cache of at most 2 MB.
OPEN_DATABASES = 32
# Longer statements are no answers: the official gold queries stay under 1,000 characters. Compiling cannot be
# interrupted, and SQLite takes seconds over a megabyte of nested common table expressions.
LONGEST_STATEMENT = 100_000
# Virtual machine instructions between two looks at the clock. A single instruction can copy megabytes.
INSTRUCTIONS_PER_TICK = 250
# Longer patterns of LIKE and GLOB are no answers; one comparison takes as long as pattern times text.
LONGEST_PATTERN = 250

_READING = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
_ACTIONS = {sqlite3.SQLITE_INSERT: "INSERT", sqlite3.SQLITE_UPDATE: "UPDATE", sqlite3.SQLITE_DELETE: "DELETE"}
_SCHEMA_PRAGMAS = frozenset(
    {"table_info", "table_xinfo", "table_list", "foreign_key_list", "index_list", "index_info", "index_xinfo"}
)
# Full-text tables ask for these themselves when they are read.
_FILE_PRAGMAS = frozenset({"page_size", "data_version"})
_FORBIDDEN_FUNCTIONS = frozenset(
    {"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", "lsmode", "lsdir"}
)

_BLANK = re.compile(r"(?:[\s;\ufeff]|--[^\n]*(?:\n|\Z)|/\*.*?(?:\*/|\Z))*", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_]{1,32}")
_NO_FUNCTION = re.compile(r"no such function: (\w{1,128})")


@dataclass(frozen=True, slots=True)
class Database:
    """An SQLite file, named by its content; with `content` it exists in memory only and `path` is a name for people."""

    path: Path
    sha256: str
    content: bytes | None = field(default=None, repr=False, compare=False)

    @staticmethod
    def of(path: Path) -> Database:
        """The database in the file `path`. Raises FileNotFoundError if there is none."""
        return Database(path, _sha256(path))

    @staticmethod
    def of_bytes(name: str, content: bytes) -> Database:
        """The database whose file would hold `content`."""
        return Database(Path(name), hashlib.sha256(content).hexdigest(), content)


def execute(query: str, database: Database, limits: Limits) -> Outcome:
    """Run `query`, one statement that reads, on `database`.

    A query whose work needs a cell of more than `LONGEST_CELL` bytes ends as `output_limit`, as one does that returns
    more than `limits.rows` rows or `limits.output` bytes. `limits.memory` bounds what SQLite allocates.

    The value of an `ok` outcome is `{"columns": (name, ...), "rows": ((cell, ...), ...)}` with cells None, int, float,
    str (bytes that are no UTF-8 left out, as the official scorer does) or bytes.

    Raises FileNotFoundError or ValueError when the database is missing, is not the content it is named by, or is no
    SQLite file; never on account of `query`. A single SQLite instruction cannot be interrupted (a search for a long
    text in a long text): the worker's own deadline must stand behind `limits.seconds`.
    """
    outcome = measured(query, database, limits)[0]
    if outcome.status is Status.INVALID:
        outcome = replace(outcome, detail=_readers.get(database).explain(query, outcome.detail, limits))
    return outcome


def measured(query: str, database: Database, limits: Limits) -> tuple[Outcome, int]:
    """`execute`, with the size of the rows in bytes (0 unless ok), and with SQLite's own words for an invalid query."""
    started = time.perf_counter()
    reader = _readers.get(database)
    outcome, size = _refuse_text(query), 0
    if outcome is None:
        outcome, size = reader.run(query, limits)
    return replace(outcome, seconds=time.perf_counter() - started), size


def rows_of(outcome: Outcome) -> tuple[Row, ...]:
    """The rows of an `ok` outcome of `execute`."""
    value = outcome.value
    assert isinstance(value, dict)
    rows: tuple[Row, ...] = value["rows"]
    return rows


def _refuse_text(query: str) -> Outcome | None:
    """The outcome of what is no statement at all, whatever the database."""
    if len(query) > LONGEST_STATEMENT:
        return Outcome.failed(Status.INVALID, f"the query has {len(query)} characters, at most {LONGEST_STATEMENT} run")
    if "\0" in query:
        return Outcome.failed(Status.INVALID, "the query holds a NUL character")
    if _first_position(query) == len(query):
        return Outcome.failed(Status.NO_PROGRAM, "no statement, only blanks or comments")
    try:
        query.encode()
    except UnicodeEncodeError as error:
        return Outcome.failed(Status.INVALID, f"the query is no valid Unicode at character {error.start}")
    return None


def _first_position(query: str) -> int:
    match = _BLANK.match(query)
    return match.end() if match else 0


def _first_word(query: str) -> str:
    match = _WORD.match(query, _first_position(query))
    return match.group().upper() if match else ""


def _sha256(path: Path) -> str:
    if not path.is_file():
        raise FileNotFoundError(f"no database file at {path}")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _OutputLimitError(Exception):
    """More rows or bytes than allowed."""


class _Reader:
    """One open database. All state besides the connection belongs to the call that holds the lock."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = self._guarded(_open(database))
        self._plain: sqlite3.Connection | None = None
        self._functions = Functions()
        self._functions.register(self._connection)
        self._lock = threading.Lock()
        self._deadline = float("inf")
        self._expired = False
        self._refused = ""
        self._schema: dict[str, list[str]] | None = None

    def _guarded(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        connection.set_authorizer(self._authorize)
        connection.set_progress_handler(self._tick, INSTRUCTIONS_PER_TICK)
        return connection

    def close(self) -> None:
        with self._lock:
            if self._plain is not None:
                self._plain.close()
            self._connection.close()
            self._functions.close()

    def run(self, query: str, limits: Limits) -> tuple[Outcome, int]:
        with self._lock:
            self._deadline = time.perf_counter() + limits.seconds
            self._expired, self._refused, self._functions.too_long = False, "", False
            try:
                with _heap_limit(limits.memory):
                    outcome, size = self._answer(query, limits)
            except _OutputLimitError as error:
                return Outcome.failed(Status.OUTPUT_LIMIT, error), 0
            except MemoryError:
                return Outcome.failed(Status.MEMORY, f"the query needs more than {limits.memory} bytes of memory"), 0
            except (sqlite3.Error, sqlite3.Warning, UnicodeError) as error:
                return self._failure(query, error, limits), 0
            if outcome is None:
                return Outcome.failed(Status.REFUSED, f"{_first_word(query)} is not allowed: it reads nothing"), 0
            return outcome, size

    def _answer(self, query: str, limits: Limits) -> tuple[Outcome | None, int]:
        """The result of `query`; None for a statement without columns (DROP TABLE IF EXISTS absent)."""
        try:
            return self._decoded(self._connection, query, limits)
        except sqlite3.OperationalError as error:
            if "user-defined function raised" not in str(error) or self._functions.too_long:
                raise
        # Only SQLite's own functions take text that is not UTF-8.
        if self._plain is None:
            self._plain = self._guarded(_open(self._database))
        return self._decoded(self._plain, query, limits)

    def _decoded(self, connection: sqlite3.Connection, query: str, limits: Limits) -> tuple[Outcome | None, int]:
        try:
            return self._select(connection, query, limits)
        except sqlite3.OperationalError as error:
            if connection.text_factory is not str or "Could not decode" not in str(error):
                raise
        # Decoding in C is several times faster, so errors are only ignored once there is one.
        connection.text_factory = decode
        return self._select(connection, query, limits)

    def _select(self, connection: sqlite3.Connection, query: str, limits: Limits) -> tuple[Outcome | None, int]:
        cursor = connection.execute(query)
        try:
            if cursor.description is None:
                return None, 0
            columns = tuple(entry[0] for entry in cursor.description)
            if len(columns) * LONGEST_CELL > limits.memory:
                # One row is copied as a whole before it can be measured, and its cells may all be one long text.
                cursor.close()
                connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, max(limits.memory // len(columns), 1 << 12))
                cursor = connection.execute(query)
            rows, size = _fetch(cursor, limits)
        finally:
            cursor.close()
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_CELL)
        return Outcome(Status.OK, {"columns": columns, "rows": rows}), size

    def _authorize(self, action: int, first: str | None, second: str | None, _db: str | None, _by: str | None) -> int:
        if action in _READING:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() not in _FORBIDDEN_FUNCTIONS:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_PRAGMA and _only_reads(first or "", second):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_UPDATE and first == "sqlite_master":
            # Asked for whenever a table-valued function (json_each) is first used; a real UPDATE of that table is
            # always an error of SQLite's.
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION:
            self._refused = f"the function {second}"
        elif action == sqlite3.SQLITE_PRAGMA:
            self._refused = f"PRAGMA {first}"
        else:
            self._refused = _ACTIONS.get(action, "that action")
        return sqlite3.SQLITE_DENY

    def _tick(self) -> int:
        self._expired = time.perf_counter() > self._deadline
        return int(self._expired)

    def _failure(self, query: str, error: Exception, limits: Limits) -> Outcome:
        text, code = str(error), getattr(error, "sqlite_errorname", "")
        function = _NO_FUNCTION.match(text)
        if self._expired or code == "SQLITE_INTERRUPT":
            return Outcome.failed(Status.TIMEOUT, f"the query did not end within {limits.seconds:g} s")
        forbidden = code.startswith(("SQLITE_AUTH", "SQLITE_READONLY")) or "may not be modified" in text
        if self._refused or forbidden:
            return Outcome.failed(Status.REFUSED, self._refusal(query))
        if function and function[1].lower() in _FORBIDDEN_FUNCTIONS:
            return Outcome.failed(Status.REFUSED, f"the function {function[1]} is not allowed: queries only read")
        if self._functions.too_long or code == "SQLITE_TOOBIG":
            return Outcome.failed(Status.OUTPUT_LIMIT, f"a value is longer than {LONGEST_CELL} bytes")
        if isinstance(error, UnicodeError):
            return Outcome.failed(Status.BAD_ANSWER, "a column name is no UTF-8")
        if not code:
            return Outcome.failed(Status.INVALID, _misuse(text))
        if code == "SQLITE_ERROR" and not self._compiles(query, limits):
            return Outcome.failed(Status.INVALID, text)
        return Outcome.failed(Status.ERROR, text)

    def _refusal(self, query: str) -> str:
        word = _first_word(query)
        what = word if word not in ("SELECT", "WITH", "VALUES", "EXPLAIN", "PRAGMA") else self._refused
        return f"{what or word} is not allowed: queries only read"

    def explain(self, query: str, complaint: str, limits: Limits) -> str:
        """Why SQLite did not accept `query`, in one line that a person can act on."""
        with self._lock:
            self._deadline = time.perf_counter() + limits.seconds
            return one_line(explain(complaint, query, self._tables(), lambda text: self._compiles(text, limits)))

    def _compiles(self, query: str, limits: Limits) -> bool:
        """Whether SQLite accepts the statement, so that an error arose while it ran."""
        try:
            with _heap_limit(limits.memory):
                self._connection.execute("EXPLAIN " + query).close()
        except (sqlite3.Error, sqlite3.Warning, MemoryError):
            return False
        return True

    def _tables(self) -> dict[str, list[str]]:
        if self._schema is None:
            self._deadline, self._schema = float("inf"), {}
            query = (
                "SELECT t.name, c.name FROM sqlite_master AS t, pragma_table_info(t.name) AS c"
                " WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY t.rowid, c.cid"
            )
            for table, column in self._connection.execute(query):
                self._schema.setdefault(table, []).append(column)
        return self._schema


def _open(database: Database) -> sqlite3.Connection:
    if database.content is not None:
        uri = "file::memory:"
    elif _sha256(database.path) == database.sha256:
        uri = f"{database.path.resolve().as_uri()}?mode=ro&immutable=1"
    else:
        raise ValueError(f"{database.path} is not the database it is named as: its SHA-256 is not {database.sha256}")
    # No statement cache: it would keep up to 128 texts of a model, of any length, alive.
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, cached_statements=0, check_same_thread=False, timeout=0
    )
    try:
        if database.content is not None:
            connection.deserialize(database.content)
        connection.execute("PRAGMA temp_store = MEMORY")
        if _heap_functions() is None:
            connection.execute(f"PRAGMA hard_heap_limit = {Limits().memory}")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    except sqlite3.DatabaseError as error:
        connection.close()
        raise ValueError(f"{database.path} is no SQLite database: {error}") from error
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_CELL)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, LONGEST_PATTERN)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, 4 * LONGEST_STATEMENT)
    return connection


def _only_reads(pragma: str, argument: str | None) -> bool:
    return pragma.lower() in _SCHEMA_PRAGMAS or (pragma.lower() in _FILE_PRAGMAS and argument is None)


def _fetch(cursor: sqlite3.Cursor, limits: Limits) -> tuple[tuple[Row, ...], int]:
    rows: list[Row] = []
    size = 0
    for row in cursor:
        # Nothing else measures all cells of a row in one call in C.
        size += len(marshal.dumps(row))
        if len(rows) == limits.rows:
            raise _OutputLimitError(f"the result has more than {limits.rows} rows")
        if size > limits.output:
            raise _OutputLimitError(f"the result has more than {limits.output} bytes")
        rows.append(row)
    return tuple(rows), size


def _misuse(text: str) -> str:
    """The complaint of Python's sqlite3 module, said for somebody who did not write the call."""
    if "one statement" in text:
        return "more than one statement: write exactly one"
    if "binding" in text.lower():
        return "the query holds a parameter mark (?, :name, @name or $name): write the value"
    return text


@functools.cache
def _heap_functions() -> tuple[Callable[[int], int], Callable[[int], int], Callable[[], int]] | None:
    """SQLite's own limits on memory and its use of memory; None where the library cannot be reached.

    The pragma of the same name can only lower the limit for the rest of the process: there it is set once.
    """
    import _sqlite3

    try:
        library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
        hard, soft = library.sqlite3_hard_heap_limit64, library.sqlite3_soft_heap_limit64
        used = library.sqlite3_memory_used
    except (OSError, AttributeError):
        return None
    hard.argtypes = soft.argtypes = [ctypes.c_int64]
    hard.restype = soft.restype = used.restype = ctypes.c_int64
    return hard, soft, used


@contextmanager
def _heap_limit(size: int) -> Iterator[None]:
    """SQLite may allocate `size` bytes more inside."""
    functions = _heap_functions()
    if functions is None:
        yield
        return
    hard, soft, used = functions
    old_soft = soft(-1)
    old_hard = hard(used() + size)
    try:
        yield
    finally:
        hard(old_hard)
        soft(old_soft)


class _Readers:
    """The databases open in this process, least recently used closed first."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, _Reader] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, database: Database) -> _Reader:
        with self._lock:
            reader = self._open.get(database.sha256)
            if reader is None:
                reader = self._open[database.sha256] = _Reader(database)
                if len(self._open) > OPEN_DATABASES:
                    self._open.popitem(last=False)[1].close()
            self._open.move_to_end(database.sha256)
            return reader

    def forget(self) -> None:
        """For a forked child: SQLite connections must not be shared with the parent, nor a lock it holds."""
        self._open = OrderedDict()
        self._lock = threading.Lock()


_readers = _Readers()
os.register_at_fork(after_in_child=_readers.forget)
