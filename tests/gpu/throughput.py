"""How fast the whole pipeline goes: a served model, the tasks' own prompts, its answers scored and recorded."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from harness.config import ModelSpec, Sampling
from harness.evaluate import evaluate
from harness.plan import Options, prepare
from harness.progress import Progress
from harness.runlog import read_records
from harness.serving import Engine, serve
from tests.gpu.watch import Watch


@dataclass(frozen=True, slots=True)
class Throughput:
    """Of one run, start-up left out: its samples and faults, tokens written, seconds, and the GPUs' idle share."""

    samples: int
    faults: int
    tokens: int
    seconds: float
    idle_share: float

    def __str__(self) -> str:
        return (
            f"{self.samples} samples in {self.seconds:.1f} s: {self.tokens / self.seconds:.0f} tokens/s, "
            f"{self.samples / self.seconds:.1f} samples/s, GPU idle {self.idle_share:.1%}"
        )


def measure(
    spec: ModelSpec,
    engine: Engine,
    tasks: Sequence[str],
    folder: Path,
    watch: AbstractContextManager[Watch],
    max_tokens: int = 256,
    concurrency: int = 256,
) -> Throughput:
    """Serve the model and run the tasks' bundled samples against it.

    Drawn at temperature 1: random weights give all tokens like chances, so that nearly every answer is of full length.
    """
    sampling = Sampling(temperature=1.0, max_tokens=max_tokens)
    with serve(spec, engine, folder / "server.log", concurrency) as server:
        plan = prepare(
            Options(
                spec, tasks, sampling, folder / "runs", "bundled", concurrency=concurrency, base_url=server.base_url
            )
        )
        with Progress(Console(file=io.StringIO())) as progress, watch as watched:
            started = time.monotonic()
            evaluate(plan, progress)
            seconds = time.monotonic() - started
    records = list(read_records(plan.folder))
    tokens = sum(record.completion_tokens or 0 for record in records)
    return Throughput(len(records), sum(bool(r.fault) for r in records), tokens, seconds, watched.idle_share)
