"""`symharness data`: what is listed, what is fetched into a data root, and what verifying says of damage."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.config import UserError
from harness.data import State, Verified, chosen, data_root, fetching_place, get, listing, verify
from tasks.download import Download, unreported
from tasks.source import BUNDLED, Place
from tasks.task import Task, registry
from tests.loopback import Web, serving

SCAN_FILE = "simple_split/tasks_test_simple.txt"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("spider", "scan", "planning"):
        shutil.copytree(BUNDLED / name, tmp_path / "data" / name)
    return tmp_path / "data"


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setattr("tasks.download._PAUSE_SECONDS", 0.0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("SYMHARNESS_DATA", raising=False)
    with serving(BUNDLED) as server:
        yield server


def downloadable(task: Task, web: Web) -> Task:
    """A task of one file with its bundled file as its official download."""
    (name,) = task.source.files
    content = (BUNDLED / "scan" / name).read_bytes()
    download = Download(f"{web.url}/scan/{name}", hashlib.sha256(content).hexdigest(), name)
    return replace(task, source=replace(task.source, downloads=(download,)))


def verdict(root: Path, name: str) -> Verified:
    (found,) = verify(chosen([name]), root)
    return found


def test_every_task_is_listed_with_its_terms() -> None:
    listed = {item.task.name: item for item in listing(list(registry().values()), None)}
    assert listed.keys() == registry().keys()
    assert all(item.bundled for item in listed.values())
    assert listed["blocksworld"].ways == ("download: 41 pinned files",)


def test_what_is_at_hand_is_listed_with_its_place(root: Path) -> None:
    (scan, folio) = listing(chosen(["scan", "folio"]), str(root))
    assert scan.at_hand == (f"data root: {root / 'scan'}",)
    assert folio.at_hand == ()


def test_files_are_fetched_into_the_official_layout_and_only_once(web: Web, tmp_path: Path) -> None:
    task = downloadable(registry()["scan"], web)
    for said in ("fetched", "is there already"):
        (got,) = get([task], None, tmp_path / "data", lambda name: unreported)
        assert (got.folder, got.failed) == ("scan", False)
        assert got.detail.startswith(said)
    assert (tmp_path / "data" / "scan" / SCAN_FILE).read_bytes() == (BUNDLED / "scan" / SCAN_FILE).read_bytes()
    assert len(web.seen) == 1
    assert verdict(tmp_path / "data", "scan").state is State.PARTIAL, "the bundled samples are no whole test set"


def test_tasks_that_share_a_folder_each_get_their_files(web: Web, tmp_path: Path) -> None:
    tasks = [downloadable(registry()[name], web) for name in ("scan", "scan_length", "scan")]
    assert [got.failed for got in get(tasks, None, tmp_path / "data", lambda name: unreported)] == [False, False]
    assert {found.state for found in verify(tasks, tmp_path / "data")} == {State.PARTIAL}


@pytest.mark.parametrize(("variable", "root"), [("/some/root", "/some/root"), ("bundled", "data"), ("", "data")])
def test_the_data_root_that_is_meant(monkeypatch: pytest.MonkeyPatch, variable: str, root: str) -> None:
    monkeypatch.setenv("SYMHARNESS_DATA", variable)
    assert data_root(None) == Path(root)
    assert data_root(Path("given")) == Path("given")


def test_a_fetch_that_was_cut_short_is_gone_on_with(web: Web, tmp_path: Path) -> None:
    task, root = downloadable(registry()["scan"], web), tmp_path / "data"
    web.cuts = [10] * 4
    (got,) = get([task], None, root, lambda name: unreported)
    assert got.failed
    assert not (root / "scan" / SCAN_FILE).exists()
    assert not next(iter(verify([task], root))).samples
    (got,) = get([task], None, root, lambda name: unreported)
    assert got.detail.startswith("fetched")


def test_one_that_cannot_be_fetched_does_not_stop_the_others(web: Web, tmp_path: Path) -> None:
    tasks = [registry()["folio"], downloadable(registry()["scan"], web)]
    folio, scan = get(tasks, None, tmp_path / "data", lambda name: unreported)
    assert folio.failed
    assert "no official download by plain URL: get the files from https://" in folio.detail
    assert not scan.failed
    (scan,) = get(tasks[1:], Place.HUB, tmp_path / "other", lambda name: unreported)
    assert "no copy with the official files on the hub" in scan.detail


def test_places_from_which_nothing_is_fetched() -> None:
    with pytest.raises(UserError, match="--from bundled: files are fetched from hub or download"):
        fetching_place("bundled")


def test_what_is_right(root: Path) -> None:
    found = verdict(root, "scan")
    assert (found.state, found.samples) == (State.PARTIAL, 16)
    assert found.detail == "16 of the 4182 samples of the official test set"


def test_what_is_missing_truncated_or_renamed(root: Path) -> None:
    assert (verdict(root, "folio").state, verdict(root, "spider").state) == (State.MISSING, State.PARTIAL)
    dev = root / "spider" / "dev.json"
    dev.write_text(dev.read_text()[:-40])
    found = verdict(root, "spider")
    assert found.state is State.DAMAGED
    assert "dev.json is not whole JSON" in found.detail
    dev.rename(dev.with_name("dev_2.json"))
    assert "there is dev_2.json: rename it if it is that file" in verdict(root, "spider").detail


def test_a_file_that_is_not_the_pinned_one(root: Path) -> None:
    """Our own samples in the official layout are readable, and are not the official files."""
    found = verdict(root, "blocksworld")
    assert found.state is State.DAMAGED
    assert "domain.pddl is not the official file" in found.detail
    assert "delete it and run `symharness data get`" in found.detail


def test_the_supplied_planning_problems_are_the_pinned_ones(data_root: Path) -> None:
    for name in ("blocksworld", "termes", "floortile", "grippers"):
        assert verdict(data_root, name).state is State.WHOLE
        assert len(registry()[name].source.downloads) == 41


# Stands in for sitecustomize: whatever wants a socket to the outside is written down.
WATCH = """
import os, socket
def refuse(self, address, *rest):
    with open(os.environ["ATTEMPTS"], "a") as out:
        out.write(f"{address}\\n")
    raise OSError("no network")
connect = socket.socket.connect
def outside(self, address):
    return refuse(self, address) if isinstance(address, tuple) else connect(self, address)
socket.socket.connect = outside
socket.socket.connect_ex = refuse
socket.getaddrinfo = lambda host, *rest, **more: refuse(None, host)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["tasks"],
        ["models"],
        ["data", "list"],
        ["check", "--tasks", "scan,spider", "--limit", "1"],
        ["batch", "results/leaderboard.toml", "--dry-run"],
        ["lm-eval-path"],
    ],
    ids=" ".join,
)
def test_no_network_is_touched_unless_it_is_asked_for(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    project = Path(__file__).parents[2]
    environment = {key: value for key, value in os.environ.items() if key != "SYMHARNESS_DATA"} | {
        "PYTHONPATH": f"{tmp_path}:{project}", "ATTEMPTS": str(tmp_path / "attempts"), "XDG_CACHE_HOME": str(tmp_path),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", *arguments],
        cwd=project, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "attempts").exists(), (tmp_path / "attempts").read_text()


def test_the_watch_sees_an_attempt(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    code = "import urllib.request; urllib.request.urlopen('http://example.org')"
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "ATTEMPTS": str(tmp_path / "attempts")}
    subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, timeout=60, check=False)
    assert (tmp_path / "attempts").read_text()


def test_the_commands(root: Path, tmp_path: Path) -> None:
    def data(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "harness.cli", "data", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    done = data("verify", root, "--tasks", "scan,folio")
    assert done.returncode == 1
    assert "missing" in done.stdout
    assert data("verify", root, "--tasks", "scan").returncode == 0
    done = data("get", "folio", "--to", tmp_path / "to")
    assert done.returncode == 1
    assert "folio: folio has no official download by plain URL" in done.stderr
    assert data("get", "folio", "--from", "nowhere").returncode == 2
    assert data("verify", tmp_path / "none").returncode == 2
