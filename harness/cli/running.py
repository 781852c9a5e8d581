"""Commands that ask a model, or score what one said: one run, or many."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.carrying_out import carry_out_jobs, carry_out_plan, report
from harness.cli.options import (
    ChatFormatOption,
    Concurrency,
    Data,
    DataParallel,
    Dtype,
    FormatOption,
    Limit,
    MaxModelLen,
    ModelOption,
    Parallel,
    RayAddress,
    Revision,
    RunsPath,
    ServedModelName,
    Tasks,
    TokenizerOption,
    Vllm,
    Weights,
    Workers,
    fetched,
    task_names,
    written_place,
)
from harness.tables import Format

commands = typer.Typer()


@commands.command()
def run(
    model: ModelOption,
    tasks: Tasks = None,
    data: Data = None,
    num_fewshot: Annotated[int, typer.Option("--num_fewshot", "-f", help="Worked exemplars in the prompt.", min=0)] = 0,
    limit: Limit = None,
    output_path: RunsPath = Path("results/local"),
    run_name: Annotated[str | None, typer.Option("--run", help="Name of the run. [default: from its config]")] = None,
    restart: Annotated[bool, typer.Option(help="Delete what this run has so far and begin it anew.")] = False,
    apply_chat_template: Annotated[
        bool, typer.Option("--apply_chat_template", help="Same as --chat_format chat-template.")
    ] = False,
    chat_format: ChatFormatOption = None,
    gen_kwargs: Annotated[
        str, typer.Option("--gen_kwargs", help="temperature=0.2,top_p=0.9,max_gen_toks=512,until=...")
    ] = "",
    seed: Annotated[int, typer.Option(help="Seed of every draw.")] = 0,
    dialect: Annotated[
        str | None, typer.Option(help="SQL dialect in which the model answers: postgres, mysql ... [default: sqlite]")
    ] = None,
    self_repair: Annotated[
        int,
        typer.Option(
            "--self_repair", help="Give a program that fails back with its error, up to K times; reported apart.", min=0
        ),
    ] = 0,
    shard: Annotated[
        str | None, typer.Option(help="K/N: only the K-th of N parts of every task's samples, for many machines.")
    ] = None,
    stop: Annotated[list[str] | None, typer.Option(help="Stop string of this model; may be given again.")] = None,
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="Attach to this OpenAI-compatible server (http://.../v1).")
    ] = None,
    served_model_name: ServedModelName = None,
    vllm: Vllm = None,
    revision: Revision = None,
    tokenizer: TokenizerOption = None,
    dtype: Dtype = None,
    tensor_parallel_size: Parallel = None,
    data_parallel_size: DataParallel = None,
    max_model_len: MaxModelLen = None,
    weights: Weights = None,
    workers: Workers = None,
    concurrency: Concurrency = 128,
    request_timeout: Annotated[
        float | None,
        typer.Option(
            "--request_timeout",
            help="Seconds until an answer is given up and asked again. [default: 600; of a server of ours 7200]",
            min=1,
        ),
    ] = None,
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="Answers that do not depend on the batch, at a cost in speed.")
    ] = False,
    spread: Annotated[
        int | None,
        typer.Option(help="Ask N samples again and say how many answers differ. [default: 16 if deterministic]", min=0),
    ] = None,
) -> None:
    """Ask a model the tasks' questions, execute its answers, and print the leaderboard."""
    from harness.config import parse_sampling, parse_shard
    from harness.models import model_spec
    from harness.plan import Options, prepare

    spec = model_spec(
        model=model,
        revision=revision,
        tokenizer=tokenizer,
        dtype=dtype,
        tensor_parallel_size=tensor_parallel_size,
        data_parallel_size=data_parallel_size,
        max_model_len=max_model_len,
        chat_format="chat-template" if apply_chat_template else chat_format,
        stop=tuple(stop) if stop else None,
        weights=weights,
    )
    options = Options(
        spec=spec,
        tasks=task_names(*tasks or ["all"]),
        sampling=parse_sampling(gen_kwargs, seed),
        output_path=output_path,
        data=data,
        num_fewshot=num_fewshot,
        limit=limit,
        run_name=run_name,
        restart=restart,
        workers=workers,
        concurrency=concurrency,
        request_timeout=request_timeout,
        base_url=base_url,
        served_model_name=served_model_name,
        vllm=vllm,
        deterministic=deterministic,
        spread=spread if spread is not None else 16 * deterministic,
        dialect=dialect,
        self_repair=self_repair,
        shard=None if shard is None else parse_shard(shard),
    )
    carry_out_plan(prepare(options))


@commands.command()
def batch(
    file: Annotated[Path, typer.Argument(help="TOML with [defaults] and one [[run]] a run; keys as `run`'s options.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file, and say what would be run.")] = False,
) -> None:
    """Carry out every run of a file, one after the other, and print their leaderboard; the same command goes on."""
    from harness.batch import carry_out, read_batch, survey
    from harness.terminal import batch_table, console, print_run

    runs = survey(read_batch(file))
    console.print(batch_table(runs))
    if dry_run:
        return
    finished = carry_out(runs, console, print_run)
    report(finished)


@commands.command()
def plan(
    file: Annotated[Path, typer.Argument(help="A file of `batch` or of `sweep`.")],
    probe: Annotated[
        int,
        typer.Option(
            metavar="N", help="Serve each model and really ask N samples a task, to measure; 4 are enough.", min=0
        ),
    ] = 0,
    device: Annotated[
        str | None, typer.Option(help="What the runs will be on: H100, A100 ... or CPU. [default: this machine's]")
    ] = None,
    after: Annotated[bool, typer.Option("--after", help="Show what the runs really cost beside the plan.")] = False,
    output_path: Annotated[
        Path | None, typer.Option("--output_path", "-o", help="The plan's file. [default: FILE's name with .plan.json]")
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Say what the runs of a file will cost before any is started: prompts, tokens, time, GPU-hours, disk."""
    from rich.console import Console

    from harness.cost.afterwards import afterwards
    from harness.cost.planning import plan_costs, read_runs
    from harness.progress import Progress
    from harness.terminal import print_report

    path = output_path or file.with_suffix(".plan.json")
    if after:
        print_report(afterwards(path), form)
        return
    with Progress(Console(stderr=True, markup=False, highlight=False)) as progress:
        costs = plan_costs(file, read_runs(file), progress, probe, device)
    path.write_text(costs.json(), encoding="utf-8")
    print_report(costs, form)
    typer.echo(f"written: {path}; after the runs: symharness plan {file} --after", err=True)


@commands.command()
def sweep(
    file: Annotated[Path, typer.Argument(help="TOML with suites, shards, [defaults] and one [[model]] a model.")],
    address: RayAddress = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only check the file, and say what is left to run.")
    ] = False,
) -> None:
    """Evaluate many checkpoints, cut into units, here or on a Ray cluster; the same command goes on."""
    from harness.sweep.file import read_sweep
    from harness.sweep.units import jobs
    from harness.terminal import console, jobs_table

    swept = read_sweep(file)
    found = jobs(swept)
    console.print(jobs_table(found))
    if not dry_run:
        carry_out_jobs(found, address, swept.hosts, swept.cpus)


@commands.command("lm-eval")
def lm_eval(
    model: ModelOption,
    base_url: Annotated[str, typer.Option("--base-url", help="The server of the model (http://.../v1).")],
    tasks: Annotated[str, typer.Option(help="mmlu, its groups, or both.")] = "mmlu",
    data: Data = None,
    limit: Limit = None,
    output_path: RunsPath = Path("results/local"),
    chat_format: ChatFormatOption = None,
    revision: Revision = None,
    tokenizer: TokenizerOption = None,
    served_model_name: ServedModelName = None,
    concurrency: Concurrency = 32,
) -> None:
    """Ask MMLU through lm-eval (four requests a question), on the same prompts and the same leaderboard."""
    from harness.config import Sampling
    from harness.leaderboard import build
    from harness.lm_eval_route import run_lm_eval
    from harness.models import model_spec
    from harness.plan import Options, prepare
    from harness.terminal import print_report, print_run

    spec = model_spec(model=model, revision=revision, tokenizer=tokenizer, chat_format=chat_format)
    options = Options(
        spec,
        task_names(tasks),
        Sampling(),
        output_path,
        data,
        limit=limit,
        concurrency=concurrency,
        base_url=base_url,
        served_model_name=served_model_name,
    )
    summary = run_lm_eval(prepare(options))
    print_run(summary)
    print_report(build([summary.folder]), Format.TABLE)


@commands.command("lm-eval-path")
def lm_eval_path() -> None:
    """Print the folder to give to lm-eval as --include_path; in it our tasks are called symharness_<task>."""
    from harness.lm_eval_path import write_folder

    typer.echo(write_folder())


@commands.command()
def score(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Run folders, or JSON lines with task, sample and completion.", parser=fetched, metavar="PATH"
        ),
    ],
    data: Data = None,
    output_path: Annotated[
        Path | None,
        typer.Option(
            "--output_path",
            "-o",
            help="Where the new run folder goes. [default: beside]",
            parser=written_place,
            metavar="PATH",
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="The model's name, for completions from elsewhere.")] = "saved",
    workers: Workers = None,
    shards: Annotated[int, typer.Option(help="Parts that the samples of a run are cut into.", min=1)] = 1,
    hosts: Annotated[int, typer.Option(help="With --ray: parts of a run scored at once.", min=1)] = 1,
    address: RayAddress = None,
) -> None:
    """Score saved completions anew, without a model."""
    from harness.rescore import plan_rescore
    from harness.sweep.rescoring import rescoring

    if len(paths) == 1 and shards == 1 and address is None:
        carry_out_plan(plan_rescore(paths[0], data, output_path, name, workers))
        return
    carry_out_jobs(rescoring(paths, data, output_path, name, workers, shards), address, hosts, workers or 1)


@commands.command()
def serve(
    model: ModelOption,
    port: Annotated[int | None, typer.Option(help="Port on 127.0.0.1. [default: a free one]")] = None,
    log: Annotated[Path, typer.Option(help="The server's log file.")] = Path("server.log"),
    vllm: Vllm = None,
    revision: Revision = None,
    tokenizer: TokenizerOption = None,
    dtype: Dtype = None,
    tensor_parallel_size: Parallel = None,
    data_parallel_size: DataParallel = None,
    max_model_len: MaxModelLen = None,
    weights: Weights = None,
    concurrency: Concurrency = 128,
) -> None:
    """Serve a model until Ctrl-C, as `run` would; attach to it with `run --base-url`."""
    from contextlib import ExitStack, suppress

    from harness.config import UserError
    from harness.models import model_spec
    from harness.progress import Progress
    from harness.serving import find_engine
    from harness.serving import serve as serving
    from harness.terminal import console

    spec = model_spec(
        model=model,
        revision=revision,
        tokenizer=tokenizer,
        dtype=dtype,
        tensor_parallel_size=tensor_parallel_size,
        data_parallel_size=data_parallel_size,
        max_model_len=max_model_len,
        weights=weights,
    )
    engine = find_engine(vllm)
    # A polite end by SIGTERM is the same as Ctrl-C: the server goes first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), ExitStack() as stack:
        with Progress(console).waiting() as say:
            server = stack.enter_context(serving(spec, engine, log, concurrency, port, say))
        typer.echo(f"{spec.name} at {server.base_url} (log: {log}); Ctrl-C ends it")
        assert server.process is not None
        raise UserError(f"the vLLM server ended with status {server.process.wait()} (log: {log})")
