"""Answers of WikiTableQuestions: how they are read, and when they denote the same."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executors.denotation import normalised, same_denotation, value, values

pytestmark = pytest.mark.alone


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("  Fránce. ", "france"),
        ("Sand–Salt", "sand-salt"),
        ("“Old Salt”", "old salt"),
        ("Tern[1][note] †*", "tern"),
        ("[1]", ""),
        ("[note]", "[note]"),
        ("Tern (small) (old)", "tern"),
        ("Tern(small)", "tern(small)"),
        ("'Tern'", "'tern'"),
        ("2..", "2."),
        ("ΟΔΟΣ", "οδοσ"),
        ("Tern [a[b]", "tern"),
        ("[[1]", "["),
        ("[a] [b]", "[a]"),
        (" (small)", "(small)"),
        ("Tern (small)[1] (old)*", "tern"),
        ('"Tern (small)"', "tern"),
    ],
)
def test_normal_form(text: str, plain: str) -> None:
    assert normalised(text) == plain


@pytest.mark.parametrize(
    ("text", "kind", "content"),
    [
        ("12", "number", 12),
        (" 4e0 ", "number", 4),
        ("2.9999999", "number", 2),
        ("2.5", "number", 2.5),
        ("８", "number", 8),
        ("- 5", "number", -5),
        ("- 5.5", "text", "- 5.5"),
        ("\u180e5", "number", 5),
        ("9" * 400, "text", "9" * 400),
        ("1_000", "text", "1_000"),
        ("1,000", "text", "1,000"),
        ("nan", "text", "nan"),
        ("1e999", "text", "1e999"),
        ("1999-05-12", "date", (1999, 5, 12)),
        ("xxxx-1-5", "date", (-1, 1, 5)),
        ("1999-xx-xx", "number", 1999),
        ("xx-xx-xx", "text", "xx-xx-xx"),
        ("1999-13-01", "text", "1999-13-01"),
    ],
)
def test_kinds(text: str, kind: str, content: object) -> None:
    found = value(text)
    assert (found.kind, found.content) == (kind, content)


def test_the_canonical_form_decides_what_a_gold_answer_is() -> None:
    gold = values(["five"], ["5.0"])
    assert same_denotation(gold, values(["5"]))
    assert same_denotation(gold, values(["Five"]))
    assert not same_denotation(values(["5"]), values(["five"]))


def test_of_two_gold_answers_that_are_the_same_the_first_ones_wording_counts() -> None:
    gold = values(["5", "five"], ["5.0", "5.0"])
    assert same_denotation(gold, values(["5"]))
    assert not same_denotation(gold, values(["five"]))


def test_a_gold_answer_without_wording_is_its_canonical_form() -> None:
    assert same_denotation(values([""], ["5.0"]), values(["5"]))
    assert not same_denotation(values([""], ["2001-02-03"]), values([""]))


def test_lists_are_sets_of_the_same_size() -> None:
    assert same_denotation(values(["a", "b"]), values(["b", "a", "A"]))
    assert same_denotation(values(["2"]), values(["2", "2.0"]))
    assert not same_denotation(values(["a"]), values(["a", "b"]))
    assert not same_denotation(values(["a, b"]), values(["a", "b"]))
    assert same_denotation(values(["[1]"]), values([""]))
    assert not same_denotation(values(["a"]), [])


@pytest.mark.parametrize("text", ["[" * 20_000, " (" * 10_000, f"a {'*' * 19_000}b", "a" + " (b)[c]" * 2_800])
def test_long_texts_are_normalised_in_linear_time(text: str) -> None:
    started = time.perf_counter()
    normalised(text)
    assert time.perf_counter() - started < 1.0


def test_numbers_of_any_size_are_compared() -> None:
    assert not same_denotation(values(["0.5"]), values(["1" + "0" * 5_000]))
    assert not same_denotation(values(["0.5"]), values(["- " + "9" * 308]))


@given(st.text(max_size=80))
def test_any_answer_is_itself(text: str) -> None:
    assert same_denotation(values([text]), values([text]))
