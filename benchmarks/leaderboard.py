"""Leaderboard and comparison speed on synthetic runs.

Usage: python benchmarks/leaderboard.py [--runs N] [--json FILE]

Makes N (default 1,000) run folders of 60 tasks x 100 records with their `results.json`, and builds the leaderboard of
them twice, in fresh processes. Goals, in CPU time, which is what a single thread takes on an idle machine: under 30 s
the first and under 2 s the second time; under 0.5 s for 1,000 bootstrap draws of corpus BLEU over 1,000 pairs. Peak
memory is printed to show that no records are held.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from harness.record import Record  # noqa: E402
from harness.statistics import bootstrap, clustered  # noqa: E402
from harness.summary import RECORDS_FILE, RESULTS_FILE, summarise, write_results  # noqa: E402
from tasks.bleu import Variant, bleu_metric, counts  # noqa: E402
from tasks.task import Task, registry  # noqa: E402

TASKS, RECORDS, PAIRS = 60, 100, 1000
GOALS = {"first": 30.0, "again": 2.0, "bleu": 0.5}

_BUILD = """
import resource, sys
from pathlib import Path
from harness.leaderboard import build
from harness.tables import Format
from harness.terminal import rendered
board = build([Path(sys.argv[1])])
Path(sys.argv[2]).write_text(rendered(board, Format.MARKDOWN), encoding="utf-8")
used = resource.getrusage(resource.RUSAGE_SELF)
print(len(board.rows), used.ru_maxrss // 1024, used.ru_utime + used.ru_stime)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    seconds: dict[str, float] = {"bleu": bleu_seconds()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_runs(folder / "runs", arguments.runs)
        for turn in ("first", "again"):
            command = [sys.executable, "-c", _BUILD, folder / "runs", folder / f"{turn}.md"]
            start = time.perf_counter()
            done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=REPOSITORY)
            wall = time.perf_counter() - start
            rows, megabytes, cpu = done.stdout.split()
            seconds[turn] = float(cpu)
            print(f"leaderboard of {arguments.runs} runs, {turn}: {wall:.2f} s, {rows} rows, {megabytes} MB")
        assert (folder / "first.md").read_bytes() == (folder / "again.md").read_bytes()
    for what, goal in GOALS.items():
        verdict = "ok" if seconds[what] < goal else "MISSED"
        print(f"{what}: {seconds[what]:.2f} s of CPU time (goal: under {goal} s) {verdict}")
    if arguments.json:
        arguments.json.write_text(json.dumps(seconds) + "\n")


def make_runs(folder: Path, runs: int) -> None:
    """One run, and the same under other models' names; the records lie on the disk once (hard links)."""
    tasks = list(registry().values())[:TASKS]
    plan = {
        "place": "local",
        "data": "0" * 64,
        "prompt": "0" * 64,
        "max_tokens": 256,
        "samples": RECORDS,
        "total": RECORDS,
    }
    config = {"num_fewshot": 0, "limit": None, "tasks": {task.name: plan for task in tasks}}
    random = np.random.default_rng(0)
    lines = [record(task, number, random).to_line() for task in tasks for number in range(RECORDS)]
    folder.mkdir(parents=True)
    records = folder / "records"
    records.write_text("\n".join(lines) + "\n", encoding="ascii")
    results = named = b""
    for number in range(runs):
        run = folder / f"run-{number:04d}"
        run.mkdir()
        model = {"model": f"model-{number:04d}", "chat_format": "plain"}
        (run / "run.json").write_text(json.dumps({"config": config | {"model": model}, "about": {}}))
        (run / "samples-0000.jsonl").hardlink_to(records)
        if not results:
            results = write_results(summarise(run)).read_bytes()
            named = (run / RECORDS_FILE).read_bytes()
        (run / RESULTS_FILE).write_bytes(results)
        (run / RECORDS_FILE).write_bytes(named)


def record(task: Task, number: int, random: np.random.Generator) -> Record:
    score, count = float(random.integers(2)), counts(Variant.SACREBLEU, "a b c d e", "a b c d f")
    row = {"score": score, "numerator": score, "denominator": 1.0, "right": score, "gold": 1.0, "predicted": 1.0}
    statistics = {metric.name: row | count | {"form": 1.0, "times": 1.0} for metric in task.metrics}
    group = f"g{number // 5}"
    return Record(
        task.name, str(number), group, "0" * 16, "", "0" * 64, "ids", 100, "", "stop", 10, None, None, statistics, {}
    )


def bleu_seconds() -> float:
    """1,000 draws of corpus BLEU over 1,000 pairs of answers."""
    random = np.random.default_rng(0)
    metric, words = bleu_metric(), np.array(list("abcdefgh"))
    sides = []
    for _ in "ab":
        texts = [[" ".join(random.choice(words, size=20)) for _ in "xy"] for _ in range(PAIRS)]
        sides.append(clustered(metric, [counts(Variant.SACREBLEU, *pair) for pair in texts], [""] * PAIRS))
    start = time.process_time()
    bootstrap(*sides)
    return time.process_time() - start


if __name__ == "__main__":
    main()
