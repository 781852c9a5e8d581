"""Do two formulas say the same? Decided by provers, after the prediction's names are aligned with the gold's.

Alignment is by name and kind (predicate or function with its arity, constant), never by position or meaning. A name
of the prediction that the gold formula uses is itself. Any other is the one unused gold name with the same key, where
the key drops case and everything but letters and digits ("is_big", "IsBig" and "isBig" are one); with no such name, or
two, it stays as written. So another spelling is forgiven and another symbol is not.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from executors.fol.parser import Unparsable
from executors.fol.reader import read_formula
from executors.fol.syntax import (
    Atom,
    Constant,
    Equal,
    Formula,
    Function,
    Quantified,
    Term,
    rebuilt,
    signature,
)
from executors.outcome import Limits, Outcome, Status, Verdict, one_line
from executors.prover import Answer, Finding, decide


def parses(prediction: str) -> bool:
    """Whether a completion holds exactly one formula, in any supported notation."""
    return not isinstance(read_formula(prediction), Unparsable)


def semantic_equivalence(prediction: str, gold: str, limits: Limits) -> Outcome:
    """TRUE where each of the two formulas entails the other, FALSE where one does not, UNDECIDED where provers gave up.

    NO_PROGRAM where the prediction is empty, INVALID where it holds no formula. Names that nothing binds are constants.
    Raises `ValueError` where `gold` is no formula: the data is wrong, not the model.
    """
    started = time.monotonic()
    true = read_formula(gold)
    if isinstance(true, Unparsable):
        raise ValueError(f"the gold formula: {true}")
    if not prediction.strip():
        return Outcome.failed(Status.NO_PROGRAM, "an empty prediction")
    predicted = read_formula(prediction)
    if isinstance(predicted, Unparsable):
        return Outcome.failed(Status.INVALID, predicted, time.monotonic() - started)
    return replace(equivalent(true, align(predicted, true), limits), seconds=time.monotonic() - started)


def equivalent(left: Formula, right: Formula, limits: Limits) -> Outcome:
    """TRUE, FALSE or UNDECIDED, with the prover of each direction in `detail`."""
    if left == right:
        return Outcome(Status.OK, Verdict.TRUE, "the same formula")
    half = replace(limits, seconds=limits.seconds / 2)
    forward = decide((left,), right, half)
    if forward.answer is Answer.REFUTED:
        return Outcome(Status.OK, Verdict.FALSE, one_line(f"gold does not entail prediction ({forward})"))
    backward = decide((right,), left, half)
    if backward.answer is Answer.REFUTED:
        return Outcome(Status.OK, Verdict.FALSE, one_line(f"prediction does not entail gold ({backward})"))
    proved = forward.answer is Answer.PROVED and backward.answer is Answer.PROVED
    return Outcome(Status.OK, Verdict.TRUE if proved else Verdict.UNDECIDED, one_line(_both(forward, backward)))


def _both(forward: Finding, backward: Finding) -> str:
    return f"gold entails prediction: {forward.answer} ({forward}); the converse: {backward.answer} ({backward})"


# --- alignment -------------------------------------------------------------------------------------------------------

_Key = tuple[str, int]  # a name with its arity, which is -1 for constants


@dataclass(frozen=True, slots=True)
class _Names:
    predicates: Mapping[_Key, str]
    functions: Mapping[_Key, str]
    constants: Mapping[_Key, str]


def align(predicted: Formula, gold: Formula) -> Formula:
    """`predicted` with its names spelled as `gold` spells them."""
    ours, theirs = signature((predicted,)), signature((gold,))
    names = _Names(
        _aligned(ours.predicates, theirs.predicates),
        _aligned(ours.functions, theirs.functions),
        _aligned(((name, -1) for name in ours.constants), [(name, -1) for name in theirs.constants]),
    )
    return _renamed(predicted, names)


def _aligned(ours: Iterable[_Key], theirs: Iterable[_Key]) -> dict[_Key, str]:
    ours, theirs = list(ours), list(theirs)
    known = set(theirs)
    unused: dict[_Key, list[str]] = {}
    for name, arity in theirs:
        if (name, arity) not in ours:
            unused.setdefault((_spelling(name), arity), []).append(name)
    wanted: dict[_Key, int] = {}
    for name, arity in ours:
        if (name, arity) not in known:
            wanted[_spelling(name), arity] = wanted.get((_spelling(name), arity), 0) + 1
    found: dict[_Key, str] = {}
    for name, arity in ours:
        key = (_spelling(name), arity)
        candidates = unused.get(key, [])
        unique = (name, arity) not in known and len(candidates) == 1 and wanted[key] == 1
        found[name, arity] = candidates[0] if unique else name
    return found


def _spelling(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum()) or name


def _renamed(formula: Formula, names: _Names) -> Formula:
    def term(value: Term) -> Term:
        if isinstance(value, Constant):
            return Constant(names.constants[value.name, -1])
        if isinstance(value, Function):
            return Function(names.functions[value.name, len(value.args)], tuple(term(arg) for arg in value.args))
        return value

    def inside(value: Formula) -> Formula:
        if isinstance(value, Atom):
            return Atom(names.predicates[value.name, len(value.args)], tuple(term(arg) for arg in value.args))
        if isinstance(value, Equal):
            return Equal(term(value.left), term(value.right))
        if isinstance(value, Quantified):
            return Quantified(value.quantifier, value.variable, inside(value.body))
        return rebuilt(value, inside)

    return inside(formula)
