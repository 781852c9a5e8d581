"""Official files by URL: pinned by SHA-256, resumed where a connection was cut, and never seen half-written."""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import shutil
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path, PurePosixPath
from typing import TypeAlias

_ATTEMPTS = 4
_PAUSE_SECONDS = 0.5
_TIMEOUT_SECONDS = 60.0
_BLOCK = 1 << 18
_NOT_SATISFIABLE = 416

# Told of bytes there and bytes in all (None: the server does not say).
Report: TypeAlias = Callable[[int, int | None], None]


def unreported(done: int, total: int | None) -> None:
    """A `Report` that nobody reads."""


class DownloadError(ValueError):
    """The file cannot be had: which URL, what is wrong, how to mend it, on one line."""


@dataclass(frozen=True, slots=True)
class Download:
    """One official file by URL; `path` is its place in the task's folder.

    A `.zip` is unpacked there, or only its folder `member`.
    """

    url: str
    sha256: str
    path: str
    member: str = ""


def pinned(base_url: str, sums: Path, folder: str) -> tuple[Download, ...]:
    """The files under `folder` of a list as sha256sum writes it, each at `base_url` + its path there."""
    lines = (line.split(maxsplit=1) for line in sums.read_text(encoding="utf-8").splitlines())
    return tuple(
        Download(f"{base_url}/{path}", sha256, path.removeprefix(f"{folder}/"))
        for sha256, path in lines
        if path.startswith(f"{folder}/")
    )


def fetch(download: Download, target: Path, report: Report = unreported) -> None:
    """Fetch one file, check its SHA-256, and put it (or what a zip holds) at `target` in one rename.

    What came before a cut connection stays beside the target as `.NAME.partial` and is gone on with, now or by the next
    call. Raises `DownloadError` on a network fault, a wrong hash, or an archive that is not what it should be.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    with _locked(partial, download.url) as stream:
        _complete(download.url, stream, report)
        found = _sha256(stream)
        if found != download.sha256:
            partial.unlink()
            raise DownloadError(
                f"{download.url} is not the pinned file (sha256 {found[:12]}..., wanted {download.sha256[:12]}...): "
                "it was changed or damaged on its way; try again, or report it"
            )
        if PurePosixPath(download.url).suffix == ".zip":
            try:
                _unpack(partial, download, target)
            finally:
                partial.unlink()
        else:
            partial.rename(target)


@contextmanager
def _locked(partial: Path, url: str) -> Iterator[BufferedRandom]:
    """The partial file, ours alone: two processes that append to one file would spoil it."""
    with partial.open("a+b") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DownloadError(f"{url} is being fetched by another process to {partial}: wait for it") from error
        try:
            yield stream
        finally:
            if partial.exists() and not partial.stat().st_size:
                partial.unlink()


def _complete(url: str, stream: BufferedRandom, report: Report) -> None:
    """Append what is missing, trying again where the connection is cut."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _append(url, stream, report)
            return
        except urllib.error.HTTPError as error:
            raise DownloadError(f"{url} cannot be fetched: HTTP status {error.code} ({error.reason})") from error
        except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
            if attempt == _ATTEMPTS or isinstance(error, ValueError):
                there = (
                    f"; {stream.tell()} bytes are kept, the same command goes on from there" if stream.tell() else ""
                )
                raise DownloadError(f"{url} cannot be fetched: {getattr(error, 'reason', error)}{there}") from error
            time.sleep(_PAUSE_SECONDS * attempt)


def _append(url: str, stream: BufferedRandom, report: Report) -> None:
    there = stream.seek(0, 2)
    request = urllib.request.Request(url, headers={"Range": f"bytes={there}-"} if there else {})
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        if error.code == _NOT_SATISFIABLE and there:  # all of it was there already: its hash will tell
            return
        raise
    with response:
        if there and response.status != http.HTTPStatus.PARTIAL_CONTENT:
            stream.truncate(0)
            there = 0
        length = response.headers.get("Content-Length")
        total = there + int(length) if length else None
        report(there, total)
        while block := response.read(_BLOCK):
            stream.write(block)
            there += len(block)
            report(there, total)
        stream.flush()
        if total is not None and there < total:
            raise ConnectionError(f"the connection was cut after {there} of {total} bytes")


def _sha256(stream: BufferedRandom) -> str:
    stream.seek(0)
    return hashlib.file_digest(stream, "sha256").hexdigest()


def _unpack(archive: Path, download: Download, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as scratch:
        folder = Path(scratch) / "all"
        folder.mkdir()
        try:
            with zipfile.ZipFile(archive) as bundle:
                for name in bundle.namelist():
                    if not (folder / name).resolve().is_relative_to(folder.resolve()):
                        raise DownloadError(
                            f"{download.url}: member {name!r} points outside the archive's folder; not unpacked"
                        )
                bundle.extractall(folder)
        except zipfile.BadZipFile as error:
            raise DownloadError(f"{download.url} is no zip archive: {error}") from error
        wanted = folder / download.member
        if not wanted.exists():
            there = ", ".join(sorted(path.name for path in folder.iterdir())[:5])
            raise DownloadError(f"{download.url} holds no {download.member!r} (but {there}): upstream renamed it")
        if target.is_dir():
            shutil.rmtree(target)
        wanted.rename(target)
