"""Tasks that are parts of another one of the same run: asked once, with figures of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tasks.task import registry

Figured = Callable[[str, str], tuple[str, ...]]


def figured(tasks: Mapping[str, Mapping[str, Any]]) -> Figured:
    """Of a run's tasks (the `tasks` of its config): into whose figures a sample goes, by its task and id."""
    known = registry()
    parts: dict[str, list[tuple[str, Callable[[str], bool]]]] = {}
    for name, plan in tasks.items():
        task = known.get(name)
        if "part_of" in plan and task is not None and task.part is not None:
            parts.setdefault(plan["part_of"], []).append((name, task.part.holds))

    def of_sample(task: str, sample: str) -> tuple[str, ...]:
        return (task, *(name for name, holds in parts.get(task, ()) if holds(sample)))

    return of_sample
