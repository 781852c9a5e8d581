"""The jail."""

from executors.sandbox.external import ProgramRun, run_program

__all__ = ["ProgramRun", "run_program"]
