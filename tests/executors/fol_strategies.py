"""Hypothesis strategies for closed first-order formulas, with the names that printers find hard."""

from __future__ import annotations

from hypothesis import strategies as st

from executors.fol.syntax import (
    Atom,
    Constant,
    Equal,
    Formula,
    Function,
    Iff,
    Implies,
    Not,
    Quantified,
    Quantifier,
    Term,
    Truth,
    Variable,
    Xor,
    conjunction,
    disjunction,
    rebuilt,
)

PLAIN = st.sampled_from(
    ["Dog", "Likes", "P", "Q", "rex", "tom", "a", "x", "u1", "New_York", "O'Brien", "not", "v", "all"]
)
# Full-width letters are read as the ASCII ones; a new line ends a quoted name.
ODD = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters=["\\", "|", '"'], max_codepoint=0x2FFF), min_size=1
)
VARIABLES = st.sampled_from(["x", "y", "person", "x1"])
QUANTIFIERS = st.sampled_from(Quantifier)


def formulas(names: st.SearchStrategy[str] = PLAIN | ODD, max_leaves: int = 12) -> st.SearchStrategy[Formula]:
    leaves = VARIABLES.map(Variable) | names.map(Constant)
    terms: st.SearchStrategy[Term] = st.recursive(
        leaves,
        lambda inner: st.builds(Function, names, st.lists(inner, min_size=1, max_size=2).map(tuple)),
        max_leaves=3,
    )
    atoms: st.SearchStrategy[Formula] = (
        st.builds(Truth, st.booleans())
        | st.builds(Atom, names, st.lists(terms, max_size=3).map(tuple))
        | st.builds(Equal, terms, terms)
    )
    return st.recursive(atoms, _compound, max_leaves=max_leaves).map(lambda formula: closed(formula, frozenset()))


def _compound(inner: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    parts = st.lists(inner, min_size=2, max_size=3)
    return (
        st.builds(Not, inner)
        | parts.map(conjunction)
        | parts.map(disjunction)
        | st.builds(Xor, inner, inner)
        | st.builds(Implies, inner, inner)
        | st.builds(Iff, inner, inner)
        | st.builds(Quantified, QUANTIFIERS, VARIABLES, inner)
    )


def closed(formula: Formula, bound: frozenset[str]) -> Formula:
    """`formula` with each variable that nothing binds made a constant."""

    def term(value: Term) -> Term:
        if isinstance(value, Variable) and value.name not in bound:
            return Constant(value.name)
        if isinstance(value, Function):
            return Function(value.name, tuple(term(arg) for arg in value.args))
        return value

    if isinstance(formula, Quantified):
        return Quantified(formula.quantifier, formula.variable, closed(formula.body, bound | {formula.variable}))
    if isinstance(formula, Atom):
        return Atom(formula.name, tuple(term(arg) for arg in formula.args))
    if isinstance(formula, Equal):
        return Equal(term(formula.left), term(formula.right))
    return rebuilt(formula, lambda part: closed(part, bound))


def numbered(formula: Formula, names: dict[str, str] | None = None, depth: int = 0) -> Formula:
    """`formula` with its bound variables named by depth, and ⊕ as a negated ↔: equal up to what printers may change."""
    names = names or {}

    def term(value: Term) -> Term:
        if isinstance(value, Variable):
            return Variable(names[value.name])
        if isinstance(value, Function):
            return Function(value.name, tuple(term(arg) for arg in value.args))
        return value

    if isinstance(formula, Quantified):
        inner = numbered(formula.body, {**names, formula.variable: f"v{depth}"}, depth + 1)
        return Quantified(formula.quantifier, f"v{depth}", inner)
    if isinstance(formula, Atom):
        return Atom(formula.name, tuple(term(arg) for arg in formula.args))
    if isinstance(formula, Equal):
        return Equal(term(formula.left), term(formula.right))
    if isinstance(formula, Xor):
        return Not(Iff(numbered(formula.left, names, depth), numbered(formula.right, names, depth)))
    return rebuilt(formula, lambda part: numbered(part, names, depth))
