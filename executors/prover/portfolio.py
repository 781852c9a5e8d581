"""One verdict on premises and a conclusion from several procedures, never a guess.

Stages, each asked only what the stages before left open: grounding, which decides most of what data sets ask; Z3 on
both questions in one solver; Z3 with all its strategies on each; a finite countermodel; E where it is installed;
Prover9. UNKNOWN is answered only where both questions are refuted (a countermodel, or a saturated search without a
proof); anything less is UNDECIDED.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from executors.fol.syntax import Formula
from executors.outcome import Limits, Outcome, Status, Verdict, one_line
from executors.prover import eprover, grounding, prover9, z3_prover
from executors.prover.problem import Answer, Finding, Problem, problem, too_large
from executors.prover.process import LEAST_SECONDS

_MARGIN = 0.9  # of the time given: the answer must be out before whoever gave it kills the worker
SPOT_CHECK_EVERY = 8
CONSISTENCY_SHARE = 0.25  # of the time that is left
_LEAST_SECONDS = 0.02  # a stage that gets less is not asked; one that is a process needs `LEAST_SECONDS`
_OPINION_SECONDS = 1.0  # for each prover that is asked whether it contradicts another


class Agreement(StrEnum):
    """When another prover is asked."""

    WHERE_OPEN = "where open"  # where those before it gave up
    SPOT_CHECKS = "spot checks"  # also at one question in eight, always the same ones: contradictions come to light
    ALWAYS = "always"


def entails(
    premises: Sequence[Formula],
    conclusion: Formula,
    limits: Limits,
    second_opinion: Agreement = Agreement.WHERE_OPEN,
) -> Outcome:
    """Whether `premises` entail `conclusion` (TRUE), its negation (FALSE), both (INCONSISTENT) or neither (UNKNOWN).

    Domains are not empty; a name that no quantifier binds is a constant. UNDECIDED says that the provers gave up, or
    contradict each other (then `detail` starts with "ALARM"), or that the time was up (`detail` says which). `detail`
    names who decided and on what ground.
    """
    started = time.monotonic()
    if too_large(premises, conclusion):
        return Outcome(Status.OK, Verdict.UNDECIDED, "the problem is too large to be asked")
    clock = _Clock.start(limits)
    asked = problem(premises, conclusion)
    goal, negated = _both(asked, clock)
    alarm = ""
    if second_opinion is Agreement.ALWAYS or (second_opinion is Agreement.SPOT_CHECKS and _spot(asked)):
        alarm = _contradiction(asked, goal, clock) or _contradiction(asked.negated(), negated, clock)
    verdict = Verdict.UNDECIDED if alarm else _VERDICTS.get((goal.answer, negated.answer), Verdict.UNDECIDED)
    detail = alarm or _detail(goal, negated, out_of_time=clock.left() < LEAST_SECONDS)
    return Outcome(Status.OK, verdict, one_line(detail), time.monotonic() - started)


def decide(premises: Sequence[Formula], goal: Formula, limits: Limits) -> Finding:
    """Whether `premises` entail `goal`, without asking for its negation."""
    if too_large(premises, goal):
        return Finding(Answer.OPEN, "", "the problem is too large to be asked")
    clock = _Clock.start(limits)
    asked = problem(premises, goal)
    return _persist(asked, grounding.prove(asked), clock)


@dataclass(frozen=True, slots=True)
class _Clock:
    """The time and memory that are left of what a caller gave."""

    deadline: float
    memory: int

    @staticmethod
    def start(limits: Limits) -> _Clock:
        return _Clock(time.monotonic() + _MARGIN * limits.seconds, limits.memory // 2)

    def left(self) -> float:
        return max(0.0, self.deadline - time.monotonic())

    def part(self, share: float) -> _Clock:
        return _Clock(self.deadline - (1 - share) * self.left(), self.memory)

    def effort(self, share: float) -> z3_prover.Effort:
        return z3_prover.Effort.of(share * self.left(), self.memory)

    def quick(self) -> z3_prover.Effort:
        return replace(self.effort(0.25), rlimit=z3_prover.QUICK_RLIMIT)


def _both(asked: Problem, clock: _Clock) -> tuple[Finding, Finding]:
    goal, negated = grounding.both_ways(asked)
    if Answer.OPEN in (goal.answer, negated.answer):
        findings = z3_prover.both_ways(asked, clock.quick())
        goal, negated = (own if own.closed else other for own, other in zip((goal, negated), findings))
    goal = _persist(asked, goal, clock.part(0.5) if not negated.closed else _beside(negated, clock))
    return goal, _persist(asked.negated(), negated, _beside(goal, clock))


def _beside(other: Finding, clock: _Clock) -> _Clock:
    """The time for a question whose opposite has this finding: once that is proved, only whether the premises
    contradict each other is left to ask, which most often has no end."""
    return clock.part(CONSISTENCY_SHARE) if other.answer is Answer.PROVED else clock


def _persist(asked: Problem, finding: Finding, clock: _Clock) -> Finding:
    """The finding of the first stage that closes the question."""
    stages: tuple[Callable[[], Finding], ...] = (
        lambda: z3_prover.prove(asked, clock.effort(0.4)),
        lambda: z3_prover.finite_model(asked, clock.effort(0.1)),
        lambda: eprover.prove(asked, clock.left() / 2, clock.memory),
        lambda: prover9.prove(asked, clock.left(), clock.memory),
    )
    for stage in stages:
        if finding.closed:
            return finding
        if clock.left() > _LEAST_SECONDS:
            finding = stage()
    return finding


def _spot(asked: Problem) -> bool:
    """Whether a question is among those that are checked; its names tell, so that every run checks the same."""
    return zlib.crc32("\0".join(asked.written.values()).encode("utf-8", "replace")) % SPOT_CHECK_EVERY == 0


def _contradiction(asked: Problem, finding: Finding, clock: _Clock) -> str:
    """What another prover says against a finding; empty where none does."""
    others: dict[str, Callable[[float], Finding]] = {
        z3_prover.NAME: lambda seconds: z3_prover.prove(asked, z3_prover.Effort.of(seconds, clock.memory)),
        eprover.NAME: lambda seconds: eprover.prove(asked, seconds, clock.memory),
        prover9.NAME: lambda seconds: prover9.prove(asked, seconds, clock.memory),
    }
    for name, ask in others.items():
        if not finding.closed or finding.prover == name:
            continue
        other = ask(min(_OPINION_SECONDS, clock.left() / 2))
        if other.closed and other.answer is not finding.answer:
            return f"ALARM: {finding.prover} says {finding.answer} ({finding.ground}), {other.prover} {other.answer}"
    return ""


_VERDICTS = {
    (Answer.PROVED, Answer.PROVED): Verdict.INCONSISTENT,
    (Answer.PROVED, Answer.REFUTED): Verdict.TRUE,
    (Answer.PROVED, Answer.OPEN): Verdict.TRUE,
    (Answer.REFUTED, Answer.PROVED): Verdict.FALSE,
    (Answer.OPEN, Answer.PROVED): Verdict.FALSE,
    (Answer.REFUTED, Answer.REFUTED): Verdict.UNKNOWN,
}


def _detail(goal: Finding, negated: Finding, out_of_time: bool) -> str:
    parts = [f"conclusion {goal.answer} ({goal})", f"negation {negated.answer} ({negated})"]
    if {goal.answer, negated.answer} == {Answer.PROVED, Answer.OPEN}:
        parts.append("that the premises are consistent is not shown")
    if out_of_time and Answer.OPEN in (goal.answer, negated.answer):
        parts.append("the time was up")
    return "; ".join(parts)
