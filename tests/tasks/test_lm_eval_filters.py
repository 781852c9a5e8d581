"""The official filters' quirks, each of which moves published figures."""

from __future__ import annotations

import math

import pytest

from tasks import lm_eval_filters as filters
from tasks.lm_eval_filters import INVALID

OPTIONS = "Which?\nOptions:\n(A) six\n(B) sixteen\n(C) a red, round ball"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("So the answer is (B).", "(B)"),
        ("So the answer is (B)", "(B"),
        ("The answer is (B).", INVALID),
        ("the answer is (A). Wait, the answer is (B).", "(A). Wait, the answer is (B)"),
        ("the answer is (A).\nthe answer is (B).", "(A)"),
        ("the answer is\n(B).", INVALID),
    ],
)
def test_three_shot_thought_takes_a_line_but_its_last_character(text: str, answer: str) -> None:
    assert filters.cot_fewshot_answer(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The answer is No.", "No"),
        ("The final answer: 5.", "5"),
        ("the answer is 8", INVALID),
        ("the answer is  8", ""),
    ],
)
def test_zero_shot_thought_knows_more_announcements(text: str, answer: str) -> None:
    assert filters.cot_zeroshot_answer(text) == answer


@pytest.mark.parametrize(
    ("subtask", "text", "first", "last"),
    [
        ("snarks", "(A), no, (C)", "(A)", "(C)"),
        ("snarks", "It is A Red Round BALL!", "(C)", "(C)"),
        ("snarks", "Sixteen it is", "(B)", "(B)"),
        ("snarks", "Answer: B", "(B)", "(B)"),
        ("snarks", "B", INVALID, INVALID),
        ("boolean_expressions", "True, no: False", "True", "False"),
        ("navigate", "YES", INVALID, INVALID),
        ("dyck_languages", "it is ] )", "", "] )"),
        ("object_counting", "1 and -2", "1", "-2"),
        ("object_counting", "someone has twenty one", "1", "21"),
        ("object_counting", "I count seven", INVALID, INVALID),
        ("object_counting", "one million fifteen thousand", "1016015", "1016015"),
        ("object_counting", "two thousand three hundred and forty two", "2342", "2342"),
        ("object_counting", "thousand million one", INVALID, INVALID),
        ("sports_understanding", "Not plausible. Plausible.", "no", "yes"),
        ("web_of_lies", "She tells the truth", "yes", "yes"),
    ],
)
def test_flexible_extraction_takes_the_first_or_the_last(subtask: str, text: str, first: str, last: str) -> None:
    assert filters.flexible_answer(subtask, OPTIONS, text, 0) == first
    assert filters.flexible_answer(subtask, OPTIONS, text, -1) == last


def test_sorted_words_stand_where_each_occurs_last() -> None:
    assert filters.flexible_answer("word_sorting", "Sort: List: b a c", "b a c: a b c", 0) == "a b c"


def test_what_each_comparison_forgives() -> None:
    assert not filters.exact("no", "No")
    assert filters.exact_folded('"NO".', "No")
    assert not filters.exact_folded(" No", "No")
    assert filters.exact_without_punctuation("**(a)**", "A")
    assert filters.exact("No\0", "No"), "numpy drops trailing NULs"
    assert filters.exact_folded("İ", "i"), "numpy cuts what grows in lower case"


def test_mmlu_reads_the_first_line_or_the_rest_of_the_announcement() -> None:
    assert filters.generative_answer(" A \nB") == "A"
    assert filters.generative_answer("\nA") == ""
    assert filters.flan_cot_answer("The answer is (A)") == "(A"


def test_the_likeliest_is_the_first_of_equals_and_nan_beats_all() -> None:
    assert filters.likeliest([-2.0, -1.0, -1.0, -3.0]) == 1
    assert filters.likeliest([0.0, math.nan, math.nan, 1.0]) == 1
    assert filters.likeliest([-math.inf] * 4) == 0
