"""Replays: known answers sent through the whole pipeline without a model.

`replay:gold` answers every sample with its gold, `replay:corrupt:0.3` with gold but for exactly that share of each
task's samples (a fixed choice), which get an answer known to be wrong; `replay:FILE` with saved completions, from a
run folder or from plain JSON lines with `task`, `sample` and `completion`. They prove a task: gold must score 100 %.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.client import Completion, Request, UnknownAnswerError
from harness.config import UserError
from harness.record import Attempt, Record
from harness.runlog import is_run, read_records
from tasks.task import Sample, Task

Key = tuple[str, str]


@dataclass(frozen=True)
class Replay:
    """A generator whose every answer is known by task and sample: the first attempt's, and those of self-repair."""

    answers: Mapping[Key, Sequence[Completion]]
    prompt_form: Literal["ids", "text", "none"] = "none"

    async def complete(self, request: Request) -> Completion:
        answers = self.answers.get(request.key, ())
        if request.attempt >= len(answers):
            raise UnknownAnswerError("no saved completion of this sample", 0)
        return answers[request.attempt]


def make(what: str, samples: Sequence[tuple[Task, Sequence[Sample]]]) -> Replay:
    """The replay that `what` names, for these samples. Raises UserError."""
    if what == "gold":
        return _corrupted(samples, 0.0)
    if what.startswith("corrupt:"):
        share = what.removeprefix("corrupt:")
        try:
            value = float(share)
        except ValueError:
            value = -1.0
        if not 0 <= value <= 1:
            raise UserError(f"replay:corrupt:{share}: the share of wrong answers is a number from 0 to 1")
        return _corrupted(samples, value)
    return Replay(saved(Path(what)))


def corrupted(task: Task, samples: Sequence[Sample], share: float) -> set[str]:
    """The ids of the round(share x n) samples of a task that a corrupted replay answers wrongly."""
    order = sorted(samples, key=lambda sample: hashlib.sha256(f"{task.name}\0{sample.id}".encode()).digest())
    return {sample.id for sample in order[: round(share * len(samples))]}


def _corrupted(samples: Sequence[tuple[Task, Sequence[Sample]]], share: float) -> Replay:
    answers: dict[Key, Sequence[Completion]] = {}
    for task, items in samples:
        wrong = corrupted(task, items, share)
        for sample in items:
            text = task.wrong(sample)[0] if sample.id in wrong else task.gold(sample)
            answers[task.name, sample.id] = [Completion(text, "stop", None, 0.0)]
    return Replay(answers)


def _of_record(of: Record | Attempt) -> Completion:
    return Completion(of.completion, of.finish_reason, of.completion_tokens, 0.0, 0)


def saved(path: Path) -> dict[Key, Sequence[Completion]]:
    """Completions of a run folder or of a JSON lines file (`sample` may be called `id`). Raises UserError."""
    if is_run(path):
        return {
            record.key: [_of_record(record), *map(_of_record, record.repairs)]
            for record in read_records(path)
            if not record.fault and record.kind == "generated"
        }
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"replay:{path}: neither gold, corrupt:SHARE, a run folder nor a readable file ({error})"
        ) from error
    answers: dict[Key, Sequence[Completion]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            key = (str(row["task"]), str(row["sample"] if "sample" in row else row["id"]))
            text = row["completion"]
            if not isinstance(text, str):
                raise TypeError("completion is no string")
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"{path}:{number}: not a saved completion ({error!r}); "
                'a line is {"task": "spider", "sample": "dev-0", "completion": "SELECT ..."}'
            ) from error
        finish_reason = str(row.get("finish_reason", "stop"))
        answers[key] = [Completion(text, finish_reason, row.get("completion_tokens"), 0.0, 0)]
    return answers
