"""SQL on SQLite: a read-only executor, the comparison of two results, and the official metrics on top."""

from executors.sql.clause_parser import Unparsable, parse
from executors.sql.clauses import Query
from executors.sql.comparison import Cell, Row, results_equal
from executors.sql.database import Database, execute, rows_of
from executors.sql.dialect import check_dialect, transpile
from executors.sql.exact_match import Component, Hardness, SetMatch, exact_set_match
from executors.sql.official import (
    ExecutionMatch,
    Mode,
    execution_match,
    prediction_line,
    repaired,
    suite_match,
)
from executors.sql.schema import Schema
from executors.sql.strict import strict_match

__all__ = [
    "Cell",
    "Component",
    "Database",
    "ExecutionMatch",
    "Hardness",
    "Mode",
    "Query",
    "Row",
    "Schema",
    "SetMatch",
    "Unparsable",
    "check_dialect",
    "exact_set_match",
    "execute",
    "execution_match",
    "parse",
    "prediction_line",
    "repaired",
    "results_equal",
    "rows_of",
    "strict_match",
    "suite_match",
    "transpile",
]
