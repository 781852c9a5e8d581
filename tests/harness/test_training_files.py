"""Training files as rows of texts, in whatever format and under whatever names."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from harness.config import UserError
from harness.training_files import rows, texts

ROWS = [
    {"prompt": "Say hello.", "completion": "Hello."},
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}], "id": 7},
    {"instruction": "Add.", "input": "1 2", "output": "3", "score": 0.5, "tags": None},
]
TEXTS = [["Say hello.", "Hello."], ["user", "Hi", "assistant", "Ho"], ["Add.", "1 2", "3"]]


def jsonl() -> str:
    return "".join(json.dumps(row) + "\n" for row in ROWS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train.jsonl", jsonl()),
        ("train.jsonl", jsonl().replace("\n", "\n\n").removesuffix("\n")),
        ("train.json", json.dumps(ROWS)),
        ("train.json", f" \n{json.dumps(ROWS, indent=2)}\n\n"),
        ("train.json", jsonl()),
    ],
    ids=["lines", "blank lines", "a list", "an indented list", "lines under another name"],
)
def test_json(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert list(rows(path)) == TEXTS
    packed = tmp_path / f"{name}.gz"
    packed.write_bytes(gzip.compress(content.encode()))
    assert list(rows(packed)) == TEXTS


def test_a_list_that_is_longer_than_what_is_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.training_files._CHUNK", 7)
    path = tmp_path / "train.json"
    path.write_text(json.dumps([*ROWS, "é" * 100, ["a", ["b"]]], ensure_ascii=False), encoding="utf-8")
    assert list(rows(path)) == [*TEXTS, ["é" * 100], ["a", "b"]]


def test_parquet(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    path = tmp_path / "train.parquet"
    pandas.DataFrame({"prompt": ["a", "b"], "messages": [[{"content": "x"}], None], "n": [1, 2]}).to_parquet(path)
    assert list(rows(path)) == [["a", "x"], ["b"]]


def test_plain_text_by_paragraphs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.training_files._PARAGRAPH", 2)
    path = tmp_path / "train.txt"
    path.write_text("\none\ntwo\n \n\nthree\nfour\nfive")
    assert list(rows(path)) == [["one\ntwo\n"], ["three\nfour\n"], ["five"]]


def test_depth_is_no_matter() -> None:
    deep: object = "x"
    for _ in range(10_000):
        deep = [deep]
    assert texts(deep) == ["x"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b'{"a": "b"}\n{"a": \n', r"a\.jsonl:2 is not JSON"),
        ("a.jsonl", b"[" * 100_000, r"a\.jsonl:1 is not JSON"),
        ("a.jsonl", b'{"a": "\xff"}\n', r"a\.jsonl is not UTF-8 text \(invalid start byte at byte 7\)"),
        ("a.json", b'[{"a": "b"}, {"a": "b"]', r"a\.json: member 2 of the list is not JSON"),
        ("a.json", b'[{"a": "b"}', r"a\.json: member 2 of the list is not JSON"),
        ("a.parquet", b"no parquet", r"a\.parquet is no parquet file"),
        ("a.jsonl.gz", b"no gzip", r"a\.jsonl\.gz cannot be read"),
        ("a.txt.gz", gzip.compress(b"text" * 1000)[:30], r"a\.txt\.gz cannot be read"),
    ],
)
def test_a_damaged_file_is_one_line(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        list(rows(path))
    assert "\n" not in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.jsonl cannot be read: No such file or directory"):
        list(rows(tmp_path / "none.jsonl"))
