"""Programs per second in the jail, and in everything else that runs model-written Python, in one run.

    python benchmarks/jail.py [--programs 200] [--seed 0]

All rows run the same generated word-problem programs, in turn (20 by one row, 20 by the next, ...), so that whatever
else the machine does falls on all of them. Every answer is checked. "bare fork" is the floor of any method that gives
each program a process of its own: fork the same warm interpreter, exec the program, send the answer through a pipe.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from executors.outcome import Limits
from executors.python import ReturnValue, run
from executors.sandbox.python_program import STANDARD

CHUNK = 20
LIMITS = Limits(seconds=20.0)
PRINT = "\nprint(solution())\n"
Runner = Callable[[str], float]


@dataclass(frozen=True)
class Program:
    source: str
    answer: float


def small_programs(count: int, seed: int) -> list[Program]:
    """Programs in the style of program-aided word problems: a few named quantities, arithmetic, a return."""
    rng = random.Random(seed)
    return [rng.choice((_purchase, _saving, _sharing, _calendar))(rng) for _ in range(count)]


def _purchase(rng: random.Random) -> Program:
    price, number, budget = rng.randint(2, 30), rng.randint(2, 12), rng.randint(400, 900)
    source = (
        f'def solution():\n    """Pens cost {price} dollars each. How much of {budget} dollars is left?"""\n'
        f"    money_initial = {budget}\n    pens = {number}\n    price = {price}\n    money_spent = pens * price\n"
        "    money_left = money_initial - money_spent\n    return money_left\n"
    )
    return Program(source, budget - number * price)


def _saving(rng: random.Random) -> Program:
    start, rate, years = rng.randint(100, 999), rng.randint(1, 9), rng.randint(2, 20)
    source = (
        f"def solution():\n    balance = {start}\n    for year in range({years}):\n"
        f"        balance = balance + balance * {rate} / 100\n    return balance\n"
    )
    balance = float(start)
    for _ in range(years):
        balance += balance * rate / 100
    return Program(source, balance)


def _sharing(rng: random.Random) -> Program:
    parts = [rng.randint(1, 50) for _ in range(rng.randint(3, 9))]
    source = (
        f"import math\n\ndef solution():\n    shares = {parts}\n    total = sum(shares)\n    largest = max(shares)\n"
        "    return math.floor(100 * largest / total)\n"
    )
    return Program(source, 100 * max(parts) // sum(parts))


def _calendar(rng: random.Random) -> Program:
    days = rng.randint(1, 400)
    source = (
        "from datetime import date, timedelta\n\ndef solution():\n    start = date(2020, 1, 31)\n"
        f"    end = start + timedelta(days={days})\n    return (end - start).days + end.month * 0\n"
    )
    return Program(source, days)


def sympy_programs(count: int, seed: int) -> list[Program]:
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        a, root = rng.randint(2, 9), rng.randint(1, 99)
        source = (
            "from sympy import symbols\nfrom sympy.solvers import solve\n\ndef solution():\n    x = symbols('x')\n"
            f"    return int(solve({a} * x - {a * root}, x)[0])\n"
        )
        found.append(Program(source, root))
    return found


def in_jail(source: str) -> float:
    outcome = run(source, ReturnValue(), LIMITS)
    assert isinstance(outcome.value, (int, float)), outcome
    return outcome.value


def in_process(source: str) -> float:
    namespace: dict[str, object] = {}
    exec(source, namespace)
    return float(namespace["solution"]())  # type: ignore[operator]


def by_python(source: str) -> float:
    command = [sys.executable, "-I", "-c", source + PRINT]
    return float(subprocess.run(command, capture_output=True, check=True).stdout)


def by_bubblewrap(source: str) -> float:
    command = [
        *(shutil.which("bwrap") or "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/"),
        *("/", "--tmpfs", "/tmp", "--ro-bind", sys.prefix, sys.prefix, "--dev", "/dev"),
        *(sys.executable, "-I", "-c", source + PRINT),
    ]
    return float(subprocess.run(command, capture_output=True, check=True, env={}).stdout)


class BareFork:
    """A warm interpreter with the jail's own modules that forks for every program and isolates nothing."""

    def __init__(self, modules: Sequence[str]) -> None:
        command = [sys.executable, __file__, "--serve-forks", ",".join(modules)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, source: str) -> float:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(source).encode() + b"\n")
        self.process.stdin.flush()
        return float(json.loads(self.process.stdout.readline()))


def serve_forks(modules: str) -> None:
    import gc
    import importlib

    for name in modules.split(","):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(write, json.dumps(in_process(json.loads(line))).encode())
            os._exit(0)
        os.close(write)
        answer = b""
        while part := os.read(read, 4096):
            answer += part
        os.close(read)
        os.waitpid(pid, 0)
        print(answer.decode(), flush=True)


def monty() -> Runner | None:
    """PyPI `pydantic-monty`, an interpreter of a part of Python written in Rust; None where it is not installed."""
    try:
        import pydantic_monty
    except ImportError:
        return None
    pool = pydantic_monty.Monty().__enter__()

    def evaluate(source: str) -> float:
        with pool.checkout() as session:
            return float(session.feed_run(source + "\nsolution()\n"))

    return evaluate


def compare(rows: dict[str, Runner], programs: Sequence[Program]) -> dict[str, float]:
    """Programs per second by row."""
    seconds = dict.fromkeys(rows, 0.0)
    for runner in rows.values():
        runner(programs[0].source)
    for first in range(0, len(programs), CHUNK):
        for name, runner in rows.items():
            began = time.perf_counter()
            for program in programs[first : first + CHUNK]:
                answer = runner(program.source)
                assert abs(answer - program.answer) < 1e-6, (name, program, answer)
            seconds[name] += time.perf_counter() - began
    return {name: len(programs) / total for name, total in seconds.items()}


def _chunk_in_jail(sources: list[str]) -> int:
    return sum(1 for source in sources if in_jail(source) is not None)


def parallel(programs: Sequence[Program], workers: int) -> float:
    """Programs per second of the jail with `workers` calling processes."""
    sources = [program.source for program in programs]
    chunks = [sources[i : i + CHUNK] for i in range(0, len(sources), CHUNK)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        list(pool.map(_chunk_in_jail, [sources[:1]] * workers * 4))
        began = time.perf_counter()
        assert sum(pool.map(_chunk_in_jail, chunks)) == len(sources)
        return len(sources) / (time.perf_counter() - began)


def show(title: str, rates: dict[str, float], of: str) -> None:
    print(f"\n{title}")
    for name, rate in rates.items():
        print(f"  {name:34s}{rate:9.1f}/s   jail = {rates[of] / rate:6.2f} x")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--serve-forks", metavar="MODULES", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve_forks:
        serve_forks(options.serve_forks)
        return
    small, heavy = small_programs(options.programs, options.seed), sympy_programs(options.programs, options.seed)
    cold: dict[str, Runner] = {"bwrap + python per program": by_bubblewrap, "python -I -c per program": by_python}
    rows: dict[str, Runner] = {"jail, 1 worker": in_jail, **cold, "bare fork, same modules": BareFork(STANDARD)}
    if (evaluate := monty()) is not None:
        rows["pydantic-monty"] = evaluate
    rows["in-process exec (no isolation)"] = in_process
    show(f"{len(small)} small programs", compare(rows, small), "jail, 1 worker")
    rows = {"jail, 1 worker": in_jail, "bare fork, same modules": BareFork([*STANDARD, "numpy", "sympy"])}
    show(f"{len(heavy)} programs that import sympy", compare(rows, heavy), "jail, 1 worker")
    rows = {"jail, 1 worker": in_jail, **cold}
    show("40 of them, with the cold rows", compare(rows, heavy[:40]), "jail, 1 worker")
    print("\njail by workers (small programs): ", end="")
    print(", ".join(f"{workers}: {parallel(small, workers):.1f}/s" for workers in (1, 2)))
    print(f"load at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
