"""SCAN in its official files."""

from __future__ import annotations

from pathlib import Path

import pytest

from executors.command import interpret
from tasks.command import read_scan
from tasks.task import DataError


def test_samples_are_command_and_actions(data_root: Path) -> None:
    samples = list(read_scan(data_root / "scan"))
    assert len(samples) == 40
    assert samples[0].id == "simple-test-1"
    assert all(interpret(sample.fields["command"]).value == sample.target.split() for sample in samples)


def test_every_supplied_row_of_every_split_is_understood(data_root: Path) -> None:
    files = sorted((data_root / "scan").rglob("tasks_*.txt"))
    assert len(files) == 10
    for path in files:
        for line in path.read_text().splitlines():
            command, _, actions = line.removeprefix("IN: ").partition(" OUT: ")
            assert interpret(command).value == actions.split(), (path.name, command)


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "simple_split" / "tasks_test_simple.txt"
    path.parent.mkdir()
    path.write_text("IN: walk OUT: I_WALK\nIN: run OU")
    with pytest.raises(DataError, match=r"tasks_test_simple\.txt:2: not an 'IN: <command> OUT: <actions>' line"):
        list(read_scan(tmp_path))
