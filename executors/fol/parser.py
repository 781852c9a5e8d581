"""One parser for first-order formulas, linear in their length, that answers a value for any text.

Precedence, tightest first: negation and quantifiers; ∧; ∨, ⊕ (one level, to the left); → (to the right), ←; ↔.
A quantifier binds the next unary formula, as in the data sets, Prover9 and TPTP: `∀x P(x) → Q(x)` has a free `x`.
A quantifier closed by a dot, colon or comma binds all that follows, as mathematicians and Lean write:
`∀x. P(x) → Q(x)`; TPTP's `![X]:` keeps TPTP's narrow scope.

A name in an argument is a variable where a quantifier around it binds it and a constant elsewhere, whatever its case;
neighbouring names that nothing binds are one constant ("new york").
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from executors.fol import sexpr
from executors.fol.lexer import Kind, LexicalError, Token, tokenize
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
)

MAX_LENGTH = 20_000  # characters
MAX_DEPTH = 150  # nested connectives and quantifiers: every walk over a tree is recursive
MAX_BRACKETS = 2_000
MAX_TERM_DEPTH = 30


@dataclass(frozen=True, slots=True)
class Unparsable:
    """Why a text is no formula; `position` counts characters from 0 in the text that was given."""

    message: str
    position: int

    def __str__(self) -> str:
        return f"{self.message} at character {self.position}"


def parse(text: str) -> Formula | Unparsable:
    """The formula that `text` is, in any supported notation. Never raises on a text."""
    if len(text) > MAX_LENGTH:
        return Unparsable(f"a formula of more than {MAX_LENGTH} characters", MAX_LENGTH)
    try:
        return _Parser(tokenize(text)).parse()
    except (LexicalError, _SyntaxError) as error:
        fault = Unparsable(error.message, error.position)
    smtlib = parse_smtlib(text) if sexpr.looks_like(text) else fault
    # What is wrong with a text as infix tells more than what is wrong with it as SMT-LIB.
    return fault if isinstance(smtlib, Unparsable) else smtlib


def parse_smtlib(text: str) -> Formula | Unparsable:
    """The formula of one SMT-LIB term or `assert`. Never raises on a text."""
    if len(text) > MAX_LENGTH:
        return Unparsable(f"a formula of more than {MAX_LENGTH} characters", MAX_LENGTH)
    try:
        return sexpr.parse_term(text, MAX_DEPTH)
    except sexpr.MalformedError as error:
        return Unparsable(f"no SMT-LIB formula: {error}", 0)


class _SyntaxError(Exception):
    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


@dataclass(slots=True)
class _Operator:
    """A prefix or binary operator that waits for its right operand."""

    kind: Kind
    precedence: int
    variables: tuple[str, ...] = ()
    position: int = 0


@dataclass(slots=True)
class _Frame:
    """What stands inside one open bracket (or the whole text), as far as it has been read."""

    closer: str
    opened: int
    call: str = ""  # the connective in functional notation: Implies(…), ForAll(…)
    variables: tuple[str, ...] = ()
    arguments: list[tuple[Formula, int]] = field(default_factory=list)
    operands: list[tuple[Formula, int]] = field(default_factory=list)  # with their depths
    operators: list[_Operator] = field(default_factory=list)
    complete: bool = False  # an operand has just ended: an operator or the end must follow


_UNARY, _WIDE = 9, 0
_PRECEDENCE = {
    Kind.AND: 5,
    Kind.NAND: 5,
    Kind.OR: 4,
    Kind.NOR: 4,
    Kind.XOR: 4,
    Kind.IMPLIES: 3,
    Kind.IMPLIED: 3,
    Kind.IFF: 2,
}
_CHAINED = frozenset({Kind.AND, Kind.OR})
_QUANTIFIERS = frozenset({Kind.FORALL, Kind.EXISTS, Kind.NOT_EXISTS, Kind.EXACTLY_ONE})
_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_NAMES = frozenset({Kind.NAME, Kind.QUOTED})
_TRUTHS = {"true": True, "false": False}

_WORD_OPERATORS: dict[tuple[str, ...], Kind] = {
    ("and",): Kind.AND,
    ("or",): Kind.OR,
    ("v",): Kind.OR,
    ("xor",): Kind.XOR,
    ("implies",): Kind.IMPLIES,
    ("iff",): Kind.IFF,
    ("if", "and", "only", "if"): Kind.IFF,
}
_WORD_QUANTIFIERS: dict[tuple[str, ...], Kind] = {
    ("forall",): Kind.FORALL,
    ("all",): Kind.FORALL,
    ("for", "all"): Kind.FORALL,
    ("for", "every"): Kind.FORALL,
    ("exists",): Kind.EXISTS,
    ("exist",): Kind.EXISTS,
    ("some",): Kind.EXISTS,
    ("there", "exists"): Kind.EXISTS,
}
_FIRST_WORDS = frozenset(phrase[0] for phrase in (*_WORD_OPERATORS, *_WORD_QUANTIFIERS))
_CALLS = frozenset({"And", "Or", "Not", "Implies", "Xor", "Iff", "ForAll", "Forall", "Exists"})


class _Parser:
    """Operator precedence with explicit stacks: deep nesting costs memory, never the Python stack."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.bound: Counter[str] = Counter()
        self.frames = [_Frame("", 0)]

    def parse(self) -> Formula:
        while True:
            frame, token = self.frames[-1], self.tokens[self.at]
            if not frame.complete:
                self._operand(frame, token)
            elif token.kind in (Kind.CLOSE, Kind.END) or (token.kind is Kind.DOT and self._next().kind is Kind.END):
                done = self._close(frame, token)
                if done is not None:
                    return done
            elif token.kind is Kind.COMMA and frame.call:
                self._argument(frame)
                frame.complete = False
                self.at += 1
            else:
                self._binary(frame, token)

    # --- positions -------------------------------------------------------------------------------------------------

    def _next(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def _fail(self, expected: str, token: Token | None = None) -> _SyntaxError:
        token = token or self.tokens[self.at]
        if token.kind is Kind.FOREIGN:
            return _SyntaxError(f"{token.text!r} is not part of first-order syntax", token.position)
        found = "the text ends" if token.kind is Kind.END else f"found {token.text[:40]!r}"
        return _SyntaxError(f"expected {expected}, {found}", token.position)

    # --- operands --------------------------------------------------------------------------------------------------

    def _operand(self, frame: _Frame, token: Token) -> None:
        quantifier = self._quantifier_here(token)
        if token.kind is Kind.NOT or (self._word(token) == "not" and self._starts_formula(self._next())):
            frame.operators.append(_Operator(Kind.NOT, _UNARY, position=token.position))
            self.at += 1
        elif quantifier is not None:
            self._quantify(frame, *quantifier)
        elif token.kind is Kind.OPEN:
            self._open(frame, token)
        elif token.kind in (Kind.TRUE, Kind.FALSE):
            self.at += 1
            self._deliver(frame, Truth(token.kind is Kind.TRUE), 1)
        elif token.kind is Kind.NAME and token.text in _CALLS and self._next().text == "(":
            self._call(token)
        elif token.kind in _NAMES:
            self._deliver(frame, self._atom(token), 1)
        else:
            raise self._fail("a formula")

    @staticmethod
    def _word(token: Token) -> str:
        return token.text.lower() if token.kind is Kind.NAME else ""

    @staticmethod
    def _starts_formula(token: Token) -> bool:
        return token.kind in _NAMES or token.kind in _QUANTIFIERS or token.kind in (Kind.OPEN, Kind.NOT)

    def _phrase(self, table: dict[tuple[str, ...], Kind], skip: int = 0) -> tuple[Kind, int] | None:
        """The longest phrase of `table` that starts `skip` tokens from here, with its number of tokens."""
        if self._word(self._next(skip)) not in _FIRST_WORDS:
            return None
        words = tuple(self._word(self._next(skip + ahead)) for ahead in range(4))
        for size in (4, 3, 2, 1):
            if words[:size] in table:
                return table[words[:size]], size
        return None

    def _quantifier_here(self, token: Token) -> tuple[Kind, int] | None:
        """The quantifier that starts here, with its number of tokens; a word only before a variable."""
        if token.kind in _QUANTIFIERS:
            return token.kind, 1
        phrase = self._phrase(_WORD_QUANTIFIERS) if token.kind is Kind.NAME else None
        if phrase is None:
            return None
        after = self._next(phrase[1])
        if after.kind is Kind.NAME or (after.text in "([" and after.spaced and self._listed(phrase[1])):
            return phrase
        return None

    def _listed(self, ahead: int) -> bool:
        """Whether brackets `ahead` hold nothing but one bare name: `forall (x) …`."""
        return self._next(ahead + 1).kind is Kind.NAME and self._next(ahead + 2).text in (")", "]")

    def _quantify(self, frame: _Frame, kind: Kind, size: int) -> None:
        position = self.tokens[self.at].position
        self.at += size
        variables = self._variables()
        wide = self._ends_prefix()
        self._push_quantifier(frame, kind, variables, position, wide)

    def _push_quantifier(
        self, frame: _Frame, kind: Kind, variables: tuple[str, ...], position: int, wide: bool
    ) -> None:
        if len(frame.operators) > 2 * MAX_DEPTH:
            raise _SyntaxError(f"more than {MAX_DEPTH} nested operators", position)
        self.bound.update(variables)
        frame.operators.append(_Operator(kind, _WIDE if wide else _UNARY, variables, position))

    def _variables(self) -> tuple[str, ...]:
        """The variables after a quantifier: `x`, `x, y`, `x y`, `(x)`, `[X, Y]`."""
        opened = self.tokens[self.at] if self.tokens[self.at].kind is Kind.OPEN else None
        if opened:
            self.at += 1
        names = [self._variable()]
        while True:
            comma = self.tokens[self.at].kind is Kind.COMMA
            if not self._another_variable(1 if comma else 0, bool(opened)):
                break
            self.at += 1 if comma else 0
            names.append(self._variable())
        if opened:
            if self.tokens[self.at].text != _BRACKETS[opened.text]:
                raise self._fail(f"{_BRACKETS[opened.text]!r} after the variables")
            self.at += 1
            if opened.text == "[" and self.tokens[self.at].kind is Kind.COLON:
                self.at += 1  # TPTP's colon does not widen the scope
        return tuple(names)

    def _variable(self) -> str:
        token = self.tokens[self.at]
        if token.kind is not Kind.NAME or token.text[0].isdigit():
            raise self._fail("a variable after the quantifier")
        self.at += 1
        return token.text

    def _another_variable(self, ahead: int, bracketed: bool) -> bool:
        token, after = self._next(ahead), self._next(ahead + 1)
        if token.kind is not Kind.NAME or token.text[0].isdigit():
            return False
        if bracketed:
            return True
        if after.text == "(":
            # `∀x y (P(x, y))` quantifies y, `∀x P(x)` and `∀x p (x)` apply a predicate.
            return after.spaced and len(token.text) == 1 and "s" <= token.text <= "z"
        if self._word(token) in ("not", "such") or self._phrase(_WORD_QUANTIFIERS, ahead):
            return False
        return (
            after.kind in _NAMES
            or after.kind in _QUANTIFIERS
            or after.kind
            in (
                Kind.NOT,
                Kind.OPEN,
                Kind.DOT,
                Kind.COLON,
                Kind.COMMA,
            )
        )

    def _ends_prefix(self) -> bool:
        """Whether a dot, colon, comma or "such that" ends the quantifier: then it binds all that follows."""
        token = self.tokens[self.at]
        if token.kind in (Kind.DOT, Kind.COLON, Kind.COMMA):
            self.at += 1
            return True
        if self._word(token) == "such" and self._word(self._next()) == "that":
            self.at += 2
            return True
        return False

    def _open(self, frame: _Frame, token: Token) -> None:
        prefix = self._parenthesised_prefix()
        if prefix is not None:
            for kind, name in prefix:
                self._push_quantifier(frame, kind, (name,), token.position, wide=False)
            return
        self._enter(_Frame(_BRACKETS[token.text], token.position))
        self.at += 1

    def _enter(self, frame: _Frame) -> None:
        if len(self.frames) > MAX_BRACKETS:
            raise _SyntaxError(f"more than {MAX_BRACKETS} open brackets", frame.opened)
        self.frames.append(frame)

    def _parenthesised_prefix(self) -> list[tuple[Kind, str]] | None:
        """The quantifiers of `(∀x)` or `(∀x ∃y)` before a formula; reads past them if that is what stands here."""
        start = self.at
        found: list[tuple[Kind, str]] = []
        self.at += 1
        while True:
            quantifier = self._quantifier_here(self.tokens[self.at])
            name = self._next(quantifier[1]) if quantifier else None
            if quantifier is None or name is None or name.kind is not Kind.NAME:
                break
            found.append((quantifier[0], name.text))
            self.at += quantifier[1] + 1
        if found and self.tokens[self.at].text == ")":
            self.at += 1
            return found
        self.at = start
        return None

    def _call(self, token: Token) -> None:
        frame = _Frame(")", token.position, token.text)
        self.at += 2
        if token.text in ("ForAll", "Forall", "Exists"):
            frame.variables = self._variables()
            if self.tokens[self.at].kind is not Kind.COMMA:
                raise self._fail("',' after the variables")
            self.at += 1
            self.bound.update(frame.variables)
        self._enter(frame)

    def _atom(self, token: Token) -> Formula:
        if self._next().text == "(":
            name, arguments = token.text, self._application()
            compared = self.tokens[self.at]
            # Between two applications "==" is Z3's equality of truth values: predicates start with a capital there.
            if compared.kind not in (Kind.EQUAL, Kind.UNEQUAL) or (compared.text == "==" and name[:1].isupper()):
                return Atom(name, arguments)
            return self._equation(Function(name, arguments))
        if self._next().kind in (Kind.EQUAL, Kind.UNEQUAL):
            return self._equation(self._term(0))
        if self._next().kind is Kind.FOREIGN:
            raise self._fail("a formula", self._next())
        if token.kind is Kind.NAME and self.bound[token.text]:
            raise self._fail("a formula, not a bare variable", token)
        if token.kind is Kind.NAME and token.text.lower() in _TRUTHS:
            self.at += 1
            return Truth(_TRUTHS[token.text.lower()])
        if token.kind is Kind.NAME and token.text[0].isdigit():
            raise self._fail("a formula, not a number", token)
        self.at += 1
        return Atom(token.text)

    def _equation(self, left: Term) -> Formula:
        negated = self.tokens[self.at].kind is Kind.UNEQUAL
        self.at += 1
        equal = Equal(left, self._term(0))
        return Not(equal) if negated else equal

    # --- terms -----------------------------------------------------------------------------------------------------

    def _application(self, depth: int = 0) -> tuple[Term, ...]:
        """The arguments of the name that stands here, which must have at least one."""
        self.at += 2
        arguments = [self._term(depth + 1)]
        while self.tokens[self.at].kind is Kind.COMMA:
            self.at += 1
            arguments.append(self._term(depth + 1))
        if self.tokens[self.at].text != ")":
            raise self._fail("',' or ')' after an argument")
        self.at += 1
        return tuple(arguments)

    def _term(self, depth: int) -> Term:
        token = self.tokens[self.at]
        if depth > MAX_TERM_DEPTH:
            raise _SyntaxError(f"more than {MAX_TERM_DEPTH} nested terms", token.position)
        if token.kind not in _NAMES:
            raise self._fail("a term")
        if self._next().text == "(":
            return Function(token.text, self._application(depth))
        self.at += 1
        if depth == 0:
            return self._name(token)
        words = [token]
        while self.tokens[self.at].kind in _NAMES:
            words.append(self.tokens[self.at])
            self.at += 1
        if len(words) == 1:
            return self._name(token)
        if any(self.bound[word.text] for word in words) or self.tokens[self.at].text == "(":
            raise self._fail("',' between the terms", words[1])
        return Constant(" ".join(word.text for word in words))

    def _name(self, token: Token) -> Term:
        bound = token.kind is Kind.NAME and self.bound[token.text]
        return Variable(token.text) if bound else Constant(token.text)

    # --- operators -------------------------------------------------------------------------------------------------

    def _binary(self, frame: _Frame, token: Token) -> None:
        kind, size = token.kind, 1
        if kind is Kind.NAME:
            kind, size = self._phrase(_WORD_OPERATORS) or (kind, 1)
        elif kind is Kind.EQUAL:
            kind = Kind.IFF
        if kind not in _PRECEDENCE:
            raise self._fail("an operator or the end" if not frame.closer else f"an operator or {frame.closer!r}")
        precedence = _PRECEDENCE[kind]
        while frame.operators and self._binds_first(frame.operators[-1], kind, precedence):
            self._reduce(frame)
        frame.operators.append(_Operator(kind, precedence, position=token.position))
        frame.complete = False
        self.at += size

    @staticmethod
    def _binds_first(waiting: _Operator, kind: Kind, precedence: int) -> bool:
        """Whether the waiting operator takes the operand before it, not the coming one of `kind`."""
        if waiting.precedence != precedence:
            return waiting.precedence > precedence
        to_the_right = precedence == _PRECEDENCE[Kind.IMPLIES]
        return not to_the_right and not (waiting.kind is kind and kind in _CHAINED)

    def _deliver(self, frame: _Frame, formula: Formula, depth: int) -> None:
        frame.operands.append((formula, depth))
        frame.complete = True
        while frame.operators and frame.operators[-1].precedence == _UNARY:
            self._reduce(frame)

    def _reduce(self, frame: _Frame) -> None:
        operator = frame.operators.pop()
        count = 1 if operator.precedence in (_UNARY, _WIDE) else 2
        while operator.kind in _CHAINED and frame.operators and frame.operators[-1].kind is operator.kind:
            frame.operators.pop()
            count += 1
        operands = frame.operands[-count:]
        del frame.operands[-count:]
        self.bound.subtract(operator.variables)
        formula = self._apply(operator, [operand for operand, _ in operands])
        levels = 3 if operator.kind is Kind.EXACTLY_ONE else 1
        depth = max(depth for _, depth in operands) + levels * max(1, len(operator.variables))
        if depth > MAX_DEPTH:
            raise _SyntaxError(f"more than {MAX_DEPTH} nested operators", operator.position)
        frame.operands.append((formula, depth))

    def _apply(self, operator: _Operator, parts: list[Formula]) -> Formula:
        if operator.kind is Kind.NOT:
            return Not(parts[0])
        if operator.kind in _QUANTIFIERS:
            return self._quantified(operator.kind, operator.variables, parts[0])
        return _BINARY[operator.kind](parts)

    def _quantified(self, kind: Kind, variables: tuple[str, ...], body: Formula) -> Formula:
        for name in reversed(variables):
            if kind is Kind.EXACTLY_ONE:
                body = self._exactly_one(name, body)
            else:
                quantifier = Quantifier.FORALL if kind is Kind.FORALL else Quantifier.EXISTS
                body = Quantified(quantifier, name, body)
        return Not(body) if kind is Kind.NOT_EXISTS else body

    @functools.cached_property
    def used(self) -> frozenset[str]:
        return frozenset(token.text for token in self.tokens)

    def _exactly_one(self, name: str, body: Formula) -> Formula:
        """∃!x φ as ∃y ∀x (φ ↔ x = y), which keeps one copy of φ."""
        witness = name + "_one"
        while witness in self.used:
            witness += "_"
        same = Iff(body, Equal(Variable(name), Variable(witness)))
        return Quantified(Quantifier.EXISTS, witness, Quantified(Quantifier.FORALL, name, same))

    # --- closing ---------------------------------------------------------------------------------------------------

    def _argument(self, frame: _Frame) -> None:
        while frame.operators:
            self._reduce(frame)
        frame.arguments.append(frame.operands.pop())

    def _close(self, frame: _Frame, token: Token) -> Formula | None:
        """Ends the innermost frame; the formula if that was the whole text."""
        self._argument(frame)
        if not frame.closer:
            if token.kind is Kind.CLOSE:
                raise _SyntaxError(f"{token.text!r} closes nothing", token.position)
            return frame.arguments[0][0]
        if token.text != frame.closer:
            if token.kind is Kind.CLOSE:
                raise self._fail(repr(frame.closer))
            raise _SyntaxError("a bracket that is never closed", frame.opened)
        self.at += 1
        self.frames.pop()
        formula, depth = self._called(frame) if frame.call else frame.arguments[0]
        self._deliver(self.frames[-1], formula, depth)
        return None

    def _called(self, frame: _Frame) -> tuple[Formula, int]:
        parts = [part for part, _ in frame.arguments]
        depth = max(depth for _, depth in frame.arguments) + max(1, len(frame.variables))
        if depth > MAX_DEPTH:
            raise _SyntaxError(f"more than {MAX_DEPTH} nested operators", frame.opened)
        self.bound.subtract(frame.variables)
        if frame.call in ("And", "Or"):
            return (conjunction if frame.call == "And" else disjunction)(parts), depth
        wanted = 2 if frame.call in ("Implies", "Xor", "Iff") else 1
        if len(parts) != wanted:
            raise _SyntaxError(f"{frame.call} takes {wanted}, not {len(parts)} formulas", frame.opened)
        if wanted == 2:
            return _BINARY[Kind[frame.call.upper()]](parts), depth
        if frame.call == "Not":
            return Not(parts[0]), depth
        kind = Kind.EXISTS if frame.call == "Exists" else Kind.FORALL
        return self._quantified(kind, frame.variables, parts[0]), depth


_BINARY: dict[Kind, Callable[[list[Formula]], Formula]] = {
    Kind.AND: conjunction,
    Kind.OR: disjunction,
    Kind.NAND: lambda parts: Not(conjunction(parts)),
    Kind.NOR: lambda parts: Not(disjunction(parts)),
    Kind.XOR: lambda parts: Xor(parts[0], parts[1]),
    Kind.IMPLIES: lambda parts: Implies(parts[0], parts[1]),
    Kind.IMPLIED: lambda parts: Implies(parts[1], parts[0]),
    Kind.IFF: lambda parts: Iff(parts[0], parts[1]),
}
