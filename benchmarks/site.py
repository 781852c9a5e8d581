"""The report's site of many records: how long it takes to build, how large it is, how soon it shows a sample.

Usage: python benchmarks/site.py [--records N] [--json FILE]

Makes two checkpoints' runs of five tasks, N records (default 100,000) in all, builds their site in a fresh process, and
opens it as a file in Chromium. Beside it stands the cost of merely reading the records, which no report can do without.
Goals: less than 10 times that cost, less than 1 GB of memory, a sample shown in less than 2 s, the text search of a
task's 10,000 samples of two runs in less than 10 s.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from executors.outcome import Outcome, Status  # noqa: E402
from harness.record import Record  # noqa: E402
from harness.runlog import RunLog  # noqa: E402
from tasks.bleu import Variant, counts  # noqa: E402
from tasks.source import locate  # noqa: E402
from tasks.task import Task, registry  # noqa: E402

TASKS, RUNS = ("spider", "scan", "gsm8k", "folio", "mtop"), 2
GOALS = {"build over read": 10.0, "memory": 1.0, "sample": 2.0, "search": 10.0}

_TIMED = """
import resource, sys
from pathlib import Path
from harness.report.site import build_site
from harness.runlog import read_records
if sys.argv[3] == "read":
    print(sum(1 for folder in Path(sys.argv[1]).iterdir() for _ in read_records(folder)))
else:
    print(build_site([Path(sys.argv[1])], Path(sys.argv[2])).size)
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        runs, site = Path(name) / "runs", Path(name) / "site"
        for number in range(RUNS):
            make_run(runs / f"checkpoint-{number}", number, arguments.records // RUNS // len(TASKS))
        _, read, _ = timed(runs, site, "read")
        size, build, memory = timed(runs, site, "build")
        files = sum(1 for path in site.rglob("*") if path.is_file())
        print(f"{arguments.records} records read: {read:.1f} s CPU; site built: {build:.1f} s CPU, {memory:.2f} GB")
        print(f"site: {size / 1e6:.0f} MB in {files} files")
        figures = {"build over read": build / read, "memory": memory, **browse(site)}
    for what, goal in GOALS.items():
        verdict = "ok" if figures[what] < goal else "MISSED"
        print(f"{what}: {figures[what]:.2f} (goal: under {goal}) {verdict}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures | {"size": size, "build": build, "read": read}) + "\n")


def make_run(folder: Path, number: int, samples: int) -> None:
    """One checkpoint's run, with prompts and answers of the bundled samples over and over."""
    tasks = [registry()[name] for name in TASKS]
    plan = {"place": "local", "data": "0" * 64, "samples": samples, "total": samples}
    model = {"model": f"checkpoint-{number}", "chat_format": "plain"}
    config = {"model": model, "num_fewshot": 0, "tasks": {task.name: plan for task in tasks}}
    random = np.random.default_rng(number)
    with RunLog(folder, config, {}) as log:
        for task in tasks:
            for record in records(task, samples, random):
                log.append(record)


def records(task: Task, samples: int, random: np.random.Generator) -> Iterator[Record]:
    grams = counts(Variant.SACREBLEU, "a b c d e", "a b c d f")
    bundled = list(task.read(locate(task.source, "bundled").path))
    for number in range(samples):
        sample, right = bundled[number % len(bundled)], float(random.integers(2))
        program = task.gold(sample) if right else f"{task.gold(sample)} {number}"
        row = dict.fromkeys(("score", "numerator", "right", "form"), right)
        row |= dict.fromkeys(("denominator", "gold", "predicted", "times"), 1.0) | grams
        yield Record(
            task=task.name,
            sample=f"dev-{number}",
            group="",
            model="0" * 16,
            prompt=f"{task.prompt.render(sample.fields)}\nrow {number}",
            prompt_sha256="0" * 64,
            prompt_form="ids",
            prompt_tokens=100,
            completion=f"The answer is:\n{program}",
            finish_reason="stop",
            completion_tokens=50,
            program=program,
            outcome=Outcome(Status.OK, {"columns": ["count(*)"], "rows": [[number]]}, "", 0.001),
            statistics={metric.name: row for metric in task.metrics},
            seconds={"generate": 1.0, "score": 0.001},
        )


def timed(runs: Path, site: Path, what: str) -> tuple[int, float, float]:
    """What the process printed, its CPU seconds and its peak memory in GB."""
    command = [sys.executable, "-c", _TIMED, runs, site, what]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=REPOSITORY)
    value, seconds, memory = done.stdout.split()
    return int(value), float(seconds), float(memory)


def browse(site: Path) -> dict[str, float]:
    """Seconds from nothing to a sample's program, and from a word to what it is found in."""
    page_url = (site / "index.html").as_uri()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        start = time.perf_counter()
        page.goto(f"{page_url}#/task/spider/sample/dev-777?b=runs-checkpoint-1")
        page.get_by_role("region", name="Program").first.wait_for()
        sample = time.perf_counter() - start
        page.goto(f"{page_url}#/task/spider?b=runs-checkpoint-1")
        start = time.perf_counter()
        page.get_by_label("Ids and texts").fill("row 777")
        page.wait_for_function("() => /^[1-9]\\d* of /.test(document.querySelector('.samples caption')?.textContent)")
        search = time.perf_counter() - start
        browser.close()
    return {"sample": sample, "search": search}


if __name__ == "__main__":
    main()
