"""Importing this module leaves both graders warm: parsers built, caches filled, late imports done."""

from __future__ import annotations

from . import minerva, verify

_PAIRS = (
    ("\\frac{\\sqrt{3}}{2}", "\\frac12\\sqrt{3}"),
    ("x^2-1", "(x-1)(x+1)"),
    ("(1,2]", "[1, 2)"),
    ("\\{1, 2\\}", "1, 2"),
    ("\\text{even}", "0.5"),
    ("\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "12\\%"),
    ("x = 5", "5"),
)

for answer, gold in _PAIRS:
    for grader in (minerva, verify):
        grader.is_equiv(answer, gold)
