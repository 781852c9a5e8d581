"""What the documentation shows is true: commands run, files work, links lead somewhere, tables are today's.

A fenced block whose first line names a file after the language is that file. Blocks of `sh` are run in order, in a copy
of the packages; those marked `served` need a model.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from harness.metrics_page import metrics_page
from harness.serving import PROJECT
from harness.sweep.file import read_sweep
from tasks.task import registry

pytestmark = pytest.mark.alone

DOCS = PROJECT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
_BLOCK = re.compile(r"^```(?P<language>\w+)(?: (?P<mark>\S+))?\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?:)(?P<path>[^)#]*)(?:#(?P<anchor>[^)]+))?\)")


class Block(NamedTuple):
    language: str
    mark: str
    text: str


def blocks(page: str) -> list[Block]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return [Block(found["language"], found["mark"] or "", found["text"]) for found in _BLOCK.finditer(text)]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """The packages and their tests' settings, to which a page may add files."""
    for name in ("harness", "executors", "tasks"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PROJECT / "results", tmp_path / "results", ignore=shutil.ignore_patterns("local"))
    return tmp_path


def follow(page: str, folder: Path, served: bool = False) -> str:
    """Do what the page says, less or only what needs a model; returns what its commands printed."""
    printed = []
    for block in blocks(page):
        if block.language == "sh" and (block.mark == "served") == served:
            printed.append(shell(block.text, folder))
        elif block.language != "sh" and block.mark:
            (folder / block.mark).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.mark).write_text(block.text, encoding="utf-8")
    return "".join(printed)


def shell(commands: str, folder: Path) -> str:
    """Run commands as they stand, where `symharness` is that of these packages."""
    scripts = folder / "bin"
    scripts.mkdir(exist_ok=True)
    for name, module in (("symharness", "-m harness.cli"), ("python", "")):
        (scripts / name).write_text(f'#!/bin/sh\nexec {sys.executable} {module} "$@"\n')
        (scripts / name).chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if name != "SYMHARNESS_DATA"}
    environment |= {"PATH": f"{scripts}:{os.environ['PATH']}", "PYTHONPATH": str(folder)}
    command = ["bash", "-euo", "pipefail", "-c", commands]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def test_the_tour(workspace: Path) -> None:
    printed = follow("tour.md", workspace)
    assert "75.00" in printed
    assert (workspace / "site" / "index.html").is_file()
    assert (workspace / "exports" / "records.parquet").is_file()


def test_an_executor_and_a_task_are_added(workspace: Path) -> None:
    assert "9 passed" in follow("add-an-executor.md", workspace)
    printed = follow("add-a-task.md", workspace)
    assert "66.67" in printed


def test_a_sweep(workspace: Path) -> None:
    printed = follow("cluster.md", workspace)
    assert "replay_gold/nightly" in printed
    assert "100.00" in printed


def test_the_files_of_a_cluster_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are for other machines than this one; each is at least what its reader reads."""
    files = sorted((DOCS / "cluster").iterdir())
    assert {path.suffix for path in files} == {".toml", ".sh", ".sbatch", ".yaml"}
    for path in files:
        match path.suffix:
            case ".sh" | ".sbatch":
                subprocess.run(["bash", "-n", path], check=True)
            case ".yaml":
                assert yaml.safe_load(path.read_text(encoding="utf-8"))
    checkpoint = tmp_path / "checkpoints" / "symbol-sft" / "step-100"
    checkpoint.mkdir(parents=True)
    (checkpoint / "config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    swept = read_sweep(DOCS / "cluster" / "checkpoints.toml")
    assert [run.spec.tensor_parallel_size for run in swept.runs] == [1, 1, 2]


@pytest.mark.e2e
def test_the_tours_model_is_served(workspace: Path) -> None:
    (workspace / "checkpoints").symlink_to(PROJECT / "checkpoints")
    (workspace / ".venv-vllm").symlink_to(PROJECT / ".venv-vllm")
    assert "smollm2-135m-instruct" in follow("tour.md", workspace, served=True)


def test_the_list_of_metrics_is_todays() -> None:
    written = (DOCS / "metrics.md").read_text(encoding="utf-8")
    assert written == metrics_page(), "write it anew: symharness metrics -o docs/metrics.md"


def test_every_metric_says_what_it_is() -> None:
    unsaid = [(task.name, metric.name) for task in registry().values() for metric in task.metrics if not metric.source]
    assert unsaid == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.finditer(page.read_text(encoding="utf-8")):
        target = (page.parent / link["path"]).resolve() if link["path"] else page
        assert target.exists(), link[0]
        if link["anchor"]:
            heads = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert link["anchor"] in {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_options_that_are_named_exist(page: Path) -> None:
    code = "\n".join(part.read_text(encoding="utf-8") for part in sorted((PROJECT / "harness" / "cli").glob("*.py")))
    known = set(re.findall(r'"(--?[\w-]+)"', code)) | {f"--{name}" for name in re.findall(r"^    (\w+): ", code, re.M)}
    named = set(re.findall(r"`(--[a-z][\w-]*)", page.read_text(encoding="utf-8")))
    assert {name for name in named if name not in known and name.replace("-", "_") not in known} == set()
