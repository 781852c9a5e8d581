"""External programs: the files they get and leave, how they end, and that they are as confined as Python is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from executors.outcome import Limits, Status
from executors.sandbox import ProgramRun, run_program

pytestmark = pytest.mark.alone

LIMITS = Limits(seconds=5.0, memory=512 << 20, output=1 << 16)


def bash(script: str, files: dict[str, bytes] | None = None, read_back: tuple[str, ...] = ()) -> ProgramRun:
    return run_program(["bash", "-c", script], files=files or {}, limits=LIMITS, read_back=read_back)


def test_output_and_exit_status() -> None:
    done = bash("echo out; echo err >&2; exit 3")
    assert (done.status, done.exit_status, done.stdout, done.stderr) == (Status.OK, 3, b"out\n", b"err\n")


def test_files_go_in_and_come_back() -> None:
    done = bash("tr a-z A-Z < in/a.txt > b.txt", {"in/a.txt": b"hello"}, ("b.txt", "missing"))
    assert done.files == {"b.txt": b"HELLO"}


def test_a_tree_comes_back_whole() -> None:
    script = "mkdir -p d/e; rm gone; ln -s a.txt link; mkfifo pipe"
    done = bash(script, {"a.txt": b"1", "gone": b"2", "empty/": b""}, (".",))
    assert done.files == {"a.txt": b"1", "d/": b"", "d/e/": b"", "empty/": b"", "link@": b"a.txt"}


def test_links_out_of_the_tree_are_not_followed() -> None:
    done = bash("ln -s /usr usr; ln -s /dev/zero zero", {}, (".",))
    assert done.files == {"usr@": b"/usr", "zero@": b"/dev/zero"}


def test_a_program_installed_elsewhere_is_mounted(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\necho ran\n")
    tool.chmod(0o755)
    tmp_path.chmod(0o755)
    assert run_program([str(tool)], files={}, limits=LIMITS).exit_status == 127
    assert run_program([str(tool)], files={}, limits=LIMITS, mounts=[tmp_path]).stdout == b"ran\n"


def test_the_environment_is_the_given_one() -> None:
    done = run_program(["env"], files={}, limits=LIMITS, environment={"MODE": "x"})
    assert set(done.stdout.decode().split()) == {
        "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp", "LANG=C.UTF-8", "TZ=UTC", "MODE=x",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("sleep 60", Status.TIMEOUT),
        ("setsid sleep 60 & trap '' TERM INT; while :; do :; done", Status.TIMEOUT),
        ("yes", Status.OUTPUT_LIMIT),
        ("yes >&2", Status.OUTPUT_LIMIT),
        ("kill -9 -1; kill -9 2", Status.CRASHED),
    ],
)
def test_ends(script: str, status: Status) -> None:
    done = run_program(["bash", "-c", script], files={}, limits=Limits(seconds=1.0, output=1 << 16))
    assert done.status is status
    assert done.exit_status is None
    assert done.seconds < 2.0


def test_files_that_are_too_large() -> None:
    assert bash("head -c 1000000 /dev/zero > big", read_back=("big",)).status is Status.OUTPUT_LIMIT


def test_ended_by_a_signal() -> None:
    assert bash("kill -SEGV $$").exit_status == -11


def test_what_runs_in_the_background_ends_with_it() -> None:
    def sleeping() -> int:
        return sum(
            b"sleep\x0071" in p.read_bytes() for p in Path("/proc").glob("[0-9]*/cmdline") if os.access(p, os.R_OK)
        )

    assert bash("sleep 71 & setsid sleep 71 & exit 0").exit_status == 0
    assert sleeping() == 0


def test_a_fork_bomb_is_bounded() -> None:
    run_program(["bash", "-c", "b() { b | b & }; b; sleep 9"], files={}, limits=Limits(seconds=1.0, output=1 << 16))
    assert bash("echo ok").stdout == b"ok\n"


@pytest.mark.parametrize(
    "script",
    [
        "exec 3<>/dev/tcp/127.0.0.1/80", "unshare -U true", "mount -t tmpfs x /usr", "touch /usr/x", "touch /x",
        "cat /etc/passwd", "ls /root", "cat /proc/1/environ", "cat /proc/2/environ", "cat /proc/2/mem",
        "ls /proc/2/fd", "kill -0 99", "chroot / true", "dmesg",
    ],
)  # fmt: skip
def test_is_confined(script: str) -> None:
    done = bash(script)
    assert done.status is Status.OK
    assert done.exit_status != 0
    assert done.stdout == b""


def test_a_kept_jail_starts_every_program_anew() -> None:
    script = "ls; cat a; echo 2 > b; sleep 100 & kill -STOP $!"
    for _ in range(2):
        done = run_program(["bash", "-c", script], files={"a": b"1"}, limits=LIMITS, read_back=["."], keep=True)
        assert (done.status, done.stdout, done.files) == (Status.OK, b"a\n1", {"a": b"1", "b": b"2\n"})


def test_a_kept_jail_outlives_its_programs() -> None:
    for script, status in (("sleep 60", Status.TIMEOUT), ("kill -9 -1", Status.CRASHED), ("echo here", Status.OK)):
        limits = Limits(seconds=1.0, memory=512 << 20, output=1 << 16)
        assert run_program(["bash", "-c", script], files={}, limits=limits, keep=True).status is status
