"""Questions to SQL over a schema: Spider; SParC and CoSQL, where they come in the turns of a dialogue.

Official files: `dev.json` (CoSQL: `sql_state_tracking/cosql_dev.json`), `tables.json`,
`database/<db_id>/<db_id>.sqlite` (Yale LILY's downloads). A test suite's databases go beside the official one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tasks import extract
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.spider_format import in_dialect, prune_schema, read_interactions, read_questions
from tasks.sql_metrics import INTERACTION_METRICS, QUESTION_METRICS, execute
from tasks.task import Sample, Task


def wrong(sample: Sample) -> list[str]:
    return ["SELECT 'certainly not this'", "SELECT * FROM no_such_table", "SELECT"]


def read_cosql(folder: Path) -> Iterator[Sample]:
    return read_interactions(folder, "sql_state_tracking/cosql_dev.json")


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

_DIALOGUE_PROMPT = Prompt(
    "Given schema, transform the query into SQL.\n"
    "The schema is: {{ schema }}\n"
    "{% if dialogue %}The dialogue so far is:\n{{ dialogue }}\n{% endif %}"
    "The query is: {{ question }}\n"
    "The SQL is: ",
    shots=(
        Shot(
            {
                "schema": "bakery(bakery_id, name, city) | loaf(loaf_id, bakery_id, flour, price) | "
                "loaf.bakery_id = bakery.bakery_id",
                "dialogue": "",
                "question": "How many bakeries are there in each city?",
            },
            "SELECT city, count(*) FROM bakery GROUP BY city",
        ),
        Shot(
            {
                "schema": "ferry(ferry_id, name, built) | crossing(crossing_id, ferry_id, harbour, passengers) | "
                "crossing.ferry_id = ferry.ferry_id",
                "dialogue": "1. Show all crossings from Eastquay.",
                "question": "Which of them had the most passengers? Give the ferry's name.",
            },
            "SELECT T1.name FROM ferry AS T1 JOIN crossing AS T2 ON T1.ferry_id = T2.ferry_id "
            "WHERE T2.harbour = 'Eastquay' ORDER BY T2.passengers DESC LIMIT 1",
        ),
        Shot(
            {
                "schema": "beekeeper(keeper_id, name, village) | hive(hive_id, keeper_id, honey_kg) | "
                "hive.keeper_id = beekeeper.keeper_id",
                "dialogue": "1. List the names of all beekeepers.\n2. Only those of Ashdown.",
                "question": "And which of these have no hive?",
            },
            "SELECT name FROM beekeeper WHERE village = 'Ashdown' AND keeper_id NOT IN (SELECT keeper_id FROM hive)",
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
    read=read_questions,
    prompt=_PROMPT,
    extract=extract.sql,
    execute=execute,
    metrics=QUESTION_METRICS,
    wrong=wrong,
    in_dialect=in_dialect,
    prune=prune_schema,
    paper_metric="exact_match",
    size=1034,
    deadline=60.0,
)

SPARC = Task(
    name="sparc",
    title="SParC",
    suites=("symbolic",),
    domain="SQL",
    language="sql",
    source=Source(
        "sparc", ("dev.json", "tables.json", "database"), "https://yale-lily.github.io/sparc", "CC BY-SA 4.0"
    ),
    read=read_interactions,
    prompt=_DIALOGUE_PROMPT,
    extract=extract.sql,
    execute=execute,
    metrics=INTERACTION_METRICS,
    wrong=wrong,
    in_dialect=in_dialect,
    prune=prune_schema,
    paper_metric="exact_match",
    size=1203,
    deadline=60.0,
)

COSQL = Task(
    name="cosql",
    title="CoSQL",
    suites=("symbolic",),
    domain="SQL",
    language="sql",
    source=Source(
        "cosql",
        ("sql_state_tracking/cosql_dev.json", "tables.json", "database"),
        "https://yale-lily.github.io/cosql",
        "CC BY-SA 4.0",
    ),
    read=read_cosql,
    prompt=_DIALOGUE_PROMPT,
    extract=extract.sql,
    execute=execute,
    metrics=INTERACTION_METRICS,
    wrong=wrong,
    in_dialect=in_dialect,
    prune=prune_schema,
    paper_metric="exact_match",
    size=1007,
    deadline=60.0,
)
