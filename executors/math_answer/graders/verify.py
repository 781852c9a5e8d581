"""The `math_verify` library's verdict. Its own time limits need signals and let two calls take ten seconds: they are
off, and the jail's deadline holds.
"""

from __future__ import annotations

import logging

import math_verify  # type: ignore[import-untyped]

# It warns of its time limits.
logging.disable(logging.CRITICAL)


def is_equiv(answer: str, gold: str) -> bool:
    """Whether the library finds the answer's value equal to the gold's. Both are LaTeX without dollar signs."""
    parsed = [math_verify.parse(f"${text}$", parsing_timeout=None) for text in (gold, answer)]
    return bool(math_verify.verify(*parsed, timeout_seconds=None))
