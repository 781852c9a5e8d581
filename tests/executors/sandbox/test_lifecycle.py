"""The jail's own life: started when needed, started again when lost, gone with its caller, and nothing without it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from executors.outcome import Limits, Status
from executors.python import ReturnValue, run
from executors.sandbox import IsolationError, bubblewrap
from executors.sandbox.jail import Jail, Stop
from executors.sandbox.kept import KeptJail
from executors.sandbox.python_program import close_jails
from tests.processes import alive, children, within

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parents[3]
LIMITS = Limits(seconds=5.0)
REQUEST = {"answer": "return", "name": "solution", "seconds": 5.0, "memory": 1 << 28, "output": 1 << 16}
FIVE = {**REQUEST, "program": "def solution(): return 5"}
ENDLESS = {**REQUEST, "program": "while True: pass"}


def jail_processes() -> set[int]:
    """Every process on the machine that is, or is in, a jail of this kind."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if b"from inside import zygote" in command:
                found.add(int(entry.name))
    return found


@pytest.fixture
def kept() -> KeptJail:
    return KeptJail(bubblewrap.Spec())


def test_started_once_and_only_when_needed(kept: KeptJail) -> None:
    assert kept.pid is None
    kept.run(FIVE, LIMITS)
    first = kept.pid
    kept.run(FIVE, LIMITS)
    assert kept.pid == first
    kept.close()
    assert first is not None
    assert not alive(first)


def test_a_killed_jail_is_started_again(kept: KeptJail) -> None:
    kept.run(FIVE, LIMITS)
    assert kept.pid is not None
    os.kill(kept.pid, signal.SIGKILL)
    ended = kept.run(FIVE, LIMITS)
    assert ended is not None
    assert ended.stop is Stop.REPLIED
    kept.close()


def test_a_jail_killed_under_a_program_runs_it_again(kept: KeptJail) -> None:
    kept.run(FIVE, LIMITS)
    first = kept.pid
    assert first is not None
    killer = threading.Timer(0.2, os.kill, (first, signal.SIGKILL))
    killer.start()
    ended = kept.run(ENDLESS, Limits(seconds=1.0))
    assert ended is not None
    assert ended.stop is Stop.DEADLINE
    assert kept.pid != first
    kept.close()


def test_the_jail_ends_with_its_caller_even_if_that_is_killed() -> None:
    program = textwrap.dedent("""
        import time
        from executors.outcome import Limits
        from executors.sandbox import bubblewrap
        from executors.sandbox.kept import KeptJail
        kept = KeptJail(bubblewrap.Spec())
        request = dict(program="while True: pass", answer="return", name="x", seconds=60, memory=1<<28, output=9)
        kept.run({**request, "program": "x = lambda: 5"}, Limits())
        print(kept.pid, flush=True)
        kept.run(request, Limits(seconds=60.0))
    """)
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as caller:
        assert caller.stdout is not None
        outer = int(caller.stdout.readline())
        assert within(5.0, lambda: bool(children(outer)))
        zygote = children(outer)[0]
        assert within(5.0, lambda: len(children(zygote)) >= 2)
        family = [outer, zygote, *children(zygote)]
        caller.kill()
    assert within(3.0, lambda: not any(map(alive, family)))


def test_a_caller_killed_while_its_jail_starts_leaves_nothing() -> None:
    """At whatever moment: before the uid map, while libraries load, with children half made."""
    program = "from executors.sandbox import bubblewrap; from executors.sandbox.jail import Jail\n"
    program += "print(flush=True)\nfor _ in range(99): Jail(bubblewrap.Spec(preload=('decimal', 'statistics')))"
    before = jail_processes()
    for milliseconds in range(1, 120, 6):
        with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE) as caller:
            assert caller.stdout is not None
            caller.stdout.readline()
            time.sleep(milliseconds / 1000)
            caller.kill()
    assert within(5.0, lambda: not jail_processes() - before)


def test_a_forked_copy_of_the_caller_that_lives_on_does_not_keep_the_jail() -> None:
    program = textwrap.dedent("""
        import os, time
        from executors.sandbox import bubblewrap
        from executors.sandbox.jail import Jail
        jail = Jail(bubblewrap.Spec())
        copy = os.fork()
        if copy == 0:
            time.sleep(30)
        print(jail.pid, copy, flush=True)
        time.sleep(30)
    """)
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as caller:
        assert caller.stdout is not None
        outer, copy = map(int, caller.stdout.readline().split())
        caller.kill()
        try:
            assert within(3.0, lambda: not alive(outer))
            assert alive(copy)
        finally:
            os.kill(copy, signal.SIGKILL)


def test_a_forked_copy_of_the_caller_gets_a_jail_of_its_own(kept: KeptJail) -> None:
    kept.run(FIVE, LIMITS)
    pid = os.fork()
    if pid == 0:
        ended = kept.run(FIVE, LIMITS)
        kept.close()
        os._exit(0 if ended is not None and ended.stop is Stop.REPLIED else 1)
    assert os.waitpid(pid, 0)[1] == 0
    ended = kept.run(FIVE, LIMITS)
    assert ended is not None
    assert ended.stop is Stop.REPLIED
    kept.close()


def test_threads_may_share_it() -> None:
    found: list[object] = []
    program = "def solution(): return {}"
    threads = [
        threading.Thread(target=lambda i=i: found.append(run(program.format(i), ReturnValue(), LIMITS).value))
        for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, found)) == [str(i) for i in range(8)]


def test_an_interrupted_caller_starts_afresh(kept: KeptJail, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the zygote had still to say to the interrupted run must not be taken for the next one's."""
    kept.run(FIVE, LIMITS)

    def interrupted(*arguments: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Jail, "_end", interrupted)
        with pytest.raises(KeyboardInterrupt):
            kept.run(FIVE, LIMITS)
    ended = kept.run(FIVE, LIMITS)
    assert ended is not None
    assert b'"value":5' in ended.reply
    kept.close()


def test_hundreds_of_programs_leave_no_descriptor_thread_or_process() -> None:
    programs = ["def solution(): return 1", "import os\nos._exit(3)", "while True: print('x' * 9999)", "x = 1 / 0"]
    for program in programs:
        run(program, ReturnValue(), LIMITS)
    descriptors, threads = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
    for i in range(200):
        run(programs[i % len(programs)], ReturnValue(), Limits(seconds=5.0, output=1 << 16))
    spares = 3 * bubblewrap.Spec().spares
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors + spares
    assert threading.active_count() == threads


class TestNoIsolationNoRun:
    def test_without_bubblewrap(self, monkeypatch: pytest.MonkeyPatch) -> None:
        close_jails()
        monkeypatch.setenv("PATH", "/nowhere")
        with pytest.raises(IsolationError, match="bubblewrap"):
            run("def solution(): return 1", ReturnValue(), LIMITS)

    def test_with_a_bubblewrap_that_cannot(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        fake = tmp_path / "bwrap"
        fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create a new namespace' >&2\nexit 1\n")
        fake.chmod(0o755)
        close_jails()
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(IsolationError, match=r"package `bubblewrap`\): bwrap: No permissions"):
            run("def solution(): return 1", ReturnValue(), LIMITS)

    def test_a_child_that_cannot_be_confined_gets_no_program(self) -> None:
        """More scratch space than a file system can have: the mount fails after the fork."""
        with pytest.raises(IsolationError, match="cannot be isolated"):
            Jail(bubblewrap.Spec(scratch=-1))

    def test_afterwards_it_works_again(self) -> None:
        assert run("def solution(): return 1", ReturnValue(), LIMITS).status is Status.OK
