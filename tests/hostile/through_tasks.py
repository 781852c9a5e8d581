"""Texts through every task as a run would take them, and what they did to the machine.

    python -m tests.hostile.through_tasks [--tasks a,b] [--mutations 50] [--samples 1]

prints a line for each text that was no outcome or came late, and the totals.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from executors.outcome import Status
from executors.pool import Pool, RemoteError, WorkerLostError
from harness.runner import score_in
from tasks.scoring import PRELOAD
from tasks.source import BUNDLED, locate
from tasks.task import Sample, Task, registry
from tests.hostile.corpus import mutations, texts, wrapped
from tests.processes import descendants

GRACE_SECONDS = 1.0  # a killed worker is noticed, and its scores are made without running the program


@dataclass(frozen=True, slots=True)
class Try:
    """One text handed in as the answer to one sample."""

    task: Task
    sample: Sample
    name: str
    text: str


@dataclass
class Totals:
    """Outcomes by status; `defects` are texts that gave none, `late` those whose outcome came after the deadline."""

    outcomes: Counter[Status] = field(default_factory=Counter)
    defects: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")

    @property
    def tried(self) -> int:
        return sum(self.outcomes.values()) + len(self.defects)


class Machine:
    """What a program could reach: a port that somebody listens on, a file that must not be there."""

    def __init__(self, folder: Path) -> None:
        self.mark = folder / "mark"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.visits = 0
        self._bundled = _content(BUNDLED)
        self._processes = descendants()
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            try:
                self._listener.accept()[0].close()
            except OSError:
                return
            self.visits += 1

    def close(self) -> None:
        self._listener.close()

    def harm(self) -> list[str]:
        """What was done to the machine since."""
        until = time.monotonic() + 5.0
        while (left := descendants() - self._processes) and time.monotonic() < until:
            time.sleep(0.05)
        found = [f"processes left: {sorted(left)}"] if left else []
        found += [f"{self.mark} was written"] if self.mark.exists() else []
        found += [f"{self.visits} connections to a port of the machine"] if self.visits else []
        found += ["the bundled data were changed"] if _content(BUNDLED) != self._bundled else []
        return found


@contextmanager
def machine() -> Iterator[Machine]:
    with tempfile.TemporaryDirectory() as folder:
        watched = Machine(Path(folder))
        try:
            yield watched
        finally:
            watched.close()


def _content(folder: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(path.as_posix().encode() + path.read_bytes())
    return total.hexdigest()


def hand_in(tries: Sequence[Try], workers: int = 2) -> Totals:
    """Score every text in worker processes, one at a time a worker, as the pipeline does."""
    return asyncio.run(_hand_in(tries, workers))


async def _hand_in(tries: Sequence[Try], workers: int) -> Totals:
    totals, queue = Totals(), iter(tries)

    async def work(pool: Pool) -> None:
        for one in queue:
            await _one(pool, one, totals)

    async with Pool(workers, preload=PRELOAD) as pool:
        await asyncio.gather(*(work(pool) for _ in range(workers)))
    return totals


async def _one(pool: Pool, one: Try, totals: Totals) -> None:
    what = f"{one.task.name} {one.sample.id}, {one.name}"
    began = time.monotonic()
    try:
        scored = await score_in(pool, one.task, one.sample, one.text)
    except (RemoteError, WorkerLostError) as error:
        totals.defects.append(f"{what}: {str(error).strip().splitlines()[-1][:200]}")
        return
    seconds = time.monotonic() - began
    totals.outcomes[scored.outcome.status] += 1
    totals.slowest = max(totals.slowest, (seconds, what))
    if seconds > one.task.deadline + GRACE_SECONDS:
        totals.late.append(f"{what}: {seconds:.1f} s where {one.task.deadline:g} s are allowed")


def first_samples(task: Task, count: int = 1) -> list[Sample]:
    return list(task.read(locate(task.source, "bundled").path))[:count]


def corpus_tries(task: Task, port: int, mark: Path, names: Sequence[str] | None = None) -> Iterator[Try]:
    """The corpus bare, and in a fence of the task's language."""
    (sample,) = first_samples(task)
    for name, text in texts(port, mark).items():
        if names is None or name in names:
            yield Try(task, sample, name, text)
            yield Try(task, sample, f"{name}, fenced", wrapped(task.language, text))


def mutation_tries(task: Task, count: int, samples: int = 1) -> Iterator[Try]:
    for sample in first_samples(task, samples):
        for number, text in enumerate(mutations(task.gold(sample), count, f"{task.name} {sample.id}")):
            yield Try(task, sample, f"mutation {number}", text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", help="default: all")
    parser.add_argument("--mutations", type=int, default=50, help="damaged gold answers a sample")
    parser.add_argument("--samples", type=int, default=1, help="samples whose gold is damaged")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    chosen = [registry()[name] for name in arguments.tasks.split(",")] if arguments.tasks else list(registry().values())
    harm: list[str] = []
    whole = Totals()
    with machine() as watched:
        for task in chosen:
            tries = [*corpus_tries(task, watched.port, watched.mark)]
            tries += mutation_tries(task, arguments.mutations, arguments.samples)
            began = time.monotonic()
            totals = hand_in(tries, arguments.workers)
            whole.outcomes += totals.outcomes
            whole.defects += totals.defects
            whole.late += totals.late
            whole.slowest = max(whole.slowest, totals.slowest)
            told = ", ".join(f"{status} {count}" for status, count in sorted(totals.outcomes.items()))
            print(f"{task.name:26} {time.monotonic() - began:6.1f} s  {told}", flush=True)
            for line in [*totals.defects, *totals.late]:
                print(f"    {line}", flush=True)
        harm = watched.harm()
    print(f"{whole.tried} texts: {len(whole.defects)} without an outcome, {len(whole.late)} late")
    print(f"slowest: {whole.slowest[0]:.2f} s ({whole.slowest[1]})")
    print("harm: " + ("; ".join(harm) or "none: no file, process, connection or database changed"))
    return 1 if whole.defects or whole.late or harm else 0


if __name__ == "__main__":
    sys.exit(main())
