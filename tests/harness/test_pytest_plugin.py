"""The plug-in: one test a task, thresholds from a TOML, live (here: replayed) or on a saved run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.runlog import read_records
from tests.harness.test_rescore import replay_run
from tests.replay import data_without

pytestmark = pytest.mark.alone


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


def test_one_test_a_sample(tmp_path: Path) -> None:
    folder = replay_run(tmp_path / "runs", "corrupt:0.25", ["scan"]).folder
    done = run_pytest(tmp_path, "--symharness-run", folder, "--symharness-per-sample", "-vv")
    assert "4 failed, 12 passed" in done.stdout
    assert "symharness[scan-simple-test-8]" in done.stdout
    assert "wrong answer" in done.stdout


def test_not_significantly_worse_than_another_run(tmp_path: Path) -> None:
    base, near, far = (replay_run(tmp_path / "runs", f"corrupt:{share}", ["scan"]).folder for share in (0.25, 0.4, 0.9))
    limits = thresholds(
        tmp_path, f'[scan]\nexact_match = {{ at_least = 1, not_worse_than = "{base.relative_to(tmp_path)}" }}\n'
    )
    assert run_pytest(tmp_path, "--symharness-run", near, *limits).returncode == 0
    done = run_pytest(tmp_path, "--symharness-run", far, *limits)
    assert done.returncode == 1
    assert "scan exact_match 12.50 is significantly worse than 75.00 in" in done.stdout
    assert "(n=16, -62.50 [" in done.stdout


def test_the_processes_of_xdist_share_one_evaluation(tmp_path: Path) -> None:
    arguments = ["-n", "2", "--symharness-tasks", "scan,scan_jump", "--symharness-per-sample"]
    done = live(tmp_path, "replay:corrupt:0.25", *arguments)
    assert "8 failed, 24 passed" in done.stdout, done.stdout + done.stderr
    (run,) = (tmp_path / "out").glob("*/*/run.json")
    records = [line for part in run.parent.glob("samples-*.jsonl") for line in part.read_text().splitlines()]
    assert len(records) == len(list(read_records(run.parent))) == 32


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[scan", "evals.toml is not TOML"),
        ("[scan]\nexact_match = 'high'", "[scan] must hold metric = percent lines"),
        ("[scan]\nexact_match = { above = 3 }", "[scan] must hold metric = percent lines"),
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
    assert "did you mean spider" in done.stderr


def test_a_task_of_a_suite_without_data_is_skipped_with_its_reason(tmp_path: Path) -> None:
    data = data_without(tmp_path / "data", "mmlu")
    done = live(tmp_path, "replay:gold", "--symharness-tasks", "general", "--symharness-data", data, "-rs")
    assert "2 passed, 5 skipped" in done.stdout
    assert "no data: " in done.stdout


def test_without_its_options_the_plug_in_adds_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text("def test_mine(): pass\n")
    assert "1 passed" in run_pytest(tmp_path).stdout
