"""D_s2: pairs that a model wrote, kept only where their executor says that they are right (rejection sampling).

Completions come from JSON lines with `task`, `sample` and `completion` (`symharness-train ask` writes them, several
tries a sample at a temperature), or from the records of a run. They are scored anew here, in killable workers, against
the train sample that they answer; an answer to a test sample is none of them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from executors.pool import Pool, WorkerLostError
from tasks import scoring
from tasks.scoring import Scored
from tasks.task import DataError, Sample, Task, registry


@dataclass(frozen=True, slots=True)
class Written:
    """A completion that a model wrote for a sample, and the prompt it was given (empty where that is not told)."""

    task: str
    sample: str
    completion: str
    prompt: str = ""


def read_completions(where: str) -> Iterator[Written]:
    """Completions of a run folder (those without a fault) or a JSON-lines file. Raises DataError."""
    path = Path(where).expanduser()
    paths = sorted(path.glob("samples-*.jsonl")) if path.is_dir() else [path]
    if not paths:
        raise DataError(f"{path} holds no samples-*.jsonl: it is not the folder of a run")
    for each in paths:
        try:
            lines = each.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise DataError(f"{each}: {error.strerror}") from error
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                if not row.get("fault"):
                    yield Written(row["task"], row["sample"], row["completion"], row.get("prompt") or "")
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                if number == len(lines) and path.is_dir():
                    continue  # the line that a kill cut off
                raise DataError(f"{each}:{number}: no record with task, sample and completion ({error!r})") from error


def is_right(task: Task, scored: Scored) -> bool:
    """Whether the executor accepts: the answer ran, and the first metric that gives no shares has its full score."""
    judge = next((metric for metric in task.metrics if not metric.graded), None)
    return judge is not None and scored.outcome.ok and judge.is_perfect(scored.statistics[judge.name])


def accepted(
    written: Sequence[Written], samples: Mapping[tuple[str, str], Sample], workers: int = 1
) -> list[tuple[Written, str]]:
    """The completions that are right, in their order, each with its program; only those of known samples."""
    known = [each for each in written if (each.task, each.sample) in samples]
    return asyncio.run(_collect(known, samples, workers))


async def _collect(
    known: Sequence[Written], samples: Mapping[tuple[str, str], Sample], workers: int
) -> list[tuple[Written, str]]:
    async with Pool(workers, preload=("tasks.scoring",)) as pool:
        gate = asyncio.Semaphore(2 * workers)

        async def judge(each: Written) -> tuple[Written, str] | None:
            task = registry()[each.task]
            async with gate:
                try:
                    scored = await pool.run(
                        task.deadline, scoring.score, each.task, samples[each.task, each.sample], each.completion
                    )
                except WorkerLostError:
                    return None
            return (each, scored.program) if scored.program and is_right(task, scored) else None

        verdicts = await asyncio.gather(*map(judge, known))
    return [verdict for verdict in verdicts if verdict is not None]
