"""Numbers as answers: what counts as one, and how near is near enough."""

from __future__ import annotations

import math
import re

from executors.math_answer.hendrycks import UnreadableError, normalize

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


_LATEX_NUMBER = re.compile(
    r"(?P<sign>-?)(?P<whole>\d+(?:\.\d+)?|\.\d+)?(?:\\frac\{(?P<over>-?\d+)\}\{(?P<under>-?\d+)\})?"
)
_THOUSANDS = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")


def latex_numbers(text: str) -> tuple[float, ...] | None:
    """The numbers that a LaTeX answer consists of ("12,345", "\\frac34", "1, -2"); None where it is anything else."""
    try:
        plain = normalize(text.strip().strip("$"))
    except UnreadableError:
        return None
    parts = [plain.replace(",", "")] if _THOUSANDS.fullmatch(plain) else plain.split(",")
    numbers = [_latex_number(part) for part in parts]
    return None if None in numbers else tuple(number for number in numbers if number is not None)


def _latex_number(text: str) -> float | None:
    found = _LATEX_NUMBER.fullmatch(text)
    if found is None or found["whole"] is found["over"] is None:
        return None
    try:
        fraction = int(found["over"]) / int(found["under"]) if found["over"] else 0.0
        number = float(found["whole"] or 0) + fraction
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return -number if found["sign"] else number


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
