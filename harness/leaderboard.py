"""The leaderboard: models x (task, metric), from nothing but run folders and the published figures.

Same records, same leaderboard, byte for byte: rows and columns have a fixed order, and nothing of the clock or the
machine enters.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.config import UserError
from harness.runlog import is_run
from harness.serving import PROJECT
from harness.summary import RunSummary, TaskSummary, summarise
from tasks.metrics import Estimate
from tasks.task import Task, registry

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

PUBLISHED = PROJECT / "results" / "published.csv"
# The models of the paper that a checkpoint is compared with; the closed ones were prompted in unknown ways.
SHOWN = ("LLaMA-2-Chat", "Symbol-LLM-Base", "Symbol-LLM-Instruct")

_PUBLISHED_SUITES = ("symbolic", "symbol+delegation: math reasoning", "general")

_LABELS = {"execution_accuracy": "EX", "exact_match": "EM"}


@dataclass(frozen=True, slots=True)
class Column:
    """One figure: a task's metric. `label` is the paper's name of it where it is the paper's metric."""

    task: Task
    metric: str
    label: str

    @property
    def heading(self) -> str:
        return f"{self.task.title} {self.label}"


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure in [0, 1]. `mark` says why it may not stand beside a full test set's: `partial`, `mini` or nothing."""

    estimate: Estimate
    mark: str = ""

    @property
    def text(self) -> str:
        """As printed: value x100, standard error, n, mark."""
        value = f"{100 * self.estimate.value:.2f}"
        if not self.estimate.n:
            return value
        error = "" if self.estimate.stderr is None else f" ± {100 * self.estimate.stderr:.2f}"
        return f"{value}{error} (n={self.estimate.n}{', ' + self.mark if self.mark else ''})"


@dataclass(frozen=True, slots=True)
class Row:
    """One model in one setting; `published` rows are the paper's figures, not ours."""

    model: str
    setting: str
    published: bool
    cells: dict[str, Cell]


@dataclass(frozen=True, slots=True)
class Leaderboard:
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def frame(self) -> pd.DataFrame:
        """One line a figure: model, setting, published, suite, domain, task, metric, score (x100), stderr, n, mark."""
        import pandas as pd

        lines = [
            {
                "model": row.model,
                "setting": row.setting,
                "published": row.published,
                "domain": column.task.domain,
                "task": column.task.title,
                "metric": column.label,
                "score": round(100 * cell.estimate.value, 4),
                "stderr": None if cell.estimate.stderr is None else round(100 * cell.estimate.stderr, 4),
                "n": cell.estimate.n or None,
                "mark": cell.mark,
            }
            for row in self.rows
            for column in self.columns
            if (cell := row.cells.get(column.heading))
        ]
        return pd.DataFrame(lines).astype({"n": "Int64", "stderr": "Float64"}) if lines else pd.DataFrame()

    def markdown(self) -> str:
        heads = ["Model", "Setting", *(column.heading for column in self.columns)]
        lines = [heads, ["---"] * len(heads)]
        lines += [[row.model, row.setting, *self._texts(row, "")] for row in self.rows]
        table = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        return f"# Leaderboard\n\n{table}\n\n{LEGEND}\n"

    def table(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        table = Table(title="Leaderboard", caption=LEGEND, caption_justify="left")
        table.add_column("Model", no_wrap=True)
        table.add_column("Setting")
        for column in self.columns:
            table.add_column(column.heading, justify="right")
        for row in self.rows:
            style = "dim" if row.published else "bold"
            table.add_row(*(Text(text) for text in [row.model, row.setting, *self._texts(row, "·")]), style=style)
        return table

    def _texts(self, row: Row, missing: str) -> list[str]:
        return [row.cells[column.heading].text if column.heading in row.cells else missing for column in self.columns]


LEGEND = (
    "Scores x100, ± standard error (clustered by group), n samples. published: figures of the paper's project page. "
    "partial: not the whole test set; mini: the bundled samples, not the paper's test set."
)


def build(folders: Iterable[Path], published: Path | None = PUBLISHED) -> Leaderboard:
    """The leaderboard of all runs in `folders` (run folders, or folders of them at any depth).

    Raises UserError when a folder does not exist.
    """
    runs = [summarise(folder) for folder in find_runs(folders)]
    used = {(task.name, metric) for run in runs for task in run.tasks for metric in task.estimates}
    columns = tuple(_columns(used))
    rows = sorted((_row(run, columns) for run in runs), key=lambda row: (row.model, row.setting))
    return Leaderboard(columns, (*rows, *(_published(published, columns) if published else ())))


def find_runs(folders: Iterable[Path]) -> list[Path]:
    found: set[Path] = set()
    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"{folder} does not exist: give run folders, or a folder that holds some")
        found.update(path.parent for path in folder.rglob("run.json") if is_run(path.parent))
    return sorted(found)


def _columns(used: set[tuple[str, str]]) -> Iterable[Column]:
    """The used figures, and beside a task's own metrics the paper's one, so that published rows have their place."""
    for task in registry().values():
        metrics = [metric.name for metric in task.metrics if (task.name, metric.name) in used]
        if not metrics:
            continue
        paper_label = _paper_label(task.title)
        if paper_label and task.paper_metric is None:
            yield Column(task, "", paper_label)
        for metric in metrics:
            label = paper_label if metric == task.paper_metric else None
            yield Column(task, metric, label or _LABELS.get(metric, metric))


def _row(run: RunSummary, columns: Sequence[Column]) -> Row:
    tasks = {task.name: task for task in run.tasks}
    cells = {
        column.heading: Cell(tasks[column.task.name].estimates[column.metric], _mark(tasks[column.task.name]))
        for column in columns
        if column.task.name in tasks and column.metric in tasks[column.task.name].estimates
    }
    return Row(run.model, run.setting, published=False, cells=cells)


def _mark(task: TaskSummary) -> str:
    if task.place == "bundled":
        return "mini"
    return "" if task.complete else "partial"


def _paper_label(title: str) -> str | None:
    return next((_published_label(line) for line in _published_lines(PUBLISHED) if line["task"] == title), None)


def _published_label(line: Mapping[str, str]) -> str:
    """The metric's printed name, without the file's remark in brackets."""
    return line["metric"].split(" (")[0]


def _published(path: Path, columns: Sequence[Column]) -> list[Row]:
    by_heading = {column.heading: column for column in columns}
    rows: dict[str, Row] = {}
    for line in _published_lines(path):
        heading = f"{line['task']} {_published_label(line)}"
        if line["model"] not in SHOWN or line["suite"] not in _PUBLISHED_SUITES or heading not in by_heading:
            continue
        name = f"{line['model']} {line['size']}"
        row = rows.setdefault(name, Row(name, "published", published=True, cells={}))
        # The file lists the later table (Dec 2023) first; the earlier one only fills what it lacks.
        row.cells.setdefault(heading, Cell(Estimate(float(line["score"]) / 100, None, 0)))
    return sorted(rows.values(), key=lambda row: (row.model.split()[0], int(row.model.split()[1][:-1])))


@functools.cache
def _published_lines(path: Path) -> tuple[dict[str, str], ...]:
    if not path.exists():
        return ()
    with path.open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))
