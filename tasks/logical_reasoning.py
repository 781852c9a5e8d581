"""Logical reasoning delegated to a solver: the model writes a logic program, provers or a chainer answer the question.

Official files: Logic-LM's FOLIO (`dev.json`), ProofWriter (`test.json`) and PrOntoQA (`dev.json`), rows of id, context,
question, options and answer (A true, B false, C unknown); LogicNLI's test theories with four labels. Gold programs are
FOLIO's own formulas (`folio-validation.jsonl` in the folder `folio` beside), LogicNLI's own structures, and what the
templates of ProofWriter's and PrOntoQA's English say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from executors import forward_chaining, logic_lm, logic_program
from executors.outcome import Limits, Outcome, Verdict
from executors.prover import Agreement, entails
from tasks import extract, templated_english
from tasks.logicnli_theories import read_theories
from tasks.metrics import Metric, Origin, Standing, Statistics
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import DataError, Sample, Suite, Task

LIMITS = Limits(seconds=10.0)

_ANSWERS = {"A": Verdict.TRUE, "B": Verdict.FALSE, "C": Verdict.UNKNOWN}
_LABELS = {
    "entailment": Verdict.TRUE,
    "contradiction": Verdict.FALSE,
    "neutral": Verdict.UNKNOWN,
    "self_contradiction": Verdict.INCONSISTENT,
}
_FOLIO_FORMULAS = "../folio/folio-validation.jsonl"

# --- reading ----------------------------------------------------------------------------------------------------------

Row = Mapping[str, Any]


def read_folio(folder: Path) -> Iterator[Sample]:
    """Samples of dev.json, ids as upstream's; the gold program is made of FOLIO's formulas where they are there."""
    programs = _folio_programs(folder / _FOLIO_FORMULAS)
    return _samples(folder / "dev.json", lambda row: programs.get(_squeezed(row["context"] + _statement(row))))


def read_templated(file: str, folder: Path) -> Iterator[Sample]:
    """Samples of ProofWriter or PrOntoQA, ids as upstream's; the gold program is read from their English."""
    return _samples(folder / file, _translated)


def _samples(path: Path, program: Callable[[Row], str | None]) -> Iterator[Sample]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is not whole JSON ({error}): fetch the official file again") from error
    for number, row in enumerate(rows):
        try:
            fields = {"context": row["context"], "question": row["question"]}
            answer = _ANSWERS[row["answer"]]
            yield Sample(row["id"], fields, answer.value, program=program(row) or _stand_in(answer))
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise DataError(f"{path}: row {number} is not Logic-LM's form ({error!r}); fetch the file again") from error


def _statement(row: Row) -> str:
    """What the question asks about: the text after its question mark."""
    return str(row["question"].split("?", 1)[1].strip())


def _translated(row: Row) -> str | None:
    try:
        return templated_english.program(row["context"], _statement(row))
    except templated_english.UnreadableError:
        return None


def _folio_programs(path: Path) -> dict[str, str]:
    """Logic-LM programs of FOLIO's rows, by their squeezed premises and conclusion."""
    if not path.exists():
        return {}
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {
        _squeezed("".join(row["premises"]) + row["conclusion"]): _program(row["premises-FOL"], row["conclusion-FOL"])
        for row in rows
    }


def _program(premises: list[str], conclusion: str) -> str:
    return "\n".join(["Premises:", *(premise.strip() for premise in premises), "Conclusion:", conclusion.strip()])


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _stand_in(answer: Verdict) -> str:
    """The shortest program with this answer, for rows whose own formulas are not at hand."""
    conclusion = {Verdict.TRUE: "P(a)", Verdict.FALSE: "¬P(a)", Verdict.UNKNOWN: "Q(a)"}[answer]
    return _program(["P(a)"], conclusion)


def read_logicnli(folder: Path) -> Iterator[Sample]:
    """The statements about the test theories; errors are clustered by theory."""
    for theory in read_theories(folder, "test"):
        sentences = [*theory.facts, *theory.rules]
        context = " ".join(sentence.text for sentence in sentences)
        premises = [sentence.formula for sentence in sentences]
        for number, (statement, label) in enumerate(zip(theory.statements, theory.labels, strict=True)):
            if label not in _LABELS:
                raise DataError(
                    f"{folder}: theory {theory.key} has the label {label!r}; fetch the official files again"
                )
            yield Sample(
                f"test-{theory.key}-{number}",
                {"context": context, "question": f"{_LOGICNLI_QUESTION} {statement.text}"},
                _LABELS[label].value,
                program=_program(premises, statement.formula),
                group=f"test-{theory.key}",
            )


_LOGICNLI_QUESTION = "Is the following statement entailed, contradicted, both, or neither?"

# --- scoring ----------------------------------------------------------------------------------------------------------


def execute(program: str, sample: Sample) -> Outcome:
    """The provers' verdict; one in eight is checked by the others, and a contradiction is in the record."""
    return logic_program.run(program, LIMITS, partial(entails, second_opinion=Agreement.SPOT_CHECKS))


def execute_chaining(program: str, sample: Sample) -> Outcome:
    return logic_program.run(program, LIMITS, forward_chaining.chain)


def entailment(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when the solver's verdict is the label; giving up (`undecided`) is never taken for `unknown`."""
    return {"score": float(outcome.ok and outcome.value == Verdict(sample.target))}


def decided(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when there is an answer, right or wrong: the program ran, and the solver neither gave up nor found that the
    premises contradict each other (which is an answer where it is a label)."""
    answers = (Verdict.TRUE, Verdict.FALSE, Verdict.UNKNOWN, Verdict(sample.target))
    return {"score": float(outcome.ok and outcome.value in answers)}


def derivation(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when forward chaining, the meaning that ProofWriter and PrOntoQA give their rules, comes to the label."""
    found = execute_chaining(program, sample) if program is not None else outcome
    return {"score": float(found.ok and found.value == Verdict(sample.target))}


def _as_logic_lm(run: Callable[[str, Limits], Outcome], sample: Sample, program: str | None, _: Outcome) -> Statistics:
    return {"score": float(program is not None and run(program, LIMITS).value == Verdict(sample.target))}


ENTAILMENT = Metric(
    "entailment",
    entailment,
    origin=Origin.OFFICIAL,
    standing=Standing.DERIVED,
    source="accuracy of Logic-LM (d29f1e5), decided by provers instead of its own reading and guess",
)
CHAINED = Metric(
    "entailment",
    entailment,
    origin=Origin.OFFICIAL,
    standing=Standing.DERIVED,
    source="accuracy over LogicNLI's four labels, by the forward chaining that made them (c9c847d)",
)
DECIDED = Metric("decided", decided, source="share of programs that ran to an answer, right or wrong", graded=True)
DERIVATION = Metric(
    "derivation",
    derivation,
    source="forward chaining, by which the data set was labelled, in place of classical logic",
    graded=True,  # it has an answer of its own to the rows that are broken for provers
)


def _logic_lm(run: Callable[[str, Limits], Outcome]) -> Metric:
    return Metric(
        "logic_lm",
        partial(_as_logic_lm, run),
        origin=Origin.OFFICIAL,
        standing=Standing.FOUND,
        source="accuracy of Logic-LM (d29f1e5) by its own reading, a failed program being wrong and not a guess",
        graded=True,
        perfect=lambda _: True,  # its reading has limits that gold programs do not respect
    )


def wrong(sample: Sample) -> list[str]:
    other = Verdict.FALSE if sample.target == Verdict.TRUE else Verdict.TRUE
    broken = "Premises:\n∀x (P(x) →\nConclusion:\nP(a)"
    if sample.target == Verdict.INCONSISTENT:
        return [_stand_in(other), broken]
    return [_stand_in(other), _program(["P(a)", "¬P(a)"], "P(a)"), broken]


# --- prompts ----------------------------------------------------------------------------------------------------------

_WORDING = (
    "Generate the logical representation for the given context and question.\n"
    "The context is: {{ context }}\n\n"
    "The question is: {{ question }}\n"
    "The logical representation is:\n"
)
_UNCERTAIN = "Based on the above information, is the following statement true, false, or uncertain?"
_UNKNOWN = "Based on the above information, is the following statement true, false, or unknown?"
_BINARY = "Is the following statement true or false?"


def _shots(question: str, *examples: tuple[str, str, str]) -> tuple[Shot, ...]:
    return tuple(
        Shot({"context": context, "question": f"{question} {statement}"}, program)
        for context, statement, program in examples
    )


def _translated_shots(question: str, *examples: tuple[str, str]) -> tuple[Shot, ...]:
    return _shots(
        question,
        *((context, statement, templated_english.program(context, statement)) for context, statement in examples),
    )


_FOLIO_PROMPT = Prompt(
    _WORDING,
    shots=_shots(
        _UNCERTAIN,
        (
            "All otters swim. Whatever swims is wet. Milo is an otter.",
            "Milo is wet.",
            "Premises:\n∀x (Otter(x) → Swims(x))\n∀x (Swims(x) → Wet(x))\nOtter(milo)\nConclusion:\nWet(milo)",
        ),
        (
            "No lamp in the shed works. Some lamps are in the shed. The red lamp works.",
            "The red lamp is in the shed.",
            "Premises:\n∀x (Lamp(x) ∧ InShed(x) → ¬Works(x))\n∃x (Lamp(x) ∧ InShed(x))\n"
            "Lamp(redLamp) ∧ Works(redLamp)\nConclusion:\nInShed(redLamp)",
        ),
        (
            "Every pilot reads maps. Ines reads maps.",
            "Ines is a pilot.",
            "Premises:\n∀x (Pilot(x) → ReadsMaps(x))\nReadsMaps(ines)\nConclusion:\nPilot(ines)",
        ),
    ),
)

_PROOFWRITER_PROMPT = Prompt(
    _WORDING,
    shots=_translated_shots(
        _UNKNOWN,
        ("Olga is calm. Olga is tall. All calm people are patient. Patient, tall people are kind.", "Olga is kind."),
        ("The owl sees the hen. If something sees the hen then it is not slow.", "The owl is slow."),
        (
            "Igor is loud. Loud people are not shy. If someone is bold and not shy then they are vain.",
            "Igor is vain.",
        ),
    ),
)

_PRONTOQA_PROMPT = Prompt(
    _WORDING,
    shots=_translated_shots(
        _BINARY,
        ("Every brimple is a daxon. Daxons are shiny. Otto is a brimple.", "Otto is shiny."),
        ("Each florbit is not heavy. Zindles are florbits. Mara is a zindle.", "Mara is heavy."),
        ("Quandles are soft. Every quandle is a merrel. Merrels are not cheap. Ivo is a quandle.", "Ivo is not cheap."),
    ),
)

_LOGICNLI_PROMPT = Prompt(
    _WORDING,
    shots=_shots(
        _LOGICNLI_QUESTION,
        (
            "Nora is calm. If someone is calm, then he is not loud.",
            "Nora is loud.",
            "Premises:\nCalm(nora)\n∀x (Calm(x) → ¬Loud(x))\nConclusion:\nLoud(nora)",
        ),
        (
            "Paul is brave. If there is someone who is brave, then Vera is not shy. Vera is shy.",
            "Vera is shy.",
            "Premises:\nBrave(paul)\n(∃x (Brave(x))) → ¬Shy(vera)\nShy(vera)\nConclusion:\nShy(vera)",
        ),
        (
            "Rosa is old. Someone is old if and only if he is wise.",
            "Rosa is not rich.",
            "Premises:\nOld(rosa)\n∀x (Old(x) ↔ Wise(x))\nConclusion:\n¬Rich(rosa)",
        ),
    ),
)

# --- tasks ------------------------------------------------------------------------------------------------------------

_NOT_ENTAILED = "FOLIO's own formulas do not entail its label"
_UNBALANCED = "FOLIO's own formulas have brackets that do not match"

# FOLIO v0.0 validation rows (of the first 150) whose gold formulas contradict the label or do not parse.
_FOLIO_BROKEN = {
    **dict.fromkeys((f"FOLIO_dev_{row}" for row in (5, 27, 29, 47, 112, 114, 138, 139)), _NOT_ENTAILED),
    **dict.fromkeys((f"FOLIO_dev_{row}" for row in (2, 87, 108, 109, 110)), _UNBALANCED),
}

# ProofWriter derives forwards only: a label is "unknown" also where classical logic decides by contraposition.
_PROOFWRITER_BROKEN = dict.fromkeys(
    (
        "ProofWriter_RelNeg-OWA-D5-450_Q22",
        "ProofWriter_AttNeg-OWA-D5-471_Q14",
        "ProofWriter_AttNeg-OWA-D5-169_Q14",
        "ProofWriter_AttNeg-OWA-D5-94_Q18",
    ),
    "labelled unknown for want of a forward derivation, but decided by contraposition or contradiction",
)

_LOGIC_LM = "https://github.com/teacherpeterpan/Logic-LLM"


def _task(
    name: str,
    title: str,
    source: Source,
    read: Callable[[Path], Iterator[Sample]],
    prompt: Prompt,
    metrics: tuple[Metric, ...],
    size: int,
    broken: Mapping[str, str],
    execute: Callable[[str, Sample], Outcome] = execute,
    suites: tuple[Suite, ...] = ("delegation",),
) -> Task:
    return Task(
        name=name,
        title=title,
        suites=suites,
        domain="FOL",
        language="fol",
        source=source,
        read=read,
        prompt=prompt,
        extract=extract.logic_program,
        execute=execute,
        metrics=metrics,
        wrong=wrong,
        broken=broken,
        size=size,
        max_tokens=800,
        deadline=40.0,
    )


FOLIO_DELEGATION = _task(
    "folio_delegation",
    "FOLIO (delegation)",
    Source("folio_delegation", ("dev.json",), f"{_LOGIC_LM} (data/FOLIO)", "CC BY-SA 4.0"),
    read_folio,
    _FOLIO_PROMPT,
    (ENTAILMENT, DECIDED, _logic_lm(logic_lm.run_formulas)),
    204,
    _FOLIO_BROKEN,
)

PROOFWRITER = _task(
    "proofwriter",
    "ProofWriter",
    Source("proofwriter", ("test.json",), f"{_LOGIC_LM} (data/ProofWriter)", "CC BY 4.0"),
    partial(read_templated, "test.json"),
    _PROOFWRITER_PROMPT,
    (ENTAILMENT, DECIDED, DERIVATION, _logic_lm(partial(logic_lm.run_rules, closed_world=False))),
    600,
    _PROOFWRITER_BROKEN,
    suites=("delegation", "ood"),
)

PRONTOQA = _task(
    "prontoqa",
    "ProntoQA",
    Source("prontoqa", ("dev.json",), f"{_LOGIC_LM} (data/ProntoQA)", "Apache 2.0"),
    partial(read_templated, "dev.json"),
    _PRONTOQA_PROMPT,
    (ENTAILMENT, DECIDED, DERIVATION, _logic_lm(partial(logic_lm.run_rules, closed_world=True))),
    500,
    {},
    suites=("delegation", "ood"),
)

LOGICNLI_DELEGATION = _task(
    "logicnli_delegation",
    "LogicNLI (delegation)",
    Source(
        "logicnli",
        ("test_language.json", "test_logic.json"),
        "https://github.com/omnilabNLP/LogicNLI (dataset/LogicNLI_sim.zip)",
        "none given",
    ),
    read_logicnli,
    _LOGICNLI_PROMPT,
    (CHAINED, DECIDED),
    2000,
    {},
    execute_chaining,
)
