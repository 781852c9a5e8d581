"""Runs a command in a process group of its own, and ends the whole group when the harness ends, however it ends.

The harness holds the write end of this process's standard input: at end of file (also after kill -9) the command gets
SIGTERM, and SIGKILL when it has not gone by then. What watches is no child of the harness: Ray kills the children of a
worker with it. Only the standard library, so that it starts in 40 ms.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

GRACE_SECONDS = 15.0

_WATCHER = "--watch"


def main(arguments: list[str]) -> int:
    watches = arguments[0] == _WATCHER
    command = arguments[1:] if watches else [sys.executable, __file__, _WATCHER, *arguments]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL if watches else None, start_new_session=True)
    # The terminal's Ctrl-C goes to the harness, which decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: _end(child) if watches else child.terminate())
    if not watches:
        return child.wait()
    threading.Thread(target=_end_with_harness, args=(child,), daemon=True).start()
    code = child.wait()
    _kill_group(child.pid)
    return code if code >= 0 else 128 - code


def _end_with_harness(child: subprocess.Popen[bytes]) -> None:
    while os.read(0, 1):
        pass
    _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    timer = threading.Timer(GRACE_SECONDS, _kill_group, (child.pid,))
    timer.daemon = True
    timer.start()


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
