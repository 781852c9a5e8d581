"""GSM8K-Code, AQUA-Code and MATH-Code: the symbolic tasks that compare programs with reference programs.

The paper's references were written by a model and never published (a program a question, kept where it computed the
gold answer). What stands in for them:

- the user's own, in `programs.jsonl` beside the data: lines {"question": ..., "program": "def solution(): ..."};
- GSM8K-Code: GSM-Hard's `code`, programs for GSM8K's questions with larger numbers;
- AQUA-Code, MATH-Code: nothing public (PAL's generations for AQuA are wrong on half of their questions), so a program
  that returns the gold answer; then only `answer_accuracy` says anything about a model.

So BLEU here is not comparable with the paper's, whose own implementation is not known either.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from tasks.bleu import Variant, bleu_metric
from tasks.math import AQUA, GSM_HARD, MATH
from tasks.math_data import with_programs
from tasks.math_metrics import MATH_GRADERS
from tasks.metrics import Origin
from tasks.task import Sample, Task

PROGRAMS = "programs.jsonl"

_WORDING = (
    "Write a Python code to describe and solve the given problem.\n\nThe problem is: {{ question }}\n"
    "The Python code is:\n"
)
_BLEU = tuple(
    bleu_metric(variant)
    for variant in (Variant.SACREBLEU, Variant.SENTENCE, Variant.CODEXGLUE, Variant.CONALA, Variant.NLTK_METHOD4)
)


def _code_task(name: str, title: str, delegated_task: Task) -> Task:
    """The same questions and answers as those of a delegation task, with BLEU against its gold programs."""

    def read(folder: Path) -> Iterable[Sample]:
        return with_programs(delegated_task.read(folder), folder / PROGRAMS)

    source = delegated_task.source
    return replace(
        delegated_task,
        name=name,
        title=title,
        suites=("symbolic",),
        source=replace(source, files=(*source.files, PROGRAMS), other_layouts=(source.files,)),
        read=read,
        prompt=replace(delegated_task.prompt, template=_WORDING),
        metrics=(*_BLEU, *(replace(m, origin=Origin.OURS) for m in delegated_task.metrics if m not in MATH_GRADERS)),
        paper_metric="bleu",
    )


GSM8K_CODE = _code_task("gsm8k_code", "GSM8K-Code", GSM_HARD)
AQUA_CODE = _code_task("aqua_code", "AQUA-Code", AQUA)
MATH_CODE = _code_task("math_code", "MATH-Code", MATH)
