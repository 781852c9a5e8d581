"""The command `symharness-train`. Torch is imported inside the commands, so that `--help` answers at once."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainer.config import ConfigError, TrainConfig, load_config

if TYPE_CHECKING:
    pass

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Two-stage fine-tuning on symbols. For several processes: accelerate launch -m trainer.cli STAGE ...",
)

Config = Annotated[Path, typer.Option("--config", help="TOML file; ready ones are in trainer/configs/.")]
Changes = Annotated[
    list[str] | None, typer.Option("--set", help="Change one value: KEY=VALUE, the key with dots (injection.steps=50).")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Go the whole way of this config with a tiny random Llama, in a minute.")
]


@app.command()
def injection(config: Config, change: Changes = None, dry_run: DryRun = False) -> None:
    """Stage 1: learn the Symbolic Collection; gives the Base model."""
    _stages(config, change, dry_run, "injection")


@app.command()
def infusion(config: Config, change: Changes = None, dry_run: DryRun = False) -> None:
    """Stage 2: go on from stage 1 with general instructions and re-sampled symbols; gives the Instruct model."""
    _stages(config, change, dry_run, *(["injection"] if dry_run else []), "infusion")


@app.command()
def both(config: Config, change: Changes = None, dry_run: DryRun = False) -> None:
    """Stage 1, then stage 2."""
    _stages(config, change, dry_run, "injection", "infusion")


@app.command()
def mixed(config: Config, change: Changes = None, dry_run: DryRun = False) -> None:
    """One stage on everything at once, to compare with the two."""
    _stages(config, change, dry_run, "mixed")


@app.command()
def collect(config: Config, change: Changes = None) -> None:
    """Only make the mixes and their manifest; prints what is in them."""
    from trainer.collection.mixing import build

    settings = _config(config, change)
    manifest = build(settings, settings.output / "data")
    typer.echo(json.dumps({key: manifest[key] for key in ("mixes", "available", "wanted", "kept_out")}, indent=1))


@app.command()
def ask(
    config: Config,
    out: Annotated[Path, typer.Option(help="JSON-lines file; an interrupted call goes on with it.")],
    base_url: Annotated[str, typer.Option(help="OpenAI-compatible server, as `symharness serve` starts one.")],
    what: Annotated[str, typer.Option(help="general (answers to distil) or symbolic (tries at train samples).")],
    count: Annotated[int, typer.Option(help="Questions.", min=1)] = 400,
    tries: Annotated[int, typer.Option(help="Answers a train sample.", min=1)] = 1,
    temperature: Annotated[float, typer.Option(min=0)] = 0.0,
    max_tokens: Annotated[int, typer.Option(min=1)] = 128,
    change: Changes = None,
) -> None:
    """Ask a served model: its answers become general data, or, judged by their executors, D_s2."""
    from tasks.chat import resolve
    from trainer.asking import Question, Sampling, general_questions
    from trainer.asking import ask as ask_server
    from trainer.checkpoints import load_tokenizer
    from trainer.collection.mixing import symbolic_questions

    settings = _config(config, change)
    tokenizer = load_tokenizer(settings.model)
    if what not in ("general", "symbolic"):
        raise ConfigError(f"--what {what!r}: general or symbolic")
    questions = (
        general_questions(count, settings.seed)
        if what == "general"
        else (Question(*each) for each in symbolic_questions(settings, count) for _ in range(tries))
    )
    sampling = Sampling(max_tokens, temperature, settings.seed)
    chat_format = resolve(settings.model.chat_format, tokenizer)
    lines = ask_server(base_url, questions, chat_format, tokenizer, sampling, out)
    typer.echo(f"{out}: {lines} answers")


@app.command()
def geometry(
    checkpoints: Annotated[list[str], typer.Argument(help="Checkpoint folders or hub ids to compare.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of geometry.json and geometry.png.")],
    tasks: Annotated[str, typer.Option(help="Tasks and suites whose gold symbols are embedded.")] = "symbolic",
    data: Annotated[str | None, typer.Option(help="Data root, or `bundled`.")] = None,
    count: Annotated[int, typer.Option(help="Symbolic forms a family.", min=2)] = 32,
) -> None:
    """Alignment and uniformity of checkpoints by layer (Wang & Isola), with a plot that compares them."""
    from trainer.embedding_geometry import measure, symbols, write

    families = symbols(tasks.split(","), data, count)
    measured = []
    for checkpoint in checkpoints:
        measured.append(measure(checkpoint, families))
        last = measured[-1]
        typer.echo(f"{last.name}: last layer: alignment {last.alignment[-1]:.4f}, uniformity {last.uniformity[-1]:.4f}")
    write(measured, families, out)


@app.command()
def likelihood(
    checkpoints: Annotated[list[str], typer.Argument(help="Checkpoints; all others are compared with the first.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="JSON file of all figures.")],
    tasks: Annotated[str, typer.Option(help="Tasks and suites whose gold answers are scored.")] = "general",
    data: Annotated[str | None, typer.Option(help="Data root, or `bundled`.")] = None,
    count: Annotated[int, typer.Option(help="Samples a task.", min=2)] = 50,
) -> None:
    """Negative log-likelihood of gold answers under checkpoints, paired by sample."""
    from trainer.likelihood import compare, gold_pairs, negative_log_likelihoods, write

    pairs = gold_pairs(tasks.split(","), data, count)
    measured: dict[str, list[float | None]] = {}
    for checkpoint in checkpoints:
        name = Path(checkpoint).name
        measured[name] = negative_log_likelihoods(checkpoint, pairs)
        for line in compare(pairs, measured[Path(checkpoints[0]).name], measured[name]):
            typer.echo(
                f"{name}: {line.task}: {line.mean:.3f} nats a token, {line.difference:+.3f} "
                f"± {line.standard_error:.3f} to the first (n={line.samples}, z={line.z:+.1f})"
            )
    write(out, pairs, measured)


def _stages(path: Path, change: list[str] | None, dry_run: bool, *names: str) -> None:
    config = _config(path, change)
    if not dry_run:
        _run(config, *names)
        return
    from accelerate import PartialState
    from accelerate.utils import broadcast_object_list

    from trainer.dry_run import dry

    state = PartialState(cpu=not _has_gpu())
    with tempfile.TemporaryDirectory(prefix="dry-run-", ignore_cleanup_errors=True) as scratch:
        shared = [scratch]
        if state.num_processes > 1:
            broadcast_object_list(shared)
        with state.main_process_first():
            made = dry(config, Path(shared[0]))
        _run(made, *names)
        state.wait_for_everyone()


def _run(config: TrainConfig, *names: str) -> None:
    from accelerate import PartialState

    from trainer.stages import StageName, run_stage

    for name in names:
        trained = run_stage(config, StageName(name))
        if PartialState().is_main_process:
            loss = trained.record["final_loss"]
            told = "" if loss is None else f", last loss {loss:.4f}"
            typer.echo(
                f"{name}: {trained.folder}  ({trained.record['steps']} steps{told}, "
                f"{trained.record['tokens_per_second']:,.0f} tokens/s, {trained.record['processes']} processes)"
            )


def _has_gpu() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def _config(path: Path, changes: list[str] | None) -> TrainConfig:
    pairs = dict(change.partition("=")[::2] for change in changes or [])
    return load_config(path, pairs)


def main() -> None:
    """Entry point: user errors become one line and exit status 2."""
    from tasks.chat import EncodingError
    from tasks.source import SourceError
    from tasks.task import DataError, UnknownTaskError
    from trainer.asking import ServerError

    # Progress is ours; the libraries' bars and advice would bury it.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"transformers\.|trl\.")
    try:
        app()
    except (ConfigError, DataError, EncodingError, ServerError, SourceError, UnknownTaskError) as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)
    except ModuleNotFoundError as error:
        typer.echo(
            f"error: {error.name} is missing here: the trainer has an environment of its own; make it with "
            "`environments/setup train` and use .venv-train/bin/symharness-train",
            err=True,
        )
        sys.exit(2)


if __name__ == "__main__":
    main()
