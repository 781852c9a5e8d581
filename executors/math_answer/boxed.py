"""The final answer of a worked solution in LaTeX: what the last box holds."""

from __future__ import annotations

import re

_BOX = re.compile(r"\\(?:boxed|fbox)(?=[\s{\\\d])")


def last_boxed(text: str) -> str | None:
    """The content of the last `\\boxed{...}` or `\\fbox{...}` by matching braces, or what follows a `\\boxed` without
    braces up to the end of its formula; None without a box, or with one that is not closed.
    """
    boxes = list(_BOX.finditer(text))
    if not boxes:
        return None
    rest = text[boxes[-1].end() :].lstrip()
    if not rest.startswith("{"):
        return rest.split("$", 1)[0].strip()
    depth = 0
    for brace in re.finditer(r"\\.|[{}]", rest, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0 and brace[0] == "}":
            return rest[1 : brace.start()]
    return None
