"""A program's answer as text: exact data, whatever the answer's class says about itself.

Only the true class counts (`type(value)`, never `value.__class__`), and a subclass's number, text or items are read
by the methods of the built-in base, so an answer can neither run code in here nor lie about what it holds.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from json.encoder import encode_basestring_ascii as quote
from typing import Any

from . import wire

# Programs replace builtins (`builtins.repr = ...`); the functions below keep the ones of this moment.
globals()["__builtins__"] = dict(vars(builtins))

_EXACT_JSON_INTEGER = 1 << 63
_PLAIN_EVALUATION_DIGITS = 17


class NotPlainError(Exception):
    """The value is no data that can leave the jail; the text says why."""


class TooLargeError(Exception):
    """The value's text is longer than allowed."""


def encode(value: object, limit: int) -> str:
    """`value` in the notation of `wire`, at most `limit` characters. Raises NotPlainError, TooLargeError."""
    parts: list[str] = []
    size = 0
    for part in _parts(value, wire.MAX_DEPTH):
        size += len(part)
        if size > limit:
            raise TooLargeError(f"the answer has more than {limit} characters")
        parts.append(part)
    return "".join(parts)


def _parts(value: Any, depth: int) -> Iterator[str]:
    kind = type(value)
    if value is None:
        yield "null"
    elif kind is bool:
        yield "true" if value else "false"
    elif issubclass(kind, int):
        yield _integer(value)
    elif issubclass(kind, float):
        yield _float(value)
    elif issubclass(kind, str):
        yield quote(value)
    elif issubclass(kind, (list, tuple, dict)):
        if depth == 0:
            raise NotPlainError(f"the answer is nested more than {wire.MAX_DEPTH} deep, or holds itself")
        yield from _container(kind, value, depth - 1)
    else:
        yield _number(kind, value)


def _container(kind: type, value: Any, depth: int) -> Iterator[str]:
    if issubclass(kind, list):
        yield "["
        yield from _items(list.__iter__(value), depth)
        yield "]"
    elif issubclass(kind, tuple):
        yield '{"t":['
        yield from _items(tuple.__iter__(value), depth)
        yield "]}"
    else:
        yield '{"d":['
        comma = ""
        for key, item in dict.items(value):
            if not issubclass(type(key), str):
                raise NotPlainError("a dictionary of the answer has a key that is no text")
            yield f"{comma}[{quote(key)},"
            yield from _parts(item, depth)
            yield "]"
            comma = ","
        yield "]}"


def _items(values: Iterator[object], depth: int) -> Iterator[str]:
    comma = ""
    for item in values:
        if comma:
            yield comma
        yield from _parts(item, depth)
        comma = ","


def _integer(value: int) -> str:
    if -_EXACT_JSON_INTEGER < int.__index__(value) < _EXACT_JSON_INTEGER:
        return int.__repr__(value)
    # Decimal text of a huge integer takes quadratic time and is refused above 4,300 digits.
    return '{"i":"' + int.__format__(value, "x") + '"}'


def _float(value: float) -> str:
    text = float.__repr__(value)
    return '{"f":"' + text + '"}' if text in ("nan", "inf", "-inf") else text


def _number(kind: type, value: Any) -> str:
    """Scalars of the libraries: a whole number becomes an integer, any other the nearest float."""
    if issubclass(kind, Fraction):
        return _rational(Fraction.numerator.fget(value), Fraction.denominator.fget(value))  # type: ignore[attr-defined]
    if issubclass(kind, Decimal):
        if Decimal.is_finite(value) and Decimal.adjusted(value) < 400:
            return _rational(*Decimal.as_integer_ratio(value))
        return _float(Decimal.__float__(value))
    numpy, sympy = sys.modules.get("numpy"), sys.modules.get("sympy")
    if numpy is not None and issubclass(kind, numpy.generic):
        return _numpy_scalar(kind, value, numpy)
    if sympy is not None and issubclass(kind, sympy.Basic):
        return _sympy_number(value, sympy)
    raise NotPlainError(f"an answer of type {type.__dict__['__name__'].__get__(kind)[:80]!r} is no plain data")


def _rational(numerator: int, denominator: int) -> str:
    if denominator == 1:
        return _integer(numerator)
    try:
        return _float(numerator / denominator)
    except OverflowError as error:
        raise NotPlainError("the answer is a fraction that no float can hold") from error


def _numpy_scalar(kind: type, value: Any, numpy: Any) -> str:
    if issubclass(kind, numpy.bool_):
        return "true" if bool(value) else "false"
    if issubclass(kind, numpy.integer):
        return _integer(int(value))
    if issubclass(kind, numpy.floating):
        return _float(float(value))
    raise NotPlainError(f"an answer of type numpy.{kind.__name__[:80]} is no plain data")


def _sympy_number(value: Any, sympy: Any) -> str:
    if value in (sympy.true, sympy.false):
        return "true" if value == sympy.true else "false"
    if not getattr(value, "is_number", False):
        raise NotPlainError("a symbolic expression is no plain data: only numbers are")
    if value.is_Integer:
        return _integer(int(value))
    if value.is_Rational:
        return _rational(int(value.p), int(value.q))
    if value is sympy.nan or value.is_extended_real:
        return _float(float(value.evalf(_PLAIN_EVALUATION_DIGITS)))
    raise NotPlainError("the answer is a complex number")
