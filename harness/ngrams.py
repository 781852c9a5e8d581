"""N-grams of many texts, looked for in a stream of others.

After Brown et al. 2020 (GPT-3, arXiv 2005.14165), appendix C: n-grams of 8 to 13 words, those that are found more than
ten times left out. Ours: always 13, or all of a shorter text, and what is counted is how many texts of the test side
share one, so that the training side is read only once.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat

import numpy as np
import numpy.typing as npt

NGRAM = 13
# A text of less words is not looked for in the midst of others.
SHORTEST = 8
# An n-gram of more texts of one group than this is their form, not their content.
COMMON = 10

_BATCH = 1 << 18  # words that are looked up at once
_BASE = np.uint64(0x9E3779B97F4A7C15)
_FILTER_BITS = 24

Words = npt.NDArray[np.uint64]


class Ngrams:
    """The n-grams of all texts that are looked for, and in `found` the owners of those that were seen.

    A hash is a polynomial of its words' hashes, so that one pass gives those of every length. Hashes have 64 bits: that
    10^9 words meet 10^6 n-grams by mere chance has a probability of one in ten thousand.
    """

    def __init__(self, ngram: int) -> None:
        self._ngram = ngram
        self.found: set[int] = set()
        self._hash_of: dict[str, int] = {}
        self._of_group: defaultdict[int, list[tuple[Words, int]]] = defaultdict(list)
        self._parts: defaultdict[int, list[tuple[Words, npt.NDArray[np.int64]]]] = defaultdict(list)
        self._known: dict[int, tuple[Words, npt.NDArray[np.int64]]] = {}
        self._filter = np.zeros(1 << _FILTER_BITS, dtype=bool)
        self._waiting: list[int] = []

    def add(self, words: Sequence[str], owner: int) -> None:
        """A text of `owner` to look for: all its n-grams, or all of it where it is shorter."""
        length = min(self._ngram, len(words))
        if length < SHORTEST:
            return
        for word in words:
            if word not in self._hash_of:
                digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
                self._hash_of[word] = int.from_bytes(digest)
        hashes = np.array([self._hash_of[word] for word in words], dtype=np.uint64)
        (windows,) = (found for _, found in windows_of(hashes, [length]))
        self._of_group[length].append((np.unique(windows), owner))

    def end_group(self) -> None:
        """What more than `COMMON` of the texts added since the last group share is not looked for."""
        for length, texts in self._of_group.items():
            hashes = np.concatenate([windows for windows, _ in texts])
            owners = np.concatenate([np.full(len(windows), owner) for windows, owner in texts])
            _, which, count = np.unique(hashes, return_inverse=True, return_counts=True)
            kept = count[which] <= COMMON
            self._parts[length].append((hashes[kept], owners[kept]))
        self._of_group.clear()

    def close(self) -> None:
        """Nothing more is added."""
        for length, parts in self._parts.items():
            hashes, owners = (np.concatenate(column) for column in zip(*parts))
            order = np.argsort(hashes, kind="stable")
            self._known[length] = hashes[order], owners[order]
            self._filter[hashes >> np.uint64(64 - _FILTER_BITS)] = True
        self._parts.clear()

    def see(self, words: Sequence[str]) -> None:
        """A training text; it is looked up with others."""
        self._waiting += map(self._hash_of.get, words, repeat(0))
        self._waiting.append(0)  # no n-gram goes over the end of a text
        if len(self._waiting) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Look up all texts that wait."""
        for length, windows in windows_of(np.array(self._waiting, dtype=np.uint64), self._known):
            hashes, owners = self._known[length]
            hopeful = np.unique(windows[self._filter[windows >> np.uint64(64 - _FILTER_BITS)]])
            first, last = (np.searchsorted(hashes, hopeful, side) for side in ("left", "right"))
            for start, end in zip(first[last > first], last[last > first]):
                self.found.update(owners[start:end].tolist())
        self._waiting.clear()


def windows_of(hashes: Words, lengths: Iterable[int]) -> Iterator[tuple[int, Words]]:
    """The hash of every run of words of each of these lengths, which are positive."""
    wanted = set(lengths)
    runs = hashes
    for length in range(1, min(len(hashes), max(wanted, default=0)) + 1):
        if length > 1:
            runs = runs[:-1] * _BASE + hashes[length - 1 :]
        if length in wanted:
            yield length, runs
