"""Run folders in a bucket, or wherever fsspec reaches: worked on in a local mirror, kept in step with the original.

A URL has a place in the mirror (`harness.place`), and all else works on that. Readers bring it up to date first
(`fetch`); a run does so too, sends every part that it closes, and the rest at its end (`kept`). Only what belongs to
run folders is mirrored. `.mirror.json` in a folder of the mirror says which of its files are the original's, and as of
when: what is not named there is ours and still to be sent.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from harness.config import UserError
from harness.place import address, is_remote, place
from harness.remote import Entry, Remote
from harness.runlog import RUN_FILE, SERVED_FILE, is_run, read_run
from harness.seen import CONTAMINATION_FILE
from harness.spread import SPREAD_FILE
from harness.starts import STARTS_FILE
from harness.summary import RECORDS_FILE, RESULTS_FILE
from harness.uploader import Uploader, persistently

_NOTES = ".mirror.json"
# In the order in which they are sent: what says whose the records are goes before them, and what says of which records
# the results are goes after these, so that whoever looks in between finds old results or none, never wrong ones.
_SENT = (
    RUN_FILE,
    SERVED_FILE,
    "samples-*.jsonl",
    STARTS_FILE,
    SPREAD_FILE,
    CONTAMINATION_FILE,
    RESULTS_FILE,
    RECORDS_FILE,
)
_AHEAD = (RUN_FILE, SERVED_FILE)


@dataclass(frozen=True, slots=True)
class _Note:
    """A file that is the same in the mirror and the original: the stamp there, the time of change here."""

    stamp: str
    changed: int


_Notes = dict[str, _Note]


def fetch(addresses: Iterable[str | Path]) -> list[Path]:
    """Local folders of run folders, or of folders of them, with what is there now; local ones as they are.

    A URL may also be that of a single file. Raises UserError when there is nothing at a URL, or no way to it.
    """
    paths = [place(one) for one in addresses]
    for path in filter(is_remote, paths):
        if not refresh(path) and not _fetch_file(path):
            raise UserError(f"{address(path)}: no run there: give a run folder, or a folder that holds some")
    return paths


def refresh(folder: Path) -> int:
    """Bring a folder of the mirror up to date with its original; returns how many files are there. No-op for others.

    What is ours and not yet sent stays, unless the original was deleted or begun anew since. Raises UserError.
    """
    if not is_remote(folder):
        return 0
    remote = Remote(address(folder))
    # Looked at before the listing: what a run that goes on beside us sends meanwhile is in neither.
    known = {notes.parent: _noted(notes.parent) for notes in folder.rglob(_NOTES)}
    listed: dict[Path, dict[str, Entry]] = {}
    for name, entry in remote.listing().items():
        if _is_ours(name):
            listed.setdefault(folder / name.parent, {})[name.name] = entry
    fresh = _fetched(remote, folder, listed, known)
    for directory in listed.keys() | known.keys():
        if directory.is_dir():
            _settle(directory, listed.get(directory, {}), known.get(directory, {}), fresh.get(directory, {}))
    if is_run(folder):
        _fetch_file(folder.parent / CONTAMINATION_FILE)  # of all runs of a model
    return sum(map(len, listed.values()))


def push(folder: Path) -> None:
    """Send what of a folder of the mirror is not in its original yet (not of folders in it). No-op for others.

    No part of it may be open for writing. Raises UserError after some tries.
    """
    if is_remote(folder):
        _send_all(path for path in folder.iterdir() if _rank(path.name) is not None)


def remove(folder: Path) -> None:
    """Delete a run, local or with its original; of that only what is a run's. Raises UserError."""
    if is_remote(folder):
        remote = Remote(address(folder))
        ours = [name for name in remote.listing() if _is_ours(name)]
        for last in (False, True):  # a run that is half deleted is still one until its run.json goes
            remote.delete(name for name in ours if (name.name == RUN_FILE) is last)
    if folder.exists():
        shutil.rmtree(folder)


@contextmanager
def kept(folder: Path, say: Callable[[str], None]) -> Iterator[Callable[[Path], None] | None]:
    """A run folder for the length of a run: up to date before it, and sent away while it goes on.

    Yields what every file that will not change any more is to be handed to (a RunLog does so); all else of the run but
    its parts is sent at the end. None for a local folder, which needs nothing. Raises UserError: at once when the store
    takes nothing, and at the end for what is left.
    """
    if not is_remote(folder):
        yield None
        return
    refresh(folder)
    uploader = Uploader(_send, say)
    try:
        yield lambda path: _send_now(path) if path.name in _AHEAD else uploader.take(path)
    except BaseException:
        left, reason = uploader.close()
        if left:
            say(_left(folder, len(left), reason))
        raise
    left, reason = uploader.close()
    if left:
        raise UserError(_left(folder, len(left), reason))
    _send_all(folder / name for name in _SENT if (folder / name).is_file())


def _left(folder: Path, count: int, reason: str) -> str:
    return (
        f"{address(folder)}: {count} files could not be stored there ({reason}); they are kept in {folder}: "
        "run the same command again on this machine"
    )


def _rank(name: str) -> int | None:
    """The place of a file in the order of sending; None for what is no run's."""
    return next((rank for rank, pattern in enumerate(_SENT) if fnmatchcase(name, pattern)), None)


def _is_ours(name: PurePosixPath) -> bool:
    """Whether it is a run's file, and not, as an object may be, in a "folder" that is called like one."""
    *folders, file = name.parts
    return _rank(file) is not None and all(_rank(folder) is None for folder in folders)


def _fetched(
    remote: Remote, folder: Path, listed: Mapping[Path, Mapping[str, Entry]], known: Mapping[Path, _Notes]
) -> dict[Path, _Notes]:
    """Fetch what is new or changed, the results after all else (the other way round than they are sent)."""
    wanted = [
        (PurePosixPath((directory / name).relative_to(folder).as_posix()), entry)
        for directory, entries in listed.items()
        for name, entry in entries.items()
        if not _is_current(directory / name, entry, known.get(directory, {}).get(name))
    ]
    notes: dict[Path, _Notes] = {}
    for last in (False, True):
        came = remote.get([item for item in wanted if (item[0].name == RESULTS_FILE) is last], folder)
        for name, entry in came.items():
            path = folder / name
            notes.setdefault(path.parent, {})[path.name] = _Note(entry.stamp, path.stat().st_mtime_ns)
    return notes


def _is_current(path: Path, entry: Entry, note: _Note | None) -> bool:
    return note is not None and note.stamp == entry.stamp and path.is_file()


def _settle(directory: Path, listed: Mapping[str, Entry], known: _Notes, fresh: _Notes) -> None:
    """Note what was fetched, and take away what the original no longer has."""
    with _noting(directory) as notes:
        gone = {name for name in known if name not in listed and notes.get(name) == known[name]}
        run = known.get(RUN_FILE)
        begun_here = notes.get(RUN_FILE) != run  # by a run beside us, since we looked
        if run is not None and not begun_here and (RUN_FILE not in listed or listed[RUN_FILE].stamp != run.stamp):
            # Another run stands in its place now: what was not sent belongs to none.
            gone |= {path.name for path in directory.iterdir() if _rank(path.name) is not None} - listed.keys()
        for name in gone:
            (directory / name).unlink(missing_ok=True)
            notes.pop(name, None)
        notes.update(fresh)


def _fetch_file(path: Path) -> bool:
    """Bring a single file of the mirror up to date; whether there is one."""
    directory = path.parent
    if not is_remote(directory):
        return False
    remote, known = Remote(address(directory)), _noted(directory)
    entry = remote.entry(path.name)
    listed = {} if entry is None else {path.name: entry}
    fresh = _fetched(remote, directory, {directory: listed}, {directory: known})
    if directory.is_dir():
        with _noting(directory) as notes:
            if entry is None and notes.pop(path.name, None) is not None:
                path.unlink(missing_ok=True)
            notes.update(fresh.get(directory, {}))
    return entry is not None


def _send_all(paths: Iterable[Path]) -> None:
    for path in sorted(paths, key=lambda path: (_rank(path.name), path.name)):
        _send_now(path)


def _send_now(path: Path) -> None:
    persistently(partial(_send, path), f"{address(path)}: cannot be stored there")


def _send(path: Path) -> None:
    """Send a file unless the original has it. Raises what its store raises."""
    changed = path.stat().st_mtime_ns
    note = _noted(path.parent).get(path.name)
    if note is not None and note.changed == changed:
        return
    remote = Remote(address(path.parent))
    if path.name not in _AHEAD:
        _check_same_run(remote, path.parent)
    entry = remote.put(path, path.name)
    with _noting(path.parent) as notes:
        notes[path.name] = _Note(entry.stamp, changed)


def _check_same_run(remote: Remote, folder: Path) -> None:
    """Raises UserError when the run of a folder is no longer the one in its original: no lock reaches that far."""
    known, there = _noted(folder).get(RUN_FILE), remote.entry(RUN_FILE)
    if known is None or (there is not None and there.stamp == known.stamp):
        return
    with TemporaryDirectory() as scratch:
        came = there is not None and remote.get([(PurePosixPath(RUN_FILE), there)], Path(scratch))
        if came and read_run(Path(scratch))["config"] == read_run(folder)["config"]:
            return  # two machines began it at once
    raise UserError("the run was deleted or begun anew elsewhere since this one began")


def _noted(directory: Path) -> _Notes:
    try:
        content = json.loads((directory / _NOTES).read_text(encoding="utf-8"))
        return {str(name): _Note(str(stamp), int(changed)) for name, (stamp, changed) in content.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


@contextmanager
def _noting(directory: Path) -> Iterator[_Notes]:
    """The notes of a directory, to be changed; a run and readers beside it do so one after the other."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        notes = _noted(directory)
        yield notes
        scratch = directory / f"{_NOTES}.new"
        scratch.write_text(json.dumps({name: (n.stamp, n.changed) for name, n in notes.items()}), encoding="utf-8")
        scratch.replace(directory / _NOTES)
    finally:
        os.close(descriptor)
