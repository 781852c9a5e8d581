"""Self-repair: a program that fails is given back to its model with the error, up to so many times.

Only what running the program said goes back, and only where it failed: a wrong answer is not told from a right one, so
that nothing of the gold comes through. First attempts stay what a task's figures are of; repaired ones are named so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from executors.outcome import Outcome, Status
from harness.ask import Ask
from tasks.chat import Encoded
from tasks.task import Task

FAILURES = {
    Status.NO_PROGRAM: "there is no program in it",
    Status.INVALID: "it is not valid",
    Status.ERROR: "it fails",
    Status.TIMEOUT: "it does not end in time",
    Status.BAD_ANSWER: "its result is no answer",
}


@dataclass(frozen=True, slots=True)
class SelfRepair:
    """At most `retries` further attempts; `again` writes the prompt of one: a sample, and the turns since its question
    (answer and error by turns)."""

    retries: int
    again: Callable[[Ask, Sequence[str]], Encoded]


def feedback(task: Task, outcome: Outcome) -> str:
    """What a model is told of a program that failed."""
    detail = f" ({outcome.detail})" if outcome.detail and outcome.status is not Status.NO_PROGRAM else ""
    reason = f"{FAILURES[outcome.status]}{detail}"
    return f"This cannot be used: {reason}.\nGive the corrected {task.language}, nothing else."
