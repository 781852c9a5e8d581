"""Problems made on demand, from their description to a plan that is valid: every gold problem is solved and judged.

    python -m benchmarks.planning_roundtrip [--count 500] [--workers 2] [--seed 1]

`count` problems of each domain go the way of a model's answer: the gold problem is cut out of a completion, a planner
solves it, the plan is validated on the gold problem. Medians of the numbers of objects and steps stand beside those of
the supplied problems p01-p20 that the same planner solves. Exits with 1 when a problem is not solved.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import median

from benchmarks.planning import DATA
from executors import pddl
from executors.outcome import Limits
from tasks.planning import extract_problem_or_plan
from tasks.planning_problems import GeneratedProblem, generate
from tasks.source import BUNDLED

LIMITS = Limits(seconds=120.0, memory=2 << 30)
SUPPLIED_LIMITS = Limits(seconds=20.0, memory=2 << 30)
SIZES = {"blocksworld": range(9, 15), "grippers": range(5, 11), "termes": range(4, 6), "floortile": range(8, 10)}


@dataclass(frozen=True, slots=True)
class Solved:
    name: str
    objects: int
    steps: int | None
    reason: str = ""


def _solved(domain_name: str, domain: str, name: str, problem: str, limits: Limits) -> Solved:
    alias = "satisficing" if domain_name == "floortile" else "lama-first"
    objects = len(pddl.parse_problem(problem).objects)
    outcome = pddl.solve(domain, problem, limits, alias=alias)
    if not isinstance(outcome.value, dict):
        return Solved(name, objects, None, f"{outcome.status.value} {outcome.detail}")
    judged = pddl.validate(domain, problem, str(outcome.value["plan"]))
    if not (isinstance(judged.value, dict) and judged.value["valid"]):
        return Solved(name, objects, None, f"the plan is not valid: {judged.detail}")
    return Solved(name, objects, int(str(outcome.value["steps"])))


def made(arguments: tuple[str, GeneratedProblem]) -> Solved:
    domain_name, problem = arguments
    domain = (BUNDLED / "planning" / domain_name / "domain.pddl").read_text(encoding="utf-8")
    program = extract_problem_or_plan(f"The problem PDDL is:\n```pddl\n{problem.pddl}```\n")
    if program is None:
        return Solved(problem.name, problem.objects, None, "the problem is not found in its completion")
    return _solved(domain_name, domain, problem.name, program, LIMITS)


def supplied(arguments: tuple[str, str]) -> Solved:
    domain_name, name = arguments
    folder = DATA / domain_name
    texts = ((folder / file).read_text(encoding="utf-8") for file in ("domain.pddl", f"{name}.pddl"))
    domain, problem = texts
    return _solved(domain_name, domain, name, problem, SUPPLIED_LIMITS)


def _medians(rows: Sequence[Solved]) -> tuple[float, float]:
    done = [row for row in rows if row.steps is not None]
    return median(row.objects for row in done), median(row.steps or 0 for row in done)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    failed = 0
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        for domain, sizes in SIZES.items():
            began = time.perf_counter()
            problems = generate(domain, options.count, sizes, options.seed)
            rows = list(pool.map(made, ((domain, problem) for problem in problems)))
            seconds = time.perf_counter() - began
            theirs = list(pool.map(supplied, ((domain, f"p{number:02}") for number in range(1, 21))))
            lost = [row for row in rows if row.steps is None]
            failed += len(lost)
            print(
                f"{domain}: {len(rows) - len(lost)} of {len(rows)} solved and valid in {seconds:.0f} s; medians of "
                "objects and steps {:g} and {:g}, of the supplied {:g} and {:g}".format(
                    *_medians(rows), *_medians(theirs)
                )
                + f" ({sum(row.steps is not None for row in theirs)} of {len(theirs)} solved)",
                flush=True,
            )
            for row in lost[:10]:
                print(f"  {row.name}: {row.reason}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
