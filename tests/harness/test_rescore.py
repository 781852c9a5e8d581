"""Saved completions scored anew: the same numbers without a model, from a run or from plain JSON lines."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from harness.config import ModelSpec, Sampling, UserError
from harness.evaluate import evaluate
from harness.plan import Options, prepare
from harness.progress import Progress
from harness.replay import corrupted
from harness.rescore import plan_rescore
from harness.summary import RunSummary
from tests.replay import value


def replay_run(folder: Path, what: str, tasks: list[str], data: str = "bundled") -> RunSummary:
    options = Options(ModelSpec(model=f"replay:{what}"), tasks, Sampling(), folder, data, workers=1)
    return run(prepare(options))


def run(plan: object) -> RunSummary:
    with Progress(Console(file=io.StringIO())) as progress:
        return evaluate(plan, progress)  # type: ignore[arg-type]


def test_gold_and_a_known_share_of_wrong_answers(tmp_path: Path) -> None:
    gold = replay_run(tmp_path, "gold", ["spider", "scan"])
    assert {estimate.value for task in gold.tasks for estimate in task.estimates.values()} == {1.0}
    quarter = replay_run(tmp_path, "corrupt:0.25", ["spider", "scan"])
    assert {estimate.value for task in quarter.tasks for estimate in task.estimates.values()} == {0.75}


def test_the_corrupted_share_is_exact_and_fixed() -> None:
    from tasks.source import BUNDLED
    from tasks.task import registry

    task = registry()["scan"]
    samples = list(task.read(BUNDLED / "scan"))
    chosen = corrupted(task, samples, 0.3)
    assert len(chosen) == round(0.3 * len(samples))
    assert corrupted(task, samples[::-1], 0.3) == chosen


def test_a_run_scored_again_gives_its_numbers(tmp_path: Path) -> None:
    first = replay_run(tmp_path, "corrupt:0.5", ["spider", "scan"])
    again = run(plan_rescore(first.folder, "bundled", None, "", 1))
    assert again.folder != first.folder
    assert again.model == first.model
    assert [t.estimates for t in again.tasks] == [t.estimates for t in first.tasks]


def test_plain_json_lines_from_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    rows = [
        {"task": "spider", "id": "dev-1", "completion": "SELECT title FROM book WHERE year > 2000"},
        {"task": "spider", "sample": "dev-2", "completion": "```sql\nSELECT 1\n```", "finish_reason": "length"},
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    summary = run(plan_rescore(path, "bundled", tmp_path, "their-model", 1))
    assert summary.model == "their-model"
    assert value(summary, "spider", "execution_accuracy") == 0.5
    assert summary.tasks[0].finish_reasons == {"length": 1, "stop": 1}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"task": "spider"}', r"answers\.jsonl:1: not a saved completion \(KeyError\('id'\)\); a line is"),
        ("{", r"answers\.jsonl:1: not a saved completion"),
        ('{"task": "spider", "id": 1, "completion": null}', r":1: not a saved completion"),
        ('{"task": "spider", "id": "dev-99", "completion": "x"}', "1 completions fit no sample of the data"),
        ('{"task": "spidr", "id": "dev-1", "completion": "x"}', "did you mean spider"),
        ("", "holds no completions"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text(line)
    with pytest.raises(UserError, match=message):
        plan_rescore(path, "bundled", tmp_path, "m", 1)


def test_a_run_on_other_data_is_not_scored_again(tmp_path: Path, data_root: Path) -> None:
    first = replay_run(tmp_path, "gold", ["scan"])
    with pytest.raises(UserError, match=r"fit no sample|was run on other data"):
        plan_rescore(first.folder, str(data_root), None, "", 1)


@pytest.mark.parametrize("share", ["x", "1.5", "-1", "nan"])
def test_a_share_is_a_number_from_0_to_1(tmp_path: Path, share: str) -> None:
    with pytest.raises(UserError, match="the share of wrong answers is a number from 0 to 1"):
        replay_run(tmp_path, f"corrupt:{share}", ["scan"])
