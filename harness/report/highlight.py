"""Which characters of a program are keywords, names, strings ...: lengths of runs, without markup.

A page can colour a text by these without trusting it: it makes a text node of each run.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import ClassVar

from pygments.lexer import Lexer, RegexLexer
from pygments.lexers.go import GoLexer
from pygments.lexers.jvm import JavaLexer
from pygments.lexers.python import PythonLexer
from pygments.lexers.rdf import SparqlLexer
from pygments.lexers.shell import BashLexer
from pygments.lexers.sql import SqlLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text, _TokenType

# Longer texts stay plain: lexers are regular expressions, and a hostile text could keep one busy.
_LONGEST = 4000


class SymbolLexer(RegexLexer):
    """Terms, lists and formulas: what FOL, PDDL, AMR, s-expressions, triples and scene programs have in common."""

    name = "symbols"
    tokens: ClassVar[dict[str, list[tuple[str, _TokenType]]]] = {
        "root": [
            (r"\s+", Text),
            (r'"[^"\n]*"', String),
            (r"[∀∃]", Keyword),
            (r"[:?$#@][\w-]+", Name.Attribute),
            (r"(?<=\()(?<!\w\()[^\W\d][\w.:-]*", Name.Function),  # (on ?x ?y), not the x of P(x)
            (r"[^\W\d][\w.-]*(?=\()", Name.Function),
            (r"[^\W\d][\w.-]*", Name),
            (r"\d+(?:\.\d+)?", Number),
            (r"[()\[\]{},;]", Punctuation),
            (r"[^\w\s]", Operator),
        ]
    }


_LEXERS: dict[str, type[Lexer]] = {
    "bash": BashLexer,
    "go": GoLexer,
    "java": JavaLexer,
    "python": PythonLexer,
    "sparql": SparqlLexer,
    "sql": SqlLexer,
}
_PLAIN = frozenset({"answer", "smiles"})

# The first kind that holds a token's type names it; the letters are classes of the style sheet.
_KINDS = (
    (Comment, "c"),
    (String, "s"),
    (Number, "n"),
    (Keyword, "k"),
    (Operator.Word, "k"),
    (Operator, "o"),
    (Name.Function, "f"),
    (Name.Class, "f"),
    (Name.Builtin, "b"),
    (Name.Attribute, "b"),
    (Name.Variable, "b"),
)


@functools.lru_cache(maxsize=4096)
def colours(text: str, language: str) -> str:
    """The kinds of `text` in order, each with its length in UTF-16 units (`k6.1n3`: a keyword of 6, 1 plain, a number
    of 3); empty where there is nothing to colour.
    """
    if language in _PLAIN or len(text) > _LONGEST:
        return ""
    runs: list[tuple[str, int]] = []
    for kind, length in _kinds(text, language):
        if runs and runs[-1][0] == kind:
            runs[-1] = (kind, runs[-1][1] + length)
        else:
            runs.append((kind, length))
    return "".join(f"{kind}{length}" for kind, length in runs)


def _kinds(text: str, language: str) -> Iterator[tuple[str, int]]:
    for _, token, value in _lexer(language).get_tokens_unprocessed(text):
        yield _kind(token), len(value) if value.isascii() else len(value.encode("utf-16-le", "surrogatepass")) // 2


@functools.cache
def _kind(token: _TokenType) -> str:
    ancestors = token.split()
    return next((letter for of_kind, letter in _KINDS if of_kind in ancestors), ".")


@functools.cache
def _lexer(language: str) -> Lexer:
    return _LEXERS.get(language, SymbolLexer)()
