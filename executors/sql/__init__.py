"""SQL on SQLite: a read-only executor, the comparison of two results, and the official execution metric on top."""

from executors.sql.comparison import Cell, Row, results_equal
from executors.sql.database import Database, execute, rows_of
from executors.sql.official import ExecutionMatch, Mode, execution_match, prediction_line

__all__ = [
    "Cell",
    "Database",
    "ExecutionMatch",
    "Mode",
    "Row",
    "execute",
    "execution_match",
    "prediction_line",
    "results_equal",
    "rows_of",
]
