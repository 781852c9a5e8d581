"""Expressions as the forms write them, and equations solved numerically."""

from __future__ import annotations

import math

import pytest

from executors.geometry.algebra import Expression, Number, Quantity, ReadError, Symbol, cosine, expression, read, sine
from executors.geometry.system import ContradictionError, Equation, LimitError, System

X, Y = (Symbol(Quantity("letter", (name,))) for name in "xy")
A, B, C = (Symbol(Quantity("length", (name,))) for name in "abc")
ALPHA = Symbol(Quantity("angle", ("A", "B", "C")))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2x+5", 11),
        ("66--x", 69),
        ("-5x+13", -2),
        ("7\\sqrt{2}", 7 * math.sqrt(2)),
        ("\\frac{4}{3}x+1", 5),
        ("2(x-10)", -14),
        ("18\\pi", 18 * math.pi),
        ("x^{2}", 9),
        ("x^2/2", 4.5),
        ("4*x", 12),
        ("5.4", 5.4),
    ],
)
def test_expressions_of_the_forms(text: str, value: float) -> None:
    assert read(text).evaluate({Quantity("letter", ("x",)): 3.0}) == pytest.approx(value)


@pytest.mark.parametrize(
    "text", ["", "2+", "$", "x^x", "9^9^9^9", "x^{99}", "\\int x", "(x", "1" * 40, "x+" * 150, "__import__", "1e400!"]
)
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(ReadError):
        read(text)


def solved(*equations: tuple[Expression, Expression | float]) -> System:
    system = System()
    for left, right in equations:
        system.add(Equation("test", left, expression(right)))
    system.solve()
    return system


def test_one_unknown_after_the_other() -> None:
    assert solved((A, X * 2.0), (X, 3.0), (A + B, 10.0)).value(B) == 4


def test_affine_equations_together() -> None:
    system = solved((A + B, 10.0), (A - B, 4.0))
    assert (system.value(A), system.value(B)) == pytest.approx((7, 3))


def test_what_is_the_same_is_known_before_its_value() -> None:
    system = solved((A, X + 1.0), (B, X + 1.0))
    assert system.same(A, B)
    assert not system.same(A, X)
    assert system.value(A) is None


def test_a_product_with_known_factors_is_affine() -> None:
    assert solved((A * 3.0, B * 4.0), (A, 8.0)).value(B) == 6


def test_of_two_roots_the_one_that_keeps_lengths_positive() -> None:
    assert solved((A**2 + B**2, C**2), (A, X), (B, X + 1.0), (C, X + 2.0)).value(X) == pytest.approx(3)


def test_of_two_possible_roots_none_is_taken() -> None:
    assert solved((X**2, 9.0)).value(X) is None
    assert solved((sine(ALPHA), 0.5)).value(ALPHA) is None


def test_two_equations_may_leave_one_root() -> None:
    assert solved((sine(ALPHA), 0.5), (cosine(ALPHA), -math.sqrt(0.75))).value(ALPHA) == pytest.approx(150)


def test_a_block_of_two_equations() -> None:
    system = solved((A * B, 12.0), (A**2 - B**2, 7.0))
    assert (system.value(A), system.value(B)) == pytest.approx((4, 3))


@pytest.mark.parametrize(
    "equations",
    [
        [(A, Number(3.0)), (A, Number(4.0))],
        [(A + B, Number(3.0)), (A + B, Number(4.0))],
        [(A + B, Number(3.0)), (A - B, Number(1.0)), (A + 2.0 * B, Number(9.0))],
        [(A, Number(-2.0))],
        [(A**2 + 1.0, Number(0.5))],
        [(A, Number(3.0)), (A**2, Number(16.0))],
    ],
    ids=["two values", "two sums", "too many", "a negative length", "no root", "a wrong square"],
)
def test_contradictions_name_an_equation(equations: list[tuple[Expression, Expression]]) -> None:
    with pytest.raises(ContradictionError, match="a"):
        solved(*equations)


def test_the_trace_has_what_was_needed_and_nothing_else() -> None:
    system = solved((A, 3.0), (Y, 9.0), (A + B, 10.0), (B, X * 7.0))
    steps = system.explain(Quantity("letter", ("x",)))
    assert [step.equation for step in steps] == ["a = 3", "a + b = 10", "b = x*7"]
    assert [step.found for step in steps] == ["a = 3", "b = 7", "x = 1"]


def test_the_trace_of_equations_solved_together_leaves_the_others_out() -> None:
    system = solved((A + B, 10.0), (A - B, 4.0), (X + Y, 3.0), (X - Y, 1.0))
    (quantity,) = set(A.quantities())
    assert {step.equation for step in system.explain(quantity)} == {"a + b = 10", "a - b = 4"}


def test_the_deadline_is_kept() -> None:
    with pytest.raises(LimitError):
        System(deadline=0.0).add(Equation("test", A, B))
