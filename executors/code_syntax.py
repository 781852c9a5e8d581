"""Whether a piece of Java, Go or Python is syntactically whole, by the tree-sitter grammars.

Answers are seldom files: what parses as a file, a member of a class, the body of a function or an expression counts.
Grammars know no types and no names, and Python's takes both Python 2 and 3.
"""

from __future__ import annotations

import functools
import importlib
import time
from collections.abc import Mapping
from typing import Any

from executors.outcome import Outcome, Status

MOST_CHARACTERS = 50_000

# By what the text is taken for; "@" is where it goes. The grammars take statements at the top of a file, Java's
# methods, too.
_FRAMES: Mapping[str, Mapping[str, str]] = {
    "java": {"file": "@", "member": "class W {\n@\n}", "expression": "class W { Object w = (\n@\n); }"},
    "go": {"file": "@", "expression": "package w\nvar w = (\n@)"},
    "python": {"file": "@"},
}
LANGUAGES = tuple(_FRAMES)


def check(code: str, language: str) -> Outcome:
    """OK with what the text parses as ("file", "member", "expression"), or INVALID. Raises KeyError for a language
    that is not in `LANGUAGES`.
    """
    frames = _FRAMES[language]
    start = time.monotonic()
    if not code.strip():
        return Outcome.failed(Status.INVALID, "no code")
    if len(code) > MOST_CHARACTERS:
        return Outcome.failed(Status.INVALID, f"longer than {MOST_CHARACTERS} characters")
    for kind, frame in frames.items():
        text = frame.replace("@", code)
        if not _parser(language).parse(text.encode(errors="replace")).root_node.has_error:
            return Outcome(Status.OK, kind, "", time.monotonic() - start)
    return Outcome.failed(Status.INVALID, f"does not parse as {language}", time.monotonic() - start)


@functools.cache
def _parser(language: str) -> Any:
    from tree_sitter import Language, Parser

    return Parser(Language(importlib.import_module(f"tree_sitter_{language}").language()))
