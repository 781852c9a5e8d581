"""The regular expressions of dk.brics.automaton: reading, equality, witnesses, and what hostile ones cost."""

from __future__ import annotations

import itertools
import re
import time
from dataclasses import dataclass

import greenery
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executors.outcome import Limits, Status, Verdict
from executors.regex import RegexSyntaxError, equivalence, parse, untokenised

pytestmark = pytest.mark.alone

LIMITS = Limits(seconds=5)
LONGEST = 4
LETTERS = "abc"
ALL = frozenset("".join(letters) for n in range(LONGEST + 1) for letters in itertools.product(LETTERS, repeat=n))


def equal(first: str, second: str) -> bool:
    outcome = equivalence(first, second, LIMITS)
    assert outcome.ok, outcome
    return outcome.value is Verdict.TRUE


@dataclass(frozen=True)
class Language:
    """An expression with, found without any automaton, all its strings of at most LONGEST letters."""

    text: str
    strings: frozenset[str]


def short(strings: set[str]) -> frozenset[str]:
    return frozenset(string for string in strings if len(string) <= LONGEST)


def joined(first: frozenset[str], second: frozenset[str]) -> frozenset[str]:
    return short({a + b for a in first for b in second})


def repeated(strings: frozenset[str], least: int, most: int | None) -> frozenset[str]:
    power, found = frozenset([""]), set[str]()
    for count in range((LONGEST + least if most is None else most) + 1):
        found |= power if count >= least else set()
        power = joined(power, strings)
    return frozenset(found)


def combine(children: st.SearchStrategy[Language]) -> st.SearchStrategy[Language]:
    pairs = st.tuples(children, children)
    signs = [("?", 0, 1), ("*", 0, None), ("+", 1, None), ("{2}", 2, 2), ("{2,}", 2, None), ("{1,3}", 1, 3)]
    return st.one_of(
        pairs.map(lambda p: Language(p[0].text + p[1].text, joined(p[0].strings, p[1].strings))),
        pairs.map(lambda p: Language(f"({p[0].text}|{p[1].text})", p[0].strings | p[1].strings)),
        pairs.map(lambda p: Language(f"({p[0].text}&{p[1].text})", p[0].strings & p[1].strings)),
        children.map(lambda p: Language(f"~({p.text})", ALL - p.strings)),
        st.tuples(children, st.sampled_from(signs)).map(
            lambda p: Language(f"({p[0].text}){p[1][0]}", repeated(p[0].strings, p[1][1], p[1][2]))
        ),
    )


ATOMS = st.sampled_from(
    [
        Language("a", frozenset("a")),
        Language("b", frozenset("b")),
        Language("[ab]", frozenset("ab")),
        Language("[^a]", frozenset("bc")),
        Language(".", frozenset("abc")),
        Language("@", ALL),
        Language("#", frozenset()),
        Language("()", frozenset([""])),
        Language('"ab"', frozenset(["ab"])),
    ]
)
EXPRESSIONS = st.recursive(ATOMS, combine, max_leaves=7)


@settings(max_examples=400, deadline=None)
@given(EXPRESSIONS, EXPRESSIONS)
def test_the_verdict_and_the_witness_agree_with_all_short_strings(first: Language, second: Language) -> None:
    outcome = equivalence(first.text, second.text, LIMITS)
    assert outcome.ok
    if outcome.value is Verdict.TRUE:
        assert first.strings == second.strings
    elif first.strings != second.strings:
        shortest = min(len(string) for string in first.strings ^ second.strings)
        witness = re.search("matches '(.*)'$", outcome.detail)
        assert witness is not None
        assert len(witness[1]) == shortest


@settings(max_examples=200, deadline=None)
@given(EXPRESSIONS, EXPRESSIONS, EXPRESSIONS)
def test_laws(a: Language, b: Language, c: Language) -> None:
    x, y, z = f"({a.text})", f"({b.text})", f"({c.text})"
    assert equal(f"{x}|{y}", f"{y}|{x}")
    assert equal(f"~({x}|{y})", f"(~{x})&(~{y})")
    assert equal(f"{x}({y}|{z})", f"{x}{y}|{x}{z}")
    assert equal(f"{x}*", f"()|{x}{x}*")
    assert equal(f"{x}{{2,4}}", f"{x}{x}(()|{x}|{x}{x})")
    assert equal(f"{x}&@", x)
    assert equal(f"~(~{x})", x)


COMMON = st.recursive(
    st.sampled_from(["a", "b", "[ab]", "[^a]", "."]),
    lambda children: st.one_of(
        st.tuples(children, children).map("".join),
        st.tuples(children, children).map(lambda p: f"({p[0]}|{p[1]})"),
        st.tuples(children, st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{2,}"])).map(lambda p: f"({p[0]}){p[1]}"),
    ),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(COMMON, COMMON)
def test_a_second_opinion(first: str, second: str) -> None:
    assert equal(first, second) == greenery.parse(first).equivalent(greenery.parse(second))


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("a|b&c", "a|(b&c)", True),
        ("ab&@b", "(ab)&(@b)", True),
        ("~ab", "(~a)b", True),
        ("~a*", "(~a)*", True),
        ("~~a", "a", True),
        ("a{2}{3}", "a{6}", True),
        ("a{3,2}", "#", True),
        ("a{0}", "()", True),
        ("[9-0]", "#", True),
        ("[a-]", "a|\\-", True),
        ("[^a]", ".&~a", True),
        (".", "[^\\\n]|\n", True),
        (".", "[a-z]", False),
        ("^a$", "a", False),
        ("\\d", "d", True),
        ("\\b", "b", True),
        ('"a*"', "a\\*", True),
        ('""', "()", True),
        ("|a", "\\|a", True),
        ("*a", "\\*a", True),
        ("a||b", "a|\\|b", True),
        ("[A-Z]&dog", "#", True),
        ("", "()", True),
        ("(?i)a", "\\?ia", True),
        ("\U0001f600*", "\ud83d\ude00*", True),
        ("..", "\U0001f600", False),
        ("..&\U0001f600", "\U0001f600", True),
    ],
)
def test_reading(first: str, second: str, same: bool) -> None:
    assert equal(first, second) is same


@pytest.mark.parametrize(
    ("interval", "meaning"),
    [
        ("<5-7>", "[5-7]"),
        ("<7-5>", "[5-7]"),
        ("<08-12>", "08|09|10|11|12"),
        ("<8-12>", "0*(8|9|10|11|12)"),
        ("<0-0>", "0"),
        ("<0-10>", "0*(0|[1-9]|10)"),
        ("<1-2147483647>&.{1,2}", "0?[1-9]|[1-9][0-9]"),
        ("<000-255>", "[01][0-9]{2}|2[0-4][0-9]|25[0-5]"),
        ("<3-3>", "3"),
    ],
)
def test_intervals(interval: str, meaning: str) -> None:
    assert equal(interval, meaning)


NO_EXPRESSIONS = (
    "(",
    "(a",
    "a)",
    "a|",
    "a&",
    "~",
    "[",
    "[a",
    "[]",
    '"a',
    "<1-2",
    "<M0>",
    "<-1>",
    "<1-99999999999>",
    "a{",
    "a{x}",
    "a{1",
    "\\",
)


@pytest.mark.parametrize("text", NO_EXPRESSIONS)
def test_what_is_no_regular_expression(text: str) -> None:
    with pytest.raises(RegexSyntaxError):
        parse(text)
    assert equivalence("a", text, LIMITS).status is Status.INVALID


def test_an_empty_gold_language_makes_unlike_expressions_equal() -> None:
    assert equal("([A-Z])&(dog)", "(truck)&([0-9])")


def test_the_witness_is_a_shortest_string_of_one_side() -> None:
    assert equivalence("(dog){3,}", "(dog){2,}", LIMITS).detail == "only the prediction matches 'dogdog'"
    assert equivalence(".*[0-9].*", ".*[A-Z].*", LIMITS).detail == "only the gold matches '0'"


def test_tokens_stand_for_the_inside_of_classes_and_every_space_goes() -> None:
    assert untokenised("( [ <LOW> ] ) & ( <M0> ) . * { 3 , }") == "([a-z])&(dog).*{3,}"
    assert untokenised("<LET> | a b") == "A-Za-z|ab"


@pytest.mark.parametrize(
    ("gold", "pred"),
    [
        (".*[0-9].*", "(~(.*[0-9].*[a-z]){1000}){1000}"),
        ("([0-9]).*((.){3,}).*", "(([0-9]).*((.){3,}).*){1000}"),
        ("(.*a.{20}){3}", "~((.*b.{20}){3})"),
        (".*a.{60}", ".*a.{60}|.*a.{60}b&.*c"),
        ("a", "(" * 50_000 + "a" + ")" * 50_000),
        ("a", "~" * 50_001 + "a"),
        ("a", "(" * 500 + "a" + ")*b" * 500),
        ("a", "((a{2147483647}){2147483647}){2147483647}"),
        ("a", "|".join(f"a{i}" for i in range(3000))),
        ("a", "a" * 10_000_000),
        ("a", "&".join(f"~(.*a.{{{i}}}b)" for i in range(40))),
    ],
)
def test_hostile_expressions_end_in_time(gold: str, pred: str) -> None:
    started = time.monotonic()
    outcome = equivalence(gold, pred, Limits(seconds=1))
    assert time.monotonic() - started < 1.5
    assert outcome.status in (Status.OK, Status.TIMEOUT, Status.MEMORY, Status.INVALID)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='ab.*+?|&~()[]{}<>-^"#@\\,0123\n\ud800é', max_size=20))
def test_any_text_has_an_outcome(text: str) -> None:
    outcome = equivalence("(a|b)*", text, Limits(seconds=1))
    assert outcome.status in (Status.OK, Status.INVALID, Status.TIMEOUT, Status.MEMORY)
