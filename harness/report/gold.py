"""The gold of a run's samples, read again from its data: records do not hold it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.report.entry import clipped, painted
from tasks.source import Place, SourceError, locate
from tasks.task import DataError, Sample, Task

NOT_THERE = "The gold is not at hand: build the site with --data and the data of the run."


def golds(task: Task, place: str, sha256: str, data: str | None) -> Mapping[str, dict[str, Any]] | None:
    """By sample id the gold target, and the gold program where the target is none; None when the files of this hash
    are not to be had.
    """
    try:
        located = locate(task.source, Place.BUNDLED if place == Place.BUNDLED else data)
        if located.sha256 != sha256:
            return None
        return {sample.id: _shown(task, sample) for sample in task.read(located.path)}
    except (SourceError, DataError, OSError):
        return None


def _shown(task: Task, sample: Sample) -> dict[str, Any]:
    if sample.program is None:
        return {"target": painted(sample.target, task.language)}
    return {"target": [clipped(sample.target), ""], "program": painted(sample.program, task.language)}
