"""What NL2Bash's reader takes for granted in a command before it parses it: prompts, sudo, typographic signs, typos.

Source: behaviour of nl2bash 466c5fe, bashlint/lint.py. The order matters: later entries see what earlier ones wrote.
"""

from __future__ import annotations

import re

_SPELLINGS = (
    ("sudo", ""),
    ("/usr/bin/find", "find"),
    ("/bin/find", "find"),
    ("/usr/bin/grep", "grep"),
    ("/bin/rm", "rm"),
    ("/bin/mv", "mv"),
    ("'{}'", "{}"),
    ('"{}"', "{}"),
    ("-i{}", "-I {}"),
    ("-i%", "-I %"),
    ("-I{}", "-I {}"),
    (" [] ", " {} "),
    ("-L.", "-L"),
    ("-mitime", "-mtime"),
    ("-dev", "-xdev"),
    ("-regex-type", "-regextype"),
    (" ( ", " \\( "),
    (" ) ", " \\) "),
    ("-\\(", "\\("),
    ("-\\)", "\\)"),
    ('"\\)', " \\)"),
    ("\\(-", "\\( -"),
    ("e\\)", "e \\)"),
    ("-\\!", "!"),
    ("\N{EM DASH} ", "-"),
    ("\N{EN DASH}", "-"),
    ("\N{EM DASH}", "-"),
    ("\N{LEFT DOUBLE QUOTATION MARK}", '"'),
    ("\N{RIGHT DOUBLE QUOTATION MARK}", '"'),
    ("\N{LEFT SINGLE QUOTATION MARK}", "'"),
    ("\N{RIGHT SINGLE QUOTATION MARK}", "'"),
)
_LATER_SPELLINGS = (
    ("/bin/echo", "echo"),
    (" exec sed ", " -exec sed "),
    (" xargs -iname ", " xargs "),
    (" -target-directory ", " --target-directory="),
    ("- perm", "-perm"),
    (" perm", " -perm"),
)
_PROMPT = re.compile(r"^(?:[$#] |[$#](?=find ))")
_TAR = re.compile(r"(?<= tar )(?=\w)")


def normalised(command: str) -> str:
    """The command on one line, as the parser is to see it."""
    text = command.replace("\n", " ").strip()
    for written, meant in _SPELLINGS:
        text = text.replace(written, meant)
    text = re.sub(r"-prin(?:$| )", "-print", text)
    for written, meant in _LATER_SPELLINGS:
        text = text.replace(written, meant)
    text = _PROMPT.sub("", text, count=1)
    text = f" {text}" if text.startswith("tar") else text
    return _TAR.sub("-", text).strip()
