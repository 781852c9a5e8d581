"""Where files come from: bundled, a local folder, the hub, a download; the last two against a server on loopback."""

from __future__ import annotations

import hashlib
import http.server
import io
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.source import Download, Place, Source, SourceError, fetch, locate

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


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A loopback web server and the folder it serves."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()
    server.server_close()


def test_download_with_its_hash(web: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url, folder = web
    (folder / "a.txt").write_text("official")
    pinned = Download(f"{url}/a.txt", hashlib.sha256(b"official").hexdigest(), "a.txt")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    located = locate(Source("toy", ("a.txt",), "", "", downloads=(pinned,)), "download")
    assert (located.path / "a.txt").read_text() == "official"


def test_a_changed_download_is_refused_and_leaves_nothing(web: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = web
    (folder / "a.txt").write_text("tampered")
    target = tmp_path / "kept" / "a.txt"
    with pytest.raises(SourceError, match="is not the pinned file"):
        fetch(Download(f"{url}/a.txt", hashlib.sha256(b"official").hexdigest(), "a.txt"), target)
    assert list(target.parent.iterdir()) == []


def test_a_missing_download_names_the_url(web: tuple[str, Path], tmp_path: Path) -> None:
    url, _ = web
    with pytest.raises(SourceError, match=r"gone\.txt cannot be fetched: "):
        fetch(Download(f"{url}/gone.txt", "0" * 64, "gone.txt"), tmp_path / "gone.txt")


def test_a_zip_that_climbs_out_is_refused(web: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = web
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../evil.txt", "x")
    (folder / "a.zip").write_bytes(buffer.getvalue())
    pinned = Download(f"{url}/a.zip", hashlib.sha256(buffer.getvalue()).hexdigest(), "data")
    with pytest.raises(SourceError, match="points outside"):
        fetch(pinned, tmp_path / "kept" / "data")
    assert not list(tmp_path.rglob("evil.txt"))
