"""Solving PDDL problems: Fast Downward 26.6 (PyPI `up-fast-downward`), pyperplan (PyPI) where it is not installed.

Fast Downward's translator stays warm in a process of its own, so that a problem costs the start of the search only;
pyperplan is started for each problem, by `run_program`. Exit codes are those of
https://www.fast-downward.org/latest/documentation/exit-codes/.
"""

from __future__ import annotations

import re
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from executors.outcome import Limits, Outcome, Status, Value, Verdict
from executors.pddl import warm
from executors.pddl.reading import PddlError, check_bounds
from executors.pddl.runner import RunProgram, interpreter_mounts, run_program
from executors.pddl.syntax import parse_domain, parse_problem

_FF_UNIT = "eval_modify_costs(ff(),cost_type=one)"
_LANDMARKS = "landmark_sum(lm_factory=lm_reasonable_orders_hps(lm_rhw()),pref=false)"


def _random_weighted(heuristic: str, weight: int, seed: int) -> str:
    """Weighted A* that takes a random state at every fifth step, always the same ones."""
    estimate = f"sum([g(),weight(h,{weight})])"
    queue = f"epsilon_greedy({estimate},epsilon=0.2,random_seed={seed})"
    return f"let(h,{heuristic}(),eager({queue},preferred=[h]))"


SEARCHES: Mapping[str, str] = {
    "lama-first": f"let(hlm,eval_modify_costs({_LANDMARKS},cost_type=one),let(hff,{_FF_UNIT},"
    "lazy_greedy([hff,hlm],preferred=[hff,hlm],cost_type=one,reopen_closed=false)))",
    "ff-random": _random_weighted("ff", 3, 1),
    "cea-random": _random_weighted("cea", 1, 3),
    "cea-random-2": _random_weighted("cea", 2, 1),
    "lmcut": "astar(lmcut())",
    "blind": "astar(blind())",
}
"""Search options of Fast Downward by our names; `lama-first` equals its alias of that name."""

ALIASES: Mapping[str, tuple[tuple[str, float], ...]] = {
    "lama-first": (("lama-first", 1.0),),
    "satisficing": (("lama-first", 0.4), ("ff-random", 0.3), ("cea-random", 1.0)),
    # Greedy search is lost where many states are dead ends that heuristics do not see (Floortile): the best of some 40
    # configurations there, by the number of problems solved within seconds.
    "dead-ends": (("ff-random", 0.15), ("cea-random", 0.6), ("cea-random-2", 1.0)),
    # A* with a blind heuristic where LM-cut does not support the problem (conditional effects, axioms).
    "optimal": (("lmcut", 1.0), ("blind", 1.0)),
    "pyperplan": (),
}
"""For each alias the searches that are tried in turn, each with its share of the time that is left."""

_PROVED = (10, 11)  # unsolvable, found by the translator or by the search
_CONCLUSIVE = (0, *_PROVED)
_INCOMPLETE = 12
_UNSUPPORTED = 34
_FAILURES = {20: Status.MEMORY, 21: Status.TIMEOUT, 22: Status.MEMORY, 23: Status.TIMEOUT, 24: Status.TIMEOUT}
_LIMIT_REACHED = (Status.TIMEOUT, Status.MEMORY)
_COST = re.compile(rb"; cost = (\d+)")


def solve(
    domain: str,
    problem: str,
    limits: Limits | None = None,
    *,
    alias: str = "lama-first",
    run_program: RunProgram = run_program,
) -> Outcome:
    """A plan for `problem`.

    Value: `plan` (text, a step a line), `steps`, `cost` (as the planner counts: unit costs without a metric),
    `planner`, `optimal`; or Verdict.UNSOLVABLE where that is proved, Verdict.UNDECIDED where a search ended without a
    proof. `invalid`: the translator rejects the texts. `timeout` and `memory`: a limit was reached, by the translator
    or by the last search.

    Raises:
        KeyError: no such alias.
        RuntimeError: neither planner is installed, or Fast Downward does not know the options we give it.
    """
    searches = ALIASES[alias]
    limits = limits or Limits()
    deadline = time.monotonic() + limits.seconds
    try:
        for text in (domain, problem):
            check_bounds(text)
    except PddlError as error:
        return Outcome.failed(Status.INVALID, error)
    binary = _fast_downward() if searches else None
    if binary is None:
        outcome = _pyperplan(domain, problem, limits, run_program)
    else:
        outcome = _fast_downward_plan(binary, searches, domain, problem, limits)
    return replace(outcome, seconds=limits.seconds - (deadline - time.monotonic()))


def _fast_downward_plan(
    binary: Path, searches: Sequence[tuple[str, float]], domain: str, problem: str, limits: Limits
) -> Outcome:
    options = [(SEARCHES[name], share) for name, share in searches]
    try:
        reply = warm.ask(domain, problem, limits, binary, options, _CONCLUSIVE)
    except TimeoutError:
        return Outcome.failed(Status.TIMEOUT, "the translation did not end in time")
    except warm.LostError:
        return Outcome.failed(Status.CRASHED, "the translator died")
    if reply.status == "M":
        return Outcome.failed(Status.MEMORY, "the translator ran out of memory")
    if reply.status == "I":
        return Outcome.failed(Status.INVALID, _complaint(domain, problem) or reply.body.decode("utf-8", "replace"))
    return _search_outcome(reply.code, reply.body, searches[reply.search][0])


def _search_outcome(code: int | None, plan: bytes, name: str) -> Outcome:
    if code == 0:
        cost = _COST.search(plan)
        steps = [line for line in plan.decode("ascii", "replace").splitlines() if line.startswith("(")]
        return _planned(steps, int(cost[1]) if cost else None, f"fast-downward {name}", name in ("lmcut", "blind"))
    if code in _PROVED:
        return Outcome(Status.OK, Verdict.UNSOLVABLE)
    if code == _INCOMPLETE:
        return Outcome(Status.OK, Verdict.UNDECIDED, f"{name} ended without a plan and without a proof")
    if code is None or code in _FAILURES:
        status = Status.TIMEOUT if code is None else _FAILURES[code]
        return Outcome.failed(status, f"{name} reached its {'time' if status is Status.TIMEOUT else 'memory'} limit")
    if code == _UNSUPPORTED:
        return Outcome.failed(Status.ERROR, f"{name} does not support this problem")
    if code in (33, 35, 36, 37):
        raise RuntimeError(f"Fast Downward rejects the options of {name} (exit {code})")
    return Outcome.failed(Status.CRASHED, f"{name} ended with exit code {code}")


def _pyperplan(domain: str, problem: str, limits: Limits, run_program: RunProgram) -> Outcome:
    if find_spec("pyperplan") is None:
        raise RuntimeError("no planner is installed: neither up-fast-downward nor pyperplan")
    argv = [sys.executable, "-I", "-m", "pyperplan", "-s", "gbf", "-H", "hff", "domain.pddl", "problem.pddl"]
    files = {"domain.pddl": domain.encode("utf-8", "replace"), "problem.pddl": problem.encode("utf-8", "replace")}
    finished = run_program(argv, files, limits, ["problem.pddl.soln"], mounts=interpreter_mounts())
    if finished.code is None:
        return Outcome.failed(Status.TIMEOUT, "pyperplan reached its time limit")
    solution = finished.files.get("problem.pddl.soln")
    if solution is not None:
        steps = solution.decode("ascii", "replace").splitlines()
        return _planned(steps, len(steps), "pyperplan gbf(hff)", optimal=False)
    log = finished.output.decode("utf-8", "replace")
    if "No solution could be found" in log:
        return Outcome(Status.OK, Verdict.UNSOLVABLE)
    if "MemoryError" in log:
        return Outcome.failed(Status.MEMORY, "pyperplan ran out of memory")
    last = log.strip().splitlines()[-1:] or ["pyperplan rejects the problem"]
    return Outcome.failed(Status.INVALID, _complaint(domain, problem) or last[0])


def _planned(steps: Sequence[str], cost: int | None, planner: str, optimal: bool) -> Outcome:
    value: dict[str, Value] = {
        "plan": "".join(f"{step}\n" for step in steps),
        "steps": len(steps),
        "cost": cost,
        "planner": planner,
        "optimal": optimal,
    }
    return Outcome(Status.OK, value)


def _complaint(domain: str, problem: str) -> str:
    """What our own parser finds wrong: unlike the planners, it names the line and the column."""
    try:
        parse_problem(problem, parse_domain(domain))
    except PddlError as error:
        return str(error)
    return ""


@lru_cache(maxsize=1)
def _fast_downward() -> Path | None:
    """The search binary of the installed package, which is found without importing it (it imports unified-planning)."""
    spec = find_spec("up_fast_downward")
    if spec is None or spec.origin is None:
        return None
    binary = Path(spec.origin).parent / "downward" / "builds" / "release" / "bin" / "downward"
    return binary if binary.is_file() else None


@dataclass(slots=True)
class PlanCache:
    """Plans of gold problems by content. That a limit was reached holds until greater limits are asked for."""

    entries: int = 4096
    solver: Callable[..., Outcome] = solve
    _kept: OrderedDict[bytes, tuple[Outcome, Limits]] = field(default_factory=OrderedDict)

    def solve(self, domain: str, problem: str, limits: Limits | None = None, *, alias: str = "lama-first") -> Outcome:
        """As `solve`, from the cache where it can be."""
        limits = limits or Limits()
        key = sha256("\0".join((alias, domain, problem)).encode("utf-8", "surrogatepass")).digest()
        if key in self._kept:
            outcome, allowed = self._kept[key]
            within = limits.seconds <= allowed.seconds and limits.memory <= allowed.memory
            if outcome.status not in _LIMIT_REACHED or within:
                self._kept.move_to_end(key)
                return outcome
        outcome = self.solver(domain, problem, limits, alias=alias)
        if outcome.ok or outcome.status is Status.INVALID or outcome.status in _LIMIT_REACHED:
            self._kept[key] = outcome, limits
            if len(self._kept) > self.entries:
                self._kept.popitem(last=False)
        return outcome
