"""Printing and reading again gives the same formula, in four notations, whatever the names."""

from __future__ import annotations

from hypothesis import given, settings

from executors.fol.parser import parse, parse_smtlib
from executors.fol.printers import smtlib_script, to_prover9, to_smtlib, to_tptp, to_unicode
from executors.fol.syntax import Atom, Equal, Formula, Function, Iff, Truth, subformulas
from tests.executors.fol_strategies import formulas, numbered

RULE = parse("∀x (Dog(x) ∧ ¬Likes(x, zoë) → ∃y (Owns(y, x) ⊕ x = y))")
assert not hasattr(RULE, "message")


def test_each_notation() -> None:
    assert to_unicode(RULE) == "∀x ((Dog(x) ∧ ¬Likes(x, zoë)) → (∃y (Owns(y, x) ⊕ (x = y))))"
    assert to_prover9(RULE) == 'all x ((Dog(x) & -Likes(x, "zoë")) -> (exists y (-(Owns(y, x) <-> (x = y)))))'
    assert to_tptp(RULE) == "! [X] : (('Dog'(X) & ~'Likes'(X, 'zoë')) => (? [Y] : ('Owns'(Y, X) <~> (X = Y))))"
    assert to_smtlib(RULE) == (
        "(forall ((x U)) (=> (and (Dog x) (not (Likes x |zoë|))) (exists ((y U)) (xor (Owns y x) (= x y)))))"
    )


def test_a_script_declares_what_it_uses() -> None:
    script = smtlib_script([parse("Dog(rex)")], parse("Dog(father(rex))"))
    assert script.splitlines() == [
        "(declare-sort U 0)",
        "(declare-fun Dog (U) Bool)",
        "(declare-fun father (U) U)",
        "(declare-const rex U)",
        "(assert (Dog rex))",
        "(assert (not (Dog (father rex))))",
        "(check-sat)",
    ]


def test_prover9_quotes_constants_that_it_would_take_for_variables() -> None:
    assert to_prover9(parse("Loves(x, bob)")) == 'Loves("x", bob)'


@given(formulas())
@settings(max_examples=300)
def test_unicode_round_trip(formula: Formula) -> None:
    assert parse(to_unicode(formula)) == formula


@given(formulas())
def test_prover9_round_trip(formula: Formula) -> None:
    read = parse(to_prover9(formula))
    assert numbered(read) == numbered(formula)


@given(formulas())
def test_tptp_round_trip(formula: Formula) -> None:
    assert numbered(parse(to_tptp(formula))) == numbered(formula)


def unmistakable(formula: Formula) -> bool:
    """Whether each "=" of the SMT-LIB text shows what it compares: without declarations an atom may be a term."""
    for part in subformulas(formula):
        if isinstance(part, Iff) and all(isinstance(side, (Atom, Truth)) for side in (part.left, part.right)):
            return False
        if isinstance(part, Equal) and any(isinstance(side, Function) for side in (part.left, part.right)):
            return False
    return True


@given(formulas().filter(unmistakable))
def test_smtlib_round_trip(formula: Formula) -> None:
    read = parse_smtlib(to_smtlib(formula))
    assert numbered(read) == numbered(formula)
