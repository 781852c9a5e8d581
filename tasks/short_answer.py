"""Our reading of short answers: an option's letter, yes or no, a number, brackets, a few words.

Scorers by one regular expression reward a model for a period and punish it for bold type. This one looks where a person
would, at what follows the last "the answer is", and there takes the answer in any usual dress.
"""

from __future__ import annotations

import re
from typing import Literal

_ANNOUNCED = re.compile(r"\b(?:answer|option|choice)(?:\s+is\b\s*:?|\s*:)[*_\s]*", re.IGNORECASE)
_BOXED = re.compile(r"\\(?:boxed|text|mathrm)\{([^{}]*)\}")
_MARKUP = re.compile(r"[*`$\"“”]|\\[()\[\]]")
_SENTENCE_END = re.compile(r"[.。](?=\s|$)")


def same_answer(text: str, target: str, question: str, unannounced: Literal[0, -1]) -> bool:
    """Whether `text` gives the answer `target` to `question` (whose options stand on lines of `(A) ...`).

    `unannounced` says which line counts where nothing announces the answer: the first (0, models that answer at once)
    or the last (-1, models that think first).
    """
    line = answer_line(text, unannounced)
    if re.fullmatch(r"\([A-Z]\)", target):
        return letter(line, question) == target[1]
    choices = next((pair for pair in _PAIRS if target.lower() in pair), None)
    if choices is not None:
        return _word(line, choices) == target.lower()
    if re.fullmatch(r"-?\d+", target):
        return _number(line) == target
    if not set(target) - set("()[]{}<> "):
        return "".join(char for char in line if char in "()[]{}<>") == target.replace(" ", "")
    return _words(target) in (_words(line), _words(_first_sentence(line)))


def answer_line(text: str, unannounced: Literal[0, -1]) -> str:
    """The line where the answer stands, without markup: behind the last announcement, else the first or last line."""
    *announced, last = _ANNOUNCED.split(text)
    lines = [line.strip() for line in last.splitlines() if line.strip()]
    if not lines:
        return ""
    line = lines[0 if announced else unannounced]
    while _BOXED.search(line):
        line = _BOXED.sub(r"\1", line)
    return _MARKUP.sub("", line).strip()


_PAIRS = (("true", "false"), ("yes", "no"), ("valid", "invalid"))
_BRACKETED = re.compile(r"\(([A-Z])\)")
_LEADING = re.compile(r"([A-Z])(?:[).:,]|$)")
_SEVERAL = re.compile(r"(?:\([A-Z]\)|^[A-Z]) (?:and|or) (?:\([A-Z]\)|[A-Z]\b)")
_OPTION = re.compile(r"^\(([A-Z])\)[ \t]*(.*)$", re.MULTILINE)


def letter(line: str, question: str) -> str | None:
    """The option that a line names: by a letter in brackets, a letter in front, or the option's own words.

    Several options at once are no answer.
    """
    if _SEVERAL.search(line):
        return None
    named = _BRACKETED.search(line) or _LEADING.match(line)
    if named:
        return str(named[1])
    return next((str(option[1]) for option in _OPTION.finditer(question) if _words(option[2]) == _words(line)), None)


def _word(line: str, choices: tuple[str, ...]) -> str | None:
    """The choice that stands first on the line, else the only one that is there."""
    words: list[str] = re.findall(r"\w+", line.lower())
    if words and words[0] in choices and words[1:2] != ["or"]:
        return words[0]
    found = [word for word in choices if word in words]
    return found[0] if len(found) == 1 else None


def _number(line: str) -> str | None:
    """The last number of the first sentence, as an integer is written."""
    found = re.findall(r"-?\d[\d,]*(?:\.\d+)?", _first_sentence(line.replace("−", "-")))
    return re.sub(r"\.0+$", "", found[-1].replace(",", "")) if found else None


def _first_sentence(line: str) -> str:
    return _SENTENCE_END.split(line)[0]


def _words(line: str) -> list[str]:
    return re.findall(r"[^\s,;]+", line.casefold().strip(" .。"))
