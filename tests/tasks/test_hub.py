"""Files from the hub, which a server on loopback plays; huggingface_hub asks it as it would ask the real one."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.loopback import Web, serving

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CONTENT = b'[{"question": "How many?"}]'
REVISION = f"/api/datasets/org/toy/revision/{COMMIT}"
TREE = f"/api/datasets/org/toy/tree/{COMMIT}"
RESOLVE = f"/datasets/org/toy/resolve/{COMMIT}/"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Web]:
    """A hub with the data set org/toy, of which dev.json is wanted and train.json is not."""

    def route(handler: http.server.BaseHTTPRequestHandler) -> bool:
        path = handler.path.partition("?")[0]
        names, headers = ("dev.json", "train.json"), {}
        if path == REVISION:
            siblings = [{"rfilename": name} for name in names]
            body = json.dumps({"id": "org/toy", "sha": COMMIT, "siblings": siblings}).encode()
        elif path == TREE:
            files = [{"type": "file", "path": name, "size": len(CONTENT), "oid": "0" * 40} for name in names]
            body = json.dumps(files).encode()
        elif path == f"{RESOLVE}dev.json":
            body, headers = CONTENT, {"ETag": '"e1"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        else:
            return False
        handler.send_response(200)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command == "GET":
            handler.wfile.write(body)
        return True

    (tmp_path / "served").mkdir()
    with serving(tmp_path / "served") as web:
        web.route = route
        yield web


def in_python(hub: Web, folder: Path, revision: str, body: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, as huggingface_hub takes its endpoint from the environment when it is imported."""
    code = f"""
from pathlib import Path
from tasks.source import *
toy = Source("toy", ("dev.json",), "https://example.org/toy", "", hub=Hub("org/toy", {revision!r}, ("dev.json",)))
{body}
"""
    environment = os.environ | {"HF_ENDPOINT": hub.url, "HF_HOME": str(folder / "hf"), "XDG_CACHE_HOME": str(folder)}
    environment.pop("HF_HUB_OFFLINE", None)
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_pinned_revision_is_fetched_and_then_cached(hub: Web, tmp_path: Path) -> None:
    body = """
located = locate(toy, "hub")
print((located.path / "dev.json").read_text(), [path.name for path in located.path.iterdir()], located.place.value)
"""
    done = in_python(hub, tmp_path, COMMIT, body)
    assert done.stdout.strip() == f"{CONTENT.decode()} ['dev.json'] hub", done.stderr[-1000:]
    assert all("train.json" not in path for path, _ in hub.seen), "only what the task needs"
    hub.seen.clear()
    assert in_python(hub, tmp_path, COMMIT, body).stdout == done.stdout
    assert not [path for path, _ in hub.seen if path == f"{RESOLVE}dev.json"]


def test_into_a_data_root_in_the_official_layout(hub: Web, tmp_path: Path) -> None:
    body = f"fetch_files(toy, Place.HUB, Path({str(tmp_path / 'root' / 'toy')!r}))"
    assert in_python(hub, tmp_path, COMMIT, body).returncode == 0
    assert (tmp_path / "root" / "toy" / "dev.json").read_bytes() == CONTENT


def test_a_revision_that_is_not_there_is_named(hub: Web, tmp_path: Path) -> None:
    done = in_python(hub, tmp_path, "f" * 40, 'locate(toy, "hub")')
    assert f"SourceError: hub dataset org/toy at {'f' * 40} cannot be fetched: " in done.stderr
