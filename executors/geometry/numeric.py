"""Numerical work under the equations: row echelon forms, roots of one unknown, starts and Jacobians for a few."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from scipy.optimize import brentq  # type: ignore[import-untyped]


def row_echelon(matrix: np.ndarray) -> list[int]:
    """Bring to reduced row echelon form in place (the last column is the right side); the pivots' columns."""
    pivots: list[int] = []
    for column in range(matrix.shape[1] - 1):
        at = len(pivots)
        if at == len(matrix):
            break
        best = at + int(np.argmax(np.abs(matrix[at:, column])))
        if abs(matrix[best, column]) < 1e-7:
            matrix[at:, column] = 0.0
            continue
        if best != at:
            matrix[[at, best]] = matrix[[best, at]]
        matrix[at] /= matrix[at, column]
        others = np.flatnonzero(matrix[:, column])
        others = others[others != at]
        matrix[others] -= np.outer(matrix[others, column], matrix[at])
        pivots.append(column)
    matrix[np.abs(matrix) < 1e-11] = 0.0
    return pivots


def near(first: float, second: float) -> bool:
    return abs(first - second) <= 1e-6 * max(abs(first), abs(second), 1.0)


def _distinct(found: Iterable[float]) -> list[float]:
    result: list[float] = []
    for value in sorted(found):
        if not result or not near(result[-1], value):
            result.append(value)
    return result


def roots(function: Callable[[float], float], low: float, high: float, size: float) -> list[float] | None:
    """The roots strictly between `low` and `high`; None when it cannot be told that these are all."""
    if high - low < 1e-9 * max(1.0, abs(low)):
        return None
    polynomial = _polynomial(function, size)
    if polynomial is not None:
        if np.abs(polynomial).max() < 1e-9:
            return None
        candidates = np.roots(np.trim_zeros(np.where(np.abs(polynomial) < 1e-9, 0.0, polynomial), "f"))
        real = [float(t.real) * size for t in candidates if abs(t.imag) < 1e-7 * max(1.0, abs(t))]
        margin = 1e-7 * size
        return _distinct(t for t in real if low + margin < t < high - margin)
    if not math.isfinite(high - low):
        return None
    grid = np.linspace(low, high, 362)[1:-1]
    values = [function(float(t)) for t in grid]
    if any(math.isnan(value) for value in values) or max(map(abs, values)) < 1e-9:
        return None
    found = [float(t) for t, value in zip(grid, values, strict=True) if value == 0.0]
    for (a, fa), (b, fb) in itertools.pairwise(zip(grid, values, strict=True)):
        if fa * fb < 0 and max(abs(fa), abs(fb)) < 1e6:
            found.append(float(brentq(function, float(a), float(b), xtol=1e-12)))
    return _distinct(found)


def _polynomial(function: Callable[[float], float], size: float) -> np.ndarray | None:
    """The coefficients, highest first, of the polynomial of degree 4 in (argument / `size`) that `function` is."""
    places = np.array([-1.7, -0.9, 0.2, 1.1, 1.9, 2.6, -2.3])
    values = np.array([function(float(t) * size) for t in places])
    if not np.isfinite(values).all():
        return None
    coefficients = np.polyfit(places[:5], values[:5], 4)
    largest = np.abs(values).max()
    if not largest:
        return np.zeros(1)
    fits = np.abs(np.polyval(coefficients, places[5:]) - values[5:]).max() < 1e-8 * largest
    return np.asarray(coefficients) / largest if fits else None


def start_between(draw: np.random.Generator, low: float, high: float, size: float) -> float:
    low = low if math.isfinite(low) else (min(high, 0.0) - 3 * size if math.isfinite(high) else -3 * size)
    high = high if math.isfinite(high) else low + 6 * size
    return float(draw.uniform(low, high))


def jacobian(residuals: Sequence[Callable[[Sequence[float]], float]], point: np.ndarray) -> np.ndarray:
    """By central differences, each row scaled to length 1."""
    columns = []
    for at in range(len(point)):
        step = np.zeros(len(point))
        step[at] = 1e-6 * max(1.0, abs(point[at]))
        ahead, behind = (point + step).tolist(), (point - step).tolist()
        columns.append([(f(ahead) - f(behind)) / (2 * step[at]) for f in residuals])
    rows = np.array(columns).T
    scaled: np.ndarray = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return scaled
