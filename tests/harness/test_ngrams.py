"""N-grams by hash, against looking for them word by word."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.ngrams import Ngrams, windows_of


@given(st.lists(st.integers(1, 2**64 - 1), max_size=30), st.sets(st.integers(1, 13)))
def test_windows_of_all_lengths(hashes: Sequence[int], lengths: set[int]) -> None:
    """The same run has the same hash wherever it stands, and there is one run a place."""
    text = np.array(hashes, dtype=np.uint64)
    found = dict(windows_of(text, lengths))
    assert sorted(found) == sorted(length for length in lengths if length <= len(text))
    for length, runs in found.items():
        assert len(runs) == len(text) - length + 1
        for place, run in enumerate(runs):
            assert dict(windows_of(text[place : place + length], [length]))[length].tolist() == [run]


def runs(words: Sequence[str], length: int) -> set[tuple[str, ...]]:
    return {tuple(words[place : place + length]) for place in range(len(words) - length + 1)}


_TEXTS = st.lists(st.lists(st.sampled_from("abc"), min_size=8, max_size=14), min_size=1, max_size=4)


@given(wanted=_TEXTS, stream=_TEXTS)
def test_found_is_what_a_plain_search_finds(wanted: list[list[str]], stream: list[list[str]]) -> None:
    index = Ngrams(10)
    for owner, words in enumerate(wanted):
        index.add(words, owner)
    index.end_group()
    index.close()
    for words in stream:
        index.see(words)
    index.flush()
    lengths = [min(10, len(words)) for words in wanted]
    assert index.found == {
        owner
        for owner, (words, length) in enumerate(zip(wanted, lengths))
        if any(runs(words, length) & runs(text, length) for text in stream)
    }


def test_a_batch_that_is_full_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.ngrams._BATCH", 8)
    index = Ngrams(13)
    index.add(list("abcdefgh"), 7)
    index.end_group()
    index.close()
    index.see(list("abcdefgh"))
    assert index.found == {7}


def test_nothing_is_looked_for() -> None:
    index = Ngrams(13)
    index.add(list("abcdefg"), 0)
    index.end_group()
    index.close()
    index.see(list("abcdefg"))
    index.flush()
    assert index.found == set()
