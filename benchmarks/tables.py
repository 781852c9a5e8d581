"""Questions to tables and knowledge graphs: queries a second of ours and of simpler ways, in one run.

    python -m benchmarks.tables [--seconds 3]

- WikiSQL vectors with a table: ours, against the official engine's steps (schema looked up, statement put together,
  named parameters) on a new connection a query; it must itself give every official verdict. Goal: as fast, though ours
  is bounded in time and memory and refuses all but reading. (The official engine has records and SQLAlchemy on top.)
- WikiTableQuestions, the supplied tables: ours, against making the typed table anew for every query. Goal: 2 times
  (32 tables are kept open, and these are 121: in this order every one is opened again from its bytes).
- SPARQL, the bundled graph: ours (in its forked child), against rdflib with the graph loaded once. Goal: 4 times. The
  floor, pyoxigraph in this process, neither ends nor survives every query; how far ours is from it is said.
- SPARQL compared, the bundled queries with other names: ours. How many a second is said.

Data: SYMHARNESS_DATA, else ../shared/data, and the vectors beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pyoxigraph
import rdflib

from executors import sql, wikisql
from executors.kg import equivalence, store
from executors.outcome import Limits
from harness.serving import PROJECT
from tasks import tables
from tasks.kg import read_compwebq
from tasks.source import BUNDLED

DATA = Path(os.environ.get("SYMHARNESS_DATA") or PROJECT.parent / "shared" / "data")
ORACLES = DATA.parent / "oracles"
LIMITS = Limits()

Work = Callable[[], object]


def rates(ways: Sequence[Sequence[Work]], seconds: float) -> list[float]:
    """Calls a second of each way: whole passes in turns, after one that is not timed."""
    spent, passes = [0.0] * len(ways), -1
    while passes < 1 or sum(spent) < seconds * len(ways):
        passes += 1
        for index, works in enumerate(ways):
            started = time.perf_counter()
            for work in works:
                work()
            spent[index] += (time.perf_counter() - started) if passes else 0.0
    return [passes * len(works) / time_spent for works, time_spent in zip(ways, spent, strict=True)]


def report(title: str, ours: Sequence[Work], others: Sequence[Work], way: str, goal: float, seconds: float) -> bool:
    first, second = rates([ours, others], seconds)
    ratio = f"{first / second:.1f} times (goal: {goal:g})"
    print(f"{title} ({len(ours)}): ours {first:.0f}/s, {way} {second:.0f}/s: {ratio}")
    return first / second >= goal


class OfficialEngine:
    """The steps of WikiSQL's lib/dbengine.py on plain sqlite3."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def run(self, query: wikisql.Query, table: wikisql.Table) -> list[Any]:
        with closing(sqlite3.connect(self._path)) as connection:
            (schema,) = connection.execute("SELECT sql FROM sqlite_master WHERE tbl_name = ?", [table.name]).fetchone()
            kinds = dict(entry.split() for entry in schema[schema.index("(") + 1 : -1].split(", "))
            clauses, values = [], {}
            for column, operator, value in query.conditions:
                value = value.lower() if isinstance(value, str) else value
                if kinds[f"col{column}"] == "real" and not isinstance(value, (int, float)):
                    value = float(wikisql._decimal(value))
                clauses.append(f"col{column} {wikisql.OPERATORS[operator]} :col{column}")
                values[f"col{column}"] = value
            selected = f"col{query.select}"
            if aggregate := wikisql.AGGREGATES[query.aggregate]:
                selected = f"{aggregate}({selected})"
            where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
            cursor = connection.execute(f"SELECT {selected} AS result FROM {table.name} {where}", values)
            return [row[0] for row in cursor]

    def correct(self, gold: wikisql.Query, predicted: wikisql.Query, table: wikisql.Table) -> bool:
        try:
            return self.run(predicted, table) == self.run(gold, table)
        except (sqlite3.Error, IndexError, KeyError, TypeError, ValueError, OverflowError):
            return False


def compare_wikisql(scratch: Path, seconds: float) -> bool:
    entries = [json.loads(line) for line in (ORACLES / "wikisql_tables.jsonl").read_text().splitlines()]
    by_id = {entry["id"]: wikisql.Table.of(entry) for entry in entries}
    engines = {}
    for name, table in by_id.items():
        assert table.database.content is not None
        (scratch / f"{name}.db").write_bytes(table.database.content)
        engines[name] = OfficialEngine(scratch / f"{name}.db")
    ours: list[Work] = []
    official: list[Work] = []
    wrong = []
    for case, gold, predicted in _wikisql_cases():
        table, engine = by_id[case["table_id"]], engines[case["table_id"]]

        def run(gold: wikisql.Query = gold, predicted: wikisql.Query = predicted, table: wikisql.Table = table) -> bool:
            return wikisql.same_result(wikisql.run(gold, table), wikisql.run(predicted, table))

        def officially(
            gold: wikisql.Query = gold,
            predicted: wikisql.Query = predicted,
            table: wikisql.Table = table,
            engine: OfficialEngine = engine,
        ) -> bool:
            return engine.correct(gold, predicted, table)

        if officially() != case["oracle"]["ex"]:
            wrong.append(case["id"])
        ours.append(run)
        official.append(officially)
    print(f"WikiSQL: the stand-in gives {len(ours) - len(wrong)} of {len(ours)} official verdicts")
    return report("WikiSQL", ours, official, "a connection a query", 1, seconds) and not wrong


def _wikisql_cases() -> Iterator[tuple[dict[str, Any], wikisql.Query, wikisql.Query]]:
    for line in (ORACLES / "wikisql.jsonl").read_text().splitlines():
        case = json.loads(line)
        try:
            if case["has_table"] and not case["pred"].get("error"):
                yield case, wikisql.from_json(case["gold"]["sql"]), wikisql.from_json(case["pred"])
        except wikisql.NotAQueryError:
            continue


def compare_wikitq(seconds: float) -> bool:
    samples = list(tables.read_wikitq(DATA / "wikitq"))
    ours: list[Work] = []
    anew: list[Work] = []
    for sample, line in zip(
        samples, tables._tab_separated(DATA / "wikitq" / "data/pristine-unseen-tables.tsv"), strict=True
    ):
        assert isinstance(sample.context, tables.TableQuestion)
        database, path = sample.context.table.database, DATA / "wikitq" / line["context"]
        query = "SELECT count(*), max(row_id) FROM t WHERE row_id > 1"
        ours.append(lambda database=database, query=query: sql.execute(query, database, LIMITS))
        anew.append(lambda path=path, query=query: sql.execute(query, tables._typed(path).database, LIMITS))
    return report("WikiTableQuestions", ours, anew, "a table a query", 2, seconds)


def compare_sparql(seconds: float) -> bool:
    path = BUNDLED / "compwebq" / "triples.nt"
    triples, graph, engine = store.Triples.of(path), rdflib.Graph().parse(path, format="nt"), pyoxigraph.Store()
    engine.bulk_load(path=str(path), format=pyoxigraph.RdfFormat.N_TRIPLES)
    queries = [sample.target for sample in read_compwebq(BUNDLED / "compwebq")]
    ours: list[Work] = [lambda query=query: store.execute(query, triples, LIMITS) for query in queries]
    peers: list[Work] = [lambda query=query: list(graph.query(store.standard(query))) for query in queries]
    floor: list[Work] = [lambda query=query: list(engine.query(store.standard(query))) for query in queries]
    met = report("SPARQL", ours, peers, "rdflib", 4, seconds)
    apart, inside = rates([ours, floor], seconds)
    print(f"  the floor, pyoxigraph in this process: {inside / apart:.1f} times ours")
    compared: list[Work] = [
        lambda query=query: equivalence.equivalent(query, query.replace("?x", "?other")) for query in queries
    ]
    print(f"SPARQL compared ({len(queries)}): {rates([compared], seconds)[0]:.0f}/s")
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each way is measured")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as scratch:
        met = [compare_wikisql(Path(scratch), seconds), compare_wikitq(seconds), compare_sparql(seconds)]
    return int(not all(met))


if __name__ == "__main__":
    sys.exit(main())
