"""Run one external program over a small tree of files, and read the tree back.

The process that does this keeps the files and the channel; the program is its child, with fewer rights.
"""

from __future__ import annotations

import base64
import json
import os
import signal
from pathlib import Path
from typing import Any

from .seccomp import Filter

_EXEC_FAILED = 127
WORK = "work"


class TreeTooLargeError(Exception):
    """The files to read back are larger than allowed."""


def run(request: dict[str, Any], seccomp: Filter, limit_resources: Any) -> bytes:
    """The reply: the exit status, or the signal, and the files asked for."""
    # Below the scratch space, which can hold mounts that are no part of the tree.
    root = Path.cwd() / WORK
    root.mkdir()
    os.chdir(root)
    write_tree(root, {name: base64.b64decode(text) for name, text in request["files"].items()})
    child = os.fork()
    if child == 0:
        _become(request, seccomp, limit_resources)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        files = read_tree(root, request["read_back"], request["output"])
    except TreeTooLargeError as error:
        return json.dumps({"status": "output_limit", "detail": str(error)}).encode()
    texts = {name: base64.b64encode(data).decode() for name, data in files.items()}
    return json.dumps({"status": "ok", "exit": code, "files": texts}).encode()


def _become(request: dict[str, Any], seccomp: Filter, limit_resources: Any) -> None:
    try:
        os.setsid()
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        limit_resources()
        seccomp.install()
        argv = request["argv"]
        os.execve(argv[0], argv, request["env"]) if "/" in argv[0] else os.execvpe(argv[0], argv, request["env"])
    except OSError as error:
        os.write(2, f"{request['argv'][0]}: {error.strerror}\n".encode())
    finally:
        os._exit(_EXEC_FAILED)


def write_tree(root: Path, files: dict[str, bytes]) -> None:
    """A name that ends in a slash is a directory."""
    for name, data in files.items():
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def read_tree(root: Path, names: list[str], limit: int) -> dict[str, bytes]:
    """The regular files named; of a directory, everything below it (directories end in "/", links in "@")."""
    found: dict[str, bytes] = {}
    waiting = [root / name for name in names]
    while waiting:
        path = waiting.pop()
        name = str(path.relative_to(root))
        if path.is_symlink():
            data = os.fsencode(path.readlink())
            found[name + "@"] = data
        elif path.is_dir():
            data = b""
            if path != root:
                found[name + "/"] = data
            waiting += path.iterdir()
        elif path.is_file():
            with path.open("rb") as stream:
                data = stream.read(limit + 1)
            found[name] = data
        else:
            continue
        limit -= len(data) + len(name)
        if limit < 0:
            raise TreeTooLargeError("the files are larger than allowed")
    return found
