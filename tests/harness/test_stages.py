"""Delegation's accounting: how far each answer came, whatever its status, and that the counts are kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from executors.outcome import Outcome, Status, Value, Verdict, to_json
from harness.leaderboard import build
from harness.stages import Stage, counts, reached
from harness.summary import load_summary, summarise
from tasks.task import Sample, Task, registry
from tests.replay import plan_for, run, server_for

WRONG = {"entailment": {"score": 0.0}}


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        (Status.NO_PROGRAM, Stage.ASKED),
        (Status.INVALID, Stage.ASKED),
        (Status.ERROR, Stage.PARSED),
        (Status.TIMEOUT, Stage.PARSED),
        (Status.MEMORY, Stage.PARSED),
        (Status.OUTPUT_LIMIT, Stage.PARSED),
        (Status.CRASHED, Stage.PARSED),
        (Status.REFUSED, Stage.PARSED),
        (Status.BAD_ANSWER, Stage.RAN),
        (Status.OK, Stage.RAN),
    ],
)
def test_every_status_has_its_stage(status: Status, stage: Stage) -> None:
    assert reached(registry()["proofwriter"], WRONG, Outcome(status)) is stage


def test_no_status_is_left_out() -> None:
    parameters = test_every_status_has_its_stage.pytestmark[0].args[1]
    assert {status for status, _ in parameters} == set(Status)


@pytest.mark.parametrize(
    ("value", "stage"),
    [
        (Verdict.TRUE, Stage.ANSWERED),
        (Verdict.FALSE, Stage.ANSWERED),
        (Verdict.UNKNOWN, Stage.ANSWERED),
        (Verdict.UNDECIDED, Stage.RAN),
        (Verdict.INCONSISTENT, Stage.RAN),
        (Verdict.UNSOLVABLE, Stage.RAN),
        ("undecided", Stage.ANSWERED),
        ({"plan": None, "success": False}, Stage.RAN),
        ({"plan": "(a)", "success": False}, Stage.ANSWERED),
        ({"answer": 3}, Stage.ANSWERED),
        (0, Stage.ANSWERED),
        ([], Stage.ANSWERED),
    ],
)
def test_what_a_solver_says_is_an_answer_or_not(value: Value, stage: Stage) -> None:
    outcome = Outcome(Status.OK, value)
    assert reached(registry()["proofwriter"], WRONG, outcome) is stage
    recorded = Outcome(Status.OK, json.loads(json.dumps(to_json(value))))
    assert reached(registry()["proofwriter"], WRONG, recorded) is stage


def test_what_is_right_has_come_all_the_way() -> None:
    right = {"entailment": {"score": 1.0}}
    assert reached(registry()["proofwriter"], right, Outcome(Status.OK, Verdict.INCONSISTENT)) is Stage.RIGHT


def test_counts_include_what_came_further() -> None:
    stages = [Stage.ASKED, Stage.PARSED, Stage.RAN, Stage.RAN, Stage.RIGHT]
    assert counts(stages) == {"parsed": 4, "ran": 3, "answered": 1, "right": 1}


def various(task: Task, sample: Sample) -> str:
    """Of every five samples one is right, one wrong, one without an answer, one fails, and one does not parse."""
    number = int(sample.id.rsplit("-", 1)[1]) % 5
    returned = ["", "-12345.678", "None", "1 / 0", "= 1"][number]
    return f"def solution():\n    return {returned}" if number else task.gold(sample)


def test_the_account_of_a_run_is_in_its_results_and_on_the_leaderboard(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, ["gsm8k", "scan"], "bundled", limit=10)
    numbers = [int(sample.id.rsplit("-", 1)[1]) % 5 for sample in plan.samples["gsm8k"]]
    with server_for(plan, lambda task, sample: various(task, sample) if task.name == "gsm8k" else "") as server:
        summary = run(plan, server)
    gsm8k, scan = summary.tasks if summary.tasks[0].name == "gsm8k" else summary.tasks[::-1]
    expected = {
        "parsed": sum(number != 4 for number in numbers),
        "ran": sum(number < 3 for number in numbers),
        "answered": sum(number < 2 for number in numbers),
        "right": sum(number == 0 for number in numbers),
    }
    assert (gsm8k.stages, scan.stages) == (expected, {})
    assert load_summary(summary.folder).tasks == summarise(summary.folder).tasks
    board = build([summary.folder], None)
    (grid,) = (grid for grid in board.grids() if grid.title == "delegation: how far answers came")
    assert grid.heads[3:] == ("parsed", "ran", "answered", "right")
    assert grid.rows == [
        ("tiny", "0-shot, plain", "GSM8K", *(f"{10 * count:.2f} (n=10, mini)" for count in expected.values()))
    ]
    frame = board.frame()
    shares = frame[frame["metric"].str.startswith("share ")].set_index("metric")["score"].to_dict()
    assert shares == {f"share {stage}": 10.0 * count for stage, count in expected.items()}
