"""Scoring anew at scale: saved completions cut into units, whose executors may work on many machines."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from harness.rescore import plan_rescore
from harness.sweep.units import Job, cut


def rescoring(
    paths: Sequence[Path], data: str | None, output_path: Path | None, name: str, workers: int | None, shards: int
) -> list[Job]:
    """A job a path (as `plan_rescore` takes it). What an earlier one wrote is taken away. Raises UserError."""
    jobs = []
    for path in paths:
        make = partial(plan_rescore, path.absolute(), data, output_path and output_path.absolute(), name, workers)
        plan = make()
        shutil.rmtree(plan.folder, ignore_errors=True)
        jobs.append(Job(plan, make, tuple(cut(plan, [tuple(plan.samples)], shards))))
    return jobs
