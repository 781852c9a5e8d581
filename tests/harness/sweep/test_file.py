"""What a sweep's file may say, and what is told of one that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import UserError
from harness.sweep.file import Sweep, read_sweep


def swept(folder: Path, text: str) -> Sweep:
    path = folder / "nightly.toml"
    path.write_text(text.format(folder=folder))
    return read_sweep(path)


def checkpoints(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text("{}")


def test_a_glob_gives_every_checkpoint_in_the_order_of_its_steps(tmp_path: Path) -> None:
    checkpoints(tmp_path / "sft", "step-1000", "step-900", "step-20")
    (tmp_path / "sft" / "step-notes.txt").touch()
    found = swept(tmp_path, 'suites = ["scan", "spider,folio"]\nshards = 3\n[[model]]\nglob = "{folder}/sft/step-*"')
    assert [run.spec.name for run in found.runs] == ["sft-step-20", "sft-step-900", "sft-step-1000"]
    assert found.entries == (("scan",), ("spider", "folio"))
    assert found.shards == 3
    assert {run.run_name for run in found.runs} == {"nightly"}
    assert {tuple(run.tasks) for run in found.runs} == {("scan", "spider", "folio")}


def test_two_trainings_may_have_the_same_steps(tmp_path: Path) -> None:
    checkpoints(tmp_path, "a/step-500", "b/step-500", "c-step-500")
    found = swept(tmp_path, '[[model]]\nglob = "{folder}/*/step-*"\n[[model]]\nmodel = "{folder}/c-step-500/"')
    assert [run.spec.name for run in found.runs] == ["a-step-500", "b-step-500", "c-step-500"]


def test_revisions_of_one_model_are_runs_of_their_own(tmp_path: Path) -> None:
    found = swept(tmp_path, '[[model]]\nmodel = "org/name"\nrevisions = ["step1", "refs/pr/2"]\nlimit = 5')
    assert [(run.spec.revision, run.run_name) for run in found.runs] == [
        ("step1", "nightly@step1"),
        ("refs/pr/2", "nightly@refs_pr_2"),
    ]
    assert {run.limit for run in found.runs} == {5}


def test_a_model_keeps_its_own_keys_over_the_defaults(tmp_path: Path) -> None:
    found = swept(
        tmp_path,
        'output_path = "{folder}/o"\nname = "n"\n[defaults]\nlimit = 7\nnum_fewshot = 3\n'
        '[[model]]\nmodel = "replay:gold"\n[[model]]\nmodel = "replay:corrupt:0.5"\nlimit = 9',
    )
    assert [(run.limit, run.num_fewshot, run.output_path) for run in found.runs] == [
        (7, 3, tmp_path / "o"),
        (9, 3, tmp_path / "o"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[model]", "is no TOML"),
        ("shards = 2", "model: Field required"),
        ("shards = 0\n[[model]]\nmodel = 'replay:gold'", "shards: Input should be greater"),
        ("suites = [' , ']\n[[model]]\nmodel = 'replay:gold'", "names no task"),
        ("name = '../up'\n[[model]]\nmodel = 'replay:gold'", "name: String should match"),
        ("[[model]]\nmodel = 'replay:gold'\nlimti = 3", "model 1: limti"),
        ("[[model]]\nmodel = 'replay:gold'\ntasks = ['scan']", "model 1: tasks: give it once for the whole sweep"),
        ("[[model]]\nglob = '{folder}/none-*'", "no folder matches"),
        ("[[model]]\nmodel = 'replay:gold'\nglob = 'x*'", "one of them"),
        ("[[model]]\n", "model 1: no model is given"),
        ("[[model]]\nmodel = 'replay:gold'\n[[model]]\nmodel = 'replay:gold'\nrevision = 'b'", "would write to"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as told:
        swept(tmp_path, text)
    assert message in str(told.value)
    assert "nightly.toml" in str(told.value)
    assert "\n" not in str(told.value)
