"""A short list of escapes, tried on this machine."""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from executors.outcome import Limits, Outcome, Status
from executors.sandbox.python_program import ReturnValue, close_jails, run_python

LIMITS = Limits(seconds=2.0, memory=256 << 20, output=1 << 16)
_VARIABLE = "SYMHARNESS_SELF_TEST"


@dataclass(frozen=True, slots=True)
class Check:
    """One escape: what was tried, whether the jail held, and what the program came to."""

    name: str
    held: bool
    detail: str


@dataclass(frozen=True, slots=True)
class _Bait:
    """What the programs are after."""

    file: Path
    secret: str
    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class _Attack:
    name: str
    program: Callable[[_Bait], str]
    held: Callable[[Outcome, _Bait], bool]


def _failed(outcome: Outcome, bait: _Bait) -> bool:
    return not outcome.ok


def _harmless(outcome: Outcome, bait: _Bait) -> bool:
    return bait.secret not in f"{outcome.value}{outcome.detail}"


def _ended(status: Status) -> Callable[[Outcome, _Bait], bool]:
    return lambda outcome, bait: outcome.status is status


def _solution(*lines: str) -> str:
    return "import os, sys\ndef solution():\n" + "".join(f"    {line}\n" for line in lines)


ATTACKS = (
    _Attack("run an honest program", lambda b: _solution("return 6 * 7"), lambda o, b: o.value == 42),
    _Attack("read a file of the host", lambda b: _solution(f"return open({str(b.file)!r}).read()"), _failed),
    _Attack(
        "overwrite a file of the host",
        lambda b: _solution(f"open({str(b.file)!r}, 'w').write('x')", "return 1"),
        lambda o, b: b.file.read_text() == b.secret,
    ),
    _Attack(
        "read the environment",
        lambda b: _solution("return [os.environ.get(n) or '' for n in list(os.environ)] + ['none']"),
        lambda o, b: o.value == ["none"],
    ),
    _Attack(
        "read other processes",
        lambda b: _solution(
            "out = ''",
            "for n in ['self', *map(str, range(1, 400))]:",
            "    try: out += open(f'/proc/{n}/environ').read() + open(f'/proc/{n}/cmdline').read()",
            "    except OSError: pass",
            "return out",
        ),
        _harmless,
    ),
    _Attack(
        "connect to a port of the host",
        lambda b: _solution("import socket", f"socket.create_connection(('127.0.0.1', {b.port}), 1)", "return 1"),
        _failed,
    ),
    _Attack(
        "change the system and the libraries",
        lambda b: _solution(
            "done = 0",
            "for p in ['/', '/usr', '/usr/lib', os.path.dirname(os.__file__), *sys.path]:",
            "    try:",
            "        open(p + '/planted', 'w').close()",
            "        done += 1",
            "    except OSError: pass",
            "return done",
        ),
        lambda o, b: o.value == 0,
    ),
    _Attack("start a process", lambda b: _solution("return os.fork() >= 0"), _failed),
    _Attack("become another program", lambda b: _solution("os.execv('/bin/sh', ['sh', '-c', 'echo 1'])"), _failed),
    _Attack("signal the harness", lambda b: _solution(f"os.kill({b.pid}, 9)", "return 1"), _failed),
    _Attack(
        "regain rights",
        lambda b: _solution(
            "import ctypes",
            "c = ctypes.CDLL(None)",
            "return [c.unshare(0x10000000), c.setuid(0), c.mount(b'none', b'/tmp', b'tmpfs', 0, None), c.chroot(b'/')]",
        ),
        lambda o, b: o.value == [-1, -1, -1, -1],
    ),
    _Attack(
        "write a verdict to every descriptor",
        lambda b: _solution(
            "for fd in range(3, 256):",
            '    try: os.write(fd, b\'D\' + b\'{"status": "ok", "value": 1}\' * 9)',
            "    except OSError: pass",
            "os._exit(0)",
        ),
        _failed,
    ),
    _Attack("run for ever", lambda b: _solution("while True: pass"), _ended(Status.TIMEOUT)),
    _Attack("take all memory", lambda b: _solution("return len(bytearray(1 << 34))"), _ended(Status.MEMORY)),
    _Attack(
        "fill the disk",
        lambda b: _solution("with open('/tmp/big', 'wb') as f:", "    while True: f.write(bytes(1 << 20))"),
        _failed,
    ),
    _Attack("print without end", lambda b: _solution("while True: print('x' * 9999)"), _ended(Status.OUTPUT_LIMIT)),
)


def self_test() -> list[Check]:
    """Try every attack. Raises IsolationError where there can be no jail."""
    with _bait() as bait:
        # Jails that are started now are started by a process that has the secret in its environment.
        close_jails()
        return [_try(attack, bait) for attack in ATTACKS]


def _try(attack: _Attack, bait: _Bait) -> Check:
    outcome = run_python(attack.program(bait), ReturnValue(), LIMITS).outcome
    held = attack.held(outcome, bait) and _harmless(outcome, bait)
    return Check(attack.name, held, f"{outcome.status}: {outcome.detail or outcome.value}")


@contextmanager
def _bait() -> Iterator[_Bait]:
    """A secret in a file and in the environment, and a port that answers; all gone afterwards."""
    secret = secrets.token_hex(16)
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        file = Path(folder, "secret.txt")
        file.write_text(secret)
        os.environ[_VARIABLE] = secret
        try:
            yield _Bait(file, secret, server.getsockname()[1], os.getpid())
        finally:
            with suppress(KeyError):
                del os.environ[_VARIABLE]
