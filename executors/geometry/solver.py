"""From forms to an answer: read, state, add theorems stage by stage, solve, and tell why."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from executors.geometry.algebra import Expression, Quantity, Symbol, expression
from executors.geometry.diagram import Diagram
from executors.geometry.figure import FigureError
from executors.geometry.forms import FormError, Term, parse
from executors.geometry.problem import Problem, UnsupportedError
from executors.geometry.statements import build
from executors.geometry.system import ContradictionError, Equation, LimitError, Step, System
from executors.geometry.theorems import THEOREMS, Stage, Theorem
from executors.outcome import Limits, Outcome, Status, Value, Verdict

MOST_FORMS = 500

# Up to this stage theorems are also tried when the answer is known, to see whether the forms contradict each other.
CERTAIN = Stage.PROPORTIONS

_ANSWER = Quantity("sought", ("answer",))


@dataclass(frozen=True)
class Solution:
    """What became of a problem.

    `value` is the number that was sought (None: it was not found, and `reason` says why), `trace` the theorems that
    lead to it; `contradiction` that the forms cannot all hold.
    """

    value: float | None = None
    trace: tuple[Step, ...] = ()
    reason: str = ""
    contradiction: bool = False
    ignored: tuple[str, ...] = field(default=())


def solve(forms: Sequence[str], diagram: Diagram, seconds: float = 10.0) -> Solution:
    """Solve what the text's `forms` and the diagram's ask for.

    As in the official solver a diagram form that does not parse is skipped. Raises `FormError` for a text form that
    does not parse, or when there are too many.
    """
    started = time.monotonic()
    if len(forms) + len(diagram.forms) > MOST_FORMS:
        raise FormError(f"{len(forms) + len(diagram.forms)} forms, and at most {MOST_FORMS} are allowed")
    told = [parse(form) for form in forms]
    try:
        problem = build(diagram, _readable(diagram.forms), told)
    except (FigureError, UnsupportedError) as error:
        return Solution(reason=str(error))
    if problem.target is None:
        return Solution(reason="no form says what to find")
    system = System(started + seconds)
    try:
        return _worked(problem, system, problem.target)
    except ContradictionError as error:
        return Solution(reason=f"contradiction: {error}", contradiction=True)
    except (LimitError, FigureError) as error:
        return Solution(reason=str(error))


def _readable(forms: Sequence[str]) -> list[Term]:
    terms = []
    for form in forms:
        try:
            terms.append(parse(form))
        except FormError:
            continue
    return terms


def _worked(problem: Problem, system: System, target: Expression) -> Solution:
    system.add(Equation("what is sought", Symbol(_ANSWER), target))
    for stage in Stage:
        if stage > CERTAIN and _ANSWER in system.values:
            break
        for theorem in THEOREMS:
            if theorem.stage is stage and not theorem.follows:
                _apply(problem, system, theorem)
        system.solve()
        while stage <= CERTAIN or _ANSWER not in system.values:
            fresh = False
            for theorem in THEOREMS:
                if theorem.stage <= stage and theorem.follows:
                    fresh |= _apply(problem, system, theorem)
            if not fresh:
                break
            system.solve()
    ignored = tuple(problem.ignored)
    if _ANSWER not in system.values:
        return Solution(reason="the theorems do not give what is sought", ignored=ignored)
    return Solution(system.values[_ANSWER] + 0.0, system.explain(_ANSWER), ignored=ignored)


def _apply(problem: Problem, system: System, theorem: Theorem) -> bool:
    """Take up what a theorem says here; whether that is anything new."""
    fresh = False
    for left, right in theorem.equations(problem, system):
        fresh |= system.add(Equation(theorem.name, expression(left), expression(right)))
    return fresh


def run(forms: Sequence[str], diagram: Diagram, limits: Limits | None = None) -> Outcome:
    """Solve, as an `Outcome`.

    With status ok, `value` is {"answer": number, "trace": [[theorem, equation, found], ...]}, or a verdict: UNDECIDED
    where the solver cannot tell (never a guess), INCONSISTENT where the forms contradict each other. A form that does
    not parse, or none at all, is `invalid`.
    """
    started = time.monotonic()
    limits = limits or Limits(seconds=10.0)
    try:
        solution = solve(forms, diagram, limits.seconds)
    except FormError as error:
        return Outcome.failed(Status.INVALID, error, time.monotonic() - started)
    seconds = time.monotonic() - started
    if solution.value is not None:
        trace: list[Value] = [[step.theorem, step.equation, step.found] for step in solution.trace]
        return Outcome(Status.OK, {"answer": solution.value, "trace": trace}, "", seconds)
    verdict = Verdict.INCONSISTENT if solution.contradiction else Verdict.UNDECIDED
    return Outcome(Status.OK, verdict, Outcome.failed(Status.OK, solution.reason).detail, seconds)
