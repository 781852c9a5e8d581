"""The small file system that commands run on: kinds, sizes, permissions and ages that commands tell apart.

Ages count back from the moment of the run and lie away from whole days and hours, so that `-mtime -7` means the same
on every day. Names are ours; some are those that descriptions of NL2Bash speak of (`file.txt`, `dir1`, `*.java`).
"""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass

_MINUTE, _DAY = 60, 86_400
_HALF_DAY = 43_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, a directory (its path ends in "/") or a link (`target`). `age` is in seconds."""

    path: str
    content: bytes = b""
    mode: int = 0o644
    age: int = 3 * _DAY + _HALF_DAY
    target: str = ""


def _text(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


FIXTURE = (
    Entry("file.txt", _text("alpha 3", "beta 1", "gamma 2", "beta 1"), age=5 * _MINUTE),
    Entry("file1", _text("apple", "fig", "plum"), age=2 * _DAY + _HALF_DAY),
    Entry("file2", _text("apple", "kiwi", "plum"), age=40 * _DAY + _HALF_DAY),
    Entry("notes.txt", _text("TODO call Ida", "done", "", "error: no signal", "Error again"), age=90 * _MINUTE),
    Entry("data.csv", _text("id,name,size", "1,oak,30", "2,elm,12", "3,ash,30"), age=8 * _DAY + _HALF_DAY),
    Entry("empty.log", age=12 * _DAY + _HALF_DAY),
    Entry("big.log", b"0123456789abcde\n" * 4096, age=400 * _DAY + _HALF_DAY),
    Entry("run.sh", _text("#!/bin/sh", "echo ran"), mode=0o755, age=20 * _DAY + _HALF_DAY),
    Entry("private.key", _text("secret"), mode=0o600, age=100 * _DAY + _HALF_DAY),
    Entry(".hidden", _text("unseen"), age=1 * _DAY + _HALF_DAY),
    Entry("two words.txt", _text("a name with a blank"), age=30 * _MINUTE),
    Entry("link.txt", target="file.txt"),
    Entry("broken", target="nowhere"),
    Entry("src/", age=6 * _DAY + _HALF_DAY, mode=0o755),
    Entry("src/main.c", _text("#include <stdio.h>", "int main(void) { return 0; }"), age=6 * _DAY + _HALF_DAY),
    Entry("src/util.c", _text("int one(void) { return 1; }"), age=15 * _DAY + _HALF_DAY),
    Entry("src/util.h", _text("int one(void);"), age=15 * _DAY + _HALF_DAY),
    Entry("src/Main.java", _text("class Main { }"), age=7 * _DAY + _HALF_DAY),
    Entry("src/app.py", _text("import os", "print('error')"), mode=0o664, age=10 * _MINUTE),
    Entry("src/old/", age=300 * _DAY + _HALF_DAY, mode=0o755),
    Entry("src/old/main.c.bak", _text("int main() { }"), age=300 * _DAY + _HALF_DAY),
    Entry("dir1/", age=4 * _DAY + _HALF_DAY, mode=0o755),
    Entry("dir1/a.html", _text("<p>A</p>"), age=4 * _DAY + _HALF_DAY),
    Entry("dir1/b.php", _text("<?php echo 1;"), mode=0o777, age=5 * _DAY + _HALF_DAY),
    Entry("dir1/sub/", age=4 * _DAY + _HALF_DAY, mode=0o700),
    Entry("dir1/sub/deep.txt", _text("deep"), mode=0o444, age=60 * _DAY + _HALF_DAY),
    Entry("dir2/", age=9 * _DAY + _HALF_DAY, mode=0o755),
    Entry("dir2/a.html", _text("<p>another</p>"), age=9 * _DAY + _HALF_DAY),
    Entry("dir2/photo.jpg", bytes(range(256)) * 8, age=30 * _DAY + _HALF_DAY),
    Entry("dir2/empty/", age=9 * _DAY + _HALF_DAY, mode=0o755),
    Entry("logs/", age=2 * _DAY + _HALF_DAY, mode=0o775),
    Entry("logs/access.log", _text("10.0.0.1 GET /", "10.0.0.2 GET /a", "10.0.0.1 POST /"), age=2 * _DAY + _HALF_DAY),
    Entry("logs/error.log", _text("error: disk", "warning: cpu"), age=20 * _MINUTE),
)


def archive(now: int) -> bytes:
    """The fixture as a tar archive, ages counted back from `now` (seconds since 1970)."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for entry in FIXTURE:
            member = tarfile.TarInfo(entry.path)
            member.mode, member.mtime, member.size = entry.mode, now - entry.age, len(entry.content)
            if entry.target:
                member.type, member.linkname = tarfile.SYMTYPE, entry.target
            elif entry.path.endswith("/"):
                member.type = tarfile.DIRTYPE
            tar.addfile(member, io.BytesIO(entry.content))
    return stream.getvalue()
