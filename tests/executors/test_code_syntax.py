"""Syntax of Java, Go and Python answers."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executors.code_syntax import LANGUAGES, check
from executors.outcome import Status


@pytest.mark.parametrize(
    ("language", "code", "kind"),
    [
        ("java", "class A { int x; }", "file"),
        ("java", "int function ( int arg0 ) { return arg0 + 1 ; }", "file"),
        ("java", "private static int f() { return 1; }", "file"),
        ("java", "@Override public String toString() { return s; }", "file"),
        ("java", "Foo(int x) { this.x = x; }", "member"),
        ("java", "a . b ( c )", "expression"),
        ("go", "package main\nfunc main() { }", "file"),
        ("go", "func Half(n int) int {\n    return n / 2\n}", "file"),
        ("go", "return x", "file"),
        ("go", "a + b", "expression"),
        ("python", "[x for x in xs]", "file"),
        ("python", "print 'old', x", "file"),
        ("python", "    return x", "file"),
    ],
)
def test_pieces_of_code_parse(language: str, code: str, kind: str) -> None:
    outcome = check(code, language)
    assert (outcome.status, outcome.value) == (Status.OK, kind)


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("java", "int f( { return 1; }"),
        ("java", "please write a method"),
        ("go", "func f( int { }"),
        ("go", "func f() {"),
        ("python", "def f(:\n  return 1"),
        ("python", "return (("),
        *((language, text) for language in LANGUAGES for text in ("", " \n", "no ] such } code", "return ((")),
    ],
)
def test_broken_code_does_not(language: str, code: str) -> None:
    assert check(code, language).status is Status.INVALID


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "text", ["(" * 50_000, "{" * 50_000, "a" * 10_000_000, "\x00\ud800", "/*" * 25_000, '"' * 9999]
)
def test_hostile_text_ends_in_time(language: str, text: str) -> None:
    started = time.monotonic()
    check(text, language)
    assert time.monotonic() - started < 5


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.sampled_from(LANGUAGES))
def test_any_text_has_an_outcome(text: str, language: str) -> None:
    assert check(text, language).status in (Status.OK, Status.INVALID)
