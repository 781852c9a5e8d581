"""How a program's answer is judged: numbers, options, LaTeX; each rule is a metric under its own name."""

from __future__ import annotations

import functools

from executors.math_answer import hendrycks
from executors.math_answer.latex import Grader, equivalent
from executors.math_answer.number import as_number, is_near, is_near_pal, latex_numbers
from executors.math_answer.option import closest_option, number_for
from executors.outcome import Outcome, Value
from tasks.metrics import Metric, Origin, Standing, Statistics
from tasks.task import Sample

_ENVISIONS = "xufangzhi/ENVISIONS 5826fef, pal/scripts/evaluation.py"
_PAL = "reasoning-machines/pal f81ca2a977, scripts"


def answer_accuracy(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when the program's answer is the gold number within 1e-4."""
    return {"score": float(outcome.ok and is_near(outcome.value, float(sample.target)))}


def answer_accuracy_pal(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when what `float` makes of the program's answer is less than 1e-3 away from the gold number."""
    return {"score": float(outcome.ok and is_near_pal(outcome.value, float(sample.target)))}


def option_accuracy(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when the program's answer is nearest to the gold option by PAL's rule, or names it ("B", "(b)")."""
    if not outcome.ok:
        return {"score": 0.0}
    letter = plain_text(outcome.value).strip().strip("().").lower()
    named = isinstance(outcome.value, str) and f"({letter})" == sample.target
    return {"score": float(named or _nearest(sample, outcome.value) == sample.target)}


def option_accuracy_pal(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when the number that the program answers is nearest to the gold option.

    `reachable` is 0 where PAL's rule lets no number choose the gold option (two that read alike, one without digits).
    """
    reachable = number_for(sample.target, sample.fields["question"]) is not None
    right = outcome.ok and _nearest(sample, outcome.value) == sample.target
    return {"score": float(right), "reachable": float(reachable)}


def _nearest(sample: Sample, answer: Value) -> str | None:
    if not isinstance(answer, (bool, int, float, str)):
        return None
    try:
        return closest_option(float(answer), sample.fields["question"])
    except (ValueError, OverflowError):
        return None


def math_answer_accuracy(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when the answer is the gold number, or list of numbers element by element, within 1e-4; where the gold is no
    number, when both are the same LaTeX after hendrycks' normalising.
    """
    if not outcome.ok:
        return {"score": 0.0}
    gold = latex_numbers(sample.target)
    if gold is None:
        return {"score": float(hendrycks.is_equiv(answer_text(outcome.value), sample.target))}
    answers = _numbers(outcome.value)
    near = len(answers) == len(gold) and all(map(is_near, answers, gold))
    return {"score": float(near)}


def _numbers(answer: Value) -> list[float | None]:
    if isinstance(answer, str):
        return list(latex_numbers(answer) or [as_number(answer)])
    if isinstance(answer, (list, tuple)):
        return [as_number(item) for item in answer]
    return [as_number(answer)]


def answer_text(answer: Value) -> str:
    """A program's answer as one would write it: whole floats without ".0", lists as their items."""
    if isinstance(answer, float):
        return repr(answer).removesuffix(".0")
    if isinstance(answer, (list, tuple)):
        return ", ".join(answer_text(item) for item in answer[:100])
    return plain_text(answer)


def plain_text(answer: Value) -> str:
    """`str` of an answer; nothing where it holds an integer that Python refuses to write out (4,300 digits)."""
    try:
        return str(answer)
    except ValueError:
        return ""


def _graded(grader: Grader, sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    if not outcome.ok:
        return {"score": 0.0, "same_text": 0.0}
    text = answer_text(outcome.value)
    verdict = equivalent(grader, text, sample.target)
    return {"score": float(verdict.value is True), "same_text": float(text == sample.target)}


def _as_good_as_gold(statistics: Statistics) -> bool:
    """A grader may find that gold is not equal to itself: minerva cannot subtract tuples. No answer could do better."""
    return bool(statistics["score"] or statistics["same_text"])


def _grader_metric(grader: Grader, source: str) -> Metric:
    return Metric(
        grader.value,
        functools.partial(_graded, grader),
        origin=Origin.OFFICIAL if grader is Grader.HENDRYCKS else Origin.OURS,
        source=source,
        perfect=_as_good_as_gold,
    )


ANSWER_ACCURACY = Metric(
    "answer_accuracy",
    answer_accuracy,
    origin=Origin.PAPER,
    standing=Standing.DERIVED,
    source=f"math reasoning table; |a - b| <= 1e-4 as in {_ENVISIONS}",
)
ANSWER_ACCURACY_PAL = Metric(
    "answer_accuracy_pal", answer_accuracy_pal, origin=Origin.OFFICIAL, source=f"|a - b| < 1e-3, {_PAL}/gsm_eval.py"
)
OPTION_ACCURACY = Metric(
    "answer_accuracy",
    option_accuracy,
    standing=Standing.DERIVED,
    source=f"closest option as in {_PAL}/aqua_eval.py; ours also takes an option's letter",
)
OPTION_ACCURACY_PAL = Metric(
    "answer_accuracy_pal",
    option_accuracy_pal,
    origin=Origin.OFFICIAL,
    source=f"closest option, {_PAL}/aqua_eval.py",
    perfect=lambda statistics: bool(statistics["score"] or not statistics["reachable"]),
)
MATH_ANSWER_ACCURACY = Metric(
    "answer_accuracy",
    math_answer_accuracy,
    origin=Origin.PAPER,
    standing=Standing.DERIVED,
    source=f"math reasoning table; numbers and lists as in {_ENVISIONS}",
)
MATH_GRADERS = (
    _grader_metric(Grader.HENDRYCKS, "hendrycks/math 985bdc1696, modeling/math_equivalence.py"),
    _grader_metric(Grader.MINERVA, "EleutherAI/lm-evaluation-harness 4e7e0d47f3, lm_eval/tasks/minerva_math"),
    _grader_metric(Grader.MATH_VERIFY, "huggingface/Math-Verify 0.9.0"),
)
