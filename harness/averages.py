"""The averages of the paper's tables, each by its own rule: they are over different sets of tasks.

Recomputed from the printed cells: the open models' averages of Dec 2023 are over all 34 symbolic tasks, the closed
models' over the 30 without Planning; those of Nov 2023 are over the 31 without Math, the closed models' over 27.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass

from harness.published import published_label
from tasks.task import Task, registry


@dataclass(frozen=True)
class Rule:
    """A mean over the symbolic tasks less those of some domains."""

    name: str
    without: frozenset[str] = frozenset()

    @functools.cached_property
    def tasks(self) -> tuple[Task, ...]:
        return tuple(task for task in symbolic_tasks() if task.domain not in self.without)

    @functools.cached_property
    def stand_ins(self) -> tuple[str, ...]:
        """Titles of the tasks whose test set is not the paper's, which nobody has."""
        return tuple(task.title for task in self.tasks if paper_title(task) != task.title)


RULES = (
    Rule("34 tasks"),
    Rule("31 without Math", frozenset({"Math"})),
    Rule("30 without Planning", frozenset({"Planning"})),
    Rule("27 without both", frozenset({"Math", "Planning"})),
)


@dataclass(frozen=True, slots=True)
class Average:
    """A mean in [0, 1] of `there` of the rule's `asked` tasks; there is none unless all of them are there."""

    value: float | None
    there: int
    asked: int


def average(rule: Rule, scores: Mapping[str, float]) -> Average:
    """The rule's average of scores by task name: never over holes."""
    names = [task.name for task in rule.tasks]
    found = [scores[name] for name in names if name in scores]
    whole = len(found) == len(names)
    return Average(math.fsum(found) / len(found) if whole else None, len(found), len(names))


def paper_title(task: Task) -> str:
    """The title in the paper's table of which this symbolic task is, or stands in for: other rows of the same kind say
    whose they are in brackets."""
    return task.title if published_label(task.title) else task.title.split(" (")[0]


@functools.cache
def symbolic_tasks() -> tuple[Task, ...]:
    """The 34 tasks of the paper's symbolic table."""
    return tuple(task for task in registry().values() if "symbolic" in task.suites)
