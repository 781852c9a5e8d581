"""Cutting the program out of what a model wrote: code fences, labels in front, prose around.

Every function takes the completion and returns the program, or None when there is none. The last fenced block wins:
models that restate the question or a first attempt put their answer last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_FENCE = re.compile(r"```[ \t]*(?P<language>[\w+#.-]*)[ \t]*\r?\n(?P<code>.*?)(?:\r?\n)?(?:```|\Z)", re.DOTALL)
_INLINE = re.compile(r"`(?P<code>[^`\n]+)`")
_END_TOKENS = re.compile(r"(</s>|<\|im_end\|>|<\|endoftext\|>|<\|end_of_text\|>|<\|eot_id\|>).*", re.DOTALL)


def without_end_tokens(completion: str) -> str:
    """The completion up to the first end-of-text token that a server left in the text."""
    return _END_TOKENS.sub("", completion)


def fenced(completion: str, *languages: str) -> str | None:
    """The last fenced block in one of `languages` (or unlabelled; any block when there is neither)."""
    blocks = [(match["language"].lower(), match["code"]) for match in _FENCE.finditer(completion)]
    wanted = [code for language, code in blocks if language in languages or not language]
    return (wanted or [code for _, code in blocks] or [None])[-1]


_SOLUTION = "def solution():"
_IMPORT = re.compile(r"^(?:import|from) \w[^\n]*$", re.MULTILINE)


def python_solution(completion: str) -> str | None:
    """A PAL-style program: the first fenced block, else `def solution():` with its body and the imports before it.

    Source: xufangzhi/ENVISIONS 5826fef, pal/scripts/evaluation.py: first fence if any, then what follows the header is
    put back behind it. Ours keeps imports, and ends the body at the first line of code that is not indented.
    """
    text = without_end_tokens(completion)
    blocks = [match["code"] for match in _FENCE.finditer(text)]
    if blocks:
        return (blocks[0] if _SOLUTION in blocks[0] or len(blocks) == 1 else _with_solution(blocks)) or None
    before, header, after = text.partition(_SOLUTION)
    if not header:
        return None
    first, *rest = after.split("\n")
    return "\n".join([*_IMPORT.findall(before), header + first, *_indented(rest)]).rstrip()


def _indented(lines: list[str]) -> Iterator[str]:
    """Lines up to the first that is not indented and not within a triple-quoted text (questions have line breaks)."""
    quotes = ""
    for line in lines:
        if line.strip() and not line[0].isspace() and not quotes:
            return
        yield line
        for mark in re.findall(r"\"{3}|'{3}", line):
            quotes = "" if mark == quotes else quotes or mark


def _with_solution(blocks: list[str]) -> str:
    return next((block for block in blocks if _SOLUTION in block), blocks[0])


def pddl_problem(completion: str) -> str | None:
    """A PDDL problem: the first bracketed `(define (problem ...` up to its closing bracket (or the end of the text)."""
    text = without_end_tokens(completion)
    start = re.search(r"\(\s*define\s*\(\s*problem\b", text, re.IGNORECASE)
    if start is None:
        return None
    depth = 0
    for bracket in re.finditer(r"[()]|;[^\n]*", text[start.start() :]):
        depth += {"(": 1, ")": -1}.get(bracket[0], 0)
        if depth == 0 and bracket[0] == ")":
            return text[start.start() : start.start() + bracket.end()]
    return text[start.start() :].rstrip("`\n ")


def logic_program(completion: str) -> str | None:
    """A logic program: the whole text, or its last fenced block; None without any formula-like line."""
    text = without_end_tokens(completion)
    block = fenced(text)
    program = (block if block is not None else text).strip()
    return program if any(map(_like_formula, program.splitlines())) else None


def _like_formula(line: str) -> bool:
    opening = _CALL.search(line)
    return "∀" in line or "∃" in line or (opening is not None and line.rfind(")") > opening.end())


_CALL = re.compile(r"\w\s*\(")


_SQL_START = re.compile(
    r"^[ \t]*(?:(?:the )?(?:sql|query|answer)(?: query)?(?: is)?[ \t]*:[ \t]*)?"
    r"(?P<statement>(?:select|with|values|insert|update|delete|replace|create|drop|alter|pragma|attach|detach|vacuum"
    r"|reindex|explain)\b)",
    re.IGNORECASE | re.MULTILINE,
)


def sql(completion: str) -> str | None:
    """An SQL statement: the last fenced block, else from the first line that begins one up to a blank line."""
    text = without_end_tokens(completion)
    block = fenced(text, "sql", "sqlite")
    text = block if block is not None else text
    start = _SQL_START.search(text)
    if start is None:
        inline = [code["code"] for code in _INLINE.finditer(text) if _SQL_START.match(code["code"])]
        return inline[-1].strip() if inline else None
    statement = text[start.start("statement") :]
    return (statement if block is not None else re.split(r"\r?\n[ \t]*\r?\n", statement)[0]).strip() or None


def actions(completion: str, action: str = "I_[A-Z_]+") -> str | None:
    """A SCAN action sequence: the first line that is nothing but actions (after an optional label), else the text.

    `action` is the pattern of one. Free text is handed on as it stands, so that a wrong word is seen as `invalid` and
    not silently dropped.
    """
    text = without_end_tokens(completion)
    block = fenced(text)
    text = (block if block is not None else text).strip()
    sequence = rf"(?P<actions>{action}(?:[ \t,]+{action})*)"
    line = re.search(rf"^[ \t]*+(?:[\w ]{{0,40}}:)?[ \t]*+{sequence}[ \t.]*$", text, re.MULTILINE)
    if line is not None:
        return " ".join(line["actions"].replace(",", " ").split())
    return text or None
