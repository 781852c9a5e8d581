"""The leaderboard: our rows beside the published ones, marked, holes explained, reproducible to the byte."""

from __future__ import annotations

import csv
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from harness.averages import RULES, average, paper_title, symbolic_tasks
from harness.config import ModelSpec, Sampling, UserError
from harness.figures import EXECUTION
from harness.leaderboard import average_cell, build
from harness.plan import Options, prepare
from harness.published import published_models
from harness.runlog import parts, read_records
from harness.summary import load_summary, summarise
from harness.tables import Format
from harness.terminal import rendered, write_report
from tasks.task import registry
from tests.harness.test_rescore import replay_run, run
from tests.replay import data_without, gold, replay


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one run of half of SCAN's mini samples right."""
    folder = tmp_path_factory.mktemp("scan")
    replay_run(folder, "corrupt:0.5", ["scan"])
    return folder


def test_our_row_stands_beside_the_papers(tmp_path: Path) -> None:
    replay(tmp_path, ["spider", "scan"], "bundled", gold)
    board = build([tmp_path])
    assert [column.heading for column in board.columns] == ["SCAN EM", "Spider EM", "Spider EX"]
    ours, *paper = board.rows
    assert ours.model == "tiny"
    assert ours.cells["SCAN EM"].text == "100.00 ± 0.00 (n=16, mini)"
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
    assert paper[4].cells["Spider EX"].text == "not published"


def test_a_part_of_the_test_set_is_marked(tmp_path: Path, data_root: Path) -> None:
    replay(tmp_path, ["scan"], str(data_root), gold, limit=10)
    assert build([tmp_path]).rows[0].cells["SCAN EM"].text == "100.00 ± 0.00 (n=10, partial)"


def test_tables_go_by_suite_and_domain_and_hold_who_has_a_figure_there(tmp_path: Path) -> None:
    replay_run(tmp_path, "gold", ["scan", "scan_jump", "spider"])
    replay_run(tmp_path, "corrupt:0.5", ["scan"])
    first, second, third, averages = build([tmp_path], None).grids()
    assert [grid.title for grid in (first, second, third, averages)] == [
        "symbolic: Command",
        "symbolic: SQL",
        "ood: Command",
        "Averages",
    ]
    assert [row[0] for row in first.rows] == ["replay:corrupt:0.5", "replay:gold"]
    assert [row[0] for row in second.rows] == [row[0] for row in third.rows] == ["replay:gold"]


def test_missing_cells_say_why(tmp_path: Path) -> None:
    replay_run(tmp_path, "gold", ["scan", "spider"])
    replay_run(tmp_path, "corrupt:0.5", ["scan"])
    half, _ = build([tmp_path], None).rows
    assert half.cells["Spider EX"].text == "not run"
    frame = build([tmp_path]).frame()
    assert set(frame[frame["score"].isna()]["missing"]) == {"not run", "not published", "1 of 34", "2 of 34"} | {
        f"{k} of {n}" for k in (1, 2) for n in (31, 30, 27)
    }
    assert set(frame[frame["score"].notna()]["missing"]) == {""}


def test_a_suite_with_holes_shows_them(tmp_path: Path) -> None:
    data = data_without(tmp_path / "data", "webqsp")
    options = Options(ModelSpec(model="replay:gold"), ["symbolic"], Sampling(), tmp_path / "o", data)
    plan = prepare(options)
    summary = run(plan.cut_to({("grailqa", sample.id) for sample in plan.samples["grailqa"]}))
    board = build([summary.folder], None)
    (row,) = board.rows
    assert row.cells["WebQSP F1"].text == "no data"
    assert row.averages["34 tasks"].text == "1 of 34"
    holes = board.grids()[-1]
    lacking = "webqsp/WebQSP.test.json is missing: get it from https://www.microsoft.com"
    assert (holes.title, holes.rows[0][2]) == ("No data", "WebQSP")
    assert holes.rows[0][3].startswith(lacking)
    frame = board.frame()
    assert frame[frame["task"] == "WebQSP"]["missing"].iloc[0].startswith(f"no data: {lacking}")


def test_an_average_names_the_few_that_it_lacks() -> None:
    scores = {task.name: 0.5 for task in symbolic_tasks() if task.name not in ("webqsp", "amr2")}
    cell = average_cell(RULES[0], scores)
    assert (cell.estimate, cell.text) == (None, "32 of 34, without AMR2.0, WebQSP")


def test_a_ratio_without_a_denominator_is_missing_and_not_0(tmp_path: Path) -> None:
    folder = replay_run(tmp_path, "gold", ["gqa"]).folder
    assert load_summary(folder).tasks[0].estimates.keys() == {"exact_match", "answer_accuracy"}
    without_denominators(folder, "answer_accuracy")
    (row,) = build([folder], None).rows
    assert row.cells["GQA EM"].text.startswith("100.00")
    assert row.cells["GQA accuracy"].text == "undefined"


def without_denominators(folder: Path, metric: str) -> None:
    """Write the run's records anew with nothing to measure for this metric."""
    (part,) = parts(folder)
    nothing = {metric: {"numerator": 0.0, "denominator": 0.0}}
    records = [replace(record, statistics={**record.statistics, **nothing}) for record in read_records(folder)]
    part.write_text("".join(record.to_line() + "\n" for record in records), encoding="ascii")


@pytest.mark.parametrize(
    ("model", "rule", "printed"),
    [
        ("LLaMA-2-Chat 7B", "34 tasks", 22.59),
        ("LLaMA-2-Chat 13B", "34 tasks", 18.46),
        ("Symbol-LLM-Instruct 7B", "34 tasks", 71.88),
        ("Symbol-LLM-Instruct 13B", "34 tasks", 74.34),
        ("Symbol-LLM-Base 7B", "31 without Math", 73.44),
        ("Symbol-LLM-Base 13B", "31 without Math", 73.97),
    ],
)
def test_averages_are_those_that_the_paper_prints(scan: Path, model: str, rule: str, printed: float) -> None:
    (row,) = [row for row in build([scan]).rows if row.model == model]
    assert row.averages[rule].text == f"{printed:.2f}"


def test_closed_models_are_averaged_without_planning() -> None:
    printed = {"GPT-3.5": ("30 without Planning", 32.27), "ChatGPT": ("27 without both", 28.22)}
    for model in published_models():
        if model.name in printed:
            name, value = printed[model.name]
            (rule,) = [rule for rule in RULES if rule.name == name]
            scores = {task.name: model.scores[paper_title(task)] for task in rule.tasks}
            assert 100 * (average(rule, scores).value or 0) == pytest.approx(value, abs=0.005)


def test_no_average_over_a_hole() -> None:
    assert [len(rule.tasks) for rule in RULES] == [34, 31, 30, 27]
    scores = {task.name: 0.5 for task in symbolic_tasks()}
    assert average(RULES[0], scores).value == 0.5
    del scores["scan"]
    assert (average(RULES[0], scores).value, average(RULES[0], scores).there) == (None, 33)


def test_execution_metrics_exist() -> None:
    assert {metric.name for task in registry().values() for metric in task.metrics} >= EXECUTION


def test_same_records_same_bytes(tmp_path: Path) -> None:
    for share in ("0.25", "0.5"):
        replay_run(tmp_path / "runs", f"corrupt:{share}", ["scan"])
    paths = [write_report(build([tmp_path / "runs"]), tmp_path / name, "Leaderboard") for name in ("a", "b")]
    assert [path.name for path in paths[0]] == [
        "LEADERBOARD.md",
        "leaderboard.csv",
        "leaderboard.json",
        "leaderboard.tex",
    ]
    for first, second in zip(*paths, strict=True):
        assert first.read_bytes() == second.read_bytes()


def test_every_form_has_the_figure(scan: Path) -> None:
    board = build([scan])
    (row, *_) = csv.DictReader(rendered(board, Format.CSV).splitlines())
    assert (row["suite"], row["task"], row["metric"], row["score"], row["n"]) == (
        "symbolic",
        "SCAN",
        "EM",
        "50.0",
        "16",
    )
    (first, *_) = json.loads(rendered(board, Format.JSON))
    assert (first["score"], first["n"], first["mark"]) == (50.0, 16, "mini")
    assert "replay:corrupt:0.5 & 0-shot, plain & 50.00 $\\pm$ 25.30 (n=16, mini)" in rendered(board, Format.LATEX)
    assert "| replay:corrupt:0.5 | 0-shot, plain | 50.00 ± 25.30 (n=16, mini) |" in rendered(board, Format.MARKDOWN)


def test_runs_of_one_model_are_told_apart(tmp_path: Path) -> None:
    first = replay_run(tmp_path, "gold", ["scan"]).folder
    shutil.copytree(first, first.with_name("again"))
    names = [row.setting for row in build([tmp_path], None).rows]
    assert names == sorted([f"0-shot, plain, run {first.name}", "0-shot, plain, run again"])


def test_results_stand_for_their_records_only(tmp_path: Path) -> None:
    folder = replay_run(tmp_path, "corrupt:0.25", ["scan", "sparc"]).folder
    loaded, summed = load_summary(folder), summarise(folder)
    assert (loaded.tasks, loaded.model, loaded.setting) == (summed.tasks, summed.model, summed.setting)
    tamper_with_results(folder)
    assert load_summary(folder).tasks[0].estimates["exact_match"].value == 0.125  # they are what is read
    (part,) = parts(folder)
    os.utime(part)
    assert load_summary(folder).tasks[0].estimates["exact_match"].value == 0.125  # newer, but the same bytes
    part.write_bytes(part.read_bytes().replace(b'"score":1.0', b'"score":0.0'))
    assert load_summary(folder) == summarise(folder)
    part.unlink()
    assert load_summary(folder) == summarise(folder)


def tamper_with_results(folder: Path) -> None:
    path = folder / "results.json"
    content = json.loads(path.read_text())
    row = json.dumps(content["symharness"]["tasks"]["scan"]["estimates"], separators=(",", ":"))
    changed = json.dumps({"exact_match": [0.125, 0.1, 16]}, separators=(",", ":"))
    assert row in path.read_text()
    path.write_text(path.read_text().replace(row, changed, 1))


def test_records_of_an_older_version_are_told(tmp_path: Path) -> None:
    folder = replay_run(tmp_path, "gold", ["scan"]).folder
    (folder / "results.json").unlink()
    (part,) = parts(folder)
    old = [replace(record, statistics={"exact_match": {"points": 1.0}}) for record in read_records(folder)]
    part.write_text("".join(f"{record.to_line()}\n" for record in old))
    with pytest.raises(UserError, match="hold no 'score' of a metric, they are an older version's: score them anew"):
        build([folder])


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        build([tmp_path / "gone"])
