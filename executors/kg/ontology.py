"""What a knowledge graph's relations and classes are: Freebase's, in the files that GrailQA comes with."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FILES = ("fb_roles", "fb_types", "reverse_properties")


@dataclass(frozen=True)
class Ontology:
    """`roles` maps a relation to its (domain, range), `upper_types` a class to those above it, `inverse` a relation to
    the one that says the same the other way round.
    """

    roles: Mapping[str, tuple[str, str]]
    upper_types: Mapping[str, frozenset[str]]
    types: frozenset[str]
    inverse: Mapping[str, str]


@lru_cache(maxsize=4)
def load(folder: Path) -> Ontology:
    """Read the three files (plain or gzipped) in `folder`. Raises FileNotFoundError, ValueError for a broken line."""
    roles, types, inverse = (list(_rows(folder, name)) for name in FILES)
    upper: dict[str, set[str]] = {}
    for row in types:
        upper.setdefault(row[0], set()).add(row[2])
    return Ontology(
        {row[1]: (row[0], row[2]) for row in roles},
        {name: frozenset(above) for name, above in upper.items()},
        frozenset(name for row in types for name in (row[0], row[2])),
        {row[0]: row[1] for row in inverse},
    )


def _rows(folder: Path, name: str) -> Iterator[list[str]]:
    path = folder / name
    if not path.exists():
        path = folder / f"{name}.gz"
    columns = 2 if name == "reverse_properties" else 3
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            fields = line.split()
            if len(fields) < columns:
                raise ValueError(f"{path}:{number}: {len(fields)} fields instead of {columns}")
            yield fields
