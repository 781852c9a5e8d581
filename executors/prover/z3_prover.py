"""Z3: the first prover. It runs inside the calling process, in a context of its own for each question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from executors.fol.printers import smtlib_declarations, to_smtlib
from executors.fol.syntax import (
    Atom,
    Constant,
    Equal,
    Formula,
    Function,
    Not,
    Quantified,
    Quantifier,
    Term,
    Variable,
    children,
    conjunction,
    disjunction,
    rebuilt,
)
from executors.prover.problem import Answer, Finding, Problem

if TYPE_CHECKING:
    import z3  # type: ignore[import-untyped]

NAME = "z3"
RLIMIT_PER_SECOND = 2_000_000  # measured: Z3 counts about this many resource units a second on these problems
QUICK_RLIMIT = 300_000  # data sets' problems need under 15,000
# Z3's default (10) stops instantiating on chains of some fifty universal implications.
EAGER_THRESHOLD = 1000.0
MAX_GROUND_NODES = 100_000
DOMAIN_SIZES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Effort:
    """What one call of Z3 may use."""

    seconds: float
    memory: int  # bytes
    rlimit: int

    @staticmethod
    def of(seconds: float, memory: int) -> Effort:
        seconds = max(seconds, 0.01)
        return Effort(seconds, memory, int(RLIMIT_PER_SECOND * seconds))


def both_ways(problem: Problem, effort: Effort) -> tuple[Finding, Finding]:
    """The goal and its negation from one incremental solver: the quickest way on small problems."""
    import z3

    solver = _solver(effort, eager=True)
    text = _script((*problem.premises, problem.goal), problem.premises)
    solver.from_string(f"{text}(declare-const goal Bool)(assert (= goal {to_smtlib(problem.goal)}))")
    goal = z3.Bool("goal", solver.ctx)
    return _check(solver, z3.Not(goal)), _check(solver, goal)


def prove(problem: Problem, effort: Effort) -> Finding:
    """The goal alone, with all of Z3's strategies: eager instantiation, then Z3's own settings."""
    half = Effort(effort.seconds / 2, effort.memory, effort.rlimit // 2)
    for eager in (True, False):
        solver = _solver(half, eager)
        symbols = (*problem.premises, problem.goal)
        solver.from_string(f"{_script(symbols, problem.premises)}(assert (not {to_smtlib(problem.goal)}))")
        finding = _check(solver)
        if finding.closed:
            return finding
    return finding


def finite_model(problem: Problem, effort: Effort) -> Finding:
    """Refutes the goal by a model of few elements, in which every quantifier is written out, where there is one."""
    formulas = (*problem.premises, Not(problem.goal))
    for size in DOMAIN_SIZES:
        if sum(_ground_size(formula, size) for formula in formulas) > MAX_GROUND_NODES:
            break
        solver = _solver(effort, eager=False)
        solver.from_string(_finite_script(formulas, size))
        if _check(solver).answer is Answer.REFUTED:
            return Finding(Answer.REFUTED, NAME, f"a finite model of {size} element{'s' * (size > 1)}")
    return Finding(Answer.OPEN)


def _solver(effort: Effort, eager: bool) -> z3.Solver:
    import z3

    solver = z3.Solver(ctx=z3.Context())
    solver.set("timeout", max(1, int(effort.seconds * 1000)))
    solver.set("rlimit", effort.rlimit)
    solver.set("max_memory", max(64, effort.memory >> 20))
    if eager:
        solver.set("smt.qi.eager_threshold", EAGER_THRESHOLD)
    return solver


def _check(solver: z3.Solver, *assumptions: z3.BoolRef) -> Finding:
    import z3

    try:
        result = solver.check(*assumptions)
    except z3.Z3Exception:  # "out of memory" and "canceled" are raised, not answered
        return Finding(Answer.OPEN)
    if result == z3.unsat:
        return Finding(Answer.PROVED, NAME, "a refutation of the negated goal")
    if result == z3.sat:
        return Finding(Answer.REFUTED, NAME, "a countermodel")
    return Finding(Answer.OPEN)


def _script(symbols: Sequence[Formula], asserted: Sequence[Formula]) -> str:
    return "".join((smtlib_declarations(symbols), *(f"(assert {to_smtlib(formula)})\n" for formula in asserted)))


def _ground_size(formula: Formula, size: int) -> int:
    """The number of nodes of `formula` with every quantifier written out over `size` elements."""
    factor = size if isinstance(formula, Quantified) else 1
    return 1 + factor * sum(_ground_size(part, size) for part in children(formula))


def _finite_script(formulas: Sequence[Formula], size: int) -> str:
    """The ground problem over the elements e0…, an enumeration: distinct elements differ and there are no others."""
    elements = tuple(Constant(f"e{number}") for number in range(size))
    sort = " ".join(f"({element.name})" for element in elements)
    lines = [f"(declare-datatypes ((U 0)) (({sort})))\n", smtlib_declarations(formulas, sort=False)]
    lines += [f"(assert {to_smtlib(_ground(formula, {}, elements))})\n" for formula in formulas]
    return "".join(lines)


def _ground(formula: Formula, values: Mapping[str, Constant], elements: Sequence[Constant]) -> Formula:
    if isinstance(formula, Quantified):
        join = conjunction if formula.quantifier is Quantifier.FORALL else disjunction
        return join(_ground(formula.body, {**values, formula.variable: element}, elements) for element in elements)
    if isinstance(formula, Atom):
        return Atom(formula.name, tuple(_ground_term(term, values) for term in formula.args))
    if isinstance(formula, Equal):
        return Equal(_ground_term(formula.left, values), _ground_term(formula.right, values))
    return rebuilt(formula, lambda part: _ground(part, values, elements))


def _ground_term(term: Term, values: Mapping[str, Constant]) -> Term:
    if isinstance(term, Variable):
        return values[term.name]
    if isinstance(term, Function):
        return Function(term.name, tuple(_ground_term(arg, values) for arg in term.args))
    return term
