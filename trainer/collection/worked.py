"""Programs from GSM8K's worked solutions: each calculator annotation (`<<48/2=24>>`) becomes a step.

Candidates for D_s2: they are kept only where they compute the gold answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tasks.task import Sample

_STEP = re.compile(r"<<([^=<>]+)=([^<>]+)>>")
_ARITHMETIC = re.compile(r"[\d\s.+\-*/()]+")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")


def worked_programs(path: Path, samples: Mapping[str, Sample]) -> Iterator[tuple[str, str]]:
    """Id and program of every sample whose question `path` (GSM8K's train.jsonl) answers in plain arithmetic."""
    solutions = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        solutions[row["question"].strip()] = row["answer"]
    for name, sample in samples.items():
        program = as_program(solutions.get(sample.fields["question"], ""))
        if program is not None:
            yield name, program


def as_program(solution: str) -> str | None:
    """A `solution()` of one step a line, which refers to earlier results by name; None without plain annotations."""
    lines: list[str] = []
    results: dict[str, str] = {}
    for expression, result in _STEP.findall(solution):
        if not _ARITHMETIC.fullmatch(expression):
            return None
        name = f"step_{len(lines) + 1}"
        formula = _NUMBER.sub(lambda number: results.get(number[0], number[0]), expression.strip())
        lines.append(f"    {name} = {formula}")
        results[result.strip()] = name
    return "\n".join(["def solution():", *lines, f"    return step_{len(lines)}"]) if lines else None
