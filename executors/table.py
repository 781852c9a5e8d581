"""A table of plain text as a typed SQLite table, by stated rules.

The table is called `t`. Its first column is `row_id`, the row's number from 1. Every other column is named after its
header: lower case, everything but letters and digits turned into single underscores, `c_` in front of a digit, and
`column_N` for an empty one; a name that is taken gets `_2`, `_3` ... behind it.

A column whose cells are all numbers is INTEGER or REAL ("1,234", "+5", "-0.5"; empty cells and dashes are NULL there);
every other column is TEXT and keeps each cell as it is written, runs of white space as one blank: answers quote cells,
so dates, units and footnotes stay.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from executors.sql.database import Database

TABLE = "t"
ROW_NUMBER = "row_id"
MAX_CELLS = 200_000
MAX_COLUMNS = 1_000

_EMPTY = frozenset({"", "-", "–", "—", "n/a", "N/A"})
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[+-]?\.\d+")


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name in SQL, its type there (INTEGER, REAL, TEXT) and its header as written."""

    name: str
    type: str
    header: str


@dataclass(frozen=True, slots=True)
class TypedTable:
    """The columns behind `row_id`, the rows' cells, and the database that holds them."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]
    database: Database


def typed(header: Sequence[str], rows: Sequence[Sequence[str]], name: str = "table") -> TypedTable:
    """Make the table; rows that are too short are filled with empty cells, longer ones cut.

    Raises ValueError for a table without columns, with more than 1,000 of them or more than 200,000 cells.
    """
    if not 1 <= len(header) <= MAX_COLUMNS or len(header) * len(rows) > MAX_CELLS:
        size = f"{len(header)} columns and {len(header) * len(rows)} cells"
        raise ValueError(f"{name}: {size}, where a table has 1 to {MAX_COLUMNS} and at most {MAX_CELLS}")
    width = len(header)
    texts = [[" ".join(cell.split()) for cell in [*row, *[""] * width][:width]] for row in rows]
    types = [_type([row[index] for row in texts]) for index in range(width)]
    names = _names(header)
    columns = tuple(Column(*entry) for entry in zip(names, types, header, strict=True))
    cells = tuple(tuple(_cell(text, kind) for text, kind in zip(row, types, strict=True)) for row in texts)
    return TypedTable(columns, cells, Database.of_bytes(name, _content(columns, cells)))


def _names(header: Sequence[str]) -> list[str]:
    taken = {ROW_NUMBER}
    names = []
    for index, text in enumerate(header, 1):
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
        base = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_") or f"column_{index}"
        base = f"c_{base}" if base[0].isdigit() else base
        name, number = base, 1
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name)
        names.append(name)
    return names


def _type(cells: Sequence[str]) -> str:
    filled = [cell for cell in cells if cell not in _EMPTY]
    if not filled or not all(_NUMBER.fullmatch(cell) for cell in filled):
        return "TEXT"
    # Beyond 15 digits a number is a name, and SQLite's integers end at 18.
    if any(sum(map(str.isdigit, cell)) > 15 for cell in filled):
        return "TEXT"
    return "REAL" if any("." in cell for cell in filled) else "INTEGER"


def _cell(text: str, kind: str) -> str | int | float | None:
    if kind == "TEXT":
        return text
    if text in _EMPTY:
        return None
    plain = text.replace(",", "")
    return int(plain) if kind == "INTEGER" else float(plain)


def _content(columns: Sequence[Column], rows: Sequence[Sequence[str | int | float | None]]) -> bytes:
    connection = sqlite3.connect(":memory:")
    try:
        declared = ", ".join(f'"{column.name}" {column.type}' for column in columns)
        connection.execute(f"CREATE TABLE {TABLE} ({ROW_NUMBER} INTEGER PRIMARY KEY, {declared})")
        places = ", ".join("?" for _ in range(len(columns) + 1))
        connection.executemany(
            f"INSERT INTO {TABLE} VALUES ({places})", [(number, *row) for number, row in enumerate(rows, 1)]
        )
        connection.commit()
        return connection.serialize()
    finally:
        connection.close()
