"""`symharness data`: where each task's files would come from, fetching them, and whether what is there is right."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from harness.config import UserError
from tasks.download import Report
from tasks.source import (
    BUNDLED,
    ENVIRONMENT_VARIABLE,
    Located,
    Place,
    Source,
    SourceError,
    download_cache,
    fetch_files,
    found_in,
    locate,
)
from tasks.task import DataError, Task, UnknownTaskError, select


@dataclass(frozen=True, slots=True)
class Listed:
    """A task's source: where its files lie already, the ways by which they can be fetched, and its terms."""

    task: Task
    bundled: bool
    at_hand: tuple[str, ...]
    ways: tuple[str, ...]


class State(StrEnum):
    """What became of a task's files under a data root."""

    WHOLE = "whole"
    READABLE = "readable"  # there is no telling how many samples the official files hold
    PARTIAL = "partial"
    MISSING = "missing"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Verified:
    """`sha256` names the content of the task's files, `samples` is how many were read; both are empty where not."""

    task: Task
    state: State
    samples: int
    sha256: str
    detail: str


@dataclass(frozen=True, slots=True)
class Got:
    """One source's files in their folder of a data root: fetched, there already, or why not (`failed`)."""

    folder: str
    detail: str
    failed: bool = False


def chosen(names: Sequence[str]) -> list[Task]:
    """The tasks of these names. Raises UserError."""
    try:
        return select(names)
    except UnknownTaskError as error:
        raise UserError(str(error)) from error


def data_root(given: Path | None) -> Path:
    """The data root that is meant: the one given, else that of SYMHARNESS_DATA, else `data` here."""
    return given or _named_root() or Path("data")


def _named_root(data: str | None = None) -> Path | None:
    """The folder that `data` or else SYMHARNESS_DATA names; None where that is another place than a folder."""
    named = data or os.environ.get(ENVIRONMENT_VARIABLE)
    return Path(named).expanduser() if named and named not in set(Place) else None


def fetching_place(name: str | None) -> Place | None:
    """Raises UserError for a place from which nothing is fetched."""
    if name not in (None, Place.HUB, Place.DOWNLOAD):
        raise UserError(f"--from {name}: files are fetched from hub or download")
    return None if name is None else Place(name)


def listing(tasks: Sequence[Task], data: str | None) -> Iterator[Listed]:
    """What is known of each task's files. Touches no network."""
    root = _named_root(data)
    places = {"data root": root} if root else {}
    for task in tasks:
        source = task.source
        folders = {name: folder / source.folder for name, folder in places.items()}
        folders["download cache"] = download_cache(source)
        at_hand = tuple(f"{name}: {folder}" for name, folder in folders.items() if found_in(source, folder))
        ways = (
            *((f"hub: {source.hub.repository}@{source.hub.revision[:12]}",) if source.hub else ()),
            *((f"download: {len(source.downloads)} pinned files",) if source.downloads else ()),
        )
        yield Listed(task, found_in(source, BUNDLED / source.folder) is not None, at_hand, ways)


def get(tasks: Sequence[Task], place: Place | None, root: Path, progress: Callable[[str], Report]) -> Iterator[Got]:
    """Fetch the files of these tasks into a data root, one source at a time; what is whole already stays.

    `place` None: by download where there is one, else from the hub. `progress` makes the `Report` of a folder.
    """
    for source in dict.fromkeys(task.source for task in tasks):  # several tasks may read the same files
        name = source.folder
        folder = root / name
        if found_in(source, folder) and all((folder / download.path).exists() for download in source.downloads):
            yield Got(name, f"is there already: {folder}")
            continue
        way = place or (Place.HUB if source.hub and not source.downloads else Place.DOWNLOAD)
        try:
            fetch_files(source, way, folder, progress(name))
            locate(source, str(root))
        except SourceError as error:
            yield Got(name, str(error), failed=True)
        else:
            yield Got(name, f"fetched: {folder}")


def verify(tasks: Sequence[Task], root: Path) -> Iterator[Verified]:
    """Whether the files of these tasks lie under a data root, are what was pinned, and can be read by their readers."""
    if not root.is_dir():
        raise UserError(f"data root {root} does not exist")
    for task in tasks:
        try:
            located = locate(task.source, str(root))
        except SourceError as error:
            yield Verified(task, State.MISSING, 0, "", str(error))
            continue
        yield _verified(task, located)


def _verified(task: Task, located: Located) -> Verified:
    if changed := _changed(task.source, located.path):
        return Verified(task, State.DAMAGED, 0, located.sha256, changed)
    try:
        samples = sum(1 for _ in task.read(located.path))
    except (DataError, OSError) as error:
        return Verified(task, State.DAMAGED, 0, located.sha256, str(error))
    if task.size is not None and samples < task.size:
        detail = f"{samples} of the {task.size} samples of the official test set"
        return Verified(task, State.PARTIAL, samples, located.sha256, detail)
    return Verified(task, State.WHOLE if task.size is not None else State.READABLE, samples, located.sha256, "")


def _changed(source: Source, folder: Path) -> str:
    """What is wrong with the first file that is there and is not the pinned one; empty when there is none."""
    for download in source.downloads:
        path = folder / download.path
        if path.is_file():
            with path.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
            if found != download.sha256:
                return (
                    f"{path} is not the official file (sha256 {found[:12]}..., pinned {download.sha256[:12]}...): "
                    f"delete it and run `symharness data get`, or fetch {download.url}"
                )
    return ""
