"""A folder behind a URL, through fsspec: what is listed there, fetched, put and deleted.

Names come from whoever may write there: only those that stay below the folder are seen. Files appear whole: an object
store shows an object when all of it has come, elsewhere a file is written under a name that no reader takes and moved.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from executors.outcome import one_line
from harness.client import without_credentials
from harness.config import UserError
from harness.place import is_safe

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oci", "oss", "tos"})
_TAGS = ("ETag", "etag", "md5Hash")
_TIMES = ("LastModified", "last_modified", "mtime", "updated", "modified")
_TRIES = 3
_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Entry:
    """A file there: its size, a stamp that another content does not have, and when it was written (seconds since 1970;
    None where the store does not say).
    """

    bytes: int
    stamp: str
    written: float | None


class Remote:
    """A folder behind a URL. All methods raise UserError for whatever its store or the way there has against it, but
    `put`, whose errors are its caller's to try again.
    """

    def __init__(self, url: str) -> None:
        import fsspec

        self.url = url
        self._whole = url.partition("://")[0] in _OBJECT_STORES
        with self._told():
            self._fs: AbstractFileSystem
            self._fs, root = fsspec.core.url_to_fs(url)
            self._root = root.rstrip("/")

    def listing(self) -> dict[PurePosixPath, Entry]:
        """All files at any depth below the folder, by their place in it; none where there is no such folder."""
        with self._told():
            self._fs.invalidate_cache()
            try:
                found: Mapping[str, Mapping[str, Any]] = self._fs.find(self._root, detail=True)
            except FileNotFoundError:
                return {}
        below = f"{self._root}/"
        return {
            PurePosixPath(path.removeprefix(below)): _entry(info)
            for path, info in found.items()
            if path.startswith(below) and all(map(is_safe, path.removeprefix(below).split("/")))
        }

    def entry(self, name: str) -> Entry | None:
        """The file of that name; None where there is none."""
        with self._told():
            return self._entry(name)

    def get(self, wanted: Sequence[tuple[PurePosixPath, Entry]], target: Path) -> dict[PurePosixPath, Entry]:
        """Fetch files to their places below `target`, in parallel where the store can; returns what they are now.

        Each is replaced as a whole. One that is gone by now is left out.
        """
        with self._told(), self._threads() as threads:
            came = list(threads.map(lambda item: self._get(item[0], item[1], target / item[0]), wanted))
        return {name: entry for (name, _), entry in zip(wanted, came) if entry is not None}

    def put(self, source: Path, name: str) -> Entry:
        """Store a file under `name`, whole or not at all. Raises what the store raises, OSError when not all came."""
        if self._whole:
            return self._put(source, name)
        scratch = f".{name}.{secrets.token_hex(4)}.partial"
        self._fs.makedirs(self._root, exist_ok=True)
        entry = self._put(source, scratch)
        path = self._path(name)
        if self._fs.exists(path):
            self._fs.rm_file(path)
        self._fs.mv(self._path(scratch), path)
        return self._entry(name) or entry

    def delete(self, names: Iterable[PurePosixPath]) -> None:
        """Delete files."""
        with self._told(), self._threads() as threads:
            list(threads.map(self._fs.rm_file, map(self._path, names)))

    def _threads(self) -> ThreadPoolExecutor:
        """Only asynchronous file systems may be used by several threads."""
        return ThreadPoolExecutor(_AT_ONCE if self._fs.async_impl else 1)

    def _put(self, source: Path, name: str) -> Entry:
        self._fs.put_file(str(source), self._path(name))
        entry, size = self._entry(name), source.stat().st_size
        if entry is None or entry.bytes != size:
            raise OSError(f"{name} came with {entry.bytes if entry else 0} of its {size} bytes")
        return entry

    def _get(self, name: PurePosixPath, entry: Entry, path: Path) -> Entry | None:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
        try:
            found = self._got(name, entry, scratch)
            if found is not None:
                if found.written is not None:
                    os.utime(scratch, (found.written, found.written))
                scratch.replace(path)
            return found
        finally:
            scratch.unlink(missing_ok=True)

    def _got(self, name: PurePosixPath, entry: Entry, scratch: Path) -> Entry | None:
        """What of a file came whole: one that is being replaced has another size than it was listed with."""
        for _ in range(_TRIES):
            try:
                self._fs.get_file(self._path(name), str(scratch))
            except FileNotFoundError:
                return None
            if scratch.stat().st_size == entry.bytes:
                return entry
            now = self._entry(name)
            if now is None:
                return None
            entry = now
        raise OSError(f"{name} does not come whole")

    def _entry(self, name: str | PurePosixPath) -> Entry | None:
        self._fs.invalidate_cache()
        try:
            info: Mapping[str, Any] = self._fs.info(self._path(name))
        except FileNotFoundError:
            return None
        return _entry(info) if info["type"] == "file" else None

    def _path(self, name: str | PurePosixPath) -> str:
        return f"{self._root}/{name}"

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except UserError:
            raise
        except Exception as error:  # every store's library has exceptions of its own
            raise UserError(f"{self.url}: {reason(error)}") from error


def reason(error: Exception) -> str:
    """What a store's library has to say, on one line and without credentials."""
    if isinstance(error, PermissionError):
        return f"access denied ({_words(error)})"
    return _words(error)


def _words(error: Exception) -> str:
    return one_line(without_credentials(str(error)) or type(error).__name__, 300)


def _entry(info: Mapping[str, Any]) -> Entry:
    """Its stamp is the same from a listing and from a look at the file: quotes and parts of a second differ there."""
    tag = str(next((info[key] for key in _TAGS if info.get(key)), "")).strip('"')
    time = next((info[key] for key in _TIMES if info.get(key)), None)
    if isinstance(time, datetime):
        time = time.timestamp()
    written = float(int(time)) if isinstance(time, int | float) else None
    size = int(info["size"])
    return Entry(size, f"{size} {tag} {written or time or ''}", written)
