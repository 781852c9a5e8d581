"""A jail that is started when it is first needed, kept, and started again when it dies."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Mapping

from executors.outcome import Limits
from executors.sandbox.bubblewrap import Spec
from executors.sandbox.errors import JailLostError
from executors.sandbox.jail import Ended, Jail

_ATTEMPTS = 10


class KeptJail:
    """At most one jail for each calling process; a lock makes it safe to share between threads."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._lock = threading.Lock()
        self._jail: Jail | None = None
        # A fork in the middle of a run would leave the copy's lock held for ever.
        os.register_at_fork(after_in_child=self._after_fork)
        atexit.register(self.close)

    def run(self, request: Mapping[str, object], limits: Limits, reply_limit: int | None = None) -> Ended | None:
        """See `Jail.run`; None when the jail was lost under every run of the program.

        No program can end the jail, so one that was lost says nothing about the program: it is run again.
        """
        with self._lock:
            for _ in range(_ATTEMPTS):
                try:
                    if self._jail is None:
                        self._jail = Jail(self._spec)
                    return self._jail.run(request, limits, reply_limit)
                except JailLostError:
                    self._close()
                except BaseException:
                    # Interrupted in the middle: what the zygote would say next belongs to this run.
                    self._close()
                    raise
        return None

    @property
    def pid(self) -> int | None:
        """The outermost process of the jail, where one is running."""
        return None if self._jail is None else self._jail.pid

    def close(self) -> None:
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._jail is not None:
            self._jail.close()
            self._jail = None

    def _after_fork(self) -> None:
        self._lock = threading.Lock()
        # The jail is the parent's.
        self._jail = None
