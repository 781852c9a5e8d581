"""Which processes run: read from /proc, since a bare system has no `ps`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path


def processes_with(text: str) -> list[str]:
    """Command lines that hold `text`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found


def gone(text: str, seconds: float = 10.0) -> bool:
    """Whether no process holds `text` in its command line, at the latest after `seconds`."""
    deadline = time.monotonic() + seconds
    while processes_with(text) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not processes_with(text)


def parents() -> dict[int, int]:
    """Every process' parent, zombies included."""
    found: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = entry.joinpath("stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            found[int(entry.name)] = int(fields[1])
    return found


def descendants(generations: int = 1_000) -> set[int]:
    """Every process below this one, zombies, other sessions and other namespaces included."""
    known = parents()
    mine = {os.getpid()}
    while generations and (grown := {pid for pid, parent in known.items() if parent in mine} - mine):
        mine |= grown
        generations -= 1
    return mine - {os.getpid()}


def descendants_of(root: int) -> list[tuple[int, str]]:
    """Pids and command lines of every process below `root`, whatever their session or namespace."""
    known = parents()
    below = {root}
    while grown := {pid for pid, parent in known.items() if parent in below} - below:
        below |= grown
    found = []
    for pid in below - {root}:
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        found.append((pid, line))
    return found


def alive(pid: int) -> bool:
    """Zombies are not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children(pid: int) -> list[int]:
    """Zombies included."""
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Whether the condition holds, at the latest after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return condition()
