"""Run folders: parts merged on read, faults redone, damage skipped, changed configs refused by key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.config import UserError
from harness.record import Record
from harness.runlog import RunLog, parts, read_records
from tests.harness.test_record import RECORD

CONFIG = {"model": {"model": "m", "weights": "w1"}, "num_fewshot": 0}


def write(folder: Path, *records: Record) -> RunLog:
    with RunLog(folder, CONFIG, {}) as log:
        for record in records:
            log.append(record)
    return log


def sample(name: str, **changes: object) -> Record:
    return replace(RECORD, sample=name, **changes)  # type: ignore[arg-type]


def names(folder: Path) -> list[str]:
    return [record.sample for record in read_records(folder)]


def test_each_process_writes_a_part_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, sample("a"))
    log = write(tmp_path, sample("b"))
    assert log.done == {("spider", "a")}
    assert len(parts(tmp_path)) == 2
    assert names(tmp_path) == ["a", "b"]


def test_a_torn_tail_and_a_flipped_bit_are_skipped_and_said(tmp_path: Path) -> None:
    write(tmp_path, sample("a"), sample("b"), sample("c"))
    (part,) = parts(tmp_path)
    lines = part.read_bytes().splitlines(keepends=True)
    part.write_bytes(lines[0] + lines[1].replace(b"SELECT 1", b"SELECT 2") + lines[2][:50])
    log = write(tmp_path)
    assert [(damage.line, damage.reason) for damage in log.damaged] == [
        (2, "checksum does not fit"),
        (3, "checksum does not fit"),
    ]
    assert log.done == {("spider", "a")}
    assert names(tmp_path) == ["a"]


def test_a_faulty_record_is_redone_and_the_good_one_counts(tmp_path: Path) -> None:
    write(tmp_path, sample("a", fault="server gone"), sample("b"))
    assert write(tmp_path, sample("a")).done == {("spider", "b")}
    assert sorted((record.sample, record.fault) for record in read_records(tmp_path)) == [("a", ""), ("b", "")]


def test_a_lasting_fault_stays_visible(tmp_path: Path) -> None:
    write(tmp_path, sample("a", fault="server gone"))
    assert [record.fault for record in read_records(tmp_path)] == ["server gone"]


def test_a_changed_config_is_refused_by_key(tmp_path: Path) -> None:
    write(tmp_path)
    changed = {"model": {"model": "m", "weights": "w2"}, "num_fewshot": 3}
    with pytest.raises(UserError, match=r'different: model\.weights \("w1" -> "w2"\), num_fewshot \(0 -> 3\)'):
        RunLog(tmp_path, changed, {})


def test_another_served_model_is_refused_by_what_differs(tmp_path: Path) -> None:
    with RunLog(tmp_path, CONFIG, {}) as log:
        log.answered_by({"id": "m", "root": "/weights/1"})
    with RunLog(tmp_path, CONFIG, {}) as log:
        log.answered_by({"id": "m", "root": "/weights/1"})
        with pytest.raises(UserError, match=r'another served model; different: root \("/weights/1" -> "/weights/2"\)'):
            log.answered_by({"id": "m", "root": "/weights/2"})


def test_two_writers_of_one_run(tmp_path: Path) -> None:
    with RunLog(tmp_path, CONFIG, {}), pytest.raises(UserError, match="another symharness is writing this run"):
        RunLog(tmp_path, CONFIG, {})


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write the run there: Not a directory"):
        RunLog(tmp_path / "file" / "run", CONFIG, {})
