"""Symbol extrapolation: what a model loses when the symbols of a task get random names.

An evolved task has its standard task's samples under the same ids, so the two are paired within one run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.answers import Run, load
from harness.compare import Report, compare_loaded
from harness.config import UserError
from tasks.symbol_evol import standard_name


def compare_evolved(folder: Path, tasks: Sequence[str] = (), every_metric: bool = False) -> Report:
    """A run's evolved tasks (B) against its own standard ones (A), under the standard names; `tasks` in either form.

    Raises UserError when the run has no task in both forms, or not of the same samples.
    """
    run = load("A", folder)
    planned = run.config["tasks"]
    evolved = ((standard_name(name), name) for name in planned)
    forms = {standard: name for standard, name in evolved if standard is not None and standard in planned}
    wanted = {standard_name(name) or name for name in tasks}
    if not any(not wanted or name in wanted for name in forms):
        raise UserError(
            f"{folder} has no task{' of those asked for' if tasks else ''} in both forms: run, say, scan with scan_evol"
        )
    return compare_loaded(
        [_only(run, "A", "standard", {name: name for name in forms}), _only(run, "B", "Symbol-evol", forms)],
        sorted(wanted),
        every_metric,
    )


def _only(run: Run, letter: str, part: str, names: dict[str, str]) -> Run:
    """The run's tasks of these names, each under the name that stands before it."""
    planned = run.config["tasks"]
    config = {**run.config, "tasks": {ours: planned[name] for ours, name in names.items()}}
    answers = {ours: run.answers[name] for ours, name in names.items() if name in run.answers}
    return replace(run, letter=letter, part=part, config=config, answers=answers)
