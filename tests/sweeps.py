"""A sweep of three models behind scripted servers that count what they are asked."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from harness.place import place
from harness.summary import RESULTS_FILE
from harness.sweep.file import read_sweep
from harness.sweep.units import Job, jobs
from tasks.task import Sample, Task
from tests.checkpoints import tiny_checkpoint
from tests.replay import Answer, gold, server_for
from tests.scripted import ScriptedServer

SUITES = ("scan", "folio", "gsm8k", "nl2rx")
MODELS = ("good", "fair", "bad")
CONCURRENCY = 2  # requests of a host at once


def wrong(task: Task, sample: Sample) -> str:
    return task.wrong(sample)[0]


def fair(task: Task, sample: Sample) -> str:
    return (gold if sum(sample.id.encode()) % 2 else wrong)(task, sample)


ANSWERS: dict[str, Answer] = {"good": gold, "fair": fair, "bad": wrong}


class Field:
    """Three models behind three scripted servers, and the sweep that asks them."""

    def __init__(self, folder: Path, stack: ExitStack, delay: float = 0.0) -> None:
        self.folder = folder
        self.output = f"{folder}/out"
        self.servers: dict[str, ScriptedServer] = {}
        self._held = threading.Event()
        self._held.set()
        tiny_checkpoint(folder / "tiny", adds_bos=True)
        for model in MODELS:
            (folder / model).symlink_to(folder / "tiny")
            (job,) = self.jobs("any", [model], {model: "http://127.0.0.1:9/v1"})
            self.servers[model] = stack.enter_context(
                server_for(job.plan, ANSWERS[model], delay=delay, held=self._held)
            )

    def hold(self) -> None:
        """From now on no answer is given, and nothing counts that was asked before."""
        self._held.clear()
        for server in self.servers.values():
            server.requests.clear()

    def release(self, hosts: int) -> None:
        """Answers again, as soon as so many hosts have asked: one that is not up yet has nothing to lose."""
        while sum(len(server.requests) for server in self.servers.values()) < hosts * CONCURRENCY:
            time.sleep(0.02)
        self._held.set()

    def file(self, name: str, models: list[str] | None = None, urls: dict[str, str] | None = None) -> Path:
        lines = [
            f'name = "{name}"', f'output_path = "{self.output}"', f"suites = {list(SUITES)}", "shards = 2",
            "cpus_per_host = 1", "[defaults]", 'data = "bundled"', "limit = 8", "workers = 1",
            f"concurrency = {CONCURRENCY}",
        ]  # fmt: skip
        for model in models or MODELS:
            url = urls[model] if urls else self.servers[model].base_url
            lines += ["[[model]]", f'model = "{self.folder / model}"', f'base_url = "{url}"']
        path = self.folder / f"{name}.toml"
        path.write_text("\n".join(lines))
        return path

    def jobs(self, name: str, models: list[str] | None = None, urls: dict[str, str] | None = None) -> list[Job]:
        return jobs(read_sweep(self.file(name, models, urls)))

    def results(self, name: str) -> list[bytes]:
        return [(place(self.output) / model / name / RESULTS_FILE).read_bytes() for model in MODELS]

    def asked(self) -> Counter[Any]:
        """How often each model was asked each prompt."""
        return Counter(
            (model, tuple(request["prompt"])) for model, server in self.servers.items() for request in server.requests
        )
