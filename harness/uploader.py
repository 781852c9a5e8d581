"""Files sent away in the background while a run goes on, in the order in which they come.

A store that takes nothing for a while does not stop the run: it is asked again, more and more rarely, and at the end a
bounded number of times.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from harness.config import UserError
from harness.remote import reason

T = TypeVar("T")

_TRIES = 5
_FIRST_WAIT = 0.5  # seconds; doubled from try to try
_LONGEST_WAIT = 30.0
_HOPELESS = (PermissionError, FileNotFoundError)


def persistently(action: Callable[[], T], what: str) -> T:
    """What the action returns, tried again while its errors may pass. Raises UserError: what, and the last reason."""
    for number in range(_TRIES):
        try:
            return action()
        except UserError:
            raise
        except Exception as error:  # every store's library has exceptions of its own
            if number + 1 == _TRIES or isinstance(error, _HOPELESS):
                raise UserError(f"{what}: {reason(error)}") from error
            time.sleep(_wait(number))
    raise AssertionError


def _wait(failures: int) -> float:
    return min(_FIRST_WAIT * 2.0 ** min(failures, 10), _LONGEST_WAIT)


class Uploader:
    """A thread that calls `send` with one file after the other; `say` is told when it begins to fail."""

    def __init__(self, send: Callable[[Path], None], say: Callable[[str], None]) -> None:
        self._send = send
        self._say = say
        self._paths: SimpleQueue[Path | None] = SimpleQueue()
        self._closing = threading.Event()
        self._left: list[Path] = []
        self._reason = ""
        self._thread = threading.Thread(target=self._work, name="uploader", daemon=True)
        self._thread.start()

    def take(self, path: Path) -> None:
        """Send a file that will not change any more. Returns at once."""
        self._paths.put(path)

    def close(self) -> tuple[list[Path], str]:
        """Wait until all is sent; what could not be, and why."""
        self._closing.set()
        self._paths.put(None)
        self._thread.join()
        return self._left, self._reason

    def _work(self) -> None:
        while (path := self._paths.get()) is not None:
            if self._left or not self._sent(path):
                self._left.append(path)

    def _sent(self, path: Path) -> bool:
        failures = last_tries = 0
        while True:
            try:
                self._send(path)
            except Exception as error:  # every store's library has exceptions of its own
                self._reason = reason(error)
                if failures == 0:
                    self._say(f"{path.name} cannot be stored now, and will be tried again: {self._reason}")
            else:
                return True
            if self._closing.is_set():
                last_tries += 1
                if last_tries == _TRIES:
                    return False
                time.sleep(_wait(last_tries))
            else:
                self._closing.wait(_wait(failures))
            failures += 1
