"""Where a task's files come from: bundled mini samples, a local folder in the official layout, the hub, a download.

No network is touched unless the user names `hub` or `download` as the place. Whatever the place, the answer is a
local folder that holds the official files, and `Located.sha256` names their content.
"""

from __future__ import annotations

import difflib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tasks.download import Download, DownloadError, Report, fetch, unreported

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
        return _checked(source, fetch_files(source, Place.HUB), Place.HUB)
    if wanted == Place.DOWNLOAD:
        return _checked(source, fetch_files(source, Place.DOWNLOAD), Place.DOWNLOAD)
    root = Path(wanted).expanduser()
    if not root.is_dir():
        raise MissingError(
            f"data folder {str(root)!r} does not exist: give the folder that holds {source.folder}/ with --data",
            f"{source.folder}/ is missing: get it from {source.homepage}",
        )
    return _checked(source, root / source.folder, Place.LOCAL)


def found_in(source: Source, folder: Path) -> tuple[str, ...] | None:
    """The set of the source's files that lies in `folder`, None where there is none."""
    layouts = (source.files, *source.other_layouts)
    return next((files for files in layouts if all((folder / name).exists() for name in files)), None)


def _checked(source: Source, folder: Path, place: Place) -> Located:
    if files := found_in(source, folder):
        return Located(folder.resolve(), place, digest(folder, files))
    name = next(name for name in source.files if not (folder / name).exists())
    missing = folder / name
    if place in (Place.HUB, Place.DOWNLOAD):
        raise SourceError(f"{missing} is missing in what was fetched{_near(missing)}: see {source.homepage}")
    raise MissingError(
        f"{missing} is missing{_near(missing)}: put the official files there ({source.homepage}), "
        "or use --data bundled for the mini samples",
        f"{source.folder}/{name} is missing: get it from {source.homepage}",
    )


def _near(missing: Path) -> str:
    """A hint at a file beside the missing one that may be it under another name."""
    there = [path.name for path in missing.parent.iterdir()] if missing.parent.is_dir() else []
    near = difflib.get_close_matches(missing.name, there, n=1, cutoff=0.75)
    return f" (there is {near[0]}: rename it if it is that file)" if near else ""


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


def fetch_files(source: Source, place: Place, folder: Path | None = None, report: Report = unreported) -> Path:
    """Fetch the files from the hub or by download into `folder`, or into the cache; returns where they lie.

    What is there already is not fetched again, what was cut short is gone on with. Raises `SourceError`.
    """
    if place is Place.HUB:
        return _from_hub(source, folder)
    if not source.downloads:
        lacking = f"{source.folder} has no official download by plain URL: get the files from {source.homepage}"
        raise MissingError(lacking, lacking)
    folder = folder or download_cache(source)
    for download in source.downloads:
        target = folder / download.path
        if not target.exists():
            try:
                fetch(download, target, report)
            except DownloadError as error:
                raise SourceError(str(error)) from error
    return folder


def download_cache(source: Source) -> Path:
    """Where `--data download` keeps the files."""
    return cache_folder() / "download" / source.folder


def _from_hub(source: Source, folder: Path | None) -> Path:
    if source.hub is None:
        lacking = f"{source.folder} has no copy with the official files on the hub: get them from {source.homepage}"
        raise MissingError(lacking, lacking)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

    try:
        return Path(
            snapshot_download(
                source.hub.repository,
                repo_type="dataset",
                revision=source.hub.revision,
                allow_patterns=list(source.hub.patterns),
                cache_dir=cache_folder() / "hub",
                local_dir=folder,
            )
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise SourceError(
            f"hub dataset {source.hub.repository} at {source.hub.revision} cannot be fetched: {reason}"
        ) from error
