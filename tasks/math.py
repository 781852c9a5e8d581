"""Math word problems delegated to a Python interpreter: GSM8K.

Official files: `test.jsonl` with `question` and `answer`, whose last line is "#### <number>".
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

from executors import python
from executors.outcome import Limits, Outcome
from tasks import extract
from tasks.metrics import Metric, Origin, Standing, Statistics
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import DataError, Sample, Task

LIMITS = Limits(seconds=5.0, memory=1 << 30, output=1 << 20)

# xufangzhi/ENVISIONS 5826fef scores |a - b| <= 1e-4.
TOLERANCE = 1e-4

_NUMBER = re.compile(r"[-+]?\$?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?")


def read_gsm8k(folder: Path) -> Iterator[Sample]:
    """Samples of test.jsonl, ids by row; the gold program is one that returns the gold number."""
    path = folder / "test.jsonl"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        try:
            row = json.loads(line)
            question, answer = row["question"], row["answer"].rsplit("####", 1)[1].strip().replace(",", "")
            float(answer)
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise DataError(
                f"{path}:{number + 1}: not a GSM8K row ({error!r}); fetch the official file again"
            ) from error
        program = f"def solution():\n    return {answer}"
        yield Sample(f"test-{number}", {"question": question}, answer, program=program)


def execute(program: str, sample: Sample) -> Outcome:
    return python.run(program, python.ReturnValue(), LIMITS)


def answer_accuracy(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when the program's answer is the gold number within 1e-4."""
    answer = as_number(outcome.value) if outcome.ok else None
    return {"score": float(answer is not None and abs(answer - float(sample.target)) <= TOLERANCE)}


def as_number(value: object) -> float | None:
    """A program's answer as a number: numbers themselves, or a text that is nothing but one ("$1,200"); else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            return None
        value = float(text.replace("$", "").replace(",", ""))
    if not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def wrong(sample: Sample) -> list[str]:
    off = float(sample.target) + 1
    return [
        f"def solution():\n    return {off!r}",
        "def solution():\n    return None",
        "def solution():\n    return 1/0",
    ]


_PROMPT = Prompt(
    "Write Python code to solve the question.\n\nThe question is: {{ question }}\nThe solution code is:\n",
    shots=(
        Shot(
            {"question": "A baker bakes 14 trays of 6 rolls and sells 59 rolls. How many rolls are left?"},
            "def solution():\n    baked = 14 * 6\n    sold = 59\n    return baked - sold",
        ),
        Shot(
            {"question": "Noor saves 12 euros a week. A bike costs 258 euros. How many full weeks must she save?"},
            "import math\n\ndef solution():\n    price = 258\n    weekly = 12\n    return math.ceil(price / weekly)",
        ),
        Shot(
            {"question": "Half of 90 birds fly off, then a third of the rest. How many birds stay?"},
            "def solution():\n    birds = 90\n    birds -= birds / 2\n    birds -= birds / 3\n    return birds",
        ),
    ),
)

GSM8K = Task(
    name="gsm8k",
    title="GSM8K",
    suites=("delegation",),
    domain="Math",
    language="python",
    source=Source("gsm8k", ("test.jsonl",), "https://github.com/openai/grade-school-math", "MIT"),
    read=read_gsm8k,
    prompt=_PROMPT,
    extract=extract.python_solution,
    execute=execute,
    metrics=(
        Metric(
            "answer_accuracy",
            answer_accuracy,
            origin=Origin.PAPER,
            standing=Standing.DERIVED,
            source="math reasoning table; tolerance as in xufangzhi/ENVISIONS 5826fef, pal/scripts/evaluation.py",
        ),
    ),
    wrong=wrong,
    paper_metric="answer_accuracy",
    size=1319,
    needs=("bwrap",),
    max_tokens=400,
    deadline=20.0,
)


def options_text(question: str, options: list[str]) -> str:
    """Question and options in one text, as PAL's file writes them ("... Answer Choices:(a) 12(b) 15...")."""
    choices = "".join(f"({option[0].lower()}) {option[2:].strip()}" for option in options)
    return f"{question}Answer Choices:{choices}"
