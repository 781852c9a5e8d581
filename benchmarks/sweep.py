"""What a cluster costs and gives: Ray beside no Ray for one unit, and scoring anew with one host and with two.

    python -m benchmarks.sweep [overhead|rescoring] [--samples 20000]

`overhead`: one run of SCAN as one unit against a scripted server in another process, here and through a Ray cluster
that is up (as it is when units come to it); goal: at most 1.05 of the time. `rescoring`: Python and SQL programs, in
shards, by one and by two hosts of one worker each.
"""

from __future__ import annotations

import argparse
import functools
import io
import itertools
import json
import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import ray
from rich.console import Console

from benchmarks.load import write_data
from benchmarks.pipeline import _constant_server
from harness.batch import Finished
from harness.plan import prepare_tasks
from harness.sweep import cluster, local
from harness.sweep.file import read_sweep
from harness.sweep.rescoring import rescoring
from harness.sweep.units import Job, jobs
from tasks.source import BUNDLED
from tests.checkpoints import tiny_checkpoint

QUIET = Console(file=io.StringIO())
TASKS = ("spider", "gsm8k")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["overhead", "rescoring"])
    parser.add_argument("--samples", type=int, default=20_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        {"overhead": overhead, "rescoring": scaling}[arguments.what](Path(name), arguments.samples)
        ray.shutdown()


def overhead(folder: Path, samples: int) -> None:
    context = multiprocessing.get_context("spawn")
    port: multiprocessing.Queue[int] = context.Queue()
    context.Process(target=_constant_server, args=(port,), daemon=True).start()
    write_data(folder, samples)
    checkpoint = tiny_checkpoint(folder / "tiny")
    (folder / "sweep.toml").write_text(
        f'output_path = "{folder}/out"\nsuites = ["scan"]\n[defaults]\ndata = "{folder}/data"\nworkers = 1\n'
        f'[[model]]\nmodel = "{checkpoint}"\nbase_url = "http://127.0.0.1:{port.get(timeout=60)}/v1"'
    )

    def found() -> list[Job]:
        shutil.rmtree(folder / "out", ignore_errors=True)
        return jobs(read_sweep(folder / "sweep.toml"))

    here = min(timed(lambda: local.carry_out(found(), QUIET, lambda _: None)) for _ in range(2))
    there = min(timed(lambda: cluster.carry_out(found(), QUIET, lambda _: None)) for _ in range(2))
    print(f"one unit of {samples} samples: here {here:.2f} s, through Ray {there:.2f} s: {there / here:.3f}")


def scaling(folder: Path, samples: int) -> None:
    data = str(many_rows(folder / "data", samples // len(TASKS)))
    path = folder / "programs.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for item in prepare_tasks(TASKS, data, None):
            for sample in item.samples:
                row = {"task": item.task.name, "sample": sample.id, "completion": item.task.gold(sample)}
                out.write(json.dumps(row) + "\n")
    seconds = {}
    for hosts in (1, 2):
        found = rescoring([path], data, folder / f"out{hosts}", "programs", 1, shards=8)
        seconds[hosts] = timed(functools.partial(cluster.carry_out, found, QUIET, lambda _: None, hosts))
        print(
            f"{samples} programs, {hosts} hosts of one worker: {seconds[hosts]:.1f} s, {samples / seconds[hosts]:.0f}/s"
        )
    found = rescoring([path], data, folder / "here", "programs", 1, shards=8)
    here = timed(lambda: local.carry_out(found, QUIET, lambda _: None))
    print(f"without Ray, one worker: {here:.1f} s; two hosts over one: {seconds[1] / seconds[2]:.2f} times as fast")


def many_rows(folder: Path, rows: int) -> Path:
    """The bundled samples of the tasks, over and over; as many SQL queries as Python programs."""
    for name in TASKS:
        shutil.copytree(BUNDLED / name, folder / name)
    questions = folder / "spider" / "dev.json"
    found = json.loads(questions.read_text(encoding="utf-8"))
    questions.write_text(json.dumps(list(itertools.islice(itertools.cycle(found), rows))), encoding="utf-8")
    problems = folder / "gsm8k" / "test.jsonl"
    lines = problems.read_text(encoding="utf-8").splitlines(keepends=True)
    problems.write_text("".join(itertools.islice(itertools.cycle(lines), rows)), encoding="utf-8")
    return folder


def timed(act: Callable[[], Finished]) -> float:
    started = time.perf_counter()
    assert act().failures == []
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
