"""Minerva's grader: both answers normalised, and their difference simplified to 0.

Source: Lewkowycz et al. 2022, appendix D, as in EleutherAI/lm-evaluation-harness 4e7e0d47f3,
lm_eval/tasks/minerva_math/utils.py (re-implemented from its behaviour).
"""

from __future__ import annotations

import re

import sympy  # type: ignore[import-untyped]
from sympy.parsing.latex import parse_latex  # type: ignore[import-untyped]

# In this order. They act anywhere: the last letter of a word before a blank is taken for an article, too.
_SUBSTITUTIONS = (
    *(("an ", ""), ("a ", ""), (".$", "$"), ("\\$", ""), ("\\ ", ""), (" ", ""), ("mbox", "text")),
    *((",\\text{and}", ","), ("\\text{and}", ","), ("\\text{m}", "\\text{}")),
)
_REMOVED = (
    *("square", "ways", "integers", "dollars", "mph", "inches", "ft", "hours", "km", "units", "\\ldots", "sue"),
    *("points", "feet", "minutes", "digits", "cents", "degrees", "cm", "gm", "pounds", "meters", "meals", "edges"),
    *("students", "childrentickets", "multiples", "\\text{s}", "\\text{.}", "\\text{\ns}", "\\text{}^2"),
    *("\\text{}^3", "\\text{\n}", "\\text{}", "\\mathrm{th}", "^\\circ", "^{\\circ}", "\\;", ",\\!", "{,}", '"'),
    "\\dots",
)
_FIRST_FORMULA = re.compile(r"(.*?)(\$)(.*?)(\$)(.*)")
_WRAPPERS = (
    *(re.compile(rf"\\{command}\{{(.*?)\}}") for command in ("text", "textbf", "overline")),
    re.compile(r"\\boxed\{(.*)\}"),
)


def normalize(answer: str) -> str:
    """What is compared: units and words dropped, the first formula, shorthand TeX written out."""
    answer = answer.rpartition("=")[2]
    for before, after in _SUBSTITUTIONS:
        answer = answer.replace(before, after)
    for words in _REMOVED:
        answer = answer.replace(words, "")
    answer = _FIRST_FORMULA.sub(r"$\3$", answer)
    for wrapper in _WRAPPERS:
        answer = wrapper.sub(r"\1", answer)
    answer = re.sub(r"frac([^{])(.)", r"frac{\1}{\2}", answer)
    answer = re.sub(r"sqrt([^{])", r"sqrt{\1}", answer).replace("$", "")
    plain = answer.replace(",", "")
    return plain if plain.isdigit() else answer


def is_equiv(answer: str, gold: str) -> bool:
    """Whether the difference of the two is 0. What cannot be parsed, subtracted or simplified is not equal, not even
    to itself: tuples, intervals, sets, most text.
    """
    try:
        difference = parse_latex(normalize(answer)) - parse_latex(normalize(gold))
        return bool(sympy.simplify(difference) == 0)
    except Exception:
        # sympy raises what it likes on what it cannot do.
        return False
