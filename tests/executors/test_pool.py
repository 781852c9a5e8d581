"""The pool: calls answered by warm workers; whatever happens to one, the next call is unaffected."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from executors.command import interpret
from executors.outcome import Outcome, Status
from executors.pool import DeadlineError, Pool, RemoteError, WorkerLostError, WorkerMemoryError
from tests.processes import gone, processes_with

pytestmark = pytest.mark.alone

WARMED_UP: list[int] = []


async def test_calls_are_answered_by_long_lived_workers() -> None:
    async with Pool(2) as pool:
        processes = {await pool.run(10, os.getpid) for _ in range(20)}
        assert len(processes) <= 2
        assert os.getpid() not in processes
        assert await pool.run(10, interpret, "walk") == Outcome(Status.OK, ["I_WALK"])


async def test_many_callers_share_few_workers() -> None:
    async with Pool(2) as pool:
        answers = await asyncio.gather(*(pool.run(10, int, str(number)) for number in range(200)))
        assert answers == list(range(200))


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (DeadlineError, (time.sleep, 30)),
        (WorkerMemoryError, (bytes, 1 << 40)),
        (WorkerLostError, (os._exit, 3)),
        (RemoteError, (int, "no number")),
    ],
    ids=["deadline", "memory", "death", "exception"],
)
async def test_a_lost_call_does_not_touch_the_next(
    error: type[Exception], call: tuple[Callable[[object], object], object]
) -> None:
    async with Pool(1) as pool:
        with pytest.raises(error):
            await pool.run(0.5, *call)
        assert await pool.run(10, int, "7") == 7


async def test_a_dead_worker_says_how_it_died() -> None:
    async with Pool(1) as pool:
        with pytest.raises(WorkerLostError, match="SIGSEGV"):
            await pool.run(10, signal.raise_signal, signal.SIGSEGV)


class Forged:
    """What a worker that was taken over could answer: a pickle that calls."""

    def __reduce__(self) -> tuple[Callable[[str], str | None], tuple[str]]:
        return os.getenv, ("HOME",)


def forge() -> Forged:
    return Forged()


async def test_an_answer_that_would_call_something_is_refused() -> None:
    async with Pool(1) as pool:
        with pytest.raises(RemoteError, match=r"a worker answered with os\.getenv"):
            await pool.run(10, forge)
        assert await pool.run(10, int, "7") == 7


async def test_an_exception_brings_its_traceback() -> None:
    async with Pool(1) as pool:
        with pytest.raises(RemoteError, match="ValueError: invalid literal"):
            await pool.run(10, int, "no number")


async def test_a_killed_call_takes_its_children_along(tmp_path: Path) -> None:
    marker = f"sleep 3.{os.getpid()}7"
    async with Pool(1) as pool:
        with pytest.raises(DeadlineError):
            await pool.run(0.5, subprocess.run, marker.split())
        assert gone(marker, 2.0)  # of the three seconds that it would sleep


async def test_leaving_ends_all_workers() -> None:
    async with Pool(2) as pool:
        pids = [await pool.run(10, os.getpid) for _ in range(4)]
    assert not set(map(str, pids)) & {path.name for path in Path("/proc").iterdir()}  # noqa: ASYNC240


async def test_a_cancelled_call_leaves_a_working_pool() -> None:
    async with Pool(1) as pool:
        call = asyncio.create_task(pool.run(30, time.sleep, 20))
        await asyncio.sleep(0.1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await pool.run(10, int, "7") == 7


def warm_up() -> None:
    WARMED_UP.append(os.getpid())


def warmed_up() -> list[int]:
    return WARMED_UP


async def test_a_worker_is_warm_before_its_first_call() -> None:
    async with Pool(1, preload=("json", f"{__name__}:{warm_up.__name__}")) as pool:
        assert await pool.run(10, warmed_up) == [await pool.run(10, os.getpid)]


async def test_what_cannot_be_imported_is_said_by_the_first_call() -> None:
    async with Pool(1, preload=("nowhere",)) as pool:
        with pytest.raises(RuntimeError, match="No module named 'nowhere'"):
            await pool.run(10, int, "7")


def test_workers_die_with_their_owner_even_by_sigkill() -> None:
    owner = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import asyncio, os, time\nfrom executors.pool import Pool\n"
            "async def main():\n"
            "  async with Pool(1) as pool:\n"
            "    print(await pool.run(9, os.getpid), flush=True)\n"
            "    await pool.run(60, time.sleep, 50)\n"
            "asyncio.run(main())",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    worker = int(owner.stdout.readline())
    owner.kill()
    owner.wait()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{worker}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not Path(f"/proc/{worker}").exists()


async def test_a_worker_killed_while_idle_is_replaced_before_the_next_call() -> None:
    async with Pool(1) as pool:
        worker = await pool.run(10, os.getpid)
        os.kill(worker, signal.SIGKILL)
        await asyncio.to_thread(os.waitid, os.P_PID, worker, os.WEXITED | os.WNOWAIT)
        assert await pool.run(10, int, "7") == 7
        assert pool.respawned == 1


async def test_leaving_while_workers_start_leaves_none() -> None:
    async with Pool(2):
        pass
    assert [line for line in processes_with("executors.worker") if f" {os.getpid()} " in line] == []
