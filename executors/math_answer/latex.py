"""Whether two LaTeX answers are equal, by three graders that disagree on every other pair.

`hendrycks` compares strings; `minerva` and `math_verify` compute, so they run in a jail of their own: a fork of a warm
process for every pair, without files or network, killed at its deadline and with bounded memory. `10^{10^{10}}` costs
the deadline and nothing more. Reading a formula may evaluate code (math_verify uses sympy's `parse_expr`).
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from executors.math_answer import hendrycks
from executors.outcome import Limits, Outcome, Status
from executors.sandbox import bubblewrap
from executors.sandbox.kept import KeptJail
from executors.sandbox.python_program import HEAVY, STANDARD, ReturnValue, run_python_in

# Longer texts are no answers; the computing graders' regular expressions take quadratic time.
MAX_CHARACTERS = 4000
# The official scorers allow themselves 5 and 10 seconds; no answer of MATH needs 0.3.
LIMITS = Limits(seconds=3.0, memory=2 << 30, output=1 << 16)


class Grader(StrEnum):
    HENDRYCKS = "hendrycks"
    MINERVA = "minerva"
    MATH_VERIFY = "math_verify"


_MODULES = {Grader.MINERVA: "minerva", Grader.MATH_VERIFY: "verify"}


def equivalent(grader: Grader, answer: str, gold: str, limits: Limits = LIMITS) -> Outcome:
    """The grader's verdict on an answer as a bool; status TIMEOUT or MEMORY where it needed more than `limits`.

    Raises IsolationError where there can be no jail.
    """
    if max(len(answer), len(gold)) > MAX_CHARACTERS:
        return Outcome.failed(Status.REFUSED, f"more than {MAX_CHARACTERS} characters are no answer")
    if grader is Grader.HENDRYCKS:
        return Outcome(Status.OK, hendrycks.is_equiv(answer, gold))
    module = _MODULES[grader]
    program = f"from graders import {module}\n\ndef solution():\n    return {module}.is_equiv({answer!a}, {gold!a})\n"
    return run_python_in(_JAIL, program, ReturnValue(), limits).outcome


def close_jail() -> None:
    """End this process' jail; the next computing grade starts another."""
    _JAIL.close()


def _packages() -> Iterator[Path]:
    for name in ("math_verify", "latex2sympy2_extended", "antlr4"):
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None:
            yield Path(found.origin).parent
    # sympy asks for the version of its parser's runtime.
    metadata = importlib.metadata.distribution("antlr4-python3-runtime").locate_file("")
    yield from Path(str(metadata)).glob("antlr4_python3_runtime-*.dist-info")
    yield Path(__file__).parent / "graders"


_JAIL = KeptJail(bubblewrap.Spec(preload=(*STANDARD, *HEAVY, "graders.warm"), packages=tuple(_packages())))
