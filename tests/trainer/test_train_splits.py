"""Train splits: read by the readers of the test splits, never the test rows, never a change to the data set."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tasks.task import DataError, registry
from trainer.collection.train_splits import train_files, train_samples


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def state(root: Path) -> dict[str, str]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def scan_line(command: str, actions: str) -> str:
    return f"IN: {command} OUT: {actions}\n"


def test_train_rows_come_through_the_tasks_own_reader_and_test_rows_do_not(tmp_path: Path) -> None:
    written(
        tmp_path / "scan" / "simple_split",
        {
            "tasks_train_simple.txt": scan_line("walk left", "I_TURN_LEFT I_WALK"),
            "tasks_test_simple.txt": scan_line("jump", "I_JUMP"),
        },
    )
    task = registry()["scan"]
    (sample,) = train_samples(task, tmp_path)
    assert sample.id.startswith("train-")
    assert sample.fields == {"command": "walk left"}
    assert task.gold(sample) == "I_TURN_LEFT I_WALK"


def test_a_converted_split_leaves_the_data_set_as_it_is(tmp_path: Path) -> None:
    """FOLIO's train stories stand for the pairs of folio_parsed.json, which lie in the same folder."""
    story = {"premises": ["All geese fly."], "premises-FOL": ["∀x (Goose(x) → Flies(x))"]}
    test_row = [{"NL": "Gus is a goose.", "FOL": "Goose(gus)"}]
    written(tmp_path / "folio", {"folio-train.jsonl": json.dumps(story), "folio_parsed.json": json.dumps(test_row)})
    before = state(tmp_path)
    (sample,) = train_samples(registry()["folio"], tmp_path)
    assert sample.target == "∀x (Goose(x) → Flies(x))"
    assert state(tmp_path) == before


def test_all_triples_of_a_tekgen_sentence_are_one_sample(data_root: Path) -> None:
    samples = list(train_samples(registry()["tekgen"], data_root))
    assert len({sample.fields["sentence"] for sample in samples}) == len(samples) > 200


def test_every_train_split_at_hand_is_read(data_root: Path) -> None:
    before = state(data_root)
    found = {task.name for task in registry().values() if train_files(task, data_root)}
    for name in found:
        assert list(train_samples(registry()[name], data_root)), name
    assert {"scan", "mtop", "topv2", "nlmaps", "nl2bash", "nl2rx", "folio", "webnlg", "chebi20", "bioamr"} <= found
    assert state(data_root) == before


def test_no_train_file_no_samples(tmp_path: Path) -> None:
    assert list(train_samples(registry()["scan"], tmp_path)) == []


def test_a_damaged_train_file_is_a_data_error(tmp_path: Path) -> None:
    written(tmp_path / "folio", {"folio-train.jsonl": "{}"})
    with pytest.raises(DataError, match=r"folio-train\.jsonl"):
        list(train_samples(registry()["folio"], tmp_path))
