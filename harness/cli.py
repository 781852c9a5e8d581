"""The command `symharness`.

Heavy modules are imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.export.form import Form
from harness.tables import Format

if TYPE_CHECKING:
    from harness.plan import Plan

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Serve a checkpoint through vLLM and score the symbols it writes by executing them.",
)

ModelOption = Annotated[
    str, typer.Option("--model", help="Checkpoint folder, hub id, or replay:gold, replay:corrupt:SHARE, replay:FILE.")
]
Revision = Annotated[str | None, typer.Option(help="Hub revision (commit, tag or refs/pr/N).")]
TokenizerOption = Annotated[
    str | None,
    typer.Option("--tokenizer", help="Tokenizer folder or hub id; 'none' sends text. [default: the model's]"),
]
Dtype = Annotated[str, typer.Option(help="auto, bfloat16, float16 or float32.")]
Parallel = Annotated[int, typer.Option(help="GPUs one copy of the model is spread over.")]
DataParallel = Annotated[int, typer.Option(help="Copies of the model.")]
MaxModelLen = Annotated[int | None, typer.Option(help="Longest prompt plus answer, in tokens. [default: the model's]")]
Weights = Annotated[str, typer.Option(help="safetensors (nothing else) or auto.")]
Vllm = Annotated[Path | None, typer.Option(help="vLLM executable or environment. [default: on PATH, else .venv-vllm]")]
Concurrency = Annotated[int, typer.Option(help="Requests under way at once.", min=1)]
Tasks = Annotated[str, typer.Option(help="Tasks and suites, separated by commas; `all` for every task.")]
Data = Annotated[
    str | None,
    typer.Option(help="Data root, or `bundled`, `hub`, `download`. [default: $SYMHARNESS_DATA, else bundled]"),
]
Limit = Annotated[
    float | None, typer.Option("--limit", "-L", help="First N samples a task, or a share below 1.", min=0)
]
Workers = Annotated[int | None, typer.Option(help="Scoring processes. [default: half of the cores]", min=1)]
FormatOption = Annotated[Format, typer.Option("--format", help="table, md, csv, json or latex.")]
Folders = Annotated[
    list[Path] | None, typer.Argument(help="Run folders, or folders that hold some. [default: results]")
]

GoldData = Annotated[
    str | None, typer.Option(help="Data root of the runs, for their gold. [default: $SYMHARNESS_DATA]")
]


@app.command()
def run(
    model: ModelOption,
    tasks: Tasks = "all",
    data: Data = None,
    num_fewshot: Annotated[int, typer.Option("--num_fewshot", "-f", help="Worked exemplars in the prompt.", min=0)] = 0,
    limit: Limit = None,
    output_path: Annotated[Path, typer.Option("--output_path", "-o", help="Where run folders go.")] = Path(
        "results/local"
    ),
    run_name: Annotated[str | None, typer.Option("--run", help="Name of the run. [default: from its config]")] = None,
    restart: Annotated[bool, typer.Option(help="Delete what this run has so far and begin it anew.")] = False,
    apply_chat_template: Annotated[
        bool, typer.Option("--apply_chat_template", help="Same as --chat_format chat-template.")
    ] = False,
    chat_format: Annotated[
        str, typer.Option("--chat_format", help="auto, plain, tulu, llama-2-chat or chat-template.")
    ] = "auto",
    gen_kwargs: Annotated[
        str, typer.Option("--gen_kwargs", help="temperature=0.2,top_p=0.9,max_gen_toks=512,until=...")
    ] = "",
    seed: Annotated[int, typer.Option(help="Seed of every draw.")] = 0,
    dialect: Annotated[
        str | None, typer.Option(help="SQL dialect in which the model answers: postgres, mysql ... [default: sqlite]")
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
    dtype: Dtype = "auto",
    tensor_parallel_size: Parallel = 1,
    data_parallel_size: DataParallel = 1,
    max_model_len: MaxModelLen = None,
    weights: Weights = "auto",
    workers: Workers = None,
    concurrency: Concurrency = 128,
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="Answers that do not depend on the batch, at a cost in speed.")
    ] = False,
    spread: Annotated[
        int | None,
        typer.Option(help="Ask N samples again and say how many answers differ. [default: 16 if deterministic]", min=0),
    ] = None,
) -> None:
    """Ask a model the tasks' questions, execute its answers, and print the leaderboard."""
    from harness.config import model_spec, parse_sampling
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
        stop=tuple(stop or ()),
        weights=weights,
    )
    options = Options(
        spec=spec,
        tasks=_names(tasks),
        sampling=parse_sampling(gen_kwargs, seed),
        output_path=output_path,
        data=data,
        num_fewshot=num_fewshot,
        limit=limit,
        run_name=run_name,
        restart=restart,
        workers=workers,
        concurrency=concurrency,
        base_url=base_url,
        served_model_name=served_model_name,
        vllm=vllm,
        deterministic=deterministic,
        spread=spread if spread is not None else 16 * deterministic,
        dialect=dialect,
    )
    _carry_out(prepare(options))


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _carry_out(plan: Plan) -> None:
    """Run a plan, print its figures and its leaderboard; exit code 1 when samples are left to be redone."""
    from harness.evaluate import evaluate
    from harness.leaderboard import build
    from harness.progress import Progress
    from harness.terminal import console, print_report, print_run

    with Progress(console) as progress:
        summary = evaluate(plan, progress)
    print_run(summary)
    print_report(build([plan.folder]), Format.TABLE)
    faults = sum(task.faults for task in summary.tasks)
    if faults:
        typer.echo(
            f"{faults} samples got no answer through no fault of the model; run the same command again", err=True
        )
        raise typer.Exit(1)


@app.command("lm-eval")
def lm_eval(
    model: ModelOption,
    base_url: Annotated[str, typer.Option("--base-url", help="The server of the model (http://.../v1).")],
    tasks: Tasks = "mmlu",
    data: Data = None,
    limit: Limit = None,
    output_path: Annotated[Path, typer.Option("--output_path", "-o", help="Where run folders go.")] = Path(
        "results/local"
    ),
    chat_format: Annotated[
        str, typer.Option("--chat_format", help="auto, plain, tulu, llama-2-chat or chat-template.")
    ] = "auto",
    revision: Revision = None,
    tokenizer: TokenizerOption = None,
    served_model_name: Annotated[
        str | None, typer.Option("--served_model_name", help="Its name for the model. [default: the first it serves]")
    ] = None,
    concurrency: Concurrency = 32,
) -> None:
    """Ask MMLU through lm-eval (four requests a question), on the same prompts and the same leaderboard."""
    from harness.config import Sampling, model_spec
    from harness.leaderboard import build
    from harness.lm_eval_route import run_lm_eval
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


@app.command()
def score(
    path: Annotated[Path, typer.Argument(help="A run folder, or JSON lines with task, sample and completion.")],
    data: Data = None,
    output_path: Annotated[
        Path | None, typer.Option("--output_path", "-o", help="Where the new run folder goes. [default: beside]")
    ] = None,
    name: Annotated[str, typer.Option(help="The model's name, for completions from elsewhere.")] = "saved",
    workers: Workers = None,
) -> None:
    """Score saved completions anew, without a model."""
    from harness.rescore import plan_rescore

    _carry_out(plan_rescore(path, data, output_path, name, workers))


@app.command()
def check(
    tasks: Tasks = "all",
    data: Data = None,
    limit: Limit = None,
    workers: Workers = None,
) -> None:
    """Run every task's gold through its own extractor and executor: it must score 100 %, wrong answers 0."""
    import asyncio

    from harness.check import check as check_tasks
    from harness.evaluate import default_workers
    from harness.plan import prepare_tasks
    from harness.terminal import console, print_check

    prepared = prepare_tasks(_names(tasks), data, limit)
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


@app.command()
def tasks() -> None:
    """List the tasks: suite, domain, language, metrics, bundled samples."""
    from harness.terminal import console, task_table

    console.print(task_table())


@app.command()
def metrics(
    output_path: Annotated[Path | None, typer.Option("--output_path", "-o", help="File. [default: print it]")] = None,
) -> None:
    """Write every metric with its definition and source, in Markdown."""
    from harness.catalogue import metrics_page

    if output_path is None:
        typer.echo(metrics_page(), nl=False)
    else:
        output_path.write_text(metrics_page(), encoding="utf-8")


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Run folders; all others are compared with the first.")],
    baseline: Annotated[
        str | None, typer.Option(help="Compare with this run, or with `published:LLaMA-2-Chat-7B` (unpaired).")
    ] = None,
    tasks: Annotated[str, typer.Option(help="Tasks, separated by commas. [default: all that the runs share]")] = "",
    every_metric: Annotated[bool, typer.Option("--all-metrics", help="Every metric, not the main ones.")] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Compare runs sample by sample: differences, intervals, p-values, and which samples flipped."""
    from harness.compare import compare_runs
    from harness.published import published_model
    from harness.terminal import print_report
    from harness.unpaired import compare_published

    if baseline is not None and baseline.startswith("published:"):
        model = published_model(baseline.removeprefix("published:"))
        for run in runs:
            print_report(compare_published(run, model, _names(tasks)), form)
        return
    folders = runs if baseline is None else [Path(baseline), *runs]
    print_report(compare_runs(folders, _names(tasks), every_metric), form)


@app.command()
def leaderboard(
    folders: Folders = None,
    output_path: Annotated[
        Path | None,
        typer.Option("--output_path", "-o", help="Folder for LEADERBOARD.md and leaderboard.csv, .json, .tex."),
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
def site(
    folders: Folders = None,
    output_path: Annotated[Path, typer.Option("--output_path", "-o", help="Folder of the site.")] = Path("site"),
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
    import signal
    from contextlib import suppress

    from harness.report.view import shown_site

    # A polite end by SIGTERM is the same as Ctrl-C: the scratch folder goes first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), shown_site(folders or [Path("results")], data, port) as viewer:
        typer.echo(f"{viewer.url} (Ctrl-C ends it)")
        viewer.serve_forever()


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
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
    dtype: Dtype = "auto",
    tensor_parallel_size: Parallel = 1,
    data_parallel_size: DataParallel = 1,
    max_model_len: MaxModelLen = None,
    weights: Weights = "auto",
    concurrency: Concurrency = 128,
) -> None:
    """Serve a model until Ctrl-C, as `run` would; attach to it with `run --base-url`."""
    import signal
    from contextlib import ExitStack, suppress

    from harness.config import UserError, model_spec
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
