"""Scoring anew at scale: saved completions cut into units, whose executors may work on many machines."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from harness import storage
from harness.place import address, place
from harness.plan import Plan
from harness.rescore import plan_rescore
from harness.sweep.units import Job, cut


def rescoring(
    paths: Sequence[Path], data: str | None, output_path: Path | None, name: str, workers: int | None, shards: int
) -> list[Job]:
    """A job a path (as `plan_rescore` takes it). What an earlier one wrote is taken away. Raises UserError."""
    target = None if output_path is None else address(output_path.absolute())
    jobs = []
    for path in paths:
        make = partial(_planned, address(path.absolute()), data, target, name, workers)
        plan = make()
        storage.remove(plan.folder)
        jobs.append(Job(plan, make, tuple(cut(plan, [tuple(plan.samples)], shards))))
    return jobs


def _planned(path: str, data: str | None, output_path: str | None, name: str, workers: int | None) -> Plan:
    """The plan as any machine comes to it: what is in a bucket is fetched to where it runs."""
    (run,) = storage.fetch([path])
    return plan_rescore(run, data, None if output_path is None else place(output_path), name, workers)
