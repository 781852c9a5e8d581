"""A plan or several carried out for a person: progress, figures, the leaderboard, the exit code."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from harness.tables import Format

if TYPE_CHECKING:
    from harness.batch import Finished
    from harness.plan import Plan
    from harness.sweep.units import Job


def carry_out_plan(plan: Plan) -> None:
    """Run a plan, print its figures and its leaderboard; exit code 1 when samples are left to be redone."""
    from harness.evaluate import evaluate
    from harness.leaderboard import build
    from harness.progress import Progress
    from harness.terminal import console, print_report, print_run

    with stoppable(), Progress(console) as progress:
        summary = evaluate(plan, progress)
    print_run(summary)
    print_report(build([plan.folder]), Format.TABLE)
    faults = sum(task.faults for task in summary.tasks)
    if faults:
        typer.echo(
            f"{faults} samples got no answer through no fault of the model; run the same command again", err=True
        )
        raise typer.Exit(1)


@contextmanager
def stoppable() -> Iterator[None]:
    """Ctrl-C and SIGTERM (a scheduler's end of a job) leave a folder that can be gone on with, and say so."""
    received = signal.SIGINT

    def terminate(number: int, frame: object) -> None:
        nonlocal received
        received = signal.SIGTERM
        signal.raise_signal(signal.SIGINT)  # asyncio ends its tasks on this one

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("symharness: stopped; what was recorded is kept: run the same command again to go on", err=True)
        raise typer.Exit(128 + received) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def carry_out_jobs(jobs: Sequence[Job], address: str | None, hosts: int, cpus: float) -> None:
    """Run the units, print every run's figures and one leaderboard; exit code 1 when something is left."""
    from harness.sweep import cluster, local
    from harness.terminal import console, print_run

    with stoppable():
        if address is None:
            finished = local.carry_out(jobs, console, print_run)
        else:
            with cluster.connected(address):
                finished = cluster.carry_out(jobs, console, print_run, hosts, cpus)
    report(finished)


def report(finished: Finished) -> None:
    """One leaderboard of all runs that ended, and a line for each thing that did not, which makes the exit code 1."""
    from harness.leaderboard import build
    from harness.terminal import print_report

    if finished.folders:
        print_report(build(finished.folders), Format.TABLE)
    for failure in finished.failures:
        typer.echo(f"symharness: {failure}", err=True)
    if finished.failures:
        raise typer.Exit(1)
