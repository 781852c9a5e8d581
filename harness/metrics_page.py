"""Every metric of every task with its definition, as a page: `symharness metrics`, whose output is docs/metrics.md."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from typing import TypeAlias

import tasks.bleu
from tasks.metrics import Aggregate, Metric
from tasks.task import Task, registry

_HEAD = """# Metrics

Written by `symharness metrics -o docs/metrics.md` from the tasks' declarations; a test compares it with them.

All values are in [0, 1], higher is better, and are printed x100. **Bold** is the metric of the paper's table. *Whose*:
`paper`, `official` (the data set's own scorer) or `ours`. *Rests on*: `found` (seen in a source), `derived` (computed
from seen facts), `missing` (nothing could be found, so that this is the most likely reading).
"""

# Metrics that are one and the same are one line, with all of their tasks.
_Row: TypeAlias = tuple[str, str, str, str, str, bool]


def metrics_page() -> str:
    """The page, in Markdown."""
    domains: dict[str, list[Task]] = {}
    for task in registry().values():
        domains.setdefault(task.domain, []).append(task)
    return "\n".join([_HEAD, *(_domain(name, members) for name, members in domains.items()), _aggregates()])


def _domain(name: str, members: list[Task]) -> str:
    rows: dict[_Row, list[str]] = {}
    for task in members:
        for metric in task.metrics:
            rows.setdefault(_row(task, metric), []).append(task.title)
    lines = [
        f"## {name}",
        "",
        "| metric | tasks | whose | rests on | aggregate | definition |",
        "| :--- | :--- | :--- | :--- | :--- | :--- |",
    ]
    for (metric_name, whose, standing, aggregate, source, is_papers), titles in rows.items():
        shown = f"**`{metric_name}`**" if is_papers else f"`{metric_name}`"
        cells = (shown, ", ".join(titles), whose, standing, aggregate, source)
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join([*lines, ""])


def _row(task: Task, metric: Metric) -> _Row:
    paper = metric.name == task.paper_metric
    return metric.name, metric.origin, metric.standing, _name(metric.aggregate), metric.source, paper


def _name(aggregate: Aggregate) -> str:
    if isinstance(aggregate, functools.partial):
        return f"{aggregate.func.__module__.removeprefix('tasks.')} {', '.join(map(str, aggregate.args))}"
    return str(getattr(aggregate, "__name__", aggregate)).removeprefix("_")


def _aggregates() -> str:
    """What the aggregates do, in the first sentences of their own words."""
    found: dict[str, str] = {}
    for task in registry().values():
        for metric in task.metrics:
            function = metric.aggregate.func if isinstance(metric.aggregate, functools.partial) else metric.aggregate
            found.setdefault(_name(metric.aggregate), " ".join(_first_paragraph(inspect.getdoc(function) or "")))
    lines = [f"- **{name}**: {text}" for name, text in sorted(found.items()) if not name.startswith("bleu ")]
    return "\n".join(["## Aggregates", "", *lines, "", "## BLEU", "", inspect.getdoc(tasks.bleu) or "", ""])


def _first_paragraph(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if not line.strip():
            return
        yield line.strip()
