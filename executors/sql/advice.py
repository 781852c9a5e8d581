"""Why SQLite did not accept a query, in one line that a person can act on."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence

from executors.outcome import Outcome
from executors.sql.dialect import transpile

_MISSING = re.compile(r"no such (table|column|function): (.{1,128})", re.DOTALL)
_NEAR = re.compile(r'near "(.{1,80})": syntax error', re.DOTALL)
# Reading a query once for each of these takes milliseconds; longer ones are no slips of the pen.
_FOREIGN = ("postgres", "mysql", "tsql")
_LONGEST = 1_000

Tables = Mapping[str, Sequence[str]]


def explain(complaint: str, query: str, tables: Tables, compiles: Callable[[str], bool]) -> str:
    """SQLite's `complaint` about `query`, said in terms of the database's `tables` (with their columns).

    `compiles` tells whether SQLite accepts a text: a query in another dialect is known by its translation.
    """
    missing = _MISSING.fullmatch(complaint)
    kind, name = missing.groups() if missing else ("", "")
    if kind == "table":
        return f"no table {name!r}; {_proposal(name, list(tables), 'the tables are')}"
    if kind == "column":
        return _no_column(name, query, tables)
    if kind == "function":
        return f"SQLite has no function {name!r}{_foreign(query, compiles)}"
    near = _NEAR.fullmatch(complaint)
    if near:
        return f"syntax error near {near[1]!r}{_foreign(query, compiles)}"
    if complaint == "incomplete input":
        return f"the query ends too early, after {query.rstrip()[-20:]!r}"
    return complaint + (_foreign(query, compiles) if complaint.startswith("unrecognized token") else "")


def _no_column(name: str, query: str, tables: Tables) -> str:
    qualifier, _, column = name.rpartition(".")
    read = _tables_read(query, tables, qualifier)
    if not read:
        return f"no column {name!r}; the query reads no table"
    where = f"table {read[0]}" if len(read) == 1 else f"the tables {', '.join(read)}"
    elsewhere = [table for table in tables if table not in read and _holds(tables[table], column)]
    if elsewhere:
        return f"no column {column!r} in {where}; table {elsewhere[0]} has one"
    if len(read) == 1:
        return f"no column {column!r} in {where}; {_proposal(column, tables[read[0]], 'its columns are')}"
    known = [f"{table}.{entry}" for table in read for entry in tables[table]]
    return f"no column {column!r} in {where}; {_proposal(column, known, 'theirs are')}"


def _tables_read(query: str, tables: Tables, qualifier: str) -> list[str]:
    """The tables that the query names; only the one that `qualifier` stands for, where that can be told."""
    lower = {table.lower(): table for table in tables}
    words = re.findall(r"\w+", query.lower())
    if qualifier.lower() in lower:
        return [lower[qualifier.lower()]]
    if qualifier:
        for before, word, after in zip(words, words[1:], [*words[2:], ""], strict=False):
            alias = after if word == "as" else word
            if alias == qualifier.lower() and before in lower:
                return [lower[before]]
    return [lower[word] for word in dict.fromkeys(words) if word in lower]


def _holds(columns: Sequence[str], name: str) -> bool:
    return name.lower() in (column.lower() for column in columns)


def _proposal(name: str, known: Sequence[str], otherwise: str) -> str:
    """Names close to `name`, else all that there are."""
    short = {entry.rpartition(".")[2].lower(): entry for entry in reversed(known)}
    close = difflib.get_close_matches(name.lower(), short, n=3)
    if close:
        return f"did you mean {' or '.join(repr(short[entry]) for entry in close)}?"
    return f"{otherwise} {', '.join(known)}"


def _foreign(query: str, compiles: Callable[[str], bool]) -> str:
    """A dialect in which the query makes sense, if SQLite accepts its translation."""
    if len(query) > _LONGEST:
        return ""
    for dialect in _FOREIGN:
        text = transpile(query, dialect)
        if not isinstance(text, Outcome) and text != query and compiles(text):
            return f"; translated from {dialect} it would run"
    return ""
