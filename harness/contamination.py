"""Which test samples are in training data: by normalised text, and by n-gram as GPT-3's authors looked for them.

The test side is indexed, the training side read once as a stream, whatever its size. Text is compared by its words:
NFKC, without regard to letter case, white space and punctuation.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config import UserError
from harness.ngrams import COMMON, NGRAM, SHORTEST, Ngrams
from harness.plan import Prepared
from harness.seen import SCHEMA
from harness.tables import Grid, percent
from harness.training_files import rows
from tasks.symbol_evol import Evolved
from tasks.task import Sample, Task

if TYPE_CHECKING:
    import pandas as pd

_WORD = re.compile(r"\w+")
# "The question is: ..." before a question, on its line.
_LABEL = re.compile(r"[^:\n]{1,60}:\s")


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).casefold()
    return _WORD.findall(text.lower())


def questions(samples: Sequence[Sample]) -> list[str]:
    """Each sample's question: that field of its prompt, the first of several, which tells most samples apart.

    The others (a schema, a domain, exemplars) are what is asked about; that it is known is no contamination. The
    question of a Symbol-evol sample is the standard one's.
    """
    fields = [s.context.standard.fields if isinstance(s.context, Evolved) else s.fields for s in samples]
    names = list(fields[0]) if fields else []
    question = max(names, key=lambda name: len({given.get(name) for given in fields}), default="")
    return [given.get(question, "") for given in fields]


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
    index.end()
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
        self._ngrams = Ngrams(ngram)
        self._all: list[_Found] = []
        for item, found in zip(prepared, self._found):
            for sample, question, one in zip(item.samples, questions(item.samples), found, strict=True):
                for text in (question, item.task.prompt.render(sample.fields)):
                    self._whole(self._questions, text, one)
                self._whole(self._golds, item.task.gold(sample), one)
                self._ngrams.add(words_of(question), len(self._all))
                self._all.append(one)
            self._ngrams.end_group()
        self._ngrams.close()

    def by_task(self) -> list[list[_Found]]:
        return self._found

    def _whole(self, known: defaultdict[str, list[_Found]], text: str, one: _Found) -> None:
        if words := words_of(text):
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

    def end(self) -> None:
        """Every row of a file was seen."""
        self._ngrams.flush()
        for number in self._ngrams.found:
            self._all[number].ngram = True
