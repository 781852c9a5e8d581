"""Answers to mathematical questions: each rule under its own name, quirks included."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executors.math_answer.boxed import last_boxed
from executors.math_answer.hendrycks import is_equiv
from executors.math_answer.latex import LIMITS, MAX_CHARACTERS, Grader, equivalent
from executors.math_answer.number import as_number, is_near, is_near_pal, latex_numbers
from executors.math_answer.option import OPTIONS, closest_option, number_for
from executors.math_answer.text_answer import flexible_number, same_number, strict_number
from executors.outcome import Limits, Status

pytestmark = pytest.mark.alone

ANSWERS = st.text(st.sampled_from("\\{}0123456789.,=%$/ abx^_fracsqrt"), max_size=30)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3.0),
        (2.5, 2.5),
        (10**400, None),
        ("1,200", 1200.0),
        ("$15.50", 15.5),
        (".5", 0.5),
        (" -3 ", -3.0),
        ("15 dollars", None),
        ("", None),
        (True, None),
        (None, None),
        ([3], None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_answers_as_numbers(value: object, number: float | None) -> None:
    assert as_number(value) == number


@pytest.mark.parametrize(("value", "near"), [(366, True), (366.00005, True), (366.001, False), ("366", True)])
def test_the_tolerance_of_envisions(value: object, near: bool) -> None:
    assert is_near(value, 366.0) is near


@pytest.mark.parametrize(
    ("value", "near"),
    [
        (45.0009, True),
        (45.0011, False),
        (" 45\n", True),
        (b"45", True),
        ("4_5", True),
        ("4,5", False),
        ("$45", False),
        (None, False),
        ([45], False),
        (math.nan, False),
        (10**400, False),
    ],
)
def test_the_rule_of_pal_is_that_of_float(value: object, near: bool) -> None:
    assert is_near_pal(value, 45.0) is near


def test_true_is_one_to_pal_only() -> None:
    assert is_near_pal(True, 1.0)
    assert not is_near(True, 1.0)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("12", (12.0,)),
        ("-\\frac{14}{3}", (-14 / 3,)),
        ("\\dfrac43", (4 / 3,)),
        ("1\\frac{4}{5}", (1.8,)),
        ("3/4", (0.75,)),
        ("11,\\! 111,\\! 100", (11111100.0,)),
        ("90^\\circ", (90.0,)),
        ("$0.35$", (0.35,)),
        ("-1, 3", (-1.0, 3.0)),
        ("1101_2", None),
        ("2\\sqrt{3}", None),
        ("(4,\\infty)", None),
        ("\\frac{1}{0}", None),
        ("-", None),
        ("", None),
        ("\\frac", None),
    ],
)
def test_latex_numbers(text: str, numbers: tuple[float, ...] | None) -> None:
    assert latex_numbers(text) == (pytest.approx(numbers) if numbers else None)


@pytest.mark.parametrize(
    ("answer", "gold", "same"),
    [
        ("\\dfrac12", "\\frac{1}{2}", True),
        ("1/2", "\\frac{1}{2}", True),
        ("0.5", "1/2", True),
        ("0.25", "1/4", False),
        ("x = 5", "5", True),
        ("long = 5", "5", False),
        ("\\sqrt3", "\\sqrt{3}", True),
        ("5 \\text{ cm}", "5", True),
        ("5 \\text{ cm} \\text{ wide}", "5", False),
        ("10,000", "10000", False),
        ("1 000", "1000", True),
        ("50\\%", "50", True),
        (".5", "0.5", True),
        ("\\sqrt", "\\sqrt", True),
        ("\\frac", "\\frac", True),
        ("\\frac1", "\\frac1", True),
        ("", "", True),
        (None, None, True),
        (None, "", False),
    ],
)
def test_hendrycks(answer: str | None, gold: str | None, same: bool) -> None:
    assert is_equiv(answer, gold) is same


@given(ANSWERS)
def test_hendrycks_takes_anything_for_itself(text: str) -> None:
    assert is_equiv(text, text)


@pytest.mark.parametrize(
    ("grader", "answer", "gold", "same"),
    [
        (Grader.MINERVA, "0.25", "\\frac14", True),
        (Grader.MINERVA, "x^2-1", "(x-1)(x+1)", True),
        (Grader.MINERVA, "5 \\text{square units}", "5", True),
        (Grader.MINERVA, "a = b = 7", "7", True),
        (Grader.MINERVA, "(1,2)", "(1,2)", False),  # it cannot subtract tuples
        (Grader.MINERVA, "\\frac", "1", False),
        (Grader.MATH_VERIFY, "(1,2)", "(1,2)", True),
        (Grader.MATH_VERIFY, "1 < x < 2", "(1,2)", False),
        (Grader.MATH_VERIFY, "(1,2)", "1 < x < 2", True),
        (Grader.MATH_VERIFY, "50\\%", "50", True),
        (Grader.MATH_VERIFY, "", "1", False),
        (Grader.HENDRYCKS, "0.25", "\\frac14", False),
    ],
)
def test_graders(grader: Grader, answer: str, gold: str, same: bool) -> None:
    outcome = equivalent(grader, answer, gold)
    assert (outcome.status, outcome.value) == (Status.OK, same)


@pytest.mark.parametrize("grader", [Grader.MINERVA, Grader.MATH_VERIFY])
@pytest.mark.parametrize("hostile", ["10^{10^{10}}", "1000000!", "9^{9^{9^{9}}}"])
def test_hostile_formulas_cost_their_deadline_and_no_more(grader: Grader, hostile: str) -> None:
    equivalent(grader, "1", "1")  # start the jail, if it is not there
    started = time.monotonic()
    outcome = equivalent(grader, hostile, "561", Limits(seconds=0.7, memory=LIMITS.memory, output=LIMITS.output))
    assert time.monotonic() - started < 0.7 + 0.5
    assert outcome.value is not True
    assert equivalent(grader, "1.0", "1").value is True, "the next answer finds a working grader"


@pytest.mark.parametrize("grader", [Grader.MINERVA, Grader.MATH_VERIFY])
@pytest.mark.parametrize(
    "text",
    ["{" * 3000, "(" * 3000 + ")" * 3000, "\\sqrt" * 500, "\ud800", "\x00", "__import__('os').system('false')", "\\"],
)
def test_what_is_no_formula_is_no_answer(grader: Grader, text: str) -> None:
    assert equivalent(grader, text, "1").value is not True


def test_what_is_too_long_is_refused() -> None:
    assert equivalent(Grader.MINERVA, "1" * (MAX_CHARACTERS + 1), "1").status is Status.REFUSED


@pytest.mark.parametrize(
    ("solution", "answer"),
    [
        ("so \\boxed{4}", "4"),
        ("\\boxed{1} then \\boxed{\\frac{1}{2}}", "\\frac{1}{2}"),
        ("\\fbox{5}", "5"),
        ("$\\boxed 7$ it is", "7"),
        ("\\boxed{\\{1, 2\\}}", "\\{1, 2\\}"),
        ("\\boxed{1", None),
        ("nothing", None),
    ],
)
def test_the_last_box(solution: str, answer: str | None) -> None:
    assert last_boxed(solution) == answer


@pytest.mark.parametrize(
    ("text", "strict", "flexible"),
    [
        ("so\n#### 1,200", "1,200", "1,200"),
        ("#### 19\n#### 14", "19", "14"),
        ("####15", None, "15"),
        ("#### 10/1", "10", "1"),
        ("it is $90.", None, "$90."),
        ("none", None, None),
    ],
)
def test_numbers_in_prose(text: str, strict: str | None, flexible: str | None) -> None:
    assert strict_number(text) == strict
    assert flexible_number(text) == flexible


@pytest.mark.parametrize(
    ("number", "same"), [("1,200", True), ("$1200.", True), ("1200.0", False), (None, False), ("12", False)]
)
def test_the_same_number_as_text(number: str | None, same: bool) -> None:
    assert same_number(number, "steps <<600*2=1200>>\n#### 1,200") is same


QUESTION = "How many?Answer Choices:(a) 12(b) $15.50(c) 2/3(d) -7(e) None of these"


@pytest.mark.parametrize(
    ("result", "option"),
    [(12.2, "(a)"), (15, "(b)"), (23, "(c)"), (7, "(d)"), (0.0, "(e)"), (math.nan, "(a)"), (1e12, "(c)")],
)
def test_the_closest_option_reads_digits_only(result: float, option: str) -> None:
    assert closest_option(result, QUESTION) == option


def test_an_option_without_a_number_leaves_nothing_to_choose() -> None:
    assert closest_option(1, QUESTION.replace("12", "twelve")) is None
    assert closest_option(1, "no options at all") is None
    assert closest_option(1, "".join(f"{option} none" for option in OPTIONS)) is None


def test_a_none_before_others_shifts_the_choice() -> None:
    question = "(a) 1(b) none(c) 3(d) 4(e) 5"
    assert closest_option(4, question) == "(c)"
    assert closest_option(3, question) is None


@pytest.mark.parametrize(("option", "number"), [("(a)", 12.0), ("(c)", 23.0), ("(e)", 0.0)])
def test_the_number_that_chooses_an_option(option: str, number: float) -> None:
    assert number_for(option, QUESTION) == number


def test_no_number_chooses_the_second_of_two_that_read_alike() -> None:
    assert number_for("(b)", "(a) 5(b) -5(c) 1(d) 2(e) 3") is None
