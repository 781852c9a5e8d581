"""The committed leaderboard is what the committed runs give today."""

from __future__ import annotations

import filecmp
from pathlib import Path

from harness.leaderboard import build
from harness.runlog import is_run, read_records
from harness.serving import PROJECT
from harness.terminal import write_report

RESULTS = PROJECT / "results"
RUNS = [path.parent for path in sorted(RESULTS.glob("*/*/run.json")) if path.parent.parent.name != "local"]


def test_the_committed_leaderboard_is_todays(tmp_path: Path) -> None:
    assert RUNS
    for path in write_report(build(RUNS), tmp_path, "Leaderboard"):
        assert filecmp.cmp(path, RESULTS / path.name, shallow=False), f"{path.name}: symharness leaderboard -o results"


def test_committed_runs_hold_no_text_of_others() -> None:
    for run in RUNS:
        assert is_run(run)
        for record in read_records(run):
            assert record.prompt == ""
            assert record.completion.startswith("sha256:")
