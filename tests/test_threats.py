"""THREATS.md names a test on every line, and every one of them exists."""

from __future__ import annotations

import re

import pytest

from harness.serving import PROJECT

_ROW = re.compile(r"^\| (?P<attack>[^|]+) \| (?P<defence>[^|]+) \| (?P<test>[^|]+) \|$", re.MULTILINE)
ROWS = [
    row
    for row in _ROW.finditer((PROJECT / "THREATS.md").read_text(encoding="utf-8"))
    if row["attack"] not in ("attack", "---")
]


def test_there_are_lines() -> None:
    assert len(ROWS) > 30


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["attack"][:40])
def test_every_line_is_held_by_a_test(row: re.Match[str]) -> None:
    path, _, name = row["test"].strip("`").partition("::")
    assert re.search(rf"^(?:async )?\s*def {name}\b", (PROJECT / path).read_text(encoding="utf-8"), re.MULTILINE), row[
        "test"
    ]
