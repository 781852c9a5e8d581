"""Commands that make something of runs: leaderboards, comparisons, sites, other tools' forms."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import (
    Data,
    Folders,
    FormatOption,
    GoldData,
    Tasks,
    fetched,
    local_path,
    task_names,
    written_place,
)
from harness.export.form import Form
from harness.tables import Format

commands = typer.Typer()


@commands.command()
def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Run folders; all others are compared with the first.", parser=fetched, metavar="PATH"),
    ],
    baseline: Annotated[
        str | None, typer.Option(help="Compare with this run, or with `published:LLaMA-2-Chat-7B` (unpaired).")
    ] = None,
    tasks: Annotated[str, typer.Option(help="Tasks, separated by commas. [default: all that the runs share]")] = "",
    every_metric: Annotated[bool, typer.Option("--all-metrics", help="Every metric, not the main ones.")] = False,
    evolved: Annotated[
        bool, typer.Option("--evolved", help="Compare each run's Symbol-evol tasks with its own standard ones.")
    ] = False,
    steps: Annotated[
        bool,
        typer.Option("--steps", help="Checkpoints (step-500 ...) over training steps; RUNS may be folders of runs."),
    ] = False,
    output_path: Annotated[
        Path | None,
        typer.Option("--output_path", "-o", help="With --steps: folder for curves.svg, CURVES.md, curves.csv ..."),
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Compare runs sample by sample: differences, intervals, p-values, and which samples flipped."""
    from harness.compare import compare_runs
    from harness.config import UserError
    from harness.curves.build import compare_steps
    from harness.extrapolation import compare_evolved
    from harness.published import published_model
    from harness.report.picture import write_picture
    from harness.terminal import print_report, write_report
    from harness.unpaired import compare_published

    if steps:
        if evolved:
            raise UserError("--steps and --evolved are two comparisons: give one of them")
        curves = compare_steps(runs, baseline, task_names(tasks), every_metric)
        print_report(curves, form)
        if output_path is not None:
            for path in (*write_report(curves, output_path, "Curves"), write_picture(curves, output_path)):
                typer.echo(f"written: {path}", err=True)
        return
    if output_path is not None:
        raise UserError("--output_path goes with --steps: what else is compared is printed")
    if evolved:
        if baseline is not None:
            raise UserError("--evolved compares a run with itself: it takes no --baseline")
        for run in runs:
            print_report(compare_evolved(run, task_names(tasks), every_metric), form)
        return
    if baseline is not None and baseline.startswith("published:"):
        model = published_model(baseline.removeprefix("published:"))
        for run in runs:
            print_report(compare_published(run, model, task_names(tasks)), form)
        return
    folders = runs if baseline is None else [fetched(baseline), *runs]
    print_report(compare_runs(folders, task_names(tasks), every_metric), form)


@commands.command()
def leaderboard(
    folders: Folders = None,
    output_path: Annotated[
        Path | None,
        typer.Option(
            "--output_path",
            "-o",
            help="Folder for LEADERBOARD.md and leaderboard.csv, .json, .tex.",
            parser=local_path,
            metavar="PATH",
        ),
    ] = None,
    published: Annotated[bool, typer.Option(help="Show the paper's rows.")] = True,
    form: FormatOption = Format.TABLE,
) -> None:
    """Regenerate the leaderboard from run folders and the published figures."""
    from harness.leaderboard import build
    from harness.published import PUBLISHED
    from harness.terminal import print_report, write_report

    board = build(folders or [Path("results")], PUBLISHED if published else None)
    print_report(board, form)
    if output_path is not None:
        for path in write_report(board, output_path, "Leaderboard"):
            typer.echo(f"written: {path}", err=True)


@commands.command()
def contamination(
    files: Annotated[list[Path], typer.Argument(help="Training files: .jsonl, .json, .parquet or text, perhaps .gz.")],
    tasks: Tasks = None,
    data: Data = None,
    ngram: Annotated[int, typer.Option(help="Words of an n-gram.")] = 13,
    output_path: Annotated[
        Path | None,
        typer.Option(
            "--output_path",
            "-o",
            help="Folder for contamination.json: a model's folder, to have it on the leaderboard.",
            parser=written_place,
            metavar="PATH",
        ),
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Find test samples in training files: whole questions and golds, and n-grams of questions."""
    from harness.contamination import look_for
    from harness.place import address
    from harness.plan import find_tasks
    from harness.seen import CONTAMINATION_FILE
    from harness.storage import push
    from harness.terminal import print_report

    prepared, missing = find_tasks(task_names(*tasks or ["all"]), data, None)
    for name, error in missing.items():
        typer.echo(f"no data, not looked for: {name}: {error}", err=True)
    report = look_for(prepared, files, ngram)
    print_report(report, form)
    if output_path is not None:
        output_path.mkdir(parents=True, exist_ok=True)
        path = output_path / CONTAMINATION_FILE
        path.write_text(report.json(), encoding="utf-8")
        push(output_path)
        typer.echo(f"written: {address(path)}", err=True)


@commands.command()
def publish(
    runs: Annotated[list[Path], typer.Argument(help="Run folders.", parser=fetched, metavar="PATH")],
    output_path: Annotated[
        Path,
        typer.Option(
            "--output_path", "-o", help="Where they go, as <model>/<run>.", parser=written_place, metavar="PATH"
        ),
    ] = Path("results"),
) -> None:
    """Copy runs without the texts of data that are not ours: ids, hashes, outcomes and statistics stay."""
    from harness.place import address
    from harness.publish import publish as published

    for run in runs:
        typer.echo(f"written: {address(published(run, output_path))}")


@commands.command()
def site(
    folders: Folders = None,
    output_path: Annotated[
        Path, typer.Option("--output_path", "-o", help="Folder of the site.", parser=local_path, metavar="PATH")
    ] = Path("site"),
    data: GoldData = None,
    published: Annotated[bool, typer.Option(help="Show the paper's rows.")] = True,
) -> None:
    """Write a static site of runs: leaderboard, pictures, tasks, and every sample with what became of it."""
    from harness.report.site import build_site

    built = build_site(folders or [Path("results")], output_path, data, published)
    typer.echo(f"written: {built.folder / 'index.html'} ({built.answers} answers, {built.size / 1e6:.1f} MB)")


@commands.command()
def view(
    folders: Folders = None,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)] = 0,
    data: GoldData = None,
) -> None:
    """Serve a site on this machine until Ctrl-C: one that was written, or that of runs."""
    from contextlib import suppress

    from harness.report.view import shown_site

    # A polite end by SIGTERM is the same as Ctrl-C: the scratch folder goes first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), shown_site(folders or [Path("results")], data, port) as viewer:
        typer.echo(f"{viewer.url} (Ctrl-C ends it)")
        viewer.serve_forever()


@commands.command()
def export(
    run: Annotated[Path, typer.Argument(help="A run folder.", parser=fetched, metavar="PATH")],
    form: Annotated[Form, typer.Option("--to", help="lm-eval, parquet, model-card, wandb or mlflow.")],
    output_path: Annotated[
        str | None,
        typer.Option("--output_path", "-o", help="Folder or file; MLflow's tracking URI. [default: in the run folder]"),
    ] = None,
    data: GoldData = None,
) -> None:
    """Write a run in another tool's form."""
    from harness.export.dispatch import export_run

    typer.echo(f"{form}: {export_run(run, form, output_path, data)}")
