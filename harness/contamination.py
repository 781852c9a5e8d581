"""Which test samples are in training data: by normalised text, and by n-gram as GPT-3's authors looked for them.

The test side is indexed, the training side read once as a stream, whatever its size. Text is compared by its words:
NFKC, without regard to letter case, white space and punctuation. Source of the n-gram rule: Brown et al. 2020
(arXiv 2005.14165), appendix C: 13 words, 8 where a text is shorter, n-grams that more than ten texts share left out.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from harness.config import UserError
from harness.plan import Prepared
from harness.seen import SCHEMA
from harness.tables import Grid, percent
from harness.training_files import rows
from tasks.task import Sample, Task

if TYPE_CHECKING:
    import pandas as pd

NGRAM = 13
# Shorter texts are found whole, in the place of a field or a line, and not in the midst of others.
SHORTEST = 8
# An n-gram of more texts of one task than this is its form, not its content.
COMMON = 10

_WORD = re.compile(r"\w+")
# "The question is: ..." before a question, on its line.
_LABEL = re.compile(r"[^:\n]{1,60}:\s")

_BATCH = 1 << 18  # words that are looked up at once
_BASE = np.uint64(0x9E3779B97F4A7C15)
_FILTER_BITS = 24

Words = npt.NDArray[np.uint64]


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).casefold()
    return _WORD.findall(text.lower())


def questions(task: Task, samples: Sequence[Sample]) -> Iterator[list[str]]:
    """Each sample's own texts: those of its prompt's fields that tell samples apart.

    A field with fewer different values than half of the samples (a schema, a domain) is what they are asked about; that
    it is known is no contamination.
    """
    names = list(samples[0].fields) if samples else []
    own = [name for name in names if 2 * len({sample.fields[name] for sample in samples}) >= len(samples)] or names
    for sample in samples:
        yield [sample.fields[name] for name in own]


@dataclass(eq=False)
class _Found:
    """Of one sample: whether its question, its gold, both in one row, an n-gram of its question were seen."""

    question: bool = False
    gold: bool = False
    both: bool = False
    ngram: bool = False

    @property
    def contaminated(self) -> bool:
        return self.question or self.ngram


@dataclass(frozen=True)
class TaskOverlap:
    """One task's count: `n` samples, of which question, gold, both in one row, or an n-gram are in the training data.

    `samples` are the ids of the contaminated ones: by question or by n-gram. Short golds are found everywhere, so that
    a gold alone says little.
    """

    task: Task
    place: str
    data: str
    n: int
    question: int
    gold: int
    both: int
    ngram: int
    samples: tuple[str, ...]

    @property
    def share(self) -> float:
        return len(self.samples) / self.n if self.n else 0.0


@dataclass(frozen=True)
class TrainingFile:
    """A file that was read; its name without folders, so that a report says nothing of the machine."""

    name: str
    rows: int
    words: int


@dataclass(frozen=True)
class Contamination:
    """What was found, in the order of tasks and files. `ngram` is the number of words of an n-gram."""

    ngram: int
    files: tuple[TrainingFile, ...]
    tasks: tuple[TaskOverlap, ...]

    def grids(self) -> list[Grid]:
        heads = ("Task", "n", "question", "gold", "both", f"{self.ngram}-gram", "contaminated", "share %")
        lines = [
            (
                overlap.task.title,
                *map(str, (overlap.n, overlap.question, overlap.gold, overlap.both, overlap.ngram)),
                str(len(overlap.samples)),
                percent(overlap.share),
            )
            for overlap in self.tasks
        ]
        return [Grid("Test samples in the training data", heads, lines)]

    def captions(self) -> list[str]:
        return [
            *(f"{file.name}: {file.rows} rows, {file.words} words" for file in self.files),
            "question, gold: that text is a field or a line of some training row, letter case, blanks and punctuation "
            "aside; both: of the same row.",
            f"{self.ngram}-gram: {self.ngram} words in a row of the question (all of it, where it has {SHORTEST} to "
            f"{self.ngram - 1}) are in some row; those of more than {COMMON} samples of the task do not count.",
            "contaminated: by question or n-gram.",
        ]

    def frame(self) -> pd.DataFrame:
        """A line a task."""
        import pandas as pd

        return pd.DataFrame([_row(overlap) for overlap in self.tasks])

    def json(self) -> str:
        tasks = {overlap.task.name: _row(overlap) | {"samples": overlap.samples} for overlap in self.tasks}
        files = [{"name": file.name, "rows": file.rows, "words": file.words} for file in self.files]
        content = {"schema": SCHEMA, "ngram": self.ngram, "shortest": SHORTEST, "files": files, "tasks": tasks}
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _row(overlap: TaskOverlap) -> dict[str, Any]:
    counted = {name: getattr(overlap, name) for name in ("place", "data", "n", "question", "gold", "both", "ngram")}
    return {"task": overlap.task.title, **counted, "contaminated": len(overlap.samples), "share": overlap.share}


def look_for(prepared: Sequence[Prepared], files: Sequence[Path], ngram: int = NGRAM) -> Contamination:
    """The samples of `prepared` that are in the training `files`.

    Raises UserError for files that cannot be read or hold no text, and for an `ngram` of less than `SHORTEST` words.
    """
    if ngram < SHORTEST:
        raise UserError(f"--ngram {ngram}: an n-gram has at least {SHORTEST} words")
    index = _Index(prepared, ngram)
    read = tuple(_read(index, path) for path in files)
    return Contamination(ngram, read, tuple(_overlap(item, found) for item, found in zip(prepared, index.by_task())))


def _read(index: _Index, path: Path) -> TrainingFile:
    number = words = 0
    for row in rows(path):
        number += 1
        words += index.see(row)
    index.flush()
    if not words:
        raise UserError(f"{path} holds no text")
    return TrainingFile(path.name, number, words)


def _overlap(item: Prepared, found: Sequence[_Found]) -> TaskOverlap:
    return TaskOverlap(
        item.task,
        item.located.place.value,
        item.located.sha256,
        len(item.samples),
        question=sum(one.question for one in found),
        gold=sum(one.gold for one in found),
        both=sum(one.both for one in found),
        ngram=sum(one.ngram for one in found),
        samples=tuple(sample.id for sample, one in zip(item.samples, found, strict=True) if one.contaminated),
    )


class _Index:
    """All that is looked for, of all tasks: whole texts by their words, n-grams by their hash of 64 bits."""

    def __init__(self, prepared: Sequence[Prepared], ngram: int) -> None:
        self._found = [[_Found() for _ in item.samples] for item in prepared]
        self._questions: defaultdict[str, list[_Found]] = defaultdict(list)
        self._golds: defaultdict[str, list[_Found]] = defaultdict(list)
        self._longest = 0
        self._ngrams = _Ngrams(ngram)
        for item, found in zip(prepared, self._found):
            for sample, texts, one in zip(item.samples, questions(item.task, item.samples), found, strict=True):
                self._whole(self._questions, [*texts, item.task.prompt.render(sample.fields)], one)
                self._whole(self._golds, [item.task.gold(sample)], one)
                for text in texts:
                    self._ngrams.add(words_of(text), one)
            self._ngrams.end_task()
        self._ngrams.close()

    def by_task(self) -> list[list[_Found]]:
        return self._found

    def _whole(self, known: defaultdict[str, list[_Found]], texts: Iterable[str], one: _Found) -> None:
        for words in map(words_of, texts):
            if words:
                known[" ".join(words)].append(one)
                self._longest = max(self._longest, len(words))

    def see(self, row: Sequence[str]) -> int:
        """Look a training row up; its number of words."""
        asked: list[_Found] = []
        answered: list[_Found] = []
        count = 0
        for text in row:
            words: list[str] = []
            for line in text.splitlines():
                of_line = words_of(line)
                words += of_line
                self._look_up(of_line, asked, answered)
                if label := _LABEL.match(line):
                    self._look_up(of_line[len(words_of(label[0])) :], asked, answered)
            self._look_up(words, asked, answered)
            self._ngrams.see(words)
            count += len(words)
        for one in asked:
            one.question = True
        for one in answered:
            one.gold = True
        for one in {*asked} & {*answered}:
            one.both = True
        return count

    def _look_up(self, words: list[str], asked: list[_Found], answered: list[_Found]) -> None:
        if 0 < len(words) <= self._longest:
            text = " ".join(words)
            asked += self._questions.get(text, ())
            answered += self._golds.get(text, ())

    def flush(self) -> None:
        self._ngrams.flush()


class _Ngrams:
    """N-grams by a hash that is a polynomial of their words' hashes: one pass gives those of every length.

    Hashes have 64 bits: that 10^9 words meet 10^6 n-grams by mere chance has a probability of one in ten thousand.
    """

    def __init__(self, ngram: int) -> None:
        self._ngram = ngram
        self._hash_of: dict[str, int] = {}
        self._owners: list[_Found] = []
        self._of_task: defaultdict[int, list[tuple[Words, int]]] = defaultdict(list)
        self._parts: defaultdict[int, list[tuple[Words, npt.NDArray[np.int64]]]] = defaultdict(list)
        self._known: dict[int, tuple[Words, npt.NDArray[np.int64]]] = {}
        self._filter = np.zeros(1 << _FILTER_BITS, dtype=bool)
        self._waiting: list[int] = []

    def add(self, words: Sequence[str], owner: _Found) -> None:
        """A text to look for: all its n-grams, or all of it where it is shorter."""
        length = min(self._ngram, len(words))
        if length < SHORTEST:
            return
        for word in words:
            if word not in self._hash_of:
                digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
                self._hash_of[word] = int.from_bytes(digest)
        hashes = np.array([self._hash_of[word] for word in words], dtype=np.uint64)
        self._of_task[length].append((dict(_windows(hashes, [length]))[length], len(self._owners)))
        self._owners.append(owner)

    def end_task(self) -> None:
        """What more than `COMMON` texts since the last task share is no longer looked for."""
        for length, texts in self._of_task.items():
            hashes = np.concatenate([np.unique(windows) for windows, _ in texts])
            owners = np.concatenate([np.full(len(np.unique(windows)), owner) for windows, owner in texts])
            _, which, count = np.unique(hashes, return_inverse=True, return_counts=True)
            kept = count[which] <= COMMON
            self._parts[length].append((hashes[kept], owners[kept]))
        self._of_task.clear()

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
        for length, windows in _windows(np.array(self._waiting, dtype=np.uint64), self._known):
            hashes, owners = self._known[length]
            hopeful = np.unique(windows[self._filter[windows >> np.uint64(64 - _FILTER_BITS)]])
            first, last = (np.searchsorted(hashes, hopeful, side) for side in ("left", "right"))
            for start, end in zip(first[last > first], last[last > first]):
                for owner in owners[start:end]:
                    self._owners[owner].ngram = True
        self._waiting.clear()


def _windows(hashes: Words, lengths: Iterable[int]) -> Iterator[tuple[int, Words]]:
    """The hash of every run of words of each of these lengths, which are positive."""
    wanted = set(lengths)
    runs = hashes
    for length in range(1, min(len(hashes), max(wanted, default=0)) + 1):
        if length > 1:
            runs = runs[:-1] * _BASE + hashes[length - 1 :]
        if length in wanted:
            yield length, runs
