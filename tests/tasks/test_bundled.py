"""The bundled samples are ours, enough, and exactly what their generator writes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tasks import bundled
from tasks.source import BUNDLED
from tasks.task import registry


def contents(root: Path) -> dict[str, object]:
    """Every file by name; databases as their SQL dump, since page layout differs between SQLite versions."""
    found: dict[str, object] = {}
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        name = path.relative_to(root).as_posix()
        if path.suffix == ".sqlite":
            connection = sqlite3.connect(path)
            found[name] = list(connection.iterdump())
            connection.close()
        else:
            found[name] = path.read_text(encoding="utf-8")
    return found


def test_committed_samples_are_what_the_generator_writes(tmp_path: Path) -> None:
    bundled.write_all(tmp_path)
    assert contents(tmp_path) == contents(BUNDLED)


@pytest.mark.parametrize("name", sorted(registry()))
def test_every_task_has_a_dozen_samples(name: str) -> None:
    task = registry()[name]
    samples = list(task.read(BUNDLED / task.source.folder))
    assert len(samples) >= 12
    assert len({sample.id for sample in samples}) == len(samples)
