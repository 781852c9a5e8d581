"""The plug-in: one test a task, thresholds from a TOML, live (here: replayed) or on a saved run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.test_rescore import replay_run


def run_pytest(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", folder, *arguments]
    return subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def live(folder: Path, model: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    options = ["--symharness-model", model, "--symharness-data", "bundled", "--symharness-output", folder / "out"]
    return run_pytest(folder, *options, *arguments)


def thresholds(folder: Path, text: str) -> list[object]:
    path = folder / "evals.toml"
    path.write_text(text)
    return ["--symharness-thresholds", path]


def test_one_test_a_task(tmp_path: Path) -> None:
    done = live(tmp_path, "replay:gold", "--symharness-tasks", "spider,scan", "-vv")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "symharness[spider] PASSED" in done.stdout
    assert "symharness[scan] PASSED" in done.stdout


def test_a_figure_below_its_threshold_fails_with_the_figure(tmp_path: Path) -> None:
    limits = thresholds(tmp_path, "[spider]\nexecution_accuracy = 80\n[scan]\nexact_match = 75\n")
    done = live(tmp_path, "replay:corrupt:0.25", "--symharness-tasks", "spider,scan", *limits)
    assert done.returncode == 1
    assert "symharness: spider execution_accuracy 75.00 ± 11.18 (n=16) is below 80.00" in done.stdout
    assert "1 failed, 1 passed" in done.stdout


def test_a_saved_run_needs_no_model(tmp_path: Path) -> None:
    folder = replay_run(tmp_path / "runs", "corrupt:0.5", ["scan"]).folder
    limits = thresholds(tmp_path, "[scan]\nexact_match = 50\n")
    assert run_pytest(tmp_path, "--symharness-run", folder, *limits).returncode == 0
    limits = thresholds(tmp_path, "[scan]\nexact_match = 50.1\n")
    assert run_pytest(tmp_path, "--symharness-run", folder, *limits).returncode == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[scan", "evals.toml is not TOML"),
        ("[scan]\nexact_match = 'high'", "[scan] must hold metric = percent lines"),
        ("[spider]\nexecution_accuracy = 1", "thresholds for tasks that are not run: spider"),
    ],
)
def test_mistakes_in_the_thresholds(tmp_path: Path, text: str, message: str) -> None:
    done = live(tmp_path, "replay:gold", "--symharness-tasks", "scan", *thresholds(tmp_path, text))
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert message in done.stderr


def test_an_unknown_task(tmp_path: Path) -> None:
    done = live(tmp_path, "replay:gold", "--symharness-tasks", "spidr")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "did you mean spider?" in done.stderr


def test_without_its_options_the_plug_in_adds_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text("def test_mine(): pass\n")
    assert "1 passed" in run_pytest(tmp_path).stdout
