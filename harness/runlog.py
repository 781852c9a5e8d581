"""A run on disk: `run.json` first, then append-only parts of records, merged on read.

Every process that works on a run writes a part of its own (`samples-0000.jsonl`, ...), one flushed line a sample, so
that a kill at any byte costs at most the samples in flight, and nothing is ever rewritten. Of several records of one
sample the first without a fault counts. Where parts are handed over to be sent elsewhere, they are closed every now and
then, and their names tell processes of several machines apart (`samples-000000-3f9a60c1.jsonl`).

A run that was cut into units holds them under `units/`, each a run folder of its own; their parts are its parts.
"""

from __future__ import annotations

import errno
import fcntl
import itertools
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO, TypeVar

from harness.config import UserError
from harness.record import CorruptLineError, Record, completed_key, parse_line

RUN_FILE = "run.json"
SERVED_FILE = "served.json"
UNITS = "units"
_PARTS = "samples-*.jsonl"
_PART_BYTES = 8 << 20  # of a part that is to be handed over


@dataclass(frozen=True, slots=True)
class Damage:
    """A line that could not be read."""

    path: Path
    line: int
    reason: str


class RunInUseError(UserError):
    """Another process is writing the run."""


class RunLog:
    """The writer of a run folder; holds its lock. Use as a context manager."""

    def __init__(
        self,
        folder: Path,
        config: Mapping[str, Any],
        about: Mapping[str, Any],
        hand_over: Callable[[Path], None] | None = None,
    ) -> None:
        """Create the run, or go on with it when its config is the same. Every file that will not change any more is
        handed over as soon as it is closed; those that are there already, at once.

        Raises UserError when the folder cannot be written, is in use, or holds a run with another config (naming the
        keys that differ).
        """
        self.folder = folder
        self._hand_over = hand_over
        self._opened = 0.0
        self._part: TextIO | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(folder)
        except OSError as error:
            raise _unwritable(folder, error) from error
        try:
            _begin(folder, config, about)
            self.done, self.damaged = _completed(folder)
            own = _own_parts(folder)
            self._names = _part_names(len(own), secrets.token_hex(4) if hand_over else "")
            if hand_over is not None:
                for path in (folder / RUN_FILE, folder / SERVED_FILE, *own):
                    if path.exists():
                        hand_over(path)
        except OSError as error:
            os.close(self._lock)
            raise _unwritable(folder, error) from error
        except BaseException:
            os.close(self._lock)
            raise

    def answered_by(self, served: Mapping[str, Any]) -> None:
        """Note what a server that is not ours serves, at the first start; later it must be the same.

        Raises UserError, naming what differs.
        """
        path = self.folder / SERVED_FILE
        if not path.exists():
            path.write_text(json.dumps(dict(served)) + "\n", encoding="utf-8")
            if self._hand_over is not None:
                self._hand_over(path)
            return
        changed = sorted(differences(json.loads(path.read_text(encoding="utf-8")), dict(served)))
        if changed:
            raise UserError(
                f"{self.folder} holds answers of another served model; different: {', '.join(changed)}. "
                "Serve that one again, give another --run name, or --restart to begin it anew"
            )

    def append(self, record: Record) -> None:
        """Write one record, flushed to the system: a kill of ours cannot lose it. Raises OSError (a full disk)."""
        if self._part is None:
            self._part = self._new_part()
        self._part.write(record.to_line() + "\n")
        self._part.flush()
        if self._hand_over is not None and self._part.tell() >= _PART_BYTES:
            self.close_part()

    @property
    def hands_over(self) -> bool:
        return self._hand_over is not None

    def close_part(self, seconds: float = 0.0) -> None:
        """Hand over what was written up to now, when the part is that old; the next record begins another one."""
        if self._part is None or time.monotonic() < self._opened + seconds:
            return
        self._part.close()
        if self._hand_over is not None:
            self._hand_over(Path(self._part.name))
        self._part = None

    def _new_part(self) -> TextIO:
        self._opened = time.monotonic()
        return (self.folder / next(self._names)).open("x", encoding="ascii", newline="\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close_part()
        os.close(self._lock)


def parts(folder: Path) -> list[Path]:
    """A run's own parts and those of its units, in a fixed order."""
    return _own_parts(folder) + sorted(folder.glob(f"{UNITS}/*/{_PARTS}"))


def _own_parts(folder: Path) -> list[Path]:
    return sorted(folder.glob(_PARTS))


def _part_names(first: int, writer: str) -> Iterator[str]:
    """Names of the parts of a process, in order; `writer` is none where no other can write to the same place."""
    return (f"samples-{n:06d}-{writer}.jsonl" if writer else f"samples-{n:04d}.jsonl" for n in itertools.count(first))


def is_run(folder: Path) -> bool:
    return (folder / RUN_FILE).is_file()


def runs_in(folder: Path) -> Iterator[Path]:
    """The run folders in a folder, itself included; units are parts of their run and no runs."""
    for path in folder.rglob(RUN_FILE):
        unit = path.parent.parent.name == UNITS and is_run(path.parent.parent.parent)
        if path.is_file() and (not unit or path.parent == folder):
            yield path.parent


def read_run(folder: Path) -> dict[str, Any]:
    """`run.json` of a run folder. Raises UserError."""
    path = folder / RUN_FILE
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{folder} is no run folder: {RUN_FILE} is missing in it") from error
    except ValueError as error:
        raise UserError(f"{path} is not whole JSON ({error})") from error
    return content


def read_records(folder: Path) -> Iterator[Record]:
    """The run's records, one a sample (the first without a fault, else the last fault). Damaged lines are left out."""
    faulty: dict[tuple[str, str], Record] = {}
    done: set[tuple[str, str]] = set()
    for row in _rows(folder, parse_line):
        if isinstance(row, Damage) or (row["task"], row["sample"]) in done:
            continue
        record = Record.from_values(row)
        if record.fault:
            faulty[record.key] = record
        else:
            done.add(record.key)
            faulty.pop(record.key, None)
            yield record
    yield from faulty.values()


def completed(folder: Path) -> set[tuple[str, str]]:
    """Task and id of the samples that have a record without a fault."""
    return _completed(folder)[0]


def _completed(folder: Path) -> tuple[set[tuple[str, str]], list[Damage]]:
    done: set[tuple[str, str]] = set()
    damaged: list[Damage] = []
    for key in _rows(folder, completed_key):
        if isinstance(key, Damage):
            damaged.append(key)
        elif key is not None:
            done.add((sys.intern(key[0]), key[1]))
    return done, damaged


T = TypeVar("T")


def _rows(folder: Path, parse: Callable[[bytes], T]) -> Iterator[T | Damage]:
    for path in parts(folder):
        with path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                try:
                    row = parse(line)
                except CorruptLineError as error:
                    yield Damage(path, number, str(error))
                else:
                    yield row


def _unwritable(folder: Path, error: OSError) -> UserError:
    return UserError(f"{folder}: cannot write the run there: {error.strerror}; choose another --output_path")


def _locked(folder: Path) -> int:
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        raise RunInUseError(
            f"{folder}: another symharness is writing this run; wait for it, or give another --run name"
        ) from error
    return descriptor


def _begin(folder: Path, config: Mapping[str, Any], about: Mapping[str, Any]) -> None:
    path = folder / RUN_FILE
    if path.exists():
        changed = sorted(differences(read_run(folder)["config"], json.loads(json.dumps(config))))
        if changed:
            raise UserError(
                f"{folder} holds a run with another config; different: {', '.join(changed)}. "
                "Give another --run name, or --restart to begin it anew"
            )
        return
    scratch = path.with_suffix(".json.new")
    text = json.dumps({"config": config, "about": about}, indent=1, sort_keys=True, ensure_ascii=False)
    scratch.write_text(text + "\n", encoding="utf-8")
    scratch.rename(path)


def differences(old: object, new: object, prefix: str = "") -> Iterator[str]:
    """Dotted keys at which two JSON values differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            yield from differences(old.get(key), new.get(key), f"{prefix}.{key}" if prefix else str(key))
    elif old != new:
        yield f"{prefix} ({_short(old)} -> {_short(new)})"


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."
