"""What a model loses under new names: paired within a run, and shown on the leaderboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.config import UserError
from harness.extrapolation import compare_evolved
from harness.leaderboard import build
from tasks.task import Sample, Task
from tests.harness.test_rescore import replay_run
from tests.replay import replay

TASKS = ["scan", "scan_evol", "spider", "spider_evol", "mtop_evol"]


def leaning_on_names(task: Task, sample: Sample) -> str:
    """A model that knows all standard answers, and in every other evolved sample writes the names it has seen."""
    seen = task.name == "scan_evol" and int(sample.id.rsplit("-", 1)[1]) % 2
    return task.wrong(sample)[-1] if seen else task.gold(sample)


@pytest.fixture(scope="module")
def leaning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return replay(tmp_path_factory.mktemp("leaning"), TASKS, "bundled", leaning_on_names).folder


def test_a_drop_is_paired_by_sample(leaning: Path) -> None:
    report = compare_evolved(leaning)
    scan, *spider = report.lines
    assert (scan.figure.heading, scan.found.n, scan.gained, scan.lost) == ("SCAN EM", 16, 0, 8)
    assert (scan.found.theirs, scan.found.ours, scan.found.difference) == (1.0, 0.5, -0.5)
    assert scan.found.p == pytest.approx(2 / 2**8)
    assert [(line.figure.heading, line.found.difference) for line in spider] == [("Spider EM", 0), ("Spider EX", 0)]
    assert {flip.after.value for flip in report.flips} == {"does not parse"}
    captions = report.captions()
    assert captions[0].startswith("A: ")
    assert captions[0].endswith(", standard")
    assert captions[1].startswith("B: ")
    assert captions[1].endswith(", Symbol-evol")


@pytest.mark.parametrize("name", ["scan", "scan_evol"])
def test_tasks_are_named_in_either_form(leaning: Path, name: str) -> None:
    assert [line.figure.heading for line in compare_evolved(leaning, [name]).lines] == ["SCAN EM"]


def test_a_task_in_one_form_is_nothing_to_compare(leaning: Path) -> None:
    with pytest.raises(UserError, match="no task of those asked for in both forms"):
        compare_evolved(leaning, ["mtop"])


def test_the_command(leaning: Path) -> None:
    result = CliRunner().invoke(app, ["compare", str(leaning), "--evolved", "--format", "md"])
    assert result.exit_code == 0
    assert "| SCAN | EM | 16 | 100.00 | 50.00 | -50.00 |" in result.output
    refused = CliRunner().invoke(app, ["compare", str(leaning), "--evolved", "--baseline", str(leaning)])
    assert isinstance(refused.exception, UserError)


def test_the_leaderboard_shows_standard_evolved_and_drop(leaning: Path) -> None:
    board = build([leaning], None)
    (grid,) = (grid for grid in board.grids() if grid.title == "Symbol extrapolation")
    assert [row[2:4] for row in grid.rows] == [("SCAN", "EM"), ("Spider", "EM"), ("Spider", "EX")]
    assert grid.rows[0][4:] == ("100.00 ± 0.00 (n=16, mini)", "50.00 ± 25.30 (n=16, mini)", "50.00 (n=16, mini)")
    assert any(caption.startswith("drop: ") for caption in board.captions())
    frame = board.frame()
    drop = frame[frame["metric"] == "EM drop"].iloc[0]
    assert (drop["suite"], drop["domain"], drop["task"], drop["score"]) == ("ood", "Symbol extrapolation", "SCAN", 50.0)


def test_no_drop_without_both_forms(tmp_path: Path) -> None:
    replay_run(tmp_path, "gold", ["scan", "mtop_evol"])
    board = build([tmp_path], None)
    assert "Symbol extrapolation" not in [grid.title for grid in board.grids()]
    assert not any(caption.startswith("drop: ") for caption in board.captions())
    assert "Symbol extrapolation" not in set(board.frame()["domain"])
