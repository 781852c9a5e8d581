"""What a cluster costs and gives: Ray beside no Ray for one unit, scoring anew with two hosts, and a node that is lost.

    python -m benchmarks.sweep [overhead|rescoring] [--samples 20000]
    python -m benchmarks.sweep served --models CHECKPOINT CHECKPOINT [--data FOLDER] [--limit 16]

`overhead`: one run of SCAN as one unit against a scripted server in another process, here and through a Ray cluster
that is up (as it is when units come to it); goal: at most 1.05 of the time. `rescoring`: Python and SQL programs, in
shards, by one and by two hosts of one worker each. `served`: models served by vLLM on this machine, and on a cluster of
two nodes of one core each, one of which is lost half way; results must be the same to the byte. Every server has one
core and one request at a time: what vLLM computes depends on its threads and on what else is in the batch.
"""

from __future__ import annotations

import argparse
import functools
import io
import itertools
import json
import multiprocessing
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest.mock import patch

import ray
from ray.cluster_utils import Cluster
from rich.console import Console

from benchmarks.load import write_data
from benchmarks.pipeline import _constant_server
from harness.batch import Finished
from harness.plan import prepare_tasks
from harness.runlog import completed, read_records
from harness.summary import RESULTS_FILE
from harness.sweep import cluster, local
from harness.sweep.file import read_sweep
from harness.sweep.rescoring import rescoring
from harness.sweep.units import Job, jobs
from tasks.source import BUNDLED
from tests.checkpoints import tiny_checkpoint

QUIET = Console(file=io.StringIO())
TASKS = ("spider", "gsm8k")
SERVED = ["scan", "folio", "nl2rx", "mtop"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["overhead", "rescoring", "served"])
    parser.add_argument("--samples", type=int, default=20_000)
    parser.add_argument("--models", nargs="+", type=Path, default=[])
    parser.add_argument("--data", default="bundled")
    parser.add_argument("--limit", type=int, default=16)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if arguments.what == "served":
            served(Path(name), arguments.models, arguments.data, arguments.limit)
            return
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
        before = busy_seconds()
        seconds[hosts] = timed(functools.partial(cluster.carry_out, found, QUIET, lambda _: None, hosts))
        cores = (busy_seconds() - before) / seconds[hosts]
        print(
            f"{samples} programs, {hosts} hosts of one worker: {seconds[hosts]:.1f} s, "
            f"{samples / seconds[hosts]:.0f}/s, {cores:.2f} of {os.cpu_count()} cores busy"
        )
    found = rescoring([path], data, folder / "here", "programs", 1, shards=8)
    here = timed(lambda: local.carry_out(found, QUIET, lambda _: None))
    print(f"without Ray, one worker: {here:.1f} s; two hosts over one: {seconds[1] / seconds[2]:.2f} times as fast")


def served(folder: Path, models: Sequence[Path], data: str, limit: int) -> None:
    (folder / "sweep.toml").write_text(
        f'output_path = "{folder}/out"\nsuites = {json.dumps(SERVED)}\nshards = 2\ncpus_per_host = 1\n'
        f'[defaults]\ndata = "{data}"\nlimit = {limit}\nworkers = 1\n'
        "concurrency = 1\ndeterministic = true\nspread = 0\n"
        + "".join(f'[[model]]\nmodel = "{model.absolute()}"\n' for model in models)
    )

    def swept(act: Callable[[list[Job]], Finished]) -> tuple[list[bytes], dict[tuple[str, str, str], str]]:
        shutil.rmtree(folder / "out", ignore_errors=True)
        found = jobs(read_sweep(folder / "sweep.toml"))
        seconds = timed(lambda: act(found))
        records = [(job.name, record) for job in found for record in read_records(job.plan.folder)]
        said = {(name, record.task, record.sample): record.completion for name, record in records}
        total = sum(len(item.samples) for job in found for item in job.plan.prepared)
        print(f"{seconds:.1f} s, {len(records)} records of {len(said)} samples, {total} expected", flush=True)
        return [(job.plan.folder / RESULTS_FILE).read_bytes() for job in found], said

    print("here, models one after the other:", flush=True)
    with patch.dict(os.environ, {"VLLM_CPU_OMP_THREADS_BIND": "0"}):
        results_here, here = swept(lambda found: local.carry_out(found, Console(), lambda _: None))
    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    _, second = (nodes.add_node(num_cpus=1, env_vars={"VLLM_CPU_OMP_THREADS_BIND": str(core)}) for core in (0, 1))
    nodes.wait_for_nodes()

    def with_a_loss(found: list[Job]) -> Finished:
        def lose() -> None:
            total = sum(len(item.samples) for job in found for item in job.plan.prepared)
            while sum(len(completed(job.plan.folder)) for job in found) < total / 2:
                time.sleep(0.1)
            print("half is recorded: the second node is lost", flush=True)
            nodes.remove_node(second, allow_graceful=False)

        loser = threading.Thread(target=lose)
        loser.start()
        with cluster.connected(nodes.address):
            finished = cluster.carry_out(found, Console(), lambda _: None)
        loser.join()
        return finished

    print("two nodes of one core, one lost half way:", flush=True)
    results_there, there = swept(with_a_loss)
    nodes.shutdown()
    other = sum(there.get(key) != completion for key, completion in here.items())
    print(f"results the same to the byte: {'yes' if results_here == results_there else 'NO'}; {other} answers differ")


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


def busy_seconds() -> float:
    """CPU seconds of the whole machine since it started: hosts, workers and jails are processes of their own."""
    user, nice, system = Path("/proc/stat").read_text().split()[1:4]
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


def timed(act: Callable[[], Finished]) -> float:
    started = time.perf_counter()
    assert act().failures == []
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
