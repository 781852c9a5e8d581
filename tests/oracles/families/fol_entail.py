"""Entailment as four provers decided it: from the canonical formulas, and from the program a model wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from executors import logic_program
from executors.fol.parser import Unparsable, parse
from executors.fol.syntax import Formula
from executors.outcome import Limits, Outcome, Status, Verdict
from executors.prover import entails
from tests.oracles.agreement import Case
from tests.oracles.agreement import Verdict as Judged

LIMITS = Limits(seconds=60)


def judge(cases: Sequence[Case]) -> Iterator[list[Judged]]:
    for case in cases:
        provers = case["oracle"]["provers"]
        official = Verdict(provers["verdict"].lower()) if provers else Verdict.UNDECIDED
        yield list(_judged(case, official)) if official is not Verdict.UNDECIDED else []


def _judged(case: Case, official: Verdict) -> Iterator[Judged]:
    for name, outcome in (("formulas", _from_formulas(case)), ("program", logic_program.run(case["program"], LIMITS))):
        agrees = outcome.ok and outcome.value is official
        facts = {"status": outcome.status.value, "detail": outcome.detail}
        yield Judged(f"provers ({name})", official.value, str(outcome.value), agrees, facts)


def _from_formulas(case: Case) -> Outcome:
    formulas: list[Formula] = []
    for text in [*case["premises_canonical"], case["conclusion_canonical"]]:
        formula = parse(text)
        if isinstance(formula, Unparsable):
            return Outcome.failed(Status.INVALID, f"{text}: {formula}")
        formulas.append(formula)
    return entails(formulas[:-1], formulas[-1], LIMITS)
