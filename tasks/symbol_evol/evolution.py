"""A task whose symbols have random names: in what its prompt defines, in the gold, so in what a model must write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from executors.outcome import Outcome
from tasks.metrics import Metric, Statistics
from tasks.prompt import Prompt, Shot
from tasks.symbol_evol.renaming import Renaming, legend
from tasks.task import Sample, Task

SUFFIX = "_evol"


def unchanged(fields: Mapping[str, str], renaming: Renaming) -> Mapping[str, str]:
    """The fields of a prompt that names no symbol outside of its legend."""
    return fields


@dataclass(frozen=True)
class Evolution:
    """How the symbols of one language are renamed.

    `symbols` lists those that a sample's prompt defines. `rename` writes a program (old names) with the new ones,
    `fields` the fields of the prompt; both hand on what they cannot read. `read_back` writes what a model wrote with
    the old names, or says why it is no program of the renamed language. `template` is the prompt, with `legend` (what
    each new name means, by `legend`) among its fields. `extract` stands in for the standard task's where that one
    knows programs by their symbols.
    """

    symbols: Callable[[Sample], Sequence[str]]
    rename: Callable[[str, Renaming], str]
    read_back: Callable[[str, Renaming], str | Outcome]
    template: str
    fields: Callable[[Mapping[str, str], Renaming], Mapping[str, str]] = unchanged
    legend: Callable[[Renaming], str] = legend
    extract: Callable[[str], str | None] | None = None
    any_case: bool = False


@dataclass(frozen=True, slots=True)
class Evolved:
    """The context of an evolved sample: the sample as it was, and what its symbols are called now."""

    standard: Sample
    renaming: Renaming


def context_of(sample: Sample) -> Evolved:
    assert isinstance(sample.context, Evolved)
    return sample.context


def evolve_sample(name: str, evolution: Evolution, sample: Sample, seed: int = 0) -> Sample:
    """`sample` of the task `name` with its symbols renamed, for the prompt of the evolved task; same id and group."""
    texts = [*sample.fields.values(), sample.target, sample.program or ""]
    renaming = Renaming.draw(
        evolution.symbols(sample), f"{name}\0{sample.id}\0{seed}", "\0".join(texts), evolution.any_case
    )
    return replace(
        sample,
        fields={**evolution.fields(sample.fields, renaming), "legend": evolution.legend(renaming)},
        target=evolution.rename(sample.target, renaming),
        program=None if sample.program is None else evolution.rename(sample.program, renaming),
        context=Evolved(sample, renaming),
    )


def evolved_task(task: Task, evolution: Evolution, seed: int = 0) -> Task:
    """`task` with its symbols renamed, sample by sample: same data, executor and metrics, on what is read back."""
    shots = (Sample(f"shot-{number}", shot.fields, shot.answer) for number, shot in enumerate(task.prompt.shots))
    renamed = (evolve_sample(task.name, evolution, shot, seed) for shot in shots)
    return replace(
        task,
        name=task.name + SUFFIX,
        title=f"{task.title} (Symbol-evol)",
        suites=("ood",),
        read=partial(_read, task, evolution, seed),
        prompt=Prompt(evolution.template, tuple(Shot(shot.fields, shot.target) for shot in renamed)),
        extract=evolution.extract or task.extract,
        execute=partial(_execute, task, evolution),
        metrics=tuple(replace(metric, measure=partial(_measure, metric, evolution)) for metric in task.metrics),
        wrong=partial(_wrong, task, evolution),
        gold=partial(_gold, task, evolution),
        in_dialect=None if task.in_dialect is None else partial(_in_dialect, task),
        paper_metric=None,
    )


def _read(task: Task, evolution: Evolution, seed: int, folder: Path) -> Iterator[Sample]:
    return (evolve_sample(task.name, evolution, sample, seed) for sample in task.read(folder))


def _execute(task: Task, evolution: Evolution, program: str, sample: Sample) -> Outcome:
    text = evolution.read_back(program, context_of(sample).renaming)
    return text if isinstance(text, Outcome) else task.execute(text, context_of(sample).standard)


def _measure(metric: Metric, evolution: Evolution, sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    text = None if program is None else evolution.read_back(program, context_of(sample).renaming)
    return metric.measure(context_of(sample).standard, None if isinstance(text, Outcome) else text, outcome)


def _gold(task: Task, evolution: Evolution, sample: Sample) -> str:
    return evolution.rename(task.gold(context_of(sample).standard), context_of(sample).renaming)


def _wrong(task: Task, evolution: Evolution, sample: Sample) -> list[str]:
    """The standard task's wrong answers in the new names, and its right one in the old names."""
    standard, renaming = context_of(sample).standard, context_of(sample).renaming
    answers = [evolution.rename(answer, renaming) for answer in task.wrong(standard)]
    gold = task.gold(standard)
    return [*answers, gold] if gold != _gold(task, evolution, sample) else answers


def _in_dialect(task: Task, sample: Sample, dialect: str) -> Sample:
    assert task.in_dialect is not None
    context = context_of(sample)
    return replace(sample, context=replace(context, standard=task.in_dialect(context.standard, dialect)))
