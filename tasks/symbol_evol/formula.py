"""First-order logic: the predicates of the gold formula.

The standard prompts name no predicates: models choose their own, and metrics align them by spelling. Nobody can guess
random ones, so the evolved prompt lists them with their meaning; the evolved task thereby says more, and asks
for the given names instead of a good choice: a formula with any other predicate is none of the language.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from executors.fol.lexer import Kind, LexicalError, Token, tokenize
from executors.fol.parser import Unparsable, parse
from executors.fol.printers import to_unicode
from executors.fol.reader import Found, find_formula
from executors.fol.syntax import Atom, Formula, Quantified, rebuilt, signature
from executors.outcome import Outcome, Status, one_line
from tasks.symbol_evol.evolution import Evolution
from tasks.symbol_evol.renaming import Renaming
from tasks.task import Sample


def symbols(sample: Sample) -> list[str]:
    """None where the gold is no formula."""
    gold = find_formula(sample.target)
    return [] if isinstance(gold, Unparsable) else _predicates(gold.formula)


def _predicates(formula: Formula) -> list[str]:
    return sorted({name for name, _ in signature([formula]).predicates})


def rename(program: str, renaming: Renaming) -> str:
    """The text with its predicates replaced; printed anew where that is not the same formula."""
    found = find_formula(program)
    return program if isinstance(found, Unparsable) else _renamed(found, renaming)


def read_back(program: str, renaming: Renaming) -> str | Outcome:
    found = find_formula(program)
    if isinstance(found, Unparsable):
        return Outcome.failed(Status.INVALID, found)
    new = frozenset(renaming.names.values())
    for name in _predicates(found.formula):
        if name not in new:
            return Outcome.failed(Status.INVALID, f"the prompt defines no predicate {one_line(name, 40)!r}")
    return _renamed(found, renaming)


def _renamed(found: Found, renaming: Renaming) -> str:
    wanted = _with_predicates(found.formula, renaming)
    try:
        text = _replaced(found.text, set(_predicates(found.formula)), renaming)
    except LexicalError:  # SMT-LIB is read by other rules
        return to_unicode(wanted)
    return text if parse(text) == wanted else to_unicode(wanted)


def _with_predicates(formula: Formula, renaming: Renaming) -> Formula:
    if isinstance(formula, Atom):
        return Atom(renaming.swapped(formula.name) or formula.name, formula.args)
    if isinstance(formula, Quantified):
        return Quantified(formula.quantifier, formula.variable, _with_predicates(formula.body, renaming))
    return rebuilt(formula, lambda part: _with_predicates(part, renaming))


def _replaced(text: str, predicates: set[str], renaming: Renaming) -> str:
    """Raises LexicalError."""
    pieces: list[str] = []
    done = 0
    for token, end in _in_predicate_position(text, predicates):
        pieces += [text[done : token.position], renaming.swapped(token.text) or token.text]
        done = end
    return "".join([*pieces, text[done:]])


def _in_predicate_position(text: str, predicates: set[str]) -> Iterator[tuple[Token, int]]:
    """The names of predicates outside of all arguments, with the place where each ends in the text."""
    tokens = tokenize(text)
    depth = 0  # of brackets, from that of a predicate's arguments on
    named = False  # the token before is a predicate's name
    for token, following in pairwise(tokens):
        if token.kind is Kind.OPEN and (depth or named):
            depth += 1
        elif token.kind is Kind.CLOSE and depth:
            depth -= 1
        named = not depth and token.kind in (Kind.NAME, Kind.QUOTED) and token.text in predicates
        if named:
            yield token, token.position + len(text[token.position : following.position].rstrip())


FORMULA = Evolution(
    symbols=symbols,
    rename=rename,
    read_back=read_back,
    template=(
        "Transform the natural language sentence into first-order logic (FOL) form. "
        "Predicates have random names here; use no others. {{ legend }}\n"
        "The sentence is: {{ sentence }}\n"
        "The FOL form is:\n"
    ),
)
