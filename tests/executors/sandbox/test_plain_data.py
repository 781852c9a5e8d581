"""The notation of answers: what is written in the jail is read back as the same value, and nothing else is read."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executors.outcome import Value
from executors.sandbox.inside.plain_data import NotPlainError, TooLargeError, encode
from executors.sandbox.python_program import decode

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def same(first: object, second: object) -> bool:
    """Equality that tells 1 from True from 1.0, -0.0 from 0.0, and tuples from lists."""
    return repr(first) == repr(second)


@given(values)
def test_round_trip(value: Value) -> None:
    text = encode(value, 1 << 20)
    assert text.isascii()
    assert same(decode(json.loads(text)), value)


def test_nan_and_huge_integers() -> None:
    back = decode(json.loads(encode([math.nan, -(2**20_000)], 1 << 20)))
    assert isinstance(back, list)
    assert math.isnan(back[0])
    assert back[1] == -(2**20_000)


@pytest.mark.parametrize("value", ["x" * 200, [1] * 200, 2**2000])
def test_limit(value: Value) -> None:
    with pytest.raises(TooLargeError):
        encode(value, 100)


def test_depth() -> None:
    value: object = 1
    for _ in range(64):
        value = [value]
    assert same(decode(json.loads(encode(value, 1000))), value)
    with pytest.raises(NotPlainError):
        encode([value], 1000)


@pytest.mark.parametrize(
    "text",
    [
        '{"q": 1}',
        "{}",
        '{"i": 5}',
        '{"i": "x"}',
        '{"f": []}',
        '{"t": 1}',
        '{"d": [1]}',
        '{"d": [["a"]]}',
        '{"i":"1","f":"1"}',
    ],
)
def test_what_is_not_in_the_notation(text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        decode(json.loads(text))
