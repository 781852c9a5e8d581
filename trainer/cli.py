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
    from trainer.stages import StageName

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

    return torch.cuda.is_available()


def _config(path: Path, changes: list[str] | None) -> TrainConfig:
    pairs = dict(change.partition("=")[::2] for change in changes or [])
    return load_config(path, pairs)


def main() -> None:
    """Entry point: user errors become one line and exit status 2."""
    from tasks.source import SourceError
    from tasks.task import DataError, UnknownTaskError

    # Progress is ours; the libraries' bars and advice would bury it.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"transformers\.|trl\.")
    try:
        app()
    except (ConfigError, DataError, SourceError, UnknownTaskError) as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
