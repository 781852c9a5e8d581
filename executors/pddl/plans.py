"""Reading plans as written by planners and by models: strictly, and as leniently as VAL does.

Strict: steps `(name argument ...)`, each perhaps with a start time `0.000:` before and a duration `[1.000]` behind,
white space and comments between, nothing else; start times, where given, increase.
Lenient: what VAL's scanner and grammar make of the text (KCL-Planning/VAL at 3c7a1f3, observed behaviour): characters
that are in no token (commas, quotes, backticks, NUL, a byte order mark) are skipped everywhere; the plan ends, without
an error, before the first token that begins no step, so prose after a plan is ignored and prose before it leaves an
empty plan; a fault inside a step (an unclosed bracket, "1." instead of "1:") spoils the whole plan; steps are sorted by
time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from executors.pddl.reading import MAX_CHARACTERS, PddlError


@dataclass(frozen=True, slots=True)
class Step:
    """`words` are the action and its arguments in lower case, `time` the start time where one is written."""

    words: tuple[str, ...]
    time: float | None = None

    def __str__(self) -> str:
        return f"({' '.join(self.words)})"


_COMMENT = re.compile(r";[^\n]*")
_STRICT = re.compile(
    r"\s*(?:(\d+(?:\.\d*)?)\s*:\s*)?\(\s*([^\s(),:\[\]]+(?:\s+[^\s(),:\[\]]+)*)\s*\)"
    r"(?:\s*\[\s*\d+(?:\.\d*)?\s*\])?\s*"
)
_NAME = r"[A-Za-z_][A-Za-z_0-9-]*"
_NUMBER = r"-?\d+(?:\.\d*)?"
_LENIENT = re.compile(rf"({_NAME})|({_NUMBER})|([()\[\]:])|(#t|[-+*/<>=?.])", re.ASCII | re.IGNORECASE)
# Words of VAL's language, which cannot be names of actions or objects in a plan.
_RESERVED = frozenset(
    {"define", "domain", "problem", "name", "number", "duration", "total-time", "minimize", "maximize", "is-violated"}
    | {"and", "or", "not", "imply", "exists", "forall", "when", "either", "preference", "supply-demand"}
    | {"increase", "decrease", "assign", "scale-up", "scale-down", "always", "sometime", "within", "after"}
    | {"at-most-once", "sometime-after", "sometime-before", "always-within", "hold-during", "hold-after"}
)


def read_strict(text: str) -> list[Step]:
    """The steps of a plan in the planners' own format, in order.

    Raises:
        PddlError: anything else stands in the text; the message names the line and the column.
    """
    bare = _without_comments(text)
    steps: list[Step] = []
    position, end = 0, len(bare)
    last = -1.0
    while position < end:
        match = _STRICT.match(bare, position)
        if match is None:
            rest = bare[position:]
            if not rest.strip():
                break
            raise PddlError("expected a step (NAME ARGUMENT ...)", bare, position + len(rest) - len(rest.lstrip()))
        time = None
        if match[1] is not None:
            time = float(match[1])
            if time <= last:
                raise PddlError("start times do not increase", bare, match.start(1))
            last = time
        steps.append(Step(tuple(match[2].lower().split()), time))
        position = match.end()
    return steps


def read_lenient(text: str) -> list[Step]:
    """The steps that VAL finds, in the order of the text.

    Raises:
        PddlError: VAL says "Bad plan description!".
    """
    bare = _without_comments(text)
    tokens = _LENIENT.finditer(bare)
    steps: list[Step] = []
    token = next(tokens, None)
    while token is not None:
        time = None
        if token[2]:
            time = float(token[2])
            if (token := next(tokens, None)) is None or token[0] != ":":
                raise PddlError("number without ':' before a step", bare, token.start() if token else len(bare))
            token = next(tokens, None)
            if token is None or token[0] != "(":
                raise PddlError("start time without a step", bare, token.start() if token else len(bare))
        elif token[0] != "(":
            break
        words: list[str] = []
        while (token := next(tokens, None)) is not None and token[1] and token[1].lower() not in _RESERVED:
            words.append(token[1].lower())
        if token is None or token[0] != ")" or not words:
            raise PddlError("step that does not end in ')'", bare, token.start() if token else len(bare))
        token = next(tokens, None)
        if token is not None and token[0] == "[":
            number, close = next(tokens, None), next(tokens, None)
            if number is None or not number[2] or close is None or close[0] != "]":
                raise PddlError("expected a duration [NUMBER]", bare, token.start())
            token = next(tokens, None)
        steps.append(Step(tuple(words), time))
    return steps


def _without_comments(text: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise PddlError(f"plan longer than {MAX_CHARACTERS} characters")
    # Blanks in place of a comment keep every offset.
    return _COMMENT.sub(lambda match: " " * len(match.group()), text) if ";" in text else text
