"""Tokens of first-order formulas in every notation that models and data sets use.

Unicode, ASCII, LaTeX, Prover9, TPTP and Z3-ish connectives come out as the same kinds; words that may be a connective
or a name ("and", "not", "all") stay names, since only the parser knows which of the two its position allows.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    NAME = "name"
    QUOTED = "quoted name"
    FORALL = "∀"
    EXISTS = "∃"
    NOT_EXISTS = "∄"
    EXACTLY_ONE = "∃!"
    NOT = "¬"
    AND = "∧"
    OR = "∨"
    XOR = "⊕"
    NAND = "↑"
    NOR = "↓"
    IMPLIES = "→"
    IMPLIED = "←"
    IFF = "↔"
    EQUAL = "="
    UNEQUAL = "≠"
    TRUE = "⊤"
    FALSE = "⊥"
    OPEN = "("
    CLOSE = ")"
    COMMA = ","
    DOT = "."
    COLON = ":"
    FOREIGN = "foreign symbol"
    END = "end"


class Token(NamedTuple):  # made by the thousand: a tuple takes a third of a frozen dataclass's time
    kind: Kind
    text: str
    position: int
    spaced: bool  # white space stands before it


class LexicalError(Exception):
    """A character that no notation uses; never leaves this package."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


_SYMBOLS: dict[Kind, str] = {
    Kind.EXACTLY_ONE: "∃! ∃₁",
    Kind.FORALL: "∀ Ɐ",
    Kind.EXISTS: "∃",
    Kind.NOT_EXISTS: "∄",
    Kind.IFF: "↔ ⟷ ⇔ ⟺ ≡ ⇌ ⇄ <-> <=> <--> <==> ===",
    Kind.XOR: "⊕ ⊻ ↮ ≢ ^ <~>",
    Kind.NAND: "⊼ ~&",
    Kind.NOR: "⊽ ~|",
    Kind.IMPLIED: "← ⟵ ⇐ ⟸ <- <= <-- <== :-",
    Kind.IMPLIES: "→ ⟶ ⇒ ⟹ ⊃ ➔ ➝ -> => --> ==> >>>",
    Kind.AND: "∧ ⋀ ⩓ & && /\\",
    Kind.OR: "∨ ⋁ ⩔ | || \\/",
    Kind.UNEQUAL: "≠ != =/=",
    Kind.EQUAL: "= == ＝",
    Kind.NOT: "¬ ￢ ~ ∼ ˜ ! - − –",
    Kind.TRUE: "⊤",
    Kind.FALSE: "⊥",
    Kind.OPEN: "( [ {",
    Kind.CLOSE: ") ] }",
    Kind.COMMA: ",",
    Kind.DOT: ". ∙",
    Kind.COLON: ":",
    Kind.FOREIGN: "< > ≤ ≥ ∈ ∉ ⊆ ⊂ ⊢ ⊨ ∩ ∪ + * / % # ; @ ?",
}
_KIND_OF: dict[str, Kind] = {symbol: kind for kind, text in _SYMBOLS.items() for symbol in text.split()}
_LATEX: dict[str, Kind] = {
    "forall": Kind.FORALL,
    "exists": Kind.EXISTS,
    "nexists": Kind.NOT_EXISTS,
    "neg": Kind.NOT,
    "lnot": Kind.NOT,
    "sim": Kind.NOT,
    "land": Kind.AND,
    "wedge": Kind.AND,
    "bigwedge": Kind.AND,
    "lor": Kind.OR,
    "vee": Kind.OR,
    "bigvee": Kind.OR,
    "oplus": Kind.XOR,
    "veebar": Kind.XOR,
    "xor": Kind.XOR,
    "to": Kind.IMPLIES,
    "rightarrow": Kind.IMPLIES,
    "Rightarrow": Kind.IMPLIES,
    "longrightarrow": Kind.IMPLIES,
    "Longrightarrow": Kind.IMPLIES,
    "implies": Kind.IMPLIES,
    "supset": Kind.IMPLIES,
    "leftarrow": Kind.IMPLIED,
    "Leftarrow": Kind.IMPLIED,
    "impliedby": Kind.IMPLIED,
    "leftrightarrow": Kind.IFF,
    "Leftrightarrow": Kind.IFF,
    "longleftrightarrow": Kind.IFF,
    "Longleftrightarrow": Kind.IFF,
    "iff": Kind.IFF,
    "equiv": Kind.IFF,
    "neq": Kind.UNEQUAL,
    "ne": Kind.UNEQUAL,
    "top": Kind.TRUE,
    "bot": Kind.FALSE,
    "lbrace": Kind.OPEN,
    "rbrace": Kind.CLOSE,
    "lbrack": Kind.OPEN,
    "rbrack": Kind.CLOSE,
    "colon": Kind.COLON,
}
_LATEX_BRACKETS = {"lbrace": "{", "rbrace": "}", "lbrack": "[", "rbrack": "]"}
# fmt: off
_LATEX_LAYOUT = frozenset({
    "left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "bigg", "biggl", "biggr", "quad", "qquad",
    "displaystyle", "textstyle", "text", "textit", "textbf", "texttt", "textrm", "textsf", "mathrm", "mathit",
    "mathsf", "mathbf", "mathtt", "mathcal", "mbox", "operatorname", "limits", "nolimits",
})
# fmt: on

_INVISIBLE = "\u200b-\u200f\u2060\ufeff\u00ad"
# Full-width forms of ASCII; they keep their place, so positions stay those of the text as given.
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}

_WORD = rf"\w[\w{_INVISIBLE}]*"
_TOKEN = re.compile(
    rf"""
    (?P<space>(?:[\s{_INVISIBLE}]|\\[,;:!>\ \[\]()]|\\\\|\$(?!(?:true|false|T|F)\b(?!\()))+)
  | (?P<truth>\$(?:true|false|T|F)\b)
  | (?P<phrase>\\(?:text|mathrm|mathit|mathsf|mathbf|operatorname|textit|textbf|mbox)\s*\{{[^{{}}\\\n]*\}})
  | (?P<command>\\(?:[A-Za-z]+|[{{}}&%_]))
  | (?P<quoted>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|“[^”\n]*”|‘[^’\n]*’)
  | (?P<bound>[!?](?=\s*\[[^\[\]!?]{{0,400}}\]\s*:))
  | (?P<name>{_WORD}(?:(?:['’`‑–-]|\\_){_WORD}|(?<=_)\{{\w+\}})*)
  | (?P<symbol>{"|".join(re.escape(symbol) for symbol in sorted(_KIND_OF, key=len, reverse=True))})
    """,
    re.VERBOSE,
)
_DOTTED = re.compile(r"(?:\.\w[\w'’-]*)+")
_SUFFIX = re.compile(r"\++(?=\s*[,)])|%")
# "<0.5%" in the place of an argument, as data sets write a measured constant.
_MEASURE = re.compile(r"[<>≤≥]=?\s*\d[\d.,]*%?(?=\s*[,)])")
_CLEAN = re.compile(rf"[{_INVISIBLE}{{}}\\]")


def tokenize(text: str) -> list[Token]:
    """The tokens of `text`, ended by one of kind `END`; linear in its length. Raises `LexicalError`."""
    text = text.translate(_FULL_WIDTH)
    latex = "\\" in text
    # LaTeX sets ~ as a space; a text that has a command for negation surely means that.
    layout_tilde = "\\neg" in text or "\\lnot" in text
    tokens: list[Token] = []
    arguments: list[bool] = []  # of each open bracket: does it hold the arguments of a name?
    position, spaced = 0, False
    while position < len(text):
        starts_argument = bool(arguments) and arguments[-1] and tokens[-1].kind in (Kind.OPEN, Kind.COMMA)
        measure = _MEASURE.match(text, position) if starts_argument else None
        if measure is not None:
            tokens.append(Token(Kind.NAME, measure[0], position, spaced))
            position, spaced = measure.end(), False
            continue
        match = _TOKEN.match(text, position)
        if match is None:
            raise LexicalError(f"unexpected {text[position]!r}", position)
        end = match.end()
        group = match.lastgroup or ""
        if group == "space":
            position, spaced = end, True
            continue
        if group == "name" and arguments and arguments[-1] and _continues(tokens):
            end = _extend_name(text, end)
        token = _token(group, text[position:end], position, spaced, latex)
        if layout_tilde and token is not None and token.text == "~":
            token = None
        spaced = token is None
        if token is not None:
            if token.kind is Kind.OPEN or token.kind is Kind.CLOSE:
                _note_bracket(token, tokens, arguments)
            tokens.append(token)
        position = end
    tokens.append(Token(Kind.END, "", len(text), spaced))
    return tokens


def _continues(tokens: list[Token]) -> bool:
    """Whether a dot after the coming name belongs to it (mr.smith), not to a quantifier before it (∀x.P)."""
    return tokens[-1].kind in (Kind.OPEN, Kind.COMMA, Kind.NAME)


def _extend_name(text: str, end: int) -> int:
    for pattern in (_DOTTED, _SUFFIX):
        match = pattern.match(text, end)
        if match:
            end = match.end()
    return end


def _note_bracket(token: Token, tokens: list[Token], arguments: list[bool]) -> None:
    if token.kind is Kind.OPEN:
        called = bool(tokens) and tokens[-1].kind in (Kind.NAME, Kind.QUOTED)
        quantified = len(tokens) > 1 and tokens[-2].kind in (Kind.FORALL, Kind.EXISTS, Kind.EXACTLY_ONE)
        arguments.append(called and not quantified)
    elif arguments:
        arguments.pop()


def _token(group: str, text: str, position: int, spaced: bool, latex: bool) -> Token | None:
    """The token that the matched `text` stands for; none where it is only layout."""
    if group == "name":
        return Token(Kind.NAME, _CLEAN.sub("", text), position, spaced)
    if group == "symbol":
        if latex and text in "{}":
            return None
        return Token(_KIND_OF[text], text, position, spaced)
    if group == "truth":
        return Token(Kind.TRUE if text[1] in "tT" else Kind.FALSE, text, position, spaced)
    if group == "quoted":
        inner = re.sub(r"\\(.)", r"\1", text[1:-1])
        if not inner.strip():
            raise LexicalError("an empty quoted name", position)
        return Token(Kind.QUOTED, inner, position, spaced)
    if group == "phrase":
        inner = text[text.index("{") + 1 : -1].strip()
        return Token(Kind.NAME, inner, position, spaced) if inner else None
    if group == "bound":
        return Token(Kind.FORALL if text == "!" else Kind.EXISTS, text, position, spaced)
    return _command(text[1:], position, spaced) if group == "command" else None


def _command(name: str, position: int, spaced: bool) -> Token | None:
    if name in _LATEX:
        return Token(_LATEX[name], _LATEX_BRACKETS.get(name, "\\" + name), position, spaced)
    if name in _LATEX_LAYOUT:
        return None
    if name in "{}":
        return Token(Kind.OPEN if name == "{" else Kind.CLOSE, name, position, spaced)
    if name == "&":
        return Token(Kind.AND, "&", position, spaced)
    raise LexicalError(f"unknown LaTeX command \\{name[:40]}", position)
