"""Where what a URL names is worked on: a plain path in the mirror of all that is not on this machine.

The mirror is laid out as the URLs are (`mirror/s3/bucket/folder`), so that such a path says itself what it is of, and
those made of it (a run in it, the folder above) are places too. `harness.storage` keeps it in step.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from harness.config import UserError
from tasks.source import cache_folder

_URL = re.compile(r"([^/]*)://(.*)", re.DOTALL)
_PROTOCOL = re.compile(r"[a-z][a-z0-9+.-]*")
_LOCAL = ("file", "local")  # protocols of paths of this machine
_PACKAGES = {"s3": "symharness[s3]", "s3a": "symharness[s3]", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs"}
_MAX_NAME = 200  # bytes; file systems take 255, and a name gets longer while its file comes


def place(address: str | Path) -> Path:
    """Where a URL or path is worked on: a place in the mirror, or the local path itself (also of file:// URLs).

    Raises UserError for a URL that is none or holds credentials, and for a protocol whose package is not installed.
    """
    url = _split(str(address))
    if url is None:
        return Path(address)
    protocol, names = url
    if protocol in _LOCAL:
        return Path("/", *names)
    _require(protocol)
    return _mirror() / protocol / Path(*names)


def address(path: Path) -> str:
    """The URL that a place in the mirror is of, any other path as it is; `place` on any machine takes either."""
    protocol, *names = _names(path) or ("",)
    return f"{protocol}://{'/'.join(names)}" if names else str(path)


def is_remote(path: Path) -> bool:
    return len(_names(path)) > 1


def is_safe(name: str) -> bool:
    """Whether a name is one of a file or folder and nothing else."""
    return (
        name not in ("", ".", "..")
        and name.isprintable()
        and not re.search(r"[/\\]", name)
        and len(name.encode("utf-8", "replace")) <= _MAX_NAME
    )


def _mirror() -> Path:
    """$SYMHARNESS_CACHE/mirror, else in the cache of fetched data."""
    root = os.environ.get("SYMHARNESS_CACHE")
    return (Path(root) if root else cache_folder()).absolute() / "mirror"


def _names(path: Path) -> tuple[str, ...]:
    """Protocol and names of the URL that a place in the mirror is of; none for other paths."""
    path, mirror = path.absolute(), _mirror()
    return path.relative_to(mirror).parts if path.is_relative_to(mirror) else ()


def _split(address: str) -> tuple[str, tuple[str, ...]] | None:
    """Protocol and path of a URL, the path's names apart; None for what is no URL.

    Raises UserError for a URL with credentials or parameters, for several in one, and for one without a bucket or host
    or, on this machine, without a root.
    """
    match = _URL.fullmatch(address)
    if match is None:
        return None
    protocol, rest = match[1].lower(), match[2]
    if re.match(r"[^@]*:[^@]*@", rest) or "?" in rest:
        raise UserError(
            f"a {protocol}:// URL with credentials or parameters in it would be recorded: give them as the storage's "
            "library takes them, in the environment or in its own files"
        )
    names = tuple(name for name in rest.split("/") if name)
    absolute = rest.startswith("/")
    known_form = _PROTOCOL.fullmatch(protocol) and absolute == (protocol in _LOCAL)
    if not known_form or not names or "::" in rest or not all(map(is_safe, names)):
        raise UserError(f"{address!r}: a URL like s3://bucket/folder is expected")
    return protocol, names


def _require(protocol: str) -> None:
    """Raises UserError when nothing is installed that knows the protocol, with the command that installs it."""
    import fsspec

    try:
        fsspec.get_filesystem_class(protocol)
    except ImportError as error:
        package = _PACKAGES.get(protocol)
        mend = f"pip install '{package}'" if package else str(error)
        raise UserError(f"{protocol}:// is read and written through a package that is not here: {mend}") from error
    except ValueError as error:
        raise UserError(f"{protocol}:// is no storage that fsspec knows") from error
