"""Questions about one table, answered by a query that is run on it: WikiSQL and WikiTableQuestions.

Official files: WikiSQL `data/test.jsonl`, `data/test.tables.jsonl`; WikiTableQuestions
`data/pristine-unseen-tables.tsv`, `tagged/data/pristine-unseen-tables.tagged` (canonical answers), `csv/`.
"""

from __future__ import annotations

import csv
import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from executors import denotation, sql, table, wikisql
from executors.outcome import Limits, Outcome, Status
from tasks import extract
from tasks.metrics import Metric, Origin, Standing, Statistics, full_weight, ratio
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import DataError, Sample, Task

LIMITS = Limits(seconds=10.0, memory=512 << 20, output=4 << 20, rows=5_000)
SHOWN_ROWS = 20
# Different cells of a result that are still taken for a list of answers.
MOST_ANSWERS = 5_000

_WIKISQL_FILES = ("data/test.jsonl", "data/test.tables.jsonl")
_WIKISQL_DATABASE = "data/test.db"
_WIKITQ_FILES = ("data/pristine-unseen-tables.tsv", "tagged/data/pristine-unseen-tables.tagged", "csv")


def read_wikisql(folder: Path) -> Iterator[Sample]:
    """Test questions, ids by upstream row (`test_row_numbers.json` says so for an excerpt).

    A question whose table is not in the tables' file can be compared by its logical form only. Tables are those of the
    released database where that is beside them, else they are made of the tables' file.
    """
    questions, tables = (folder / name for name in _WIKISQL_FILES)
    by_id = _wikisql_tables(tables, folder / _WIKISQL_DATABASE)
    rows = list(_json_lines(questions))
    numbers_file = folder / "test_row_numbers.json"
    numbers = json.loads(numbers_file.read_text(encoding="utf-8")) if numbers_file.exists() else range(len(rows))
    for number, row in zip(numbers, rows, strict=True):
        try:
            found = by_id.get(row["table_id"])
            header = " | ".join(found.header) if found else "not given: write the logical form"
            target = json.dumps(row["sql"], ensure_ascii=False, sort_keys=True)
            wikisql.parse(target, found)
            yield Sample(f"test-{number}", {"question": row["question"], "header": header}, target, found)
        except (KeyError, TypeError, wikisql.NotAQueryError) as error:
            raise DataError(f"{questions}: row {number} is not WikiSQL's form ({error!r}); fetch it again") from error


def _wikisql_tables(path: Path, released: Path) -> dict[str, wikisql.Table]:
    database, known = None, set()
    try:
        if released.exists():
            database = sql.Database.of(released)
            names = sql.execute("SELECT name FROM sqlite_master", database, Limits())
            known = {row[0] for row in sql.rows_of(names)}
        return {
            entry["id"]: wikisql.Table.of(entry, database if wikisql.table_name(entry["id"]) in known else None)
            for entry in _json_lines(path)
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: not WikiSQL's form ({error!r}); fetch it again") from error
    except DataError:
        raise
    except ValueError as error:
        raise DataError(f"{error}; fetch the official files again") from error


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            yield json.loads(line)
        except ValueError as error:
            raise DataError(f"{path}:{number} is not whole JSON ({error}): fetch the official file again") from error


@dataclass(frozen=True)
class TableQuestion:
    """What WikiTableQuestions' answers are judged by: the typed table and the gold answers."""

    table: table.TypedTable
    answers: tuple[str, ...]
    canonical: tuple[str, ...] | None


def read_wikitq(folder: Path) -> Iterator[Sample]:
    """Questions on unseen tables, ids as upstream's."""
    path = folder / _WIKITQ_FILES[0]
    canonical = _canonical(folder / _WIKITQ_FILES[1])
    tables: dict[str, table.TypedTable] = {}
    for row in _tab_separated(path):
        try:
            name, answers = row["context"], _items(row["targetValue"])
            if name not in tables:
                tables[name] = _typed(folder / name)
            context = TableQuestion(tables[name], answers, canonical.get(row["id"]))
            denotation.values(answers, context.canonical)
            fields = {"table": shown(tables[name]), "question": row["utterance"]}
            yield Sample(row["id"], fields, row["targetValue"], context, program=_stand_in(answers))
        except OSError as error:
            raise DataError(f"{path}: the table of question {row['id']} cannot be read: {error}") from error
        except (KeyError, TypeError, ValueError, csv.Error) as error:
            raise DataError(
                f"{path}: question {row.get('id')} is not the official form ({error!r}); fetch it again"
            ) from error


def _tab_separated(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def _canonical(path: Path) -> dict[str, tuple[str, ...]]:
    return {row["id"]: _items(row["targetCanon"]) for row in _tab_separated(path)}


def _items(text: str) -> tuple[str, ...]:
    """A list as the files write it: items between bars, with \\n, \\p (the bar) and \\\\ in them."""
    escapes = {"n": "\n", "p": "|", "\\": "\\"}
    items = []
    for item in text.split("|"):
        head, *parts = item.split("\\")
        plain, skip = head, False
        for part in parts:
            if skip:
                plain, skip = plain + part, False
            elif part:
                plain += escapes.get(part[0], f"\\{part[0]}") + part[1:]
            else:
                plain, skip = f"{plain}\\", True
        items.append(plain)
    return tuple(items)


def _typed(path: Path) -> table.TypedTable:
    """A released CSV: the first row is the header, quotes inside cells are written with a backslash."""
    with path.open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines, doublequote=False, escapechar="\\")
    return table.typed(header, rows, path.parent.name + "/" + path.name)


def shown(found: table.TypedTable) -> str:
    """The table as prompts show it: its columns with their types, then its first rows."""
    columns = ", ".join(f"{column.name} {column.type}" for column in found.columns)
    rows = [
        " | ".join("" if cell is None else str(cell) for cell in (number, *row))
        for number, row in enumerate(found.rows[:SHOWN_ROWS], 1)
    ]
    rest = len(found.rows) - len(rows)
    more = [f"... and {rest} more rows"] if rest > 0 else []
    return "\n".join([f"{table.TABLE}({table.ROW_NUMBER} INTEGER, {columns})", *rows, *more])


def _stand_in(answers: tuple[str, ...]) -> str:
    """A query with the gold answers: the data set has no gold programs."""
    quoted = (f"'{answer.replace(chr(39), chr(39) * 2)}'" for answer in answers)
    return "SELECT " + " UNION ALL SELECT ".join(quoted)


def execute_wikisql(program: str, sample: Sample) -> Outcome:
    """On the table; without it the logical form is only read."""
    if isinstance(sample.context, wikisql.Table):
        return wikisql.execute(program, sample.context)
    try:
        query = wikisql.parse(program, None)
    except wikisql.NotAQueryError as error:
        return Outcome.failed(Status.INVALID, error)
    return Outcome(Status.OK, repr(query))


def _table(sample: Sample) -> wikisql.Table | None:
    return sample.context if isinstance(sample.context, wikisql.Table) else None


def logical_form(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when column, aggregate and the set of conditions agree, values as lower-case text."""
    try:
        predicted = wikisql.parse(program or "", _table(sample))
        same = predicted.key() == wikisql.parse(sample.target, None).key()
    except (wikisql.NotAQueryError, TypeError):
        same = False
    return {"score": float(same)}


def wikisql_execution(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when both queries give the same list in row order; weight 0 where the table is not at hand."""
    found = _table(sample)
    if found is None:
        return {"numerator": 0.0, "denominator": 0.0}
    return {"numerator": float(wikisql.same_result(_gold_result(sample.target, found), outcome)), "denominator": 1.0}


@functools.lru_cache(maxsize=512)
def _gold_result(target: str, found: wikisql.Table) -> Outcome:
    return wikisql.run(wikisql.parse(target, None), found)


def _question(sample: Sample) -> TableQuestion:
    assert isinstance(sample.context, TableQuestion)
    return sample.context


def execute_wikitq(program: str, sample: Sample) -> Outcome:
    return sql.execute(program, _question(sample).table.database, LIMITS)


def denotation_accuracy(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when the cells of the result denote the gold answers, as the official evaluator compares them."""
    if not outcome.ok or not isinstance(outcome.value, Mapping):
        return {"score": 0.0}
    question = _question(sample)
    gold = denotation.values(question.answers, question.canonical)
    predicted = dict.fromkeys(answers_of(outcome))
    if len(predicted) > MOST_ANSWERS:
        return {"score": 0.0}
    return {"score": float(denotation.same_denotation(gold, denotation.values(list(predicted))))}


def answers_of(outcome: Outcome) -> list[str]:
    """The result's cells, row by row, as text; NULL is no answer."""
    cells = (cell for row in sql.rows_of(outcome) for cell in row)
    texts = (cell.decode(errors="replace") if isinstance(cell, bytes) else cell for cell in cells)
    return [str(text) for text in texts if text is not None]


def extract_wikisql(completion: str) -> str | None:
    """A logical form in JSON, else an SQL statement."""
    text = extract.without_end_tokens(completion)
    block = extract.fenced(text, "sql", "json", "wikisql")
    inside = (block if block is not None else text).strip()
    start = inside.find("{")
    if start >= 0 and '"sel"' in inside:
        return inside[start : inside.rfind("}") + 1] or None
    return extract.sql(completion)


_WIKISQL_PROMPT = Prompt(
    "Given schema, transform the query into SQL. The SQL selects one column, perhaps in MAX, MIN, COUNT, SUM or AVG, "
    "from the one table, with conditions by =, > or < joined by AND.\n"
    "The schema is: table({{ header }})\n"
    "The query is: {{ question }}\n"
    "The SQL is: ",
    shots=(
        Shot(
            {"header": "Ferry | Built | Seats", "question": "How many seats does the Tern have?"},
            "SELECT Seats FROM table WHERE Ferry = 'Tern'",
        ),
        Shot(
            {"header": "Branch | City | Opened", "question": "How many branches in Vestby opened after 1980?"},
            "SELECT COUNT(Branch) FROM table WHERE City = 'Vestby' AND Opened > 1980",
        ),
        Shot(
            {"header": "Island | Area | Population", "question": "What is the largest area?"},
            "SELECT MAX(Area) FROM table",
        ),
    ),
)

_WIKITQ_PROMPT = Prompt(
    "Given the table, write an SQL query (SQLite) whose result answers the question.\n"
    "The table is:\n{{ table }}\n"
    "The question is: {{ question }}\n"
    "The SQL is: ",
    shots=(
        Shot(
            {
                "table": "t(row_id INTEGER, ferry TEXT, built INTEGER)\n1 | Tern | 1998\n2 | Gannet | 2009",
                "question": "which ferry is the oldest?",
            },
            "SELECT ferry FROM t ORDER BY built LIMIT 1",
        ),
        Shot(
            {
                "table": "t(row_id INTEGER, year INTEGER, winner TEXT)\n1 | 2001 | Ada\n2 | 2002 | Bo\n3 | 2003 | Ada",
                "question": "how many times did ada win?",
            },
            "SELECT COUNT(*) FROM t WHERE winner = 'Ada'",
        ),
        Shot(
            {
                "table": "t(row_id INTEGER, stop TEXT, line TEXT)\n1 | Mill Lane | 4\n2 | Harbour | 4\n3 | Hilltop | 7",
                "question": "which stop comes after mill lane?",
            },
            "SELECT stop FROM t WHERE row_id = (SELECT row_id FROM t WHERE stop = 'Mill Lane') + 1",
        ),
    ),
)

WIKISQL = Task(
    name="wikisql",
    title="WikiSQL",
    suites=("delegation", "ood"),
    domain="Table QA",
    language="sql",
    source=Source(
        "wikisql",
        (*_WIKISQL_FILES, _WIKISQL_DATABASE),
        "https://github.com/salesforce/WikiSQL",
        "BSD-3-Clause",
        other_layouts=(_WIKISQL_FILES,),
    ),
    read=read_wikisql,
    prompt=_WIKISQL_PROMPT,
    extract=extract_wikisql,
    execute=execute_wikisql,
    metrics=(
        Metric(
            "execution_accuracy",
            wikisql_execution,
            ratio,
            origin=Origin.OFFICIAL,
            standing=Standing.FOUND,
            source="salesforce/WikiSQL 7857cfd, evaluate.py (ex)",
            perfect=full_weight,
        ),
        Metric(
            "logical_form",
            logical_form,
            origin=Origin.OFFICIAL,
            standing=Standing.FOUND,
            source="salesforce/WikiSQL 7857cfd, evaluate.py (lf, unordered)",
        ),
    ),
    wrong=lambda sample: [
        '{"sel": 0, "agg": 3, "conds": [[0, 0, "certainly not this"]]}',
        "SELECT nothing",
        '{"sel": 0}',
    ],
    size=15_878,
    max_tokens=128,
)

WIKITQ = Task(
    name="wikitq",
    title="WikiTableQuestions",
    suites=("delegation", "ood"),
    domain="Table QA",
    language="sql",
    source=Source("wikitq", _WIKITQ_FILES, "https://github.com/ppasupat/WikiTableQuestions", "CC BY-SA 4.0"),
    read=read_wikitq,
    prompt=_WIKITQ_PROMPT,
    extract=extract.sql,
    execute=execute_wikitq,
    metrics=(
        Metric(
            "denotation_accuracy",
            denotation_accuracy,
            origin=Origin.OFFICIAL,
            standing=Standing.FOUND,
            source="ppasupat/WikiTableQuestions 7d455a5, evaluator.py 1.0.2, on the cells of the query's result",
        ),
    ),
    wrong=lambda sample: ["SELECT 'certainly not this'", "SELECT no_such_column FROM t", "SELECT"],
    size=4344,
    max_tokens=192,
)
