"""WikiSQL queries: one selected column, one aggregate, conditions joined by AND, on one table.

A program is the released form `{"sel": 2, "agg": 0, "conds": [[0, 0, "x"]]}` (also inside {"query": ...}) or SQL text
with the table's own column names (`SELECT MAX(Points) FROM table WHERE Team = 'x'`), which is turned into that form.
Source: salesforce/WikiSQL 7857cfd8aefc, lib/dbengine.py, lib/query.py, evaluate.py; numbers in conditions are read as
babel 2.18 reads them in an English locale.
"""

from __future__ import annotations

import functools
import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from executors.outcome import Outcome, Status, Value, one_line

AGGREGATES = ("", "MAX", "MIN", "COUNT", "SUM", "AVG")
OPERATORS = ("=", ">", "<", "OP")
MAX_CHARACTERS = 20_000
MAX_CONDITIONS = 100
OPEN_TABLES = 64

Cell: TypeAlias = "str | int | float | None"

_NUMBER = re.compile(r"[-+]?\d*\.\d+|\d+")
_STATEMENT = re.compile(
    r"^\s*select\s+(?P<select>.+?)\s+from\s+(?P<table>\S+)(?:\s+where\s+(?P<where>.+?))?\s*;?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_AGGREGATE = re.compile(
    r"^(?P<name>max|min|count|sum|avg)\s*(?:\((?P<inside>.*)\)|\s(?P<bare>.+))$", re.IGNORECASE | re.DOTALL
)
_OPERATOR = re.compile(r"\s*(?P<operator>[=<>])\s*")
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_COLUMN_NUMBER = re.compile(r"col(\d{1,4})$", re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """A table of the released `*.tables.jsonl`; `types` are "text" or "real"."""

    id: str
    header: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @staticmethod
    def of(entry: Mapping[str, Any]) -> Table:
        """Raises KeyError and TypeError for an entry of another form."""
        rows = tuple(tuple(row) for row in entry["rows"])
        return Table(str(entry["id"]), tuple(entry["header"]), tuple(entry["types"]), rows)


@dataclass(frozen=True, slots=True)
class Query:
    """A logical form as it was written: numbers may be anything JSON can write until they are used."""

    select: Any
    aggregate: Any
    conditions: tuple[tuple[Any, Any, Any], ...]

    def key(self) -> tuple[Any, Any, frozenset[tuple[Any, Any, str]]]:
        """What the official scorer compares: conditions as a set, values as lower-case text."""
        conditions = frozenset((column, operator, str(value).lower()) for column, operator, value in self.conditions)
        return self.select, self.aggregate, conditions


class NotAQueryError(ValueError):
    """The text is no query on this table; the message says why."""


def parse(text: str, table: Table | None) -> Query:
    """A query in either form; SQL needs the table, whose columns it names. Raises NotAQueryError."""
    if len(text) > MAX_CHARACTERS:
        raise NotAQueryError(f"{len(text)} characters where no query has more than {MAX_CHARACTERS}")
    if text.lstrip().startswith("{"):
        try:
            return from_json(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise NotAQueryError(f"not a logical form: {one_line(str(error), 100)}") from error
    if table is None:
        raise NotAQueryError("SQL text needs its table")
    return _from_sql(text, table)


def from_json(content: object) -> Query:
    """A logical form of decoded JSON. Raises NotAQueryError."""
    if isinstance(content, Mapping) and isinstance(content.get("query"), Mapping):
        content = content["query"]
    if not isinstance(content, Mapping):
        raise NotAQueryError("a logical form is an object with sel, agg and conds")
    missing = [key for key in ("sel", "agg", "conds") if key not in content]
    if missing:
        raise NotAQueryError(f"the logical form lacks {', '.join(missing)}")
    conditions = content["conds"]
    if not isinstance(conditions, list) or len(conditions) > MAX_CONDITIONS:
        raise NotAQueryError(f"conds is a list of at most {MAX_CONDITIONS} conditions")
    for condition in conditions:
        if not isinstance(condition, list) or len(condition) != 3:
            raise NotAQueryError("a condition is [column, operator, value]")
        if any(isinstance(part, (list, dict)) for part in condition[:2]):
            raise NotAQueryError("column and operator of a condition are numbers")
    return Query(content["sel"], content["agg"], tuple((c, o, v) for c, o, v in conditions))


def _from_sql(text: str, table: Table) -> Query:
    match = _STATEMENT.match(text)
    if match is None:
        raise NotAQueryError("not of the form SELECT ... FROM table WHERE ...")
    selected, aggregate = match["select"], 0
    if (function := _AGGREGATE.match(selected)) is not None:
        try:
            column = _column(function["inside"] if function["bare"] is None else function["bare"], table)
            aggregate = AGGREGATES.index(function["name"].upper())
        except NotAQueryError:
            # A column may itself be called "Max speed".
            column = _column(selected, table)
    else:
        column = _column(selected, table)
    conditions = tuple(_conditions(match["where"], table)) if match["where"] else ()
    return Query(column, aggregate, conditions)


def _conditions(text: str, table: Table) -> list[tuple[int, int, Cell]]:
    """`column operator value` joined by AND; a value without quotes reaches to the next AND that a column follows."""
    found: list[tuple[int, int, Cell]] = []
    rest = text.strip()
    while rest:
        if len(found) >= MAX_CONDITIONS:
            raise NotAQueryError(f"more than {MAX_CONDITIONS} conditions")
        column, after = _leading_column(rest, table)
        operator = _OPERATOR.match(after)
        if operator is None:
            raise NotAQueryError(f"an operator =, > or < was expected before {one_line(after, 40)!r}")
        after = after[operator.end() :]
        quoted = _QUOTED.match(after)
        if quoted is not None:
            mark = after[0]
            value: Cell = quoted[0][1:-1].replace(mark * 2, mark)
            rest = after[quoted.end() :].strip()
            if rest and not re.match(r"and\s", rest, re.IGNORECASE):
                raise NotAQueryError(f"AND was expected before {one_line(rest, 40)!r}")
            rest = rest[3:].strip()
        else:
            value, rest = _bare_value(after, table)
        found.append((column, OPERATORS.index(operator["operator"]), value))
    return found


def _bare_value(text: str, table: Table) -> tuple[Cell, str]:
    for joint in re.finditer(r"\s+and\s+", text, re.IGNORECASE):
        try:
            _, after = _leading_column(text[joint.end() :], table)
        except NotAQueryError:
            continue
        if _OPERATOR.match(after):
            return _cell(text[: joint.start()].strip()), text[joint.end() :]
    return _cell(text.strip()), ""


def _cell(text: str) -> Cell:
    """Numbers as JSON would write them, so that 5 and 5.0 stay what they are."""
    try:
        return int(text) if re.fullmatch(r"[-+]?\d{1,18}", text) else float(text)
    except ValueError:
        return text


def _plain(name: str) -> str:
    return " ".join(name.strip().strip("`\"'[]").split()).lower()


def _column(name: str, table: Table) -> int:
    plain = _plain(name)
    for index, header in enumerate(table.header):
        if plain == _plain(header):
            return index
    number = _COLUMN_NUMBER.match(plain)
    if number is not None and int(number[1]) < len(table.header):
        return int(number[1])
    raise NotAQueryError(
        f"the table has no column {one_line(name, 40)!r}; it has {one_line(', '.join(table.header), 150)}"
    )


def _leading_column(text: str, table: Table) -> tuple[int, str]:
    """The column that `text` begins with, the longest name first, and what follows it."""
    start = len(text) - len(text.lstrip())
    for mark, end in (("`", "`"), ('"', '"'), ("'", "'"), ("[", "]")):
        close = text.find(end, start + 1)
        if text.startswith(mark, start) and close > 0:
            return _column(text[start + 1 : close], table), text[close + 1 :]
    names = [(header, index) for index, header in enumerate(table.header)]
    names += [(f"col{index}", index) for index in range(len(table.header))]
    for header, index in sorted(names, key=lambda pair: -len(pair[0])):
        pattern = r"\s+".join(re.escape(word) for word in header.split())
        match = re.compile(rf"\s*{pattern}(?=\s*[=<>]|\s*$)", re.IGNORECASE).match(text) if pattern else None
        if match is not None:
            return index, text[match.end() :]
    raise NotAQueryError(f"no column of the table stands before {one_line(text, 40)!r}")


def execute(program: str, table: Table) -> Outcome:
    """Run a query. Value: the list of what the selected column gives, in row order."""
    try:
        query = parse(program, table)
    except NotAQueryError as error:
        return Outcome.failed(Status.INVALID, error)
    return run(query, table)


def run(query: Query, table: Table) -> Outcome:
    """Run a logical form. Whatever the official engine raises on is an `error` with the reason."""
    try:
        statement, parameters = _statement(query, table)
        rows = _opened(table).execute(statement, parameters).fetchall()
    except (_QueryError, IndexError, TypeError, KeyError, ValueError, OverflowError, sqlite3.Error) as error:
        return Outcome.failed(Status.ERROR, f"{type(error).__name__.lstrip('_')}: {error}")
    return Outcome(Status.OK, [row[0] for row in rows])


class _QueryError(Exception):
    pass


def _statement(query: Query, table: Table) -> tuple[str, dict[str, Any]]:
    select = _column_name(query.select, table)
    aggregate = AGGREGATES[query.aggregate]
    parts, parameters = [], {}
    for column, operator, value in query.conditions:
        name = _column_name(column, table)
        # Two conditions on one column share a parameter, and the last value wins for both.
        parameters[name] = _bound(value, table.types[int(name[3:])])
        parts.append(f"{name} {OPERATORS[operator]} :{name}")
    where = f" WHERE {' AND '.join(parts)}" if parts else ""
    return f"SELECT {f'{aggregate}({select})' if aggregate else select} FROM data{where}", parameters


def _column_name(column: object, table: Table) -> str:
    """The official engine pastes the number into `col{}`, so that "0" is as good as 0."""
    if isinstance(column, bool) or not isinstance(column, (int, str)) or not re.fullmatch(r"\d{1,4}", str(column)):
        raise _QueryError(f"{one_line(str(column), 40)!r} is no column number")
    if int(column) >= len(table.header):
        raise _QueryError(f"there is no column {column}: the table has {len(table.header)}")
    return f"col{int(column)}"


def _bound(value: Any, kind: str) -> Any:
    if isinstance(value, str):
        value = value.lower()
    if kind != "real" or isinstance(value, (int, float)):
        return value
    if not isinstance(value, str):
        raise _QueryError(f"{one_line(repr(value), 40)} is no number")
    return float(_decimal(value))


def _decimal(text: str) -> Decimal | str:
    """babel's number of an English locale, else the first digits there are. IndexError when there are none."""
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        found: str = _NUMBER.findall(text)[0]
        return found


@functools.lru_cache(maxsize=OPEN_TABLES)
def _opened(table: Table) -> sqlite3.Connection:
    """The table in memory as the official files have it: `colN` of its type, text in lower case."""
    connection = sqlite3.connect(":memory:")
    columns = ", ".join(f"col{index} {'real' if kind == 'real' else 'text'}" for index, kind in enumerate(table.types))
    connection.execute(f"CREATE TABLE data ({columns})")
    places = ", ".join("?" for _ in table.types)
    rows = [[cell.lower() if isinstance(cell, str) else cell for cell in row] for row in table.rows]
    connection.executemany(f"INSERT INTO data VALUES ({places})", rows)
    connection.execute("PRAGMA query_only = 1")
    return connection


def same_result(gold: Outcome, predicted: Outcome) -> bool:
    """Equal lists in row order, by Python's equality (1 == 1.0); whatever failed is wrong."""
    return gold.ok and predicted.ok and _as_list(gold.value) == _as_list(predicted.value)


def _as_list(value: Value) -> list[Value]:
    assert isinstance(value, Sequence)
    return list(value)
