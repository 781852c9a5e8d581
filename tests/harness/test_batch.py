"""Many runs from one file: what it may say, what is told before anything runs, and what comes of it."""

from __future__ import annotations

import subprocess
import sys
from inspect import signature
from pathlib import Path

import pytest

from harness.batch import RunSettings, read_batch, survey
from harness.cli.running import run as run_command
from harness.config import UserError
from harness.models import KNOWN
from harness.plan import prepare
from harness.serving import PROJECT
from tasks.chat import ChatFormat
from tests.replay import data_without

TWO = """
[defaults]
tasks = ["scan", "spider"]
data = "bundled"
limit = 3
output_path = "{out}"

[[run]]
model = "replay:gold"

[[run]]
model = "replay:corrupt:1.0"
tasks = ["scan"]
run = "wrong"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "batch.toml"
    path.write_text(text.format(out=folder / "o"))
    return path


def batch(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness.cli", "batch", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_run_is_its_own_keys_over_the_defaults(tmp_path: Path) -> None:
    first, second = read_batch(written(tmp_path, TWO))
    assert (first.spec.model, list(first.tasks), first.limit) == ("replay:gold", ["scan", "spider"], 3)
    assert (second.spec.model, list(second.tasks), second.limit) == ("replay:corrupt:1.0", ["scan"], 3)
    assert second.run_name == "wrong"


def test_a_file_knows_the_options_of_the_command_line(tmp_path: Path) -> None:
    """Less those that say how one command is carried out, and a short form."""
    asked = {"run" if name == "run_name" else name for name in signature(run_command).parameters}
    assert asked - {"restart", "shard", "apply_chat_template"} == set(RunSettings.model_fields)
    (run,) = read_batch(written(tmp_path, '[[run]]\nmodel = "replay:gold"\nrequest_timeout = 5'))
    assert run.request_timeout == 5


def test_tasks_may_be_named_as_on_the_command_line(tmp_path: Path) -> None:
    (run,) = read_batch(written(tmp_path, '[[run]]\nmodel = "replay:gold"\ntasks = "scan, spider"'))
    assert list(run.tasks) == ["scan", "spider"]


def test_a_known_model_keeps_what_the_file_does_not_say(tmp_path: Path) -> None:
    (run,) = read_batch(written(tmp_path, '[[run]]\nmodel = "symbol-llm-7b"\nchat_format = "tulu"'))
    assert (run.spec.revision, run.spec.chat_format) == ("refs/pr/1", ChatFormat.TULU)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "run: Field required"),
        ("[[run]", "is no TOML"),
        ("[[run]]\nmodell = 1", "run 1: modell: Extra inputs are not permitted"),
        ('[[run]]\nmodel = "replay:gold"\n[[run]]\ntasks = ["scan"]', "run 2: no model is given"),
        ('[[run]]\nmodel = "replay:gold"\nlimit = -1', "run 1: limit: "),
        ('[[run]]\nmodel = "symbol-llm-9b"', "run 1: model 'symbol-llm-9b': did you mean"),
        ('[[run]]\nmodel = "replay:gold"\ntasks = ["spidr"]', "run 1: there is no task or suite called 'spidr'"),
        ('[[run]]\nmodel = "replay:gold"\ngen_kwargs = "temprature=1"', "run 1: --gen_kwargs: temprature: "),
        (
            '[[run]]\nmodel = "replay:gold"\ntasks = ["scan"]\nnum_fewshot = 40',
            "run 1: num_fewshot 40: 3 exemplars are written for scan",
        ),
        ('[[run]]\nmodel = "replay:gold"\n[sweeep]\nseed = [1]', "sweeep: Extra inputs are not permitted"),
    ],
)
def test_mistakes_are_told_before_anything_runs(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        survey(read_batch(written(tmp_path, text)))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_mistake_on_the_command_line_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    done = batch(written(tmp_path, "[[run]]\nmodell = 1"))
    assert done.returncode == 2
    assert done.stderr.startswith("symharness: ")
    assert done.stderr.count("\n") == 1
    assert batch(tmp_path / "none.toml").stderr.endswith("none.toml: No such file or directory\n")


def test_missing_data_is_left_out_and_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (run,) = survey(read_batch(written(tmp_path, f'[[run]]\nmodel = "replay:gold"\ndata = "{tmp_path / "data"}"')))
    assert (run.options.tasks, run.tasks) == ([], 0)
    assert "dev.json is missing: put the official files there" in run.missing["spider"]


def test_a_suite_with_missing_data_keeps_its_name_for_the_run_to_record(tmp_path: Path) -> None:
    data = data_without(tmp_path / "data", "bbh")
    text = f'[[run]]\nmodel = "replay:gold"\ntasks = ["general", "bbh", "scan"]\ndata = "{data}"'
    (run,) = survey(read_batch(written(tmp_path, text)))
    assert (run.options.tasks, run.tasks) == (["general", "scan"], 6)
    assert prepare(run.options).config["no_data"].keys() == {"bbh", "bbh_cot"} == run.missing.keys()


def test_a_dry_run_runs_nothing(tmp_path: Path) -> None:
    done = batch(written(tmp_path, TWO), "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "replay:corrupt:1.0" in done.stdout
    assert not (tmp_path / "o").exists()


def test_all_runs_end_on_one_leaderboard_and_go_on_when_called_again(tmp_path: Path) -> None:
    path = written(tmp_path, TWO)
    done = batch(path)
    assert done.returncode == 0, done.stderr
    assert {folder.name for folder in (tmp_path / "o").iterdir()} == {"replay_gold", "replay_corrupt_1.0"}
    assert (tmp_path / "o" / "replay_corrupt_1.0" / "wrong" / "results.json").exists()
    board = done.stdout[done.stdout.rindex("Model") :]
    assert "replay:gold" in board
    assert "replay:corrupt:1.0" in board
    again = batch(path)
    assert "6 samples are there already, 0 to go" in again.stdout


def test_a_run_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    dead = '[[run]]\nmodel = "org/none"\ntasks = ["scan"]\nbase_url = "http://127.0.0.1:9/v1"\ntokenizer = "none"'
    done = batch(written(tmp_path, f"{TWO}\n{dead}"))
    assert done.returncode == 1
    assert "symharness: run 3 (org/none): no OpenAI-compatible server answers" in done.stderr
    assert "replay:gold" in done.stdout


def test_the_papers_table(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that is supplied holds: every row that can be run again, with data for all but what is licensed."""
    monkeypatch.setenv("SYMHARNESS_DATA", str(data_root))
    runs = survey(read_batch(PROJECT / "results" / "leaderboard.toml"))
    assert {run.options.spec.model for run in runs} == {known.spec.model for known in KNOWN.values()}
    assert {run.options.num_fewshot for run in runs if "Symbol-LLM" in run.options.spec.model} == {0}
    assert {name for run in runs for name in run.missing} == {"amr2", "amr3", "webqsp"}
