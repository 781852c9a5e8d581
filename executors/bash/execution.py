"""Commands told apart by what they do: run in the jail on the same small file system, printed text and tree compared.

A command is nobody there: no network, no home, no other process, and the tree is gone afterwards, so `rm -rf /` or a
fork bomb harms nothing. What is compared is standard output and the tree (names, kinds, permissions, contents,
links, and of times only whether they are new); messages and exit status are not.
"""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from executors.bash.fixture import archive
from executors.outcome import Limits, Outcome, Status
from executors.sandbox import run_program

MOST_CHARACTERS = 20_000
LIMITS = Limits(seconds=3.0, memory=1 << 30, output=1 << 20)

_PROMPT = re.compile(r"^\s*\$ ")

# The listing is made after the command and outside its tree: whatever it wrote there is replaced.
_SCRIPT = (
    "mkdir tree && tar -xpf fixture.tar -C tree && rm fixture.tar && touch -d @$2 tree . && cd tree || exit 125\n"
    'bash -c "$1" bash\n'
    "status=$?\n"
    "cd /tmp/work && rm -rf listing\n"
    r"find tree -mindepth 1 -printf '%P\0%y%m\0%T@\0' > listing" + "\n"
    "exit $status\n"
)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a command printed and left: by path, kind with permissions, age in seconds (0: of the run), and content."""

    stdout: bytes
    tree: Mapping[str, tuple[str, int, bytes]]


@dataclass(frozen=True, slots=True)
class Ran:
    """`effect` is None when the command did not end by itself, or ended the shell that watches it."""

    outcome: Outcome
    effect: Effect | None = None


def run(command: str, now: int, limits: Limits = LIMITS) -> Ran:
    """Run a command on the fixture as it is at `now`. The outcome is `ok` whatever exit status the command chose.

    INVALID: bash cannot read it, or no shell could be given it. Raises IsolationError where there is no jail.
    """
    if len(command) > MOST_CHARACTERS or "\0" in command:
        return Ran(Outcome.failed(Status.INVALID, f"longer than {MOST_CHARACTERS} characters, or holds a NUL"))
    text = _PROMPT.sub("", command.encode(errors="replace").decode())
    done = run_program(
        ["bash", "-c", _SCRIPT, "bash", text, str(now)],
        files={"fixture.tar": archive(now)},
        limits=limits,
        read_back=["tree", "listing"],
        keep=True,
    )
    if done.status is not Status.OK:
        return Ran(Outcome.failed(done.status, done.detail, done.seconds))
    if done.exit_status == 2 and b"syntax error" in done.stderr:
        return Ran(Outcome.failed(Status.INVALID, done.stderr.decode(errors="replace"), done.seconds))
    if "listing" not in done.files:
        return Ran(Outcome.failed(Status.CRASHED, "the command ended its own shell", done.seconds))
    value = {"exit": done.exit_status, "stdout": done.stdout[:1000].decode(errors="replace")}
    return Ran(Outcome(Status.OK, value, "", done.seconds), Effect(done.stdout, _tree(done.files, now)))


def same_effect(gold: str, pred: str, limits: Limits = LIMITS) -> tuple[Outcome, bool | None]:
    """The prediction's outcome, and whether it does what the gold does; None when the gold shows nothing here.

    A command that prints nothing and leaves the tree as it was (a host, program or file that is not here) is like any
    other such: as a prediction it is never right, as a gold it cannot tell right from wrong.
    """
    now = int(time.time())
    tried = run(pred, now, limits)
    if tried.effect is None or tried.effect == _no_effect():
        return tried.outcome, False
    wanted = run(gold, now, limits)
    if wanted.effect is None or wanted.effect == _no_effect():
        return tried.outcome, None
    return tried.outcome, tried.effect == wanted.effect


@functools.cache
def _no_effect() -> Effect | None:
    return run(":", int(time.time())).effect


def _tree(files: Mapping[str, bytes], now: int) -> dict[str, tuple[str, int, bytes]]:
    fields = files["listing"].decode(errors="surrogateescape").split("\0")
    tree = {}
    for path, kind, written in zip(fields[0::3], fields[1::3], fields[2::3], strict=False):
        age = max(now - int(float(written)), 0)
        name = f"tree/{path}" + {"d": "/", "l": "@"}.get(kind[0], "")
        tree[path] = (kind, age, files.get(name, b""))
    return tree
