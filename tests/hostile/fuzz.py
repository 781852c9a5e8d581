"""Coverage-guided fuzzing of what reads model text: python -m tests.hostile.fuzz [--tasks a,b] [--seconds 30]

Needs the extra `fuzz` (atheris). Each task's extractor, executor and metrics run in a process of their own, on texts
that grow from gold answers, as long as `--seconds` says; a crash is any exception that leaves them. Tasks whose
programs run in a jail or a planner are left out: their readers are those of the others.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

_RUNS = re.compile(r"#(\d+)\s+DONE")
_LEFT_OUT = ("python", "bash", "pddl")
_ONE = "--one"


def targets() -> list[str]:
    """One task a reader: of those that share language and executor the first."""
    from tasks.task import registry

    first: dict[tuple[str, object], str] = {}
    for task in registry().values():
        if task.language not in _LEFT_OUT:
            first.setdefault((task.language, task.execute), task.name)
    return list(first.values())


def main() -> int:
    if _ONE in sys.argv:
        fuzz(sys.argv.pop(sys.argv.index(_ONE) + 1))
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", help=f"default: {', '.join(targets())}")
    parser.add_argument("--seconds", type=int, default=30, help="for each task")
    arguments = parser.parse_args()
    crashed, total = [], 0
    for name in arguments.tasks.split(",") if arguments.tasks else targets():
        ran, report = _fuzzed(name, arguments.seconds)
        total += ran
        print(f"{name:24} {ran:9} texts{'' if report is None else '  CRASHED'}", flush=True)
        if report is not None:
            crashed.append(name)
            print(report)
    print(f"{total} texts, {len(crashed)} readers crashed: {', '.join(crashed) or 'none'}")
    return 1 if crashed else 0


def _fuzzed(name: str, seconds: int) -> tuple[int, str | None]:
    """How many texts were tried, and the end of what was said when one was too much."""
    from tasks.task import registry
    from tests.hostile.through_tasks import first_samples

    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder)
        task = registry()[name]
        for number, sample in enumerate(first_samples(task, 12)):
            (corpus / str(number)).write_text(task.gold(sample), encoding="utf-8")
        limits = [f"-max_total_time={seconds}", "-timeout=60", "-rss_limit_mb=6144", "-max_len=4096", "-verbosity=1"]
        command = [sys.executable, "-m", "tests.hostile.fuzz", _ONE, name, *limits, str(corpus)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    runs = _RUNS.findall(done.stderr)
    return int(runs[-1]) if runs else 0, None if done.returncode == 0 and runs else done.stderr[-3000:]


def fuzz(name: str) -> None:
    import atheris

    with atheris.instrument_imports(include=["executors", "tasks"]):
        from tasks.scoring import score
        from tasks.task import registry
    from tests.hostile.through_tasks import first_samples

    sample = first_samples(registry()[name])[0]

    def one(data: bytes) -> None:
        score(name, sample, data.decode("utf-8", "surrogateescape"))

    atheris.Setup([argument for argument in sys.argv if argument != _ONE], one)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
