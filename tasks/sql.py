"""Questions to SQL over a schema: Spider.

Official files: `dev.json`, `tables.json`, `database/<db_id>/<db_id>.sqlite` (Yale LILY's download).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from executors import sql
from executors.outcome import Limits, Outcome, Status
from tasks import extract
from tasks.metrics import Metric, Origin, Standing, Statistics
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import DataError, Sample, Task

# What the official preparation of a query cannot mend, and would cost its deadline a second time.
_HOPELESS = frozenset([Status.TIMEOUT, Status.MEMORY, Status.OUTPUT_LIMIT, Status.CRASHED, Status.REFUSED])

LIMITS = Limits(seconds=10.0, memory=1 << 30, output=16 << 20, rows=200_000)


def read_spider(folder: Path) -> Iterator[Sample]:
    """Samples of dev.json; ids by upstream row (`dev_row_numbers.json` says so for an excerpt)."""
    rows = _read_json(folder / "dev.json")
    numbers_file = folder / "dev_row_numbers.json"
    numbers = _read_json(numbers_file) if numbers_file.exists() else range(len(rows))
    schemas = {entry["db_id"]: schema_text(entry) for entry in _read_json(folder / "tables.json")}
    databases: dict[str, sql.Database] = {}
    for number, row in zip(numbers, rows, strict=True):
        try:
            db_id, question, query = row["db_id"], row["question"], row["query"]
            schema = schemas[db_id]
        except (KeyError, TypeError) as error:
            raise DataError(f"{folder / 'dev.json'}: row {number} or its entry in tables.json lacks {error}") from error
        if db_id not in databases:
            databases[db_id] = sql.Database.of(folder / "database" / db_id / f"{db_id}.sqlite")
        yield Sample(f"dev-{number}", {"schema": schema, "question": question}, query, databases[db_id])


def schema_text(entry: Mapping[str, Any]) -> str:
    """One database's schema from its tables.json entry: `table(column, ...)` joined by " | ", then foreign keys."""
    names = entry["table_names_original"]
    columns = entry["column_names_original"]
    tables = [
        f"{name}({', '.join(column for table, column in columns if table == index)})"
        for index, name in enumerate(names)
    ]
    keys = [
        f"{names[columns[child][0]]}.{columns[child][1]} = {names[columns[parent][0]]}.{columns[parent][1]}"
        for child, parent in entry["foreign_keys"]
    ]
    return " | ".join([*tables, *keys])


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing: fetch the official download again") from error
    except ValueError as error:
        raise DataError(f"{path} is not whole JSON ({error}): fetch the official file again") from error


def execute(program: str, sample: Sample) -> Outcome:
    return sql.execute(program, _database(sample), LIMITS)


def execution_accuracy(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when gold and predicted query denote the same table, as the official script's default mode sees it."""
    if program is None or outcome.status in _HOPELESS:
        return {"score": 0.0}
    match = sql.execution_match(
        sample.target, sql.prediction_line(program), _database(sample), sql.Mode.DEFAULT, LIMITS
    )
    return {"score": float(match.equal)}


def _database(sample: Sample) -> sql.Database:
    assert isinstance(sample.context, sql.Database)
    return sample.context


_PROMPT = Prompt(
    "Given schema, transform the query into SQL.\n"
    "The schema is: {{ schema }}\n"
    "The query is: {{ question }}\n"
    "The SQL is: ",
    shots=(
        Shot(
            {
                "schema": "bakery(bakery_id, name, city) | loaf(loaf_id, bakery_id, flour, price) | "
                "loaf.bakery_id = bakery.bakery_id",
                "question": "How many bakeries are there in each city?",
            },
            "SELECT city, count(*) FROM bakery GROUP BY city",
        ),
        Shot(
            {
                "schema": "ferry(ferry_id, name, built) | crossing(crossing_id, ferry_id, harbour, passengers) | "
                "crossing.ferry_id = ferry.ferry_id",
                "question": "What is the name of the ferry with the crossing that had the most passengers?",
            },
            "SELECT T1.name FROM ferry AS T1 JOIN crossing AS T2 ON T1.ferry_id = T2.ferry_id "
            "ORDER BY T2.passengers DESC LIMIT 1",
        ),
        Shot(
            {
                "schema": "beekeeper(keeper_id, name, village) | hive(hive_id, keeper_id, honey_kg) | "
                "hive.keeper_id = beekeeper.keeper_id",
                "question": "Which beekeepers have no hive?",
            },
            "SELECT name FROM beekeeper WHERE keeper_id NOT IN (SELECT keeper_id FROM hive)",
        ),
    ),
)

SPIDER = Task(
    name="spider",
    title="Spider",
    suites=("symbolic",),
    domain="SQL",
    language="sql",
    source=Source(
        "spider", ("dev.json", "tables.json", "database"), "https://yale-lily.github.io/spider", "CC BY-SA 4.0"
    ),
    read=read_spider,
    prompt=_PROMPT,
    extract=extract.sql,
    execute=execute,
    metrics=(
        Metric(
            "execution_accuracy",
            execution_accuracy,
            origin=Origin.OFFICIAL,
            standing=Standing.FOUND,
            source="taoyds/test-suite-sql-eval e97acc5, --etype exec on the one official database",
        ),
    ),
    wrong=lambda sample: ["SELECT 'certainly not this'", "SELECT * FROM no_such_table", "SELECT"],
    paper_metric=None,  # the paper prints exact set match, which is another metric
    size=1034,
    deadline=45.0,
)
