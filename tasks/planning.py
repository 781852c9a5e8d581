"""Planning: a description becomes a PDDL problem (Blocksworld, Termes, Floortile, Grippers), and a planner its plan.

Official files: Cranial-XIX/llm-pddl's `<domain>/domain.pddl`, `p01.nl`, `p01.pddl` ... `p20`. In-domain tasks compare
the written problem with the gold one; delegation (LLM+P) judges the plan that a planner finds for it. A model that
writes a plan instead of a problem has that plan judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from executors import pddl
from executors.outcome import Limits, Outcome, Status
from tasks import extract
from tasks.bleu import bleu_metric
from tasks.download import pinned
from tasks.metrics import Metric, Origin, Standing, Statistics, full_weight, ratio
from tasks.planning_problems import generate
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import DataError, Sample, Suite, Task

LIMITS = Limits(seconds=20.0, memory=2 << 30)
# Greedy search finds no way through Floortile's dead ends.
_ALIASES = {"floortile": "dead-ends"}

_STEP = r"(?:\d+(?:\.\d*)?[ \t]*:[ \t]*)?\([ \t]*(?!define\b)[a-z][^()\n]*\)(?:[ \t]*\[[^\]\n]*\])?"
_ITEM = r"(?:[-*][ \t]+|\d+[.)](?!\d)[ \t]*|step[ \t]+\d+[.:]?[ \t]*)"
# A line of steps, perhaps an item of a list.
_STEPS = re.compile(
    rf"^[ \t]*{_ITEM}?(?P<steps>{_STEP}(?:[ \t,]*{_STEP})*)[ \t.,]*(?:;.*)?$", re.IGNORECASE | re.MULTILINE
)
_ONLY_COMMENTS = re.compile(r"(?:\s*;[^\n]*)+\s*")


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


def extract_problem_or_plan(completion: str) -> str | None:
    """The problem; without one, the lines of the last fenced block, else of the text, that are steps of a plan.

    Nothing but comments, at least one, is what planners write for an empty plan.
    """
    problem = extract.pddl_problem(completion)
    if problem is not None:
        return problem
    text = extract.without_end_tokens(completion)
    block = extract.fenced(text, "pddl", "plan")
    text = text if block is None else block
    steps = "\n".join(match["steps"] for match in _STEPS.finditer(text))
    return steps or (text.strip() if _ONLY_COMMENTS.fullmatch(text) else None)


def is_plan(program: str) -> bool:
    """Whether what `extract_problem_or_plan` found is a plan and not a problem."""
    return not program.startswith("(") or _STEPS.match(program) is not None


def _problem(sample: Sample) -> PlanningProblem:
    assert isinstance(sample.context, PlanningProblem)
    return sample.context


# Gold problems are solved once a worker, by content.
_GOLD_PLANS = pddl.PlanCache()


def execute(program: str, sample: Sample, alias: str) -> Outcome:
    """A problem: the planner's word on it, and in `value` whether its plan solves the gold one. A plan: its judgement.

    `unsolvable_here` in `value` says that the gold problem is not solved either: nothing can be said of the model.
    """
    domain, gold = _problem(sample).domain, _problem(sample).gold
    if is_plan(program):
        judged = pddl.validate(domain, gold, program, LIMITS)
        value = judged.value if isinstance(judged.value, dict) else {}
        success = bool(value.get("val_compatible"))
        known = {"success": success, "plan": program, "cost": value.get("cost"), "unsolvable_here": False}
        return replace(judged, value=known if judged.ok else None, detail=str(value.get("reason") or judged.detail))
    outcome = pddl.plan_prediction(domain, program, gold, LIMITS, alias=alias, cache=_GOLD_PLANS)
    assert isinstance(outcome.value, dict)
    return replace(outcome, status=Status(str(outcome.value["status"])))


def _weighed(outcome: Outcome, score: float) -> Statistics:
    """A score of weight 1, or 0 where the planner fails on the gold problem: that is no fault of the model."""
    value = outcome.value if isinstance(outcome.value, dict) else {}
    weight = float(not value.get("unsolvable_here"))
    return {"numerator": weight * score, "denominator": weight}


def _success(outcome: Outcome) -> bool:
    return isinstance(outcome.value, dict) and bool(outcome.value.get("success"))


def plan_success(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when the plan that was found for the problem, or written, is valid on the gold problem, as VAL sees it."""
    return _weighed(outcome, float(_success(outcome)))


def plan_valid(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """The same without VAL's leniencies."""
    if not _success(outcome):
        return _weighed(outcome, 0.0)
    assert isinstance(outcome.value, dict)
    judged = pddl.validate(_problem(sample).domain, _problem(sample).gold, str(outcome.value["plan"]), LIMITS)
    return _weighed(outcome, float(isinstance(judged.value, dict) and bool(judged.value["valid"])))


def plan_quality(sample: Sample, program: str | None, outcome: Outcome, alias: str) -> Statistics:
    """The cost of the plan that our planner finds for the gold problem over that of this one, at most 1."""
    if not _success(outcome):
        return _weighed(outcome, 0.0)
    assert isinstance(outcome.value, dict)
    domain, gold = _problem(sample).domain, _problem(sample).gold
    if program is not None and pddl.problem_equivalent(program, gold, LIMITS).value is True:
        return _weighed(outcome, 1.0)
    known = _GOLD_PLANS.solve(domain, gold, LIMITS, alias=alias).value
    best, cost = (known["cost"] if isinstance(known, dict) else None), outcome.value["cost"]
    if not isinstance(best, (int, float)) or not isinstance(cost, (int, float)):
        return {"numerator": 0.0, "denominator": 0.0}
    return _weighed(outcome, min(1.0, best / cost) if cost else 1.0)


def problem_equivalent(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 for the same objects, initial state and goal, up to order and the names of objects."""
    if program is None or is_plan(program):
        return {"score": 0.0}
    return {"score": float(pddl.problem_equivalent(program, _problem(sample).gold, LIMITS).value is True)}


def wrong(sample: Sample) -> list[str]:
    # A plan for another goal could be right where the gold goal already holds, so these have no plan at all.
    name = re.search(r"\(\s*domain\s+([\w-]+)", _problem(sample).domain, re.IGNORECASE)
    head = f"(define (problem other) (:domain {name[1] if name else 'none'}) (:objects thing)"
    return [f"{head} (:init) (:goal (no-such-predicate thing)))", f"{head} (:init", "(no-such-action thing)"]


# Exemplars leave the domain out, which would stand there four times.
_TEMPLATE = (
    "Transform the natural language description of the scene into PDDL.\n"
    "{% if domain %}The domain is:\n{{ domain }}\n{% endif %}"
    "The scene is: {{ scene }}\n"
    "The problem PDDL is:\n"
)
_OFFICIAL = "https://github.com/Cranial-XIX/llm-pddl"
_FILES = "https://raw.githubusercontent.com/Cranial-XIX/llm-pddl/185384560116c8cb82dcdf4e630725f7eb1394a7/domains"
_SUMS = Path(__file__).parent / "pins" / "llm_pddl.sha256"
_LLMP = "LLM+P (arXiv 2304.11477, llm-pddl f5f897c): the plan found for the prediction is valid on the gold"
_TITLES = {"blocksworld": "Blocksworld", "termes": "Termes", "floortile": "Floortile", "grippers": "Grippers"}


# Sizes of the exemplars, and room for the longest gold problem, at 1.5 characters a token.
_SHOT_SIZES = {"blocksworld": range(2, 5), "termes": range(1, 2), "floortile": range(2, 3), "grippers": range(1, 4)}
_MAX_TOKENS = {"blocksworld": 400, "termes": 2800, "floortile": 3800, "grippers": 700}


def _prompt(domain: str) -> Prompt:
    problems = generate(domain, 3, _SHOT_SIZES[domain], seed=1)
    return Prompt(
        _TEMPLATE,
        tuple(Shot({"domain": "", "scene": made.scene.strip()}, made.pddl.strip()) for made in problems),
    )


def _task(domain: str, suite: Suite, metrics: tuple[Metric, ...], paper_metric: str | None) -> Task:
    delegated = suite == "delegation"
    return Task(
        name=f"{domain}_delegation" if delegated else domain,
        title=_TITLES[domain] + (" (delegation)" if delegated else ""),
        suites=(suite,),
        domain="Planning",
        language="pddl",
        source=Source(
            f"planning/{domain}",
            ("domain.pddl", "p01.nl", "p01.pddl"),
            _OFFICIAL,
            "none",
            downloads=pinned(_FILES, _SUMS, domain),
        ),
        read=read_planning,
        prompt=_prompt(domain),
        extract=extract_problem_or_plan,
        execute=partial(execute, alias=_alias(domain)),
        metrics=metrics,
        wrong=wrong,
        paper_metric=paper_metric,
        size=20,
        max_tokens=_MAX_TOKENS[domain],
        # A predicted problem and, where it fails, the gold one; then plans are judged.
        deadline=90.0,
    )


def _alias(domain: str) -> str:
    return _ALIASES.get(domain, "lama-first")


def _in_domain(domain: str) -> Task:
    metrics = (
        bleu_metric(),
        Metric(
            "problem_equivalent",
            problem_equivalent,
            source="the same objects, initial state and goal, up to order and the names of objects",
        ),
        Metric("solves_gold", plan_success, ratio, Origin.OFFICIAL, Standing.FOUND, _LLMP, perfect=full_weight),
    )
    return _task(domain, "symbolic", metrics, "bleu")


def _delegation(domain: str) -> Task:
    quality = partial(plan_quality, alias=_alias(domain))
    metrics = (
        Metric("plan_success", plan_success, ratio, Origin.OFFICIAL, Standing.FOUND, _LLMP, perfect=full_weight),
        Metric(
            "plan_valid",
            plan_valid,
            ratio,
            source="plan_success without the leniencies of VAL, the official validator",
            perfect=full_weight,
        ),
        Metric(
            "plan_quality",
            quality,
            ratio,
            source="the cost of our planner's plan for the gold problem over that of this plan, at most 1",
            graded=True,
            perfect=full_weight,
        ),
    )
    return _task(domain, "delegation", metrics, None)


BLOCKSWORLD, TERMES, FLOORTILE, GRIPPERS = (_in_domain(domain) for domain in _TITLES)
BLOCKSWORLD_DELEGATION, TERMES_DELEGATION, FLOORTILE_DELEGATION, GRIPPERS_DELEGATION = (
    _delegation(domain) for domain in _TITLES
)
