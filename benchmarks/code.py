"""Graders of code: regular expressions decided a second beside greenery, and grades a second, hostile ones among them.

Usage: python benchmarks/code.py [--json FILE] [--pairs 200]

Both deciders get the same generated pairs (operators that both know, half of them equal) in turn, one pair by one and
then by the other; every verdict is compared. Grades go through a pool worker as in a run: extraction, execution and all
metrics, every tenth answer hostile. Goals: at least 5 times greenery's decisions a second, and no grade that takes
longer than its task's deadline and half a second.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from greenery import parse

from executors.bash.template import read
from executors.outcome import Limits, Verdict
from executors.pool import Pool, WorkerLostError
from executors.regex import equivalence
from tasks.scoring import PRELOAD, score
from tasks.source import locate
from tasks.task import Task, select

LIMITS = Limits(seconds=10.0)
TASKS = ("nl2bash", "nl2rx", "nl2python", "nl2java", "nl2go")
GOAL_RATIO, MARGIN_SECONDS = 5.0, 0.5
HOSTILE = (
    "(~(.*a.{40}b)){1000}",
    "(" * 20_000,
    ":(){ :|:& };:",
    "yes",
    "rm -rf / 2>/dev/null",
    "{[(" * 5_000,
    "x" * 1_000_000,
    "cat </dev/tcp/127.0.0.1/22",
)


def pairs(count: int, seed: int = 5) -> list[tuple[str, str]]:
    """Expressions of NL-RX's kind without `&` and `~`, each with an equal or another one."""
    rng = random.Random(seed)
    atoms = ("dog", "truck", "[0-9]", "[A-Z]", "[a-z]", "[A-Za-z]", "[AEIOUaeiou]", ".")

    def expression(depth: int) -> str:
        if depth == 0:
            return f"({rng.choice(atoms)})"
        left, right = expression(depth - 1), expression(rng.randrange(depth))
        return rng.choice((f"({left}|{right})", f"{left}.*{right}", f"({left}{right})", f".*{left}.*", f"({left})+"))

    found = []
    for _ in range(count):
        one, other = expression(2), expression(1)
        found.append(
            rng.choice(((f"({one}|{other})", f"({other}|{one})"), (f"({one})+", f"{one}({one})*"), (one, other)))
        )
    return found


def decisions(count: int) -> dict[str, float]:
    """Decisions a second of both, on the same pairs in turn."""
    ours: Callable[[str, str], bool] = lambda a, b: equivalence(a, b, LIMITS).value is Verdict.TRUE  # noqa: E731
    theirs: Callable[[str, str], bool] = lambda a, b: bool(parse(a).equivalent(parse(b)))  # noqa: E731
    seconds = [0.0, 0.0]
    for one, other in pairs(count):
        verdicts = []
        for index, decide in enumerate((ours, theirs)):
            start = time.perf_counter()
            verdicts.append(decide(one, other))
            seconds[index] += time.perf_counter() - start
        if verdicts[0] != verdicts[1]:
            raise SystemExit(f"verdicts differ: {one!r} and {other!r}")
    return {"regex": count / seconds[0], "greenery": count / seconds[1]}


def templates() -> float:
    """Commands read a second."""
    commands = [f"find /dir{i} -name '*.c' -mtime +{i} | xargs -n{i} grep -l 'a{i}'" for i in range(200)]
    read("ls")
    start = time.perf_counter()
    for command in commands:
        read(command)
    return len(commands) / (time.perf_counter() - start)


async def grades(task: Task) -> dict[str, float]:
    """Grades a second of one worker on the bundled samples, and the longest grade."""
    samples = list(task.read(locate(task.source, "bundled").path))
    answers = [(sample, completion) for sample in samples for completion in (task.gold(sample), *task.wrong(sample))]
    jobs = [(s, HOSTILE[i // 10 % len(HOSTILE)] if i % 10 == 9 else c) for i, (s, c) in enumerate(answers)]
    longest = 0.0
    async with Pool(1, preload=PRELOAD) as pool:
        await pool.run(task.deadline, score, task.name, *jobs[0])
        start = time.perf_counter()
        for sample, completion in jobs:
            began = time.perf_counter()
            # A worker killed at its deadline is what the longest grade is about.
            with contextlib.suppress(WorkerLostError):
                await pool.run(task.deadline, score, task.name, sample, completion)
            longest = max(longest, time.perf_counter() - began)
        rate = len(jobs) / (time.perf_counter() - start)
    return {"grades": rate, "longest": longest, "allowed": task.deadline + MARGIN_SECONDS}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", type=Path, help="write the figures to this file")
    arguments.add_argument("--pairs", type=int, default=200)
    options = arguments.parse_args()
    figures: dict[str, object] = {"decisions": (rates := decisions(options.pairs)), "templates": templates()}
    ratio = rates["regex"] / rates["greenery"]
    print(f"regular expressions  {rates['regex']:8.0f} a second; greenery {rates['greenery']:.0f}; ratio {ratio:.1f}")
    print(f"command templates    {figures['templates']:8.0f} a second")
    met = ratio >= GOAL_RATIO
    for task in select(TASKS):
        figures[task.name] = row = asyncio.run(grades(task))
        met &= row["longest"] <= row["allowed"]
        print(f"{task.name:<20} {row['grades']:8.1f} grades a second; longest {row['longest']:.2f} s")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(f"goals {'met' if met else 'NOT met'}")


if __name__ == "__main__":
    main()
