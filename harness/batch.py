"""Many runs from one TOML file: each is an ordinary run, resumed by its own folder; then one leaderboard of all.

The file has a table `[defaults]` and one `[[run]]` a run, both with the keys of `symharness run`'s options:

    [defaults]
    tasks = ["symbolic"]

    [[run]]
    model = "symbol-llm-7b"
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from rich.console import Console

from harness.config import UserError, first_error, parse_sampling, split_names
from harness.evaluate import evaluate
from harness.models import model_spec
from harness.place import place
from harness.plan import Options, prepare
from harness.progress import Progress
from harness.summary import RunSummary
from tasks.source import Place, SourceError, locate
from tasks.task import Task, UnknownTaskError, select


def placed(value: object) -> object:
    """What a file calls a path or URL, as the path on which it is worked."""
    return place(value) if isinstance(value, str) else value


def listed(value: object) -> object:
    """Names with commas between them, as on the command line, as a list."""
    return split_names(value) if isinstance(value, str) else value


class RunSettings(BaseModel):
    """One run as a file states it; what is left out is the default of `symharness run`. `run` is the run's name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str | None = None
    tasks: Annotated[tuple[str, ...], Field(min_length=1), BeforeValidator(listed)] = ("all",)
    data: str | None = None
    num_fewshot: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[float, Field(ge=0)] | None = None
    output_path: Annotated[Path, BeforeValidator(placed)] = Path("results/local")
    run: str | None = None
    gen_kwargs: str = ""
    seed: int = 0
    dialect: str | None = None
    self_repair: Annotated[int, Field(ge=0)] = 0
    base_url: str | None = None
    served_model_name: str | None = None
    vllm: Path | None = None
    workers: Annotated[int, Field(ge=1)] | None = None
    concurrency: Annotated[int, Field(ge=1)] = 128
    request_timeout: Annotated[float, Field(ge=1)] | None = None
    deterministic: bool = False
    spread: Annotated[int, Field(ge=0)] | None = None
    revision: str | None = None
    tokenizer: str | None = None
    dtype: str | None = None
    tensor_parallel_size: int | None = None
    data_parallel_size: int | None = None
    max_model_len: int | None = None
    weights: str | None = None
    chat_format: str | None = None
    stop: tuple[str, ...] | None = None

    def options(self) -> Options:
        """What the run is asked to do. Raises UserError."""
        if self.model is None:
            raise UserError("no model is given")
        spec = model_spec(
            model=self.model,
            revision=self.revision,
            tokenizer=self.tokenizer,
            dtype=self.dtype,
            tensor_parallel_size=self.tensor_parallel_size,
            data_parallel_size=self.data_parallel_size,
            max_model_len=self.max_model_len,
            weights=self.weights,
            chat_format=self.chat_format,
            stop=self.stop,
        )
        return Options(
            spec=spec,
            tasks=self.tasks,
            sampling=parse_sampling(self.gen_kwargs, self.seed),
            output_path=self.output_path,
            data=self.data,
            num_fewshot=self.num_fewshot,
            limit=self.limit,
            run_name=self.run,
            workers=self.workers,
            concurrency=self.concurrency,
            request_timeout=self.request_timeout,
            base_url=self.base_url,
            served_model_name=self.served_model_name,
            vllm=self.vllm,
            deterministic=self.deterministic,
            spread=self.spread if self.spread is not None else 16 * self.deterministic,
            dialect=self.dialect,
            self_repair=self.self_repair,
        )


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    defaults: RunSettings = RunSettings()
    run: Annotated[tuple[dict[str, Any], ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class BatchRun:
    """One run of a batch: what it will do, of how many tasks, and by task why a part of what was asked is left out.

    Suites keep their names, so that the run itself records which of their tasks had no data.
    """

    options: Options
    tasks: int
    missing: Mapping[str, str]


@dataclass(slots=True)
class Finished:
    """What came of a batch: the folders of the runs that ended, and a line for each thing that did not."""

    folders: list[Path] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


M = TypeVar("M", bound=BaseModel)


def read_toml(path: Path, form: type[M]) -> M:
    """A file as this form has it. Raises UserError: which file, which key, what is wrong with it."""
    try:
        return form.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is no TOML: {error}") from error
    except ValidationError as error:
        raise UserError(f"{path}: {first_error(error)}") from error


def read_batch(path: Path) -> list[Options]:
    """The runs of a file. Raises UserError: which file, which run, which key, what is wrong with it."""
    file = read_toml(path, _File)
    defaults = file.defaults.model_dump(exclude_unset=True)
    runs = []
    for number, given in enumerate(file.run, 1):
        try:
            runs.append(RunSettings.model_validate(defaults | given).options())
        except ValidationError as error:
            raise UserError(f"{path}: run {number}: {first_error(error)}") from error
        except UserError as error:
            raise UserError(f"{path}: run {number}: {error}") from error
    return runs


def survey(runs: Sequence[Options]) -> list[BatchRun]:
    """The runs without the tasks whose files are missing. Touches no network. Raises UserError.

    What only a server, a tokenizer or a fetched file can tell comes to light when the run's turn comes.
    """
    return [_surveyed(number, options) for number, options in enumerate(runs, 1)]


def _surveyed(number: int, options: Options) -> BatchRun:
    try:
        tasks = select(options.tasks)
    except UnknownTaskError as error:
        raise UserError(f"run {number}: {error}") from error
    short = [task for task in tasks if not task.prompt.fixed and len(task.prompt.shots) < options.num_fewshot]
    if short:
        written = len(short[0].prompt.shots)
        raise UserError(
            f"run {number}: num_fewshot {options.num_fewshot}: {written} exemplars are written for {short[0].name}"
        )
    missing = {task.name: reason for task in tasks if (reason := _missing(task, options.data))}
    there = len(tasks) - len(missing)
    names = [name for name in options.tasks if there and name not in missing]
    return BatchRun(replace(options, tasks=names), there, missing)


def _missing(task: Task, data: str | None) -> str:
    """Why the task's files cannot be had, empty where they can or where only fetching them would tell."""
    if data in (Place.HUB, Place.DOWNLOAD):
        return ""
    try:
        locate(task.source, data)
    except SourceError as error:
        return str(error)
    return ""


def carry_out(runs: Sequence[BatchRun], console: Console, ended: Callable[[RunSummary], None]) -> Finished:
    """Carry out the runs one after the other; one that fails does not keep the others from their turn.

    `ended` is told of every run that came to its end.
    """
    finished = Finished()
    for number, run in enumerate(runs, 1):
        name = f"run {number} ({run.options.spec.name})"
        if not run.options.tasks:
            finished.failures.append(f"{name}: none of its tasks has its data")
            continue
        try:
            with Progress(console) as progress:
                progress.say(f"{name} of {len(runs)}")
                plan = prepare(run.options)
                summary = evaluate(plan, progress)
        except UserError as error:
            finished.failures.append(f"{name}: {error}")
            continue
        ended(summary)
        finished.folders.append(plan.folder)
        if faults := sum(task.faults for task in summary.tasks):
            finished.failures.append(f"{name}: {faults} samples got no answer through no fault of the model")
    return finished
