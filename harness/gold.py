"""The samples that a run answered, read again from its data: records hold answers, not gold."""

from __future__ import annotations

from collections.abc import Mapping

from tasks.source import Place, SourceError, locate
from tasks.task import DataError, Sample, Task


def samples_of(task: Task, place: str, sha256: str, data: str | None) -> Mapping[str, Sample] | None:
    """By id, from the files whose content has this hash: the bundled ones, or those under `data` (as for `locate`).

    None when these files are not to be had.
    """
    try:
        located = locate(task.source, Place.BUNDLED if place == Place.BUNDLED else data)
        if located.sha256 != sha256:
            return None
        return {sample.id: sample for sample in task.read(located.path)}
    except (SourceError, DataError, OSError):
        return None
