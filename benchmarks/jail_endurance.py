"""Thousands of mixed programs through the pool and its jails, and what is left of them afterwards: nothing.

    python -m benchmarks.jail_endurance [--programs 10000] [--workers 2] [--seed 0]

Of a hundred programs 80 are good, 15 faulty and 5 hostile; meanwhile, now and then, a pool worker or the processes of a
jail are killed from outside. Every outcome is checked. Exits with 1 if memory grows or anything is left.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.jail import small_programs, sympy_programs
from executors.outcome import Limits, Status
from executors.pool import Pool, WorkerLostError
from executors.python import ReturnValue, run
from tests.processes import descendants

LIMITS = Limits(seconds=1.0, memory=512 << 20, output=1 << 20)
DEADLINE = 30.0
# One of so many programs, on average, sees a pool worker or a jail killed from outside.
KILL_EVERY = 200
MEMORY_SLACK = 1.15

FAULTY = {
    "def solution(:": {Status.INVALID},
    "def solution(): return 1 / 0": {Status.ERROR},
    "def solution(): return undefined": {Status.ERROR},
    "x = 1": {Status.ERROR},
    "def solution(): return None": {Status.BAD_ANSWER},
    "def solution(): return open": {Status.BAD_ANSWER},
    "import nothing_like_it\ndef solution(): return 1": {Status.ERROR},
    "def solution(): return solution()": {Status.ERROR},
}
HOSTILE = {
    "while True: pass": {Status.TIMEOUT},
    "import signal, time\nsignal.alarm(0)\ntry:\n    time.sleep(99)\nexcept BaseException:\n    pass": {Status.TIMEOUT},
    "x = 'a' * (1 << 40)": {Status.MEMORY},
    "x = []\nwhile True: x.append(bytearray(1 << 20))": {Status.MEMORY},
    "while True: print('x' * 100000)": {Status.OUTPUT_LIMIT},
    "import os\nwhile True: os.fork()": {Status.ERROR, Status.REFUSED, Status.CRASHED},
    "import os\nos.kill(os.getppid(), 9)\ndef solution(): return 1": {Status.REFUSED, Status.OK, Status.CRASHED},
    "import os\nos.kill(os.getpid(), 9)": {Status.CRASHED},
    "open('/tmp/leak_endurance', 'w').write('x' * 1000)\ndef solution(): return 1": {Status.OK},
    "import socket\nsocket.create_connection(('127.0.0.1', 9), 1)": {Status.ERROR, Status.REFUSED},
    "import threading, time\nfor _ in range(50): threading.Thread(target=time.sleep, args=(99,)).start()\n"
    "def solution(): return 1": {Status.OK, Status.ERROR, Status.TIMEOUT},
    "import ctypes\nctypes.string_at(0)": {Status.CRASHED},
    "def solution(): return 10 ** 10 ** 9": {Status.TIMEOUT, Status.MEMORY},
}


@dataclass(frozen=True)
class Expected:
    source: str
    statuses: frozenset[Status]
    value: float | None = None


def mix(count: int, seed: int) -> list[Expected]:
    rng = random.Random(seed)
    good = [Expected(p.source, frozenset({Status.OK}), p.answer) for p in small_programs(400, seed)]
    good += [Expected(p.source, frozenset({Status.OK}), p.answer) for p in sympy_programs(60, seed)]
    faulty = [Expected(source, frozenset(statuses)) for source, statuses in FAULTY.items()]
    hostile = [Expected(source, frozenset(statuses)) for source, statuses in HOSTILE.items()]
    return [rng.choice(rng.choices((good, faulty, hostile), (80, 15, 5))[0]) for _ in range(count)]


def resident() -> int:
    """Bytes of memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def held() -> tuple[int, int]:
    """Open descriptors and threads of this process."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir()), threading.active_count()


def leftovers() -> list[str]:
    return sorted(path.name for path in Path(tempfile.gettempdir()).glob("leak_endurance*"))


async def endure(count: int, workers: int, seed: int) -> int:
    programs = mix(count, seed)
    rng = random.Random(seed + 1)
    statuses: Counter[str] = Counter()
    wrong: list[str] = []
    slowest, respawned, lost = 0.0, 0, 0
    async with Pool(1):
        pass  # what a first pool leaves open for the next (the loop's own) is no leak
    before = held()
    first_memory = 0
    began = time.monotonic()
    async with Pool(workers, preload=("executors.python",)) as pool:

        async def one(index: int, expected: Expected) -> None:
            nonlocal slowest, lost, first_memory
            while True:
                started = time.monotonic()
                try:
                    outcome = await pool.run(DEADLINE, run, expected.source, ReturnValue(), LIMITS)
                    break
                except WorkerLostError:
                    lost += 1  # our own doing, and perhaps once more
            slowest = max(slowest, time.monotonic() - started)
            statuses[outcome.status.value] += 1
            right = outcome.status in expected.statuses
            if right and expected.value is not None:
                right = isinstance(outcome.value, (int, float)) and abs(outcome.value - expected.value) < 1e-6
            if not right:
                wrong.append(f"{outcome.status.value} {outcome.detail}: {expected.source[:60]!r}")
            if rng.randrange(KILL_EVERY) == 0 and (below := sorted(descendants(generations=2))):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(rng.choice(below), signal.SIGKILL)
            if index == count // 10:
                first_memory = resident()

        queue = iter(enumerate(programs))

        async def work() -> None:
            for index, expected in queue:
                await one(index, expected)

        await asyncio.gather(*(work() for _ in range(workers)))
        respawned = pool.respawned
    seconds = time.monotonic() - began
    # The loop's own: the thread in which it waited for dead workers, and sockets that it closes in its next turn.
    await asyncio.get_running_loop().shutdown_default_executor()
    await asyncio.sleep(1)
    after = held()
    growth = resident() / first_memory
    print(f"{count} programs in {seconds:.1f} s ({count / seconds:.0f}/s), {workers} workers, slowest {slowest:.2f} s")
    print("outcomes: " + ", ".join(f"{status} {number}" for status, number in statuses.most_common()))
    print(f"{respawned} workers started again, {lost} calls lost their worker and were repeated")
    print(f"memory {growth:.2f} x that after a tenth; descriptors and threads {before} -> {after}")
    left = [f"processes {sorted(descendants())}"] if descendants() else []
    left += [f"files {leftovers()}"] if leftovers() else []
    print(f"left: {'; '.join(left) or 'nothing'}; unexpected outcomes: {len(wrong)}")
    for line in wrong[:20]:
        print(f"  {line}")
    return int(bool(left or wrong or growth > MEMORY_SLACK or after != before))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    return asyncio.run(endure(options.programs, options.workers, options.seed))


if __name__ == "__main__":
    sys.exit(main())
