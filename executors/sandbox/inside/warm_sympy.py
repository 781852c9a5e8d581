"""Importing this module leaves sympy warm: what its common paths import late or compute once is there afterwards.

The first `solve` of a fresh interpreter takes seven times as long as the next one, and every program is in a fresh
process: here it is paid once.
"""

from __future__ import annotations

import sympy  # type: ignore[import-untyped]

x, y = sympy.symbols("x y")
n = sympy.symbols("n", integer=True, positive=True)


def touch() -> None:
    """What a child does while it waits for its program: a fork shares its parent's pages until it writes to them, and
    each first write costs microseconds, a thousand of them three times the work of a small `solve` itself.
    """
    sympy.solve(2 * x - 10, x)


touch()
sympy.solve(x**2 - 5 * x + 6, x)
sympy.solve([x + y - 3, x - y - 1], [x, y])
sympy.solve(sympy.Eq(3 * x + 1, 7), x)
sympy.solve([sympy.Eq(x + 2 * y, 7), sympy.Eq(x - y, 1)], (x, y))
sympy.solveset(x**2 - 4, x, sympy.S.Reals)
sympy.simplify((x**2 - 1) / (x - 1))
sympy.factor(x**2 - 1)
sympy.expand((x + 1) ** 3)
sympy.diff(sympy.sin(x) * x**2, x)
sympy.integrate(x**2, (x, 0, 1))
sympy.limit(sympy.sin(x) / x, x, 0)
sympy.summation(n, (n, 1, 10))
sympy.factorint(360)
sympy.sympify("2*x + 1").subs(x, 3)
sympy.Matrix([[1, 2], [3, 4]]).inv()
(sympy.sqrt(2) + sympy.Rational(1, 3)).evalf()
