"""WikiSQL queries: one selected column, one aggregate, conditions joined by AND, on one table.

A program is the released form `{"sel": 2, "agg": 0, "conds": [[0, 0, "x"]]}` (also inside {"query": ...}) or SQL text
with the table's own column names (`SELECT MAX(Points) FROM table WHERE Team = 'x'`), which is turned into that form.
Source: salesforce/WikiSQL 7857cfd8aefc, lib/dbengine.py, lib/query.py, evaluate.py; numbers in conditions are read as
babel 2.18 reads them in an English locale. As there, the selected column is pasted into SQL as it is written; here the
read-only engine of `executors.sql` runs what comes of it.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from executors import sql
from executors.outcome import Limits, Outcome, Status, Value, one_line

AGGREGATES = ("", "MAX", "MIN", "COUNT", "SUM", "AVG")
OPERATORS = ("=", ">", "<", "OP")
MAX_CHARACTERS = 10_000
MAX_CONDITIONS = 100
LIMITS = Limits(seconds=10.0, memory=256 << 20)

Cell: TypeAlias = "str | int | float | None"

_NUMBER = re.compile(r"[-+]?\d*\.\d+|\d+")
_STATEMENT = re.compile(
    r"^\s*select\s(?P<select>.+?)\sfrom\s+(?:'[^']*'|\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|\S+)"
    r"(?:\s+where\s+(?P<where>.+?))?\s*;?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_AGGREGATE = re.compile(
    r"^(?P<name>max|min|count|sum|avg)\s*(?:\((?P<inside>.*)\)|\s(?P<bare>.+))$", re.IGNORECASE | re.DOTALL
)
_OPERATOR = re.compile(r"\s*(?P<operator>[=<>])\s*")
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_COLUMN_NUMBER = re.compile(r"col(\d{1,4})$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the released `*.tables.jsonl`; `types` are "text" or "real". Its rows are in `database`."""

    id: str
    header: tuple[str, ...]
    types: tuple[str, ...]
    database: sql.Database

    @staticmethod
    def of(entry: Mapping[str, Any], database: sql.Database | None = None) -> Table:
        """The table as the released database has it, or else made of its rows.

        Raises KeyError, TypeError or ValueError for an entry of another form.
        """
        name, types = str(entry["id"]), tuple(entry["types"])
        if database is None:
            database = sql.Database.of_bytes(name, _content(name, types, entry["rows"]))
        return Table(name, tuple(entry["header"]), types, database)

    @property
    def name(self) -> str:
        """What it is called in the database."""
        return table_name(self.id)


def table_name(identifier: str) -> str:
    """The name in the released databases of the table with this id."""
    return identifier if identifier.startswith("table") else f"table_{identifier.replace('-', '_')}"


def _content(identifier: str, types: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    """The table as the released databases have it: `colN` of its type, text in lower case."""
    connection = sqlite3.connect(":memory:")
    try:
        columns = ", ".join(f"col{index} {'real' if kind == 'real' else 'text'}" for index, kind in enumerate(types))
        connection.execute(f'CREATE TABLE "{table_name(identifier)}" ({columns})')
        places = ", ".join("?" for _ in types)
        cells = [[cell.lower() if isinstance(cell, str) else cell for cell in row] for row in rows]
        connection.executemany(f'INSERT INTO "{table_name(identifier)}" VALUES ({places})', cells)
        connection.commit()
        return connection.serialize()
    except (sqlite3.Error, OverflowError) as error:
        raise ValueError(f"table {identifier}: {error}") from error
    finally:
        connection.close()


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
    selected, aggregate = match["select"].strip(), 0
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
    if re.fullmatch(r"[-+]?[0-9]{1,18}", text):
        return int(text)
    return float(text) if re.fullmatch(r"[-+]?[0-9]*\.[0-9]+", text) else text


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
    """Run a logical form. Whatever the official engine raises on has no value, and the reason is given."""
    try:
        statement = _statement(query, table)
    except (_QueryError, IndexError, TypeError, ValueError) as error:
        return Outcome.failed(Status.ERROR, f"{type(error).__name__.lstrip('_')}: {error}")
    outcome = sql.execute(statement, table.database, LIMITS)
    return _result(outcome) if outcome.ok else outcome


def _result(outcome: Outcome) -> Outcome:
    """The column called `result`, which need not be the only one where a query was written into `sel`."""
    assert isinstance(outcome.value, dict)
    columns, rows = outcome.value["columns"], sql.rows_of(outcome)
    places = [index for index, name in enumerate(columns) if name == "result"]
    if rows and len(places) != 1:
        return Outcome.failed(Status.BAD_ANSWER, f"{len(places)} columns are called result")
    return Outcome(Status.OK, [row[places[0]] for row in rows], seconds=outcome.seconds)


class _QueryError(Exception):
    pass


def _statement(query: Query, table: Table) -> str:
    kinds = {f"col{index}": kind for index, kind in enumerate(table.types)}
    select, aggregate = f"col{query.select}", AGGREGATES[query.aggregate]
    operators, values = [], {}
    for column, operator, value in query.conditions:
        name = f"col{column}"
        if name not in kinds:
            raise _QueryError(f"there is no column {one_line(str(column), 40)}: the table has {len(kinds)}")
        # Two conditions on one column share a parameter, and the last value wins for both.
        values[name] = _bound(value, kinds[name])
        operators.append((name, OPERATORS[operator]))
    parts = [f"{name} {operator} {_literal(values[name])}" for name, operator in operators]
    where = f" WHERE {' AND '.join(parts)}" if parts else ""
    selected = f"{aggregate}({select})" if aggregate else select
    return f'SELECT {selected} AS result FROM "{table.name}"{where}'


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


def _literal(value: Any) -> str:
    """What a bound parameter is, in SQL."""
    if isinstance(value, str):
        return f"'{value.replace(chr(39), chr(39) * 2)}'"
    if value is None or value != value:
        return "NULL"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else f"{'-' if value < 0 else ''}9e999"
    if isinstance(value, int) and -(1 << 63) <= value < 1 << 63:
        return str(int(value))
    raise _QueryError(f"{one_line(repr(value)[:80], 40)} is no value of a cell")


def same_result(gold: Outcome, predicted: Outcome) -> bool:
    """Equal lists in row order, by Python's equality (1 == 1.0); whatever failed is wrong."""
    return gold.ok and predicted.ok and _as_list(gold.value) == _as_list(predicted.value)


def _as_list(value: Value) -> list[Value]:
    assert isinstance(value, Sequence)
    return list(value)
