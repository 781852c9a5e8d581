"""The leaderboard: our rows beside the published ones, marked, reproducible to the byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import UserError
from harness.leaderboard import build
from tests.replay import gold, replay


def test_our_row_stands_beside_the_papers(tmp_path: Path) -> None:
    replay(tmp_path, ["spider", "scan"], "bundled", gold)
    board = build([tmp_path])
    assert [column.heading for column in board.columns] == ["SCAN EM", "Spider EM", "Spider EX"]
    ours, *paper = board.rows
    assert ours.model == "tiny"
    assert ours.cells["SCAN EM"].text == "100.00 ± 0.00 (n=16, mini)"
    assert "Spider EM" not in ours.cells
    assert [row.model for row in paper] == [
        "LLaMA-2-Chat 7B",
        "LLaMA-2-Chat 13B",
        "Symbol-LLM-Base 7B",
        "Symbol-LLM-Base 13B",
        "Symbol-LLM-Instruct 7B",
        "Symbol-LLM-Instruct 13B",
    ]
    assert all(row.published for row in paper)
    assert paper[4].cells["SCAN EM"].text == "98.35"
    assert paper[4].cells["Spider EM"].text == "63.80"


def test_a_part_of_the_test_set_is_marked(tmp_path: Path, data_root: Path) -> None:
    replay(tmp_path, ["scan"], str(data_root), gold, limit=10)
    assert build([tmp_path]).rows[0].cells["SCAN EM"].text == "100.00 ± 0.00 (n=10, partial)"


def test_same_records_same_bytes(tmp_path: Path) -> None:
    replay(tmp_path, ["scan"], "bundled", gold)
    first, second = build([tmp_path]), build([tmp_path])
    assert first.markdown() == second.markdown()
    assert first.frame().to_csv() == second.frame().to_csv()


def test_figures_are_traceable_in_the_table_of_figures(tmp_path: Path) -> None:
    replay(tmp_path, ["scan"], "bundled", gold)
    frame = build([tmp_path]).frame()
    ours = frame[~frame["published"]].iloc[0]
    assert (ours["task"], ours["metric"], ours["score"], ours["n"], ours["mark"]) == ("SCAN", "EM", 100.0, 16, "mini")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        build([tmp_path / "gone"])
