"""Where files come from: bundled samples and local folders. What is fetched: test_download.py, test_hub.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.source import Place, Source, SourceError, locate

SOURCE = Source("toy", ("a.txt", "more"), "https://example.org/toy", "CC0-1.0")


def toy(root: Path) -> Path:
    folder = root / "toy"
    (folder / "more").mkdir(parents=True)
    (folder / "a.txt").write_text("one")
    (folder / "more" / "b.txt").write_text("two")
    return folder


def test_local_folder(tmp_path: Path) -> None:
    located = locate(SOURCE, str(toy(tmp_path).parent))
    assert (located.path, located.place) == ((tmp_path / "toy").resolve(), Place.LOCAL)


def test_the_hash_names_the_content_of_all_files(tmp_path: Path) -> None:
    folder = toy(tmp_path)
    before = locate(SOURCE, str(tmp_path)).sha256
    assert locate(SOURCE, str(tmp_path)).sha256 == before
    (folder / "more" / "b.txt").write_text("three")
    assert locate(SOURCE, str(tmp_path)).sha256 != before


def test_the_environment_names_the_root(tmp_path: Path) -> None:
    toy(tmp_path)
    assert locate(SOURCE, None, {"SYMHARNESS_DATA": str(tmp_path)}).place is Place.LOCAL


def test_without_a_word_the_bundled_samples_are_used() -> None:
    with pytest.raises(SourceError, match=r"tasks.data.toy.a\.txt is missing"):
        locate(SOURCE, None, {})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("/nowhere", "'/nowhere' does not exist: give the folder that holds toy/"),
        ("hub", "no copy with the official files on the hub: get them from https://example.org/toy"),
        ("download", "no official download by plain URL"),
    ],
)
def test_what_cannot_be_had_says_so(data: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        locate(SOURCE, data)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (toy(tmp_path) / "a.txt").unlink()
    with pytest.raises(SourceError, match=r"a\.txt is missing: put the official files there"):
        locate(SOURCE, str(tmp_path))


def test_a_file_under_another_name_is_pointed_at(tmp_path: Path) -> None:
    (toy(tmp_path) / "a.txt").rename(tmp_path / "toy" / "A.txt")
    with pytest.raises(SourceError, match=r"a\.txt is missing \(there is A\.txt: rename it if it is that file\): put"):
        locate(SOURCE, str(tmp_path))
