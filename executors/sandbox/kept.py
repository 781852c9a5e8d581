"""A jail that is started when it is first needed, kept, and started again when it dies."""

from __future__ import annotations

import atexit
import os
import signal
import threading
import time
from collections.abc import Mapping

from executors.outcome import Limits
from executors.sandbox.bubblewrap import Spec
from executors.sandbox.errors import IsolationError, JailLostError
from executors.sandbox.jail import Ended, Jail, Stop

_ATTEMPTS = 10
_KILLED = 3
# Jails that are lost for longer are a fault of the machine. It is told before the caller loses its patience.
_STARTING_SECONDS = 20.0


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

        No program can end the jail, so one that was lost says nothing about the program: it is run again. So is one
        whose process was killed, not by us: until it has ended so `_KILLED` times, since it can do that itself.
        Raises IsolationError where there can be no jail, or none stays until it gets the program.
        """
        killed = 0
        with self._lock:
            until = time.monotonic() + _STARTING_SECONDS
            for _ in range(_ATTEMPTS):
                try:
                    jail = self._started(until)
                    ended = jail.run(request, limits, reply_limit)
                    was_killed = ended.stop is Stop.CLOSED and ended.exit_code == -signal.SIGKILL
                    killed += was_killed
                    if not was_killed or killed == _KILLED:
                        return ended
                except JailLostError:
                    self._close()
                except BaseException:
                    # Interrupted in the middle: what the zygote would say next belongs to this run.
                    self._close()
                    raise
        return None

    def _started(self, until: float) -> Jail:
        while self._jail is None:
            try:
                self._jail = Jail(self._spec)
            except JailLostError as error:
                if time.monotonic() > until:
                    raise IsolationError(f"one jail after the other is lost while it starts: {error}") from error
        return self._jail

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
