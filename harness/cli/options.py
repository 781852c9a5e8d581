"""What several commands take: their options, the places they are given, lists of names."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.tables import Format


def written_place(text: str | Path) -> Path:
    """Where a path or URL that is written to is worked on."""
    if "://" not in str(text):
        return Path(text)
    from harness.place import place

    return place(text)


def fetched(text: str | Path) -> Path:
    """Where a path or URL that is read is worked on, with what is there now."""
    if "://" not in str(text):
        return Path(text)
    from harness.storage import fetch

    return fetch([text])[0]


def local_path(text: str | Path) -> Path:
    """A path of this machine."""
    from harness.config import UserError

    if "://" in str(text):
        raise UserError(f"{text}: only runs are written to a URL; give a path of this machine")
    return Path(text)


def task_names(*texts: str) -> list[str]:
    from harness.config import split_names

    return [name for text in texts for name in split_names(text)]


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
    typer.Option(
        "--output_path", "-o", help="Where run folders go: a path or a URL.", parser=written_place, metavar="PATH"
    ),
]
Folders = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Run folders, or folders that hold some; paths or URLs. [default: results]",
        parser=fetched,
        metavar="PATH",
    ),
]
GoldData = Annotated[
    str | None, typer.Option(help="Data root of the runs, for their gold. [default: $SYMHARNESS_DATA]")
]
ServedModelName = Annotated[
    str | None, typer.Option("--served_model_name", help="Its name for the model. [default: the first it serves]")
]
RayAddress = Annotated[
    str | None,
    typer.Option("--ray", metavar="ADDRESS", help="A Ray cluster: its address, `auto`, or `local` for one made here."),
]
