"""Whether two query results are the same table, as the official scorer of Spider, SParC and CoSQL sees it.

Source: taoyds/test-suite-sql-eval at e97acc546ecb (Zhong, Yu and Klein, "Semantic Evaluation for Text-to-SQL with
Distilled Test Suites", 2020), `exec_eval.py`. The verdict is the same; the search is not: the official one walks
through the product of all column positions, this one matches columns by what they hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeAlias

Cell: TypeAlias = int | float | str | bytes | None
Row: TypeAlias = tuple[Cell, ...]
Column: TypeAlias = tuple[Cell, ...]

# The matching of columns contains graph isomorphism, so no search is fast on everything. The budget counts cells
# looked at; only tables built to be symmetric come near it, and those would keep the official search for ever.
SEARCH_BUDGET = 5_000_000


def results_equal(gold_rows: Sequence[Row], predicted_rows: Sequence[Row], ordered: bool) -> bool:
    """Whether the official scorer takes the two results for equal.

    They are where `tables_equal` says so, but for the official quick rejection. Two empty results are equal whatever
    their widths.
    """
    if not gold_rows and not predicted_rows:
        return True
    return tables_equal(gold_rows, predicted_rows, ordered) and _sorted_rows_agree(gold_rows, predicted_rows, ordered)


def tables_equal(gold_rows: Sequence[Row], predicted_rows: Sequence[Row], ordered: bool) -> bool:
    """Whether some permutation of the predicted columns makes the two tables equal.

    Rows are compared as a list if `ordered`, else as a bag (duplicates count). Cells are compared by Python's `==`
    (1 equals 1.0, never '1'; no tolerance). Column names play no part. A table that exhausts `SEARCH_BUDGET` counts as
    different.
    """
    if len(gold_rows) != len(predicted_rows):
        return False
    if not gold_rows:
        return True
    if len(gold_rows[0]) != len(predicted_rows[0]):
        return False
    if ordered:
        # With the rows fixed, columns are equal or not: any pairing of equal columns is a permutation.
        return Counter(zip(*gold_rows, strict=True)) == Counter(zip(*predicted_rows, strict=True))
    return Counter(gold_rows) == Counter(predicted_rows) or _some_permutation_matches(gold_rows, predicted_rows)


def _sorted_rows_agree(gold_rows: Sequence[Row], predicted_rows: Sequence[Row], ordered: bool) -> bool:
    """The official quick rejection, which also rejects some equal tables.

    It sorts the cells of each row by their text, and equal numbers can have different texts: (1, 1.5) sorts to
    (1.5, 1) while (1.0, 1.5) stays.
    """
    if len(gold_rows[0]) == 1 or not _equal_cells_differ_in_text(gold_rows, predicted_rows):
        return True
    gold = [_sorted_cells(row) for row in gold_rows]
    predicted = [_sorted_cells(row) for row in predicted_rows]
    return gold == predicted if ordered else set(gold) == set(predicted)


def _equal_cells_differ_in_text(*tables: Sequence[Row]) -> bool:
    """Whether some number is there as an integer and as a float, or zero as a float (which may be -0.0)."""
    if not any(float in set(map(type, chain.from_iterable(table))) for table in tables):
        return False
    values: set[Cell] = set()
    typed: set[tuple[type, Cell]] = set()
    for row in chain.from_iterable(tables):
        values.update(row)
        typed.update(zip(map(type, row), row, strict=True))
    return len(typed) > len(values) or (float, 0.0) in typed


def _sorted_cells(row: Row) -> Row:
    return tuple(sorted(row, key=lambda cell: f"{cell!s}{type(cell)}"))


def _some_permutation_matches(gold_rows: Sequence[Row], predicted_rows: Sequence[Row]) -> bool:
    """Whether the bags of rows are equal under a permutation of columns, given that the identity does not do."""
    if len(gold_rows[0]) == 1:
        return False
    gold_columns, predicted_columns = list(zip(*gold_rows, strict=True)), list(zip(*predicted_rows, strict=True))
    # Columns can only go where the same bag of values is: most wrong results end here.
    numbers = _Numbering()
    gold_colours = [numbers.of(_bag(column)) for column in gold_columns]
    predicted_colours = [numbers.of(_bag(column)) for column in predicted_columns]
    if Counter(gold_colours) != Counter(predicted_colours):
        return False
    if len(set(gold_colours)) < len(set(gold_columns)):
        refined = _refine(gold_columns, gold_colours, predicted_columns, predicted_colours)
        if refined is None:
            return False
        gold_colours, predicted_colours = refined
    gold = _classes(gold_columns, gold_colours)
    predicted = _classes(predicted_columns, predicted_colours)
    kinds = Counter(item.kind for item in predicted)
    if Counter(item.kind for item in gold) != kinds:
        return False
    # Rare kinds first: they have the fewest places to go and split the rows for the others.
    gold.sort(key=lambda item: kinds[item.kind])
    start = [0] * len(gold_rows)
    return _Search(gold, predicted).extend(0, frozenset(), start, start)


class _Numbering:
    """Numbers for values, in order of appearance: equal values, equal numbers."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}

    def of(self, value: Hashable) -> int:
        return self._numbers.setdefault(value, len(self._numbers))


def _bag(values: Iterable[Hashable]) -> Hashable:
    return frozenset(Counter(values).items())


def _refine(
    gold_columns: list[Column], gold_colours: list[int], predicted_columns: list[Column], predicted_colours: list[int]
) -> tuple[list[int], list[int]] | None:
    """Colour refinement on rows and columns of both tables at once; None if the tables are told apart by it."""
    while True:
        numbers = _Numbering()
        gold_rows = _row_colours(gold_columns, gold_colours, numbers)
        predicted_rows = _row_colours(predicted_columns, predicted_colours, numbers)
        if Counter(gold_rows) != Counter(predicted_rows):
            return None
        before = len(set(gold_colours))
        numbers = _Numbering()
        gold_colours = _column_colours(gold_columns, gold_colours, gold_rows, numbers)
        predicted_colours = _column_colours(predicted_columns, predicted_colours, predicted_rows, numbers)
        if Counter(gold_colours) != Counter(predicted_colours):
            return None
        if len(set(gold_colours)) == before:
            return gold_colours, predicted_colours


def _row_colours(columns: list[Column], colours: list[int], numbers: _Numbering) -> list[int]:
    return [numbers.of(_bag(zip(colours, row, strict=True))) for row in zip(*columns, strict=True)]


def _column_colours(
    columns: list[Column], colours: list[int], row_colours: list[int], numbers: _Numbering
) -> list[int]:
    return [
        numbers.of((colour, _bag(zip(row_colours, column, strict=True))))
        for column, colour in zip(columns, colours, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Class:
    """Columns that are equal cell by cell: interchangeable, so placed together."""

    column: Column
    kind: tuple[int, int]  # colour, and how many columns there are


def _classes(columns: list[Column], colours: list[int]) -> list[_Class]:
    sizes = Counter(columns)
    colour_of = dict(zip(columns, colours, strict=True))
    return [_Class(column, (colour_of[column], size)) for column, size in sizes.items()]


@dataclass(slots=True)
class _Search:
    """Backtracking over classes of columns; a partial placement must already give equal bags of partial rows."""

    gold: list[_Class]
    predicted: list[_Class]
    budget: int = field(default=SEARCH_BUDGET)

    def extend(self, depth: int, used: frozenset[int], gold_parts: list[int], predicted_parts: list[int]) -> bool:
        """Place the gold classes from `depth` on; `..._parts` number the partial rows of each table."""
        if depth == len(self.gold):
            return True
        wanted = self.gold[depth]
        numbers = _Numbering()
        gold_next = [numbers.of(pair) for pair in zip(gold_parts, wanted.column, strict=True)]
        bag = Counter(gold_next)
        for index, candidate in enumerate(self.predicted):
            if index in used or candidate.kind != wanted.kind:
                continue
            self.budget -= len(gold_parts)
            if self.budget < 0:
                return False
            predicted_next = [numbers.of(pair) for pair in zip(predicted_parts, candidate.column, strict=True)]
            if Counter(predicted_next) == bag and self.extend(depth + 1, used | {index}, gold_next, predicted_next):
                return True
        return False
