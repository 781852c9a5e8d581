"""The command `symharness`.

Heavy modules are imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import errno
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.export.form import Form
from harness.tables import Format

if TYPE_CHECKING:
    from harness.batch import Finished
    from harness.plan import Plan
    from harness.sweep.units import Job

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Serve a checkpoint through vLLM and score the symbols it writes by executing them.",
)


def _place(text: str | Path) -> Path:
    """Where a path or URL that is written to is worked on."""
    if "://" not in str(text):
        return Path(text)
    from harness.place import place

    return place(text)


def _fetched(text: str | Path) -> Path:
    """Where a path or URL that is read is worked on, with what is there now."""
    if "://" not in str(text):
        return Path(text)
    from harness.storage import fetch

    return fetch([text])[0]


def _local(text: str | Path) -> Path:
    """A path of this machine."""
    from harness.config import UserError

    if "://" in str(text):
        raise UserError(f"{text}: only runs are written to a URL; give a path of this machine")
    return Path(text)


ModelOption = Annotated[
    str,
    typer.Option(
        "--model",
        help="A name of `symharness models`, a checkpoint folder, a hub id, or replay:gold, replay:corrupt:SHARE, "
        "replay:FILE.",
    ),
]
Revision = Annotated[str | None, typer.Option(help="Hub revision (commit, tag or refs/pr/N).")]
TokenizerOption = Annotated[
    str | None,
    typer.Option("--tokenizer", help="Tokenizer folder or hub id; 'none' sends text. [default: the model's]"),
]
Dtype = Annotated[
    str | None, typer.Option(help="auto, bfloat16, float16 or float32. [default: the model's, else auto]")
]
Parallel = Annotated[int | None, typer.Option(help="GPUs one copy of the model is spread over. [default: 1]")]
DataParallel = Annotated[int | None, typer.Option(help="Copies of the model. [default: 1]")]
MaxModelLen = Annotated[int | None, typer.Option(help="Longest prompt plus answer, in tokens. [default: the model's]")]
Weights = Annotated[
    str | None,
    typer.Option(help="safetensors (nothing else), auto, or dummy (random ones). [default: the model's, else auto]"),
]
ChatFormatOption = Annotated[
    str | None,
    typer.Option(
        "--chat_format", help="auto, plain, tulu, llama-2-chat or chat-template. [default: the model's, else auto]"
    ),
]
Vllm = Annotated[Path | None, typer.Option(help="vLLM executable or environment. [default: on PATH, else .venv-vllm]")]
Concurrency = Annotated[int, typer.Option(help="Requests under way at once.", min=1)]
Tasks = Annotated[
    list[str] | None,
    typer.Option(
        "--tasks", "--suite", help="Tasks and suites, separated by commas; `all` for every task.", show_default="all"
    ),
]
Data = Annotated[
    str | None,
    typer.Option(help="Data root, or `bundled`, `hub`, `download`. [default: $SYMHARNESS_DATA, else bundled]"),
]
Limit = Annotated[
    float | None,
    typer.Option(
        "--limit",
        "-L",
        help="First N samples a task (of MMLU and BBH spread over subjects), or a share below 1.",
        min=0,
    ),
]
Workers = Annotated[int | None, typer.Option(help="Scoring processes. [default: half of the cores]", min=1)]
FormatOption = Annotated[Format, typer.Option("--format", help="table, md, csv, json or latex.")]
RunsPath = Annotated[
    Path,
    typer.Option("--output_path", "-o", help="Where run folders go: a path or a URL.", parser=_place, metavar="PATH"),
]
Folders = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Run folders, or folders that hold some; paths or URLs. [default: results]",
        parser=_fetched,
        metavar="PATH",
    ),
]

GoldData = Annotated[
    str | None, typer.Option(help="Data root of the runs, for their gold. [default: $SYMHARNESS_DATA]")
]


@app.command()
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
    served_model_name: Annotated[
        str | None, typer.Option("--served_model_name", help="Its name for the model. [default: the first it serves]")
    ] = None,
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
        tasks=_names(*tasks or ["all"]),
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
    _carry_out(prepare(options))


def _names(*texts: str) -> list[str]:
    return [name.strip() for text in texts for name in text.split(",") if name.strip()]


def _carry_out(plan: Plan) -> None:
    """Run a plan, print its figures and its leaderboard; exit code 1 when samples are left to be redone."""
    from harness.evaluate import evaluate
    from harness.leaderboard import build
    from harness.progress import Progress
    from harness.terminal import console, print_report, print_run

    with _stoppable(), Progress(console) as progress:
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
def _stoppable() -> Iterator[None]:
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


@app.command()
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
    _report(finished)


@app.command()
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


RayAddress = Annotated[
    str | None,
    typer.Option("--ray", metavar="ADDRESS", help="A Ray cluster: its address, `auto`, or `local` for one made here."),
]


@app.command()
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
        _carry_out_jobs(found, address, swept.hosts, swept.cpus)


def _carry_out_jobs(jobs: Sequence[Job], address: str | None, hosts: int, cpus: float) -> None:
    """Run the units, print every run's figures and one leaderboard; exit code 1 when something is left."""
    from harness.sweep import cluster, local
    from harness.terminal import console, print_run

    with _stoppable():
        if address is None:
            finished = local.carry_out(jobs, console, print_run)
        else:
            with cluster.connected(address):
                finished = cluster.carry_out(jobs, console, print_run, hosts, cpus)
    _report(finished)


def _report(finished: Finished) -> None:
    """One leaderboard of all runs that ended, and a line for each thing that did not, which makes the exit code 1."""
    from harness.leaderboard import build
    from harness.terminal import print_report

    if finished.folders:
        print_report(build(finished.folders), Format.TABLE)
    for failure in finished.failures:
        typer.echo(f"symharness: {failure}", err=True)
    if finished.failures:
        raise typer.Exit(1)


@app.command("lm-eval")
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
    served_model_name: Annotated[
        str | None, typer.Option("--served_model_name", help="Its name for the model. [default: the first it serves]")
    ] = None,
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
        _names(tasks),
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


@app.command("lm-eval-path")
def lm_eval_path() -> None:
    """Print the folder to give to lm-eval as --include_path; in it our tasks are called symharness_<task>."""
    from harness.lm_eval_path import write_folder

    typer.echo(write_folder())


@app.command()
def score(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Run folders, or JSON lines with task, sample and completion.", parser=_fetched, metavar="PATH"
        ),
    ],
    data: Data = None,
    output_path: Annotated[
        Path | None,
        typer.Option(
            "--output_path",
            "-o",
            help="Where the new run folder goes. [default: beside]",
            parser=_place,
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
        _carry_out(plan_rescore(paths[0], data, output_path, name, workers))
        return
    _carry_out_jobs(rescoring(paths, data, output_path, name, workers, shards), address, hosts, workers or 1)


@app.command()
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

    prepared, missing = find_tasks(_names(*tasks or ["all"]), data, limit)
    for name, error in missing.items():
        console.print(f"no data, not checked: {name}: {error}", soft_wrap=True)
    results = asyncio.run(check_tasks(prepared, workers or default_workers()))
    print_check(console, results)
    if any(result.defects for result in results):
        raise typer.Exit(1)


@app.command()
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
app.add_typer(tasks_app, name="tasks")


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


@app.command()
def models() -> None:
    """List the checkpoints that `--model` knows by name: where they are and how they are asked."""
    from harness.models import KNOWN
    from harness.terminal import console, model_table

    console.print(model_table(KNOWN))


data_app = typer.Typer(no_args_is_help=True, help="The tasks' files: where they come from, fetching, verifying.")
app.add_typer(data_app, name="data")
TaskNames = Annotated[str, typer.Argument(metavar="TASKS", help="Tasks and suites, separated by commas.")]


@data_app.command("list")
def data_list(tasks: TaskNames = "all", data: Data = None) -> None:
    """Say by task what is at hand, how the rest can be had, and under which licence; touches no network."""
    from harness.data import chosen, listing
    from harness.terminal import console, sources_table

    console.print(sources_table(listing(chosen(_names(tasks)), data)))


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
        for got in get(chosen(_names(tasks)), fetching_place(place), data_root(root), report):
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

    verdicts = list(verify(chosen(_names(tasks)), data_root(root)))
    console.print(verified_table(verdicts))
    if any(verdict.state in (State.MISSING, State.DAMAGED) for verdict in verdicts):
        raise typer.Exit(1)


@app.command()
def metrics(
    output_path: Annotated[Path | None, typer.Option("--output_path", "-o", help="File. [default: print it]")] = None,
) -> None:
    """Write every metric with its definition and source, in Markdown."""
    from harness.metrics_page import metrics_page

    if output_path is None:
        typer.echo(metrics_page(), nl=False)
    else:
        output_path.write_text(metrics_page(), encoding="utf-8")


@app.command()
def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Run folders; all others are compared with the first.", parser=_fetched, metavar="PATH"),
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
        curves = compare_steps(runs, baseline, _names(tasks), every_metric)
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
            print_report(compare_evolved(run, _names(tasks), every_metric), form)
        return
    if baseline is not None and baseline.startswith("published:"):
        model = published_model(baseline.removeprefix("published:"))
        for run in runs:
            print_report(compare_published(run, model, _names(tasks)), form)
        return
    folders = runs if baseline is None else [_fetched(baseline), *runs]
    print_report(compare_runs(folders, _names(tasks), every_metric), form)


@app.command()
def leaderboard(
    folders: Folders = None,
    output_path: Annotated[
        Path | None,
        typer.Option(
            "--output_path",
            "-o",
            help="Folder for LEADERBOARD.md and leaderboard.csv, .json, .tex.",
            parser=_local,
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


@app.command()
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
            parser=_place,
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

    prepared, missing = find_tasks(_names(*tasks or ["all"]), data, None)
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


@app.command()
def publish(
    runs: Annotated[list[Path], typer.Argument(help="Run folders.", parser=_fetched, metavar="PATH")],
    output_path: Annotated[
        Path,
        typer.Option("--output_path", "-o", help="Where they go, as <model>/<run>.", parser=_place, metavar="PATH"),
    ] = Path("results"),
) -> None:
    """Copy runs without the texts of data that are not ours: ids, hashes, outcomes and statistics stay."""
    from harness.place import address
    from harness.publish import publish as published

    for run in runs:
        typer.echo(f"written: {address(published(run, output_path))}")


@app.command()
def site(
    folders: Folders = None,
    output_path: Annotated[
        Path, typer.Option("--output_path", "-o", help="Folder of the site.", parser=_local, metavar="PATH")
    ] = Path("site"),
    data: Annotated[
        str | None, typer.Option(help="Data root of the runs, for their gold. [default: $SYMHARNESS_DATA]")
    ] = None,
    published: Annotated[bool, typer.Option(help="Show the paper's rows.")] = True,
) -> None:
    """Write a static site of runs: leaderboard, pictures, tasks, and every sample with what became of it."""
    from harness.report.site import build_site

    built = build_site(folders or [Path("results")], output_path, data, published)
    typer.echo(f"written: {built.folder / 'index.html'} ({built.answers} answers, {built.size / 1e6:.1f} MB)")


@app.command()
def view(
    folders: Folders = None,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)] = 0,
    data: Annotated[
        str | None, typer.Option(help="Data root of the runs, for their gold. [default: $SYMHARNESS_DATA]")
    ] = None,
) -> None:
    """Serve a site on this machine until Ctrl-C: one that was written, or that of runs."""
    from contextlib import suppress

    from harness.report.view import shown_site

    # A polite end by SIGTERM is the same as Ctrl-C: the scratch folder goes first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), shown_site(folders or [Path("results")], data, port) as viewer:
        typer.echo(f"{viewer.url} (Ctrl-C ends it)")
        viewer.serve_forever()


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="A run folder.", parser=_fetched, metavar="PATH")],
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


@app.command()
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


def main() -> None:
    """Entry point: a user's mistake, or a disk that takes no more, is one line and exit code 2."""
    from harness.config import UserError

    try:
        app()
    except UserError as error:
        message = str(error)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        message = f"{error.filename or 'output'}: {error.strerror}; make room and run the same command again"
    typer.echo(f"symharness: {message}", err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
