"""Which of a task's many metrics are shown where one or two must do, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.published import published_label
from tasks.metrics import Metric
from tasks.symbol_evol import standard_name
from tasks.task import SUITES, Task

# Metrics that run the program, or decide by reasoning over it, rather than read its text.
EXECUTION = frozenset(
    {
        "answer_accuracy",
        "answer_match",
        "answer_f1",
        "bash_execution",
        "canonical_match",
        "denotation_accuracy",
        "dfa_equal",
        "entailment",
        "execution_accuracy",
        "plan_success",
        "query_match",
        "semantic_equivalence",
        "solves_gold",
    }
)

_SHORT = {"execution_accuracy": "EX", "exact_match": "EM", "answer_accuracy": "accuracy", "bleu": "BLEU"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a task. `label` is the paper's name of it where it is the paper's metric."""

    task: Task
    metric: Metric
    label: str

    @property
    def title(self) -> str:
        return self.task.title

    @property
    def names(self) -> tuple[str, ...]:
        return (self.task.name,)

    @property
    def heading(self) -> str:
        return f"{self.title} {self.label}"

    @property
    def main(self) -> bool:
        return self.metric is primary(self.task)


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of the primary figures of tasks, every one alike, by their `names`. `of`: a suite, or "all"."""

    of: str
    names: tuple[str, ...]

    @property
    def title(self) -> str:
        return "Average"

    @property
    def label(self) -> str:
        return f"{self.of}, {len(self.names)} tasks"

    @property
    def heading(self) -> str:
        return f"{self.title} {self.label}"


def means(tasks: Sequence[Task]) -> list[Mean]:
    """Those of all tasks and of each suite that is another set of them, where there are several. What is a part of
    another of the tasks (a group of MMLU) counts there.
    """
    there = {task.name for task in tasks}
    whole = [task for task in tasks if task.part is None or task.part.of not in there]
    found = [Mean("all", tuple(task.name for task in whole))]
    found += [Mean(suite, tuple(task.name for task in whole if suite in task.suites)) for suite in SUITES]
    return [mean for mean in found if len(mean.names) > 1 and (mean.of == "all" or mean.names != found[0].names)]


def figure(task: Task, metric: Metric) -> Figure:
    label = published_label(task.title) if metric.name == task.paper_metric else None
    return Figure(task, metric, label or _SHORT.get(metric.name, metric.name))


def primary(task: Task) -> Metric:
    """The paper's metric, else the task's first."""
    return task.metric(task.paper_metric) if task.paper_metric else task.metrics[0]


def execution(task: Task) -> Metric | None:
    """The first metric that executes."""
    return next((metric for metric in task.metrics if metric.name in EXECUTION), None)


def in_both_forms(figures: Sequence[Figure]) -> list[tuple[Figure, Figure]]:
    """Those of a standard task and of its Symbol-evol form, in the order of the latter."""
    known = {(item.task.name, item.metric.name): item for item in figures}
    pairs = ((known.get((standard_name(item.task.name) or "", item.metric.name)), item) for item in figures)
    return [(standard, evolved) for standard, evolved in pairs if standard is not None]


def shown(task: Task) -> tuple[Figure, ...]:
    """The primary figure, and the first one by execution where that is another."""
    chosen = [primary(task)]
    if (executed := execution(task)) is not None and executed is not chosen[0]:
        chosen.append(executed)
    return tuple(figure(task, metric) for metric in chosen)


def figures(task: Task, every_metric: bool) -> tuple[Figure, ...]:
    """All of a task's figures, or those of `shown`."""
    return tuple(figure(task, metric) for metric in task.metrics) if every_metric else shown(task)
