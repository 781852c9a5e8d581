"""Official downloads against a server on loopback: pinned, resumed, and all or nothing."""

from __future__ import annotations

import fcntl
import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks import download as module
from tasks.download import Download, DownloadError, fetch
from tasks.source import Place, Source, SourceError, locate
from tests.loopback import Web, serving

CONTENT = bytes(range(256)) * 64


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "a.bin").write_bytes(CONTENT)
    with serving(folder) as server:
        yield server


def pinned(web: Web, name: str = "a.bin", content: bytes = CONTENT, **fields: str) -> Download:
    return Download(f"{web.url}/{name}", hashlib.sha256(content).hexdigest(), fields.pop("path", name), **fields)


def test_a_file_is_fetched_once_and_then_cached(web: Web) -> None:
    source = Source("toy", ("a.bin",), "", "", downloads=(pinned(web),))
    first, second = locate(source, "download"), locate(source, "download")
    assert (first.path / "a.bin").read_bytes() == CONTENT
    assert first == second
    assert first.place is Place.DOWNLOAD
    assert len(web.seen) == 1


def test_progress_is_told(web: Web, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    fetch(pinned(web), tmp_path / "a.bin", lambda done, total: told.append((done, total)))
    assert told[0] == (0, len(CONTENT))
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_a_cut_connection_is_gone_on_with(web: Web, tmp_path: Path) -> None:
    web.cuts = [1000, 500]
    fetch(pinned(web), tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert [wanted for _, wanted in web.seen] == [None, "bytes=1000-", "bytes=1500-"]


def test_what_came_before_giving_up_is_kept_for_the_next_call(web: Web, tmp_path: Path) -> None:
    web.cuts = [100] * 4
    target = tmp_path / "kept" / "a.bin"
    with pytest.raises(DownloadError, match=r"cut after 400 of .*; 400 bytes are kept, the same command goes on"):
        fetch(pinned(web), target)
    assert not target.exists()
    fetch(pinned(web), target)
    assert target.read_bytes() == CONTENT
    assert web.seen[-1][1] == "bytes=400-"
    assert [path.name for path in target.parent.iterdir()] == ["a.bin"]


def test_a_server_without_ranges_is_asked_for_all_of_it_again(web: Web, tmp_path: Path) -> None:
    web.ranges, web.cuts = False, [1000]
    fetch(pinned(web), tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_file_that_was_whole_but_not_yet_in_place(web: Web, tmp_path: Path) -> None:
    (tmp_path / ".a.bin.partial").write_bytes(CONTENT)
    fetch(pinned(web), tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_changed_file_is_refused_and_leaves_nothing(web: Web, tmp_path: Path) -> None:
    target = tmp_path / "kept" / "a.bin"
    with pytest.raises(DownloadError, match="is not the pinned file"):
        fetch(pinned(web, content=b"official"), target)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("left", [b"", b"of another file"])
def test_what_is_not_there_is_named(web: Web, tmp_path: Path, left: bytes) -> None:
    (tmp_path / ".gone.txt.partial").write_bytes(left)
    with pytest.raises(DownloadError, match=r"gone\.txt cannot be fetched: HTTP status 404"):
        fetch(pinned(web, "gone.txt"), tmp_path / "gone.txt")
    assert not (tmp_path / "gone.txt").exists()
    assert (tmp_path / ".gone.txt.partial").exists() is bool(left)


def test_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 0.0)
    source = Source("toy", ("a",), "", "", downloads=(Download("http://127.0.0.1:9/a", "0" * 64, "a"),))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(SourceError, match=r"http://127\.0\.0\.1:9/a cannot be fetched: .*refused"):
        locate(source, "download")


def test_two_processes_do_not_write_one_file(web: Web, tmp_path: Path) -> None:
    with (tmp_path / ".a.bin.partial").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(DownloadError, match="is being fetched by another process"):
            fetch(pinned(web), tmp_path / "a.bin")


def archive(web: Web, members: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        for name, text in members.items():
            bundle.writestr(name, text)
    (web.folder / "a.zip").write_bytes(buffer.getvalue())
    return buffer.getvalue()


def test_a_zip_is_unpacked(web: Web, tmp_path: Path) -> None:
    content = archive(web, {"toy-1.0/dev.json": "[]", "toy-1.0/more/x": "x", "__MACOSX/y": ""})
    fetch(pinned(web, "a.zip", content, member="toy-1.0"), tmp_path / "kept" / "toy")
    assert (tmp_path / "kept" / "toy" / "more" / "x").read_text() == "x"
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["toy"]


def test_a_renamed_member_is_named_with_what_there_is(web: Web, tmp_path: Path) -> None:
    content = archive(web, {"toy-2.0/dev.json": "[]"})
    with pytest.raises(DownloadError, match=r"holds no 'toy-1\.0' \(but toy-2\.0\): upstream renamed it"):
        fetch(pinned(web, "a.zip", content, member="toy-1.0"), tmp_path / "kept" / "toy")
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_renamed_file_in_an_archive_is_pointed_at(web: Web) -> None:
    content = archive(web, {"dev_v2.json": "[]"})
    source = Source(
        "toy", ("all/dev.json",), "https://example.org", "", downloads=(pinned(web, "a.zip", content, path="all"),)
    )
    with pytest.raises(SourceError, match=r"dev\.json is missing in what was fetched \(there is dev_v2\.json"):
        locate(source, "download")


def test_a_zip_that_climbs_out_is_refused(web: Web, tmp_path: Path) -> None:
    content = archive(web, {"../evil.txt": "x"})
    with pytest.raises(DownloadError, match="points outside"):
        fetch(pinned(web, "a.zip", content), tmp_path / "kept" / "data")
    assert not list(tmp_path.rglob("evil.txt"))
    assert list((tmp_path / "kept").iterdir()) == []


def test_what_calls_itself_a_zip_and_is_none(web: Web, tmp_path: Path) -> None:
    (web.folder / "a.zip").write_bytes(b"<html>")
    with pytest.raises(DownloadError, match="is no zip archive"):
        fetch(pinned(web, "a.zip", b"<html>"), tmp_path / "kept")
