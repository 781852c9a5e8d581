"""How long each start of a run took: `starts.jsonl` in its folder. What it cost, and no part of its figures.

A start writes a line when it begins and one when it ends, so that one that was killed is known to have been.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.config import UserError
from harness.runlog import UNITS

STARTS_FILE = "starts.jsonl"


@contextmanager
def noted_start(folder: Path) -> Iterator[None]:
    """Note the block as one start of the run in this folder, however it ends. Raises UserError where it cannot."""
    start = uuid.uuid4().hex[:12]
    began = time.time()
    clock = time.monotonic()
    _append(folder, {"start": start, "began": round(began, 3)})
    try:
        yield
    finally:
        _append(folder, {"start": start, "wall_seconds": round(time.monotonic() - clock, 3)})


def _append(folder: Path, values: Mapping[str, Any]) -> None:
    try:
        with (folder / STARTS_FILE).open("a", encoding="ascii") as lines:
            lines.write(json.dumps(values) + "\n")
    except OSError as error:
        raise UserError(f"{folder}: cannot write ({error}); make room and run the same command again") from error


@dataclass(frozen=True, slots=True)
class Start:
    """One start: when it began (seconds since the epoch), and how long it took, None when it was killed."""

    began: float
    seconds: float | None


def read_starts(folder: Path) -> list[Start]:
    """The starts of a run, and of the units that it was cut into. Torn lines are left out."""
    began: dict[str, float] = {}
    took: dict[str, float] = {}
    for path in [folder / STARTS_FILE, *sorted(folder.glob(f"{UNITS}/*/{STARTS_FILE}"))]:
        if not path.is_file():
            continue
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                values = json.loads(line)
                if "wall_seconds" in values:
                    took[str(values["start"])] = float(values["wall_seconds"])
                else:
                    began[str(values["start"])] = float(values["began"])
            except (ValueError, KeyError, TypeError):
                continue
    return [Start(when, took.get(start)) for start, when in began.items()]


def wall_seconds(starts: Iterable[Start]) -> float:
    """How long at least one of the starts was under way: units of a run may be so side by side."""
    total, until = 0.0, float("-inf")
    for start in sorted((start for start in starts if start.seconds is not None), key=lambda start: start.began):
        end = start.began + (start.seconds or 0.0)
        total += max(0.0, end - max(start.began, until))
        until = max(until, end)
    return total
