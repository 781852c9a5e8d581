"""Provers that are programs: where they are found, and one question put to one process.

The process stays in the caller's session, so that whoever kills the caller's session ends it too; it is killed at the
deadline whatever its own clock says, and nothing but plain names (`Problem`) ever reaches its input.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

LEAST_SECONDS = 0.05  # less does not even start a process
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Binary:
    """A program that can be executed, with the descriptors that must be open for it."""

    path: str
    descriptors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    status: int
    output: str


def installed(variable: str, name: str) -> Binary | None:
    """The program that the environment variable names, else the one called `name` on the path, or none."""
    path = os.environ.get(variable) or shutil.which(name)
    return Binary(path) if path else None


def ask(program: Binary, arguments: Sequence[str], question: str, seconds: float) -> Ended | None:
    """What the program answers to a question on its standard input; none where it does not end in time or start.

    One that was killed from outside (it has no limit that kills it) says nothing about the question: it is asked again.
    """
    deadline = time.monotonic() + seconds
    ended = None
    for _ in range(_ATTEMPTS):
        ended = _once(program, arguments, question, deadline - time.monotonic())
        if ended is None or ended.status != -signal.SIGKILL:
            break
    return ended


def _once(program: Binary, arguments: Sequence[str], question: str, seconds: float) -> Ended | None:
    if seconds < LEAST_SECONDS:
        return None
    try:
        done = subprocess.run(
            [program.path, *arguments],
            input=question.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            env={"PATH": "/usr/bin:/bin"},
            pass_fds=program.descriptors,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError):
        return None
    return Ended(done.returncode, done.stdout.decode(errors="replace"))
