"""How far a model's answer came on its way through a solver: parsed, ran, answered, right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum

from executors.outcome import Outcome, Status, Value, Verdict
from harness.figures import execution, primary
from tasks.metrics import Statistics
from tasks.task import Task


class Stage(IntEnum):
    """The last stage that an answer came to; each one includes those before it."""

    ASKED = 0
    PARSED = 1
    RAN = 2
    ANSWERED = 3
    RIGHT = 4


STAGES = (Stage.PARSED, Stage.RAN, Stage.ANSWERED, Stage.RIGHT)

_UNPARSED = frozenset({Status.NO_PROGRAM, Status.INVALID})
_ENDED = frozenset({Status.OK, Status.BAD_ANSWER})
_NO_ANSWER = frozenset({Verdict.UNDECIDED, Verdict.INCONSISTENT, Verdict.UNSOLVABLE})


def reached(task: Task, statistics: Mapping[str, Statistics], outcome: Outcome) -> Stage:
    """The stage that one answer came to.

    | how it ended | stage |
    | --- | --- |
    | no_program, invalid | asked: there was nothing that a solver could take |
    | error, timeout, memory, output_limit, crashed, refused | parsed: it did not run to its end |
    | bad_answer; ok, and the solver gave up, met a contradiction, or found no plan | ran: nothing came of it |
    | ok, with a value or a verdict on the question (true, false, unknown) | answered |
    | whatever it was, `right` | right |
    """
    if right(task, statistics):
        return Stage.RIGHT
    if outcome.status in _UNPARSED:
        return Stage.ASKED
    if outcome.status not in _ENDED:
        return Stage.PARSED
    return Stage.ANSWERED if outcome.ok and _is_answer(outcome.value) else Stage.RAN


def right(task: Task, statistics: Mapping[str, Statistics]) -> bool:
    """By the metric that executes, or by the primary one where there is none or the sample is not for it."""
    metrics = [metric for metric in (execution(task), primary(task)) if metric and metric.name in statistics]
    judge = next((m for m in metrics if m.aggregate([statistics[m.name]], [""]).n), None)
    return judge is not None and judge.is_perfect(statistics[judge.name])


def _is_answer(value: Value) -> bool:
    """Whether a value, as it is or as a record has it, is one that a solver answers a question with."""
    if isinstance(value, Verdict):
        return value not in _NO_ANSWER
    if isinstance(value, Mapping):
        return value.get("$verdict") not in _NO_ANSWER and value.get("plan", "") is not None
    return value is not None


def counts(stages: Iterable[Stage]) -> dict[str, int]:
    """How many answers came to each stage or beyond."""
    reached = list(stages)
    return {stage.name.lower(): sum(one >= stage for one in reached) for stage in STAGES}
