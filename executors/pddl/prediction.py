"""LLM+P's measure: a predicted problem is solved by a planner, and the plan is judged on the gold problem.

Source: Liu et al. 2023 (arXiv 2304.11477), Cranial-XIX/llm-pddl at f5f897c: success is a plan that VAL finds valid on
the gold problem. A gold problem that no planner solves within the limits says nothing about a model: `unsolvable_here`.
"""

from __future__ import annotations

import time

from executors.outcome import Limits, Outcome, Status, Value, Verdict, one_line
from executors.pddl.planner import PlanCache, solve
from executors.pddl.validator import validate


def plan_prediction(
    domain: str,
    predicted: str,
    gold: str,
    limits: Limits | None = None,
    *,
    alias: str = "lama-first",
    gold_plan: Outcome | None = None,
    cache: PlanCache | None = None,
) -> Outcome:
    """Whether a plan for the predicted problem solves the gold problem.

    `gold_plan` is the outcome of `solve` on the gold problem, where the caller has it; else it is solved (through
    `cache`) when the prediction fails and is another text. `limits.seconds` bounds each of the two planner runs.
    Value: `success`; `reason` ("" or why not); `status` (of the planner on the prediction); `unsolvable_here` (no
    success, and the gold problem is not solved within the limits either); `plan`, `steps`, `cost` (by the gold metric,
    when valid), `planner`, `gold_cost` (None where not known). Always `ok`: `status` says how the prediction ended.

    Raises:
        ValueError: the gold problem or the domain is no PDDL.
    """
    started = time.monotonic()
    limits = limits or Limits()
    solved = solve(domain, predicted, limits, alias=alias)
    value: dict[str, Value] = {
        "success": False,
        "reason": "",
        "status": solved.status.value,
        "unsolvable_here": False,
        "plan": None,
        "steps": None,
        "cost": None,
        "planner": None,
        "gold_cost": None,
    }
    value.update(_judged(domain, gold, solved, limits))
    if gold_plan is None and predicted == gold:
        gold_plan = solved
    if gold_plan is None and not value["success"]:
        gold_plan = (cache or PlanCache()).solve(domain, gold, limits, alias=alias)
    if gold_plan is not None:
        if gold_plan.status is Status.INVALID:
            raise ValueError(f"gold problem: {gold_plan.detail}")
        found = gold_plan.value if isinstance(gold_plan.value, dict) else None
        value["unsolvable_here"] = not value["success"] and found is None
        value["gold_cost"] = found["cost"] if found else None
    return Outcome(Status.OK, value, one_line(str(value["reason"])), time.monotonic() - started)


def _judged(domain: str, gold: str, solved: Outcome, limits: Limits) -> dict[str, Value]:
    if not solved.ok:
        return {"reason": f"no plan: {solved.status.value}: {solved.detail}"}
    if isinstance(solved.value, Verdict):
        return {"reason": f"no plan: the predicted problem is {solved.value.value}"}
    assert isinstance(solved.value, dict)
    plan = solved.value
    judged = validate(domain, gold, str(plan["plan"]), limits)
    if judged.status is Status.INVALID:
        raise ValueError(f"gold problem: {judged.detail}")
    known: dict[str, Value] = {name: plan[name] for name in ("plan", "steps", "planner")}
    if not judged.ok:
        return {**known, "reason": f"the plan could not be judged: {judged.detail}"}
    assert isinstance(judged.value, dict)
    success = bool(judged.value["val_compatible"])
    reason = "" if success else f"the plan fails on the gold problem: {judged.value['reason']}"
    return {**known, "success": success, "cost": judged.value["cost"], "reason": reason}
