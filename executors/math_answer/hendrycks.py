"""`is_equiv` of the MATH data set: two LaTeX strings are the same after a few rewritings, without any arithmetic.

Source: hendrycks/math 985bdc1696, modeling/math_equivalence.py (re-implemented from its behaviour).
"""

from __future__ import annotations

import re
from collections.abc import Callable

# In this order; a blank before or a brace around a number may hide its missing 0.
_REWRITINGS = (
    *(("\n", ""), ("\\!", ""), ("\\\\", "\\"), ("tfrac", "frac"), ("dfrac", "frac"), ("\\left", ""), ("\\right", "")),
    *(("^{\\circ}", ""), ("^\\circ", ""), ("\\$", "")),
)
_AFTER_UNITS = (("\\%", ""), ("%", ""), (" .", " 0."), ("{.", "{0."))
_UNIT = "\\text{ "
_WHOLE_FRACTION = re.compile(r"(0|-?[1-9][0-9]*)/(0|-?[1-9][0-9]*)")


class UnreadableError(Exception):
    """The normaliser gives up on a string; the two are compared as they stand."""


def is_equiv(answer: str | None, gold: str | None) -> bool:
    """Whether both are the same string after normalising. Two missing answers are the same."""
    if answer is None or gold is None:
        return answer is gold
    try:
        return normalize(answer) == normalize(gold)
    except UnreadableError:
        return answer == gold


def normalize(text: str) -> str:
    """Raises `UnreadableError` for two units, and for a root or a fraction of nothing."""
    text = _replaced(text, _REWRITINGS)
    text, *units = text.split(_UNIT)
    if len(units) > 1:
        raise UnreadableError
    text = _replaced(text, _AFTER_UNITS)
    if text.startswith("."):
        text = f"0{text}"
    left, *rights = text.split("=")
    if len(rights) == 1 and len(left) <= 2:
        text = rights[0]
    text = _arguments(text, "\\sqrt", _root).replace(" ", "")
    text = _fractions(text)
    if text == "0.5":
        return "\\frac{1}{2}"
    return _WHOLE_FRACTION.sub(r"\\frac{\1}{\2}", text) if _WHOLE_FRACTION.fullmatch(text) else text


def _replaced(text: str, rewritings: tuple[tuple[str, str], ...]) -> str:
    for before, after in rewritings:
        text = text.replace(before, after)
    return text


def _arguments(text: str, command: str, braced: Callable[[str], str]) -> str:
    """`text` with every `command`'s argument in braces; `braced` maps what follows the command."""
    head, *parts = text.split(command)
    if not all(parts):
        raise UnreadableError
    return head + "".join(command + braced(part) for part in parts)


def _root(part: str) -> str:
    return part if part[0] == "{" else f"{{{part[0]}}}{part[1:]}"


def _fractions(text: str) -> str:
    """Braces around one-character numerators and denominators; a fraction cut short leaves all as they are."""
    parts = text.split("\\frac")[1:]
    for part in parts:
        if not part:
            raise UnreadableError
        if part[0] != "{" and len(part) < 2:
            return text
    return _arguments(text, "\\frac", _fraction)


def _fraction(part: str) -> str:
    if part[0] == "{":
        return part
    denominator = part[1:] if part[1] == "{" else f"{{{part[1]}}}{part[2:]}"
    return f"{{{part[0]}}}{denominator}"
