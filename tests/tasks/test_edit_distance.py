"""Levenshtein's distance beside the textbook's table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.edit_distance import levenshtein

TEXTS = st.text(alphabet="CNO()=", max_size=12)


def by_table(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


@given(TEXTS, TEXTS)
def test_the_fewest_edits(one: str, other: str) -> None:
    assert levenshtein(one, other) == by_table(one, other)


@pytest.mark.parametrize(
    ("one", "other", "edits"), [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3)]
)
def test_known(one: str, other: str, edits: int) -> None:
    assert levenshtein(one, other) == edits
