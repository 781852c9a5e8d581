"""Numbers as answers: what counts as one, and how near is near enough."""

from __future__ import annotations

import math
import re

# |answer - gold| <= 1e-4. Source: xufangzhi/ENVISIONS 5826fef, pal/scripts/evaluation.py.
ENVISIONS_TOLERANCE = 1e-4
# |answer - gold| < 1e-3. Source: reasoning-machines/pal f81ca2a977, scripts/gsm_eval.py.
PAL_TOLERANCE = 1e-3

_NUMBER = re.compile(r"[-+]?\$?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?")


def as_number(value: object) -> float | None:
    """A program's answer as a number: numbers themselves, or a text that is nothing but one ("$1,200"); else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            return None
        value = float(text.replace("$", "").replace(",", ""))
    if not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def is_near(answer: object, gold: float) -> bool:
    """ENVISIONS' rule: within 1e-4, absolutely, of the gold number."""
    number = as_number(answer)
    return number is not None and abs(number - gold) <= ENVISIONS_TOLERANCE


def is_near_pal(answer: object, gold: float) -> bool:
    """PAL's rule: what Python's `float` makes of the answer ("1_000" and True are numbers, "1,000" is none) is less
    than 1e-3 away from the gold number.
    """
    if not isinstance(answer, (bool, int, float, str, bytes)):
        return False
    try:
        return abs(float(answer) - gold) < PAL_TOLERANCE
    except (ValueError, OverflowError):
        return False
