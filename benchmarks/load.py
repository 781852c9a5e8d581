"""A run of very many samples: memory, CPU, open files and folder size, and what it takes to go on with it.

    python -m benchmarks.load [--samples 1000000]

A synthetic task (SCAN commands, over and over) goes through the whole pipeline against a scripted server in another
process. Figures are of the harness process alone: its memory is read from /proc every second, and the slope is fitted
over the second half of the run. Goals for a million: resumed and summed up in under 15 s, a leaderboard of it in under
30 s.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.pipeline import _constant_server
from executors.command import commands, meaning
from harness.runlog import parts
from tests.checkpoints import tiny_checkpoint


@dataclass(frozen=True, slots=True)
class Reading:
    """Of the harness process: bytes of records written so far, resident bytes, open files, CPU seconds."""

    written: int
    resident: int
    files: int
    cpu: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1_000_000)
    arguments = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    port: multiprocessing.Queue[int] = context.Queue()
    server = context.Process(target=_constant_server, args=(port,), daemon=True)
    server.start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_data(folder, arguments.samples)
        tiny_checkpoint(folder / "tiny")
        command = [
            sys.executable, "-m", "harness.cli", "run", "--model", str(folder / "tiny"), "--tasks", "scan",
            "--data", str(folder / "data"), "-o", str(folder / "out"), "--run", "r", "--workers", "1",
            "--concurrency", "64", "--base-url", f"http://127.0.0.1:{port.get(timeout=60)}/v1",
        ]  # fmt: skip
        through(command, folder / "out" / "tiny" / "r", arguments.samples)
        timed("resumed, nothing left to ask", command)
        timed("leaderboard", [sys.executable, "-m", "harness.cli", "leaderboard", str(folder / "out")])
        (folder / "out" / "tiny" / "r" / "results.json").unlink()
        timed(
            "leaderboard, from the records", [sys.executable, "-m", "harness.cli", "leaderboard", str(folder / "out")]
        )
    server.kill()


def write_data(folder: Path, samples: int) -> None:
    path = folder / "data" / "scan" / "simple_split" / "tasks_test_simple.txt"
    path.parent.mkdir(parents=True)
    lines = [f"IN: {text} OUT: {' '.join(meaning(text))}\n" for text in itertools.islice(commands(), 2_000)]
    with path.open("w") as file:
        file.writelines(itertools.islice(itertools.cycle(lines), samples))


def through(command: list[str], run: Path, samples: int) -> None:
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    readings = []
    while process.poll() is None:
        time.sleep(1.0)
        size = sum(part.stat().st_size for part in parts(run)) if run.exists() else 0
        if size and (reading := _read(process.pid, size)) is not None:
            readings.append(reading)
    seconds = time.monotonic() - began
    assert process.returncode == 0
    size = sum(part.stat().st_size for part in parts(run))
    bytes_a_record = size / samples
    asked = [reading for reading in readings if reading.written < size]
    half = asked[len(asked) // 2 :]
    done = [reading.written / bytes_a_record for reading in half]
    slope = float(np.polyfit(done, [reading.resident for reading in half], 1)[0]) if len(half) > 2 else float("nan")
    last = asked[-1]
    print(f"{samples} samples in {seconds:.0f} s, {samples / seconds:.0f} a second")
    print(f"{1000 * last.cpu / (last.written / bytes_a_record):.3f} ms of CPU a sample")
    print(
        f"memory at the end of asking {last.resident >> 20} MiB, slope {slope:.0f} bytes a sample over the second half"
    )
    print(f"memory at its highest {max(reading.resident for reading in readings) >> 20} MiB (summing up)")
    files = max(reading.files for reading in readings)
    print(f"open files {files}, folder {size >> 20} MiB ({bytes_a_record:.0f} bytes a record)")


def _read(pid: int, written: int) -> Reading | None:
    try:
        resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return Reading(written, resident, files, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))


def timed(what: str, command: list[str]) -> None:
    began, before = time.monotonic(), os.times()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    print(f"{what}: {time.monotonic() - began:.1f} s ({cpu:.1f} s of CPU)")


if __name__ == "__main__":
    main()
