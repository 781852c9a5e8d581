"""GSM8K-Code, AQUA-Code and MATH-Code: the symbolic tasks that compare programs with reference programs.

The paper's references were written by a model and never published (a program a question, kept where it computed the
gold answer). What stands in for them here is public:

- GSM8K-Code: GSM-Hard's `code`, programs for GSM8K's questions with larger numbers;
- AQUA-Code: PAL's generations for AQuA that chose the right option;
- MATH-Code: nothing public; the reference is a program that returns the gold answer, so only `answer_accuracy` says
  anything about a model.

So BLEU here is not comparable with the paper's, whose own implementation is not known either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from tasks.bleu import Variant, bleu_metric
from tasks.math import GSM_HARD, MATH, MULTIPLE_CHOICE, WORD_PROBLEMS, delegated
from tasks.math_data import read_aqua_generations
from tasks.math_metrics import (
    ANSWER_ACCURACY,
    ANSWER_ACCURACY_PAL,
    MATH_ANSWER_ACCURACY,
    OPTION_ACCURACY,
    OPTION_ACCURACY_PAL,
)
from tasks.metrics import Metric, Origin, Standing
from tasks.prompt import Prompt
from tasks.source import Source
from tasks.task import Sample, Task

_WORDING = (
    "Write a Python code to describe and solve the given problem.\n\nThe problem is: {{ question }}\n"
    "The Python code is:\n"
)
_BLEU = (
    bleu_metric(),
    *(
        bleu_metric(variant, origin=Origin.OURS, standing=Standing.FOUND)
        for variant in (Variant.SENTENCE, Variant.CODEXGLUE, Variant.CONALA, Variant.NLTK_METHOD4)
    ),
)


def _code_task(
    name: str,
    title: str,
    source: Source,
    read: Callable[[Path], Iterable[Sample]],
    size: int,
    prompt: Prompt,
    answers: tuple[Metric, ...],
) -> Task:
    task = delegated(
        name,
        title,
        source,
        read,
        size,
        suites=("symbolic",),
        prompt=replace(prompt, template=_WORDING),
        metrics=(*_BLEU, *(replace(metric, origin=Origin.OURS) for metric in answers)),
    )
    return replace(task, paper_metric="bleu")


GSM8K_CODE = _code_task(
    "gsm8k_code",
    "GSM8K-Code",
    GSM_HARD.source,
    GSM_HARD.read,
    1319,
    WORD_PROBLEMS,
    (ANSWER_ACCURACY, ANSWER_ACCURACY_PAL),
)
AQUA_CODE = _code_task(
    "aqua_code",
    "AQUA-Code",
    Source("aqua", ("pal_outputs.jsonl",), "https://github.com/reasoning-machines/pal", "Apache-2.0"),
    read_aqua_generations,
    254,
    MULTIPLE_CHOICE,
    (OPTION_ACCURACY, OPTION_ACCURACY_PAL),
)
MATH_CODE = _code_task("math_code", "MATH-Code", MATH.source, MATH.read, 5000, MATH.prompt, (MATH_ANSWER_ACCURACY,))
