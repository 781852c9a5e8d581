"""What a training run is made from: one TOML file, checked before anything is loaded.

Paths are relative to the folder the command runs in. `trainer/configs/` holds the paper's settings (with the standing
of each value) and those of a small model.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tasks.chat import ChatFormat

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]


class ConfigError(ValueError):
    """The config file is missing, no TOML, or says what cannot be: where and what, on one line."""


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Lora(_Settings):
    """Low-rank adapters on all linear layers, merged into the weights at the end."""

    rank: Positive = 16
    alpha: Positive = 32
    dropout: Share = 0.0


class Model(_Settings):
    """The checkpoint that training starts from. `dtype` is that of the weights while they are trained."""

    checkpoint: str
    dtype: Literal["float32", "bfloat16"] = "float32"
    attention: Literal["sdpa", "eager", "flash_attention_2"] = "sdpa"
    chat_format: ChatFormat = ChatFormat.AUTO
    pad_token: str | None = None  # added to the vocabulary where the tokenizer has none of that name
    lora: Lora | None = None


class Symbolic(_Settings):
    """The Symbolic Collection.

    `rows` is the size of the mix, `shares` those of its three parts; a part with too few pairs gives all it has, and
    the manifest says so. `data` is the root of the tasks' folders; `tasks` are the tasks and suites whose train splits
    are read, at most `per_task` rows of each. `generated` asks generators for so many samples a name. `accepted` are
    run folders or JSON lines of completions for those samples; `worked` adds programs made from GSM8K's annotated
    solutions; both are judged. `evolve` names the tasks whose samples are renamed. `released` is the published
    collection (a file, or `hub:OWNER/NAME`).
    """

    rows: Positive
    shares: tuple[Share, Share, Share] = (0.883, 0.058, 0.059)
    data: str | None = None
    tasks: tuple[str, ...] = ("symbolic",)
    per_task: Positive | None = None
    generated: Mapping[str, Count] = {}
    accepted: tuple[str, ...] = ()
    worked: bool = False
    evolve: tuple[str, ...] = ()
    released: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> Symbolic:
        if not 0 < sum(self.shares) <= 1 + 1e-9:
            raise ValueError(f"shares add up to {sum(self.shares):g}, not to something between 0 and 1")
        return self


class GeneralSource(_Settings):
    """A file, or `hub:OWNER/NAME[:SPLIT]`, of instructions and answers. `rows` None: all."""

    path: str
    rows: Positive | None = None


class General(_Settings):
    """General instructions for Infusion, in any format of `trainer.collection.instructions`; `rows` of them all."""

    rows: Count
    sources: tuple[GeneralSource, ...] = ()


class Stage(_Settings):
    """One stage of supervised fine-tuning. `batch` is over all processes, `micro_batch` what one of them holds at once.

    `steps` ends the stage early or after several epochs; without it `epochs` counts.
    """

    learning_rate: Annotated[float, Field(gt=0)] = 2e-5
    schedule: Literal["linear", "cosine", "constant", "constant_with_warmup"] = "linear"
    warmup_ratio: Share = 0.03
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    max_grad_norm: Annotated[float, Field(ge=0)] = 0.0  # 0: no clipping
    epochs: Annotated[float, Field(gt=0)] = 1.0
    steps: Positive | None = None
    batch: Positive = 128
    micro_batch: Positive = 1
    save_steps: Positive = 100


class Run(_Settings):
    """How training is done. `precision` is what is computed in; `threads` None: what torch chooses."""

    precision: Literal["float32", "bfloat16"] = "bfloat16"
    packing: bool = False
    gradient_checkpointing: bool = False
    deepspeed: str | None = None
    fsdp: bool = False
    threads: Positive | None = None


class TrainConfig(_Settings):
    """All of a run: collection, three possible stages, output."""

    seed: int = 0
    output: Path
    max_length: Annotated[int, Field(ge=16)] = 2048
    resampling: Share = 0.3  # of the symbolic collection, mixed into Infusion
    model: Model
    symbolic: Symbolic
    general: General
    injection: Stage = Stage()
    infusion: Stage = Stage()
    mixed: Stage = Stage()
    run: Run = Run()

    def stage(self, name: str) -> Stage:
        """The settings of `injection`, `infusion` or `mixed`."""
        settings = getattr(self, name)
        assert isinstance(settings, Stage)
        return settings


def load_config(path: Path, changes: Mapping[str, str] | None = None) -> TrainConfig:
    """The config of a TOML file, with `changes` (dotted key to value) put in. Raises ConfigError."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; the ready ones are in trainer/configs/") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is no TOML: {error}") from error
    for key, value in (changes or {}).items():
        _put(values, key, value)
    try:
        return TrainConfig.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise ConfigError(f"{path}: {where}: {first['msg']} (got {first['input']!r})") from error


def _put(values: dict[str, Any], key: str, text: str) -> None:
    """Set a dotted key; the value is read as TOML where it is TOML (`3`, `true`, `[1, 2]`), else as a text."""
    *path, last = key.split(".")
    for name in path:
        values = values.setdefault(name, {})
        if not isinstance(values, dict):
            raise ConfigError(f"--set {key}: {name} is no table")
    try:
        values[last] = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        values[last] = text
