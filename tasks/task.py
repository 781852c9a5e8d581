"""The vocabulary of tasks: `Sample`, `Task`, and the registry that finds every declared task.

A task is one declaration (a module-level `Task`) in one file of this package; nothing registers it.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from executors.outcome import Outcome
from tasks.metrics import Metric
from tasks.prompt import Prompt
from tasks.source import Source

Suite: TypeAlias = Literal["symbolic", "ood", "general", "delegation"]
SUITES: tuple[Suite, ...] = ("symbolic", "ood", "general", "delegation")


@dataclass(frozen=True, slots=True)
class Sample:
    """One item of a task.

    `id` is stable over versions of the harness (upstream's own id or row number), `fields` fill the prompt, `target`
    is the gold as the official files write it, `context` what execution needs (a database, a domain, a scene), named
    by its content. Where the target is an answer and not a program, `program` may hold a gold program for it.
    Samples of one `group` (an interaction, a problem) are not independent: errors are clustered by it.
    """

    id: str
    fields: Mapping[str, str]
    target: str
    context: object | None = None
    program: str | None = None
    group: str = ""


class DataError(ValueError):
    """A data file that is missing or not what its format says: what, where, and how to mend it, on one line."""


@dataclass(frozen=True, slots=True)
class Part:
    """What makes a task a part of another one: that one's name, and which of its samples (by id) are this one's."""

    of: str
    holds: Callable[[str], bool]


def gold_target(sample: Sample) -> str:
    """The gold completion of most tasks: the gold program where there is one, else the target as it stands."""
    return sample.program if sample.program is not None else sample.target


@dataclass(frozen=True)
class Task:
    """All there is to know about one task.

    `read` turns a folder in the official layout into samples (raising `DataError`), `extract` cuts the program out of
    a completion (None: there is none), `execute` runs it. `gold` writes the completion a perfect model would write,
    `wrong` at least one that must score 0; `broken` lists the samples whose own gold cannot score, with the reason.
    `size` is the number of samples of the official test set, where it is known; `needs` names the programs that must
    be on PATH.
    `in_dialect` makes of a sample one that is answered in another dialect of the language (raising ValueError for one
    that there is not); None where there is only one dialect.
    `choices` are the only answers there are (single tokens): a server that can restrict its answer is asked for one.
    `drop_shot` makes of a sample whose prompt holds the official exemplars one with one less (None: there are none
    left), `prune` one without what its question can do without (None: nothing); a prompt too long for a model needs
    them.
    `part` says of which other task the samples are some: a run of both asks them once, and has both figures.
    `paper_metric` names the metric of the paper's table (None where the paper has no such task or metric).
    """

    name: str
    title: str  # as the paper prints it
    suites: tuple[Suite, ...]
    domain: str
    language: str
    source: Source
    read: Callable[[Path], Iterable[Sample]]
    prompt: Prompt
    extract: Callable[[str], str | None]
    execute: Callable[[str, Sample], Outcome]
    metrics: tuple[Metric, ...]
    wrong: Callable[[Sample], Sequence[str]]
    paper_metric: str | None = None
    size: int | None = None
    needs: tuple[str, ...] = ()
    gold: Callable[[Sample], str] = gold_target
    broken: Mapping[str, str] = field(default_factory=dict)
    max_tokens: int = 256
    deadline: float = 30.0  # seconds for extraction, execution and scoring of one sample; then its worker is killed
    stop: tuple[str, ...] = field(default=())
    in_dialect: Callable[[Sample, str], Sample] | None = None
    choices: tuple[str, ...] = ()
    drop_shot: Callable[[Sample], Sample | None] | None = None
    prune: Callable[[Sample], Sample | None] | None = None
    part: Part | None = None

    def metric(self, name: str) -> Metric:
        return next(metric for metric in self.metrics if metric.name == name)


class UnknownTaskError(ValueError):
    """No task or suite of that name; the message proposes the nearest ones."""


@functools.cache
def registry() -> Mapping[str, Task]:
    """Every declared task by name, in the order of the modules' names and of declaration in them."""
    tasks: dict[str, Task] = {}
    package = importlib.import_module("tasks")
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        for value in vars(importlib.import_module(f"tasks.{info.name}")).values():
            if isinstance(value, Task) and tasks.setdefault(value.name, value) is not value:
                raise ValueError(f"two tasks are called {value.name!r}; the second one is in tasks/{info.name}.py")
    return tasks


def select(names: Iterable[str]) -> list[Task]:
    """The tasks that `names` (tasks, suites or "all") stand for, each once; raises `UnknownTaskError`."""
    known = registry()
    chosen: dict[str, Task] = {}
    for name in names:
        if name in known:
            chosen[name] = known[name]
        elif name == "all":
            chosen.update(known)
        elif name in SUITES:
            chosen.update({task.name: task for task in known.values() if name in task.suites})
        else:
            near = difflib.get_close_matches(name, [*known, *SUITES, "all"], n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else "`symharness tasks` lists them all"
            raise UnknownTaskError(f"there is no task or suite called {name!r}: {hint}")
    return list(chosen.values())
