"""The run that all disturbances are tried on, what it gives undisturbed, and the judgement of a disturbed one.

Real executors of five languages (action sequences, SQL, Python in the jail, provers, a planner), a scripted model on
loopback that answers a third of the questions wrongly, and `symharness run` as a user starts it.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.record import CorruptLineError, completed_key
from harness.runlog import parts
from tasks.task import Sample, Task
from tests.replay import plan_for, server_for
from tests.scripted import ScriptedServer

TASKS = ("scan", "spider", "gsm8k", "folio_delegation", "blocksworld_delegation")
WAIT_SECONDS = 300.0


def answer(task: Task, sample: Sample) -> str:
    """Gold, and for a third of the samples a wrong answer; the same ones in every process."""
    draw = hashlib.sha256(f"{task.name} {sample.id}".encode()).digest()[0]
    return task.wrong(sample)[0] if draw % 3 == 0 else task.gold(sample)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`lost` records were written and are there no more, `doubled` ones count twice; `identical`: the results' bytes
    are those of the undisturbed run.
    """

    fault: str
    times: int
    lost: int
    doubled: int
    identical: bool
    seconds: float
    remark: str = ""

    @property
    def held(self) -> bool:
        return self.identical and not self.lost and not self.doubled


class Stage:
    """A model, its server, and an undisturbed run of it. Use `stage` to have one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plan = plan_for(folder, list(TASKS), "bundled")
        self.samples = sum(len(item.samples) for item in self.plan.prepared)
        began = time.monotonic()
        with self.server() as server:
            undisturbed = Disturbed(self, "undisturbed", server)
            undisturbed.finish()
        self.seconds = time.monotonic() - began
        self.results = undisturbed.results.read_bytes()

    def server(self, **settings: object) -> ScriptedServer:
        """A server that is not started yet: a context manager."""
        server = server_for(self.plan, answer, **({"delay": 0.05, "model": "chaos"} | settings))
        return replace(server, root="weights-1")


@dataclass
class Disturbed:
    """One run folder, and the processes of ours that write it one after the other.

    `seen` are the intact records that were on the disk at any `look`.
    """

    stage: Stage
    name: str
    server: ScriptedServer
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    output: Path | None = None  # where run folders go; by default in the stage's folder
    seen: dict[tuple[str, str], bytes] = field(default_factory=dict)
    started: int = 0

    @property
    def run(self) -> Path:
        return (self.output or self.stage.folder / "runs") / "tiny" / self.name

    @property
    def results(self) -> Path:
        return self.run / "results.json"

    def command(self) -> list[str]:
        return [
            sys.executable, "-m", "harness.cli", "run", "--model", str(self.stage.folder / "tiny"),
            "--tasks", ",".join(TASKS), "--data", "bundled", "-o", str(self.run.parent.parent), "--run", self.name,
            "--base-url", self.server.base_url, "--concurrency", "4", "--workers", "2", *self.options,
        ]  # fmt: skip

    def start(self) -> subprocess.Popen[str]:
        self.started += 1
        return subprocess.Popen(
            self.command(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | self.environment,
        )

    def finish(self, starts: int = 5) -> str:
        """Start until it ends well; what it said on standard error. A run that does not end well is a defect."""
        for _ in range(starts):
            code, said = self.once()
            if code == 0:
                return said
        raise AssertionError(f"{self.name} does not end well: {said}")

    def once(self) -> tuple[int, str]:
        """Start and wait for the end: exit code and what it said on standard error."""
        process = self.start()
        _, said = process.communicate(timeout=WAIT_SECONDS)
        self.look()
        return process.returncode, said

    def recorded(self) -> int:
        return sum(part.read_bytes().count(b"\n") for part in parts(self.run))

    def look(self) -> None:
        """Take note of every record that is on the disk now."""
        for key, line in intact(self.run):
            self.seen.setdefault(key, line)

    def forget(self, key: tuple[str, str]) -> None:
        """This record was destroyed by us: it may be asked again."""
        self.seen.pop(key, None)

    def verdict(self, fault: str, times: int, seconds: float, remark: str = "") -> Verdict:
        now = list(intact(self.run))
        lines = dict(reversed(now))
        lost = sum(lines.get(key) != line for key, line in self.seen.items())
        doubled = sum(count - 1 for count in Counter(key for key, _ in now).values())
        missing = self.stage.samples - len(lines)
        same = self.results.read_bytes() == self.stage.results
        return Verdict(fault, times, lost + missing, doubled, same, seconds, remark)


def intact(run: Path) -> Iterator[tuple[tuple[str, str], bytes]]:
    """Keys and lines of all records without a fault whose checksum fits."""
    for part in parts(run):
        for line in part.read_bytes().splitlines():
            with suppress(CorruptLineError):
                if (key := completed_key(line)) is not None:
                    yield key, line


@contextmanager
def running(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """The process for the length of the block; killed at its end if it still runs."""
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
