"""Units on this machine: models one after the other, each loaded once for all of its units."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Console

from harness import storage
from harness.batch import Finished
from harness.config import UserError
from harness.evaluate import Host, evaluate, open_log
from harness.progress import Progress
from harness.summary import RunSummary, results_of
from harness.sweep.units import Job, Unit


def carry_out(jobs: Sequence[Job], console: Console, ended: Callable[[RunSummary], None]) -> Finished:
    """Answer all that has no record yet; a unit that fails does not keep the others from their turn."""
    finished = Finished()
    for number, job in enumerate(jobs, 1):
        try:
            with open_log(job.plan, console.print), Host(job.plan) as host:
                for unit in job.pending():
                    _carry_out(job, unit, host, f"{job.name} ({number} of {len(jobs)})", console, finished)
                finish(job, finished, ended)
        except UserError as error:
            finished.failures.append(f"{job.name}: {error}")
    return finished


def _carry_out(job: Job, unit: Unit, host: Host, name: str, console: Console, finished: Finished) -> None:
    with Progress(console) as progress:
        progress.say(f"{name}: {unit.name}")
        try:
            evaluate(unit.of(job.plan), progress, host)
        except UserError as error:
            finished.failures.append(f"{job.name}, {unit.name}: {error}")


def finish(job: Job, finished: Finished, ended: Callable[[RunSummary], None]) -> None:
    """The numbers of a whole run from the records of its units; what is wrong with them goes to `finished`."""
    try:
        storage.refresh(job.plan.folder)  # units may have been answered on other machines
        summary = results_of(job.plan.folder)
        storage.push(job.plan.folder)
        ended(summary)
    except UserError as error:
        finished.failures.append(f"{job.name}: {error}")
        return
    finished.folders.append(job.plan.folder)
    if faults := sum(task.faults for task in summary.tasks):
        finished.failures.append(f"{job.name}: {faults} samples got no answer through no fault of the model")
