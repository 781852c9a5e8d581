"""The equations of a problem, solved as far as they go.

Three ways, the cheapest first, until nothing new comes: equations with one unknown (propagation); all that are affine
together (elimination), which leaves every quantity as an affine form in a few free ones; and the others, by the roots
of those in one free quantity, then of small blocks. A root counts only when it is the only one that keeps all lengths
positive, angles below 180 degrees and so on: of two possible values none is taken.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog, root  # type: ignore[import-untyped]

from executors.geometry.algebra import Affine, Expression, Quantity
from executors.geometry.numeric import jacobian, near, roots, row_echelon, start_between

# Relative errors up to which two numbers are the same. Sums are exact; squares, products and sines of exercises whose
# figure gives rounded decimals are not.
TOLERANCE = 1e-3
ROUNDED = 2e-2
_EXACT = 1e-9
_MOST_EQUATIONS = 6000
_LEAST_RATIO = 1e-7
_STARTS = 16


class ContradictionError(ValueError):
    """The equations have no solution; the message is one line that names the one that fails."""


class LimitError(ValueError):
    """The deadline has passed, or the equations are too many or out of proportion; one line."""


@dataclass(frozen=True, slots=True)
class Equation:
    """`left` = `right`, and the theorem or form that says so."""

    theorem: str
    left: Expression
    right: Expression

    @property
    def zero(self) -> Expression:
        return self.left - self.right

    def __str__(self) -> str:
        return f"{self.left} = {self.right}"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a trace: `theorem` gave `equation`, from which `found` (quantity = value; empty where none)."""

    theorem: str
    equation: str
    found: str = ""


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a value came from: these equations, of which one or all together were needed."""

    equations: tuple[int, ...]
    rows: tuple[Affine, ...] = ()  # of equations solved together


class System:
    """`deadline` is on `time.monotonic`'s clock; whatever is asked after it raises `LimitError`."""

    def __init__(self, deadline: float = math.inf) -> None:
        self.deadline = deadline
        self.values: dict[Quantity, float] = {}
        self.equations: list[Equation] = []
        self._zeros: list[Expression] = []
        self._unknowns: list[tuple[Quantity, ...]] = []
        self._uses: dict[Quantity, list[int]] = {}
        self._keys: set[object] = set()
        self._open: dict[int, None] = {}
        self._fresh: list[int] = []
        self._forms: dict[Quantity, Affine] = {}
        self._known: dict[Quantity, Affine | float] = {}  # the forms and the values, in one
        self._origins: dict[Quantity, _Origin] = {}
        self._roots: dict[Quantity, list[float]] = {}

    def add(self, equation: Equation) -> bool:
        """Take an equation up; False when it is there already or says nothing."""
        self._in_time()
        zero = equation.zero
        affine = zero.affine({})
        key: object = (equation.left, equation.right) if affine is None else _normal(affine)
        if key is None or key in self._keys:
            return False
        sizes = [abs(coefficient) for coefficient in affine.coefficients.values()] if affine else []
        if sizes and min(sizes) < _LEAST_RATIO * max(sizes):
            raise LimitError(f"coefficients out of proportion: {equation}")
        if len(self.equations) >= _MOST_EQUATIONS:
            raise LimitError(f"more than {_MOST_EQUATIONS} equations")
        self._keys.add(key)
        number = len(self.equations)
        self.equations.append(equation)
        self._zeros.append(zero)
        unknowns = tuple(dict.fromkeys(zero.quantities()))
        self._unknowns.append(unknowns)
        for quantity in unknowns:
            self._uses.setdefault(quantity, []).append(number)
        self._open[number] = None
        self._fresh.append(number)
        return True

    def solve(self) -> None:
        """Find all values that the equations give; raises `ContradictionError` where they have no solution."""
        while True:
            self._propagate()
            if self._eliminate():
                continue
            if not (self._univariate() or self._blocks()):
                return

    def affine(self, expression: Expression) -> Affine | None:
        """The expression in the free quantities."""
        return expression.affine(self._known)

    def value(self, expression: Expression) -> float | None:
        affine = self.affine(expression)
        return None if affine is None or affine.coefficients else affine.constant

    def same(self, first: Expression, second: Expression) -> bool:
        """Whether the equations so far make the two equal."""
        left, right = self.affine(first), self.affine(second)
        if left is None or right is None:
            return False
        difference = left.plus(right, -1.0)
        return not difference.coefficients and abs(difference.constant) < 1e-6 * max(1.0, abs(left.constant))

    def key(self, expression: Expression) -> object:
        """Equal for expressions that are the `same`."""
        affine = self.affine(expression)
        if affine is None:
            return expression
        parts = tuple(sorted((quantity, round(c, 6)) for quantity, c in affine.coefficients.items()))
        return round(affine.constant, 5) + 0.0, parts

    def explain(self, quantity: Quantity) -> tuple[Step, ...]:
        """The equations that a known value rests on, in the order in which values were found."""
        order = {known: at for at, known in enumerate(self.values)}
        chosen: dict[Quantity, list[int]] = {}
        waiting = [quantity]
        while waiting:
            found = waiting.pop()
            if found in chosen:
                continue
            origin = self._origins[found]
            numbers = self._sparse(found, origin) if origin.rows else origin.equations
            chosen[found] = sorted(numbers, key=lambda number: (found in self._unknowns[number], number))
            parts = {part for number in numbers for part in self._unknowns[number]}
            waiting += [part for part in parts if order.get(part, math.inf) < order[found]]
        steps: dict[int, str] = {}
        for found in sorted(chosen, key=order.__getitem__):
            for number in chosen[found]:
                steps.setdefault(number, "")
            if chosen[found] and not steps[chosen[found][-1]]:
                steps[chosen[found][-1]] = f"{found} = {self.values[found]:.6g}"
        return tuple(Step(self.equations[n].theorem, str(self.equations[n]), text) for n, text in steps.items())

    def _sparse(self, quantity: Quantity, origin: _Origin) -> tuple[int, ...]:
        """Few of the affine equations that together give a quantity: those with a weight in the lightest combination
        (linear programming)."""
        rows = origin.rows
        columns = {q: at for at, q in enumerate(dict.fromkeys(q for row in rows for q in row.coefficients))}
        if len(rows) * len(columns) > 400_000:
            return origin.equations[:1]
        matrix = np.zeros((len(columns), len(rows)))
        for at, row in enumerate(rows):
            for q, c in row.coefficients.items():
                matrix[columns[q], at] = c
        wanted = np.eye(len(columns))[columns[quantity]]
        size = matrix.shape[1]
        found = linprog(np.ones(2 * size), A_eq=np.hstack([matrix, -matrix]), b_eq=wanted, method="highs")
        if not found.success:
            return origin.equations[:1]
        weights = found.x[:size] - found.x[size:]
        return tuple(number for number, weight in zip(origin.equations, weights, strict=True) if abs(weight) > 1e-9)

    def _in_time(self) -> None:
        if time.monotonic() > self.deadline:
            raise LimitError("out of time")

    def _settle(self, quantity: Quantity, value: float, origin: _Origin) -> None:
        low, high = quantity.limits
        margin = -1e-6 if quantity.kind in ("angle", "arc") else _EXACT  # three points may turn out to be on one line
        if not low + margin < value < high - margin or not math.isfinite(value):
            numbers = self._sparse(quantity, origin) if origin.rows else origin.equations
            naming = [number for number in numbers if quantity in self._unknowns[number]] or list(numbers)
            equation = self.equations[naming[-1]]
            raise ContradictionError(f"{quantity} would be {value:.6g} by {equation.theorem}: {equation}")
        self.values[quantity] = value
        self._origins[quantity] = origin
        self._forms.pop(quantity, None)
        self._known[quantity] = value
        self._fresh += self._uses.get(quantity, ())

    def _propagate(self) -> None:
        while self._fresh:
            self._in_time()
            number = self._fresh.pop()
            if number not in self._open:
                continue
            unknown = [quantity for quantity in self._unknowns[number] if quantity not in self.values]
            if len(unknown) > 1:
                continue
            if not unknown:
                self._check(number)
                del self._open[number]
                continue
            affine = self._zeros[number].affine(self.values)
            if affine is not None and affine.coefficients:
                ((quantity, coefficient),) = affine.coefficients.items()
                if abs(coefficient) > _EXACT:
                    del self._open[number]
                    self._settle(quantity, -affine.constant / coefficient, _Origin((number,)))

    def _check(self, number: int) -> None:
        equation = self.equations[number]
        left, right = equation.left.evaluate(self.values), equation.right.evaluate(self.values)
        tolerance = ROUNDED if self._zeros[number].affine({}) is None else TOLERANCE
        if not abs(left - right) <= tolerance * max(abs(left), abs(right), 1e-3):
            raise ContradictionError(f"{equation.theorem}: {equation}, but {left:.6g} is not {right:.6g}")

    def _eliminate(self) -> bool:
        """Solve the affine equations together; True when a value came of it."""
        numbers: list[int] = []
        rows: list[Affine] = []
        self._forget_forms()
        pending = list(self._open)
        while True:
            self._in_time()
            added = False
            for number in list(pending):
                affine = self._zeros[number].affine(self._known)
                if affine is None:
                    continue
                pending.remove(number)
                if affine.coefficients:
                    numbers.append(number)
                    rows.append(affine)
                    added = True
                elif abs(affine.constant) > self._scale(number) * ROUNDED:
                    raise ContradictionError(f"{self.equations[number].theorem}: {self.equations[number]} cannot hold")
            if not added:
                return False
            if self._reduce(numbers, rows):
                return True

    def _forget_forms(self) -> None:
        for quantity in self._forms:
            del self._known[quantity]
        self._forms = {}

    def _scale(self, number: int) -> float:
        equation = self.equations[number]
        sizes = [abs(affine.constant) for side in (equation.left, equation.right) if (affine := self.affine(side))]
        return max([*sizes, 1.0])

    def _reduce(self, numbers: Sequence[int], rows: Sequence[Affine]) -> bool:
        found = dict.fromkeys(quantity for row in rows for quantity in row.coefficients)
        # Letters last: what stays free is then a letter of the problem where there is one, and never what is sought.
        columns = sorted(found, key=lambda quantity: {"sought": 0, "letter": 2}.get(quantity.kind, 1))
        place = {quantity: at for at, quantity in enumerate(columns)}
        matrix = np.zeros((len(rows), len(columns) + 1))
        for at, row in enumerate(rows):
            for quantity, coefficient in row.coefficients.items():
                matrix[at, place[quantity]] = coefficient
            matrix[at, -1] = -row.constant
        pivots = row_echelon(matrix)
        if np.abs(matrix[len(pivots) :, -1]).max(initial=0.0) > TOLERANCE * max(1.0, np.abs(matrix[:, -1]).max()):
            raise ContradictionError(self._blame(numbers, rows, columns))
        settled = False
        origin = _Origin(tuple(numbers), tuple(rows))
        self._forget_forms()
        for at, pivot in enumerate(pivots):
            others = np.flatnonzero(np.abs(matrix[at, :-1]) > _EXACT)
            if len(others) == 1:
                self._settle(columns[pivot], float(matrix[at, -1]), origin)
                settled = True
            else:
                rest = {columns[o]: -float(matrix[at, o]) for o in others if o != pivot}
                self._forms[columns[pivot]] = self._known[columns[pivot]] = Affine(float(matrix[at, -1]), rest)
        return settled

    def _blame(self, numbers: Sequence[int], rows: Sequence[Affine], columns: Sequence[Quantity]) -> str:
        """The first equation that does not go with those before it."""
        low, high = 1, len(rows)
        while low < high:
            middle = (low + high) // 2
            place = {quantity: at for at, quantity in enumerate(columns)}
            matrix = np.zeros((middle, len(columns) + 1))
            for at, row in enumerate(rows[:middle]):
                for quantity, coefficient in row.coefficients.items():
                    matrix[at, place[quantity]] = coefficient
                matrix[at, -1] = -row.constant
            rank = len(row_echelon(matrix))
            if np.abs(matrix[rank:, -1]).max(initial=0.0) > TOLERANCE * max(1.0, np.abs(matrix[:, -1]).max()):
                high = middle
            else:
                low = middle + 1
        equation = self.equations[numbers[low - 1]]
        return f"{equation.theorem}: {equation} does not go with the other equations"

    def _frees(self, number: int) -> frozenset[Quantity]:
        found: set[Quantity] = set()
        for quantity in self._unknowns[number]:
            if quantity in self._forms:
                found.update(self._forms[quantity].coefficients)
            elif quantity not in self.values:
                found.add(quantity)
        return frozenset(found)

    def _univariate(self) -> bool:
        """Settle one free quantity by an equation in it alone."""
        by_frees: dict[Quantity, list[int]] = {}
        for number in list(self._open):
            frees = self._frees(number)
            if len(frees) == 1:
                by_frees.setdefault(next(iter(frees)), []).append(number)
        for quantity, numbers in by_frees.items():
            candidates: list[float] | None = None
            used = []
            for number in numbers:
                if self._zeros[number].affine(self._known) is not None:
                    continue
                self._in_time()
                residual = _of_one(self._residual(number, (quantity,)))
                found = roots(residual, *self._range(quantity), self._size())
                if found is None:
                    continue
                used.append(number)
                if candidates is None:
                    candidates = found
                else:
                    candidates = [t for t in candidates if any(near(t, other) for other in found)] or candidates
                if not candidates:
                    equation = self.equations[number]
                    raise ContradictionError(f"{equation.theorem}: {equation} has no solution in this figure")
                if len(candidates) == 1:
                    self._settle(quantity, candidates[0], _Origin((*self._behind(used), *used)))
                    return True
        return False

    def _behind(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """The affine equations by which the quantities of these equations hang on the free ones."""
        hanging = {quantity for number in numbers for quantity in self._unknowns[number] if quantity in self._forms}
        direct = []
        for quantity in sorted(hanging):
            wanted = {quantity, *self._forms[quantity].coefficients}
            for number in self._uses[quantity]:
                if wanted >= {part for part in self._unknowns[number] if part not in self.values}:
                    direct.append(number)
                    break
        return tuple(dict.fromkeys(direct))

    def _residual(self, number: int, frees: Sequence[Quantity]) -> Callable[[Sequence[float]], float]:
        zero, unknown = self._zeros[number], self._unknowns[number]

        def residual(point: Sequence[float]) -> float:
            at = dict(zip(frees, point, strict=True))
            values = dict(at)
            for quantity in unknown:
                if quantity in self.values:
                    values[quantity] = self.values[quantity]
                elif quantity in self._forms:
                    form = self._forms[quantity]
                    values[quantity] = form.constant + sum(c * at[q] for q, c in form.coefficients.items())
            return zero.evaluate(values)

        return residual

    def _range(self, quantity: Quantity) -> tuple[float, float]:
        """Between what a free quantity must lie for all that hang on it alone to keep within their limits."""
        low, high = quantity.limits
        for other, form in self._forms.items():
            if set(form.coefficients) == {quantity}:
                coefficient = form.coefficients[quantity]
                ends = sorted((limit - form.constant) / coefficient for limit in other.limits)
                low, high = max(low, ends[0]), min(high, ends[1])
        return low, high

    def _size(self) -> float:
        """The size of the lengths that are known."""
        lengths = [value for quantity, value in self.values.items() if quantity.kind in ("length", "radius")]
        return float(np.median(lengths)) if lengths else 10.0

    def _blocks(self) -> bool:
        """Settle two or three free quantities by as many equations in them alone, where they have one solution."""
        groups: dict[frozenset[Quantity], list[int]] = {}
        for number in self._open:
            frees = self._frees(number)
            if 1 <= len(frees) <= 3:
                groups.setdefault(frees, []).append(number)
        for size in (2, 3):
            unions = {tuple(sorted(a | b)): a | b for a, b in itertools.product(groups, repeat=2)}
            for frees in (union for _, union in sorted(unions.items()) if len(union) == size):
                numbers = [number for group, members in groups.items() if group <= frees for number in members]
                if len(numbers) >= size and self._block(tuple(sorted(frees)), numbers[:8]):
                    return True
        return False

    def _block(self, frees: tuple[Quantity, ...], numbers: Sequence[int]) -> bool:
        if any(low >= high for low, high in map(self._range, frees)):
            return False
        residuals = [self._residual(number, frees) for number in numbers]
        draw = np.random.default_rng(0)
        found: list[np.ndarray] = []
        size = self._size()
        for _ in range(_STARTS):
            self._in_time()
            start = [start_between(draw, *self._range(quantity), size) for quantity in frees]
            with np.errstate(all="ignore"):
                result = root(lambda p: np.nan_to_num([f(p) for f in residuals], nan=1e9), start, method="lm")
            near = [self._range(q)[0] < t < self._range(q)[1] for q, t in zip(frees, result.x, strict=True)]
            if (
                not result.success
                or not all(near)
                or np.abs(result.fun).max() > 1e-7 * size
                or not self._within(frees, result.x)
            ):
                continue
            if np.linalg.matrix_rank(jacobian(residuals, result.x), tol=1e-4) < len(frees):
                return False
            if not any(np.allclose(result.x, other, rtol=1e-5) for other in found):
                found.append(result.x)
        if len(found) != 1:
            return False
        used = (*self._behind(numbers), *numbers)
        for quantity, value in zip(frees, found[0], strict=True):
            self._settle(quantity, float(value), _Origin(used))
        return True

    def _within(self, frees: Sequence[Quantity], point: Sequence[float]) -> bool:
        at = dict(zip(frees, point, strict=True))
        for quantity, form in self._forms.items():
            if set(form.coefficients) <= set(at):
                value = form.constant + sum(c * at[q] for q, c in form.coefficients.items())
                if not quantity.limits[0] < value < quantity.limits[1]:
                    return False
        return True


def _of_one(function: Callable[[Sequence[float]], float]) -> Callable[[float], float]:
    return lambda argument: function([argument])


def _normal(affine: Affine) -> object:
    """The same for all multiples of an affine equation; None for one without unknowns that holds."""
    if not affine.coefficients:
        return None if abs(affine.constant) < 1e-6 else ("never", affine.constant)
    parts = sorted(affine.coefficients.items())
    factor = parts[0][1]
    return tuple((q, round(c / factor, 9)) for q, c in parts), round(affine.constant / factor, 7)
