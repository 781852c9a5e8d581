"""What can happen to a run, one function each: it disturbs a run, sees it to its end, and judges it.

`times` says how often to disturb (where a fault happens once by its nature, it is not asked).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.runlog import parts
from tests.chaos.stage import Disturbed, Stage, Verdict, intact, running
from tests.processes import descendants_of
from tests.scripted import Fault

_CLOCK = Path(__file__).parent / "clock"


def harness_killed(stage: Stage, times: int) -> Verdict:
    """kill -9 of the harness at random moments of its life, its start included."""
    return _ended_by(stage, times, signal.SIGKILL, {-signal.SIGKILL})


def interrupted(stage: Stage, times: int) -> Verdict:
    """Ctrl-C at random moments: what was recorded stays, and the last line says how to go on."""
    return _ended_by(stage, times, signal.SIGINT, {130})


def terminated(stage: Stage, times: int) -> Verdict:
    """The same by SIGTERM, as schedulers end a job."""
    return _ended_by(stage, times, signal.SIGTERM, {143})


def _ended_by(stage: Stage, times: int, number: signal.Signals, codes: set[int]) -> Verdict:
    draw = random.Random(int(number))
    began = time.monotonic()
    verdicts: list[Verdict] = []
    sent = 0
    with stage.server() as server:
        while sent < times or not verdicts:
            run = Disturbed(stage, f"{number.name}-{len(verdicts)}", server)
            while sent < times:
                with running(run.start()) as process:
                    try:
                        process.wait(draw.uniform(0.1, stage.seconds))
                        break  # it was done before
                    except subprocess.TimeoutExpired:
                        process.send_signal(number)
                        _, said = process.communicate(timeout=60)
                sent += 1
                _expect_end(process.returncode, said, codes, run)
                run.look()
            run.finish()
            verdicts.append(run.verdict(number.name, sent, 0.0))
    return _together(f"harness: {number.name}", sent, verdicts, time.monotonic() - began, f"{len(verdicts)} runs")


def _expect_end(code: int, said: str, codes: set[int], run: Disturbed) -> None:
    # Before our own code runs, the interpreter ends by the signal itself; and a run may end well in the same moment.
    assert code in {*codes, 0, -signal.SIGINT, -signal.SIGTERM}, (code, said)
    if code in (130, 143) and run.recorded():
        assert "run the same command again" in said, said


def workers_killed(stage: Stage, times: int) -> Verdict:
    """kill -9 of scoring workers, idle or busy."""
    return _children_killed(stage, times, "scoring worker", ("executors.worker",), pause=0.3)


def jails_killed(stage: Stage, times: int) -> Verdict:
    """kill -9 of the jail of model-written Python, of its zygote and of the programs in it."""
    return _children_killed(stage, times, "jail, zygote", ("zygote",), pause=0.3)


def solvers_killed(stage: Stage, times: int) -> Verdict:
    """kill -9 of provers and planners at work."""
    return _children_killed(stage, times, "prover, planner", ("prover9", "eprover", "/downward"), pause=0.3)


def _children_killed(stage: Stage, times: int, who: str, names: Sequence[str], pause: float) -> Verdict:
    draw = random.Random(who)
    began = time.monotonic()
    verdicts: list[Verdict] = []
    killed = 0
    with stage.server() as server:
        while killed < times and len(verdicts) < 40:
            run = Disturbed(stage, f"{names[0].strip('/')}-{len(verdicts)}", server)
            with running(run.start()) as process:
                while process.poll() is None and killed < times:
                    found = [pid for pid, line in descendants_of(process.pid) if any(name in line for name in names)]
                    if found and _kill(draw.choice(found)):
                        killed += 1
                        time.sleep(2 * pause * draw.random())
                    time.sleep(0.001)
                process.wait(300)
            run.finish()
            verdicts.append(run.verdict(who, killed, 0.0))
    return _together(f"{who}: SIGKILL", killed, verdicts, time.monotonic() - began, f"{len(verdicts)} runs")


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def server_faults(stage: Stage, times: int) -> Verdict:
    """429, 500, 502, 503 (no room for the request), torn JSON, too many and too few answers, ends in the body."""
    kinds = [
        Fault(429), Fault(500), Fault(502), Fault(503, '{"error": "no free KV cache blocks"}'),
        Fault(200, '{"choices": [{"text": "I_WA'), Fault(200, '{"choices": []}'),
        Fault(200, '{"choices": [{"text": "a", "finish_reason": "stop"}, {"text": "b", "finish_reason": "stop"}]}'),
        Fault(200, "<html>gateway</html>"), Fault(200, '{"choices": [{"text"', cut=True), Fault(200, "", cut=True),
    ]  # fmt: skip
    draw = random.Random(3)
    numbers = draw.sample(range(stage.samples), min(times, stage.samples // 2))
    faults = {number: kinds[index % len(kinds)] for index, number in enumerate(numbers)}
    with stage.server(faults=faults) as server:
        run = Disturbed(stage, "faults", server)
        return _undisturbed_end(run, f"server: {len(kinds)} kinds of bad answers", len(faults))


def server_stalls(stage: Stage, times: int) -> Verdict:
    """Answers that do not come for minutes: given up after --request_timeout, and asked again."""
    numbers = random.Random(4).sample(range(stage.samples), times)
    with stage.server(faults={number: Fault(stall=600.0) for number in numbers}) as server:
        run = Disturbed(stage, "stalls", server, options=("--request_timeout", "2"))
        return _undisturbed_end(run, "server: stalls for minutes", times)


def _undisturbed_end(run: Disturbed, fault: str, times: int) -> Verdict:
    began = time.monotonic()
    run.finish(1)
    return run.verdict(fault, times, time.monotonic() - began)


def server_restarts(stage: Stage, times: int) -> Verdict:
    """The server goes and comes back on its port while the run waits."""
    draw = random.Random(5)
    server = stage.server(delay=0.2)
    began = time.monotonic()
    with server:
        run = Disturbed(stage, "restarts", server)
        process = run.start()
        restarts = 0
    with running(process):
        while process.poll() is None:
            with server:
                _wait_for(lambda: process.poll() is not None, draw.uniform(2.0, 4.0) if restarts < times else 60.0)
            if restarts >= times:
                break
            restarts += 1
            time.sleep(draw.uniform(0.2, 1.5))
        with server:
            process.wait(300)
            run.finish()
    return run.verdict("server: restarts on its port", restarts, time.monotonic() - began)


def model_swapped(stage: Stage, times: int) -> Verdict:
    """Another model on the same port: the run stops before a record of it is written, and goes on with the first."""
    began = time.monotonic()
    server = stage.server(delay=1.0)
    swapped = 0
    with server:
        run = Disturbed(stage, "swapped", server)
        process = run.start()
        _wait_for(lambda: run.recorded() >= 4, 60.0)
    for _ in range(times):
        other = stage.server(delay=1.0, port=server.port)
        other.root, other.answer = "weights-2", lambda prompt: "words of another model"
        with running(process), other:
            _, said = process.communicate(timeout=120)
        assert process.returncode == 2, said
        assert "weights-2" in said, said
        swapped += 1
        with server:
            process = run.start()
            before = run.recorded()
            _wait_for(lambda: run.recorded() >= before + 4, 60.0)  # noqa: B023
    with running(process), server:
        process.wait(300)
        run.finish()
    assert not any(b"words of another model" in line for _, line in intact(run.run))
    return run.verdict("server: another model on its port", swapped, time.monotonic() - began)


def _wait_for(done: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not done() and time.monotonic() < until:
        time.sleep(0.02)


def disk_full(stage: Stage, times: int) -> Verdict:
    """A file system of 64 KiB that later has room."""
    return _on_disk(stage, "disk full", "64k", "size=64k", "size=64m", "No space left on device")


def results_read_only(stage: Stage, times: int) -> Verdict:
    """A file system that is read-only when a half finished run is to go on, and is mended."""
    return _on_disk(stage, "disk read-only", "64m", "ro", "rw", "Read-only file system")


def _on_disk(stage: Stage, name: str, size: str, spoil: str, mend: str, message: str) -> Verdict:
    """In a mount namespace of its own: run half of the time and until the disk refuses, mend it, run to the end."""
    began = time.monotonic()
    disk = stage.folder / name.replace(" ", "-")
    disk.mkdir()
    copied = stage.folder / "runs" / "tiny" / disk.name
    with stage.server() as server:
        run = Disturbed(stage, disk.name, server, output=disk)
        remount = f"mount -o remount,{{}} {disk}".format
        script = (
            f'mount -t tmpfs -o size={size} tmpfs {disk}; "$@" & '
            f"until [ $(cat {disk}/tiny/*/samples-* 2>/dev/null | wc -l) -ge 8 ]; do sleep 0.02; done; kill -9 $!; "
            f'sleep 1; {remount(spoil)}; "$@"; echo $? >{disk}.code; cp -r {disk}/tiny/{disk.name} {disk}.before; '
            f'{remount(mend)}; "$@"; echo $? >>{disk}.code; cp -r {disk}/tiny/{disk.name} {copied}'
        )
        # As root in root's own user namespace: the jail's users are not known in another one.
        own = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
        command = [*own, "sh", "-c", script, "sh", *run.command()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    codes = Path(f"{disk}.code").read_text().split()
    assert codes == ["2", "0"], (codes, done.stderr)
    assert message in done.stderr, done.stderr
    after = Disturbed(stage, disk.name, server)
    after.seen = dict(reversed(list(intact(Path(f"{disk}.before")))))
    return after.verdict(name, 1, time.monotonic() - began, f"{len(after.seen)} records before")


def clock_jumps(stage: Stage, times: int) -> Verdict:
    """The wall clock jumps by up to a day at every look, in the harness and in its workers."""
    with stage.server() as server:
        run = Disturbed(stage, "clock", server, environment={"PYTHONPATH": os.pathsep.join([str(_CLOCK), *sys.path])})
        return _undisturbed_end(run, "clock: jumps of up to a day", 1)


def two_harnesses(stage: Stage, times: int) -> Verdict:
    """A second harness on the folder of one that runs is turned away."""
    began = time.monotonic()
    with stage.server(delay=1.0) as server:
        run = Disturbed(stage, "two", server)
        with running(run.start()) as first:
            _wait_for(lambda: run.recorded() > 0, 60.0)
            for _ in range(times):
                code, said = run.once()
                assert code == 2, said
                assert "another symharness is writing this run" in said
            assert first.wait(300) == 0
    return run.verdict("two harnesses on one folder", times, time.monotonic() - began)


def records_damaged(stage: Stage, times: int) -> Verdict:
    """Flipped bits and torn tails in the records of a whole run: skipped, said, asked again."""
    draw = random.Random(6)
    began = time.monotonic()
    with stage.server() as server:
        run = Disturbed(stage, "damaged", server)
        run.finish()
        for number in range(times):
            before = dict(reversed(list(intact(run.run))))
            part = draw.choice([path for path in parts(run.run) if path.stat().st_size])
            data = bytearray(part.read_bytes())
            if number % 3 == 2:
                del data[draw.randrange(len(data)) :]
            else:
                data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
            part.write_bytes(data)
            still = {key for key, _ in intact(run.run)}
            for key in before.keys() - still:
                run.forget(key)
            code, said = run.once()
            assert code == 0, said
    return run.verdict("records: flipped bits, torn tails", times, time.monotonic() - began)


def _together(fault: str, times: int, verdicts: Sequence[Verdict], seconds: float, remark: str) -> Verdict:
    return Verdict(
        fault,
        times,
        sum(verdict.lost for verdict in verdicts),
        sum(verdict.doubled for verdict in verdicts),
        all(verdict.identical for verdict in verdicts),
        seconds,
        remark,
    )


# What is tried, how often for the whole table, and how often in the tests.
FAULTS: dict[Callable[[Stage, int], Verdict], tuple[int, int]] = {
    harness_killed: (50, 4),
    interrupted: (10, 2),
    terminated: (10, 2),
    workers_killed: (30, 4),
    jails_killed: (30, 4),
    solvers_killed: (30, 4),
    server_faults: (40, 20),
    server_stalls: (4, 2),
    server_restarts: (5, 1),
    model_swapped: (3, 1),
    disk_full: (1, 1),
    results_read_only: (1, 1),
    clock_jumps: (1, 1),
    two_harnesses: (3, 1),
    records_damaged: (15, 3),
}
