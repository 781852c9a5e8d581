"""The leaderboard: models x (task, metric), from nothing but run folders and the published figures.

Same records, same leaderboard, byte for byte: rows and columns have a fixed order, and nothing of the clock or the
machine enters. All forms are made of one table of figures.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.averages import RULES, Rule, average, paper_title
from harness.config import UserError
from harness.figures import Figure, figures, primary
from harness.published import PUBLISHED, PublishedModel, published_models
from harness.runlog import is_run
from harness.summary import RunSummary, TaskSummary, load_summary
from harness.tables import Grid
from tasks.metrics import Estimate
from tasks.task import SUITES, registry

if TYPE_CHECKING:
    import pandas as pd

# The models of the paper that a checkpoint is compared with; the closed ones were prompted in unknown ways.
SHOWN = ("LLaMA-2-Chat", "Symbol-LLM-Base", "Symbol-LLM-Instruct")

_NORMAL_95 = 1.959963984540054
_AVERAGES = "Averages"

LEGEND = (
    "Scores x100 ± half of the 95 % interval (1.96 standard errors, clustered by group), n samples.",
    "published: figures of the paper's project page, without n or error.",
    "mini: the bundled samples, not the paper's test set. partial: not the whole test set.",
    "not run: the run does not hold the task. no answers: none of its samples was answered. undefined: no sample "
    "counts for the metric. not published: the paper has no such figure.",
    "Averages are of the paper's metrics over the named number of symbolic tasks, and of nothing less: k of n says how "
    "many there are.",
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure in [0, 1] or the reason why there is none. `mark` says why it may not stand beside a full test set's:
    `partial`, `mini` or nothing.
    """

    estimate: Estimate | None
    mark: str = ""
    missing: str = ""

    @property
    def text(self) -> str:
        """As printed: value x100, half of the 95 % interval, n, mark."""
        if self.estimate is None:
            return self.missing
        value = f"{100 * self.estimate.value:.2f}"
        if self.estimate.stderr is not None:
            value += f" ± {100 * _NORMAL_95 * self.estimate.stderr:.2f}"
        remarks = [f"n={self.estimate.n}"] if self.estimate.n else []
        remarks += [self.mark] if self.mark else []
        return value + (f" ({', '.join(remarks)})" if remarks else "")


@dataclass(frozen=True, slots=True)
class Row:
    """One model in one setting; `published` rows are the paper's figures, not ours, and of no run folder. Cells are by
    column heading.
    """

    model: str
    setting: str
    published: bool
    cells: dict[str, Cell]
    averages: dict[str, Cell]
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """Columns in the order of suites and domains; rows by name, the published ones last."""

    columns: tuple[Figure, ...]
    rows: tuple[Row, ...]

    def frame(self) -> pd.DataFrame:
        """One line a cell: model, setting, published, suite, domain, task, metric, score, stderr and bounds (x100), n,
        mark, and why a figure is missing. Averages are lines of the domain `Averages`.
        """
        import pandas as pd

        columns = ["model", "setting", "published", "suite", "domain", "task", "metric"]
        columns += ["score", "stderr", "low", "high", "n", "mark", "missing"]
        frame = pd.DataFrame(list(self._lines()), columns=columns)
        return frame.astype({"n": "Int64"} | dict.fromkeys(("score", "stderr", "low", "high"), "Float64"))

    def json(self) -> str:
        text: str = self.frame().to_json(orient="records", indent=1, force_ascii=False, double_precision=10)
        return text + "\n"

    def grids(self) -> list[Grid]:
        """A table a suite and domain, of the rows that have a figure there, then the averages."""
        groups: dict[tuple[str, str], list[Figure]] = {}
        for column in self.columns:
            groups.setdefault((suite(column), column.task.domain), []).append(column)
        grids = [
            self._grid(f"{of_suite}: {domain}", [(column.heading, column.heading) for column in columns], "cells")
            for (of_suite, domain), columns in groups.items()
        ]
        if any(suite(column) == "symbolic" for column in self.columns):
            grids.append(self._grid(_AVERAGES, [(rule.name, rule.name) for rule in RULES], "averages"))
        return grids

    def captions(self) -> Sequence[str]:
        return LEGEND

    def _grid(self, title: str, columns: Sequence[tuple[str, str]], kind: str) -> Grid:
        rows: list[tuple[str, ...]] = []
        quiet: set[int] = set()
        for row in self.rows:
            cells: dict[str, Cell] = getattr(row, kind)
            if kind == "cells" and all(cells[key].estimate is None for key, _ in columns):
                continue
            if row.published:
                quiet.add(len(rows))
            rows.append((row.model, row.setting, *(cells[key].text for key, _ in columns)))
        return Grid(title, ("Model", "Setting", *(head for _, head in columns)), rows, 2, frozenset(quiet))

    def _lines(self) -> Iterator[tuple[Any, ...]]:
        heads = [
            (column.heading, (suite(column), column.task.domain, column.task.title, column.label))
            for column in self.columns
        ]
        for row in self.rows:
            who = (row.model, row.setting, row.published)
            for heading, what in heads:
                yield (*who, *what, *_numbers(row.cells[heading]))
            for name, cell in row.averages.items():
                yield (*who, "symbolic", _AVERAGES, name, "mixed", *_numbers(cell))


def _numbers(cell: Cell) -> tuple[Any, ...]:
    estimate = cell.estimate
    if estimate is None:
        return None, None, None, None, None, cell.mark, cell.missing
    score, n = round(100 * estimate.value, 4), estimate.n or None
    if estimate.stderr is None:
        return score, None, None, None, n, cell.mark, ""
    margin = _NORMAL_95 * estimate.stderr
    low, high = max(0.0, estimate.value - margin), min(1.0, estimate.value + margin)
    return score, round(100 * estimate.stderr, 4), round(100 * low, 4), round(100 * high, 4), n, cell.mark, ""


def suite(column: Figure) -> str:
    """The suite under which a task is shown: its first one."""
    return column.task.suites[0]


def build(folders: Iterable[Path], published: Path | None = PUBLISHED, every_metric: bool = False) -> Leaderboard:
    """The leaderboard of all runs in `folders` (run folders, or folders of them at any depth), of the main figures or
    of every metric.

    Raises UserError when a folder does not exist.
    """
    with _no_collection():
        return _build([load_summary(folder) for folder in find_runs(folders)], published, every_metric)


@contextmanager
def _no_collection() -> Iterator[None]:
    """A million small objects that all stay: to search them for garbage again and again takes a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _build(runs: Sequence[RunSummary], published: Path | None, every_metric: bool) -> Leaderboard:
    columns = tuple(_columns({task.name for run in runs for task in run.tasks}, every_metric))
    models = [model for model in published_models(published) if model.model in SHOWN] if published else []
    paper = [row for model in models if (row := _published(model, columns)) is not None]
    return Leaderboard(columns, (*_rows(runs, columns), *paper))


def find_runs(folders: Iterable[Path]) -> list[Path]:
    found: set[Path] = set()
    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"{folder} does not exist: give run folders, or a folder that holds some")
        found.update(path.parent for path in folder.rglob("run.json") if is_run(path.parent))
    return sorted(found)


def _columns(names: set[str], every_metric: bool) -> Iterator[Figure]:
    """The figures of these tasks, by suite, by domain, in the registry's order."""
    tasks = [task for task in registry().values() if task.name in names]
    domains = list(dict.fromkeys(task.domain for task in tasks))
    for task in sorted(tasks, key=lambda task: (SUITES.index(task.suites[0]), domains.index(task.domain))):
        yield from figures(task, every_metric)


def _rows(runs: Sequence[RunSummary], columns: Sequence[Figure]) -> list[Row]:
    """By model and setting; where several runs have the same, the setting names the run."""
    alike = Counter((run.model, run.setting) for run in runs)
    places = [(column.heading, column.task.name, column.metric.name) for column in columns]
    papers = {column.task.name: column.heading for column in columns if column.metric is primary(column.task)}
    rows = []
    for run in runs:
        setting = run.setting + (f", run {run.folder.name}" if alike[run.model, run.setting] > 1 else "")
        tasks = {task.name: task for task in run.tasks}
        cells = {heading: _cell(tasks.get(task), metric) for heading, task, metric in places}
        paper = {name: cells[heading] for name, heading in papers.items() if name in tasks}
        averages = {rule.name: _average(rule, paper) for rule in RULES}
        rows.append(Row(run.model, setting, False, cells, averages, run.folder))
    return sorted(rows, key=lambda row: (row.model, row.setting))


_NOT_RUN = Cell(None, missing="not run")


def _cell(task: TaskSummary | None, metric: str) -> Cell:
    if task is None:
        return _NOT_RUN
    estimate = task.estimates.get(metric)
    if estimate is None:
        return Cell(None, missing="undefined" if task.n else "no answers")
    if task.place == "bundled":
        return Cell(estimate, "mini")
    return Cell(estimate, "" if task.complete else "partial")


def _average(rule: Rule, paper: dict[str, Cell]) -> Cell:
    """Of a run's cells of the paper's metrics, by task name; marked like the worst of them."""
    there = {task.name: paper[task.name] for task in rule.tasks if task.name in paper}
    scores = {name: cell.estimate.value for name, cell in there.items() if cell.estimate is not None}
    marks = {cell.mark for cell in there.values()}
    remarks = [mark for mark in ("mini", "partial") if mark in marks]
    return _average_cell(rule, scores, ", ".join([*remarks, *rule.stand_ins]))


def _average_cell(rule: Rule, scores: dict[str, float], mark: str = "") -> Cell:
    found = average(rule, scores)
    if found.value is None:
        return Cell(None, missing=f"{found.there} of {found.asked}")
    return Cell(Estimate(found.value, None, 0), mark)


def _published(model: PublishedModel, columns: Sequence[Figure]) -> Row | None:
    """The model's figures of these columns, if it has any."""
    cells = {column.heading: _published_cell(model, column) for column in columns}
    if all(cell.estimate is None for cell in cells.values()):
        return None
    averages = {
        rule.name: _average_cell(
            rule, {t.name: model.scores[title] for t in rule.tasks if (title := paper_title(t)) in model.scores}
        )
        for rule in RULES
    }
    return Row(model.name, "published", True, cells, averages)


def _published_cell(model: PublishedModel, column: Figure) -> Cell:
    score = model.scores.get(column.task.title)
    if score is None or column.metric.name != column.task.paper_metric:
        return Cell(None, missing="not published")
    return Cell(Estimate(score, None, 0))
