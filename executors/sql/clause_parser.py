"""The official exact match's own small parser of SQL: what it takes for a query, and what it makes of it.

Source: taoyds/test-suite-sql-eval at e97acc546ecb, `process_sql.py`. Written anew from what it does. It reads a part of
SQL only (no left joins, aliases without AS, expressions, CTEs ...), passes over some words in silence, and stops after
the first complete query whatever follows; all of that decides scores, so all of that is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from executors.sql.clauses import (
    AGGREGATES,
    ARITHMETIC,
    COMPARISONS,
    NONE,
    Column,
    Condition,
    Operand,
    Order,
    Query,
    Selected,
    Term,
)
from executors.sql.database import LONGEST_STATEMENT
from executors.sql.schema import Schema
from executors.sql.tokens import UnbalancedQuotesError, tokenize

# Queries inside each other, or after each other by UNION and the like. The official parser dies of its recursion at
# some hundreds, which it takes for a query that does not parse.
DEEPEST = 100

Part = TypeVar("Part")

_CLAUSES = frozenset({"select", "from", "where", "group", "order", "limit", "intersect", "union", "except"})
_COMPOUNDS = frozenset({"intersect", "union", "except"})
_JOINING = frozenset({"join", "on", "as"})
_ENDS = _CLAUSES | {")", ";"}


@dataclass(frozen=True, slots=True)
class Unparsable:
    """Why a text is no query for the official parser, on one line."""

    reason: str

    def __str__(self) -> str:
        return self.reason


def parse(text: str, schema: Schema) -> Query | Unparsable:
    """The clauses of the first query in `text` over `schema`; never raises on account of `text`."""
    if len(text) > LONGEST_STATEMENT:
        return Unparsable(f"the query has {len(text)} characters, at most {LONGEST_STATEMENT} are read")
    try:
        words = tokenize(text)
        return _Parser(words, _Names(_aliases(words, schema), schema)).query()
    except (_UnparsableError, UnbalancedQuotesError) as error:
        return Unparsable(str(error))


class _UnparsableError(Exception):
    """The text is no query for this parser."""


def _aliases(words: Sequence[str], schema: Schema) -> dict[str, str]:
    """What every `AS` in the text names, and every table itself."""
    named: dict[str, str] = {}
    for position, word in enumerate(words):
        if word == "as":
            if position + 1 == len(words):
                raise _UnparsableError("AS names nothing")
            named[words[position + 1]] = words[position - 1]
    for table in schema.tables:
        if table in named:
            raise _UnparsableError(f"the alias {table!r} is also the name of a table")
    return named | {table: table for table in schema.tables}


@dataclass(frozen=True)
class _Names:
    """Tables, aliases and columns that a query may use."""

    aliases: Mapping[str, str]
    schema: Schema

    def table(self, word: str) -> str:
        """The table that `word` names."""
        table = self.aliases.get(word)
        if table is None or table not in self.schema.tables:
            raise _UnparsableError(f"{word!r} is no table")
        return table

    def column(self, word: str, tables: Sequence[str]) -> str:
        """The column that `word` names where the query's tables are `tables`: the first one that has it."""
        if word == "*":
            return word
        alias, dot, column = word.partition(".")
        if dot:
            table = self.table(alias)
            if column not in self.schema.tables[table]:
                raise _UnparsableError(f"table {table} has no column {column!r}")
            return f"{table}.{column}"
        home = next((table for table in tables if word in self.schema.tables[table]), None)
        if home is None:
            raise _UnparsableError(f"{word!r} is no column of {', '.join(tables) or 'no table'}")
        return f"{home}.{word}"


@dataclass
class _Parser:
    """A place in the words. `tables` are those of the query that is read, in the order of its FROM."""

    words: Sequence[str]
    names: _Names
    position: int = 0
    depth: int = 0
    tables: list[str] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        return self.position >= len(self.words)

    @property
    def word(self) -> str:
        if self.ended:
            raise _UnparsableError("the query ends too early")
        return self.words[self.position]

    def at(self, *wanted: str) -> bool:
        return not self.ended and self.words[self.position] in wanted

    def next(self) -> str:
        word = self.word
        self.position += 1
        return word

    def take(self, wanted: str) -> bool:
        """Go past `wanted` if it is next."""
        found = self.at(wanted)
        self.position += found
        return found

    def expect(self, wanted: str) -> None:
        if not self.take(wanted):
            raise _UnparsableError(
                f"{wanted!r} is missing {f'before {self.word!r}' if not self.ended else 'at the end'}"
            )

    def query(self) -> Query:
        if self.depth == DEEPEST:
            raise _UnparsableError(f"more than {DEEPEST} queries in one")
        outer, self.tables = self.tables, []
        self.depth += 1
        bracketed = self.take("(")
        start = self.position
        sources, joins = self.sources()
        end, self.position = self.position, start
        distinct, select = self.select()
        self.position = end
        query = Query(
            distinct,
            select,
            sources,
            joins,
            where=self.conditions() if self.take("where") else (),
            group_by=self.group_by() if self.take("group") else (),
            having=self.conditions() if self.take("having") else (),
            order_by=self.order_by() if self.take("order") else None,
            limited=self.limit(),
        )
        self.semicolons()
        if bracketed:
            self.expect(")")
        self.semicolons()
        if self.at(*_COMPOUNDS):
            query = replace(query, compound=(self.next(), self.query()))
        self.depth -= 1
        self.tables = outer
        return query

    def sources(self) -> tuple[tuple[str | Query, ...], tuple[Condition | str, ...]]:
        """FROM, wherever it stands next; it is read before SELECT, whose columns need its tables."""
        while self.next() != "from":
            pass
        sources: list[str | Query] = []
        joins: list[Condition | str] = []
        while not self.ended:
            bracketed = self.take("(")
            if self.at("select"):
                sources.append(self.query())
            else:
                self.take("join")
                sources.append(self.table())
            if self.take("on"):
                joins += ["and"] * bool(joins) + list(self.conditions())
            if bracketed:
                self.expect(")")
            if self.at(*_ENDS):
                break
        return tuple(sources), tuple(joins)

    def table(self) -> str:
        table = self.names.table(self.next())
        if self.at("as"):
            self.position += 2
        self.tables.append(table)
        return table

    def select(self) -> tuple[bool, tuple[Selected, ...]]:
        self.expect("select")
        distinct = self.take("distinct")
        chosen = []
        while not self.ended and not self.at(*_CLAUSES):
            aggregate = self.next() if self.at(*AGGREGATES) else NONE
            chosen.append(Selected(aggregate, self.term()))
            self.take(",")
        return distinct, tuple(chosen)

    def term(self) -> Term:
        bracketed = self.take("(")
        left, operator, right = self.column(), NONE, None
        if self.at(*ARITHMETIC):
            operator = self.next()
            right = self.column()
        if bracketed:
            self.expect(")")
        return Term(operator, left, right)

    def column(self) -> Column:
        bracketed = self.take("(")
        if self.at(*AGGREGATES):
            aggregate = self.next()
            self.expect("(")
            distinct = self.take("distinct")
            name = self.names.column(self.next(), self.tables)
            # Officially the bracket in front of an aggregate is never closed.
            self.expect(")")
            return Column(aggregate, name, distinct)
        distinct = self.take("distinct")
        name = self.names.column(self.next(), self.tables)
        if bracketed:
            self.expect(")")
        return Column(NONE, name, distinct)

    def conditions(self) -> tuple[Condition | str, ...]:
        found: list[Condition | str] = []
        while not self.ended:
            found.append(self.condition())
            if self.at(*_ENDS, *_JOINING):
                break
            if self.at("and", "or"):
                found.append(self.next())
        return tuple(found)

    def condition(self) -> Condition:
        term = self.term()
        negated = self.take("not")
        comparison = self.next()
        if comparison not in COMPARISONS:
            raise _UnparsableError(f"{comparison!r} is no comparison")
        value, second = self.operand(), None
        if comparison == "between":
            self.expect("and")
            second = self.operand()
        return Condition(negated, comparison, term, value, second)

    def operand(self) -> Operand:
        start = self.position
        bracketed = self.take("(")
        value: Operand
        if self.word == "select":
            value = self.query()
        elif '"' in self.word:
            value = self.next()
        else:
            number = _number(self.word)
            value = self.column_operand(start) if number is None else number
            self.position += number is not None
        if bracketed:
            self.expect(")")
        return value

    def column_operand(self, start: int) -> Column:
        """A column that is compared with: only its first words are read, whatever stands up to the next end."""
        while not self.ended and not self.at(",", ")", "and", *_CLAUSES, *_JOINING):
            self.position += 1
        part = _Parser(self.words[start : self.position], self.names, tables=self.tables)
        return part.column()

    def group_by(self) -> tuple[Column, ...]:
        self.expect("by")
        return tuple(self.listed(self.column))

    def order_by(self) -> Order:
        self.expect("by")
        directions = ["asc"]

        def term() -> Term:
            found = self.term()
            if self.at("asc", "desc"):
                directions.append(self.next())
            return found

        terms = tuple(self.listed(term))
        return Order(directions[-1], terms)

    def listed(self, read: Callable[[], Part]) -> list[Part]:
        """Parts between commas, up to the end of the clause; there may be none."""
        parts: list[Part] = []
        while not self.ended and not self.at(*_ENDS):
            parts.append(read())
            if not self.take(","):
                break
        return parts

    def limit(self) -> bool:
        """Whether there is a LIMIT, of whatever one word."""
        if not self.take("limit"):
            return False
        self.next()
        return True

    def semicolons(self) -> None:
        while self.take(";"):
            pass


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None
