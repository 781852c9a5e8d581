"""Planning speed: solving against Fast Downward's own driver, validating against unified-planning and a bare process.

Usage: python benchmarks/planning.py [--json FILE]

Problems: the Blocksworld and Grippers gold problems below SYMHARNESS_DATA (default ../shared/data). All that is
compared is measured in one run, taking turns problem by problem. Goals: `solve` at least 4 times the problems a second
of `fast-downward.py --alias lama-first` (fresh processes for the driver, the translator and the search); `validate` at
least 20 times the plans a second of unified-planning's validator, and at least twice as fast as starting /bin/true.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from executors.outcome import Limits  # noqa: E402
from executors.pddl import solve, validate, validator  # noqa: E402

DATA = Path(os.environ.get("SYMHARNESS_DATA") or REPOSITORY.parent / "shared" / "data") / "planning"
DOMAINS = ("blocksworld", "grippers")
LIMITS = Limits(seconds=60.0, memory=2 << 30)
REPEATS = 3
GOALS = {"solve_to_fresh": 4.0, "validate_to_unified_planning": 20.0, "validate_to_process_start": 2.0}


@dataclass(frozen=True)
class Task:
    name: str
    domain: Path
    problem: Path

    @property
    def texts(self) -> tuple[str, str]:
        return self.domain.read_text(encoding="utf-8"), self.problem.read_text(encoding="utf-8")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", type=Path, help="write the figures to this file")
    target: Path | None = arguments.parse_args().json
    plans = {task.name: plan(task) for task in tasks()}  # also warms the planner, once for a worker's whole life
    rates = {**solving(), **validating(plans)}
    ratios = {
        "solve_to_fresh": rates["solve"] / rates["solve fresh"],
        "validate_to_unified_planning": rates["validate"] / rates["unified-planning"],
        "validate_to_unified_planning, nothing parsed before": rates["validate cold"] / rates["unified-planning cold"],
        "validate_to_process_start": rates["validate"] / rates["process start"],
    }
    reached = {name: ratios[name] >= goal for name, goal in GOALS.items()}
    text = json.dumps({"per_second": rates, "ratios": ratios, "goals": GOALS, "reached": reached}, indent=1)
    print(text)
    if target is not None:
        target.write_text(text + "\n", encoding="utf-8")


def tasks() -> list[Task]:
    return [
        Task(f"{name}/{path.stem}", DATA / name / "domain.pddl", path)
        for name in DOMAINS
        for path in sorted((DATA / name).glob("p??.pddl"))
    ]


def plan(task: Task) -> str:
    value = solve(*task.texts, LIMITS).value
    assert isinstance(value, dict), task.name
    judged = validate(*task.texts, str(value["plan"])).value
    assert isinstance(judged, dict)
    assert judged["valid"], task.name
    return str(value["plan"])


def solving() -> dict[str, float]:
    """Problems a second, ours and by fresh processes."""
    spec = find_spec("up_fast_downward")
    assert spec is not None
    assert spec.origin is not None
    driver = Path(spec.origin).parent / "downward" / "fast-downward.py"
    measured = Measured()
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(REPEATS):
            for task in tasks():
                command = [sys.executable, driver, "--alias", "lama-first", task.domain, task.problem]
                measured("solve", partial(solve, *task.texts, LIMITS))
                fresh = partial(subprocess.run, command, cwd=folder, stdout=subprocess.DEVNULL, check=True)
                measured("solve fresh", fresh)
    return measured.rates()


def validating(plans: dict[str, str]) -> dict[str, float]:
    """Plans a second, with the problem parsed before and not ("cold"), and starts of /bin/true a second."""
    shortcuts: Any = import_module("unified_planning.shortcuts")
    reader: Any = import_module("unified_planning.io").PDDLReader()
    shortcuts.get_environment().credits_stream = None
    measured = Measured()

    def ours_cold(domain: str, problem: str, plan: str) -> None:
        validator._build_cached.cache_clear()
        validator._domain.cache_clear()
        validate(domain, problem, plan)

    with shortcuts.PlanValidator(name="sequential_plan_validator") as judge:

        def theirs(parsed: Any, plan: str) -> None:
            assert judge.validate(parsed, reader.parse_plan_string(parsed, plan))

        def theirs_cold(domain: str, problem: str, plan: str) -> None:
            theirs(reader.parse_problem_string(domain, problem), plan)

        for task in tasks():
            texts = (*task.texts, plans[task.name])
            parsed = reader.parse_problem_string(*task.texts)
            for _ in range(REPEATS):
                measured("validate cold", partial(ours_cold, *texts))
                measured("validate", partial(validate, *texts))
                measured("unified-planning", partial(theirs, parsed, plans[task.name]))
                measured("unified-planning cold", partial(theirs_cold, *texts))
                measured("process start", start_process)
    return measured.rates()


def start_process() -> None:
    """The least that any external validator costs."""
    os.waitpid(os.posix_spawn("/bin/true", ["/bin/true"], {}), 0)


class Measured:
    """Wall times by name."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = {}

    def __call__(self, name: str, action: Callable[[], object]) -> None:
        started = time.perf_counter()
        action()
        self.times.setdefault(name, []).append(time.perf_counter() - started)

    def rates(self) -> dict[str, float]:
        return {name: len(times) / sum(times) for name, times in self.times.items()}


if __name__ == "__main__":
    main()
