"""Checkpoints over their steps: found by name, paired by sample, and a best step that is not taken at its word."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.config import UserError
from harness.curves.build import compare_steps
from harness.curves.choice import Paired, choose, first_half, optimism
from harness.curves.names import Stepped, stepped
from harness.curves.report import Curve, Curves
from harness.report.picture import nice_step, picture, short
from harness.runlog import parts, read_run
from harness.statistics import clustered, resampled
from harness.tables import Format
from harness.terminal import rendered
from tasks.metrics import Metric, exact_match
from tests.harness.test_rescore import replay_run
from tests.replay import renamed

TASKS = ["spider", "scan", "nl2java"]
SHARES = {100: 0.75, 200: 0.5, 300: 0.25}
ACCURACY = Metric("accuracy", exact_match)


@pytest.mark.parametrize(
    ("model", "revision", "series", "step"),
    [
        ("checkpoint-500", None, "", 500),
        ("tiny/step-500", None, "tiny", 500),
        ("org/tiny-step_500", None, "org/tiny", 500),
        ("tiny-step500-sft", None, "tiny-sft", 500),
        ("global_step500", None, "", 500),
        ("tiny_globalstep500", None, "tiny", 500),
        ("tiny.iter_0000500", None, "tiny", 500),
        ("TINY-Step-500", None, "TINY", 500),
        ("tiny-step-1-checkpoint-500", None, "tiny-step-1", 500),
        ("replay:runs/tiny-step-500.jsonl", None, "replay:runs/tiny.jsonl", 500),
        ("EleutherAI/pythia-70m", "step143000", "EleutherAI/pythia-70m", 143000),
        ("allenai/OLMo-2", "stage1-step1000-tokens5B", "allenai/OLMo-2@stage1", 1000),
        ("org/tiny-step-500", "8f4c1d0e", "org/tiny", 500),
        ("org/tiny", "refs/pr/500", None, None),
        ("org/tiny", None, None, None),
        ("org/Step-3.5-base", None, None, None),
        ("org/footstep-500", None, None, None),
        ("org/step-500k", None, None, None),
        ("org/step-" + "9" * 5000, None, None, None),
        ("org/step-٥٠٠", None, None, None),
    ],
)
def test_steps_and_series_of_names(model: str, revision: str | None, series: str | None, step: int | None) -> None:
    expected = None if series is None or step is None else Stepped(series, step)
    assert stepped(model, revision) == expected


@pytest.fixture(scope="module")
def replays(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Replays that are right ever more often, by what will be their step."""
    folder = tmp_path_factory.mktemp("replays")
    return {step: replay_run(folder, f"corrupt:{share}", TASKS).folder for step, share in SHARES.items()}


@pytest.fixture(scope="module")
def training(replays: dict[int, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs of one training, and one of the model that it began with."""
    folder = tmp_path_factory.mktemp("training")
    for step, run in replays.items():
        renamed(run, folder / f"tiny-step-{step}" / "run", f"tiny-step-{step}")
    renamed(replays[200], folder / "base" / "run", "base")
    return folder


def curve(curves: Curves, heading: str) -> Curve:
    (found,) = (item for item in curves.curves if item.figure.heading == heading)
    return found


def test_a_growing_truth_is_drawn_and_paired(training: Path) -> None:
    curves = compare_steps([training])
    assert [one.title for one in curves.series] == ["tiny (0-shot, plain)"]
    assert [item.heading for item in curves.figures] == [
        "NL2Java BLEU", "SCAN EM", "Spider EM", "Spider EX", "Average all, 3 tasks",
    ]  # fmt: skip
    first, second, third = curve(curves, "SCAN EM").points
    assert [(p.step, p.estimate.value, p.estimate.n, p.mark) for p in (first, second, third)] == [
        (100, 0.25, 16, "mini"),
        (200, 0.5, 16, "mini"),
        (300, 0.75, 16, "mini"),
    ]
    assert (first.first, third.last) == (None, None)
    assert third.first is not None
    assert third.first.found.difference == 0.5
    assert third.first.found.p == pytest.approx(2 / 2**8)  # 8 samples more are right, none less
    assert 0 < third.first.found.low < 0.5 < third.first.found.high < 1
    assert second.last is not None
    assert second.last.found.difference == -0.25
    choice = curve(curves, "SCAN EM").choice
    assert choice is not None
    assert (choice.steps, choice.best) == ((100, 200, 300), 300)


def test_holm_counts_the_tasks_at_a_step(training: Path) -> None:
    curves = compare_steps([training])
    raw, adjusted = {}, {}
    for heading in ("NL2Java BLEU", "SCAN EM", "Spider EM", "Spider EX"):
        against = curve(curves, heading).points[2].first
        assert against is not None
        raw[heading], adjusted[heading] = against.found.p, against.adjusted
    assert adjusted["Spider EX"] == raw["Spider EX"]  # the only figure beside the primary ones
    least = min(p for heading, p in raw.items() if heading != "Spider EX")
    assert min(p for heading, p in adjusted.items() if heading != "Spider EX") == pytest.approx(3 * least)


def test_the_average_of_tasks_has_a_curve_of_its_own(training: Path) -> None:
    """Every task alike: its value is the mean of theirs, and so is what a model without steps has."""
    curves = compare_steps([training])
    tasks = [curve(curves, heading) for heading in ("NL2Java BLEU", "SCAN EM", "Spider EM")]
    average = curve(curves, "Average all, 3 tasks")
    for number, point in enumerate(average.points):
        of_tasks = [task.points[number].estimate for task in tasks]
        assert point.estimate.value == pytest.approx(np.mean([estimate.value for estimate in of_tasks]))
        assert point.estimate.n == 44
        errors = np.array([estimate.stderr for estimate in of_tasks])
        assert point.estimate.stderr == pytest.approx(np.sqrt((errors**2).sum()) / 3)
    last = average.points[2].first
    assert last is not None
    assert last.found.difference == pytest.approx(np.mean([task.points[2].first.found.difference for task in tasks]))
    assert last.found.low > 0
    assert last.adjusted == last.found.p < min(task.points[2].first.found.p for task in tasks)
    assert average.choice is not None
    assert (average.choice.best, average.choice.honest is not None) == (300, True)
    (level,) = (flat for flat in curves.flats if flat.figure.heading == "Average all, 3 tasks")
    assert level.estimate.value == average.points[1].estimate.value, "the base has the answers of step 200"
    assert "| Average | all, 3 tasks | 300 | 44, mini |" in rendered(curves, Format.MARKDOWN)


def test_an_average_is_of_the_tasks_that_every_step_has(training: Path, tmp_path: Path) -> None:
    shutil.copytree(training, tmp_path / "runs")
    other_data(tmp_path / "runs" / "tiny-step-200", "scan")
    curves = compare_steps([tmp_path / "runs"])
    assert curves.figures[-1].heading == "Average all, 2 tasks"
    assert "tiny (0-shot, plain): averages are without SCAN, which not every step has" in curves.notes
    assert not any("Average" in item.heading for item in compare_steps([training], tasks=["scan"]).figures)


def test_the_best_step_is_marked_and_warned_of(training: Path) -> None:
    curves = compare_steps([training], tasks=["scan"])
    text = rendered(curves, Format.MARKDOWN)
    assert "| SCAN | EM | 300 | 16, mini | 75.00 ± 21.91 best | +50.00 |" in text
    (warning,) = curves.warnings()
    assert warning.startswith("BEST OF 3 CHECKPOINTS, tiny (0-shot, plain): ")
    assert "optimistic" in warning
    assert "Choose the step on other samples" in warning
    for form in (Format.MARKDOWN, Format.JSON, Format.LATEX):
        assert "BEST OF 3 CHECKPOINTS" in rendered(curves, form)
    (row,) = [row for row in csv.DictReader(io.StringIO(rendered(curves, Format.CSV))) if row["best"] == "True"]
    assert (row["step"], row["k"], float(row["value"])) == ("300", "3", 75.0)
    assert float(row["too_high_by_about"]) >= 0
    assert int(row["chosen_n"]) == 8


def answers(random: np.random.Generator, gaps: Sequence[float], n: int) -> np.ndarray:
    """Right and wrong answers of as many models, less often right by their gaps, to questions of different difficulty:
    all models find the same ones hard."""
    easy = random.beta(1.5, 1.0, size=n)
    right: np.ndarray = random.random((len(gaps), n)) < np.clip(easy - np.array(gaps)[:, np.newaxis], 0, 1)
    return right


@pytest.mark.parametrize(
    ("gaps", "expected", "within"),
    [
        ([0.0] * 2, 0.021, 0.2),
        ([0.0] * 6, 0.048, 0.2),
        ([0.5, 0.4, 0.3, 0.0], 0.0, 0.0),
        ([0.3, 0.2, 0.1, 0.05, 0.02, 0.0], 0.029, 0.4),  # rivals that are a little worse count as equally good
    ],
)
def test_optimism_is_by_how_much_the_best_of_simulated_models_is_too_high(
    gaps: list[float], expected: float, within: float
) -> None:
    """And the figure of the other half is not."""
    random = np.random.default_rng(1)
    n = 120
    means = np.array([answers(random, gaps, n).mean(axis=1) for _ in range(4000)])
    truth = means.mean(axis=0)
    bias = (means.max(axis=1) - truth[means.argmax(axis=1)]).mean()
    assert bias == pytest.approx(expected, abs=0.003)
    found, honest = [], []
    for _ in range(30):
        rows = {step: [{"score": float(x)} for x in row] for step, row in enumerate(answers(random, gaps, n))}
        choice = choose([Paired(ACCURACY, rows, [str(i) for i in range(n)], [""] * n)])
        assert choice is not None
        assert choice.honest is not None
        found.append(choice.optimism)
        honest.append(choice.honest.value - truth[choice.chosen])
    assert np.mean(found) == pytest.approx(bias, rel=within, abs=0.003)
    assert abs(np.mean(honest)) < 2.5 * np.std(honest) / len(honest) ** 0.5


def test_optimism_of_two_is_the_paired_error_over_the_root_of_two_pi() -> None:
    rows = answers(np.random.default_rng(2), [0.0, 0.0], 500).astype(float)
    runs = [clustered(ACCURACY, [{"score": float(x)} for x in row], [""] * 500) for row in rows]
    paired_error = (rows[0] - rows[1]).std() / 500**0.5
    assert optimism(resampled(runs, 4000)) == pytest.approx(paired_error / (2 * np.pi) ** 0.5, rel=0.05)
    assert optimism(resampled([runs[0], runs[0], runs[0]])) == 0  # equal answers have no luck of their own


def test_halves_keep_groups_whole_whatever_their_order() -> None:
    names = [f"g{i}" for i in range(31)]
    half = first_half(names, 0)
    assert len(half) == 16
    assert half == first_half(names[::-1] * 2, 0)
    assert half != first_half(names, 1)
    groups = [f"g{i // 10}" for i in range(40)]
    samples = [str(i) for i in range(40)]
    rows = {step: [{"score": float(group in right)} for group in groups] for step, right in enumerate((half, names))}
    choice = choose([Paired(ACCURACY, rows, samples, groups)])
    assert choice is not None
    assert choice.honest is not None
    assert choice.honest.n == 20  # two groups of ten


def test_equal_steps_are_as_good_as_the_first_of_them() -> None:
    rows = {step: [{"score": 1.0}, {"score": 0.0}] for step in (300, 100, 200)}
    choice = choose([Paired(ACCURACY, rows, ["a", "b"], ["", ""])])
    assert choice is not None
    assert (choice.best, choice.chosen, choice.optimism, choice.rivals) == (100, 100, 0.0, 3)


def test_other_settings_are_other_series(training: Path, replays: dict[int, Path], tmp_path: Path) -> None:
    shutil.copytree(training, tmp_path / "runs")
    for step, run in replays.items():
        renamed(run, tmp_path / "runs" / "three" / str(step), f"tiny-step-{step}", num_fewshot=3)
        renamed(run, tmp_path / "runs" / "fewer" / str(step), f"tiny-step-{step}", limit=10.0)
    titles = [one.title for one in compare_steps([tmp_path / "runs"], tasks=["scan"]).series]
    assert titles == ["tiny (0-shot, plain, limit 10.0)", "tiny (0-shot, plain, limit null)", "tiny (3-shot, plain)"]


def test_a_step_that_is_there_twice(replays: dict[int, Path], tmp_path: Path) -> None:
    for step, run in replays.items():
        for name in ("one", "two"):
            renamed(run, tmp_path / str(step) / name, f"step-{step}")
    assert [one.title for one in compare_steps([tmp_path], tasks=["scan"]).series] == [
        "one (0-shot, plain)",
        "two (0-shot, plain)",
    ]
    renamed(replays[100], tmp_path / "again" / "two", "step-100")
    curves = compare_steps([tmp_path], tasks=["scan"])
    assert len(curves.series) == 1
    assert any("step 100 is there twice" in note for note in curves.notes)


def test_level_lines(training: Path) -> None:
    curves = compare_steps([training / f"tiny-step-{step}" for step in SHARES], "published:LLaMA-2-Chat-7B", ["spider"])
    assert [(flat.level.title, flat.figure.label, flat.estimate.value) for flat in curves.flats] == [
        ("LLaMA-2-Chat 7B, published", "EM", 0.165)
    ]
    curves = compare_steps([training], str(training / "tiny-step-100" / "run"), ["scan"])
    assert [(flat.level.title, flat.estimate.value) for flat in curves.flats] == [
        ("base (0-shot, plain)", 0.5),
        ("tiny-step-100 (0-shot, plain)", 0.25),
    ]
    assert [point.step for point in curve(curves, "SCAN EM").points] == [200, 300]


def other_data(model: Path, task: str) -> None:
    path = model / "run" / "run.json"
    content = json.loads(path.read_text())
    content["config"]["tasks"][task]["data"] = "f" * 64
    path.write_text(json.dumps(content))


def test_other_data_are_left_out(training: Path, tmp_path: Path) -> None:
    shutil.copytree(training, tmp_path / "runs")
    for name in ("tiny-step-200", "base"):
        other_data(tmp_path / "runs" / name, "scan")
    curves = compare_steps([tmp_path / "runs"])
    assert [point.step for point in curve(curves, "SCAN EM").points] == [100, 300]
    assert [point.step for point in curve(curves, "Spider EM").points] == [100, 200, 300]
    assert not any(flat.figure.heading == "SCAN EM" for flat in curves.flats)
    assert "tiny (0-shot, plain): SCAN was run on other data at step 200, which are left out" in curves.notes
    assert "base (0-shot, plain): SCAN was run on other data, and is no level line" in curves.notes


def test_only_samples_of_all_steps_are_paired(training: Path, tmp_path: Path) -> None:
    shutil.copytree(training, tmp_path / "runs")
    (part,) = parts(tmp_path / "runs" / "tiny-step-200" / "run")
    lines = part.read_text().splitlines(keepends=True)
    kept = [line for number, line in enumerate(lines) if '"task":"scan"' not in line or number % 2]
    part.write_text("".join(kept))
    curves = compare_steps([tmp_path / "runs"], tasks=["scan"])
    points = curve(curves, "SCAN EM").points
    assert [point.estimate.n for point in points] == [16, 8, 16]
    assert points[2].first is not None
    assert points[2].first.found.n == 8
    assert "tiny (0-shot, plain): 8 samples of SCAN are not paired, as not every step has them" in curves.notes


def files(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_command_writes_the_same_bytes_again(training: Path, tmp_path: Path) -> None:
    folders = [str(training / f"tiny-step-{step}") for step in SHARES]
    command = ["compare", "--steps", "--tasks", "scan,spider", "--baseline", str(training / "base" / "run")]
    done = CliRunner().invoke(app, [*command, *folders, "-o", str(tmp_path / "one")])
    assert done.exit_code == 0, done.output
    assert "BEST OF 3 CHECKPOINTS" in done.stdout
    CliRunner().invoke(app, [*command, *reversed(folders), "-o", str(tmp_path / "two")])
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert sorted(files(tmp_path / "one")) == ["CURVES.md", "curves.csv", "curves.json", "curves.svg", "curves.tex"]
    drawn = ElementTree.parse(tmp_path / "one" / "curves.svg")
    assert len(drawn.findall(".//{*}circle[@class='dot']")) == 12
    assert len(drawn.findall(".//{*}circle[@class='best']")) == 4
    assert len(drawn.findall(".//{*}path[@class='way level']")) == 5  # one of them in the legend


def test_hostile_names_stay_text(replays: dict[int, Path], tmp_path: Path) -> None:
    attack = "</title><script>alert(1)</script><a onload='x' href=\"javascript:1\">&amp;]]>\x00\x1b\u202e\ud800-step-"
    for step, run in replays.items():
        renamed(run, tmp_path / "runs" / str(step), f"{attack}{step}")
    renamed(replays[100], tmp_path / "runs" / "level", f"{attack}x")
    text = picture(compare_steps([tmp_path / "runs"], tasks=["scan"]))
    drawn = ElementTree.fromstring(text.encode())
    assert {element.tag.partition("}")[2] for element in drawn.iter()} == {
        *("svg", "title", "desc", "style", "rect", "g", "path", "text", "line", "circle")
    }
    assert not any(name.startswith("on") or name == "href" for element in drawn.iter() for name in element.attrib)
    names = [element.text or "" for element in drawn.iter() if (element.text or "").startswith("</title><script>")]
    assert len(names) >= 4
    assert all(re.fullmatch(r"[ -~±]+", name) for name in names)


def test_ticks_are_few_and_round() -> None:
    assert [nice_step(span) for span in (0, 0.3, 9, 30, 100, 900, 143_000)] == [1, 1, 2, 10, 20, 200, 50_000]
    assert [short(value) for value in (0, 500, 2500, 20_000, 1_500_000)] == ["0", "500", "2500", "20k", "1.5M"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--steps", "{base}"], "no two runs here are steps of one training"),
        (["--steps", "{training}", "--tasks", "mtop"], "no figure of the tasks asked for"),
        (["--steps", "{training}", "--baseline", "published:LLaMA-2-Chat-8B"], "did you mean LLaMA-2-Chat-7B"),
        (["--steps", "--evolved", "{training}"], "give one of them"),
        (["{base}", "{base}", "-o", "out"], "--output_path goes with --steps"),
    ],
)
def test_mistakes_are_one_line(training: Path, arguments: list[str], message: str) -> None:
    names = {"training": training, "base": training / "base" / "run"}
    done = CliRunner().invoke(app, ["compare", *(argument.format(**names) for argument in arguments)])
    assert isinstance(done.exception, UserError)
    assert message in str(done.exception)
    assert "\n" not in str(done.exception)


def test_runs_are_left_as_they_are(training: Path) -> None:
    before = {path: path.read_bytes() for path in training.rglob("*") if path.is_file()}
    compare_steps([training], tasks=["scan"])
    assert before == {path: path.read_bytes() for path in training.rglob("*") if path.is_file()}
    assert read_run(training / "base" / "run")["config"]["model"]["model"] == "base"
