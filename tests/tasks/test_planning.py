"""Planning: problems as the model writes them are planned and compared, plans as it writes them are judged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from executors.outcome import Outcome, Status
from executors.pddl import PlanCache, parse_problem, plan_prediction, solve, validate
from tasks.metrics import ratio
from tasks.planning import LIMITS, extract_problem_or_plan, is_plan, read_planning
from tasks.planning_problems import generate
from tasks.scoring import Scored, score
from tasks.source import BUNDLED
from tasks.task import DataError, Sample, registry

DOMAINS = ("blocksworld", "termes", "floortile", "grippers")

SWAP = "(unstack b2 b1)\n(putdown b2)\n(pickup b1)\n(stack b1 b2)"


def samples(domain: str, root: Path = BUNDLED) -> list[Sample]:
    return list(read_planning(root / "planning" / domain))


def scores(task: str, sample: Sample, completion: str) -> dict[str, float]:
    """Each metric's value for one completion."""
    statistics = score(task, sample, completion).statistics
    return {m.name: m.aggregate([statistics[m.name]], [""]).value for m in registry()[task].metrics}


@pytest.fixture
def blocks(tmp_path: Path) -> Sample:
    """Two blocks to be swapped: four steps at least."""
    folder = shutil.copytree(BUNDLED / "planning" / "blocksworld", tmp_path / "blocks")
    (folder / "p01.pddl").write_text(
        "(define (problem swap) (:domain blocksworld-4ops) (:objects b1 b2)\n"
        "(:init (arm-empty) (on-table b1) (on b2 b1) (clear b2)) (:goal (on b1 b2)))"
    )
    return next(iter(read_planning(folder)))


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_real_problems_are_read(data_root: Path, domain: str) -> None:
    assert [sample.id for sample in samples(domain, data_root)] == [f"p{number:02}" for number in range(1, 21)]


def test_a_description_without_its_problem_is_named(tmp_path: Path) -> None:
    folder = shutil.copytree(BUNDLED / "planning" / "blocksworld", tmp_path / "b")
    (folder / "p03.pddl").unlink()
    with pytest.raises(DataError, match=r"p03\.pddl is missing beside p03\.nl"):
        list(read_planning(folder))


@pytest.mark.parametrize(
    ("completion", "program"),
    [
        ("Sure:\n(define (problem p) (:init))\nDone.", "(define (problem p) (:init))"),
        ("The plan (in order) is:\n(pickup a)\n(stack a b)\nThat is all.", "(pickup a)\n(stack a b)"),
        ("1. (pickup a)\n2) (stack a b).", "(pickup a)\n(stack a b)"),
        ("- (pickup a)\n* (stack a b)", "(pickup a)\n(stack a b)"),
        ("Step 1: (pickup a)\nStep 2: (stack a b)", "(pickup a)\n(stack a b)"),
        ("(pickup a) (stack a b)", "(pickup a) (stack a b)"),
        ("0.000: (pickup a) [1.000]\n1.000: (stack a b) ; at last", "0.000: (pickup a) [1.000]\n1.000: (stack a b)"),
        ("First:\n```\n(pickup b)\n```\nNo, better:\n```pddl\n(pickup a)\n```", "(pickup a)"),
        ("; cost = 0 (unit cost)\n", "; cost = 0 (unit cost)"),
        ("I pick up a (the red one).", None),
        ("Pick up a, then stack it on b.", None),
        ("", None),
        ("(" * 100_000, None),
        ("(a " * 50_000, None),
    ],
)
def test_a_problem_or_the_steps_of_a_plan_are_cut_out(completion: str, program: str | None) -> None:
    assert extract_problem_or_plan(completion) == program
    assert program is None or is_plan(program) == ("define" not in program)


def test_a_written_problem_is_planned_and_compared(blocks: Sample) -> None:
    renamed = blocks.target.replace("b1", "x").replace("b2", "y")
    assert scores("blocksworld", blocks, blocks.target) == {"bleu": 1, "problem_equivalent": 1, "solves_gold": 1}
    assert scores("blocksworld_delegation", blocks, blocks.target) == {
        "plan_success": 1,
        "plan_valid": 1,
        "plan_quality": 1,
    }
    found = scores("blocksworld", blocks, renamed)
    assert (found["problem_equivalent"], found["solves_gold"]) == (1, 0), "same, but its plan speaks of other objects"
    assert 0 < found["bleu"] < 1


def test_a_problem_of_another_world_is_planned_and_wrong(blocks: Sample) -> None:
    other = blocks.target.replace("(:goal (on b1 b2))", "(:goal (on-table b2))")
    scored = score("blocksworld_delegation", blocks, other)
    assert scored.outcome.ok
    assert "unmet (on b1 b2)" in scored.outcome.detail
    assert set(scores("blocksworld_delegation", blocks, other).values()) == {0}


def test_a_problem_that_does_not_parse_is_invalid_with_a_reason(blocks: Sample) -> None:
    outcome = score("blocksworld", blocks, "(define (problem p) (:init").outcome
    assert outcome.status is Status.INVALID
    assert "line 1" in outcome.detail


def test_a_written_plan_is_judged_as_it_stands(blocks: Sample) -> None:
    assert scores("blocksworld_delegation", blocks, SWAP) == {"plan_success": 1, "plan_valid": 1, "plan_quality": 1}
    detour = f"(unstack b2 b1)\n(stack b2 b1)\n{SWAP}"
    assert scores("blocksworld_delegation", blocks, detour)["plan_quality"] == pytest.approx(4 / 6)
    lenient = SWAP.replace("(putdown b2)", "(putdown b2 b1)")
    found = scores("blocksworld_delegation", blocks, lenient)
    assert (found["plan_success"], found["plan_valid"]) == (1, 0), "VAL drops surplus arguments"
    scored = score("blocksworld_delegation", blocks, SWAP.replace("(putdown b2)\n", ""))
    assert "step 2 (pickup b1): unmet" in scored.outcome.detail
    assert scores("blocksworld", blocks, SWAP)["problem_equivalent"] == 0


def test_a_gold_problem_that_is_not_solved_weighs_nothing(blocks: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    def hard(domain: str, problem: str, limits: object = None, *, alias: str = "") -> Outcome:
        return Outcome.failed(Status.TIMEOUT, "too hard")

    monkeypatch.setattr("executors.pddl.prediction.solve", hard)
    monkeypatch.setattr("tasks.planning._GOLD_PLANS", PlanCache(solver=hard))
    scored = score("blocksworld", blocks, blocks.target)
    assert scored.outcome.status is Status.TIMEOUT
    counted = {"numerator": 1.0, "denominator": 1.0}
    nothing = {"numerator": 0.0, "denominator": 0.0}
    assert scored.statistics["solves_gold"] == nothing
    assert ratio([counted, nothing], ["", ""]).value == 1.0
    assert scored.statistics["problem_equivalent"] == {"score": 1.0}, "what needs no planner counts"
    assert scores("blocksworld_delegation", blocks, SWAP)["plan_success"] == 1, "nor does a written plan need one"


@pytest.mark.parametrize("domain", DOMAINS)
def test_exemplars_are_problems_that_the_planner_solves(domain: str) -> None:
    prompt = registry()[domain].prompt
    known = {sample.fields["scene"] for sample in samples(domain)}
    for shot in prompt.shots:
        assert shot.fields["scene"] not in known
        value = plan_prediction(samples(domain)[0].fields["domain"], shot.answer, shot.answer, LIMITS).value
        assert isinstance(value, dict)
        assert value["success"], shot.answer
    assert prompt.render(samples(domain)[0].fields, 3).count("The domain is:") == 1


@pytest.mark.parametrize("domain", DOMAINS)
def test_problems_made_on_demand_have_plans_in_our_domain_and_in_the_official_one(domain: str, data_root: Path) -> None:
    ours, official = (samples(domain, root)[0].fields["domain"] for root in (BUNDLED, data_root))
    sizes = {"termes": range(1, 3), "floortile": range(2, 7)}.get(domain, range(4, 8))
    made = list(generate(domain, 5, sizes, seed=5))
    assert made == list(generate(domain, 5, sizes, seed=5))
    assert len({problem.pddl for problem in made}) == 5
    for problem in made:
        assert len(parse_problem(problem.pddl).objects) == problem.objects
        found = solve(official, problem.pddl, LIMITS, alias="satisficing").value
        assert isinstance(found, dict), (problem.pddl, found)
        judged = validate(ours, problem.pddl, str(found["plan"])).value
        assert isinstance(judged, dict)
        assert judged["valid"], problem.pddl


# Liu et al. 2023, table 1, "LLM+P": 90, 0, 95 and 20 % of 20 problems.
PUBLISHED = {"blocksworld": 18, "floortile": 0, "grippers": 19, "termes": 4}


def scored_predictions(data_root: Path, domain: str, kind: str) -> dict[str, Scored]:
    folder = data_root / "planning" / "predictions" / "llm_ic_pddl" / kind / domain
    gold = {sample.id: sample for sample in samples(domain, data_root)}
    return {
        path.name[:3]: score(f"{domain}_delegation", gold[path.name[:3]], path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.pddl*"))
    }


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_plans_recorded_for_gpt4_score_as_published(data_root: Path, domain: str) -> None:
    scored = scored_predictions(data_root, domain, "plans")
    for name in ("plan_success", "plan_valid"):
        assert sum(item.statistics[name]["numerator"] for item in scored.values()) == PUBLISHED[domain]
        assert all(item.statistics[name]["denominator"] for item in scored.values())


@pytest.mark.parametrize(("domain", "differing"), [("blocksworld", {"p08", "p17"}), ("grippers", {"p16"})])
def test_the_problems_recorded_for_gpt4_score_as_published_but_for_what_our_planner_does_otherwise(
    data_root: Path, domain: str, differing: set[str]
) -> None:
    """Fast Downward of today refuses the undeclared object of Blocksworld p08, finds another plan for the wrong problem
    p17 (one that fails on the gold problem), and one for Grippers p16, of which none is recorded.
    """
    ours = scored_predictions(data_root, domain, "problems")
    recorded = scored_predictions(data_root, domain, "plans")
    assert len(ours) == 20
    succeeded, published = (
        {name for name, item in scored.items() if item.statistics["plan_success"]["numerator"]}
        for scored in (ours, recorded)
    )
    assert succeeded ^ published == differing
