"""The names that the official exact match knows of a database, and which of them are one column by foreign keys.

Source: taoyds/test-suite-sql-eval at e97acc546ecb: `get_schema` (names come from the SQLite file),
`build_foreign_key_map` (keys come from the entry in `tables.json`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from executors.outcome import Limits
from executors.sql.database import Database, execute, rows_of

_NAMES = (
    "SELECT lower(t.name), lower(c.name) FROM sqlite_master AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'"
)


@dataclass(frozen=True, slots=True)
class Schema:
    """Names in lower case. `keys` maps a column (`table.column`) to the one that stands for all it is linked with."""

    tables: Mapping[str, frozenset[str]]
    keys: Mapping[str, str]

    @staticmethod
    def of(database: Database, entry: Mapping[str, Any]) -> Schema:
        """The schema of `database`, with the foreign keys of its entry in `tables.json`.

        Raises KeyError, IndexError or TypeError for an entry of another form, and what `execute` raises.
        """
        tables: dict[str, set[str]] = {}
        for table, column in rows_of(execute(_NAMES, database, Limits())):
            tables.setdefault(str(table), set()).add(str(column))
        names = [
            f"{entry['table_names_original'][table]}.{column}".lower()
            for table, column in entry["column_names_original"]
        ]
        frozen = {table: frozenset(columns) for table, columns in tables.items()}
        return Schema(frozen, foreign_keys(names, entry["foreign_keys"]))


def foreign_keys(names: Sequence[str], pairs: Sequence[Sequence[int]]) -> dict[str, str]:
    """Which column stands for which, by the pairs of positions in `names` that are linked.

    As officially, a pair joins the first set that holds one of its ends, and two sets are never merged: a chain of
    keys written in an unlucky order stays two sets.
    """
    linked: list[set[int]] = []
    for pair in pairs:
        home = next((known for known in linked if not known.isdisjoint(pair)), None)
        if home is None:
            linked.append(set(pair))
        else:
            home.update(pair)
    return {names[member]: names[min(known)] for known in linked for member in known}
