"""The leaderboard: models x (task, metric), from nothing but run folders and the published figures.

Same records, same leaderboard, byte for byte: rows and columns have a fixed order, and nothing of the clock or the
machine enters. All forms are made of one table of figures.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.averages import RULES, Rule, average, paper_title
from harness.config import UserError
from harness.figures import Figure, figures, in_both_forms
from harness.published import PUBLISHED, PublishedModel, published_models
from harness.runlog import runs_in
from harness.seen import shares_seen
from harness.stages import STAGES
from harness.summary import RunSummary, TaskSummary, load_summary
from harness.tables import Grid
from tasks.metrics import Estimate
from tasks.task import SUITES, registry

if TYPE_CHECKING:
    import pandas as pd

# The models of the paper that a checkpoint is compared with; the closed ones were prompted in unknown ways.
SHOWN = ("LLaMA-2-Chat", "Symbol-LLM-Base", "Symbol-LLM-Instruct")

_AVERAGES = "Averages"
_NAMED = 5  # tasks that an average lacks are named up to this many
_EXTRAPOLATION = "Symbol extrapolation"

LEGEND = (
    "Scores x100 ± half of the 95 % interval (1.96 standard errors, clustered by group), n samples.",
    "published: figures of the paper's project page, without n or error.",
    "mini: the bundled samples, not the paper's test set. partial: not the whole test set.",
    "not run: the run does not hold the task. no data: it asked a suite and had no data of this task. no answers: "
    "none of its samples was answered. undefined: no sample counts for the metric. not published: the paper has no "
    "such figure.",
    "parsed: there was a program that a solver could take. ran: to its end. answered: it came to an answer. right.",
    "Averages are of the paper's metrics over the named number of symbolic tasks, and of nothing less: k of n says how "
    "many there are, and which are lacking where they are few.",
)
_DROPS = (
    "drop: the figure less that of the same samples with random names for the task's symbols; `symharness compare RUN "
    "--evolved` pairs the samples and gives its interval.",
)
_SEEN = (
    "seen: this share of the task's samples is in the model's training data, as `symharness contamination` found it "
    "(contamination.json beside the run).",
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure in [0, 1] or the reason why there is none, in a word or two and at length. `mark` says why it may not
    stand beside a full test set's: `partial`, `mini` or nothing. `seen` is the share of its samples that is known to
    be in the training data.
    """

    estimate: Estimate | None
    mark: str = ""
    missing: str = ""
    reason: str = ""
    seen: float = 0.0

    @property
    def marks(self) -> str:
        return ", ".join(filter(None, (self.mark, f"seen {100 * self.seen:.2f} %" if self.seen else "")))

    @property
    def text(self) -> str:
        """As printed: value x100, half of the 95 % interval, n, mark."""
        if self.estimate is None:
            return self.missing
        value = f"{100 * self.estimate.value:.2f}"
        if (margin := self.estimate.margin) is not None:
            value += f" ± {100 * margin:.2f}"
        remarks = [f"n={self.estimate.n}"] if self.estimate.n else []
        remarks += [self.marks] if self.marks else []
        return value + (f" ({', '.join(remarks)})" if remarks else "")


@dataclass(frozen=True, slots=True)
class Row:
    """One model in one setting; `published` rows are the paper's figures, not ours, and of no run folder. Cells are by
    column heading, `drops` by that of the standard task's; `stages` holds the shares of answers that came to each
    stage, by task.
    """

    model: str
    setting: str
    published: bool
    cells: dict[str, Cell]
    averages: dict[str, Cell]
    drops: dict[str, Cell]
    stages: dict[str, dict[str, Cell]] = field(default_factory=dict)
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """Columns in the order of suites and domains; rows by name, the published ones last."""

    columns: tuple[Figure, ...]
    rows: tuple[Row, ...]

    def frame(self) -> pd.DataFrame:
        """One line a cell: model, setting, published, suite, domain, task, metric, score, stderr and bounds (x100), n,
        mark, and why a figure is missing. Averages are lines of the domain `Averages`, drops of `Symbol extrapolation`.
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
        """A table a suite and domain, of the rows that have a figure there, then symbol extrapolation, the averages."""
        groups: dict[tuple[str, str], list[Figure]] = {}
        for column in self.columns:
            groups.setdefault((suite(column), column.task.domain), []).append(column)
        grids = [
            self._grid(f"{of_suite}: {domain}", [(column.heading, column.heading) for column in columns], "cells")
            for (of_suite, domain), columns in groups.items()
        ]
        if (drops := self._drops()).rows:
            grids.append(drops)
        if any(suite(column) == "symbolic" for column in self.columns):
            grids.append(self._grid(_AVERAGES, [(rule.name, rule.name) for rule in RULES], "averages"))
        return grids + self._accounts() + self._holes()

    def _accounts(self) -> list[Grid]:
        """How far the answers of tasks that are delegated to a solver came, a line a model and task."""
        titles = {column.task.name: column.task.title for column in self.columns}
        rows = [
            (row.model, row.setting, title, *(cell.text for cell in row.stages[name].values()))
            for name, title in titles.items()
            for row in self.rows
            if name in row.stages
        ]
        heads = ("Model", "Setting", "Task", *(stage.name.lower() for stage in STAGES))
        return [Grid("delegation: how far answers came", heads, rows, 3)] if rows else []

    def _holes(self) -> list[Grid]:
        """What was not asked for want of data, and what is wanted."""
        rows = dict.fromkeys(
            (row.model, row.setting, column.task.title, row.cells[column.heading].reason)
            for row in self.rows
            for column in self.columns
            if row.cells[column.heading].reason
        )
        return [Grid("No data", ("Model", "Setting", "Task", "Lacking"), list(rows), 4)] if rows else []

    def captions(self) -> Sequence[str]:
        drops = any(row.drops for row in self.rows)
        seen = any(cell.seen for row in self.rows for cell in row.cells.values())
        return (*LEGEND, *(_DROPS if drops else ()), *(_SEEN if seen else ()))

    def _grid(self, title: str, columns: Sequence[tuple[str, str]], kind: str) -> Grid:
        rows: list[tuple[str, ...]] = []
        quiet: set[int] = set()
        for row in self.rows:
            cells: dict[str, Cell] = getattr(row, kind)
            if kind == "cells" and not any(cells[key].estimate or cells[key].reason for key, _ in columns):
                continue
            if row.published:
                quiet.add(len(rows))
            rows.append((row.model, row.setting, *(cells[key].text for key, _ in columns)))
        return Grid(title, ("Model", "Setting", *(head for _, head in columns)), rows, 2, frozenset(quiet))

    def _drops(self) -> Grid:
        """A line a model and figure that it has in both forms."""
        rows = [
            (
                *(row.model, row.setting, standard.task.title, standard.label),
                *(cell.text for cell in (row.cells[standard.heading], row.cells[evolved.heading], drop)),
            )
            for row in self.rows
            for standard, evolved in in_both_forms(self.columns)
            if (drop := row.drops.get(standard.heading)) is not None
        ]
        return Grid(_EXTRAPOLATION, ("Model", "Setting", "Task", "Metric", "standard", "evolved", "drop"), rows, 4)

    def _lines(self) -> Iterator[tuple[Any, ...]]:
        heads = [
            (column.heading, (suite(column), column.task.domain, column.task.title, column.label))
            for column in self.columns
        ]
        standards = [standard for standard, _ in in_both_forms(self.columns)]
        for row in self.rows:
            who = (row.model, row.setting, row.published)
            for heading, what in heads:
                yield (*who, *what, *_numbers(row.cells[heading]))
            for task, stages in row.stages.items():
                named = registry()[task]
                for stage, cell in stages.items():
                    yield (*who, "delegation", named.domain, named.title, f"share {stage}", *_numbers(cell))
            for column in standards:
                if column.heading in row.drops:
                    what = ("ood", _EXTRAPOLATION, column.task.title, f"{column.label} drop")
                    yield (*who, *what, *_numbers(row.drops[column.heading]))
            for name, cell in row.averages.items():
                yield (*who, "symbolic", _AVERAGES, name, "mixed", *_numbers(cell))


def _numbers(cell: Cell) -> tuple[Any, ...]:
    estimate = cell.estimate
    if estimate is None:
        missing = f"{cell.missing}: {cell.reason}" if cell.reason else cell.missing
        return None, None, None, None, None, cell.marks, missing
    score, n = round(100 * estimate.value, 4), estimate.n or None
    if estimate.stderr is None or (margin := estimate.margin) is None:
        return score, None, None, None, n, cell.marks, ""
    low, high = max(0.0, estimate.value - margin), min(1.0, estimate.value + margin)
    return score, round(100 * estimate.stderr, 4), round(100 * low, 4), round(100 * high, 4), n, cell.marks, ""


def suite(column: Figure) -> str:
    """The suite under which a task is shown: its first one."""
    return column.task.suites[0]


def build(folders: Iterable[Path], published: Path | None = PUBLISHED, every_metric: bool = False) -> Leaderboard:
    """The leaderboard of all runs in `folders` (run folders, or folders of them at any depth), of the main figures or
    of every metric.

    Raises UserError when a folder does not exist.
    """
    with _no_collection():
        views = [view for folder in find_runs(folders) for view in load_summary(folder).views()]
        return _build(views, published, every_metric)


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
    names = {name for run in runs for name in (*(task.name for task in run.tasks), *run.no_data)}
    columns = tuple(_columns(names, every_metric))
    models = [model for model in published_models(published) if model.model in SHOWN] if published else []
    paper = [row for model in models if (row := _published(model, columns)) is not None]
    return Leaderboard(columns, (*_rows(runs, columns), *paper))


def find_runs(folders: Iterable[Path]) -> list[Path]:
    found: set[Path] = set()
    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"{folder} does not exist: give run folders, or a folder that holds some")
        found.update(runs_in(folder))
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
    papers = {column.task.name: column.heading for column in columns if column.main}
    rows = []
    for run in runs:
        setting = run.setting + (f", run {run.folder.name}" if alike[run.model, run.setting] > 1 else "")
        tasks = {task.name: task for task in run.tasks}
        seen = shares_seen(run.folder)
        cells = {heading: _cell(run, tasks.get(task), task, metric, seen) for heading, task, metric in places}
        paper = {name: cells[heading] for name, heading in papers.items() if name in tasks}
        averages = {rule.name: _average(rule, paper) for rule in RULES}
        stages = {task.name: _stages(task) for task in run.tasks if task.stages}
        drops = _drops(cells, columns)
        rows.append(Row(run.model, setting, False, cells, averages, drops, stages, run.folder))
    return sorted(rows, key=lambda row: (row.model, row.setting))


def _drops(cells: dict[str, Cell], columns: Sequence[Figure]) -> dict[str, Cell]:
    """By the standard figure's heading, where there is one in both forms; their error is not that of a difference."""
    found: dict[str, Cell] = {}
    for standard, evolved in in_both_forms(columns):
        before, after = cells[standard.heading], cells[evolved.heading]
        if before.estimate is not None and after.estimate is not None:
            n, same = before.estimate.n, before.estimate.n == after.estimate.n
            drop = Estimate(before.estimate.value - after.estimate.value, None, n) if same else None
            missing = "" if same else "not of the same samples"
            found[standard.heading] = Cell(drop, before.mark, missing, seen=max(before.seen, after.seen))
    return found


_NOT_RUN = Cell(None, missing="not run")


def _cell(
    run: RunSummary, task: TaskSummary | None, name: str, metric: str, seen: Mapping[tuple[str, str], float]
) -> Cell:
    if task is None:
        lacking = run.no_data.get(name)
        return _NOT_RUN if lacking is None else Cell(None, missing="no data", reason=lacking)
    estimate = task.estimates.get(metric)
    if estimate is None:
        return Cell(None, missing="undefined" if task.n else "no answers")
    return Cell(estimate, task.mark, seen=seen.get((task.name, task.place), 0.0))


def _stages(task: TaskSummary) -> dict[str, Cell]:
    """The share of its answers that came to each stage."""
    return {stage: Cell(Estimate(count / task.n, None, task.n), task.mark) for stage, count in task.stages.items()}


def _average(rule: Rule, paper: dict[str, Cell]) -> Cell:
    """Of a run's cells of the paper's metrics, by task name; marked like the worst of them."""
    there = {task.name: paper[task.name] for task in rule.tasks if task.name in paper}
    scores = {name: cell.estimate.value for name, cell in there.items() if cell.estimate is not None}
    marks = {cell.mark for cell in there.values()}
    remarks = [mark for mark in ("mini", "partial") if mark in marks]
    seen = ["seen in part"] if any(cell.seen for cell in there.values()) else []
    return average_cell(rule, scores, ", ".join([*remarks, *seen, *rule.stand_ins]))


def average_cell(rule: Rule, scores: dict[str, float], mark: str = "") -> Cell:
    """The rule's average of scores by task name; where tasks are lacking, how many and, if few, which."""
    found = average(rule, scores)
    if found.value is None:
        lacking = [task.title for task in rule.tasks if task.name not in scores]
        named = f", without {', '.join(lacking)}" if len(lacking) <= _NAMED else ""
        return Cell(None, missing=f"{found.there} of {found.asked}{named}")
    return Cell(Estimate(found.value, None, 0), mark)


def _published(model: PublishedModel, columns: Sequence[Figure]) -> Row | None:
    """The model's figures of these columns, if it has any."""
    cells = {column.heading: _published_cell(model, column) for column in columns}
    if all(cell.estimate is None for cell in cells.values()):
        return None
    averages = {
        rule.name: average_cell(
            rule, {t.name: model.scores[title] for t in rule.tasks if (title := paper_title(t)) in model.scores}
        )
        for rule in RULES
    }
    return Row(model.name, "published", True, cells, averages, {})


def _published_cell(model: PublishedModel, column: Figure) -> Cell:
    score = model.scores.get(column.task.title)
    if score is None or column.metric.name != column.task.paper_metric:
        return Cell(None, missing="not published")
    return Cell(Estimate(score, None, 0))
