"""Multiple choice for programs that compute a number: the option nearest to it, as PAL chooses for AQuA.

Source: reasoning-machines/pal f81ca2a977, scripts/aqua_eval.py. Its quirks are kept, since its figures depend on them:
options are read from the question's text, a minus sign is no part of an option's number, and where an option that says
"none" stands before others the choice slips by one.
"""

from __future__ import annotations

import math

OPTIONS = ("(a)", "(b)", "(c)", "(d)", "(e)")
# How many times the result an option may be away before "none of these" is the better answer.
_FAR = 10.0


def closest_option(result: float, question: str) -> str | None:
    """The option, "(a)" to "(e)", nearest to `result`; None where an option's text holds no number."""
    try:
        values = [_value(option, question) for option in OPTIONS]
        numbers = [value for value in values if value is not None]
        # The position among the options that are numbers, taken for a position among all.
        position = _nearest([abs(number - result) for number in numbers])
        chosen = values[position]
        if chosen is None:
            return None
        if len(numbers) < len(OPTIONS) and _relative(abs(chosen - result), result) > _FAR:
            return OPTIONS[-1]
        return OPTIONS[position]
    except (ValueError, IndexError):
        return None


def number_for(option: str, question: str) -> float | None:
    """A number for which `option` is chosen: its own, or 0 for "none of these"; None where no such number is found."""
    try:
        own = _value(option, question)
    except (ValueError, IndexError):
        return None
    number = 0.0 if own is None else own
    return number if closest_option(number, question) == option else None


def _value(option: str, question: str) -> float | None:
    """The number in an option's text, None for "none ..."; raises ValueError or IndexError where there is none."""
    text = question.split(option)[1].split(")")[0]
    if "none" in text.lower():
        return None
    digits = "".join(character for character in text if character.isdigit() or character == ".")
    if digits[0] == "." and digits.count(".") > 1:
        digits = digits[1:]
    return float(digits)


def _nearest(distances: list[float]) -> int:
    """The position of the least distance; a distance that is not a number comes first of all."""
    if not distances:
        raise ValueError("no option is a number")
    undefined = [position for position, distance in enumerate(distances) if math.isnan(distance)]
    return undefined[0] if undefined else distances.index(min(distances))


def _relative(distance: float, result: float) -> float:
    whole = result + 1e-6
    if whole == 0:
        return math.inf if distance else math.nan
    return abs(distance / whole)
