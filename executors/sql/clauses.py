"""SQL as the official scorer of Spider, SParC and CoSQL takes it apart: the clause tree of one query.

Source: taoyds/test-suite-sql-eval at e97acc546ecb, `process_sql.py` (the comment at its head). Columns are named
`table.column`, all in lower case, and `*` stands for all columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

NONE = "none"
AGGREGATES = frozenset({NONE, "max", "min", "count", "sum", "avg"})
ARITHMETIC = frozenset({NONE, "-", "+", "*", "/"})
COMPARISONS = frozenset({"not", "between", "=", ">", "<", ">=", "<=", "!=", "in", "like", "is", "exists"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column, perhaps under an aggregate: `count(DISTINCT singer.name)`."""

    aggregate: str
    name: str
    distinct: bool


@dataclass(frozen=True, slots=True)
class Term:
    """A column, or two that are added, subtracted, multiplied or divided."""

    operator: str
    left: Column
    right: Column | None


Operand: TypeAlias = "Query | Column | str | float | None"


@dataclass(frozen=True, slots=True)
class Condition:
    """`term [NOT] comparison value [AND second]`."""

    negated: bool
    comparison: str
    term: Term
    value: Operand
    second: Operand


# Conditions at even places, `and` / `or` at odd ones: unless a connective is missing, which the parser lets pass.
Conditions: TypeAlias = tuple[Condition | str, ...]


@dataclass(frozen=True, slots=True)
class Selected:
    """One column of the result: `max(a - b)`."""

    aggregate: str
    term: Term


@dataclass(frozen=True, slots=True)
class Order:
    """ORDER BY. Of several directions only the last one is kept."""

    direction: str
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT and what it is combined with. `sources` are names of tables and subqueries, in the order of FROM."""

    distinct: bool = False
    select: tuple[Selected, ...] = ()
    sources: tuple[str | Query, ...] = ()
    joins: Conditions = ()
    where: Conditions = ()
    group_by: tuple[Column, ...] = ()
    having: Conditions = ()
    order_by: Order | None = None
    limited: bool = False
    compound: tuple[str, Query] | None = None  # intersect, union or except, and the query behind it


def connectives(conditions: Conditions) -> tuple[Condition | str, ...]:
    """What stands between the conditions."""
    return conditions[1::2]


def compared(conditions: Conditions) -> tuple[Condition | str, ...]:
    """The conditions themselves; a word among them means that a connective is missing."""
    return conditions[::2]
