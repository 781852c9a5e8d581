"""Runs against each other: right sign and n, corrected for many tasks, honest about what cannot be compared."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.answers import Answered
from harness.cli import app
from harness.compare import Report, compare_runs
from harness.config import ModelSpec, Sampling, UserError
from harness.plan import Options, prepare
from harness.published import published_model
from harness.terminal import rendered
from harness.unpaired import compare_published
from tasks.source import BUNDLED
from tests.harness.test_rescore import replay_run, run

TASKS = ["spider", "scan", "nl2java"]


@pytest.fixture(scope="module")
def sixty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return replay_run(tmp_path_factory.mktemp("sixty"), "corrupt:0.4", TASKS).folder


@pytest.fixture(scope="module")
def seventy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return replay_run(tmp_path_factory.mktemp("seventy"), "corrupt:0.3", TASKS).folder


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return replay_run(tmp_path_factory.mktemp("wrong"), "corrupt:1", TASKS).folder


def on_200_samples(folder: Path, what: str) -> Path:
    """A replay on the bundled commands of SCAN, over and over."""
    name = Path("scan/simple_split/tasks_test_simple.txt")
    path = folder / "data" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (BUNDLED / name).read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join((lines * 13)[:200]), encoding="utf-8")
    options = Options(ModelSpec(model=f"replay:{what}"), ["scan"], Sampling(), folder, str(folder / "data"))
    return run(prepare(options)).folder


def test_sixty_and_seventy_percent_are_told_apart(tmp_path: Path) -> None:
    less, more = (on_200_samples(tmp_path, f"corrupt:{share}") for share in (0.4, 0.3))
    (line,) = compare_runs([less, more]).lines
    assert (line.found.n, line.gained, line.lost, line.found.test) == (200, 20, 0, "McNemar")
    assert (line.found.theirs, line.found.ours, line.found.difference) == pytest.approx((0.6, 0.7, 0.1))
    assert 0 < line.found.low < 0.1 < line.found.high < 0.2
    assert line.found.p == pytest.approx(2 / 2**20)
    assert line.significant
    (back,) = compare_runs([more, less]).lines
    assert back.found.difference == pytest.approx(-0.1)
    assert (back.gained, back.lost) == (0, 20)


def test_a_few_samples_are_no_evidence(sixty: Path, seventy: Path) -> None:
    report = compare_runs([sixty, seventy])
    assert [(line.figure.heading, line.found.n) for line in report.lines] == [
        ("NL2Java BLEU", 12),
        ("SCAN EM", 16),
        ("Spider EM", 16),
        ("Spider EX", 16),
    ]
    assert all(line.found.difference > 0 and not line.significant for line in report.lines)


def test_holm_counts_the_tasks(sixty: Path, wrong: Path) -> None:
    report = compare_runs([wrong, sixty])
    raw = {line.figure.heading: line.found.p for line in report.lines}
    adjusted = {line.figure.heading: line.adjusted for line in report.lines}
    least = min(p for heading, p in raw.items() if heading != "Spider EX")
    assert min(p for heading, p in adjusted.items() if heading != "Spider EX") == pytest.approx(3 * least)
    assert adjusted["Spider EX"] == raw["Spider EX"]  # the only figure beside the primary ones


def test_the_tasks_average_is_one_question_more(wrong: Path, sixty: Path, seventy: Path) -> None:
    report = compare_runs([wrong, sixty, seventy], TASKS)
    first, second = report.averages
    assert (first.mean.heading, first.run, second.run) == ("Average all, 3 tasks", "B", "C")
    assert first.found.n == 44
    mine = [line for line in report.lines if line.main and line.run == "B"]
    assert first.found.difference == pytest.approx(sum(line.found.difference for line in mine) / 3)
    assert (first.gained, first.lost) == (sum(line.gained for line in mine), 0)
    assert first.found.low > 0
    assert first.found.p == pytest.approx(1e-4, abs=1e-5)
    assert "| Average | all, 3 tasks | 44 |" in rendered_as(report, "md")
    pair = compare_runs([wrong, sixty], TASKS)
    assert json.loads(rendered_as(pair, "json"))["averages"][0]["p"] == first.found.p
    assert compare_runs([wrong, sixty], ["scan"]).averages == ()


def test_a_suite_has_an_average_of_its_own_beside_that_of_all(tmp_path: Path) -> None:
    runs = [
        replay_run(tmp_path / what[-1], what, ["scan", "spider", "scan_jump"]).folder for what in ("gold", "corrupt:1")
    ]
    found = compare_runs(runs).averages
    assert [average.mean.heading for average in found] == ["Average all, 3 tasks", "Average symbolic, 2 tasks"]


def test_flips_say_what_became_of_the_answer(sixty: Path, wrong: Path) -> None:
    report = compare_runs([sixty, wrong], ["scan"])
    assert {(flip.before, flip.after) for flip in report.flips} == {(Answered.RIGHT, Answered.WRONG)}
    assert len(report.flips) == round(0.6 * 16)
    assert "| SCAN | A → B | right | wrong answer |" in rendered_as(report, "md")


def test_the_best_of_several_is_marked_only_when_significant(sixty: Path, seventy: Path, wrong: Path) -> None:
    close = compare_runs([wrong, sixty, seventy], ["scan"])
    assert close.best["scan", "exact_match"].run == "C"
    assert "| none | 1.000 |" in rendered_as(close, "md")
    assert "62.50 * | 68.75 *" in rendered_as(close, "md")
    clear = compare_runs([wrong, seventy], ["scan"])
    assert clear.best["scan", "exact_match"].adjusted == pytest.approx(2 / 2**11)
    again = compare_runs([wrong, seventy, wrong], ["scan"])
    assert "| B | <0.001 |" in rendered_as(again, "md")


def rendered_as(report: Report, form: str) -> str:
    from harness.tables import Format

    return rendered(report, Format(form))


def test_every_form_holds_the_same_figures(sixty: Path, seventy: Path) -> None:
    report = compare_runs([sixty, seventy])
    (row,) = [row for row in csv.DictReader(io.StringIO(rendered_as(report, "csv"))) if row["task"] == "SCAN"]
    (line,) = [line for line in json.loads(rendered_as(report, "json"))["lines"] if line["task"] == "SCAN"]
    assert (float(row["difference"]), int(row["n"])) == (line["difference"], line["n"]) == (6.25, 16)
    assert "SCAN & EM & 16 & 62.50 & 68.75 & +6.25" in rendered_as(report, "latex")
    assert "| SCAN | EM | 16 | 62.50 | 68.75 | +6.25 |" in rendered_as(report, "md")
    assert rendered_as(report, "json") == rendered_as(compare_runs([sixty, seventy]), "json")


def test_only_samples_of_both_count(tmp_path: Path, sixty: Path) -> None:
    options = Options(ModelSpec(model="replay:gold"), ["scan"], Sampling(), tmp_path, "bundled", limit=10)
    report = compare_runs([sixty, run(prepare(options)).folder])
    assert {line.found.n for line in report.lines} == {10}
    assert "SCAN: 6 samples are not compared, as not every run has answered them" in report.notes
    assert "not compared, as only A holds it: nl2java, spider" in report.notes


def test_runs_that_share_nothing(tmp_path: Path, sixty: Path) -> None:
    other = replay_run(tmp_path, "gold", ["scan_jump"]).folder
    with pytest.raises(UserError, match="share no task: A holds nl2java, scan, spider; B holds scan_jump"):
        compare_runs([sixty, other])


def test_runs_on_different_data(tmp_path: Path, sixty: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(sixty, other)
    content = json.loads((other / "run.json").read_text())
    content["config"]["tasks"]["scan"]["data"] = "f" * 64
    (other / "run.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"task scan: A and B were run on different data .*--tasks"):
        compare_runs([sixty, other])
    assert compare_runs([sixty, other], ["spider"]).lines


def test_a_published_baseline_is_unpaired(sixty: Path) -> None:
    report = compare_published(sixty, published_model("LLaMA-2-Chat-7B"))
    (line,) = [line for line in report.lines if line.figure.heading == "Spider EM"]
    assert (line.published, line.estimate.value, line.estimate.n) == (0.165, 0.625, 16)
    assert line.interval == pytest.approx((0.46 - 1.96 * 0.125, 0.46 + 1.96 * 0.125), abs=1e-3)
    assert line.p == pytest.approx(0.000233, abs=1e-5)  # 2 (1 - Phi(0.46 / 0.125))
    assert line.remark == "mini: not the paper's test set"
    assert any(caption.startswith("UNPAIRED") for caption in report.captions())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{sixty}"], "compare takes 2 to 26 runs"),
        (["{sixty}", "{sixty}/gone"], "is no run folder"),
        (["{sixty}", "--baseline", "published:LLaMA-2-Chat-8B"], "did you mean LLaMA-2-Chat-7B"),
    ],
)
def test_mistakes_are_one_line(sixty: Path, arguments: list[str], message: str) -> None:
    done = CliRunner().invoke(app, ["compare", *(argument.format(sixty=sixty) for argument in arguments)])
    assert isinstance(done.exception, UserError)
    assert message in str(done.exception)
    assert "\n" not in str(done.exception)


def test_the_command(sixty: Path, seventy: Path) -> None:
    done = CliRunner().invoke(app, ["compare", str(seventy), "--baseline", str(sixty), "--format", "csv"])
    assert done.exit_code == 0, done.output
    assert {row["run"] for row in csv.DictReader(io.StringIO(done.stdout))} == {"B"}
    done = CliRunner().invoke(app, ["compare", str(sixty), str(seventy), "--all-metrics", "--format", "md"])
    assert "| Spider | test_suite_accuracy | 16 |" in done.stdout
