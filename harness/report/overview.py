"""What the site says of all models: the leaderboard of every metric, and the scores that its pictures average."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.averages import RULES, paper_title
from harness.figures import EXECUTION, figure, primary, shown
from harness.leaderboard import Cell, Leaderboard, Row, suite
from harness.published import PublishedModel
from tasks.task import SUITES, Task, registry

# Parts of MMLU-Average: the paper's average of its general tasks is that of MMLU and BBH.
_PARTS = frozenset({"MMLU-Humanities", "MMLU-SocialSciences", "MMLU-STEM", "MMLU-Others"})


def overview(board: Leaderboard, keys: Mapping[Path, str], published: list[PublishedModel]) -> dict[str, Any]:
    """Columns, rows (cells in the order of columns) and pictures; `keys` name the run folders.

    A cell is [value, standard error, n, mark], the first two x100, or a text that says why there is none.
    """
    return {
        "suites": SUITES,
        "rules": [rule.name for rule in RULES],
        "legend": board.captions(),
        "columns": [
            {
                "task": column.task.name,
                "title": column.task.title,
                "suite": suite(column),
                "domain": column.task.domain,
                "metric": column.metric.name,
                "label": column.label,
                "main": column in shown(column.task),
                "paper": column.metric.name == column.task.paper_metric,
                "execution": column.metric.name in EXECUTION,
            }
            for column in board.columns
        ],
        "rows": [
            {
                "model": row.model,
                "setting": row.setting,
                "published": row.published,
                "run": None if row.folder is None else keys[row.folder],
                "cells": [_cell(row.cells[column.heading]) for column in board.columns],
                "averages": [_cell(row.averages[rule.name]) for rule in RULES],
            }
            for row in board.rows
        ],
        "pictures": _pictures(board, keys, published),
    }


def _cell(cell: Cell) -> list[Any] | str:
    if (found := cell.estimate) is None:
        return cell.missing
    return [_hundredfold(found.value), _hundredfold(found.stderr), found.n, cell.mark]


def _hundredfold(value: float | None) -> float | None:
    return None if value is None else round(100 * value, 4)


def _pictures(board: Leaderboard, keys: Mapping[Path, str], published: list[PublishedModel]) -> dict[str, Any]:
    """Every model's primary figure of every task: averages are of the tasks that all models in a picture have."""
    tasks = [task for task in registry().values() if task.title not in _PARTS]
    models: list[dict[str, Any]] = [
        {
            "name": row.model,
            "setting": row.setting,
            "run": keys[row.folder],
            "mark": _marks(row),
            "scores": [_ours(row.cells.get(figure(task, primary(task)).heading)) for task in tasks],
        }
        for row in board.rows
        if row.folder is not None
    ]
    models += [
        {
            "name": model.name,
            "setting": "published",
            "run": None,
            "mark": "",
            "scores": [_papers(model, task) for task in tasks],
        }
        for model in published
    ]
    return {"tasks": [{"title": task.title, "suites": task.suites} for task in tasks], "models": models}


def _papers(model: PublishedModel, task: Task) -> float | None:
    """A symbolic task that stands in for one of the paper's takes its place, as in the averages."""
    if "symbolic" in task.suites:
        return _hundredfold(model.scores.get(paper_title(task)))
    return _hundredfold(model.scores.get(task.title)) if task.paper_metric else None


def _marks(row: Row) -> str:
    """Why this model's averages may not stand beside those of full test sets."""
    marks = {cell.mark for cell in row.cells.values()}
    return ", ".join(mark for mark in ("mini", "partial") if mark in marks)


def _ours(cell: Cell | None) -> float | None:
    return None if cell is None or cell.estimate is None else _hundredfold(cell.estimate.value)
