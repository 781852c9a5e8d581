"""Blocksworld by LLM+P: the model's problem is planned, the plan judged on the gold problem."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from executors import pddl
from executors.outcome import Limits, Outcome, Status
from tasks.planning import PlanningProblem, plan_success, read_planning
from tasks.planning_problems import MAKERS, generate
from tasks.scoring import score
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


ONE = {"numerator": 1.0, "denominator": 1.0}
NONE = {"numerator": 0.0, "denominator": 1.0}


def statistics(sample: Sample, completion: str) -> dict[str, object]:
    return dict(score("blocksworld_delegation", sample, completion).statistics)


def test_the_gold_problem_is_solved_and_judged(sample: Sample) -> None:
    assert statistics(sample, sample.target) == {"plan_success": ONE, "plan_valid": ONE, "plan_quality": ONE}


def test_a_solvable_problem_of_another_world_is_ok_and_wrong(sample: Sample) -> None:
    other = (
        "(define (problem other) (:domain blocksworld-4ops) (:objects x y) "
        "(:init (arm-empty) (on-table x) (on-table y) (clear x) (clear y)) (:goal (on x y)))"
    )
    scored = score("blocksworld_delegation", sample, other)
    assert scored.outcome.ok
    assert scored.statistics["plan_success"] == NONE


def test_a_problem_that_does_not_parse_is_invalid_with_a_reason(sample: Sample) -> None:
    outcome = score("blocksworld_delegation", sample, "(define (problem p) (:init").outcome
    assert outcome.status is Status.INVALID
    assert outcome.detail


def test_a_plan_is_judged_as_it_is_written(sample: Sample) -> None:
    assert isinstance(sample.context, PlanningProblem)
    found = pddl.solve(sample.context.domain, sample.context.gold).value
    assert isinstance(found, dict)
    steps = str(found["plan"]).splitlines()
    written = "My plan:\n" + "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
    assert statistics(sample, written) == {"plan_success": ONE, "plan_valid": ONE, "plan_quality": ONE}
    assert statistics(sample, "\n".join(steps[:-1]))["plan_success"] == NONE
    aside = ["(pickup-nothing)", *steps]
    assert statistics(sample, "\n".join(aside))["plan_success"] == NONE


def test_a_longer_plan_is_worth_less(sample: Sample) -> None:
    assert isinstance(sample.context, PlanningProblem)
    found = pddl.solve(sample.context.domain, sample.context.gold).value
    assert isinstance(found, dict)
    steps = str(found["plan"]).splitlines()
    first = steps[0].strip("()").split()
    undone = {"unstack": f"(stack {' '.join(first[1:])})", "pickup": f"(putdown {first[1]})"}[first[0]]
    detour = "\n".join([steps[0], undone, *steps])
    assert statistics(sample, detour)["plan_quality"]["numerator"] == pytest.approx(len(steps) / (len(steps) + 2))  # type: ignore[index]


def test_a_gold_problem_that_no_planner_solves_weighs_nothing(sample: Sample) -> None:
    outcome = Outcome(Status.TIMEOUT, {"success": False, "unsolvable_here": True})
    assert plan_success(sample, sample.target, outcome) == {"numerator": 0.0, "denominator": 0.0}


@pytest.mark.parametrize("domain", sorted(MAKERS))
def test_problems_made_on_demand_are_solved_and_their_plans_valid(domain: str) -> None:
    text = (BUNDLED / "planning" / domain / "domain.pddl").read_text()
    sizes = {"termes": range(1, 3), "floortile": range(2, 5)}.get(domain, range(4, 8))
    made = list(generate(domain, 4, sizes, seed=5))
    assert [problem.pddl for problem in made] == [problem.pddl for problem in generate(domain, 4, sizes, seed=5)]
    for problem in made:
        assert len(pddl.parse_problem(problem.pddl).objects) == problem.objects
        found = pddl.solve(text, problem.pddl, Limits(seconds=30), alias="satisficing").value
        assert isinstance(found, dict), (problem.name, found)
        judged = pddl.validate(text, problem.pddl, str(found["plan"])).value
        assert isinstance(judged, dict)
        assert judged["valid"], problem.name


@pytest.mark.parametrize("domain", sorted(MAKERS))
def test_our_domains_and_the_official_ones_are_one_language(domain: str, data_root: Path) -> None:
    official = (data_root / "planning" / domain / "domain.pddl").read_text()
    (problem,) = generate(domain, 1, range(3, 4) if domain != "termes" else range(1, 2), seed=6)
    assert pddl.solve(official, problem.pddl, Limits(seconds=30), alias="satisficing").ok


def test_gpt_4s_problems_score_as_llm_p_recorded(oracles: Path, data_root: Path) -> None:
    samples = {s.id: s for s in read_planning(data_root / "planning" / "blocksworld")}
    rows = map(json.loads, (oracles / "planning.jsonl").read_text().splitlines())
    real = [r for r in rows if "GPT-4" in r.get("source", "") and r["problem_id"].startswith("blocksworld/")]
    assert len(real) > 5
    for row in real:
        found = statistics(samples[row["problem_id"].partition("/")[2]], row["pred_problem"])
        assert found["plan_success"] == (ONE if row["oracle"]["score"] else NONE), row["id"]
