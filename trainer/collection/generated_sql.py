"""Questions about invented database schemas, with their queries."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.task import Sample

# A kind of thing: columns that are texts, columns that are numbers (asked for as that word).
_TABLES = {
    "boat": (("name", "harbour", "colour"), ("length", "built_year")),
    "baker": (("name", "town", "dish"), ("age", "salary")),
    "museum": (("name", "city", "director"), ("opening_year", "visitors")),
    "song": (("title", "genre", "language"), ("duration", "release_year")),
    "bridge": (("name", "river", "material"), ("height", "length")),
    "player": (("name", "country", "position"), ("age", "goals")),
    "course": (("title", "department", "level"), ("credits", "hours")),
    "train": (("name", "operator", "destination"), ("speed", "seats")),
    "film": (("title", "director", "studio"), ("budget", "release_year")),
    "garden": (("name", "district", "owner"), ("area", "trees")),
}
_VALUES = ("Alton", "Brook", "Cedar", "Dover", "Elm", "Farrow", "Green", "Hill", "Iris", "North")
_PARENTS = ("company", "club", "region", "school")


@dataclass(frozen=True, slots=True)
class _Schema:
    table: str
    texts: tuple[str, ...]
    numbers: tuple[str, ...]
    parent: str

    @property
    def text(self) -> str:
        """As the tasks write schemas: tables with their columns, then foreign keys."""
        columns = ", ".join([f"{self.table}_id", *self.texts, *self.numbers, f"{self.parent}_id"])
        key = f"{self.table}.{self.parent}_id = {self.parent}.{self.parent}_id"
        tables = [f"{self.table}({columns})", f"{self.parent}({self.parent}_id, name, founded)"]
        return " | ".join([*tables, key])


# Fields: t the table; s, u text columns; c, g number columns; p the parent; v a text value; k a number.
_PATTERNS = (
    ("How many {t}s are there?", "SELECT count(*) FROM {t}"),
    ("What are the {s}s of all {t}s?", "SELECT {s} FROM {t}"),
    ("List the {s} and the {c} of each {t}.", "SELECT {s}, {c} FROM {t}"),
    ("How many different {s}s are there?", "SELECT count(DISTINCT {s}) FROM {t}"),
    ("What are the {s}s of the {t}s whose {u} is {v}?", "SELECT {s} FROM {t} WHERE {u} = '{v}'"),
    ("Which {t}s have a {c} above {k}? Give their {s}s.", "SELECT {s} FROM {t} WHERE {c} > {k}"),
    ("What is the average {c} of all {t}s?", "SELECT avg({c}) FROM {t}"),
    ("What are the maximum and the minimum {c} of {t}s with {s} {v}?",
     "SELECT max({c}), min({c}) FROM {t} WHERE {s} = '{v}'"),
    ("What is the {s} of the {t} with the largest {c}?", "SELECT {s} FROM {t} ORDER BY {c} DESC LIMIT 1"),
    ("List the {s}s of all {t}s by {c}, the smallest first.", "SELECT {s} FROM {t} ORDER BY {c}"),
    ("How many {t}s are there for each {s}?", "SELECT {s}, count(*) FROM {t} GROUP BY {s}"),
    ("Which {s}s have more than {few} {t}s?", "SELECT {s} FROM {t} GROUP BY {s} HAVING count(*) > {few}"),
    ("What are the {s}s of the {t}s and the names of their {p}s?",
     "SELECT T1.{s}, T2.name FROM {t} AS T1 JOIN {p} AS T2 ON T1.{p}_id = T2.{p}_id"),
    ("Show the name of each {p} with its number of {t}s.",
     "SELECT T2.name, count(*) FROM {t} AS T1 JOIN {p} AS T2 ON T1.{p}_id = T2.{p}_id GROUP BY T2.{p}_id"),
    ("Which {p}s have no {t}? Show their names.",
     "SELECT name FROM {p} WHERE {p}_id NOT IN (SELECT {p}_id FROM {t})"),
    ("What are the {s}s of the {t}s with a {c} above the average?",
     "SELECT {s} FROM {t} WHERE {c} > (SELECT avg({c}) FROM {t})"),
)  # fmt: skip


def queries(draw: random.Random) -> Iterator[tuple[str, Sample]]:
    """Samples for Spider."""
    while True:
        table = draw.choice(list(_TABLES))
        texts, numbers = _TABLES[table]
        schema = _Schema(table, texts, numbers, draw.choice(_PARENTS))
        (s, u), c = draw.sample(texts, 2), draw.choice(numbers)
        words = {
            "t": table, "s": s, "u": u, "c": c, "p": schema.parent, "v": draw.choice(_VALUES),
            "k": draw.randrange(10, 2000, 10), "few": draw.randrange(1, 6),
        }  # fmt: skip
        question, query = draw.choice(_PATTERNS)
        fields = {"schema": schema.text, "question": question.format(**words)}
        yield "spider", Sample(fields["question"], fields, query.format(**words))
