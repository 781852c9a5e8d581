"""`symharness site`: run folders as a static site.

The same runs give the same bytes. `data/` holds an overview, an index a sheet (task and data set), and chunks of
samples: prompts and gold once, answers for each run. Chunks of all runs of a sheet hold the same samples.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from harness.config import UserError
from harness.curves.report import Curves
from harness.gold import samples_of
from harness.leaderboard import SHOWN, Leaderboard, build
from harness.published import PUBLISHED, published_models
from harness.report.curves import curve_data, curves_of
from harness.report.entry import shown_gold
from harness.report.overview import overview
from harness.report.sheets import Sheet, Spool, collect
from harness.report.template import template

CHUNK = 250
MARKER = "symharness-site.txt"

_NO_GOLD = "The gold is not at hand: build the site with --data and the data of the run."

_PACKAGE = Path(__file__).parent
# In the order in which they build on each other.
_SCRIPTS = ("core.js", "paint.js", "overview.js", "pictures.js", "task.js", "sample.js", "curves.js", "main.js")
_STYLE = "site.css"


@dataclass(frozen=True, slots=True)
class Built:
    """A site: where it is, and how many answers and bytes it holds."""

    folder: Path
    answers: int
    size: int


def is_site(folder: Path) -> bool:
    return (folder / MARKER).is_file()


def build_site(folders: Sequence[Path], target: Path, data: str | None = None, published: bool = True) -> Built:
    """Write the site of all runs in `folders` to `target`, in place of the site that is there.

    Raises UserError when there is no run, or `target` holds something else than a site.
    """
    if target.exists() and not is_site(target) and (not target.is_dir() or any(target.iterdir())):
        raise UserError(f"{target} is not a site of ours: give -o another folder, or an empty one")
    scratch = target.with_name(f"{target.name}.new")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        answers = _write(folders, scratch, data, published)
        shutil.rmtree(target, ignore_errors=True)
        scratch.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Built(target, answers, sum(path.stat().st_size for path in target.rglob("*") if path.is_file()))


def _write(folders: Sequence[Path], target: Path, data: str | None, published: bool) -> int:
    board = build(folders, PUBLISHED if published else None, every_metric=True)
    keys = _keys([row.folder for row in board.rows if row.folder is not None])
    if not keys:
        raise UserError(f"{', '.join(map(str, folders))}: no run there; make one with symharness run")
    models = [model for model in published_models() if model.model in SHOWN] if published else []
    content = overview(board, keys, models)
    names = {row["run"]: [row["model"], row["setting"]] for row in content["rows"] if row["run"]}
    with Spool() as spool:
        sheets = collect({key: folder for folder, key in keys.items()}, spool)
        for key, sheet in sheets.items():
            _write_sheet(target, key, sheet, names, spool, data)
    content["sheets"] = [_sheet_line(key, sheet) for key, sheet in sheets.items()]
    _put(target, "overview", json.dumps(content, separators=(",", ":")))
    curves = curves_of(list(keys), models)
    if curves is not None:
        _put(target, "curves", json.dumps(curve_data(curves, keys), separators=(",", ":")))
    _write_page(target, board, curves)
    return sum(len(column.entries) for sheet in sheets.values() for column in sheet.columns.values())


def _keys(folders: Sequence[Path]) -> dict[Path, str]:
    """Short names of run folders that may stand in a path and in an address: their last two folders', numbered where
    two are alike.
    """
    keys: dict[Path, str] = {}
    for folder in sorted(folders):
        name = re.sub(r"[^A-Za-z0-9.]+", "-", "-".join(folder.resolve().parts[-2:])).strip("-.") or "run"
        alike = (f"{name}-{number}" for number in range(2, len(folders) + 2))
        keys[folder] = name if name not in keys.values() else next(key for key in alike if key not in keys.values())
    return keys


def _sheet_line(key: str, sheet: Sheet) -> dict[str, Any]:
    task = sheet.task
    return {
        "key": key,
        "task": task.name,
        "title": task.title,
        "suites": task.suites,
        "domain": task.domain,
        "place": sheet.place,
        "runs": list(sheet.columns),
        "samples": len(sheet.samples),
    }


def _write_sheet(
    target: Path, key: str, sheet: Sheet, names: Mapping[str, list[str]], spool: Spool, data: str | None
) -> None:
    samples = sheet.samples
    asked = samples_of(sheet.task, sheet.place, sheet.data, data)
    gold = {name: json.dumps(shown_gold(sheet.task, sample)) for name, sample in (asked or {}).items()}
    for number, chunk in enumerate(_chunks(samples)):
        columns = [[column.entries.get(sample) for sample in chunk] for column in sheet.columns.values()]
        prompts = [dict.fromkeys(entry.prompt for entry in row if entry is not None) for row in zip(*columns)]
        rows = [
            f'{{"gold":{gold.get(sample, "null")},"prompts":[{",".join(map(spool.read, slots))}]}}'
            for sample, slots in zip(chunk, prompts)
        ]
        _put(target, f"{key}/samples-{number}", f"[{','.join(rows)}]")
        for run, column in enumerate(columns):
            places = [None if e is None else list(slots).index(e.prompt) for e, slots in zip(column, prompts)]
            texts = ",".join("null" if entry is None else spool.read(entry.text) for entry in column)
            _put(target, f"{key}/run{run}-{number}", f'{{"prompts":{json.dumps(places)},"answers":[{texts}]}}')
    index = _sheet_line(key, sheet) | {
        "language": sheet.task.language,
        "source": {"homepage": sheet.task.source.homepage, "licence": sheet.task.source.licence},
        "metrics": [
            {"name": metric.name, "origin": metric.origin, "standing": metric.standing, "source": metric.source}
            for metric in sheet.task.metrics
        ],
        "note": _NO_GOLD if asked is None else "",
        "chunk": CHUNK,
        "samples": samples,
        "runs": [
            {
                "run": run,
                "model": names[run][0],
                "setting": names[run][1],
                "became": [entry.became if (entry := column.entries.get(sample)) else None for sample in samples],
                "scores": [entry.score if (entry := column.entries.get(sample)) else None for sample in samples],
                "statuses": dict(sorted(column.statuses.items())),
                "finished": dict(sorted(column.finished.items())),
            }
            for run, column in sheet.columns.items()
        ],
    }
    _put(target, f"{key}/index", json.dumps(index, separators=(",", ":")))


def _chunks(samples: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(samples)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _put(target: Path, name: str, literal: str) -> None:
    """A data script: ASCII JSON, all of whose keys are ours, is a literal of JavaScript."""
    path = target / "data" / f"{name}.js"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'site.put("{name}",{literal});\n', encoding="ascii")


def _write_page(target: Path, board: Leaderboard, curves: Curves | None) -> None:
    (target / "assets").mkdir()
    for name in (*_SCRIPTS, _STYLE):
        shutil.copyfile(_PACKAGE / "static" / name, target / "assets" / name)
    text = template("index.html.jinja").render(
        scripts=_SCRIPTS,
        style=_STYLE,
        with_curves=curves is not None,
        grids=[*board.grids(), *(curves.grids() if curves else ())],
        legend=[*board.captions(), *(curves.captions() if curves else ())],
    )
    (target / "index.html").write_text(text, encoding="utf-8", errors="replace")
    (target / MARKER).write_text("Made by `symharness site`, which replaces this folder as a whole.\n")
