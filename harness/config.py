"""What a user may set: the model and how it is served, and how its answers are drawn. Validated here, once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.curves.names import stepped
from tasks.chat import ChatFormat

T = TypeVar("T")


def split_names(text: str) -> list[str]:
    """Names with commas between them, as a list."""
    return [name.strip() for name in text.split(",") if name.strip()]


class UserError(Exception):
    """A mistake of the user's: what, where and how to mend it, on one line. The command ends with exit code 2."""


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelSpec(_Settings):
    """A checkpoint and how vLLM serves it.

    `weights`: `safetensors` refuses pickled weights, `auto` also takes `.bin` files (which vLLM and transformers load
    with weights_only, so that they cannot run code), `dummy` reads none and makes random ones, to measure speed. Remote
    code in a checkpoint is never run.
    """

    model: Annotated[str, Field(min_length=1)]
    revision: str | None = None
    tokenizer: str | None = None
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    tensor_parallel_size: Annotated[int, Field(ge=1)] = 1
    data_parallel_size: Annotated[int, Field(ge=1)] = 1
    max_model_len: Annotated[int, Field(ge=16)] | None = None
    chat_format: ChatFormat = ChatFormat.AUTO
    stop: tuple[str, ...] = ()
    weights: Literal["safetensors", "auto", "dummy"] = "auto"

    @property
    def replays(self) -> str | None:
        """What is replayed instead of asking a model: `gold`, `corrupt:SHARE` or a file; None for a real model."""
        return self.model.removeprefix("replay:") if self.model.startswith("replay:") else None

    @property
    def folder(self) -> Path | None:
        """The checkpoint's folder when `model` is one, None for a hub id."""
        path = Path(self.model).expanduser()
        return path.resolve() if path.is_dir() else None

    @property
    def name(self) -> str:
        """The name on the leaderboard and of the run folder; `sft-step-500` of a checkpoint folder sft/step-500."""
        if self.folder is None:
            return self.model
        folder = Path(self.model).expanduser().absolute()
        at = stepped(folder.name, None)
        return f"{folder.parent.name}-{folder.name}" if at is not None and not at.series else folder.name

    def check(self) -> None:
        """Raises UserError when `model` is neither a checkpoint folder, nor a plausible hub id, nor a replay."""
        if self.replays:
            return
        folder = self.folder
        if folder is not None and not (folder / "config.json").exists():
            raise UserError(f"{self.model} is no checkpoint folder: config.json is missing in it")
        if folder is None and (
            self.model.startswith((".", "/", "~", "checkpoints/"))
            or not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", self.model)
        ):
            raise UserError(f"model {self.model!r}: no such folder; give a checkpoint folder or a hub id like org/name")


class Sampling(_Settings):
    """How answers are drawn. `max_tokens` None: each task's own."""

    temperature: Annotated[float, Field(ge=0)] = 0.0
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    stop: tuple[str, ...] = ()
    seed: int = 0


class Shard(_Settings):
    """The `number`-th of `count` parts of every task's samples: of `count` neighbours each part has one."""

    number: Annotated[int, Field(ge=1)]
    count: Annotated[int, Field(ge=1)]

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def of(self, samples: Sequence[T]) -> Sequence[T]:
        """What of the samples is this part's."""
        return samples[self.number - 1 :: self.count]


def parse_shard(text: str) -> Shard:
    """`2/3`: the second of three parts. Raises UserError."""
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text.strip())
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise UserError(f"--shard {text!r}: K/N with K from 1 to N is expected, as 2/3")
    return Shard(number=int(match[1]), count=int(match[2]))


# lm-eval's names for the same things
_SYNONYMS = {"max_gen_toks": "max_tokens", "max_new_tokens": "max_tokens", "until": "stop"}


def parse_sampling(gen_kwargs: str, seed: int) -> Sampling:
    """`temperature=0.2,max_gen_toks=512` as lm-eval's --gen_kwargs writes it. Raises UserError."""
    values: dict[str, object] = {"seed": seed}
    for part in filter(None, (part.strip() for part in gen_kwargs.split(","))):
        key, equals, value = part.partition("=")
        if not equals:
            raise UserError(f"--gen_kwargs: {part!r} is not key=value")
        key = _SYNONYMS.get(key.strip(), key.strip())
        values[key] = (value,) if key == "stop" else value.strip()
    try:
        return Sampling.model_validate(values)
    except ValidationError as error:
        raise UserError(f"--gen_kwargs: {first_error(error)}") from error


def first_error(error: ValidationError) -> str:
    """The first thing that is wrong with what a user wrote: where, what, and what was given, on one line."""
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']} (got {first['input']!r})"
