"""The words of a query as the official exact match sees them: NLTK's `word_tokenize` on SQL without its strings.

Source: taoyds/test-suite-sql-eval at e97acc546ecb, `process_sql.tokenize`, and the rules of nltk 3.9's word tokenizer
as far as text without quotation marks can meet them (a test compares with NLTK itself). Importing NLTK would cost each
worker seconds, its sentence model is a separate download, and its rules for English are of no use here but for this.
"""

from __future__ import annotations

import re

# In the order in which they are applied. English contractions are torn apart too.
_LAST_PERIOD = re.compile(r"([^.])(\.)([\]\)}>»”’ ]*+)\s*\Z")
_BEFORE_NO_DIGIT = re.compile(r"([:,])([^\d])")
_AT_THE_END = re.compile(r"[:,]\Z")
_ALONE = re.compile(r"\.{2,}|--|``|[`;@#$%&?!*\[\](){}<>‒-―«»“”‘’„]")
_CONTRACTION = re.compile(
    r"\b(?:(can)(not)|(gim)(me)|(gon)(na)|(got)(ta)|(lem)(me))\b|\b(wan)(na)(?=\s)", re.IGNORECASE
)

# Where a sentence may end inside the text, its period then being a word of its own. Stands for NLTK's trained splitter.
_PERIOD = re.compile(r"(?<=[^\s.])\.(?=[)}\]*@({\[;:!?]|\s+(?P<next>\S))")
_INITIAL = re.compile(r"(?:\A|[^\w.])[^\W\d]\Z")
_NUMBER = re.compile(r"(?:\A|\s)-?[.,]?\d[\d,.-]*\Z")
_LONGEST_NUMBER = 40

_STRING = re.compile(r'"[^"]*"')
_STRING_KEY = "__val_{}_{}__"


class UnbalancedQuotesError(ValueError):
    """The text holds an odd number of quotation marks."""


def tokenize(query: str) -> list[str]:
    """The words of `query` in lower case, strings as they stand (in double quotes).

    Raises `UnbalancedQuotesError`.
    """
    text = query.replace("'", '"')
    if text.count('"') % 2:
        raise UnbalancedQuotesError("a quotation mark has no partner")
    strings: dict[str, str] = {}

    def key_of(match: re.Match[str]) -> str:
        key = _STRING_KEY.format(match.start(), match.end() - 1)
        strings[key] = match.group()
        return key

    words = [word.lower() for word in words_of(_STRING.sub(key_of, text))]
    return _with_whole_operators([strings.get(word, word) for word in words])


def words_of(text: str) -> list[str]:
    """`nltk.word_tokenize(text)` for a text without quotation marks."""
    text = _PERIOD.sub(_ended, text)
    text = _LAST_PERIOD.sub(r"\1 \2 \3 ", text)
    text = _BEFORE_NO_DIGIT.sub(r" \1 \2", text)
    text = _AT_THE_END.sub(r" \g<0> ", text)
    text = _ALONE.sub(r" \g<0> ", text)
    text = _CONTRACTION.sub(lambda match: f" {' '.join(filter(None, match.groups()))} ", f"{text} ")
    return text.split()


def _ended(match: re.Match[str]) -> str:
    """The period apart from its word, unless it belongs to an initial or to a number in the midst of a sentence."""
    text, position = match.string, match.start()
    before = text[max(0, position - _LONGEST_NUMBER) : position]
    following = match["next"] or text[match.end()]
    goes_on = following.islower() or following in ";:!?,."
    return "." if _INITIAL.search(before) or (goes_on and _NUMBER.search(before)) else " . "


def _with_whole_operators(words: list[str]) -> list[str]:
    """`>=`, `<=` and `!=` as one word."""
    whole: list[str] = []
    for word in words:
        if word == "=" and whole and whole[-1] in ("!", ">", "<"):
            whole[-1] += "="
        else:
            whole.append(word)
    return whole
