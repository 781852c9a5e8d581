"""Execution accuracy of SQL: cases a second of ours, of the official way, and of bare SQLite, in one run.

    python -m benchmarks.sql [ORACLES=../shared/oracles/sql.jsonl] [--seconds 10]

Three ways through the same official vectors, each in one process:

- *ours*: `execution_match`, databases kept open, gold results kept within a pass (a pass is one model's run);
- *official*: the steps of test-suite-sql-eval's `exec_eval.py` (a new connection a query, sqlparse, a new event loop a
  query, the walk through all column orders), written anew; it must itself give every official verdict;
- *floor*: `sqlite3` with connections kept open, both queries run and fetched, nothing compared, nothing bounded.

Goals: at least 8 times the official way's cases a second, at most 3 times the floor's time, both on the mutations of
real gold queries (what models write) and on all rows. Rows that the official way does not survive, that write, or that
break our limits are judged but not timed.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import re
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import chdir, suppress
from pathlib import Path
from typing import Any

import sqlparse

from executors.outcome import Limits, Status
from executors.sql import Database, ExecutionMatch, Mode, execution_match, prediction_line
from harness.serving import PROJECT

LIMITS = Limits(seconds=30.0)
_CURRENT_YEAR = re.compile(r"YEAR\s*\(\s*CURDATE\s*\(\s*\)\s*\)\s*", re.IGNORECASE)
Case = dict[str, Any]
Rows = list[tuple[Any, ...]]


class Official:
    """The official way, on writable copies of the databases."""

    def __init__(self, databases: Path) -> None:
        self._databases = databases

    def match(self, gold: str, predicted: str, name: str) -> bool:
        gold, predicted = self._prepared(gold), self._prepared(predicted.replace("value", "1"))
        ordered = "order by" in gold.lower()
        folder = self._databases / name
        for path in folder.iterdir():
            if ".sqlite" in path.name:
                wanted = asyncio.run(self._within(path, gold))
                found = asyncio.run(self._within(path, predicted))
                if wanted is None:
                    raise AssertionError("the gold query fails")
                if found is None or not self._equal(wanted, found, ordered):
                    return False
        return True

    @staticmethod
    def _prepared(query: str) -> str:
        for spaced, joined in (("> =", ">="), ("< =", "<="), ("! =", "!=")):
            query = query.replace(spaced, joined)
        words = [token.value for token in sqlparse.parse(query)[0].flatten()]
        return "".join(word for word in words if word.lower() != "distinct")

    async def _within(self, path: Path, query: str) -> Rows | None:
        try:
            return await asyncio.wait_for(self._run(path, query), 60)
        except TimeoutError:
            return None

    @staticmethod
    async def _run(path: Path, query: str) -> Rows | None:
        query = _CURRENT_YEAR.sub("2020", query)
        connection = sqlite3.connect(path)
        connection.text_factory = lambda data: data.decode(errors="ignore")
        try:
            return connection.execute(query).fetchall()
        except Exception:  # as officially: whatever is raised is a wrong answer
            return None
        finally:
            connection.close()

    def _equal(self, wanted: Rows, found: Rows, ordered: bool) -> bool:
        if not wanted and not found:
            return True
        if len(wanted) != len(found) or len(wanted[0]) != len(found[0]):
            return False
        sorted_cells = [
            [tuple(sorted(row, key=lambda cell: str(cell) + str(type(cell)))) for row in rows]
            for rows in (wanted, found)
        ]
        if not (sorted_cells[0] == sorted_cells[1] if ordered else set(sorted_cells[0]) == set(sorted_cells[1])):
            return False
        for order in self._orders(wanted, found):
            if len(set(order)) == len(order):
                moved = [tuple(row[place] for place in order) for row in found]
                if wanted == moved if ordered else set(wanted) == set(moved) and Counter(wanted) == Counter(moved):
                    return True
        return False

    @staticmethod
    def _orders(wanted: Rows, found: Rows) -> itertools.product[tuple[int, ...]]:
        width = len(wanted[0])
        places = [set(range(width)) for _ in range(width)]
        if width > 3:
            cells = [{row[place] for row in wanted} for place in range(width)]
            for _ in range(20):
                row = random.choice(found)
                for place, possible in enumerate(places):
                    possible -= {other for other in possible if row[other] not in cells[place]}
        return itertools.product(*places)


class Floor:
    """Bare SQLite: what running the two queries costs at least."""

    def __init__(self, databases: Mapping[str, Database]) -> None:
        self._open = {
            name: sqlite3.connect(f"{database.path.resolve().as_uri()}?mode=ro", uri=True)
            for name, database in databases.items()
        }

    def run(self, gold: str, predicted: str, name: str) -> None:
        for query in (gold, predicted):
            with suppress(sqlite3.Error):
                self._open[name].execute(query).fetchall()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("oracles", nargs="?", type=Path, default=PROJECT.parent / "shared" / "oracles" / "sql.jsonl")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each way is measured on each set")
    arguments = parser.parse_args()
    folder = (arguments.oracles.parent.parent / "data" / "spider" / "database").resolve()
    with arguments.oracles.open(encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines]
    with tempfile.TemporaryDirectory() as scratch, chdir(scratch):
        return compare(cases, folder, Path(scratch), arguments.seconds)


def compare(cases: Sequence[Case], folder: Path, scratch: Path, seconds: float) -> int:
    """Check all verdicts, then time the three ways; 0 when the stand-in is faithful and the goals are met."""
    databases = {case["db_id"]: Database.of(folder / case["db_id"] / f"{case['db_id']}.sqlite") for case in cases}

    def ours(gold: str, predicted: str, name: str) -> ExecutionMatch:
        return execution_match(gold, predicted, databases[name], Mode.DEFAULT, LIMITS)

    official = Official(scratch)
    judged = [case for case in cases if case["oracle"]["exec"]["default"] in (0, 1)]
    timed, wrong = [], []
    for case in judged:
        _fresh_copy(folder, scratch, case["db_id"])
        question = case["gold"], prediction_line(case["pred"]), case["db_id"]
        if official.match(*question) != bool(case["oracle"]["exec"]["default"]):
            wrong.append(case["id"])
        if ours(*question).predicted.status in (Status.OK, Status.INVALID, Status.ERROR):
            timed.append(case)
    print(f"the stand-in gives {len(judged) - len(wrong)} of {len(judged)} official verdicts; {len(timed)} are timed")
    if wrong:
        print(f"it differs on {', '.join(wrong)}: its time says nothing")
        return 1
    for name in databases:
        _fresh_copy(folder, scratch, name)
    ways = {"ours": ours, "official": official.match, "floor": Floor(databases).run}
    sets = {"mutations of gold": [case for case in timed if case["source"] != "written"], "all rows": timed}
    met = [_report(title, chosen, ways, seconds) for title, chosen in sets.items()]
    return int(not all(met))


def _report(title: str, cases: Sequence[Case], ways: Mapping[str, Callable[..., object]], seconds: float) -> bool:
    """Time the ways on one set of cases; whether the goals are met."""
    rates = {name: rate(way, cases, seconds) for name, way in ways.items()}
    speedup, above = rates["ours"] / rates["official"], rates["floor"] / rates["ours"]
    print(f"{title} ({len(cases)}): " + ", ".join(f"{name} {value:.0f} cases/s" for name, value in rates.items()))
    print(f"  {speedup:.1f} times the official way (goal: 8), {above:.2f} times the floor's time (goal: at most 3)")
    return speedup >= 8 and above <= 3


def rate(way: Callable[..., object], cases: Sequence[Case], seconds: float) -> float:
    """Cases a second. The gold's text differs a little in each pass, so that no result is kept from one to the next."""
    questions = [(case["gold"], prediction_line(case["pred"]), case["db_id"]) for case in cases]
    started, passes = time.perf_counter(), 0
    while not passes or time.perf_counter() - started < seconds:
        passes += 1
        for gold, predicted, name in questions:
            way(gold + " " * passes, predicted, name)
    return passes * len(cases) / (time.perf_counter() - started)


def _fresh_copy(folder: Path, scratch: Path, name: str) -> None:
    shutil.rmtree(scratch / name, ignore_errors=True)
    shutil.copytree(folder / name, scratch / name)
    for path in [scratch / name, *(scratch / name).iterdir()]:
        path.chmod(0o755)


if __name__ == "__main__":
    sys.exit(main())
