"""Plans as VAL judges them, and predicted problems as LLM+P scores them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from executors.outcome import Limits, Outcome, Status
from executors.pddl import plan_prediction, validate
from tests.oracles.agreement import Case, Verdict

# The judge's own 25 s; of the problems that it solved, all but a few need a quarter of that on a busy machine.
LIMITS = Limits(seconds=25.0, memory=2 << 30)
# The judge's score has no notion of a gold problem that is not solved, so none is solved here.
GOLD_SOLVED = Outcome(Status.OK, {"cost": None})


def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
    # Two at a time, each process with a translator of its own; started afresh, for pytest has threads.
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield from pool.map(judged, cases)


def judged(case: Case) -> list[Verdict]:
    """The verdict on one case, for a worker process."""
    official = case["oracle"]
    if case["type"] == "validate":
        value = _value(validate(case["domain"], case["problem"], case["plan"]))
        ours = "valid" if value["val_compatible"] else "invalid"
        return [Verdict("verdict", official["verdict"], ours, ours == official["verdict"])]
    outcome = plan_prediction(case["domain"], case["pred_problem"], case["gold_problem"], LIMITS, gold_plan=GOLD_SOLVED)
    value = _value(outcome)
    score = int(bool(value["success"]))
    facts = {"status": value["status"], "reason": value["reason"]}
    return [Verdict("score", official["score"], score, score == official["score"], facts)]


def _value(outcome: Outcome) -> dict[str, object]:
    return dict(outcome.value) if isinstance(outcome.value, dict) else {"val_compatible": False}
