"""Planning delegated to a planner: the model writes the problem, Fast Downward the plan (LLM+P), for Blocksworld.

Official files: Cranial-XIX/llm-pddl's `blocksworld/domain.pddl`, `p01.nl`, `p01.pddl` ... `p20`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from executors import pddl
from executors.outcome import Limits, Outcome, Status
from tasks import extract
from tasks.metrics import Metric, Origin, Standing, Statistics
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import DataError, Sample, Task

LIMITS = Limits(seconds=20.0, memory=2 << 30)


@dataclass(frozen=True, slots=True)
class PlanningProblem:
    """What a predicted problem is judged by: the domain and the gold problem, both PDDL."""

    domain: str
    gold: str


def read_planning(folder: Path) -> Iterator[Sample]:
    """One sample a `pNN.nl` with its `pNN.pddl`."""
    domain = (folder / "domain.pddl").read_text(encoding="utf-8")
    for path in sorted(folder.glob("p[0-9]*.nl")):
        gold = path.with_suffix(".pddl")
        if not gold.exists():
            raise DataError(f"{gold} is missing beside {path.name}: fetch the official files again")
        problem = gold.read_text(encoding="utf-8").strip()
        fields = {"scene": path.read_text(encoding="utf-8").strip(), "domain": domain.strip()}
        yield Sample(path.stem, fields, problem, PlanningProblem(domain, problem))


def execute(program: str, sample: Sample) -> Outcome:
    """The planner's word on the predicted problem, and in `value` whether its plan solves the gold one."""
    assert isinstance(sample.context, PlanningProblem)
    domain, gold = sample.context.domain, sample.context.gold
    outcome = pddl.plan_prediction(domain, program, gold, LIMITS, cache=_GOLD_PLANS)
    assert isinstance(outcome.value, dict)
    return replace(outcome, status=Status(str(outcome.value["status"])))


# Gold problems are solved once a worker, by content.
_GOLD_PLANS = pddl.PlanCache()


def plan_success(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when the plan found for the predicted problem is valid on the gold problem."""
    value = outcome.value if isinstance(outcome.value, dict) else {}
    return {"score": float(bool(value.get("success")))}


def wrong(sample: Sample) -> list[str]:
    # A plan for another goal could be right where the gold goal already holds, so these have no plan at all.
    head = "(define (problem other) (:domain blocksworld-4ops) (:objects b1)"
    return [f"{head} (:init (arm-empty)) (:goal (no-such-predicate b1)))", f"{head} (:init", "(pickup b1)"]


_DOMAIN = (Path(__file__).parent / "data" / "planning" / "blocksworld" / "domain.pddl").read_text(encoding="utf-8")

_PROMPT = Prompt(
    "Transform the natural language description of the scene into PDDL.\n"
    "The domain is:\n{{ domain }}\n"
    "The scene is: {{ scene }}\n"
    "The problem PDDL is:\n",
    shots=(
        Shot(
            {
                "domain": _DOMAIN.strip(),
                "scene": "There are two blocks. The first lies on the table and the second on the first. Nothing is on "
                "the second. Put the first on the second.",
            },
            "(define (problem swap)\n(:domain blocksworld-4ops)\n(:objects b1 b2)\n"
            "(:init (arm-empty) (on-table b1) (on b2 b1) (clear b2))\n(:goal (and (on b1 b2))))",
        ),
        Shot(
            {
                "domain": _DOMAIN.strip(),
                "scene": "Blocks b1, b2 and b3 all lie on the table, each with nothing on it. The hand is free. "
                "Build a tower with b3 at the bottom, b2 in the middle and b1 on top.",
            },
            "(define (problem tower)\n(:domain blocksworld-4ops)\n(:objects b1 b2 b3)\n"
            "(:init (arm-empty) (on-table b1) (on-table b2) (on-table b3) (clear b1) (clear b2) (clear b3))\n"
            "(:goal (and (on b1 b2) (on b2 b3))))",
        ),
        Shot(
            {
                "domain": _DOMAIN.strip(),
                "scene": "b2 stands on b1 and b1 on the table; the robot's arm is empty. Lay b2 on the table.",
            },
            "(define (problem unstack)\n(:domain blocksworld-4ops)\n(:objects b1 b2)\n"
            "(:init (arm-empty) (on-table b1) (on b2 b1) (clear b2))\n(:goal (and (on-table b2))))",
        ),
    ),
)

BLOCKSWORLD_DELEGATION = Task(
    name="blocksworld_delegation",
    title="Blocksworld (delegation)",
    suites=("delegation",),
    domain="Planning",
    language="pddl",
    source=Source(
        "planning/blocksworld", ("domain.pddl", "p01.nl", "p01.pddl"), "https://github.com/Cranial-XIX/llm-pddl", "none"
    ),
    read=read_planning,
    prompt=_PROMPT,
    extract=extract.pddl_problem,
    execute=execute,
    metrics=(
        Metric(
            "plan_success",
            plan_success,
            origin=Origin.OFFICIAL,
            standing=Standing.FOUND,
            source="LLM+P (arXiv 2304.11477, llm-pddl f5f897c): the plan found for the prediction is valid on the gold",
        ),
    ),
    wrong=wrong,
    size=20,
    max_tokens=800,
    deadline=60.0,
)
