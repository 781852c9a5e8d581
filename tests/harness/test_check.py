"""`check`: gold must score, wrong answers must not, and what cannot be is listed with its reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from executors.outcome import Outcome, Status, Verdict
from harness.check import Checked, _judge_gold, check
from harness.plan import prepare_tasks
from tasks.scoring import Scored
from tasks.task import registry
from tests.replay import supplied


@pytest.fixture(params=["bundled", "real"])
def data(request: pytest.FixtureRequest) -> str:
    return "bundled" if request.param == "bundled" else str(request.getfixturevalue("data_root"))


async def test_every_task_scores_its_gold_and_no_wrong_answer(data: str) -> None:
    for result in await check(prepare_tasks(supplied(data), data, None), workers=2):
        assert result.defects == []
        assert result.gold > 0
        assert result.wrong >= result.gold


async def test_a_wrong_answer_that_scores_is_a_defect() -> None:
    (item,) = prepare_tasks(["scan"], "bundled", 2)
    lenient = replace(item, task=replace(item.task, wrong=lambda sample: [sample.target]))
    (result,) = await check([lenient], workers=1)
    assert len(result.defects) == 2
    assert "a wrong answer scores" in result.defects[0]


@pytest.mark.parametrize(
    ("broken", "score", "outcome", "classes"),
    [
        ({}, 1.0, Outcome(Status.OK), (0, 0, 0)),
        ({}, 0.0, Outcome(Status.OK), (0, 0, 1)),
        ({}, 0.0, Outcome(Status.TIMEOUT), (0, 1, 0)),
        ({}, 0.0, Outcome(Status.OK, Verdict.UNDECIDED), (0, 1, 0)),
        ({}, 0.0, Outcome(Status.OK, Verdict.INCONSISTENT), (0, 0, 1)),
        ({"s": "upstream's gold has a typing error"}, 0.0, Outcome(Status.INVALID), (1, 0, 0)),
        ({"s": "no longer broken"}, 1.0, Outcome(Status.OK), (1, 0, 1)),
    ],
    ids=[
        "ok",
        "defect",
        "out of time",
        "the solver cannot tell",
        "a contradiction is a defect",
        "broken upstream",
        "listed as broken but fine",
    ],
)
def test_classes(broken: dict[str, str], score: float, outcome: Outcome, classes: tuple[int, int, int]) -> None:
    task = replace(registry()["scan"], broken=broken)
    sample = replace(prepare_tasks(["scan"], "bundled", 1)[0].samples[0], id="s")
    checked = Checked(task)
    _judge_gold(checked, sample, Scored("p", outcome, {"exact_match": {"score": score}}))
    assert (len(checked.broken), len(checked.unsolvable), len(checked.defects)) == classes


def test_the_data_folder_is_named_when_it_is_missing(tmp_path: Path) -> None:
    from harness.config import UserError

    with pytest.raises(UserError, match="scan"):
        prepare_tasks(["scan"], str(tmp_path), None)
