"""Where a task's files come from: bundled mini samples, a local folder in the official layout, the hub, a download.

No network is touched unless the user names `hub` or `download` as the place. Whatever the place, the answer is a
local folder that holds the official files, and `Located.sha256` names their content.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

BUNDLED = Path(__file__).parent / "data"
ENVIRONMENT_VARIABLE = "SYMHARNESS_DATA"


class Place(StrEnum):
    BUNDLED = "bundled"
    LOCAL = "local"
    HUB = "hub"
    DOWNLOAD = "download"


class SourceError(ValueError):
    """The files cannot be had: what is missing, where it was looked for, how to mend it, on one line."""


class MissingError(SourceError):
    """The files are not there, and nothing is wrong with what is. `lacking` says the same of any machine: no paths."""

    def __init__(self, message: str, lacking: str) -> None:
        super().__init__(message)
        self.lacking = lacking


@dataclass(frozen=True, slots=True)
class Download:
    """One official file by URL. A `.zip` is unpacked; `path` is the file's (or folder's) place in the task's folder."""

    url: str
    sha256: str
    path: str


@dataclass(frozen=True, slots=True)
class Hub:
    """A dataset repository that holds the official files, pinned to a revision (a commit)."""

    repository: str
    revision: str
    patterns: tuple[str, ...] = ("*",)


@dataclass(frozen=True, slots=True)
class Source:
    """A task's files. `folder` is their folder's name under any data root, `files` what must lie in it (paths).

    `other_layouts` are further sets of files, any of which will do instead: copies in other formats that are read too.
    """

    folder: str
    files: tuple[str, ...]
    homepage: str
    licence: str
    hub: Hub | None = None
    downloads: tuple[Download, ...] = ()
    other_layouts: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Located:
    """Files found: where they are, by which way, and the SHA-256 over the named files' contents."""

    path: Path
    place: Place
    sha256: str


def locate(source: Source, data: str | None = None, environment: Mapping[str, str] | None = None) -> Located:
    """Find the files of `source`.

    `data` is a data root (a folder with one folder a task), or `bundled`, `hub`, `download`. Without it the variable
    SYMHARNESS_DATA is used, and without that the bundled mini samples. Raises `SourceError`, `MissingError` where
    there is nothing.
    """
    wanted = data or (os.environ if environment is None else environment).get(ENVIRONMENT_VARIABLE) or Place.BUNDLED
    if wanted == Place.BUNDLED:
        return _checked(source, BUNDLED / source.folder, Place.BUNDLED)
    if wanted == Place.HUB:
        return _checked(source, _from_hub(source), Place.HUB)
    if wanted == Place.DOWNLOAD:
        return _checked(source, _from_download(source), Place.DOWNLOAD)
    root = Path(wanted).expanduser()
    if not root.is_dir():
        raise MissingError(
            f"data folder {str(root)!r} does not exist: give the folder that holds {source.folder}/ with --data",
            f"{source.folder}/ is missing: get it from {source.homepage}",
        )
    return _checked(source, root / source.folder, Place.LOCAL)


def _checked(source: Source, folder: Path, place: Place) -> Located:
    for files in (source.files, *source.other_layouts):
        if all((folder / name).exists() for name in files):
            return Located(folder.resolve(), place, digest(folder, files))
    missing = next(name for name in source.files if not (folder / name).exists())
    raise MissingError(
        f"{folder / missing} is missing: put the official files there ({source.homepage}), "
        "or use --data bundled for the mini samples",
        f"{source.folder}/{missing} is missing: get it from {source.homepage}",
    )


def digest(folder: Path, files: tuple[str, ...]) -> str:
    """SHA-256 over names and contents of `files` (folders with all that is in them)."""
    total = hashlib.sha256()
    for name in sorted(files):
        entry = folder / name
        for path in sorted(p for p in entry.rglob("*") if p.is_file()) if entry.is_dir() else [entry]:
            with path.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256").hexdigest()
            total.update(f"{path.relative_to(folder).as_posix()}\0{content}\0".encode())
    return total.hexdigest()


def cache_folder() -> Path:
    """Where fetched files are kept: $XDG_CACHE_HOME/symharness, else ~/.cache/symharness."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "symharness"


def _from_hub(source: Source) -> Path:
    if source.hub is None:
        lacking = f"{source.folder} has no copy with the official files on the hub: get them from {source.homepage}"
        raise MissingError(lacking, lacking)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(
                source.hub.repository,
                repo_type="dataset",
                revision=source.hub.revision,
                allow_patterns=list(source.hub.patterns),
                cache_dir=cache_folder() / "hub",
            )
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SourceError(f"hub dataset {source.hub.repository} cannot be fetched: {reason}") from error


def _from_download(source: Source) -> Path:
    if not source.downloads:
        lacking = f"{source.folder} has no official download by plain URL: get the files from {source.homepage}"
        raise MissingError(lacking, lacking)
    folder = cache_folder() / "download" / source.folder
    for download in source.downloads:
        target = folder / download.path
        if not target.exists():
            fetch(download, target)
    return folder


def fetch(download: Download, target: Path) -> None:
    """Fetch one file, check its SHA-256, and put it (or what a zip holds) at `target` in one rename.

    Raises `SourceError` on a network fault, a wrong hash, or a zip member that points outside the folder.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        part = Path(scratch) / "part"
        try:
            with urllib.request.urlopen(download.url, timeout=60) as response, part.open("wb") as out:
                shutil.copyfileobj(response, out)
        except (urllib.error.URLError, OSError, ValueError) as error:
            raise SourceError(f"{download.url} cannot be fetched: {getattr(error, 'reason', error)}") from error
        with part.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != download.sha256:
            raise SourceError(
                f"{download.url} is not the pinned file (sha256 {found[:12]}..., wanted {download.sha256[:12]}...): "
                "it was changed or cut; try again, or report it"
            )
        if download.url.endswith(".zip"):
            part = _unpacked(part, Path(scratch) / "unpacked")
        part.rename(target)


def _unpacked(archive: Path, folder: Path) -> Path:
    with zipfile.ZipFile(archive) as bundle:
        for name in bundle.namelist():
            if not (folder / name).resolve().is_relative_to(folder.resolve()):
                raise SourceError(f"{archive.name}: member {name!r} points outside the archive's folder; not unpacked")
        bundle.extractall(folder)
    return folder
