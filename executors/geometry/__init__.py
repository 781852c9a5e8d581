"""Plane geometry: logic forms of a figure and its text, solved by theorems and equations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from executors.geometry.diagram import Diagram
from executors.geometry.forms import FormError, Term, normalise, parse
from executors.outcome import Limits, Outcome

if TYPE_CHECKING:
    from executors.geometry.solver import Solution

__all__ = ["Diagram", "FormError", "Term", "normalise", "parse", "run", "solve"]


def run(forms: Sequence[str], diagram: Diagram, limits: Limits | None = None) -> Outcome:
    """Solve a problem, as an `Outcome`: see `executors.geometry.solver.run`."""
    # The solver's libraries (networkx, scipy) are loaded by those who solve, not by those who list tasks.
    from executors.geometry import solver

    return solver.run(forms, diagram, limits)


def solve(forms: Sequence[str], diagram: Diagram, seconds: float = 10.0) -> Solution:
    """Solve a problem, with its trace: see `executors.geometry.solver.solve`."""
    from executors.geometry import solver

    return solver.solve(forms, diagram, seconds)
