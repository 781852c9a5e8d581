"""Symbolic reasoning delegated to a Python interpreter: Colored Objects (BIG-bench) and Last Letter concatenation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from executors.outcome import Outcome, Value
from tasks.math import delegated
from tasks.math_data import returning
from tasks.math_metrics import plain_text
from tasks.metrics import Metric, Origin, Standing, Statistics
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import DataError, Sample

_OBJECTS_FILE, _LETTERS_FILE = "reasoning_about_colored_objects.json", "last_letters.json"
_ENVISIONS = "xufangzhi/ENVISIONS 5826fef, pal/scripts/evaluation.py (left as a comment there)"
_WORDING = "Write Python code to solve the question.\n\nThe question is: {{ question }}\nThe solution code is:\n"


def read_objects(folder: Path) -> Iterator[Sample]:
    """A BIG-bench task file: `examples` with `input` and `target_scores`; the context holds all right answers."""
    path = folder / _OBJECTS_FILE
    for number, row in enumerate(_examples(path)):
        try:
            right = tuple(answer for answer, score in row["target_scores"].items() if score == 1)
            yield Sample(
                f"test-{number}", {"question": row["input"].strip()}, right[0], right, returning(ascii(right[0]))
            )
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise DataError(f"{path}: example {number} has no right answer ({error!r}); fetch it again") from error


def read_letters(folder: Path) -> Iterator[Sample]:
    """`examples` with `question` and `answer`."""
    path = folder / _LETTERS_FILE
    for number, row in enumerate(_examples(path)):
        try:
            answer = row["answer"].strip()
            yield Sample(
                f"test-{number}", {"question": row["question"].strip()}, answer, program=returning(ascii(answer))
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{path}: example {number} is not whole ({error!r}); fetch it again") from error


def _examples(path: Path) -> list[dict[str, Any]]:
    try:
        examples = json.loads(path.read_text(encoding="utf-8"))["examples"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not a task file with examples ({error!r}); fetch it again") from error
    if not isinstance(examples, list):
        raise DataError(f"{path}: its examples are no list; fetch it again")
    return examples


def _words(answer: Value) -> str:
    """PAL's way from an answer to its name: truth values are yes and no."""
    return ("yes" if answer else "no") if isinstance(answer, bool) else plain_text(answer)


def any_word(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when any blank-separated word of the answer is a right one."""
    return {"score": float(outcome.ok and not _right(sample).isdisjoint(_words(outcome.value).split()))}


def whole_answer(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when the answer is a right one."""
    return {"score": float(outcome.ok and _words(outcome.value) in _right(sample))}


def _right(sample: Sample) -> frozenset[str]:
    assert isinstance(sample.context, tuple)
    return frozenset(sample.context)


def same_letters(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when the answer is the gold string, blanks around it aside."""
    return {"score": float(outcome.ok and plain_text(outcome.value).strip() == sample.target)}


COLORED_OBJECTS = delegated(
    "colored_objects",
    "Colored Objects",
    Source("colored_objects", (_OBJECTS_FILE,), "https://github.com/reasoning-machines/pal", "Apache-2.0"),
    read_objects,
    2000,
    prompt=Prompt(
        _WORDING,
        shots=(
            Shot(
                {"question": "On the shelf, there is a teal mug, a red bowl, and a grey fan. What color is the bowl?"},
                'def solution():\n    objects = {"mug": "teal", "bowl": "red", "fan": "grey"}\n'
                '    return objects["bowl"]',
            ),
            Shot(
                {
                    "question": "On the bed, you see two gold pens, a blue cap, and three gold rings. If I remove all "
                    "the rings from the bed, how many gold things remain on it?"
                },
                'def solution():\n    objects = [("pen", "gold")] * 2 + [("cap", "blue")] + [("ring", "gold")] * 3\n'
                '    left = [item for item in objects if item[0] != "ring"]\n'
                '    return sum(color == "gold" for _, color in left)',
            ),
            Shot(
                {"question": "On the floor, you see a pink sock and a brown shoe. Is the shoe pink?"},
                'def solution():\n    objects = {"sock": "pink", "shoe": "brown"}\n'
                '    return "yes" if objects["shoe"] == "pink" else "no"',
            ),
        ),
    ),
    metrics=(
        Metric("answer_accuracy", any_word, standing=Standing.DERIVED, source=_ENVISIONS),
        Metric(
            "answer_accuracy_pal",
            whole_answer,
            origin=Origin.OFFICIAL,
            source="reasoning-machines/pal f81ca2a977, scripts/colored_object_eval.py",
        ),
    ),
    in_paper=False,
    domain="Symbolic reasoning",
)

LAST_LETTER = delegated(
    "last_letter",
    "Last Letter",
    Source("last_letter", (_LETTERS_FILE,), "https://github.com/kojima-takeshi188/zero_shot_cot", "none stated"),
    read_letters,
    500,
    prompt=Prompt(
        _WORDING,
        shots=tuple(
            Shot(
                {"question": f'Take the last letters of each words in "{names}" and concatenate them.'},
                f'def solution():\n    words = "{names}".split()\n    return "".join(word[-1] for word in words)',
            )
            for names in ("Ines Bruno", "Yuki Omar Lene", "Pavel Aiko Femi Rosa")
        ),
    ),
    metrics=(Metric("answer_accuracy", same_letters, standing=Standing.DERIVED, source=_ENVISIONS),),
    in_paper=False,
    domain="Symbolic reasoning",
)
