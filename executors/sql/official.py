"""The official execution metric of Spider, SParC and CoSQL: both queries run, their results compared.

Source: taoyds/test-suite-sql-eval at e97acc546ecb, `evaluation.py` (what happens to a prediction before it runs) and
`exec_eval.py`, `parse.py` (DISTINCT, values). Written anew from what they do. Where they differ from it on purpose:
nothing but reading runs, everything ends in time, and a prediction that is no statement is not an empty table.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import islice, product

from executors.outcome import Limits, Outcome, Status
from executors.sql.comparison import results_equal
from executors.sql.database import LONGEST_STATEMENT, Database, measured, rows_of
from executors.sql.gold import CACHED_GOLD, gold_result

# The official search for values is exponential in the number of slots.
MOST_CANDIDATES = 20_000
LONGEST_PLUGGED = 10_000  # characters

_SLOT = "valuerare"
_CURRENT_YEAR = re.compile(r"YEAR\s*\(\s*CURDATE\s*\(\s*\)\s*\)\s*", re.IGNORECASE)
_FLOAT = re.compile(r"[-+]?\d*\.\d+")
_INTEGER = re.compile(r"[^tT]\d+")
_ALIASED = re.compile(r"[Tt]\d+\.")


class Mode(StrEnum):
    """The four ways to run the official script (its options `--keep_distinct` and `--plug_value`)."""

    DEFAULT = "default"
    KEEP_DISTINCT = "keep_distinct"
    PLUG_VALUE = "plug_value"
    PLUG_VALUE_KEEP_DISTINCT = "plug_value_keep_distinct"

    @property
    def keeps_distinct(self) -> bool:
        return self in (Mode.KEEP_DISTINCT, Mode.PLUG_VALUE_KEEP_DISTINCT)

    @property
    def plugs_values(self) -> bool:
        return self in (Mode.PLUG_VALUE, Mode.PLUG_VALUE_KEEP_DISTINCT)


@dataclass(frozen=True, slots=True)
class ExecutionMatch:
    """The verdict on one prediction, and how both queries ended.

    `equal` is False whenever one of them has no result; a gold outcome that is not `ok` is the data set's fault (the
    official script dies of it). `candidates` counts the predictions that ran: one, or with plugged values the one that
    matched and all before it. `exhaustive` is False if values were left untried (too many, or out of time).
    """

    equal: bool
    gold: Outcome
    predicted: Outcome
    mode: Mode
    candidates: int = 1
    exhaustive: bool = True


@dataclass(frozen=True, slots=True)
class _Gold:
    query: str
    ordered: bool
    outcome: Outcome


def execution_match(gold: str, predicted: str, database: Database, mode: Mode, limits: Limits) -> ExecutionMatch:
    """Compare the results of `gold` and `predicted` on one database, as the official script does in `mode`.

    `predicted` is one line of a prediction file (see `prediction_line`). Each query has the whole of `limits`; the
    candidates of one prediction share `limits.seconds`. Raises what `execute` raises, on account of the database.
    """
    reference = _gold(gold, database, mode, limits)
    # The official script takes the word for the placeholder of models that predict no values, wherever it stands.
    query = _prepare(predicted.replace("value", "1"), mode.keeps_distinct)
    outcome = _run(query, database, limits)
    equal = _equal(reference, outcome)
    if equal or not mode.plugs_values or not reference.outcome.ok:
        return ExecutionMatch(equal, reference.outcome, outcome, mode)
    return _plugged_match(reference, query, outcome, database, mode, limits)


def suite_match(gold: str, predicted: str, databases: Sequence[Database], mode: Mode, limits: Limits) -> bool:
    """Whether the results are equal on every one of `databases`, which share `limits.seconds`.

    Source: Zhong, Yu and Klein (2020): a test suite is many databases of one schema, filled so that different queries
    differ on one of them. Raises ValueError for a mode that plugs values: a choice of values would have to hold on all.
    """
    if mode.plugs_values:
        raise ValueError(f"a test suite is not run in mode {mode}")
    deadline = time.perf_counter() + limits.seconds
    for database in databases:
        left = max(0.0, deadline - time.perf_counter())
        if not execution_match(gold, predicted, database, mode, replace(limits, seconds=left)).equal:
            return False
    return True


def prediction_line(text: str) -> str:
    """What the official script reads when `text` is written to a prediction file: one line, up to its first tab."""
    return re.sub(r"[\r\n]+", " ", text).strip().split("\t")[0]


def strip_distinct(query: str) -> str:
    """The first statement of `query` without the keyword DISTINCT, split into tokens by sqlparse.

    Unlike the official script's, the tokens are not grouped into a tree: the same tokens, no limit on nesting. A query
    of more than `LONGEST_STATEMENT` characters is left as it is.
    """
    if len(query) > LONGEST_STATEMENT or _is_one_statement_without_distinct(query):
        return query
    return "".join(value for _, value in _tokens(query) if value.lower() != "distinct")


def _is_one_statement_without_distinct(query: str) -> bool:
    """Whether stripping changes nothing, cheaply told: sqlparse ends a statement at ';' and at the word GO."""
    return "distinct" not in query.lower() and "GO" not in query and ";" not in query.rstrip().removesuffix(";")


def _tokens(query: str) -> list[tuple[object, str]]:
    """Kind and text of the tokens of the first statement; none if there is no statement."""
    from sqlparse.engine import FilterStack

    statement = next(FilterStack().run(query), None)  # type: ignore[no-untyped-call]
    return [] if statement is None else [(token.ttype, token.value) for token in statement.flatten()]


def repaired(query: str) -> str:
    """`query` with the blanks taken out of comparison operators: gold queries of CoSQL and SParC are written so."""
    return query.replace("> =", ">=").replace("< =", "<=").replace("! =", "!=")


def _prepare(query: str, keeps_distinct: bool) -> str:
    return repaired(query) if keeps_distinct else strip_distinct(repaired(query))


def _run(query: str, database: Database, limits: Limits) -> Outcome:
    return measured(_CURRENT_YEAR.sub("2020", query), database, limits)[0]


def _gold(query: str, database: Database, mode: Mode, limits: Limits) -> _Gold:
    prepared = _prepared_gold(query, mode.keeps_distinct)
    outcome = gold_result(_CURRENT_YEAR.sub("2020", prepared), database, limits)
    return _Gold(prepared, "order by" in prepared.lower(), outcome)


@lru_cache(maxsize=CACHED_GOLD)
def _prepared_gold(query: str, keeps_distinct: bool) -> str:
    return _prepare(query, keeps_distinct)


def _equal(gold: _Gold, predicted: Outcome) -> bool:
    if not gold.outcome.ok or not predicted.ok:
        return False
    return results_equal(rows_of(gold.outcome), rows_of(predicted), gold.ordered)


def _plugged_match(
    gold: _Gold, query: str, outcome: Outcome, database: Database, mode: Mode, limits: Limits
) -> ExecutionMatch:
    """Whether the prediction matches with some of the gold query's values in the places of its own."""
    deadline = time.perf_counter() + limits.seconds
    tried = 1
    candidates = _candidates(gold.query, query)
    for candidate in islice(candidates, MOST_CANDIDATES):
        left = deadline - time.perf_counter()
        if left <= 0:
            return ExecutionMatch(False, gold.outcome, outcome, mode, tried, exhaustive=False)
        tried += 1
        plugged = _run(candidate, database, replace(limits, seconds=left))
        if _equal(gold, plugged):
            return ExecutionMatch(True, gold.outcome, plugged, mode, tried)
        if plugged.status is Status.TIMEOUT:
            return ExecutionMatch(False, gold.outcome, outcome, mode, tried, exhaustive=False)
    exhaustive = next(candidates, None) is None and len(query) <= LONGEST_PLUGGED
    return ExecutionMatch(False, gold.outcome, outcome, mode, tried, exhaustive)


def _candidates(gold: str, predicted: str) -> Iterator[str]:
    """The prediction with every assignment of the gold query's values to its slots."""
    if max(len(gold), len(predicted)) > LONGEST_PLUGGED:
        return
    values = sorted(set(_slots_and_values(gold)[1]))
    words = _slots_and_values(predicted)[0]
    slots = [index for index, word in enumerate(words) if word == _SLOT]
    for chosen in product(values, repeat=len(slots)):
        for index, value in zip(slots, chosen, strict=True):
            words[index] = value
        yield " ".join(words)


def _slots_and_values(query: str) -> tuple[list[str], list[str]]:
    """The words of a query in lower case with `_SLOT` for each value, and the values.

    Values are strings in single or double quotes, and numbers that stand as words of their own (also after LIMIT).
    A number is found by its text anywhere: digits after t or T are none unless the same digits are elsewhere.
    """
    from sqlparse import tokens

    text, values = _spaced(query), []
    quoted = (tokens.Literal.String.Single, tokens.Literal.String.Symbol)
    for literal in [value for kind, value in _tokens(text) if kind in quoted]:
        values.append(literal)
        text = text.replace(literal.strip(), _SLOT.upper())
    words = text.split()
    for number in (_FLOAT, _INTEGER):
        found = {match.strip() for match in number.findall(text if number is _FLOAT else " ".join(words))}
        values += [word for word in words if word in found]
        words = [_SLOT.upper() if word in found else word for word in words]
    return [part for word in words for part in _lowered(word)], values


def _spaced(query: str) -> str:
    """The first statement with one blank between tokens, keywords in upper case, `t1.*` as `*`."""
    import sqlparse

    flat = query.strip().replace(";", "").replace("\t", "")
    text = " ".join(value for kind, value in _tokens(flat) if kind is not sqlparse.tokens.Whitespace)
    for alias in ("t1", "t2", "t3", "T1", "T2", "T3"):
        text = text.replace(f"{alias}.*", "*")
    text = sqlparse.format(text, keyword_case="upper")
    return re.sub(r"(T\d+\.)\s", r"\1", text)


def _lowered(word: str) -> list[str]:
    return word.replace(".", " . ").lower().split() if _ALIASED.search(word) else [word.lower()]
