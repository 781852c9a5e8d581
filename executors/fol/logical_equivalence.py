"""LE, the logical-equivalence score of LogicLLaMA (Yang et al. 2023, gblackout/LogicLLaMA): graded, between 0 and 1.

The score is the best share of equal rows of two truth tables, over ways to pair the literals of the two formulas.
A score of 1 does not mean equivalence: quantifiers, variables and names take no part.

The reader is the score's own, as its authors' grammar reads a formula, not as logicians do: each quantifier and the
one word character after it move to the front of the text, connectives have one precedence and group to the left, only
∀∃¬∧∨→↔⊕ are known, a negation is followed by a literal or a bracket, and neighbouring words make one symbol. It takes
linear time where theirs takes exponential time, so long chains get a score here and a timeout there.

Up to six literals every pairing is tried. From seven on only the first 1,000 are, and which those are depends on the
order of the literals. The original's order follows the string hashes of the process, so that its score changes from run
to run; ours is the most common score of seven fixed shuffles, which is the score that most runs of the original give.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from executors.fol.parser import Unparsable
from executors.fol.printers import to_unicode
from executors.fol.reader import read_formula
from executors.fol.syntax import And, Formula, Iff, Implies, Not, Or, Quantified, Xor, children
from executors.outcome import Limits, Outcome, Status

MAX_LENGTH = 20_000  # characters
MAX_DEPTH = 300  # open brackets
MAX_LITERALS = 20  # 2^20 rows
MAX_PAIRINGS = 1_000  # as the original
ALL_PAIRINGS = 6  # up to so many literals the order plays no part: 6! < 1,000
SHUFFLES = 7
MAX_QUANTIFIERS = 500  # each costs a pass over the text

_CONNECTIVES = frozenset("⊕∨∧→↔")
_SPECIAL = re.compile(r"([⊕∨∧→↔∀∃¬(),])")
_QUANTIFIED = re.compile(r"[∃∀]\w")
_DUMMY_DISTANCE = 10_000  # of a literal to no literal


@dataclass(frozen=True, slots=True)
class _Literal:
    text: str
    negated: bool


@dataclass(frozen=True, slots=True)
class _Negation:
    body: _Node


@dataclass(frozen=True, slots=True)
class _Binary:
    connective: str
    left: _Node
    right: _Node


_Node: TypeAlias = _Literal | _Negation | _Binary


def logical_equivalence(prediction: str, gold: str, limits: Limits) -> Outcome:
    """The score of `prediction` against `gold`, as a float; 0 where the prediction is empty or cannot be read.

    INVALID where the gold formula cannot be read (the original stops there), MEMORY beyond 20 literals (the tables have
    2^n rows), TIMEOUT at the deadline. Deterministic.
    """
    started = time.monotonic()
    true = _read(gold)
    if true is None:
        return Outcome.failed(Status.INVALID, "the gold formula is outside LogicLLaMA's grammar")
    predicted = _read(prediction)
    if predicted is None:
        reason = "the prediction is outside LogicLLaMA's grammar" if prediction.strip() else "an empty prediction"
        return Outcome(Status.OK, 0.0, reason, time.monotonic() - started)
    return _scored(true, predicted, started, limits)


def parsed_logical_equivalence(prediction: str, gold: str, limits: Limits) -> Outcome:
    """The same score over both formulas as `reader` reads them: any notation, standard precedence.

    What the original's reader loses (a quantifier inside, brackets that precedence makes needless) changes its score
    and not this one. Literals are atoms with their variables' names; quantifiers take no part here either. 0 where the
    prediction holds no formula; INVALID, MEMORY and TIMEOUT as in `logical_equivalence`. Deterministic.
    """
    started = time.monotonic()
    true, predicted = read_formula(gold), read_formula(prediction)
    if isinstance(true, Unparsable):
        return Outcome.failed(Status.INVALID, f"the gold formula: {true}")
    if isinstance(predicted, Unparsable):
        return Outcome(Status.OK, 0.0, str(predicted), time.monotonic() - started)
    return _scored(_node(true), _node(predicted), started, limits)


def _scored(true: _Node, predicted: _Node, started: float, limits: Limits) -> Outcome:
    count = max(len(_literals(true)), len(_literals(predicted)))
    if count > MAX_LITERALS:
        return Outcome.failed(Status.MEMORY, f"{count} literals: truth tables of 2^{count} rows")
    try:
        score = _score(true, predicted, started + 0.9 * limits.seconds)
    except _OutOfTimeError:
        reason = f"{count} literals: the pairings did not end in time"
        return Outcome.failed(Status.TIMEOUT, reason, time.monotonic() - started)
    return Outcome(Status.OK, score, "", time.monotonic() - started)


class _OutOfTimeError(Exception):
    pass


# --- reading ---------------------------------------------------------------------------------------------------------


def _read(text: str) -> _Node | None:
    if len(text) > MAX_LENGTH:
        return None
    moved = _quantifiers_first(text)
    return None if moved is None else _Reader(_symbols(moved)).sentence()


def _quantifiers_first(text: str) -> str | None:
    """`text` with each quantifier and the one character after it at the front, the last one moved first.

    Each move takes the first occurrence, as the original does: of two equal ones the same is moved twice.
    """
    found = _QUANTIFIED.findall(text)
    if len(found) > MAX_QUANTIFIERS:
        return None
    for quantified in reversed(found):
        text = f"{quantified} {text.replace(quantified, '', 1)}"
    return text


def _symbols(text: str) -> list[str]:
    """The connectives, brackets, commas and names of `text`; neighbouring names of two or more characters are one."""
    words = (word.replace("'", "") for word in _SPECIAL.sub(r" \1 ", text).split())
    symbols: list[str] = []
    glued = ""
    for word in words:
        if len(word) > 1:
            glued += word[0].upper() + word[1:]
        elif word:
            symbols += [glued, word] if glued else [word]
            glued = ""
    return [*symbols, glued] if glued else symbols


class _UnreadableError(Exception):
    pass


class _Reader:
    """The sentences of the original grammar, of which it takes the parse that groups connectives to the left.

    S: Q* F; F: ¬(F) | (F) | F op F | L; L: ¬? name ( terms ). A text without any name makes names empty there, so that
    "()" is a literal.
    """

    def __init__(self, symbols: Sequence[str]) -> None:
        self.symbols = symbols
        self.at = 0
        self.nameless = not any(_is_name(symbol) for symbol in symbols)

    def sentence(self) -> _Node | None:
        try:
            while self._peek() in ("∀", "∃"):
                self.at += 1
                self._name()
            node = self._formula(0)
        except _UnreadableError:
            return None
        return node if self.at == len(self.symbols) else None

    def _peek(self, ahead: int = 0) -> str:
        index = self.at + ahead
        return self.symbols[index] if index < len(self.symbols) else ""

    def _take(self, symbol: str) -> None:
        if self._peek() != symbol:
            raise _UnreadableError
        self.at += 1

    def _name(self) -> str:
        symbol = self._peek()
        if _is_name(symbol):
            self.at += 1
            return symbol
        if not self.nameless:
            raise _UnreadableError
        return ""

    def _formula(self, depth: int) -> _Node:
        if depth > MAX_DEPTH:
            raise _UnreadableError
        node = self._operand(depth)
        while self._peek() in _CONNECTIVES:
            connective = self._peek()
            self.at += 1
            node = _Binary(connective, node, self._operand(depth))
        return node

    def _operand(self, depth: int) -> _Node:
        negated = self._peek() == "¬"
        bracket = self._peek(1 if negated else 0) == "("
        if bracket and not (self.nameless and self._peek(2 if negated else 1) in (")", ",")):
            self.at += 2 if negated else 1
            body = self._formula(depth + 1)
            self._take(")")
            return _Negation(body) if negated else body
        self.at += 1 if negated else 0
        return _Literal(self._literal(), negated)

    def _literal(self) -> str:
        parts = [self._name()]
        self._take("(")
        parts += ["(", self._name()]
        while self._peek() == ",":
            self.at += 1
            parts += [",", self._name()]
        self._take(")")
        return "".join((*parts, ")"))


def _is_name(symbol: str) -> bool:
    return bool(symbol) and _SPECIAL.fullmatch(symbol) is None


def _node(formula: Formula) -> _Node:
    """A formula without its quantifiers."""
    if isinstance(formula, Quantified):
        return _node(formula.body)
    if isinstance(formula, Not):
        body = _node(formula.body)
        return _Literal(body.text, True) if isinstance(body, _Literal) and not body.negated else _Negation(body)
    parts = [_node(part) for part in children(formula)]
    if not parts:
        return _Literal("".join(to_unicode(formula).split()), False)
    node, *rest = parts
    for part in rest:
        node = _Binary(_SYMBOLS[type(formula)], node, part)
    return node


_SYMBOLS: dict[type, str] = {And: "∧", Or: "∨", Xor: "⊕", Implies: "→", Iff: "↔"}


# --- scoring ---------------------------------------------------------------------------------------------------------


def _literals(node: _Node) -> list[str]:
    """The texts of the literals, without repeats, in order of first appearance."""
    found: dict[str, None] = {}
    stack = [node]
    while stack:
        top = stack.pop()
        if isinstance(top, _Literal):
            found[top.text] = None
        else:
            stack.extend((top.right, top.left) if isinstance(top, _Binary) else (top.body,))
    return list(found)


def _score(true: _Node, predicted: _Node, deadline: float) -> float:
    """The score of two readable formulas. Raises `_OutOfTimeError`."""
    true_literals, predicted_literals = _literals(true), _literals(predicted)
    count = max(len(true_literals), len(predicted_literals))
    if count <= ALL_PAIRINGS:
        return _best_score(true, predicted, true_literals, predicted_literals, deadline)
    scores: list[float] = []
    for seed in range(SHUFFLES):
        order = random.Random(seed)
        order.shuffle(true_literals)
        order.shuffle(predicted_literals)
        scores.append(_best_score(true, predicted, true_literals, predicted_literals, deadline))
    return max(scores, key=lambda score: (scores.count(score), score))


def _best_score(
    true: _Node, predicted: _Node, true_literals: list[str], predicted_literals: list[str], deadline: float
) -> float:
    """The best share of equal rows over the first pairings. Raises `_OutOfTimeError`."""
    count = max(len(true_literals), len(predicted_literals))
    columns = [_column(index, count) for index in range(count)]
    everything = (1 << (1 << count)) - 1
    postfix = _postfix(predicted)
    table = _table(_postfix(true), dict(zip(true_literals, columns)), everything)
    best = 0
    for tried, pairing in enumerate(_pairings(true_literals, predicted_literals, count)):
        if tried == MAX_PAIRINGS or best == 1 << count:
            break
        if time.monotonic() > deadline:
            raise _OutOfTimeError
        places = {at: columns[place] for place, at in enumerate(pairing)}
        bound = {literal: places[at] for at, literal in enumerate(predicted_literals)}
        best = max(best, (everything ^ table ^ _table(postfix, bound, everything)).bit_count())
    return best / (1 << count)


def _column(index: int, count: int) -> int:
    """The values of the input `index` over all 2^count rows, one bit a row."""
    period = 1 << index
    block = ((1 << period) - 1) << period
    width = 2 * period
    while width < 1 << count:
        block |= block << width
        width *= 2
    return block


def _postfix(node: _Node) -> list[str | _Literal]:
    """Literals and connectives in the order in which a stack takes them; chains lean to the left without end."""
    order: list[str | _Literal] = []
    stack: list[_Node] = [node]
    while stack:
        top = stack.pop()
        if isinstance(top, _Literal):
            order.append(top)
        elif isinstance(top, _Negation):
            order.append("¬")
            stack.append(top.body)
        else:
            order.append(top.connective)
            stack += (top.left, top.right)
    order.reverse()
    return order


def _table(postfix: list[str | _Literal], columns: dict[str, int], everything: int) -> int:
    """The truth table of a formula, one bit a row."""
    values: list[int] = []
    for item in postfix:
        if isinstance(item, _Literal):
            values.append(columns[item.text] ^ everything if item.negated else columns[item.text])
        elif item == "¬":
            values[-1] ^= everything
        else:
            right = values.pop()
            values[-1] = _connected(item, values[-1], right, everything)
    return values[0]


def _connected(connective: str, left: int, right: int, everything: int) -> int:
    if connective == "⊕":
        return left ^ right
    if connective == "↔":
        return left ^ right ^ everything
    if connective == "→":
        return (left ^ everything) | right
    return left & right if connective == "∧" else left | right


def _pairings(true: list[str], predicted: list[str], count: int) -> Iterator[list[int]]:
    """Orders of the predicted literals beside the true ones, each true literal taking its nearest by edit distance
    first; beyond the ends of either list stand literals that match none."""
    nearest = [_by_distance(true[place] if place < len(true) else None, predicted, count) for place in range(count)]
    used: list[int] = []
    choices = [iter(nearest[0])]
    while choices:
        at = next((index for index in choices[-1] if index not in used), None)
        if at is None:
            choices.pop()
            if used:
                used.pop()
            continue
        used.append(at)
        if len(used) == count:
            yield list(used)
            used.pop()
        else:
            choices.append(iter(nearest[len(used)]))


def _by_distance(literal: str | None, predicted: list[str], count: int) -> list[int]:
    def distance(index: int) -> int:
        return _edit_distance(literal, predicted[index]) if literal and index < len(predicted) else _DUMMY_DISTANCE

    return sorted(range(count), key=distance)


def _edit_distance(left: str, right: str) -> int:
    if len(left) * len(right) > 1_000_000:
        return abs(len(left) - len(right))
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(right, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]
