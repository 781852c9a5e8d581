"""Answers to mathematical questions: LaTeX by three graders, GSM8K's text filters, PAL's rules for numbers and options."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from executors import python
from executors.math_answer.latex import Grader, equivalent
from executors.math_answer.number import is_near_pal
from executors.math_answer.option import closest_option
from executors.math_answer.text_answer import flexible_number, same_number, strict_number
from executors.outcome import Limits
from tasks.math import options_text
from tests.oracles.agreement import Case, Verdict

FIELDS = {
    "hendrycks_is_equiv": Grader.HENDRYCKS,
    "minerva_is_equiv": Grader.MINERVA,
    "math_verify": Grader.MATH_VERIFY,
}
EXTRACTORS = {"strict-match": strict_number, "flexible-extract": flexible_number}


def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
    by_family = {
        "latex": _latex,
        "text_answer": _text_answer,
        "pal_number": _pal_number,
        "number_to_option": _number_to_option,
    }
    for case in cases:
        yield list(by_family[case["family"]](case))


def _latex(case: Case) -> Iterator[Verdict]:
    for field, grader in FIELDS.items():
        official = case["oracle"]["verdict"][field]
        outcome = equivalent(grader, case["pred"], case["gold"])
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
