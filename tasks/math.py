"""Math word problems delegated to a Python interpreter: the model writes `solution()`, its return value is judged.

GSM8K, AQuA and MATH are in their official files; the others in those of the PAL repository, whose sizes are the ones
that the paper's scores give away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from executors import python
from executors.math_answer.number import as_number
from executors.outcome import Limits, Outcome
from tasks import extract
from tasks.math_data import read_aqua, read_gsm8k, read_math, read_pal, returning
from tasks.math_metrics import (
    ANSWER_ACCURACY,
    ANSWER_ACCURACY_PAL,
    MATH_ANSWER_ACCURACY,
    MATH_GRADERS,
    OPTION_ACCURACY,
    OPTION_ACCURACY_PAL,
)
from tasks.math_originals import read_asdiv, read_mawps, read_svamp
from tasks.metrics import Metric
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import Sample, Suite, Task

LIMITS = Limits(seconds=5.0, memory=1 << 30, output=1 << 20)
_WORDING = "Write Python code to solve the question.\n\nThe question is: {{ question }}\nThe solution code is:\n"


def execute(program: str, sample: Sample) -> Outcome:
    return python.run(program, python.ReturnValue(), LIMITS)


def wrong_programs(sample: Sample) -> Sequence[str]:
    """One that is off by one (or answers what no question asks for), and two without an answer."""
    number = as_number(sample.target)
    off = "'nothing of the kind'" if number is None else repr(number * (1 + 1e-9) + 1)
    return [returning(off), returning("None"), returning("1/0")]


def delegated(
    name: str,
    title: str,
    source: Source,
    read: Callable[[Path], Iterable[Sample]],
    size: int,
    *,
    suites: tuple[Suite, ...] = ("delegation", "ood"),
    prompt: Prompt,
    metrics: tuple[Metric, ...] = (ANSWER_ACCURACY, ANSWER_ACCURACY_PAL),
    in_paper: bool = True,
    domain: str = "Math",
) -> Task:
    """A task whose answers are Python programs and judged by what they return."""
    return Task(
        name=name,
        title=title,
        suites=suites,
        domain=domain,
        language="python",
        source=source,
        read=read,
        prompt=prompt,
        extract=extract.python_solution,
        execute=execute,
        metrics=metrics,
        wrong=wrong_programs,
        paper_metric="answer_accuracy" if in_paper else None,
        size=size,
        needs=("bwrap",),
        max_tokens=400,
    )


def _of_pal(
    name: str,
    title: str,
    size: int,
    file: str,
    original: str = "",
    read_original: Callable[[Path], Iterable[Sample]] = read_mawps,
) -> Task:
    """A task of the PAL repository; `original` is the first publisher's file, which will do instead."""
    others = ((original,),) if original else ()
    homepage = "https://github.com/reasoning-machines/pal"
    source = Source(name, (file,), homepage, "Apache-2.0", other_layouts=others)

    def read(folder: Path) -> Iterable[Sample]:
        return read_pal(folder / file) if (folder / file).exists() else read_original(folder / original)

    return delegated(name, title, source, read, size, prompt=WORD_PROBLEMS)


WORD_PROBLEMS = Prompt(
    _WORDING,
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
MULTIPLE_CHOICE = Prompt(
    _WORDING,
    shots=(
        Shot(
            {"question": "A tap fills 9 litres in 6 minutes. How many litres in an hour?"
             "Answer Choices:(a) 54(b) 60(c) 90(d) 99(e) 540"},
            "def solution():\n    per_minute = 9 / 6\n    return per_minute * 60",
        ),
        Shot(
            {"question": "After a discount of 20% a lamp costs $36. What was its price?"
             "Answer Choices:(a) $40(b) $43.2(c) $45(d) $48(e) $56"},
            "def solution():\n    paid = 36\n    share = 1 - 20 / 100\n    return paid / share",
        ),
        Shot(
            {"question": "The sum of three consecutive odd numbers is 57. What is the largest?"
             "Answer Choices:(a) 17(b) 19(c) 21(d) 23(e) None of these"},
            "def solution():\n    middle = 57 // 3\n    return middle + 2",
        ),
    ),
)  # fmt: skip
COMPETITION = Prompt(
    _WORDING,
    shots=(
        Shot(
            {"question": "What is the sum of the positive divisors of $28$?"},
            "def solution():\n    return sum(n for n in range(1, 29) if 28 % n == 0)",
        ),
        Shot(
            {"question": "What is the probability of a total of $5$ with two fair dice? Give a common fraction."},
            "from fractions import Fraction\n\ndef solution():\n    rolls = [(a, b) for a in range(1, 7) for b in "
            "range(1, 7)]\n    hits = Fraction(sum(a + b == 5 for a, b in rolls), len(rolls))\n"
            '    return f"\\\\frac{{{hits.numerator}}}{{{hits.denominator}}}"',
        ),
        Shot(
            {"question": "Expand $(x+3)(x-5)$."},
            'def solution():\n    return "x^2 - 2x - 15"',
        ),
    ),
)

GSM8K_SOURCE = Source("gsm8k", ("test.jsonl",), "https://github.com/openai/grade-school-math", "MIT")
MATH_SOURCE = Source("math", ("test",), "https://github.com/hendrycks/math", "MIT")

GSM8K = delegated("gsm8k", "GSM8K", GSM8K_SOURCE, read_gsm8k, 1319, suites=("delegation",), prompt=WORD_PROBLEMS)
MATH = delegated(
    "math",
    "MATH",
    MATH_SOURCE,
    read_math,
    5000,
    suites=("delegation",),
    prompt=COMPETITION,
    metrics=(MATH_ANSWER_ACCURACY, *MATH_GRADERS),
)
AQUA = delegated(
    "aqua",
    "AQuA",
    Source("aqua", ("test.json",), "https://github.com/google-deepmind/AQuA", "Apache-2.0"),
    read_aqua,
    254,
    suites=("delegation",),
    prompt=MULTIPLE_CHOICE,
    metrics=(OPTION_ACCURACY, OPTION_ACCURACY_PAL),
    in_paper=False,
)
GSM_HARD = _of_pal("gsm_hard", "GSM-Hard", 1319, "gsmhardv2.jsonl")
SVAMP = _of_pal("svamp", "SVAMP", 1000, "svamp.jsonl", "SVAMP.json", read_svamp)
ASDIV = _of_pal("asdiv", "ASDiv", 2096, "asdiv.jsonl", "ASDiv.xml", read_asdiv)
ADDSUB = _of_pal("addsub", "AddSub", 395, "mawpsaddsub.jsonl", "AddSub.json")
SINGLEEQ = _of_pal("singleeq", "SingleEQ", 508, "mawpssingleeq.jsonl", "questions.json")
SINGLEOP = _of_pal("singleop", "SingleOP", 562, "mawpssingleop.jsonl")
MULTIARITH = _of_pal("multiarith", "MultiArith", 600, "mawpsmultiarith.jsonl", "MultiArith.json")
