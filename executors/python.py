"""Model-written Python: run in the jail, its answer as plain data."""

from __future__ import annotations

from executors.outcome import Limits, Outcome
from executors.sandbox.python_program import Answer, LastLine, PythonRun, ReturnValue, Variable, run_python

__all__ = ["Answer", "LastLine", "PythonRun", "ReturnValue", "Variable", "run", "run_python"]


def run(program: str, answer: Answer, limits: Limits) -> Outcome:
    """What `program` answers, within `limits`."""
    return run_python(program, answer, limits).outcome
