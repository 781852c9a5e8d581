"""What the harness costs beside the model: CPU a sample, and wall time over the bare requests of a real server.

    python -m benchmarks.pipeline bookkeeping [--samples 20000]      a server without latency, in another process
    python -m benchmarks.pipeline overhead [--samples 300]           the default checkpoint really served

Both figures are ratios or per-sample costs measured in one run; goals: < 1 ms of CPU, ratio <= 1.05.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import multiprocessing
import random
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import aiohttp
from rich.console import Console

from executors.command import commands, meaning
from harness.config import ModelSpec, Sampling
from harness.evaluate import evaluate
from harness.plan import Options, Plan, prepare
from harness.progress import Progress
from harness.serving import PROJECT, find_engine, serve
from tests.checkpoints import tiny_checkpoint
from tests.scripted import ScriptedServer

CHECKPOINT = PROJECT / "checkpoints" / "smollm2-135m-instruct"


def scan_data(folder: Path, samples: int) -> Path:
    """A data root with rows of the SCAN grammar."""
    path = folder / "scan" / "simple_split" / "tasks_test_simple.txt"
    path.parent.mkdir(parents=True)
    chosen = random.Random(1).sample(list(commands()), samples)
    path.write_text("".join(f"IN: {text} OUT: {' '.join(meaning(text))}\n" for text in chosen))
    return folder


def make_plan(folder: Path, model: Path, data: Path, name: str, max_tokens: int | None = None) -> Plan:
    options = Options(
        ModelSpec(model=str(model)),
        ["scan"],
        Sampling(max_tokens=max_tokens),
        folder / "out",
        str(data),
        run_name=name,
        workers=1,
        concurrency=64,
    )
    return prepare(options)


def run(plan: Plan, base_url: str) -> float:
    """Seconds of wall time of a run against a server that is up."""
    attached = replace(plan, options=replace(plan.options, base_url=base_url))
    started = time.perf_counter()
    with Progress(Console(file=io.StringIO())) as progress:
        evaluate(attached, progress)
    return time.perf_counter() - started


def _constant_server(port: multiprocessing.Queue[int]) -> None:
    with ScriptedServer(lambda prompt: "I_WALK I_JUMP", keep_requests=False) as server:
        port.put(server.port)
        time.sleep(3600)


def bookkeeping(samples: int) -> None:
    """CPU milliseconds of the harness process a sample (workers and server are other processes)."""
    context = multiprocessing.get_context("spawn")
    port: multiprocessing.Queue[int] = context.Queue()
    server = context.Process(target=_constant_server, args=(port,), daemon=True)
    server.start()
    base_url = f"http://127.0.0.1:{port.get(timeout=60)}/v1"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plan = make_plan(folder, tiny_checkpoint(folder / "tiny"), scan_data(folder / "data", samples), "r")
        before = time.process_time()
        wall = run(plan, base_url)
        used = time.process_time() - before
    server.kill()
    print(f"{samples} samples: {1000 * used / samples:.3f} ms CPU a sample, {samples / wall:.0f} samples/s")


async def _bare(plan: Plan, base_url: str, concurrency: int) -> float:
    bodies = iter(
        [
            {
                "model": plan.options.spec.name,
                "prompt": list(ask.prompt.ids),
                "max_tokens": ask.max_tokens,
                "temperature": 0,
                "seed": 0,
            }
            for ask in plan.asks(set())
        ]
    )
    started = time.perf_counter()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:

        async def ask_all() -> None:
            for body in bodies:
                async with session.post(f"{base_url}/completions", json=body) as response:
                    assert response.status == 200
                    await response.json()

        await asyncio.gather(*(ask_all() for _ in range(concurrency)))
    return time.perf_counter() - started


def overhead(samples: int) -> None:
    """Wall time of a run over that of its bare requests, best of two each, taken in turns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = scan_data(folder / "data", samples)
        spec = ModelSpec(model=str(CHECKPOINT))
        with serve(spec, find_engine(None), folder / "server.log") as server:
            plan = make_plan(folder, CHECKPOINT, data, "warm", 16)
            asyncio.run(_bare(plan, server.base_url, 64))
            bare, whole = [], []
            for turn in range(2):
                bare.append(asyncio.run(_bare(plan, server.base_url, 64)))
                whole.append(run(make_plan(folder, CHECKPOINT, data, f"r{turn}", 16), server.base_url))
    print(f"{samples} requests bare {min(bare):.2f} s, run {min(whole):.2f} s, ratio {min(whole) / min(bare):.3f}")
    print("bare " + " ".join(f"{s:.2f}" for s in bare) + "; run " + " ".join(f"{s:.2f}" for s in whole))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["bookkeeping", "overhead"])
    parser.add_argument("--samples", type=int)
    arguments = parser.parse_args()
    if arguments.what == "bookkeeping":
        bookkeeping(arguments.samples or 20_000)
    else:
        overhead(arguments.samples or 300)


if __name__ == "__main__":
    main()
