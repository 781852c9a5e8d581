"""Theorem proving over first-order formulas: does a conclusion follow from premises?"""

from executors.prover.portfolio import Agreement, decide, entails
from executors.prover.problem import Answer, Finding

__all__ = ["Agreement", "Answer", "Finding", "decide", "entails"]
