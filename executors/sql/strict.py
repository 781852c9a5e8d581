"""Our own verdict on two results, where the official one is too kind or looks at the wrong text.

DISTINCT counts; a prediction is one statement; two empty results are equal only if they have as many columns; rows are
ordered if and only if the gold query's outermost ORDER BY says so. Columns may stand in any order, as officially.
"""

from __future__ import annotations

import re

from executors.outcome import Limits, Outcome
from executors.sql.comparison import tables_equal
from executors.sql.database import Database, rows_of
from executors.sql.gold import gold_result
from executors.sql.official import repaired

_LEXEME = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?(?:\*/|\Z)|(?P<bracket>[()])|(?P<word>\w+)""",
    re.DOTALL,
)


def strict_match(gold: str, predicted: Outcome, database: Database, limits: Limits) -> bool:
    """Whether `predicted`, how `execute` ended on the prediction, is the table that the gold query denotes.

    Raises what `execute` raises, on account of the database.
    """
    reference = gold_result(repaired(gold), database, limits)
    if not (reference.ok and predicted.ok) or _width(reference) != _width(predicted):
        return False
    return tables_equal(rows_of(reference), rows_of(predicted), is_ordered(gold))


def _width(outcome: Outcome) -> int:
    value = outcome.value
    assert isinstance(value, dict)
    return len(value["columns"])


def is_ordered(query: str) -> bool:
    """Whether `query` says ORDER BY outside of all brackets, strings and comments."""
    depth, before = 0, ""
    for lexeme in _LEXEME.finditer(query):
        if lexeme["bracket"]:
            depth += 1 if lexeme["bracket"] == "(" else -1
        elif lexeme["word"] and depth == 0:
            if (before, lexeme["word"].lower()) == ("order", "by"):
                return True
            before = lexeme["word"].lower()
    return False
