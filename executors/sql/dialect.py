"""Answers in another dialect of SQL, written anew for SQLite by sqlglot."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from executors.outcome import Outcome, Status

if TYPE_CHECKING:
    from sqlglot import exp

SQLITE = "sqlite"
# sqlglot cannot be interrupted; it reads about this much in a second.
LONGEST_FOREIGN = 20_000

# What SQLite's strftime calls the parts of a date, which sqlglot leaves as other dialects write them.
_PARTS = {"YEAR": "%Y", "MONTH": "%m", "DAY": "%d", "HOUR": "%H", "MINUTE": "%M", "SECOND": "%S"}


def check_dialect(dialect: str) -> str:
    """The dialect's name as sqlglot spells it. Raises ValueError, naming what there is."""
    from sqlglot.dialects.dialect import Dialects

    known = sorted(entry.value for entry in Dialects if entry.value)
    if dialect.lower() not in known:
        raise ValueError(f"no SQL dialect is called {dialect!r}; there are {', '.join(known)}")
    return dialect.lower()


def transpile(program: str, dialect: str) -> str | Outcome:
    """`program`, one statement of `dialect`, as SQLite writes it; an `invalid` outcome if it is none.

    A program of SQLite's own is handed back as it is. Functions that sqlglot does not know stay, for SQLite to refuse.
    Raises ValueError for a dialect that there is not.
    """
    dialect = check_dialect(dialect)
    if dialect == SQLITE:
        return program
    if len(program) > LONGEST_FOREIGN:
        return Outcome.failed(
            Status.INVALID, f"the query has {len(program)} characters, at most {LONGEST_FOREIGN} are translated"
        )
    import sqlglot
    from sqlglot.errors import SqlglotError

    # What it cannot express it warns of; SQLite's own complaint says the same.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        statements = [statement for statement in sqlglot.parse(program, read=dialect) if statement is not None]
        if len(statements) != 1:
            return Outcome.failed(
                Status.INVALID if statements else Status.NO_PROGRAM, f"{len(statements)} statements: write exactly one"
            )
        return statements[0].transform(_sqlite_date_part).sql(dialect=SQLITE, comments=False)
    except SqlglotError as error:
        return Outcome.failed(Status.INVALID, f"not {dialect}: {_first_complaint(error)}")
    except RecursionError:
        return Outcome.failed(Status.INVALID, "the query is nested too deeply to be translated")


def _sqlite_date_part(node: exp.Expression) -> exp.Expression:
    """YEAR(x) and EXTRACT(YEAR FROM x) by strftime."""
    from sqlglot import exp

    if isinstance(node, exp.Extract):
        part, date = node.name.upper(), node.expression
    elif isinstance(node, (exp.Year, exp.Month, exp.Day)):
        part, date = node.key.upper(), node.this
    else:
        return node
    if part not in _PARTS:
        return node
    text = exp.Anonymous(this="STRFTIME", expressions=[exp.Literal.string(_PARTS[part]), date])
    return exp.Cast(this=text, to=exp.DataType.build("int"))


def _first_complaint(error: Exception) -> str:
    """sqlglot's first complaint with its place, without the marks it prints for a terminal."""
    for entry in getattr(error, "errors", []):
        return f"{entry['description']} near {entry['highlight']!r}"
    return str(error)
