"""Plane geometry: logic forms of a figure and its text, solved by theorems and equations."""

from executors.geometry.figure import Diagram
from executors.geometry.forms import FormError, Term, normalise, parse
from executors.geometry.solver import Solution, nearest, run, solve
from executors.geometry.system import Step
from executors.geometry.theorems import THEOREMS, Stage, Theorem

__all__ = [
    "THEOREMS",
    "Diagram",
    "FormError",
    "Solution",
    "Stage",
    "Step",
    "Term",
    "Theorem",
    "nearest",
    "normalise",
    "parse",
    "run",
    "solve",
]
