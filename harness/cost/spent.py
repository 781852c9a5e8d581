"""What a run really cost so far, by its records and starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.record import Attempt, Record
from harness.runlog import is_run, parts, read_records
from harness.starts import read_starts, wall_seconds


@dataclass(frozen=True, slots=True)
class Spend:
    """Prompts that were sent, and tokens of prompts and answers; all attempts at self-repair among them."""

    prompts: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0

    def plus(self, prompt: int | None, answer: int | None) -> Spend:
        return Spend(self.prompts + 1, self.prompt_tokens + (prompt or 0), self.answer_tokens + (answer or 0))

    def less(self, before: Spend) -> Spend:
        return Spend(
            self.prompts - before.prompts,
            self.prompt_tokens - before.prompt_tokens,
            self.answer_tokens - before.answer_tokens,
        )


@dataclass(frozen=True, slots=True)
class Spent:
    """By task what was sent; the seconds in which a start was under way, and those of all starts together (units of a
    sweep run side by side, each on devices of its own); how many starts were killed, whose time nobody knows; the
    records' bytes.
    """

    tasks: Mapping[str, Spend] = field(default_factory=dict)
    seconds: float = 0.0
    busy: float = 0.0
    killed: int = 0
    size: int = 0

    def less(self, before: Spent) -> Spent:
        """What was spent since."""
        return Spent(
            {name: spend.less(before.tasks.get(name, Spend())) for name, spend in self.tasks.items()},
            self.seconds - before.seconds,
            self.busy - before.busy,
            self.killed - before.killed,
            self.size - before.size,
        )


def spent(folder: Path) -> Spent:
    """Of a run folder and the units in it; nothing where there is none yet. Raises UserError."""
    if not is_run(folder):
        return Spent()
    tasks: dict[str, Spend] = {}
    for record in read_records(folder):
        if record.fault or record.finish_reason == "prompt_too_long":
            continue
        answers: list[Record | Attempt] = [record, *record.repairs]
        for answer in answers:
            one = tasks.get(record.task, Spend())
            tasks[record.task] = one.plus(answer.prompt_tokens, answer.completion_tokens)
    starts = read_starts(folder)
    return Spent(
        tasks,
        seconds=wall_seconds(starts),
        busy=sum(start.seconds or 0.0 for start in starts),
        killed=sum(start.seconds is None for start in starts),
        size=sum(path.stat().st_size for path in parts(folder)),
    )
