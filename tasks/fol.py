"""Sentences to first-order formulas: FOLIO, MALLS and LogicNLI.

Official files: LogicLLaMA's sentence pairs of FOLIO (`folio_parsed.json`) and MALLS (`MALLS-v0.1-test.json`), JSON
lists of {NL, FOL}; LogicNLI's test theories, of which each fact and each rule is a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from executors.fol.logical_equivalence import logical_equivalence, parsed_logical_equivalence
from executors.fol.parser import Unparsable
from executors.fol.reader import Found, find_formula, read_formula
from executors.fol.semantic_equivalence import parses, semantic_equivalence
from executors.outcome import Limits, Outcome, Status, Verdict
from tasks import extract
from tasks.logicnli_theories import read_theories
from tasks.metrics import Metric, Origin, Standing, Statistics
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import DataError, Sample, Task

LIMITS = Limits(seconds=5.0)


def read_pairs(file: str, folder: Path) -> Iterator[Sample]:
    """Samples of a JSON list of {NL, FOL}, ids by row."""
    path = folder / file
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is not whole JSON ({error}): fetch the official file again") from error
    for number, row in enumerate(rows):
        try:
            yield Sample(f"row-{number}", {"sentence": row["NL"].strip()}, row["FOL"].strip())
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{path}: row {number} has no NL and FOL; fetch the official file again") from error


def read_logicnli(folder: Path) -> Iterator[Sample]:
    """The facts and rules of the test theories; errors are clustered by theory."""
    for theory in read_theories(folder, "test"):
        for kind, sentences in (("fact", theory.facts), ("rule", theory.rules)):
            for number, sentence in enumerate(sentences):
                name = f"test-{theory.key}-{kind}-{number}"
                yield Sample(name, {"sentence": sentence.text}, sentence.formula, group=f"test-{theory.key}")


def extract_formula(completion: str) -> str | None:
    """The text of the one formula, without fence, label and prose; where there is not just one, the text as it is."""
    text = extract.without_end_tokens(completion)
    block = extract.fenced(text)
    text = (block if block is not None else text).strip()
    found = find_formula(text)
    return found.text if isinstance(found, Found) else text or None


def execute(program: str, sample: Sample) -> Outcome:
    """Whether prediction and gold are equivalent, as provers say."""
    gold = read_formula(sample.target)
    if isinstance(gold, Unparsable):
        return Outcome.failed(Status.ERROR, "the gold formula cannot be read")  # without it: a model may be told
    return semantic_equivalence(program, sample.target, LIMITS)


def equivalent(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 where provers show it; giving up is never a guess."""
    return {"score": float(outcome.ok and outcome.value == Verdict.TRUE)}


def readable(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    return {"score": float(program is not None and parses(program))}


def _le(scorer: Callable[[str, str, Limits], Outcome], sample: Sample, program: str | None, _: Outcome) -> Statistics:
    score = scorer(program or "", sample.target, LIMITS).value
    return {"score": score if isinstance(score, float) else 0.0}


METRICS = (
    Metric(
        "logical_equivalence",
        partial(_le, logical_equivalence),
        origin=Origin.PAPER,
        standing=Standing.DERIVED,
        source="LE of LogicLLaMA (gblackout/LogicLLaMA 785a2c0, metrics.py), read by its own grammar",
        graded=True,
    ),
    Metric(
        "logical_equivalence_parsed",
        partial(_le, parsed_logical_equivalence),
        source="the same truth tables over both formulas read with standard precedence, in any notation",
        graded=True,
    ),
    Metric(
        "semantic_equivalence",
        equivalent,
        source="each formula entails the other (Z3, Prover9, E), names aligned by spelling",
    ),
    Metric("parses", readable, source="the answer holds one formula, in any notation", graded=True),
)


def wrong(sample: Sample) -> list[str]:
    return [f"¬({sample.target})", f"{sample.target} ∧", "The sentence has no logical form."]


_PROMPT = Prompt(
    "Transform the natural language sentence into first-order logic (FOL) form.\n"
    "The sentence is: {{ sentence }}\n"
    "The FOL form is:\n",
    shots=(
        Shot({"sentence": "Every lamp that is broken is dark."}, "∀x (Lamp(x) ∧ Broken(x) → Dark(x))"),
        Shot(
            {"sentence": "Ines plays the flute or the drums, but not both."}, "Plays(ines, flute) ⊕ Plays(ines, drums)"
        ),
        Shot({"sentence": "Some baker owns no oven."}, "∃x (Baker(x) ∧ ¬∃y (Oven(y) ∧ Owns(x, y)))"),
    ),
)


def _task(name: str, title: str, source: Source, read: Callable[[Path], Iterator[Sample]], size: int | None) -> Task:
    return Task(
        name=name,
        title=title,
        suites=("symbolic",),
        domain="FOL",
        language="fol",
        source=source,
        read=read,
        prompt=_PROMPT,
        extract=extract_formula,
        execute=execute,
        metrics=METRICS,
        wrong=wrong,
        paper_metric="logical_equivalence",
        size=size,
        max_tokens=256,
        deadline=20.0,
    )


_FOLIO_FILE = "folio_parsed.json"
_MALLS_FILE = "MALLS-v0.1-test.json"
_MALLS_HOMEPAGE = "https://huggingface.co/datasets/yuan-yang/MALLS-v0"

FOLIO = _task(
    "folio",
    "FOLIO",
    Source("folio", (_FOLIO_FILE,), _MALLS_HOMEPAGE, "CC BY-NC 4.0"),
    partial(read_pairs, _FOLIO_FILE),
    None,
)

MALLS = _task(
    "malls",
    "MALLS",
    Source("malls", (_MALLS_FILE,), _MALLS_HOMEPAGE, "CC BY-NC 4.0"),
    partial(read_pairs, _MALLS_FILE),
    1000,
)

LOGICNLI = _task(
    "logicnli",
    "LogicNLI",
    Source(
        "logicnli",
        ("test_language.json", "test_logic.json"),
        "https://github.com/omnilabNLP/LogicNLI (dataset/LogicNLI_sim.zip)",
        "none given",
    ),
    read_logicnli,
    2400,
)
