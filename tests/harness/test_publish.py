"""A published run: the same numbers, none of others' texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import UserError
from harness.leaderboard import build
from harness.publish import publish
from harness.runlog import read_records
from harness.tables import Format
from harness.terminal import rendered
from tasks.source import BUNDLED
from tests.harness.test_rescore import replay_run

TASKS = ["scan", "gsm8k", "nl2bash"]


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A run on a data root: what lies there is somebody else's."""
    return replay_run(tmp_path / "runs", "corrupt:0.5", TASKS, data=str(BUNDLED)).folder


def test_numbers_stay_and_texts_go(foreign: Path, tmp_path: Path) -> None:
    target = publish(foreign, tmp_path / "given")
    assert (target / "results.json").read_bytes() == (foreign / "results.json").read_bytes()
    assert rendered(build([target]), Format.CSV) == rendered(build([foreign]), Format.CSV)
    before, after = list(read_records(foreign)), list(read_records(target))
    assert [record.key for record in after] == [record.key for record in before]
    assert [record.statistics for record in after] == [record.statistics for record in before]
    written = b"".join(path.read_bytes() for path in target.iterdir()).decode()
    texts = [text for record in before for text in (record.prompt, record.completion, record.program) if text]
    assert [text for text in texts if text in written] == []
    assert str(tmp_path) not in written, "no path of this machine"


def test_equal_answers_are_still_recognised(foreign: Path, tmp_path: Path) -> None:
    texts = [record.completion for record in read_records(foreign)]
    hashes = [record.completion for record in read_records(publish(foreign, tmp_path / "given"))]
    assert len(set(zip(texts, hashes, strict=True))) == len(set(texts)) == len(set(hashes))


def test_texts_of_our_own_samples_stay(tmp_path: Path) -> None:
    run = replay_run(tmp_path / "runs", "gold", TASKS).folder
    assert list(read_records(publish(run, tmp_path / "given"))) == list(read_records(run))


def test_nothing_is_overwritten(foreign: Path, tmp_path: Path) -> None:
    publish(foreign, tmp_path / "given")
    with pytest.raises(UserError, match="is there already"):
        publish(foreign, tmp_path / "given")
