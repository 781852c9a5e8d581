"""The answers of all runs, sample beside sample: one sheet a task and data set.

Records come in the order in which they were answered; pages need them by sample. They are put aside in a scratch
file while they are read, so that no more than their places is kept in memory.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

from harness.answers import became
from harness.figures import primary
from harness.record import Record
from harness.report.entry import clipped, shown_record
from harness.runlog import read_records, read_run
from tasks.task import Task, registry

Slot: TypeAlias = tuple[int, int]

FAULT = "no answer"


class Spool:
    """Texts in a scratch file, each found again by its place. Use as a context manager."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by __exit__)
        self._end = 0
        self._places: dict[bytes, Slot] = {}

    def add(self, text: str) -> Slot:
        """Put an ASCII text aside."""
        content = text.encode("ascii")
        self._file.write(content)
        slot = (self._end, len(content))
        self._end += len(content)
        return slot

    def add_once(self, text: str) -> Slot:
        """The same, with one place for equal texts."""
        digest = hashlib.blake2b(text.encode("ascii"), digest_size=16).digest()
        if digest not in self._places:
            self._places[digest] = self.add(text)
        return self._places[digest]

    def read(self, slot: Slot) -> str:
        start, length = slot
        self._file.seek(start)
        return self._file.read(length).decode("ascii")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._file.close()


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer: what became of it, its score by the primary metric, and where its texts are."""

    became: str
    score: float | None
    text: Slot
    prompt: Slot


@dataclass
class Column:
    """One run's answers of a sheet by sample id; `statuses` are the executor's, `finished` why generation ended."""

    entries: dict[str, Entry] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    finished: Counter[str] = field(default_factory=Counter)


@dataclass
class Sheet:
    """One task on one data set (named by the hash of its content): columns by run."""

    task: Task
    place: str
    data: str
    columns: dict[str, Column] = field(default_factory=dict)

    @functools.cached_property
    def samples(self) -> list[str]:
        """The ids that any run has, numbers in them in the order of numbers; asked for when all are there."""
        return sorted({sample for column in self.columns.values() for sample in column.entries}, key=_natural)


def collect(runs: Mapping[str, Path], spool: Spool) -> dict[str, Sheet]:
    """All sheets by key, in the registry's order; the key is the task's name, with the head of the data's hash behind
    it where runs of one task were on different data. Raises UserError.
    """
    sheets: dict[tuple[str, str], Sheet] = {}
    for key, folder in runs.items():
        plans: Mapping[str, Any] = read_run(folder)["config"]["tasks"]
        for record in read_records(folder):
            task, plan = registry().get(record.task), plans.get(record.task)
            if task is None or plan is None:
                continue
            place = (task.name, str(plan.get("data", "")))
            sheet = sheets.setdefault(place, Sheet(task, str(plan["place"]), place[1]))
            _add(sheet.columns.setdefault(key, Column()), task, record, spool)
    return dict(_named(sheets))


def _named(sheets: Mapping[tuple[str, str], Sheet]) -> Iterator[tuple[str, Sheet]]:
    count = Counter(name for name, _ in sheets)
    order = {name: rank for rank, name in enumerate(registry())}
    for name, data in sorted(sheets, key=lambda place: (order[place[0]], place[1])):
        yield name if count[name] == 1 else f"{name}-{_hexadecimal(data)}", sheets[name, data]


def _hexadecimal(data: str) -> str:
    """A name of 8 characters that may stand in a path, whatever run.json says."""
    return data[:8] if re.fullmatch(r"[0-9a-f]{8,}", data) else hashlib.sha256(data.encode()).hexdigest()[:8]


def _add(column: Column, task: Task, record: Record, spool: Spool) -> None:
    what = FAULT if record.fault else became(task, record.statistics, record.outcome).value
    entry = shown_record(task, record)
    main = primary(task).name
    column.entries[record.sample] = Entry(
        what,
        None if record.fault else next((score for name, score, _ in entry["metrics"] if name == main), None),
        spool.add(json.dumps(entry, separators=(",", ":"))),
        spool.add_once(json.dumps(clipped(record.prompt))),
    )
    if not record.fault:
        column.finished[record.finish_reason] += 1
        if record.outcome is not None:
            column.statuses[record.outcome.status.value] += 1


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """Digits by length, then as texts: their values without reading numbers of any length."""
    parts = re.split(r"([0-9]+)", name)
    return [
        (odd, len(part.lstrip("0")) if odd else 0, part.lstrip("0") if odd else part)
        for part, odd in zip(parts, itertools.cycle((False, True)))
    ] + [(False, 0, name)]
