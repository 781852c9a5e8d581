"""Planning speed: solving against Fast Downward's own driver, validating against unified-planning and a bare process.

Usage: python benchmarks/planning.py [speed] [--json FILE]
       python benchmarks/planning.py roundtrip [--count 500] [--workers 2] [--json FILE]

`speed`, on the Blocksworld and Grippers gold problems below SYMHARNESS_DATA (default ../shared/data). All that is
compared is measured in one run, taking turns problem by problem. Goals: `solve` at least 4 times the problems a second
of `fast-downward.py --alias lama-first` (fresh processes for the driver, the translator and the search); `validate` at
least 20 times the plans a second of unified-planning's validator, and at least twice as fast as starting /bin/true.

`roundtrip`: problems made on demand go the way of a sample: files in the official layout, the task's reader, its gold
completion, extraction, planner, judgement of the plan. Goal: all are solved, all plans are valid, and the medians of
objects and steps reach those of the supplied problems that the same planner solves.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from executors.outcome import Limits  # noqa: E402
from executors.pddl import parse_domain, parse_problem, solve, validate, validator  # noqa: E402
from tasks.planning_problems import generate  # noqa: E402
from tasks.source import BUNDLED  # noqa: E402
from tasks.task import Sample, registry  # noqa: E402

DATA = Path(os.environ.get("SYMHARNESS_DATA") or REPOSITORY.parent / "shared" / "data") / "planning"
DOMAINS = ("blocksworld", "grippers")
LIMITS = Limits(seconds=60.0, memory=2 << 30)
REPEATS = 3
# Sizes as large as the supplied problems'.
SIZES = {"blocksworld": range(9, 14), "termes": range(4, 6), "floortile": range(8, 14), "grippers": range(4, 9)}
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("speed", "roundtrip"), default="speed")
    parser.add_argument("--count", type=int, default=500, help="problems a domain")
    parser.add_argument("--workers", type=int, default=2, help="processes that solve")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    arguments = parser.parse_args()
    figures = speed() if arguments.what == "speed" else roundtrip(arguments.count, arguments.workers)
    text = json.dumps(figures, indent=1)
    print(text)
    if arguments.json is not None:
        arguments.json.write_text(text + "\n", encoding="utf-8")


def roundtrip(count: int, workers: int) -> dict[str, object]:
    """Figures by domain of `count` problems made on demand, beside those of the supplied ones."""
    figures: dict[str, object] = {}
    started = time.perf_counter()
    # Started afresh, each with a translator of its own.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for domain, sizes in SIZES.items():
            with tempfile.TemporaryDirectory() as root:
                folder = Path(root)
                write_problems(folder, domain, count, sizes)
                begun = time.perf_counter()
                made = list(pool.map(gone_round, *zip(*((domain, sample) for sample in read(domain, folder)))))
                seconds = time.perf_counter() - begun
            supplied = list(pool.map(gone_round, *zip(*((domain, sample) for sample in read(domain, DATA / domain)))))
            figures[domain] = {"made": told(made), "seconds": round(seconds, 1), "supplied": told(supplied)}
            print(domain, figures[domain], file=sys.stderr, flush=True)
    return {"domains": figures, "seconds": round(time.perf_counter() - started, 1)}


def write_problems(folder: Path, domain: str, count: int, sizes: range) -> None:
    """`count` problems in the official layout."""
    text = (BUNDLED / "planning" / domain / "domain.pddl").read_text(encoding="utf-8")
    (folder / "domain.pddl").write_text(text, encoding="utf-8")
    for number, problem in enumerate(generate(domain, count, sizes, seed=2), 1):
        (folder / f"p{number:04}.nl").write_text(problem.scene, encoding="utf-8")
        (folder / f"p{number:04}.pddl").write_text(problem.pddl, encoding="utf-8")


def read(domain: str, folder: Path) -> list[Sample]:
    return list(registry()[domain].read(folder))


@dataclass(frozen=True)
class Gone:
    """One problem's way: the number of its objects, the steps of the plan (None: none was found), its validity."""

    objects: int
    steps: int | None
    valid: bool


def gone_round(domain: str, sample: Sample) -> Gone:
    task = registry()[f"{domain}_delegation"]
    program = task.extract(task.gold(sample))
    assert program is not None
    outcome = task.execute(program, sample)
    value: Mapping[str, Any] = outcome.value if isinstance(outcome.value, dict) else {}
    problem = parse_problem(sample.target, parse_domain(sample.fields["domain"]))
    valid = task.metric("plan_valid").measure(sample, program, outcome)["numerator"] == 1
    return Gone(len(problem.objects), value.get("steps"), valid)


def told(gone: Sequence[Gone]) -> dict[str, object]:
    solved = [one for one in gone if one.steps is not None]
    return {
        "problems": len(gone),
        "solved": len(solved),
        "valid": sum(one.valid for one in gone),
        "median objects of solved": statistics.median(one.objects for one in solved),
        "median steps of solved": statistics.median(one.steps or 0 for one in solved),
    }


def speed() -> dict[str, object]:
    plans = {task.name: plan(task) for task in tasks()}  # also warms the planner, once for a worker's whole life
    rates = {**solving(), **validating(plans)}
    ratios = {
        "solve_to_fresh": rates["solve"] / rates["solve fresh"],
        "validate_to_unified_planning": rates["validate"] / rates["unified-planning"],
        "validate_to_unified_planning, nothing parsed before": rates["validate cold"] / rates["unified-planning cold"],
        "validate_to_process_start": rates["validate"] / rates["process start"],
    }
    reached = {name: ratios[name] >= goal for name, goal in GOALS.items()}
    return {"per_second": rates, "ratios": ratios, "goals": GOALS, "reached": reached}


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
