"""Colours are lengths: together they are the text, in whatever language."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.highlight import colours
from tasks.task import registry

LANGUAGES = sorted({task.language for task in registry().values()})


def lengths(coded: str) -> int:
    parts = re.findall(r"[a-z.](\d+)", coded)
    assert re.fullmatch(r"([a-z.]\d+)*", coded)
    return sum(map(int, parts))


@pytest.mark.parametrize("language", LANGUAGES)
@given(text=st.text(st.characters(), max_size=40) | st.text("()\"'\n:-∀∃→ SELECTab1.\\/#", max_size=80))
def test_the_runs_are_as_long_as_the_text(language: str, text: str) -> None:
    coded = colours(text, language)
    assert coded == "" or lengths(coded) == len(text.encode("utf-16-le", "surrogatepass")) // 2


@pytest.mark.parametrize(
    ("language", "text", "coded"),
    [
        ("sql", "SELECT 1", "k6.1n1"),
        ("python", "# no\nx = 'a'", "c4.3o1.1s3"),
        ("fol", "∀x P(x)", "k1.2f1.3"),
        ("pddl", "(on ?x 2)", ".1f2.1b2.1n1.1"),
        ("smiles", "CC(=O)O", ""),
    ],
)
def test_what_is_coloured(language: str, text: str, coded: str) -> None:
    assert colours(text, language) == coded


@pytest.mark.parametrize("language", LANGUAGES)
def test_long_texts_stay_plain(language: str) -> None:
    assert colours("(" * 4001, language) == ""
