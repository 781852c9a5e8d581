"""The official files of word problems: what a row's question, gold number and gold program are.

Where a file holds no program, the gold program is one that returns the gold answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from executors.math_answer.boxed import last_boxed
from executors.math_answer.option import OPTIONS, number_for
from tasks import extract
from tasks.task import DataError, Sample

MEND = "fetch the official file again"


def returning(answer: str) -> str:
    """A program whose answer is the Python expression `answer`."""
    return f"def solution():\n    return {answer}"


def number_text(number: object) -> str:
    """A number as a target: whole ones without a point. Raises ValueError, TypeError."""
    return repr(float(str(number))).removesuffix(".0")


def read_gsm8k(folder: Path) -> Iterator[Sample]:
    """GSM8K's `test.jsonl`: `question`, and `answer`, whose last line is "#### <number>"."""
    for where, number, row in _rows(folder / "test.jsonl"):
        try:
            answer = row["answer"].rsplit("####", 1)[1].strip().replace(",", "")
            float(answer)
            yield Sample(f"test-{number}", {"question": row["question"]}, answer, program=returning(answer))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise DataError(f"{where}: not a GSM8K row ({error!r}); {MEND}") from error


def read_pal(path: Path) -> Iterator[Sample]:
    """A file of the PAL repository: `input`, `target` (a number), and in GSM-Hard's `code`, the gold program."""
    for where, number, row in _rows(path):
        try:
            target = number_text(row["target"])
            program = extract.python_solution(row["code"]) if "code" in row else returning(target)
            yield Sample(f"test-{number}", {"question": row["input"].strip()}, target, program=program)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{where}: not a row of PAL's files ({error!r}); {MEND}") from error


def read_aqua(folder: Path) -> Iterator[Sample]:
    """AQuA's `test.json` (JSON lines): `question`, `options` ("A)12"), `correct` (a letter). The target is "(a)".

    The gold program returns a number for which PAL's rule chooses the gold option, or its letter where none does.
    """
    for where, number, row in _rows(folder / "test.json"):
        try:
            question = options_text(row["question"], row["options"])
            target = _option(row["correct"])
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise DataError(f"{where}: not an AQuA row ({error!r}); {MEND}") from error
        gold = number_for(target, question)
        program = returning(repr(target[1].upper() if gold is None else gold))
        yield Sample(f"test-{number}", {"question": question}, target, program=program)


def options_text(question: str, options: list[str]) -> str:
    """Question and options in one text, as PAL's file writes them ("...Answer Choices:(a) 12(b) 15...")."""
    choices = "".join(f"({option[0].lower()}) {option[2:].strip()}" for option in options)
    return f"{question}Answer Choices:{choices}"


def with_programs(samples: Iterable[Sample], path: Path) -> Iterator[Sample]:
    """The samples, with the user's own gold programs where `path` (lines of `question`, `program`) has them."""
    programs: dict[str, str] = {}
    for where, _, row in _rows(path) if path.exists() else ():
        program = extract.python_solution(str(row.get("program")))
        if program is None or not isinstance(row.get("question"), str):
            raise DataError(f'{where}: not a line of {{"question": ..., "program": "def solution(): ..."}}; mend it')
        programs[row["question"].strip()] = program
    for sample in samples:
        yield replace(sample, program=programs.get(sample.fields["question"], sample.program))


def read_math(folder: Path) -> Iterator[Sample]:
    """MATH's `test/<subject>/<number>.json`: `problem`, and `solution`, whose last box is the answer; ids are paths."""
    paths = sorted((folder / "test").glob("*/*.json"), key=lambda path: (path.parent.name, _number(path), path.name))
    for path in paths:
        try:
            row = json.loads(path.read_text(encoding="utf-8"))
            problem, answer = row["problem"].strip(), last_boxed(row["solution"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{path}: not a MATH problem ({error!r}); {MEND}") from error
        if answer is None:
            raise DataError(f"{path}: its solution boxes no answer; {MEND}")
        yield Sample(f"{path.parent.name}-{path.stem}", {"question": problem}, answer, program=returning(ascii(answer)))


def _number(path: Path) -> int:
    return int(path.stem) if path.stem.isdecimal() else -1


def _option(letter: str) -> str:
    if not re.fullmatch("[A-Ea-e]", letter):
        raise ValueError(f"no option {letter!r}")
    return OPTIONS["abcde".index(letter.lower())]


def _rows(path: Path) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Where, number and content of each line."""
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n")):
        if not line.strip():
            continue
        where = f"{path}:{number + 1}"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise DataError(f"{where}: no JSON ({error}); {MEND}") from error
        if not isinstance(row, dict):
            raise DataError(f"{where}: no JSON object; {MEND}")
        yield where, number, row
