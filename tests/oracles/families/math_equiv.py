"""Answers to mathematical questions: LaTeX by three graders, GSM8K's filters, PAL's rules for numbers and options."""

from __future__ import annotations

import ast
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

from executors import python
from executors.math_answer.latex import LIMITS, Grader, equivalent
from executors.math_answer.number import is_near_pal
from executors.math_answer.option import closest_option
from executors.math_answer.text_answer import flexible_number, same_number, strict_number
from executors.outcome import Limits
from tasks.math_data import options_text
from tests.oracles.agreement import Case, Verdict

FIELDS = {
    "hendrycks_is_equiv": Grader.HENDRYCKS,
    "minerva_is_equiv": Grader.MINERVA,
    "math_verify": Grader.MATH_VERIFY,
}
# Sixteen of the file's grades end at the limit; waiting for them is done two at a time.
WORKERS = 2
GRADE_LIMITS = replace(LIMITS, seconds=2.0)
EXTRACTORS = {"strict-match": strict_number, "flexible-extract": flexible_number}


def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
    with ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(_judged, cases, chunksize=8)


def _judged(case: Case) -> list[Verdict]:
    by_family = {
        "latex": _latex,
        "text_answer": _text_answer,
        "pal_number": _pal_number,
        "number_to_option": _number_to_option,
    }
    return list(by_family[case["family"]](case))


def _latex(case: Case) -> Iterator[Verdict]:
    for field, grader in FIELDS.items():
        official = case["oracle"]["verdict"][field]
        outcome = equivalent(grader, case["pred"], case["gold"], GRADE_LIMITS)
        ours = outcome.value is True
        # Where the tool raised, ours must only be defined.
        agrees = not isinstance(official, bool) or ours == official
        yield Verdict(field, official, ours, agrees, {"status": outcome.status.value})


def _text_answer(case: Case) -> Iterator[Verdict]:
    for name, official in case["oracle"]["score"].items():
        number = EXTRACTORS[name](case["pred"])
        ours = {"extracted": number or "[invalid]", "exact_match": int(same_number(number, case["gold"]))}
        yield Verdict(name, official, ours, ours == official)


def _pal_number(case: Case) -> Iterator[Verdict]:
    official = case["oracle"]["verdict"]
    ours = is_near_pal(_value(case["pred_python_expr"]), float(case["gold"]))
    yield Verdict("verdict", official, ours, ours == official)


def _value(expression: str) -> object:
    try:
        return ast.literal_eval(expression)
    except ValueError:
        return python.run(f"answer = {expression}", python.Variable(), Limits(seconds=5)).value


def _number_to_option(case: Case) -> Iterator[Verdict]:
    question = options_text(case["input"]["question"], case["input"]["options"])
    ours = closest_option(float(case["pred"]), question)
    official = case["oracle"].get("option")
    yield Verdict("option", official, ours, ours == official)
    verdict = ours == f"({case['gold'].lower()})"
    yield Verdict("verdict", case["oracle"]["verdict"], verdict, verdict == case["oracle"]["verdict"])
