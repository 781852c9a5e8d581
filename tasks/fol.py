"""Logical reasoning delegated to a theorem prover: FOLIO, as Logic-LM cut it.

Official files: Logic-LM's `dev.json` (id, context, question, options, answer A/B/C); the gold formulas are FOLIO's own,
in `folio-validation.jsonl`, which lies in the folder `folio` beside this task's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from executors import logic_program
from executors.outcome import Limits, Outcome, Verdict
from tasks import extract
from tasks.metrics import Metric, Origin, Standing, Statistics
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import DataError, Sample, Task

LIMITS = Limits(seconds=10.0)

_ANSWERS = {"A": Verdict.TRUE, "B": Verdict.FALSE, "C": Verdict.UNKNOWN}
_GOLD_FILE = "../folio/folio-validation.jsonl"


def read_folio(folder: Path) -> Iterator[Sample]:
    """Samples of dev.json, ids as upstream's; the gold program is made of FOLIO's formulas where they are there."""
    path = folder / "dev.json"
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is not whole JSON ({error}): fetch the official file again") from error
    programs = _gold_programs(folder / _GOLD_FILE)
    for number, row in enumerate(rows):
        try:
            fields = {"context": row["context"], "question": row["question"]}
            answer = _ANSWERS[row["answer"]]
            program = programs.get(_squeezed(row["context"] + row["question"].split("?", 1)[1]))
            yield Sample(row["id"], fields, answer.value, program=program or _stand_in(answer))
        except (KeyError, IndexError, TypeError) as error:
            raise DataError(f"{path}: row {number} is not Logic-LM's form ({error!r}); fetch the file again") from error


def _gold_programs(path: Path) -> dict[str, str]:
    """Logic-LM programs of FOLIO's rows, by their squeezed premises and conclusion."""
    if not path.exists():
        return {}
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {_squeezed("".join(row["premises"]) + row["conclusion"]): _program(row) for row in rows}


def _program(row: dict[str, Any]) -> str:
    premises = "\n".join(formula.strip() for formula in row["premises-FOL"])
    return f"Premises:\n{premises}\nConclusion:\n{row['conclusion-FOL'].strip()}"


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _stand_in(answer: Verdict) -> str:
    """The shortest program with this answer, for rows whose own formulas are not at hand."""
    conclusion = {Verdict.TRUE: "P(a)", Verdict.FALSE: "¬P(a)", Verdict.UNKNOWN: "Q(a)"}[answer]
    return f"Premises:\nP(a)\nConclusion:\n{conclusion}"


def execute(program: str, sample: Sample) -> Outcome:
    return logic_program.run(program, LIMITS)


def entailment(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when the prover's verdict is the label; giving up (`undecided`) is never taken for `unknown`."""
    return {"score": float(outcome.ok and outcome.value == Verdict(sample.target))}


def wrong(sample: Sample) -> list[str]:
    other = Verdict.FALSE if sample.target == Verdict.TRUE else Verdict.TRUE
    inconsistent = "Premises:\nP(a)\n¬P(a)\nConclusion:\nP(a)"
    return [_stand_in(other), inconsistent, "Premises:\n∀x (P(x) →\nConclusion:\nP(a)"]


_PROMPT = Prompt(
    "Generate the logical representation for the given context and question.\n"
    "The context is: {{ context }}\n\n"
    "The question is: {{ question }}\n"
    "The logical representation is:\n",
    shots=(
        Shot(
            {
                "context": "All otters swim. Whatever swims is wet. Milo is an otter.",
                "question": "Is the following statement true, false, or uncertain? Milo is wet.",
            },
            "Premises:\n∀x (Otter(x) → Swims(x))\n∀x (Swims(x) → Wet(x))\nOtter(milo)\nConclusion:\nWet(milo)",
        ),
        Shot(
            {
                "context": "No lamp in the shed works. Some lamps are in the shed. The red lamp works.",
                "question": "Is the following statement true, false, or uncertain? The red lamp is in the shed.",
            },
            "Premises:\n∀x (Lamp(x) ∧ InShed(x) → ¬Works(x))\n∃x (Lamp(x) ∧ InShed(x))\n"
            "Lamp(redLamp) ∧ Works(redLamp)\nConclusion:\nInShed(redLamp)",
        ),
        Shot(
            {
                "context": "Every pilot reads maps. Ines reads maps.",
                "question": "Is the following statement true, false, or uncertain? Ines is a pilot.",
            },
            "Premises:\n∀x (Pilot(x) → ReadsMaps(x))\nReadsMaps(ines)\nConclusion:\nPilot(ines)",
        ),
    ),
)

_NOT_ENTAILED = "FOLIO's own formulas do not entail its label"
_UNBALANCED = "FOLIO's own formulas have brackets that do not match"

# FOLIO v0.0 validation rows (of the first 150) whose gold formulas contradict the label or do not parse.
_BROKEN = {
    **dict.fromkeys((f"FOLIO_dev_{row}" for row in (5, 27, 29, 47, 112, 114, 138, 139)), _NOT_ENTAILED),
    **dict.fromkeys((f"FOLIO_dev_{row}" for row in (2, 87, 108, 109, 110)), _UNBALANCED),
}

FOLIO_DELEGATION = Task(
    name="folio_delegation",
    title="FOLIO (delegation)",
    suites=("delegation",),
    domain="FOL",
    language="fol",
    source=Source(
        "folio_delegation", ("dev.json",), "https://github.com/teacherpeterpan/Logic-LLM (data/FOLIO)", "CC BY-SA 4.0"
    ),
    read=read_folio,
    prompt=_PROMPT,
    extract=extract.logic_program,
    execute=execute,
    metrics=(
        Metric(
            "entailment",
            entailment,
            origin=Origin.OFFICIAL,
            standing=Standing.DERIVED,
            source="accuracy of Logic-LM (d29f1e5), decided by Z3 and Prover9 instead of its own reading and guess",
        ),
    ),
    wrong=wrong,
    broken=_BROKEN,
    size=204,
    max_tokens=600,
    deadline=30.0,
)
