"""Commands that say what there is: tasks, their data, metrics, models, this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import (
    ChatFormatOption,
    Data,
    Limit,
    MaxModelLen,
    Revision,
    Tasks,
    TokenizerOption,
    Workers,
    task_names,
)

commands = typer.Typer()


@commands.command()
def check(
    tasks: Tasks = None,
    data: Data = None,
    limit: Limit = None,
    workers: Workers = None,
) -> None:
    """Run every task's gold through its own extractor and executor: it must score 100 %, wrong answers 0."""
    import asyncio

    from harness.check import check as check_tasks
    from harness.evaluate import default_workers
    from harness.plan import find_tasks
    from harness.terminal import console, print_check

    prepared, missing = find_tasks(task_names(*tasks or ["all"]), data, limit)
    for name, error in missing.items():
        console.print(f"no data, not checked: {name}: {error}", soft_wrap=True)
    results = asyncio.run(check_tasks(prepared, workers or default_workers()))
    print_check(console, results)
    if any(result.defects for result in results):
        raise typer.Exit(1)


@commands.command()
def doctor(
    data: Data = None,
    attack: Annotated[bool, typer.Option("--attack", help="Try to break out of the jail, and say what held.")] = False,
) -> None:
    """Say what is there on this machine, in which version, and what is lost without it."""
    from harness.doctor import attack_jail, examine
    from harness.terminal import attacks_table, console, findings_table

    console.print(findings_table(examine(data)))
    if attack:
        checks = attack_jail()
        console.print(attacks_table(checks))
        if not all(check.held for check in checks):
            raise typer.Exit(1)


tasks_app = typer.Typer(invoke_without_command=True, help="List the tasks, or show what one of them asks.")
commands.add_typer(tasks_app, name="tasks")


@tasks_app.callback()
def tasks(context: typer.Context, data: Data = None) -> None:
    """List the tasks: suite, domain, language, metrics, bundled samples, and the data that is here."""
    from harness.terminal import print_tasks

    if context.invoked_subcommand is None:
        print_tasks(data)


@tasks_app.command()
def show(
    task: Annotated[str, typer.Argument(help="A task.")],
    data: Data = None,
    prompt: Annotated[bool, typer.Option("--prompt", help="Show exactly what is sent for a sample.")] = False,
    sample: Annotated[str | None, typer.Option(help="Its id. [default: the first]")] = None,
    num_fewshot: Annotated[int, typer.Option("--num_fewshot", "-f", help="Worked exemplars in the prompt.", min=0)] = 0,
    model: Annotated[str | None, typer.Option(help="Encode as for this checkpoint.")] = None,
    revision: Revision = None,
    tokenizer: TokenizerOption = None,
    chat_format: ChatFormatOption = None,
    max_model_len: MaxModelLen = None,
    dialect: Annotated[str | None, typer.Option(help="SQL dialect in which the model answers.")] = None,
) -> None:
    """Show a task's declaration: source, licence, files, metrics, limits; or the prompt of one of its samples."""
    from harness.catalogue import asked, named
    from harness.config import Sampling
    from harness.models import model_spec
    from harness.plan import Options
    from harness.terminal import print_asked, print_task

    declared = named(task)
    if not prompt:
        print_task(declared, data)
        return
    spec = model_spec(
        model=model or "replay:gold",  # without a model there is nothing to encode for
        revision=revision,
        tokenizer=tokenizer,
        max_model_len=max_model_len,
        chat_format=chat_format,
    )
    options = Options(spec, [task], Sampling(), Path(), data, num_fewshot=num_fewshot, dialect=dialect)
    print_asked(asked(options, sample))


@commands.command()
def models() -> None:
    """List the checkpoints that `--model` knows by name: where they are and how they are asked."""
    from harness.models import KNOWN
    from harness.terminal import console, model_table

    console.print(model_table(KNOWN))


data_app = typer.Typer(no_args_is_help=True, help="The tasks' files: where they come from, fetching, verifying.")
commands.add_typer(data_app, name="data")


TaskNames = Annotated[str, typer.Argument(metavar="TASKS", help="Tasks and suites, separated by commas.")]


@data_app.command("list")
def data_list(tasks: TaskNames = "all", data: Data = None) -> None:
    """Say by task what is at hand, how the rest can be had, and under which licence; touches no network."""
    from harness.data import chosen, listing
    from harness.terminal import console, sources_table

    console.print(sources_table(listing(chosen(task_names(tasks)), data)))


@data_app.command("get")
def data_get(
    tasks: TaskNames,
    place: Annotated[
        str | None, typer.Option("--from", help="hub or download. [default: what the task has, download first]")
    ] = None,
    root: Annotated[
        Path | None, typer.Option("--to", help="Data root to fetch into. [default: $SYMHARNESS_DATA, else ./data]")
    ] = None,
) -> None:
    """Fetch files into a data root in the official layout; what is cut short is gone on with by the same command."""
    from harness.data import chosen, data_root, fetching_place, get
    from harness.terminal import console, download_reports

    failed = False
    with download_reports(console) as report:
        for got in get(chosen(task_names(tasks)), fetching_place(place), data_root(root), report):
            failed |= got.failed
            typer.echo(f"{got.folder}: {got.detail}", err=got.failed)
    if failed:
        raise typer.Exit(1)


@data_app.command("verify")
def data_verify(
    root: Annotated[Path | None, typer.Argument(help="Data root. [default: $SYMHARNESS_DATA, else ./data]")] = None,
    tasks: Annotated[str, typer.Option(help="Tasks and suites, separated by commas.")] = "all",
) -> None:
    """Say of every task's files whether they are there, the pinned ones, and readable; exit code 1 if not all are."""
    from harness.data import State, chosen, data_root, verify
    from harness.terminal import console, verified_table

    verdicts = list(verify(chosen(task_names(tasks)), data_root(root)))
    console.print(verified_table(verdicts))
    if any(verdict.state in (State.MISSING, State.DAMAGED) for verdict in verdicts):
        raise typer.Exit(1)


@commands.command()
def metrics(
    output_path: Annotated[Path | None, typer.Option("--output_path", "-o", help="File. [default: print it]")] = None,
) -> None:
    """Write every metric with its definition and source, in Markdown."""
    from harness.metrics_page import metrics_page

    if output_path is None:
        typer.echo(metrics_page(), nl=False)
    else:
        output_path.write_text(metrics_page(), encoding="utf-8")
