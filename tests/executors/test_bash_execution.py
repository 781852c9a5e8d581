"""Commands compared by what they do on the small file system."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from executors.bash.execution import Effect, run, same_effect
from executors.bash.fixture import FIXTURE
from executors.outcome import Status

pytestmark = pytest.mark.alone


def effect(command: str) -> Effect:
    ran = run(command, int(time.time()))
    assert ran.effect is not None, ran.outcome
    return ran.effect


@pytest.mark.parametrize(
    ("gold", "pred"),
    [
        ("find . -name '*.c'", "find . -type f -name '*.c'"),
        ("wc -l < file.txt", "grep -c '' file.txt"),
        ("rm file1", "unlink file1"),
        ("chmod 700 file1", "chmod u=rwx,go= file1"),
        ("touch new", "> new"),
        ("ls -la", "ls -a -l"),
        ("find . -mtime -7 | sort", "find . -newermt '-7 days' | sort"),
        ("sort file.txt | uniq", "sort -u file.txt"),
    ],
)
def test_other_words_for_the_same_effect(gold: str, pred: str) -> None:
    assert same_effect(gold, pred)[1] is True


@pytest.mark.parametrize(
    ("gold", "pred"),
    [
        ("find . -name '*.c'", "find . -name '*.h'"),
        ("rm file1", "rm file2"),
        ("chmod 700 file1", "chmod 755 file1"),
        ("touch new", "mkdir new"),
        ("echo a > new", "echo b > new"),
        ("touch -d '3 days ago' file1", "touch file1"),
        ("ls", "frobnicate"),
        ("ls", "kill -9 -1"),
    ],
)
def test_another_effect(gold: str, pred: str) -> None:
    assert same_effect(gold, pred)[1] is False


def test_a_gold_that_shows_nothing_tells_nothing() -> None:
    assert same_effect("rsync host:a b", "ls")[1] is None
    assert same_effect("rsync host:a b", "frobnicate")[1] is False


def test_ages_permissions_and_kinds_of_the_fixture_are_seen() -> None:
    tree = effect(":").tree
    for entry in FIXTURE:
        kind, age, content = tree[entry.path.rstrip("/")]
        if not entry.target:
            assert (kind[1:], age) == (f"{entry.mode:o}", entry.age)
        assert content == (entry.target.encode() or entry.content)


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("echo (", Status.INVALID),
        ("\0", Status.INVALID),
        ("a" * 100_000, Status.INVALID),
        ("yes", Status.OUTPUT_LIMIT),
        ("sleep 60", Status.TIMEOUT),
        ("kill -9 -1", Status.CRASHED),
        ("exit 3", Status.OK),
        ("\ud800", Status.OK),
    ],
)
def test_how_commands_end(command: str, status: Status) -> None:
    started = time.monotonic()
    assert run(command, int(time.time())).outcome.status is status
    assert time.monotonic() - started < 8


@pytest.mark.parametrize(
    "command",
    [
        ":(){ :|:& };:",
        "rm -rf / --no-preserve-root 2>/dev/null",
        "rm -rf ~ 2>/dev/null; rm -rf .. 2>/dev/null",
        "cat /etc/passwd /etc/shadow",
        "cat </dev/tcp/127.0.0.1/22",
        "echo x > /usr/bin/ls; echo x > /tmp/work/listing",
        "(sleep 100 &) ; exec setsid sleep 100 &",
        "dd if=/dev/zero of=f bs=1M count=900 2>/dev/null",
        "ln -s / root; mkfifo pipe; rm -f ../listing; mkdir ../listing",
    ],
)
def test_hostile_commands_harm_nothing(command: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("here")
    before = effect(":")
    started = time.monotonic()
    ran = run(f"rm -rf {tmp_path} 2>/dev/null; {command}", int(time.time()))
    assert time.monotonic() - started < 8
    assert kept.read_text() == "here"
    assert ran.effect is None or b"root:" not in ran.effect.stdout
    assert effect(":") == before, "the next command finds everything as it was"
