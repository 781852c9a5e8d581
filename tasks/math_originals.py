"""Word problems in the files of their first publishers, for those who have these and not the PAL repository's copies.

MAWPS' parts (AddSub, SingleEq, MultiArith) are JSON lists, as SVAMP is; ASDiv is XML, of which only the problems whose
answer is one number are read, as in PAL's copy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tasks.math_data import MEND, number_text, returning
from tasks.task import DataError, Sample

_ASDIV_NUMBER = re.compile(r"(-?[\d,]*\.?\d+)(?: \(.*\))?")


def read_mawps(path: Path) -> Iterator[Sample]:
    """`sQuestion`, and `lSolutions`, a list of one number; ids are `iIndex`."""
    for where, row in _rows(path):
        try:
            yield _sample(str(row["iIndex"]), row["sQuestion"], row["lSolutions"][0])
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise DataError(f"{where}: not a problem of MAWPS ({error!r}); {MEND}") from error


def read_svamp(path: Path) -> Iterator[Sample]:
    """`Body`, `Question` and `Answer`; ids are `ID`."""
    for where, row in _rows(path):
        try:
            yield _sample(row["ID"], f"{row['Body'].strip()} {row['Question'].strip()}", row["Answer"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{where}: not a problem of SVAMP ({error!r}); {MEND}") from error


def read_asdiv(path: Path) -> Iterator[Sample]:
    """`Body`, `Question` and `Answer` ("9 (apples)") of each `Problem`; ids are its `ID`."""
    try:
        problems = list(ElementTree.parse(path).iter("Problem"))
    except ElementTree.ParseError as error:
        raise DataError(f"{path}: no XML ({error}); {MEND}") from error
    for problem in problems:
        body, question, answer = ((problem.findtext(tag) or "").strip() for tag in ("Body", "Question", "Answer"))
        name = problem.get("ID")
        if not (name and question and answer):
            raise DataError(f"{path}: problem {name} lacks its question or its answer; {MEND}")
        if number := _ASDIV_NUMBER.fullmatch(answer):
            yield _sample(name, f"{body} {question}", number[1].replace(",", ""))


def _sample(name: str, question: str, answer: object) -> Sample:
    target = number_text(answer)
    return Sample(f"test-{name}", {"question": question.strip()}, target, program=returning(target))


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path}: no JSON ({error}); {MEND}") from error
    if not isinstance(rows, list):
        raise DataError(f"{path}: no JSON list; {MEND}")
    for number, row in enumerate(rows):
        yield f"{path}: item {number}", row
