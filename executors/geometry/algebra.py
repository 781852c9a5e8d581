"""Quantities of a figure and expressions over them, evaluated and solved numerically.

A quantity is something with one number: the length of a segment, the measure of an angle or arc (degrees), a radius,
an area, a letter of the problem. Expressions are small trees; `affine` is the workhorse: what is left of an
expression, once known quantities are put in, as constant + sum of coefficient * quantity, or None.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias


class Quantity(NamedTuple):
    """`kind` is length, angle, arc, radius, area, perimeter, numbered (an angle's number), letter (of the
    problem) or sought (the answer itself)."""

    kind: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return _WRITTEN.get(self.kind, "{}").format("".join(self.names))

    @property
    def limits(self) -> tuple[float, float]:
        """Between what its value must lie, whatever the figure."""
        return _LIMITS[self.kind]


_WRITTEN = {"angle": "∠{}", "arc": "arc {}", "radius": "radius {}", "area": "area {}", "numbered": "∠{}"}
_LIMITS = {
    "length": (0.0, math.inf),
    "radius": (0.0, math.inf),
    "area": (0.0, math.inf),
    "perimeter": (0.0, math.inf),
    "angle": (0.0, 180.0),  # straight and zero angles are numbers, never quantities
    "arc": (0.0, 360.0),
    "numbered": (0.0, 360.0),
    "letter": (-math.inf, math.inf),
    "sought": (-math.inf, math.inf),
}

Values: TypeAlias = Mapping[Quantity, float]
Known: TypeAlias = "Mapping[Quantity, Affine | float]"


@dataclass(frozen=True, slots=True)
class Affine:
    """constant + sum of coefficient * quantity."""

    constant: float
    coefficients: Mapping[Quantity, float]

    def plus(self, other: Affine, factor: float = 1.0) -> Affine:
        if not other.coefficients:
            return Affine(self.constant + factor * other.constant, self.coefficients)
        merged = dict(self.coefficients)
        for quantity, coefficient in other.coefficients.items():
            added = factor * coefficient
            total = merged.get(quantity, 0.0) + added
            if abs(total) > 1e-12 * abs(added):
                merged[quantity] = total
            else:
                merged.pop(quantity, None)
        return Affine(self.constant + factor * other.constant, merged)

    def times(self, factor: float) -> Affine:
        return Affine(0.0, {}).plus(self, factor) if factor else Affine(0.0, {})


class Expression:
    """Base of all expressions; numbers may stand for them in arithmetic."""

    __slots__ = ()

    def evaluate(self, values: Values) -> float:
        """The value; nan where there is none (a root of a negative number, a division by zero)."""
        raise NotImplementedError

    def affine(self, values: Known) -> Affine | None:
        """What is left when `values` (numbers or affine forms) are put in; None when that is no affine form."""
        raise NotImplementedError

    def parts(self) -> tuple[Expression, ...]:
        return ()

    def quantities(self) -> Iterable[Quantity]:
        """All quantities, in order of appearance, with repetitions."""
        for part in self.parts():
            yield from part.quantities()

    def __add__(self, other: Expression | float) -> Expression:
        return Sum((self, expression(other)))

    __radd__ = __add__

    def __sub__(self, other: Expression | float) -> Expression:
        return Sum((self, Product((Number(-1.0), expression(other)))))

    def __rsub__(self, other: Expression | float) -> Expression:
        return expression(other) - self

    def __mul__(self, other: Expression | float) -> Expression:
        return Product((self, expression(other)))

    __rmul__ = __mul__

    def __truediv__(self, other: Expression | float) -> Expression:
        return Product((self, Power(expression(other), -1.0)))

    def __rtruediv__(self, other: Expression | float) -> Expression:
        return expression(other) / self

    def __pow__(self, exponent: float) -> Expression:
        return Power(self, exponent)


def expression(value: Expression | float) -> Expression:
    return value if isinstance(value, Expression) else Number(float(value))


def total(parts: Iterable[Expression]) -> Expression:
    return Sum(tuple(parts))


@dataclass(frozen=True, slots=True)
class Number(Expression):
    value: float

    def evaluate(self, values: Values) -> float:
        return self.value

    def affine(self, values: Known) -> Affine | None:
        return Affine(self.value, {})

    def __str__(self) -> str:
        return f"{self.value:.6g}"


@dataclass(frozen=True, slots=True)
class Symbol(Expression):
    quantity: Quantity

    def evaluate(self, values: Values) -> float:
        return values[self.quantity]

    def affine(self, values: Known) -> Affine | None:
        value = values.get(self.quantity)
        if value is None:
            return Affine(0.0, {self.quantity: 1.0})
        return value if isinstance(value, Affine) else Affine(value, {})

    def quantities(self) -> Iterable[Quantity]:
        yield self.quantity

    def __str__(self) -> str:
        return str(self.quantity)


@dataclass(frozen=True, slots=True)
class Sum(Expression):
    terms: tuple[Expression, ...]

    def evaluate(self, values: Values) -> float:
        return math.fsum(term.evaluate(values) for term in self.terms)

    def affine(self, values: Known) -> Affine | None:
        result = Affine(0.0, {})
        for term in self.terms:
            part = term.affine(values)
            if part is None:
                return None
            result = result.plus(part)
        return result

    def parts(self) -> tuple[Expression, ...]:
        return self.terms

    def __str__(self) -> str:
        return " + ".join(map(str, self.terms)).replace("+ -1*", "- ")


@dataclass(frozen=True, slots=True)
class Product(Expression):
    factors: tuple[Expression, ...]

    def evaluate(self, values: Values) -> float:
        return math.prod(factor.evaluate(values) for factor in self.factors)

    def affine(self, values: Known) -> Affine | None:
        result = Affine(1.0, {})
        for factor in self.factors:
            part = factor.affine(values)
            if part is None:
                return None
            if not part.coefficients:
                result = result.times(part.constant)
            elif not result.coefficients:
                result = part.times(result.constant)
            else:
                return None
        return result

    def parts(self) -> tuple[Expression, ...]:
        return self.factors

    def __str__(self) -> str:
        return "*".join(f"({factor})" if isinstance(factor, Sum) else str(factor) for factor in self.factors)


@dataclass(frozen=True, slots=True)
class Power(Expression):
    base: Expression
    exponent: float

    def evaluate(self, values: Values) -> float:
        try:
            value = self.base.evaluate(values) ** self.exponent
        except (ZeroDivisionError, OverflowError):
            return math.nan
        return value if isinstance(value, float) else math.nan

    def affine(self, values: Known) -> Affine | None:
        return _constant(self, values)

    def parts(self) -> tuple[Expression, ...]:
        return (self.base,)

    def __str__(self) -> str:
        inner = str(self.base) if isinstance(self.base, (Symbol, Number)) else f"({self.base})"
        return f"√{inner}" if self.exponent == 0.5 else f"{inner}^{self.exponent:g}"


def _cotangent(radians: float) -> float:
    return 1 / math.tan(radians)


_TRIGONOMETRY: Mapping[str, Callable[[float], float]] = {
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "cot": _cotangent,
}


@dataclass(frozen=True, slots=True)
class Trigonometric(Expression):
    """sin, cos, tan or cot of an argument in degrees."""

    function: str
    argument: Expression

    def evaluate(self, values: Values) -> float:
        try:
            return _TRIGONOMETRY[self.function](math.radians(self.argument.evaluate(values)))
        except (ValueError, ZeroDivisionError):
            return math.nan

    def affine(self, values: Known) -> Affine | None:
        return _constant(self, values)

    def parts(self) -> tuple[Expression, ...]:
        return (self.argument,)

    def __str__(self) -> str:
        return f"{self.function}({self.argument})"


def sine(argument: Expression) -> Expression:
    return Trigonometric("sin", argument)


def cosine(argument: Expression) -> Expression:
    return Trigonometric("cos", argument)


def _constant(whole: Expression, values: Known) -> Affine | None:
    """The affine form of a function of one part, which is one only where that part is a number."""
    (part,) = whole.parts()
    inner = part.affine(values)
    if inner is None or inner.coefficients:
        return None
    fixed = Power(Number(inner.constant), whole.exponent) if isinstance(whole, Power) else None
    if fixed is None:
        assert isinstance(whole, Trigonometric)
        value = Trigonometric(whole.function, Number(inner.constant)).evaluate({})
    else:
        value = fixed.evaluate({})
    return Affine(value, {})


class ReadError(ValueError):
    """A text that is no arithmetic expression."""


MOST_EXPRESSION_CHARACTERS = 200

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?|\.\d+)|(?P<command>\\[a-zA-Z]+)|(?P<letter>[A-Za-z])|(?P<mark>[-+*/^(){}]))"
)


@functools.lru_cache(maxsize=4096)
def read(text: str) -> Expression:
    r"""An expression as the forms write it: `2x+5`, `7\sqrt{2}`, `\frac{4}{3}y+1`, `2(y-10)`, `18\pi`, `y^{2}`.

    Letters are quantities of kind "letter". Raises `ReadError`.
    """
    if len(text) > MOST_EXPRESSION_CHARACTERS:
        raise ReadError(f"an expression of more than {MOST_EXPRESSION_CHARACTERS} characters")
    reader = _Reader(text)
    result = reader.sum()
    if reader.kind:
        raise ReadError(f"{text!r} is no expression")
    return result


class _Reader:
    """Recursive descent; the length of the text bounds the depth."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.kind: str | None = None
        self.token = ""
        self._next()

    def _next(self) -> None:
        match = _TOKEN.match(self.text, self.place)
        if match is None:
            if self.text[self.place :].strip():
                raise ReadError(f"{self.text!r} is no expression")
            self.kind, self.token = None, ""
            return
        self.kind, self.token, self.place = match.lastgroup, match[0].strip(), match.end()

    def _takes(self, mark: str) -> bool:
        if self.token != mark:
            return False
        self._next()
        return True

    def _needs(self, mark: str) -> None:
        if not self._takes(mark):
            raise ReadError(f"{mark!r} is missing in {self.text!r}")

    def sum(self) -> Expression:
        result = self._product()
        while self.token in ("+", "-"):
            sign = self.token
            self._next()
            part = self._product()
            result = result + part if sign == "+" else result - part
        return result

    def _product(self) -> Expression:
        result = self._signed()
        while self.kind is not None and self.token not in ("+", "-", ")", "}"):
            if self._takes("/"):
                result = result / self._signed()
            elif self._takes("*") or self.token not in ("^", "*"):
                result = result * self._signed()
            else:
                raise ReadError(f"{self.text!r} is no expression")
        return result

    def _signed(self) -> Expression:
        negative = False
        while self.token in ("+", "-"):
            negative ^= self.token == "-"
            self._next()
        value = self._power()
        return -1.0 * value if negative else value

    def _power(self) -> Expression:
        base = self._atom()
        if not self._takes("^"):
            return base
        exponent = self._signed().affine({})
        if exponent is None or exponent.coefficients or abs(exponent.constant) > 10:
            raise ReadError(f"{self.text!r} has an exponent that is no small number")
        return base**exponent.constant

    def _atom(self) -> Expression:
        kind, token = self.kind, self.token
        if kind == "number":
            self._next()
            if len(token) > 15:
                raise ReadError(f"a number of {len(token)} digits")
            return Number(float(token))
        if kind == "letter":
            self._next()
            return Symbol(Quantity("letter", (token,)))
        if kind == "command":
            self._next()
            return self._command(token)
        if token in ("(", "{"):
            self._next()
            inner = self.sum()
            self._needs(")" if token == "(" else "}")
            return inner
        raise ReadError(f"{self.text!r} is no expression")

    def _command(self, name: str) -> Expression:
        if name == "\\pi":
            return Number(math.pi)
        if name == "\\sqrt":
            return self._atom() ** 0.5
        if name == "\\frac":
            numerator = self._atom()
            return numerator / self._atom()
        raise ReadError(f"{name} is no command that is known here")
