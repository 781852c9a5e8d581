"""Blocksworld by LLM+P: the model's problem is planned, the plan judged on the gold problem."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from executors.outcome import Status
from tasks.planning import BLOCKSWORLD_DELEGATION, execute, plan_success, read_planning
from tasks.source import BUNDLED
from tasks.task import DataError, Sample


@pytest.fixture(scope="module")
def sample() -> Sample:
    return next(iter(read_planning(BUNDLED / "planning" / "blocksworld")))


def test_the_real_problems_are_read(data_root: Path) -> None:
    assert len(list(read_planning(data_root / "planning" / "blocksworld"))) == 20


def test_a_description_without_its_problem_is_named(tmp_path: Path) -> None:
    folder = shutil.copytree(BUNDLED / "planning" / "blocksworld", tmp_path / "b")
    (folder / "p03.pddl").unlink()
    with pytest.raises(DataError, match=r"p03\.pddl is missing beside p03\.nl"):
        list(read_planning(folder))


def test_the_gold_problem_is_solved_and_judged(sample: Sample) -> None:
    outcome = execute(sample.target, sample)
    assert outcome.ok
    assert plan_success(sample, sample.target, outcome) == {"score": 1.0}


def test_a_solvable_problem_of_another_world_is_ok_and_wrong(sample: Sample) -> None:
    other = (
        "(define (problem other) (:domain blocksworld-4ops) (:objects x y) "
        "(:init (arm-empty) (on-table x) (on-table y) (clear x) (clear y)) (:goal (on x y)))"
    )
    outcome = execute(other, sample)
    assert outcome.ok
    assert plan_success(sample, other, outcome) == {"score": 0.0}


def test_a_problem_that_does_not_parse_is_invalid_with_a_reason(sample: Sample) -> None:
    outcome = execute("(define (problem p) (:init", sample)
    assert outcome.status is Status.INVALID
    assert outcome.detail


def test_every_exemplar_is_a_problem_that_the_planner_solves(sample: Sample) -> None:
    for shot in BLOCKSWORLD_DELEGATION.prompt.shots:
        assert execute(shot.answer, sample).ok, shot.answer
