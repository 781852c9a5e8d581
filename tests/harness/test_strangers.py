"""Run folders and data from strangers, and what must not be written into ours."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest

from harness.checkpoint import load_tokenizer
from harness.client import API_KEY, Client, without_credentials
from harness.config import ModelSpec, UserError
from harness.leaderboard import build
from harness.serving import Engine, command
from harness.tables import Format
from harness.terminal import console, print_report, rendered
from tasks.source import BUNDLED
from tasks.task import DataError, registry
from tests.checkpoints import tiny_checkpoint
from tests.harness.test_cli import symharness
from tests.harness.test_rescore import replay_run
from tests.replay import gold, plan_for, server_for
from tests.scripted import ScriptedServer

HOSTILE = '=HYPERLINK("http://x")\x1b[2J\x1b]0;owned\x07|<script>'


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """A run folder whose model has a hostile name."""
    folder = replay_run(tmp_path, "gold", ["scan"]).folder
    run = json.loads((folder / "run.json").read_text())
    run["config"]["model"]["model"] = HOSTILE
    (folder / "run.json").write_text(json.dumps(run))
    (folder / "results.json").unlink()
    return folder


def test_a_strangers_run_cannot_drive_the_terminal(stranger: Path) -> None:
    with console.capture() as written:
        print_report(build([stranger]), Format.TABLE)
    assert "HYPERLINK" in written.get().replace("\n", "")
    assert "\x1b" not in written.get()
    assert "\x07" not in written.get()


def test_a_strangers_run_is_no_formula_in_a_spreadsheet(stranger: Path) -> None:
    lines = rendered(build([stranger]), Format.CSV).splitlines()
    (ours,) = [line for line in lines if "HYPERLINK" in line and "SCAN" in line]
    assert ours.startswith("\"'=HYPERLINK")


def test_a_strangers_run_cannot_break_a_markdown_table(stranger: Path) -> None:
    ours = next(line for line in rendered(build([stranger]), Format.MARKDOWN).splitlines() if "HYPERLINK" in line)
    assert "\\|<script>" in ours
    assert "\x1b" not in ours


def test_a_database_is_named_by_one_folder(tmp_path: Path) -> None:
    folder = tmp_path / "spider"
    folder.mkdir()
    entries = json.loads((BUNDLED / "spider" / "tables.json").read_text())
    rows = json.loads((BUNDLED / "spider" / "dev.json").read_text())
    entries[0]["db_id"] = rows[0]["db_id"] = "../../../etc/secret"
    (folder / "tables.json").write_text(json.dumps(entries))
    (folder / "dev.json").write_text(json.dumps(rows[:1]))
    with pytest.raises(DataError, match="a database's name is one folder name"):
        list(registry()["spider"].read(folder))


def test_credentials_of_a_url_are_not_written_down() -> None:
    assert without_credentials("http://me:secret@host:1/v1") == "http://***@host:1/v1"
    assert without_credentials("--data me@here") == "--data me@here"
    assert Client("http://me:secret@host:1/v1").address == "http://***@host:1/v1"


@pytest.mark.parametrize("key", ["", "key-5ecret"])
def test_no_secret_reaches_the_run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("HF_TOKEN", "token-5ecret")
    monkeypatch.setenv(API_KEY, key)
    with server_for(plan_for(tmp_path, ["scan"], "bundled"), gold) as server:
        url = server.base_url if key else server.base_url.replace("http://", "http://me:word-5ecret@")
        done = symharness(
            "run", "--model", tmp_path / "tiny", "--tasks", "scan", "--data", "bundled", "-o", tmp_path / "o",
            "--base-url", url,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    written = b"".join(path.read_bytes() for path in (tmp_path / "o").rglob("*") if path.is_file())
    assert b"5ecret" not in written + done.stdout.encode() + done.stderr.encode()


async def test_a_server_that_wants_a_key_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(API_KEY, "key-5ecret")
    with ScriptedServer(str, keep_requests=True) as server:
        async with Client(server.base_url):
            pass
    assert server.authorizations == {"Bearer key-5ecret"}


def test_code_of_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    """A tokenizer class of the checkpoint's own would be code of a stranger's."""
    folder = tiny_checkpoint(tmp_path / "tiny")
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    mark = tmp_path / "mark"
    settings |= {"tokenizer_class": "Theirs", "auto_map": {"AutoTokenizer": ["theirs.Theirs", None]}}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (folder / "theirs.py").write_text(f"open({str(mark)!r}, 'w').close()\nclass Theirs: pass\n")
    with suppress(UserError):
        load_tokenizer(ModelSpec(model=str(folder)))
    assert not mark.exists()
    assert "--trust-remote-code" not in command(Engine(Path("python"), cpu=True), ModelSpec(model=str(folder)), 1, 1)
