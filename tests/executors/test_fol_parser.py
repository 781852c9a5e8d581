"""One parser for every notation: what each means, what binds what, and what is refused, with the place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executors.fol.parser import MAX_DEPTH, MAX_LENGTH, Unparsable, parse, parse_smtlib
from executors.fol.printers import to_unicode
from executors.fol.syntax import And, Atom, Constant, Formula, Quantified, Variable, terms


def read(text: str) -> Formula:
    formula = parse(text)
    assert not isinstance(formula, Unparsable), f"{text!r}: {formula}"
    return formula


RULE = "∀x (Dog(x) → Animal(x))"
EITHER = "∃x ∃y ((P(x) ∨ ¬Q(y)) ∧ (R(x, y) ↔ S(a)))"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("∀x(Dog(x)→Animal(x))", RULE),
        ("forall x. (Dog(x) -> Animal(x))", RULE),
        ("ForAll x (Dog(x) => Animal(x))", RULE),
        ("all x.(Dog(x) -> Animal(x))", RULE),
        ("all x (Dog(x) -> Animal(x)).", RULE),
        ("for all x, (Dog(x) implies Animal(x))", RULE),
        ("FORALL x (Dog(x) IMPLIES Animal(x))", RULE),
        (r"\forall x \, (\text{Dog}(x) \rightarrow \mathrm{Animal}(x))", RULE),
        (r"$\forall x\,\left(Dog(x) \Rightarrow Animal(x)\right)$", RULE),
        (r"\[\forall x [Dog(x) \to Animal(x)]\]", RULE),
        ("(∀x)(Dog(x) ⊃ Animal(x))", RULE),
        ("∀x: (Dog(x) ⟹ Animal(x))", RULE),
        ("∀x [Dog(x) ⟶ Animal(x)]", RULE),
        ("∀x {Animal(x) ← Dog(x)}", RULE),
        ("ForAll([x], Implies(Dog(x), Animal(x)))", RULE),
        ("ForAll(x, Implies(Dog(x), Animal(x)))", RULE),
        ("(forall ((x Thing)) (=> (Dog x) (Animal x)))", RULE),
        ("(assert (forall ((x U)) (=> (Dog x) (Animal x))))", RULE),
        ("∀x（Dog（x）→ Animal（x））", RULE),
        ("∀x\u00a0(\u200bDog(x) → Animal(x))", RULE),
        ("∃x ∃y ((P(x) ∨ ¬Q(y)) ∧ (R(x,y) ↔ S(a)))", EITHER),
        ("exists x exists y ((P(x) | -Q(y)) & (R(x,y) <-> S(a)))", EITHER),
        ("∃x,y ((P(x) || !Q(y)) && (R(x,y) <=> S(a)))", EITHER),
        ("∃x y ((P(x) \\/ ~Q(y)) /\\ (R(x,y) ≡ S(a)))", EITHER),
        ("there exists x such that (∃y ((P(x) or not Q(y)) and (R(x,y) iff S(a))))", EITHER),
        ("∃x ∃y ((P(x) v ∼Q(y)) ⋀ (R(x,y) ⟷ S(a)))", EITHER),
        ("Exists([x, y], And(Or(P(x), Not(Q(y))), R(x, y) == S(a)))", EITHER),
        (r"\exists x \exists y ((P(x) \lor \neg Q(y)) \land (R(x,y) \iff S(a)))", EITHER),
        ("![X]: ((p(X) & q(X)) <~> r(X))", "∀X ((p(X) ∧ q(X)) ⊕ r(X))"),
        ("? [X, Y] : likes(X, Y)", "∃X ∃Y likes(X, Y)"),
        ("P(a) ^ Q(a)", "P(a) ⊕ Q(a)"),
        ("P(a) ⊻ Q(a)", "P(a) ⊕ Q(a)"),
        ("P(a) if and only if Q(a)", "P(a) ↔ Q(a)"),
        ("Xor(P(a), Q(a))", "P(a) ⊕ Q(a)"),
        ("∄x Flies(x)", "¬∃x Flies(x)"),
        ("P(a) ~& Q(a)", "¬(P(a) ∧ Q(a))"),
        ("¬¬P(a)", "¬¬P(a)"),
        ("((((P(a)))))", "P(a)"),
        ("∀x (King(x) → x = arthur)", "∀x (King(x) → (x = arthur))"),
        ("∃x (x ≠ a)", "∃x ¬(x = a)"),
        ("Loves(bob, mother(bob))", "Loves(bob, mother(bob))"),
        ("⊤ → $false", "⊤ → ⊥"),
    ],
)
def test_notations(text: str, canonical: str) -> None:
    assert to_unicode(read(text)) == canonical


@pytest.mark.parametrize(
    ("text", "bracketed"),
    [
        ("A(a) ∧ B(a) ∨ C(a)", "(A(a) ∧ B(a)) ∨ C(a)"),
        ("A(a) ∨ B(a) ∧ C(a)", "A(a) ∨ (B(a) ∧ C(a))"),
        ("A(a) ∨ B(a) ⊕ C(a)", "(A(a) ∨ B(a)) ⊕ C(a)"),
        ("A(a) ⊕ B(a) ∧ C(a)", "A(a) ⊕ (B(a) ∧ C(a))"),
        ("A(a) ⊕ B(a) ⊕ C(a)", "(A(a) ⊕ B(a)) ⊕ C(a)"),
        ("A(a) → B(a) → C(a)", "A(a) → (B(a) → C(a))"),
        ("A(a) → B(a) ∧ C(a)", "A(a) → (B(a) ∧ C(a))"),
        ("A(a) ↔ B(a) → C(a)", "A(a) ↔ (B(a) → C(a))"),
        ("¬A(a) ∧ B(a)", "(¬A(a)) ∧ B(a)"),
    ],
)
def test_precedence(text: str, bracketed: str) -> None:
    assert read(text) == read(bracketed)


def test_a_chain_is_one_level() -> None:
    chain = read(" ∧ ".join(f"P{index}(a)" for index in range(1000)))
    assert isinstance(chain, And)
    assert len(chain.parts) == 1000


def test_a_quantifier_binds_the_next_formula_only() -> None:
    formula = read("∀x P(x) → Q(x)")
    assert formula == read("(∀x P(x)) → Q('x')")
    assert [term for term in terms(formula) if isinstance(term, Constant)] == [Constant("x")]


@pytest.mark.parametrize("text", ["∀x. P(x) → Q(x)", "∀x: P(x) → Q(x)", "forall x, P(x) -> Q(x)"])
def test_a_quantifier_closed_by_a_mark_binds_all_that_follows(text: str) -> None:
    assert read(text) == read("∀x (P(x) → Q(x))")


def test_a_wide_quantifier_ends_with_its_brackets() -> None:
    assert read("(∀x. P(x) ∧ Q(x)) → R(a)") == read("(∀x (P(x) ∧ Q(x))) → R(a)")
    assert read("¬∃x. P(x) ∧ Q(x)") == read("¬(∃x (P(x) ∧ Q(x)))")


def test_names_are_variables_only_where_bound() -> None:
    assert read("Loves(x, bob)") == Atom("Loves", (Constant("x"), Constant("bob")))
    inside = read("∀bob Loves(x, bob)")
    assert isinstance(inside, Quantified)
    assert inside.body == Atom("Loves", (Constant("x"), Variable("bob")))


@pytest.mark.parametrize(
    ("text", "constant"),
    [
        ("Lives(bob, new york)", "new york"),
        ("Lives(bob, 'new york')", "new york"),
        ('Lives(bob, "new york")', "new york"),
        ("Lives(bob, mr.smith)", "mr.smith"),
        ("Lives(bob, y42.3billion)", "y42.3billion"),
        ("Lives(bob, c++)", "c++"),
        ("Lives(bob, south-west)", "south-west"),
        ("Lives(bob, O'Brien)", "O'Brien"),
        ("Lives(bob, 1990)", "1990"),
        ("Lives(bob, Zoë)", "Zoë"),
        (r"Lives(bob, x_{1})", "x_1"),
        (r"Lives(bob, new\_york)", "new_york"),
    ],
)
def test_constants(text: str, constant: str) -> None:
    assert read(text) == Atom("Lives", (Constant("bob"), Constant(constant)))


def test_exactly_one_keeps_one_copy_of_its_body() -> None:
    assert to_unicode(read("∃!x King(x)")) == "∃x_one ∀x (King(x) ↔ (x = x_one))"


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("", "expected a formula, the text ends", 0),
        ("P(a) ∧", "expected a formula, the text ends", 6),
        ("P(a) ∧ ∧ Q(a)", "expected a formula, found '∧'", 7),
        ("∀x (P(x) → Q(x)", "a bracket that is never closed", 3),
        ("P(a))", "')' closes nothing", 4),
        ("(P(a)]", "expected ')', found ']'", 5),
        ("P(a) Q(a)", "expected an operator or the end, found 'Q'", 5),
        ("∀x R(x x)", "expected ',' between the terms, found 'x'", 7),
        ("P()", "expected a term, found ')'", 2),
        ("∀ (P(x) ∧ Q(x))", "expected ')' after the variables, found '('", 4),
        ("∀x", "expected a formula, the text ends", 2),
        ("∀x x", "expected a formula, not a bare variable, found 'x'", 3),
        ("Age(x) > 18", "'>' is not part of first-order syntax", 7),
        ("∀x∈S P(x)", "'∈' is not part of first-order syntax", 2),
        ("P(a) ⊢ Q(a)", "'⊢' is not part of first-order syntax", 5),
        ("Implies(P(a))", "Implies takes 2, not 1 formulas", 0),
        (r"\foo x", r"unknown LaTeX command \foo", 0),
        ("P(a)\x00", "unexpected '\\x00'", 4),
    ],
)
def test_faults_name_their_place(text: str, message: str, position: int) -> None:
    assert parse(text) == Unparsable(message, position)


def test_length_and_depth_are_bounded() -> None:
    assert isinstance(parse("P(a) ∧ " * MAX_LENGTH + "P(a)"), Unparsable)
    assert isinstance(parse("¬" * (MAX_DEPTH + 1) + "P(a)"), Unparsable)
    assert isinstance(parse("(" * 9_000 + "P(a)" + ")" * 9_000), Unparsable)
    assert isinstance(parse("f(" * 100 + "a" + ")" * 100), Unparsable)
    assert isinstance(parse("P(a) → " * 1000 + "P(a)"), Unparsable)
    assert read("¬" * (MAX_DEPTH - 1) + "P(a)") == read("¬" * (MAX_DEPTH - 1) + "P(a)")
    assert read("(" * 1_000 + "P(a)" + ")" * 1_000) == Atom("P", (Constant("a"),))


FRAGMENTS = st.sampled_from(
    [*"∀∃¬∧∨→↔⊕(),.:![]{}?~&|^<>=-$\\'\"xyPa ", "forall ", "ForAll([x], ", "\\text{", "![X]: ", "∃!x ", " and ", "P(x)"]
)


@given(st.text() | st.lists(FRAGMENTS, max_size=40).map("".join))
def test_any_text_gives_a_formula_or_a_place(text: str) -> None:
    for reader in (parse, parse_smtlib):
        formula = reader(text)
        assert not isinstance(formula, Unparsable) or 0 <= formula.position <= len(text)
