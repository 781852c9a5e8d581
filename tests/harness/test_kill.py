"""kill -9 at any moment loses at most what was in flight, and the end is the same to the byte."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from executors.command import commands, meaning
from harness.runlog import parts, read_records
from tests.checkpoints import tiny_checkpoint
from tests.processes import gone
from tests.replay import gold, plan_for, server_for
from tests.scripted import ScriptedServer

pytestmark = pytest.mark.alone

SAMPLES = 240
KILLS = 10


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data root with SCAN rows of our own."""
    path = tmp_path / "data" / "scan" / "simple_split" / "tasks_test_simple.txt"
    path.parent.mkdir(parents=True)
    chosen = random.Random(2).sample(list(commands()), SAMPLES)
    path.write_text("".join(f"IN: {text} OUT: {' '.join(meaning(text))}\n" for text in chosen))
    return tmp_path / "data"


def start(folder: Path, data: Path, server: ScriptedServer) -> subprocess.Popen[bytes]:
    command = [
        sys.executable, "-m", "harness.cli", "run", "--model", folder / "tiny", "--tasks", "scan", "--data", data,
        "-o", folder / "o", "--run", "r", "--base-url", server.base_url, "--concurrency", "4", "--workers", "1",
    ]  # fmt: skip
    return subprocess.Popen([*map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def recorded(run: Path) -> int:
    return sum(part.read_bytes().count(b"\n") for part in parts(run))


def test_killed_ten_times_and_still_the_same(tmp_path: Path, data: Path) -> None:
    tiny_checkpoint(tmp_path / "once" / "tiny", adds_bos=True)
    plan = plan_for(tmp_path / "killed", ["scan"], str(data))
    draw = random.Random(7)
    with server_for(plan, gold, delay=0.02) as server:
        assert start(tmp_path / "once", data, server).wait(120) == 0
        asked_once = len(server.requests)
        run = tmp_path / "killed" / "o" / "tiny" / "r"
        for _ in range(KILLS):
            harness = start(tmp_path / "killed", data, server)
            wanted = recorded(run) + draw.randrange(1, SAMPLES // (KILLS + 4))
            while recorded(run) < wanted:
                assert harness.poll() is None
                time.sleep(0.005)
            os.kill(harness.pid, signal.SIGKILL)
            harness.wait()
        assert start(tmp_path / "killed", data, server).wait(120) == 0
    undisturbed = tmp_path / "once" / "o" / "tiny" / "r" / "results.json"
    assert (run / "results.json").read_bytes() == undisturbed.read_bytes()
    counts = Counter(record.sample for record in read_records(run))
    assert len(counts) == SAMPLES
    assert set(counts.values()) == {1}
    repeated = len(server.requests) - asked_once - SAMPLES
    assert 0 <= repeated <= KILLS * (4 + 512), "at most what was in flight is asked again"
    assert recorded(run) == SAMPLES, "nothing that was recorded is asked or recorded again"
    assert gone("executors.worker", 5)
