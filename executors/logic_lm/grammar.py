"""One formula as Logic-LM reads it: a grammar without precedence, then a second parser over the first one's words.

Source: fol_solver/fol_parser.py and fol_prover9_parser.py, as their behaviour shows:

* only ∀∃¬∧∨→↔⊕ are known; quantifiers stand in front of the whole formula or of a bracketed or negated whole one;
* all connectives bind alike and group to the left; a negation takes the literal or the bracket after it;
* words of two or more characters get a capital, and neighbouring ones are one word;
* the second parser knows words only by the part that they played in the first. A constant that is spelled as a
  predicate is taken for one; the parser then drops the token that does not fit and starts anew behind it, so that what
  is read may be the end of the formula, or nothing;
* the first parser takes exponential time in a chain of connectives and gives up after 60 s; ours does not;
* NLTK takes names of ASCII letters, digits and underscores, and binds single letters only (or a capital with digits).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from executors.fol.syntax import (
    Atom,
    Constant,
    Formula,
    Iff,
    Implies,
    Not,
    Quantified,
    Quantifier,
    Term,
    Variable,
    Xor,
    conjunction,
    disjunction,
)

MAX_LENGTH = 20_000  # characters
MAX_DEPTH = 100  # nested brackets, negations and quantifiers

_CONNECTIVES: dict[str, Callable[[Formula, Formula], Formula]] = {
    "⊕": Xor,
    "∨": lambda left, right: disjunction((left, right)),
    "∧": lambda left, right: conjunction((left, right)),
    "→": Implies,
    "↔": Iff,
}
_QUANTIFIERS = {"∀": Quantifier.FORALL, "∃": Quantifier.EXISTS}
_SPECIAL = re.compile(r"([⊕∨∧→↔∀∃¬(),])")
_NLTK_NAME = re.compile(r"[A-Za-z0-9_]+")
_NLTK_VARIABLE = re.compile(r"[A-Za-z]\d*")
_FREE_VARIABLE = re.compile(r"[u-z]")
_END = ("", "")


@dataclass(frozen=True, slots=True)
class Broken:
    """Where Logic-LM stops: `kind` is its flag, "parsing error" or "execution error"."""

    kind: str


def read(text: str) -> Formula | Broken:
    """The formula that Logic-LM makes of `text`. Names that are variables to Prover9 (u to z) are variables."""
    if len(text) > MAX_LENGTH:
        return Broken("parsing error")
    words = _words(text)
    try:
        roles = _Checker(words).roles()
    except _MisfitError:
        return Broken("parsing error")
    formula = _rebuilt(list(_tokens("".join(words), roles)))
    return Broken("execution error") if formula is None else formula


def _words(text: str) -> list[str]:
    """Operators, brackets, commas and names; neighbouring names of two or more characters are one."""
    words = (word.replace("'", "") for word in _SPECIAL.sub(r" \1 ", text).split())
    found: list[str] = []
    glued = ""
    for word in words:
        if len(word) > 1:
            glued += word[0].upper() + word[1:]
        elif word:
            found += [glued, word] if glued else [word]
            glued = ""
    return [*found, glued] if glued else found


class _MisfitError(Exception):
    """The words are no formula; `at` is the first that does not fit."""

    def __init__(self, at: int = 0) -> None:
        super().__init__()
        self.at = at


# --- the first parser: is it a formula, and which part does each word play? -------------------------------------------


@dataclass(slots=True)
class _Roles:
    variables: dict[str, None]
    predicates: dict[str, None]
    constants: dict[str, None]


class _Checker:
    """S: F | Q F | ¬S | (S);  F: ¬(F) | (F) | F op F | L;  L: ¬? name ( terms )."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.found = _Roles({}, {}, {})
        self.at = 0

    def roles(self) -> _Roles:
        """Raises `_MisfitError` where the words are no formula."""
        start, end = 0, len(self.words)
        for _ in range(MAX_DEPTH):
            first = self.words[start] if start < end else ""
            if first in _QUANTIFIERS:
                start = self._quantifiers(start)
                self._whole(start, end)
                return self._resolved()
            try:
                self._whole(start, end)
                return self._resolved()
            except _MisfitError:
                if first == "¬":
                    start += 1
                elif first == "(" and self.words[end - 1] == ")" and end - start > 1:
                    start, end = start + 1, end - 1
                else:
                    raise
        raise _MisfitError

    def _resolved(self) -> _Roles:
        for name in self.found.variables:
            self.found.constants.pop(name, None)
        return self.found

    def _quantifiers(self, start: int) -> int:
        while start < len(self.words) and self.words[start] in _QUANTIFIERS:
            if start + 1 >= len(self.words) or not _is_name(self.words[start + 1]):
                raise _MisfitError
            self.found.variables[self.words[start + 1]] = None
            start += 2
        return start

    def _whole(self, start: int, end: int) -> None:
        """Checks that the words from `start` to `end` are an F."""
        self.at, self.end = start, end
        depth = 0
        while True:
            if self._peek() == "¬":
                self.at += 1
            if self._peek() == "(":
                self.at += 1
                depth += 1
                continue
            self._literal()
            while depth and self._peek() == ")":
                self.at += 1
                depth -= 1
            if self.at == end and not depth:
                return
            if self._peek() not in _CONNECTIVES:
                raise _MisfitError
            self.at += 1

    def _peek(self) -> str:
        return self.words[self.at] if self.at < self.end else ""

    def _name(self) -> str:
        name = self._peek()
        if not _is_name(name):
            raise _MisfitError
        self.at += 1
        return name

    def _literal(self) -> None:
        self.found.predicates[self._name()] = None
        if self._peek() != "(":
            raise _MisfitError
        while self._peek() in ("(", ","):
            self.at += 1
            self.found.constants[self._name()] = None
            if self._peek() == "(":
                raise _MisfitError
        if self._peek() != ")":
            raise _MisfitError
        self.at += 1


def _is_name(word: str) -> bool:
    return bool(word) and _SPECIAL.fullmatch(word) is None


# --- the second parser ------------------------------------------------------------------------------------------------


def _tokens(text: str, roles: _Roles) -> Iterator[tuple[str, str]]:
    """(kind, text) of each token: names are tried by kind, the kind with the most letters first, as PLY does.

    Among names of one kind the original's order is that of a set and changes from run to run, so that it cuts a name
    that starts with another in some runs; here the longest is taken, as it is meant.
    """
    kinds = {"VAR": list(roles.variables) or ["x"], "PRED": list(roles.predicates), "CONST": list(roles.constants)}
    kinds["CONST"] = kinds["CONST"] or ["0"]
    ordered = sorted(kinds, key=lambda kind: -len("|".join(kinds[kind])))
    names = [(kind, sorted(kinds[kind], key=len, reverse=True)) for kind in ordered]
    at = 0
    while at < len(text):
        if _SPECIAL.match(text[at]):
            yield text[at], text[at]
            at += 1
            continue
        found = next(((kind, name) for kind, many in names for name in many if text.startswith(name, at)), None)
        if found is not None:
            yield found
        at += len(found[1]) if found is not None else 1
    yield _END


def _rebuilt(tokens: list[tuple[str, str]]) -> Formula | None:
    """What the second parser makes of the tokens: after a misfit it starts anew behind it. None: nothing is left."""
    start = 0
    while start < len(tokens):
        try:
            return _Builder(tokens, start).expression()
        except _MisfitError as misfit:
            start = misfit.at + 1
        except _UnusableError:
            return None
    return None


class _UnusableError(Exception):
    """NLTK refuses a name, or the nesting is beyond our bound."""


class _Builder:
    """E: F | Q name E | ¬E;  F: ¬(F) | (F) | F op F | ¬? name ( terms ); a negation takes the least that it can."""

    def __init__(self, tokens: list[tuple[str, str]], start: int) -> None:
        self.tokens = tokens
        self.at = start
        self.bound: list[str] = []

    def expression(self) -> Formula:
        """The whole rest. Raises `_MisfitError` at the first token that does not fit, and `_UnusableError`."""
        prefix: list[tuple[str, str]] = []
        while True:
            kind = self._kind()
            if kind in _QUANTIFIERS:
                self.at += 1
                prefix.append((kind, self._variable()))
            elif kind == "¬" and self._kind(1) in ("¬", *_QUANTIFIERS):
                self.at += 1
                prefix.append((kind, ""))
            else:
                break
            if len(prefix) > MAX_DEPTH:
                raise _UnusableError
        formula = self._formula(0)
        if self._kind():
            raise _MisfitError(self.at)
        for kind, variable in reversed(prefix):
            formula = Quantified(_QUANTIFIERS[kind], variable, formula) if variable else Not(formula)
        return formula

    def _kind(self, ahead: int = 0) -> str:
        index = self.at + ahead
        return self.tokens[index][0] if index < len(self.tokens) else ""

    def _take(self, *kinds: str) -> str:
        kind, text = self.tokens[self.at]
        if kind not in kinds:
            raise _MisfitError(self.at)
        self.at += 1
        return text

    def _variable(self) -> str:
        name = self._take("VAR")
        if not _NLTK_VARIABLE.fullmatch(name):
            raise _UnusableError
        self.bound.append(name)
        return name

    def _formula(self, depth: int) -> Formula:
        if depth > MAX_DEPTH:
            raise _UnusableError
        formula = self._operand(depth)
        while self._kind() in _CONNECTIVES:
            connective = self._take(*_CONNECTIVES)
            formula = _CONNECTIVES[connective](formula, self._operand(depth))
        return formula

    def _operand(self, depth: int) -> Formula:
        negated = self._kind() == "¬"
        self.at += negated
        if self._kind() == "(":
            self.at += 1
            formula = self._formula(depth + 1)
            self._take(")")
        else:
            formula = self._atom()
        return Not(formula) if negated else formula

    def _atom(self) -> Formula:
        name = _usable(self._take("PRED"))
        self._take("(")
        args = [self._term()]
        while self._kind() == ",":
            self.at += 1
            args.append(self._term())
        self._take(")")
        return Atom(name, tuple(args))

    def _term(self) -> Term:
        name = _usable(self._take("CONST", "VAR"))
        return Variable(name) if name in self.bound or _FREE_VARIABLE.fullmatch(name) else Constant(name)


def _usable(name: str) -> str:
    if not _NLTK_NAME.fullmatch(name):
        raise _UnusableError
    return name
