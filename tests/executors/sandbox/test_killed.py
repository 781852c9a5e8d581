"""Any process of the jail killed from outside at any moment: the program ends as if nothing had happened.

The kills are made by the caller itself, between two of its own steps, so that every moment is hit exactly.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from executors.outcome import Limits
from executors.sandbox import IsolationError, bubblewrap, external, jail, run_program
from executors.sandbox import kept as kept_jail
from executors.sandbox.jail import Ended, Jail, Stop
from executors.sandbox.kept import KeptJail
from tests.processes import alive, children, within

pytestmark = pytest.mark.alone

LIMITS = Limits(seconds=5.0)
REQUEST = {"answer": "return", "name": "solution", "seconds": 5.0, "memory": 1 << 28, "output": 4 << 20}
TALKATIVE = "import sys, time\ndef solution():\n    print('here', flush=True)\n    time.sleep(0.2)\n    return 5"
# More than a socket holds, on the way in and on the way out.
LARGE = f"# {'x' * (1 << 20)}\ndef solution(): return 5"
LENGTHY = "def solution(): return 'x' * (1 << 20)"
ENDLESS = "print('here', flush=True)\nwhile True: pass"

# What is killed, given the jail's outermost process.
Victim = Callable[[int], None]


def kill(pids: Iterable[int], dying: Iterable[int] = ()) -> None:
    """And see them die, and `dying` with them."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert within(5.0, lambda: not any(map(alive, dying or pids)))


def outermost(pid: int) -> None:
    kill([pid])


def zygote(pid: int) -> None:
    assert within(5.0, lambda: bool(children(pid)))
    kill(children(pid))


def programs(pid: int) -> None:
    """Those that run and those that wait to be one."""
    kill(_programs(pid))


def namespaces(pid: int) -> None:
    """The sleeping process 1 beside each of these, on which it depends: it ends when the zygote has seen both die."""
    below = _programs(pid)
    kill(set(children(children(pid)[0])) - set(below), dying=below)


def _programs(pid: int) -> list[int]:
    return [child for child in children(children(pid)[0]) if _own_number(child) != 1]


def _own_number(pid: int) -> int:
    """A process' number in its own PID namespace."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[-1]) for line in lines if line.startswith("NSpid:"))


VICTIMS = pytest.mark.parametrize("victim", [outermost, zygote, programs, namespaces])


def after(
    patch: pytest.MonkeyPatch,
    owner: object,
    name: str,
    harm: Callable[[Any], None],
    when: Callable[..., bool] = lambda *_: True,
    times: int = 1,
) -> list[int]:
    """Harm follows the first `times` calls of `owner.name` for which `when` holds then; it is given what they returned.

    Returns a list that has a 1 for every harm done.
    """
    original = getattr(owner, name)
    done: list[int] = []

    def harmed(*arguments: Any, **options: Any) -> Any:
        result = original(*arguments, **options)
        if len(done) < times and when(*arguments):
            done.append(1)
            harm(result)
        return result

    patch.setattr(owner, name, harmed)
    return done


def run(kept: KeptJail, program: str, limits: Limits = LIMITS) -> Ended | None:
    """A run that waits for ever is a failure."""
    found: list[Ended | None] = []
    request = {**REQUEST, "program": program}
    thread = threading.Thread(target=lambda: found.append(kept.run(request, limits)), daemon=True)
    thread.start()
    thread.join(120.0)
    assert found, "it does not end"
    return found[0]


def answered(kept: KeptJail, program: str = TALKATIVE) -> bool:
    ended = run(kept, program)
    return ended is not None and ended.stop is Stop.REPLIED and b'"status":"ok"' in ended.reply


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[KeptJail]:
    """At the end nothing is left of it."""
    groups: list[int] = []
    after(monkeypatch, bubblewrap, "_spawn", lambda process: groups.append(process.pid), times=99)
    made = KeptJail(bubblewrap.Spec(spares=3))
    yield made
    made.close()
    assert within(5.0, lambda: not any(map(_exists, groups)))


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


class TestWhileTheJailStarts:
    def test_bubblewrap_before_it_does_anything(self, kept: KeptJail, monkeypatch: pytest.MonkeyPatch) -> None:
        done = after(monkeypatch, bubblewrap, "_spawn", lambda process: outermost(process.pid))
        assert answered(kept)
        assert done

    @pytest.mark.parametrize("victim", [outermost, zygote])
    def test_while_its_process_1_waits(self, victim: Victim, kept: KeptJail, monkeypatch: pytest.MonkeyPatch) -> None:
        """As root, for the uid map; nobody but us would ever wake it."""

        def harm(process: Any) -> None:
            assert within(5.0, lambda: bool(children(process.pid)))
            victim(process.pid)

        done = after(monkeypatch, bubblewrap, "_spawn", harm)
        assert answered(kept)
        assert done

    @pytest.mark.parametrize("victim", [outermost, zygote])
    def test_while_it_mounts(self, victim: Victim, kept: KeptJail, monkeypatch: pytest.MonkeyPatch) -> None:
        done = after(monkeypatch, bubblewrap, "start", lambda started: victim(started.process.pid))
        assert answered(kept)
        assert done

    @pytest.mark.parametrize("victim", [outermost, zygote])
    def test_while_it_imports(self, victim: Victim, kept: KeptJail, monkeypatch: pytest.MonkeyPatch) -> None:
        """It binds its life to bubblewrap's only then."""

        def harm(started: bubblewrap.Started) -> None:
            first = children(started.process.pid)[0]
            assert within(5.0, lambda: b"bwrap" not in Path(f"/proc/{first}/cmdline").read_bytes().split(b"\0")[0])
            victim(started.process.pid)

        done = after(monkeypatch, bubblewrap, "start", harm)
        assert answered(kept)
        assert done

    def test_however_often(self, kept: KeptJail, monkeypatch: pytest.MonkeyPatch) -> None:
        """What never got the program says nothing about it."""
        monkeypatch.setattr(kept_jail, "_STARTING_SECONDS", 600.0)
        done = after(monkeypatch, bubblewrap, "_spawn", lambda process: outermost(process.pid), times=12)
        assert answered(kept)
        assert len(done) == 12

    def test_all_the_time_is_an_error_and_no_outcome(self, kept: KeptJail, monkeypatch: pytest.MonkeyPatch) -> None:
        after(monkeypatch, bubblewrap, "_spawn", lambda process: outermost(process.pid), times=9999)
        monkeypatch.setattr(kept_jail, "_STARTING_SECONDS", 0.2)
        with pytest.raises(IsolationError, match="one jail after the other is lost"):
            kept.run(REQUEST, LIMITS)

    @pytest.mark.parametrize("moment", ["new_pid_namespace", "private_mounts_and_ipc"])
    def test_the_first_child_while_it_is_made(self, moment: str, tmp_path: Path) -> None:
        """Its process 1 before it is born, itself before it is confined: the same jail makes another."""
        module = tmp_path / "kills"
        module.mkdir()
        module.joinpath("__init__.py").write_text(
            "import os, select\n"
            "from inside import kernel\n"
            f"original, made = kernel.{moment}, []\n"
            "new = kernel.new_pid_namespace\n"
            "def counted():\n"
            "    init = new()\n"
            "    made.append(init)\n"
            "    return init\n"
            "def kills():\n"
            "    found = counted() if original is new else original()\n"
            "    if len(made) == 1:\n"
            "        os.kill(made[0].pid if original is new else os.getpid(), 9)\n"
            "        select.select([made[0].pidfd], [], [])\n"
            "    return found\n"
            "kernel.new_pid_namespace = counted\n"
            f"kernel.{moment} = kills\n"
        )
        made = Jail(bubblewrap.Spec(preload=("kills",), packages=(module,)))
        ended = made.run({**REQUEST, "program": TALKATIVE}, LIMITS)
        made.close()
        assert ended.stop is Stop.REPLIED


class TestWhileProgramsWait:
    @pytest.mark.parametrize("victim", [programs, namespaces])
    def test_those_that_wait_are_replaced_and_no_run_is_counted(self, victim: Victim, kept: KeptJail) -> None:
        assert answered(kept)
        first = _outermost(kept)
        assert within(5.0, lambda: len(_programs(first)) == 3)
        victim(first)
        assert answered(kept)
        assert kept.pid == first

    @pytest.mark.parametrize("victim", [outermost, zygote])
    def test_the_jail(self, victim: Victim, kept: KeptJail) -> None:
        assert answered(kept)
        victim(_outermost(kept))
        assert answered(kept)


@VICTIMS
class TestUnderAProgram:
    def test_between_the_request_and_its_reading(
        self, victim: Victim, kept: KeptJail, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        done = after(monkeypatch, jail, "_send", lambda _: victim(_outermost(kept)))
        assert answered(kept)
        assert done

    def test_with_half_of_the_request(self, victim: Victim, kept: KeptJail, monkeypatch: pytest.MonkeyPatch) -> None:
        def harm(left: memoryview) -> None:
            assert left
            victim(_outermost(kept))

        done = after(monkeypatch, jail, "_send", harm)
        assert answered(kept, LARGE)
        assert done

    def test_while_it_runs(self, victim: Victim, kept: KeptJail, monkeypatch: pytest.MonkeyPatch) -> None:
        done = after(monkeypatch, jail, "_read", lambda _: victim(_outermost(kept)))
        assert answered(kept)
        assert done

    def test_between_its_end_and_its_answer(
        self, victim: Victim, kept: KeptJail, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        done = after(monkeypatch, os, "urandom", lambda _: victim(_outermost(kept)))
        assert answered(kept)
        assert done

    def test_within_its_answer(self, victim: Victim, kept: KeptJail, monkeypatch: pytest.MonkeyPatch) -> None:
        def half(child: object, streams: Any) -> bool:
            return len(streams.channel) > 1000

        done = after(monkeypatch, jail, "_read_channel", lambda _: victim(_outermost(kept)), half)
        assert answered(kept, LENGTHY)
        assert done

    def test_between_its_answer_and_its_exit(
        self, victim: Victim, kept: KeptJail, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        done = after(monkeypatch, jail, "_converse", lambda _: victim(_outermost(kept)))
        assert answered(kept)
        assert done

    def test_before_its_exit_is_told(self, victim: Victim, kept: KeptJail, monkeypatch: pytest.MonkeyPatch) -> None:
        done = after(monkeypatch, Jail, "_end", lambda _: victim(_outermost(kept)))
        assert answered(kept)
        assert done


def _outermost(kept: KeptJail) -> int:
    assert kept.pid is not None
    return kept.pid


class TestExternalPrograms:
    @pytest.fixture(params=[True, False], ids=["kept", "of its own"])
    def keep(self, request: pytest.FixtureRequest) -> bool:
        return bool(request.param)

    def test_are_run_again(self, keep: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        """Killed is what was started, not the process that watches it."""
        jails: list[int] = []
        after(monkeypatch, bubblewrap, "_spawn", lambda process: jails.append(process.pid), times=99)
        external._KEPT_SHOWING.close()
        external._KEPT_HIDING.close()

        def harm(_: object) -> None:
            kill([child for program in _programs(jails[-1]) for child in children(program)])

        done = after(monkeypatch, jail, "_read", harm)
        ended = run_program(["bash", "-c", "echo here; sleep 0.2; echo there"], files={}, limits=LIMITS, keep=keep)
        assert (ended.exit_status, ended.stdout) == (0, b"here\nthere\n")
        assert done

    def test_that_kill_themselves_are_run_three_times(self, keep: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        runs = after(monkeypatch, jail, "_converse", lambda _: None, times=99)
        assert run_program(["bash", "-c", "kill -9 $$"], files={}, limits=LIMITS, keep=keep).exit_status == -9
        assert len(runs) == 3

    def test_a_process_that_is_gone_does_not_mean_that_there_is_no_proc(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def lost(*_: object) -> None:
            raise IsolationError("the jail's user namespace cannot be set up: No such process")

        monkeypatch.setattr(external._KEPT_SHOWING, "run", lost)
        monkeypatch.setattr(external._processes, "shown", True)
        with pytest.raises(IsolationError):
            run_program(["true"], files={}, limits=LIMITS, keep=True)


class TestWhatAProgramDoesToItself:
    """Killed processes are believed to be ours for so long only: a program gets no endless repetition out of it."""

    @pytest.fixture
    def runs(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        return after(monkeypatch, jail, "_converse", lambda _: None, times=99)

    def test_a_program_that_kills_itself_is_run_three_times(self, kept: KeptJail, runs: list[int]) -> None:
        ended = run(kept, "import os\nos.kill(os.getpid(), 9)")
        assert ended is not None
        assert (ended.stop, ended.exit_code) == (Stop.CLOSED, -signal.SIGKILL)
        assert len(runs) == 3

    def test_one_that_is_always_killed_from_outside_cannot_be_told_from_it(
        self, kept: KeptJail, runs: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        after(monkeypatch, jail, "_read", lambda _: programs(_outermost(kept)), times=99)
        ended = run(kept, ENDLESS)
        assert ended is not None
        assert (ended.stop, ended.exit_code) == (Stop.CLOSED, -signal.SIGKILL)
        assert len(runs) == 3

    @pytest.mark.parametrize("last", ["os._exit(3)", "os.kill(os.getpid(), 11)", "time.sleep(60)"])
    def test_one_that_closes_its_channel_is_run_once(self, last: str, kept: KeptJail, runs: list[int]) -> None:
        ended = run(kept, f"import os, time\nos.close(3)\n{last}")
        assert ended is not None
        assert ended.stop is (Stop.SILENT if "sleep" in last else Stop.CLOSED)
        assert len(runs) == 1

    def test_one_that_takes_all_memory_is_run_once(self, kept: KeptJail, runs: list[int]) -> None:
        ended = run(kept, "x = bytearray(1 << 40)")
        assert ended is not None
        assert b'"status":"memory"' in ended.reply
        assert len(runs) == 1

    def test_a_jail_lost_under_every_run_ends_it(
        self, kept: KeptJail, runs: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        after(monkeypatch, jail, "_read", lambda _: outermost(_outermost(kept)), times=99)
        monkeypatch.setattr(kept_jail, "_ATTEMPTS", 4)
        assert run(kept, ENDLESS) is None
        assert len(runs) == 4
