"""The files of Spider, SParC and CoSQL (Yale LILY): questions, `tables.json`, `database/<db_id>/<db_id>.sqlite`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from executors import sql
from tasks.task import DataError, Sample

# What SQLite leaves beside a database that somebody writes to.
_COMPANIONS = ("-journal", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class SqlContext:
    """What an answer is judged by.

    `database` is the official one, `suite` all databases that lie beside it (itself among them), `turn` the place of
    the question in its interaction (from 0; None outside of one), `dialect` the SQL in which the model answers.
    """

    database: sql.Database
    suite: tuple[sql.Database, ...]
    schema: sql.Schema
    turn: int | None = None
    dialect: str = "sqlite"


def context_of(sample: Sample) -> SqlContext:
    assert isinstance(sample.context, SqlContext)
    return sample.context


def in_dialect(sample: Sample, dialect: str) -> Sample:
    """The same sample, answered in another dialect of SQL. Raises ValueError for one that sqlglot does not know."""
    return replace(sample, context=replace(context_of(sample), dialect=sql.check_dialect(dialect)))


def read_questions(folder: Path, name: str = "dev.json") -> Iterator[Sample]:
    """Samples of a file of single questions; ids by upstream row (`dev_row_numbers.json` says so for an excerpt)."""
    databases = _Databases(folder)
    for number, row in _numbered(folder, name):
        with_row = _Row(folder / name, number)
        database = databases.get(with_row.field(row, "db_id"), with_row)
        fields = {"schema": database.text, "question": with_row.field(row, "question")}
        yield Sample(f"dev-{number}", fields, with_row.field(row, "query"), database.context)


def read_interactions(folder: Path, name: str = "dev.json") -> Iterator[Sample]:
    """Samples of a file of interactions, one a turn: ids by upstream row and turn, a group an interaction.

    `dialogue` holds what was said in the turns before, one numbered line each.
    """
    databases = _Databases(folder)
    for number, row in _numbered(folder, name):
        with_row = _Row(folder / name, number)
        database = databases.get(with_row.field(row, "database_id"), with_row)
        said: list[str] = []
        for turn, step in enumerate(with_row.turns(row)):
            question = with_row.field(step, "utterance")
            fields = {"schema": database.text, "dialogue": "\n".join(said), "question": question}
            context = replace(database.context, turn=turn)
            yield Sample(f"dev-{number}-{turn}", fields, with_row.field(step, "query"), context, group=f"dev-{number}")
            said.append(f"{turn + 1}. {question}")


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a file, for what is said when it is not as its format says."""

    path: Path
    number: int

    def field(self, row: Any, name: str) -> str:
        value = row.get(name) if isinstance(row, Mapping) else None
        if not isinstance(value, str):
            raise DataError(f"{self.path}: row {self.number} lacks the text {name!r}: fetch the official file again")
        return value

    def turns(self, row: Any) -> Sequence[Any]:
        turns = row.get("interaction")
        if not isinstance(turns, list):
            raise DataError(f"{self.path}: row {self.number} lacks its 'interaction': fetch the official file again")
        return turns


@dataclass(frozen=True, slots=True)
class _Known:
    context: SqlContext
    text: str


class _Databases:
    """The databases of a folder, each found once, with their entries in `tables.json`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        entries = _read_json(folder / "tables.json")
        try:
            self._entries = {entry["db_id"]: entry for entry in entries}
        except (KeyError, TypeError) as error:
            raise DataError(
                f"{folder / 'tables.json'} is no list of entries with a db_id: fetch the official file again"
            ) from error
        self._known: dict[str, _Known] = {}

    def get(self, name: str, row: _Row) -> _Known:
        if name not in self._known:
            self._known[name] = self._find(name, row)
        return self._known[name]

    def _find(self, name: str, row: _Row) -> _Known:
        if name not in self._entries:
            raise DataError(
                f"{self._folder / 'tables.json'} has no entry of the database {name!r} ({row.path.name}, row "
                f"{row.number}): fetch the official files again"
            )
        if Path(name).name != name:
            raise DataError(
                f"{self._folder / 'tables.json'}: a database's name is one folder name, {name!r} is none: "
                "fetch the official file again"
            )
        entry = self._entries[name]
        official = self._folder / "database" / name / f"{name}.sqlite"
        database = sql.Database.of(official)
        beside = sorted(path for path in official.parent.iterdir() if _is_database(path) and path != official)
        try:
            schema, text = sql.Schema.of(database, entry), schema_text(entry)
        except (KeyError, IndexError, TypeError) as error:
            raise DataError(
                f"{self._folder / 'tables.json'}: the entry {name!r} is not of the official form ({error!r}): "
                "fetch the official file again"
            ) from error
        except ValueError as error:
            raise DataError(f"{error}: fetch the official databases again") from error
        return _Known(SqlContext(database, (database, *map(sql.Database.of, beside)), schema), text)


def _is_database(path: Path) -> bool:
    """As officially, any file whose name has `.sqlite` in it belongs to the test suite."""
    return ".sqlite" in path.name and not path.name.endswith(_COMPANIONS)


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


def prune_schema(sample: Sample) -> Sample | None:
    """Without the tables that question and dialogue do not speak of, and their foreign keys.

    A table is spoken of by any word of its name or all words of a column's, singular or plural; one that links two
    such tables by foreign keys stays too. None where that leaves out no table, or every one.
    """
    parts = sample.fields["schema"].split(" | ")
    tables = {match[1]: match[2].split(", ") for part in parts if (match := _TABLE.fullmatch(part))}
    links = [(key[1], key[2]) for part in parts if (key := _KEY.fullmatch(part))]
    said = set(_words(f"{sample.fields.get('dialogue', '')} {sample.fields['question']}"))
    spoken = {
        table
        for table, columns in tables.items()
        if not said.isdisjoint(_words(table)) or any(said.issuperset(_words(column) or [""]) for column in columns)
    }
    kept = spoken | {
        table for table in tables if len({parent for child, parent in links if child == table} & spoken) > 1
    }
    if not kept or len(kept) == len(tables):
        return None
    text = [part for part in parts if (match := _TABLE.fullmatch(part)) and match[1] in kept]
    text += [part for part in parts if (key := _KEY.fullmatch(part)) and {key[1], key[2]} <= kept]
    return replace(sample, fields={**sample.fields, "schema": " | ".join(text)})


_TABLE = re.compile(r"([^(]*)\((.*)\)", re.DOTALL)
_KEY = re.compile(r"(.+?)\.[^=]* = (.+?)\..*", re.DOTALL)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def _words(text: str) -> list[str]:
    """Words of a text or of a name (`Song_Name`, `AirportCode`) that mean something, in the singular."""
    words = (word.lower() for word in _WORD.findall(text) if len(word) > 2)
    return [f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s") for word in words]


def _numbered(folder: Path, name: str) -> Iterator[tuple[int, Any]]:
    """The rows of a file with their upstream numbers."""
    rows = _read_json(folder / name)
    numbers_file = folder / "dev_row_numbers.json"
    numbers = _read_json(numbers_file) if numbers_file.exists() else range(len(rows))
    if len(numbers) != len(rows):
        raise DataError(f"{numbers_file} numbers {len(numbers)} rows, {name} has {len(rows)}: they belong together")
    return zip(numbers, rows, strict=True)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing: fetch the official download again") from error
    except ValueError as error:
        raise DataError(f"{path} is not whole JSON ({error}): fetch the official file again") from error
