"""What a sweep's TOML file says: models, what they are asked, and into how many parts that is cut.

    name = "nightly"
    suites = ["symbolic", "ood"]
    shards = 4

    [defaults]
    limit = 100

    [[model]]
    glob = "checkpoints/sft/step-*"

`[defaults]` and `[[model]]` take the keys of `symharness run`'s options.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from harness.batch import RunSettings, placed, read_toml
from harness.config import UserError, first_error, split_names
from harness.plan import Options, run_folder


@dataclass(frozen=True, slots=True)
class Sweep:
    """The whole runs, one a model, and how each is cut: `entries` are tasks and suites that are a unit's, `shards` the
    parts of their samples. `hosts` copies of every model answer; `cpus` and `gpus` are those of one host (None: as many
    GPUs as the model is spread over, none for vLLM's CPU build).
    """

    runs: tuple[Options, ...]
    entries: tuple[tuple[str, ...], ...]
    shards: int
    hosts: int
    cpus: float
    gpus: float | None


class _Model(RunSettings):
    """A model, or all folders that `glob` matches, or several revisions of one."""

    glob: str | None = None
    revisions: Annotated[tuple[str, ...], Field(min_length=1)] | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^\w[\w.+-]*$")] | None = None
    output_path: Annotated[Path, BeforeValidator(placed)] | None = None
    suites: Annotated[tuple[str, ...], Field(min_length=1)] = ("all",)
    shards: Annotated[int, Field(ge=1, le=10_000)] = 1
    hosts: Annotated[int, Field(ge=1)] = 1
    cpus_per_host: Annotated[float, Field(ge=0)] = 1.0
    gpus_per_host: Annotated[float, Field(ge=0)] | None = None
    defaults: RunSettings = RunSettings()
    model: Annotated[tuple[dict[str, Any], ...], Field(min_length=1)]


def read_sweep(path: Path) -> Sweep:
    """The sweep of a file. Raises UserError: which file, which model, which key, what is wrong with it."""
    file = read_toml(path, _File)
    entries = tuple(tuple(split_names(entry)) for entry in file.suites)
    if not all(entries):
        raise UserError(f"{path}: suites: an entry names no task and no suite")
    runs: list[Options] = []
    for number, given in enumerate(file.model, 1):
        try:
            runs.extend(_runs(file, given, path.stem))
        except ValidationError as error:
            raise UserError(f"{path}: model {number}: {first_error(error)}") from error
        except UserError as error:
            raise UserError(f"{path}: model {number}: {error}") from error
    tasks = tuple(name for entry in entries for name in entry)
    _check_apart(path, runs)
    runs = [replace(run, tasks=tasks) for run in runs]
    return Sweep(tuple(runs), entries, file.shards, file.hosts, file.cpus_per_host, file.gpus_per_host)


def _runs(file: _File, given: dict[str, Any], stem: str) -> Iterator[Options]:
    model = _Model.model_validate(file.defaults.model_dump(exclude_unset=True) | given)
    for key in {"tasks", "output_path"} & model.model_fields_set:
        raise UserError(f"{key}: give it once for the whole sweep, as {'suites' if key == 'tasks' else key}")
    name = model.run or file.name or re.sub(r"[^\w.+-]", "-", stem)
    if model.glob is not None and (model.model is not None or model.revisions is not None):
        raise UserError("glob: a model is given as well; one of them")
    if model.glob is not None:
        settings = [model.model_copy(update={"model": folder, "run": name}) for folder in _folders(model.glob)]
    elif model.revisions is not None:
        named = [(revision, f"{name}@{revision.replace('/', '_')}") for revision in model.revisions]
        settings = [model.model_copy(update={"revision": revision, "run": run}) for revision, run in named]
    else:
        settings = [model.model_copy(update={"run": name})]
    for each in settings:
        options = each.options()
        yield options if file.output_path is None else replace(options, output_path=file.output_path)


def _folders(pattern: str) -> list[str]:
    """The folders that match, `step-900` before `step-1000`."""
    path = Path(pattern).expanduser()
    found = [str(folder) for folder in Path(path.anchor).glob(str(path.relative_to(path.anchor))) if folder.is_dir()]
    if not found:
        raise UserError(f"glob {pattern!r}: no folder matches")
    return sorted(found, key=lambda folder: [(part.isdigit(), part.zfill(20)) for part in re.split(r"(\d+)", folder)])


def _check_apart(path: Path, runs: list[Options]) -> None:
    """Two models of one name would write to one folder."""
    seen: dict[Path, str] = {}
    for run in runs:
        other = seen.setdefault(run_folder(run, {}), run.spec.model)
        if other is not run.spec.model:
            raise UserError(
                f"{path}: {other} and {run.spec.model} (revision {run.spec.revision}) would write to "
                f"{run_folder(run, {})}: give one of them a `run` name of its own"
            )
