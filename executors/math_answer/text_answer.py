"""The number at the end of a worked solution in prose, as lm-evaluation-harness reads it for GSM8K.

Source: EleutherAI/lm-evaluation-harness 4e7e0d47f3, lm_eval/tasks/gsm8k/gsm8k.yaml.
"""

from __future__ import annotations

import re

_STRICT = re.compile(r"#### (-?[0-9.,]+)")
_FLEXIBLE = re.compile(r"-?[$0-9.,]{2,}|-?[0-9]+")
# Ignored on both sides, in this order.
_IGNORED = (re.compile(","), re.compile(r"\$"), re.compile(r"(?s).*#### "), re.compile(r"\.$"))


def strict_number(text: str) -> str | None:
    """The first number behind "#### ", None without one."""
    found = _STRICT.search(text)
    return found[1] if found else None


def flexible_number(text: str) -> str | None:
    """The last number, with its dollar sign, commas and points; None without one."""
    found = _FLEXIBLE.findall(text)
    return found[-1] if found else None


def same_number(number: str | None, solution: str) -> bool:
    """Whether an extracted number is, as text, the one behind "#### " in the gold solution."""
    return number is not None and _bare(number) == _bare(solution)


def _bare(text: str) -> str:
    for ignored in _IGNORED:
        text = ignored.sub("", text)
    return text.lower()
