"""Formulas as text: Unicode, Prover9 (LADR), TPTP (FOF) and SMT-LIB 2.

Every printer brackets each binary connective inside another formula, so that no reader's precedence matters, and
quotes a name that its notation would read as something else. `parser.parse` reads all four back; Prover9 has no
exclusive or, which comes back as a negated equivalence, and TPTP has its own rule for variables, which come back
renamed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from executors.fol.syntax import (
    And,
    Atom,
    Constant,
    Equal,
    Formula,
    Iff,
    Implies,
    Not,
    Or,
    Quantified,
    Quantifier,
    Term,
    Truth,
    Variable,
    Xor,
    signature,
    subformulas,
)

# fmt: off
_RESERVED = frozenset({
    "and", "or", "not", "xor", "implies", "iff", "v", "forall", "all", "exists", "exist", "some", "for",
    "there", "true", "false", "such", "if", "only",
})
# fmt: on
_CALLS = frozenset({"And", "Or", "Not", "Implies", "Xor", "Iff", "ForAll", "Forall", "Exists"})
_PLAIN = re.compile(r"[^\W\d]\w*(?:['’-]\w+)*")
_NUMBER = re.compile(r"\d+")
_ASCII = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TPTP_WORD = re.compile(r"[a-z][A-Za-z0-9_]*")
_SMT_SYMBOL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# fmt: off
_SMT_RESERVED = frozenset({
    "and", "or", "not", "xor", "assert", "forall", "exists", "true", "false", "let", "par", "as", "distinct",
    "ite",
})
# fmt: on


@dataclass(frozen=True, slots=True)
class _Style:
    """A notation with infix connectives; `name(text, is_constant, bound)` quotes where it must."""

    truths: tuple[str, str]  # of ⊤ and ⊥
    negation: str
    conjunction: str
    disjunction: str
    exclusive: str  # empty where the notation has none
    implication: str
    equivalence: str
    quantified: Callable[[Quantifier, str], str]
    name: Callable[[str, bool, frozenset[str]], str]


def to_unicode(formula: Formula) -> str:
    """`∀x (Dog(x) → Animal(x))`; names that are no plain word stand in single quotes."""
    return _Infix(_UNICODE, _variable_names(formula, str)).formula(formula, frozenset())


def to_prover9(formula: Formula) -> str:
    """LADR syntax without the final dot. A constant that LADR would take for a variable (u…z) stands in quotes."""
    return _Infix(_PROVER9, _variable_names(formula, str)).formula(formula, frozenset())


def to_tptp(formula: Formula) -> str:
    """A FOF formula without its `fof(…)` wrapper; bound variables get a capital."""
    return _Infix(_TPTP, _variable_names(formula, str.capitalize)).formula(formula, frozenset())


def to_smtlib(formula: Formula) -> str:
    """An SMT-LIB term over one sort, `U`. The characters that no symbol may hold (bar, backslash) become "_"."""
    symbols = signature((formula,))
    names = {name for name, _ in (*symbols.predicates, *symbols.functions)}.union(symbols.constants)
    return _smtlib(formula, _variable_names(formula, str, names))


def smtlib_declarations(formulas: Sequence[Formula], sort: bool = True) -> str:
    """The declarations of the symbols of `formulas` (and of the sort `U`), each on its own line. A name used with two
    arities is declared twice, which Z3 and cvc5 accept."""
    symbols = signature(formulas)
    lines = ["(declare-sort U 0)"] if sort else []
    lines += [f"(declare-fun {_smt_name(name)} ({' '.join(['U'] * arity)}) Bool)" for name, arity in symbols.predicates]
    lines += [f"(declare-fun {_smt_name(name)} ({' '.join(['U'] * arity)}) U)" for name, arity in symbols.functions]
    lines += [f"(declare-const {_smt_name(name)} U)" for name in symbols.constants]
    return "".join(line + "\n" for line in lines)


def smtlib_script(premises: Sequence[Formula], conclusion: Formula) -> str:
    """A whole script: unsatisfiable exactly where `premises` entail `conclusion`."""
    lines = [smtlib_declarations((*premises, conclusion))]
    lines += [f"(assert {to_smtlib(premise)})\n" for premise in premises]
    lines += [f"(assert (not {to_smtlib(conclusion)}))\n(check-sat)\n"]
    return "".join(lines)


def _variable_names(formula: Formula, form: Callable[[str], str], used: Iterable[str] = ()) -> dict[str, str]:
    """A distinct plain word for each bound variable, `form`ed from its own name and none of those `used`."""
    names: dict[str, str] = {}
    taken = set(used)
    for part in subformulas(formula):
        if isinstance(part, Quantified) and part.variable not in names:
            base = form(re.sub(r"\W", "_", part.variable)) or "x"
            if base[0].isdigit() or base[0] == "_":
                base = form("x") + base
            printed, number = base, 1
            while printed in taken:
                number += 1
                printed = f"{base}{number}"
            names[part.variable] = printed
            taken.add(printed)
    return names


class _Infix:
    def __init__(self, style: _Style, variables: Mapping[str, str]) -> None:
        self.style = style
        self.variables = variables

    def formula(self, formula: Formula, bound: frozenset[str]) -> str:
        style = self.style
        if isinstance(formula, Truth):
            return style.truths[not formula.value]
        if isinstance(formula, Atom):
            return self._applied(formula.name, formula.args, bound)
        if isinstance(formula, Equal):
            return f"{self._term(formula.left, bound)} = {self._term(formula.right, bound)}"
        if isinstance(formula, Not):
            return style.negation + self._tight(formula.body, bound)
        if isinstance(formula, Quantified):
            name = self.variables[formula.variable]
            body = self._tight(formula.body, bound | {name})
            return style.quantified(formula.quantifier, name) + body
        return self._binary(formula, bound)

    def _binary(self, formula: And | Or | Xor | Implies | Iff, bound: frozenset[str]) -> str:
        style = self.style
        if isinstance(formula, (And, Or)):
            symbol = style.conjunction if isinstance(formula, And) else style.disjunction
            return f" {symbol} ".join(self._operand(part, bound) for part in formula.parts)
        left, right = self._operand(formula.left, bound), self._operand(formula.right, bound)
        if isinstance(formula, Xor):
            if not style.exclusive:
                return f"{style.negation}({left} {style.equivalence} {right})"
            return f"{left} {style.exclusive} {right}"
        return f"{left} {style.implication if isinstance(formula, Implies) else style.equivalence} {right}"

    def _tight(self, formula: Formula, bound: frozenset[str]) -> str:
        """The formula as the operand of a prefix operator."""
        text = self.formula(formula, bound)
        return text if isinstance(formula, (Atom, Truth, Not, Quantified)) else f"({text})"

    def _operand(self, formula: Formula, bound: frozenset[str]) -> str:
        text = self.formula(formula, bound)
        return text if isinstance(formula, (Atom, Truth, Not)) else f"({text})"

    def _applied(self, name: str, args: tuple[Term, ...], bound: frozenset[str]) -> str:
        head = self.style.name(name, False, frozenset() if args else bound)
        return f"{head}({', '.join(self._term(arg, bound) for arg in args)})" if args else head

    def _term(self, term: Term, bound: frozenset[str]) -> str:
        if isinstance(term, Variable):
            return self.variables.get(term.name, term.name)
        if isinstance(term, Constant):
            return self.style.name(term.name, True, bound)
        return self._applied(term.name, term.args, bound)


def _quote(name: str, mark: str) -> str:
    return mark + name.replace("\\", "\\\\").replace(mark, "\\" + mark) + mark


def _unicode_name(name: str, constant: bool, bound: frozenset[str]) -> str:
    plain = _PLAIN.fullmatch(name) and name.lower() not in _RESERVED and name not in _CALLS
    if name in bound or not (plain or (constant and _NUMBER.fullmatch(name))):
        return _quote(name, "'")
    return name


def _prover9_name(name: str, constant: bool, bound: frozenset[str]) -> str:
    safe = _ASCII.fullmatch(name) and name.lower() not in _RESERVED and name not in _CALLS and name not in bound
    if safe and not (constant and "u" <= name[0] <= "z"):
        return name
    return '"' + name.replace('"', "'") + '"'  # LADR knows no escape inside its quotes


def _tptp_name(name: str, constant: bool, bound: frozenset[str]) -> str:
    return name if _TPTP_WORD.fullmatch(name) and name not in _RESERVED else _quote(name, "'")


def _prover9_quantified(quantifier: Quantifier, name: str) -> str:
    return f"{'all' if quantifier is Quantifier.FORALL else 'exists'} {name} "


def _tptp_quantified(quantifier: Quantifier, name: str) -> str:
    return f"{'!' if quantifier is Quantifier.FORALL else '?'} [{name}] : "


_UNICODE = _Style(
    ("⊤", "⊥"), "¬", "∧", "∨", "⊕", "→", "↔", lambda quantifier, name: f"{quantifier}{name} ", _unicode_name
)
_PROVER9 = _Style(("$T", "$F"), "-", "&", "|", "", "->", "<->", _prover9_quantified, _prover9_name)
_TPTP = _Style(("$true", "$false"), "~", "&", "|", "<~>", "=>", "<=>", _tptp_quantified, _tptp_name)


def _smt_name(name: str) -> str:
    if _SMT_SYMBOL.fullmatch(name) and name not in _SMT_RESERVED:
        return name
    return "|" + re.sub(r"[|\\]", "_", name) + "|"


def _smtlib(formula: Formula, variables: Mapping[str, str]) -> str:
    if isinstance(formula, Truth):
        return "true" if formula.value else "false"
    if isinstance(formula, Atom):
        return _smt_applied(formula.name, formula.args, variables)
    if isinstance(formula, Equal):
        return f"(= {_smt_term(formula.left, variables)} {_smt_term(formula.right, variables)})"
    if isinstance(formula, Quantified):
        word = "forall" if formula.quantifier is Quantifier.FORALL else "exists"
        return f"({word} (({variables[formula.variable]} U)) {_smtlib(formula.body, variables)})"
    head, parts = _smt_connective(formula)
    return f"({head} {' '.join(_smtlib(part, variables) for part in parts)})"


def _smt_connective(formula: Not | And | Or | Xor | Implies | Iff) -> tuple[str, Iterable[Formula]]:
    if isinstance(formula, Not):
        return "not", (formula.body,)
    if isinstance(formula, (And, Or)):
        return ("and" if isinstance(formula, And) else "or"), formula.parts
    head = "xor" if isinstance(formula, Xor) else "=>" if isinstance(formula, Implies) else "="
    return head, (formula.left, formula.right)


def _smt_applied(name: str, args: tuple[Term, ...], variables: Mapping[str, str]) -> str:
    inner = " ".join(_smt_term(arg, variables) for arg in args)
    return f"({_smt_name(name)} {inner})" if args else _smt_name(name)


def _smt_term(term: Term, variables: Mapping[str, str]) -> str:
    if isinstance(term, Variable):
        return variables.get(term.name, term.name)
    if isinstance(term, Constant):
        return _smt_name(term.name)
    return _smt_applied(term.name, term.args, variables)
