"""Premises and a conclusion as Logic-LM's FOL solver takes them: cut out, read, and decided goal first.

Source: fol_solver/prover9_solver.py. The headings must be exact, each line must be one formula, and only the first line
after the conclusion's heading counts. One name with two arities is an error of Prover9. The goal is tried before its
negation, so that contradictory premises prove everything.
"""

from __future__ import annotations

import time

from executors.fol.syntax import Formula, Not, Quantified, Variable, forall, subformulas, terms
from executors.fol.syntax import signature as symbols_of
from executors.logic_lm.grammar import Broken, read
from executors.outcome import Limits, Outcome, Status, Verdict, one_line
from executors.prover import Answer, Finding, decide

MAX_LENGTH = 100_000  # characters
MAX_PREMISES = 500

__all__ = ["run"]


def run(program: str, limits: Limits) -> Outcome:
    """TRUE, FALSE or UNKNOWN; INVALID where Logic-LM reports a parsing or an execution error, TIMEOUT at the deadline.

    Never raises on a text.
    """
    started = time.monotonic()
    if len(program) > MAX_LENGTH:
        return Outcome.failed(Status.INVALID, f"a program of more than {MAX_LENGTH} characters")
    texts = _formulas(program)
    if texts is None or len(texts) > MAX_PREMISES:
        return Outcome.failed(Status.INVALID, "parsing error: no premises or no conclusion")
    formulas: list[Formula] = []
    for text in texts:
        formula = read(text)
        if isinstance(formula, Broken):
            return Outcome.failed(Status.INVALID, f"{formula.kind}: {text}")
        formulas.append(formula)
    clash = _clash(formulas)
    if clash:
        return Outcome.failed(Status.INVALID, f"execution error: {clash} has more than one arity")
    *premises, goal = formulas
    return _decided([_closed(premise) for premise in premises], goal, limits, started)


def _formulas(program: str) -> list[str] | None:
    """The premises and, last, the conclusion."""
    before, heading, after = program.partition("Conclusion:")
    parts = before.split("Premises:")
    if not heading or len(parts) < 2:
        return None
    conclusion = after.split("Conclusion:")[0].strip().split("\n")[0]
    return [line.split(":::")[0].strip() for line in (*parts[1].strip().split("\n"), conclusion)]


def _decided(premises: list[Formula], goal: Formula, limits: Limits, started: float) -> Outcome:
    half = Limits(limits.seconds / 2, limits.memory)
    findings: list[Finding] = []
    for formula, verdict in ((goal, Verdict.TRUE), (Not(goal), Verdict.FALSE)):
        finding = decide(premises, _closed(formula), half)
        findings.append(finding)
        if finding.answer is Answer.PROVED:
            return Outcome(Status.OK, verdict, one_line(str(finding)), time.monotonic() - started)
        if finding.answer is Answer.OPEN:
            return Outcome.failed(Status.TIMEOUT, "execution error: no prover decided", time.monotonic() - started)
    detail = one_line("; ".join(map(str, findings)))
    return Outcome(Status.OK, Verdict.UNKNOWN, detail, time.monotonic() - started)


def _clash(formulas: list[Formula]) -> str:
    """A name that Prover9 sees with two arities: predicates and constants are one name space."""
    arities: dict[str, int] = {}
    symbols = symbols_of(formulas)
    for name, arity in (*symbols.predicates, *((name, 0) for name in symbols.constants)):
        if arities.setdefault(name, arity) != arity:
            return name
    return ""


def _closed(formula: Formula) -> Formula:
    """`formula` with Prover9's free variables (u to z) bound by universal quantifiers in front."""
    bound = {part.variable for part in subformulas(formula) if isinstance(part, Quantified)}
    free = dict.fromkeys(term.name for term in terms(formula) if isinstance(term, Variable))
    return forall([name for name in free if name not in bound], formula)
