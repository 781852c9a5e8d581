"""E (`eprover`): the third prover, asked where it is installed.

`SYMHARNESS_EPROVER` names the binary, else `eprover` on the path is taken. Source of the options and answers: E's
manual (the mode `satauto` prunes no axiom, so that a saturated search says something) and the SZS ontology.
"""

from __future__ import annotations

import functools
import re

from executors.fol.printers import to_tptp
from executors.prover import process
from executors.prover.problem import Answer, Finding, Problem

NAME = "eprover"
VARIABLE = "SYMHARNESS_EPROVER"
_STATUS = re.compile(r"^# SZS status (\w+)", re.MULTILINE)
_FINDINGS = {
    "Theorem": Finding(Answer.PROVED, NAME, "a proof"),
    "ContradictoryAxioms": Finding(Answer.PROVED, NAME, "the premises contradict each other"),
    "CounterSatisfiable": Finding(Answer.REFUTED, NAME, "saturation without a proof"),
}


@functools.cache
def binary() -> process.Binary | None:
    """The E of this machine, or none."""
    return process.installed(VARIABLE, "eprover")


def prove(problem: Problem, seconds: float, memory: int) -> Finding:
    """Proves the goal, or shows by saturation that it has no proof, or gives up within `seconds`."""
    program = binary()
    if program is None:
        return Finding(Answer.OPEN)
    arguments = [
        "--satauto",
        "--silent",
        "--tptp3-format",
        f"--cpu-limit={max(1, int(seconds))}",
        f"--memory-limit={max(64, memory >> 20)}",
    ]
    ended = process.ask(program, arguments, _question(problem), seconds)
    status = _STATUS.search(ended.output) if ended else None
    return _FINDINGS.get(status[1], Finding(Answer.OPEN)) if status else Finding(Answer.OPEN)


def _question(problem: Problem) -> str:
    axioms = (f"fof(a{number}, axiom, {to_tptp(premise)}).\n" for number, premise in enumerate(problem.premises))
    return f"{''.join(axioms)}fof(goal, conjecture, {to_tptp(problem.goal)}).\n"
