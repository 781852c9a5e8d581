"""Questions about pictures to programs over their scenes: CLEVR and GQA.

Official files: CLEVR's `CLEVR_val_questions.json` and `CLEVR_val_scenes.json`, GQA's `val_balanced_questions.json` and
`val_sceneGraphs.json`; files whose names end alike (samples of them) are read as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from executors.outcome import Outcome
from executors.scene import clevr, gqa
from tasks import extract
from tasks.metrics import Metric, Origin, Standing, Statistics, full_weight, ratio
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import DataError, Sample, Task

_CLEVR_FILES = ("CLEVR_val_questions.json", "CLEVR_val_scenes.json")
_CLEVR_SAMPLE = ("CLEVR_sample_questions.json", "CLEVR_sample_scenes.json")
_GQA_FILES = ("val_balanced_questions.json", "val_sceneGraphs.json")
_GQA_SAMPLE = ("SAMPLE-val_balanced_questions.json",)


def read_clevr(folder: Path) -> Iterator[Sample]:
    """Questions with a program, ids by upstream index; the target is the program in functional form."""
    files = _CLEVR_FILES if (folder / _CLEVR_FILES[0]).exists() else _CLEVR_SAMPLE
    questions, scenes = folder / files[0], {entry["image_index"]: entry for entry in _json(folder / files[1])["scenes"]}
    for number, row in enumerate(_json(questions)["questions"]):
        try:
            program, scene = clevr.from_nodes(row["program"]), scenes[row["image_index"]]
            context = {"scene": scene, "answer": str(row["answer"])}
            yield Sample(
                f"question-{row['question_index']}", {"question": row["question"]}, clevr.functional(program), context
            )
        except (KeyError, TypeError, clevr.NotAProgramError) as error:
            raise DataError(f"{questions}: question {number} or its scene is not CLEVR's form ({error!r})") from error


def read_gqa(folder: Path) -> Iterator[Sample]:
    """Questions, ids as upstream's; the target is the program's one-line form without the objects' ids.

    The scene graph is part of the context where sceneGraphs lie beside.
    """
    name = next(name for name in (_GQA_FILES[0], *_GQA_SAMPLE) if (folder / name).exists())
    graphs = _json(folder / _GQA_FILES[1]) if (folder / _GQA_FILES[1]).exists() else {}
    for key, row in _json(folder / name).items():
        try:
            program = gqa.from_steps(row["semantic"])
            context = {"scene": graphs.get(row["imageId"]), "answer": row["answer"]}
            yield Sample(key, {"question": row["question"]}, gqa.normal_form(program), context)
        except (KeyError, TypeError, gqa.NotAProgramError) as error:
            raise DataError(f"{folder / name}: question {key} is not GQA's form ({error!r})") from error


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing: it belongs to the questions; fetch the official files again") from error
    except ValueError as error:
        raise DataError(f"{path} is not whole JSON ({error}): fetch the official file again") from error


# `name(...)` for CLEVR, `operation: argument->...` that begins as GQA's programs do.
_PROGRAM_LINE = re.compile(r"(?:^|[:`]\s*)(?P<program>[a-z_]+\(.*\)|select\s*:.*)$", re.MULTILINE)


def extract_program(completion: str, line_form: re.Pattern[str] = _PROGRAM_LINE) -> str | None:
    """A program: the last fenced block, else JSON from its first bracket, else the first line that looks like one."""
    text = extract.without_end_tokens(completion)
    block = extract.fenced(text)
    text = (block if block is not None else text).strip()
    if text.startswith("["):
        return text
    line = line_form.search(text)
    return (line["program"] if line else text).strip().strip("`") or None


def _context(sample: Sample) -> Mapping[str, Any]:
    assert isinstance(sample.context, dict)
    return sample.context


def execute_clevr(program: str, sample: Sample) -> Outcome:
    return clevr.execute(program, _context(sample)["scene"])


def execute_gqa(program: str, sample: Sample) -> Outcome:
    """On the scene graph; without one the program is only read."""
    scene = _context(sample)["scene"]
    return gqa.execute(program, scene) if scene is not None else gqa.read(program)


def clevr_exact_match(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when both forms write the same functional text, blanks aside; the list form is translated first."""
    try:
        text = clevr.functional(clevr.parse(program or ""))
    except clevr.NotAProgramError:
        return {"score": 0.0}
    return {"score": float(text == sample.target)}


def gqa_exact_match(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when both are the same steps; ids of objects and blanks aside."""
    try:
        text = gqa.normal_form(gqa.parse(program or ""))
    except gqa.NotAProgramError:
        return {"score": 0.0}
    return {"score": float(text == sample.target)}


def answer_accuracy(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when the program answers what the data set answers; weight 0 where there is no scene to run it on."""
    context = _context(sample)
    return {
        "numerator": float(outcome.ok and outcome.value == context["answer"]),
        "denominator": float(context["scene"] is not None),
    }


def strict_answer_accuracy(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """The same with functions given only what they are made for, whole words, and no unused node."""
    strict = clevr.execute(program or "", _context(sample)["scene"], strict=True)
    return {"score": float(strict.ok and strict.value == _context(sample)["answer"])}


_CLEVR_PROMPT = Prompt(
    "Parse the question sentence with the given form. The form is a nested program over the scene: scene(), unique(s), "
    "relate(direction,o), union(s,s), intersect(s,s), count(s), exist(s), filter_color(word,s), query_color(o), "
    "same_color(o), equal_color(a,b) (and likewise shape, size, material), equal_integer(a,b), less_than(a,b), "
    "greater_than(a,b).\n"
    "The question is: {{ question }}\n"
    "The program is: ",
    shots=(
        Shot({"question": "How many red cubes are there?"}, "count(filter_shape(cube,filter_color(red,scene())))"),
        Shot(
            {"question": "What is the colour of the big thing left of the ball?"},
            "query_color(unique(filter_size(large,relate(left,unique(filter_shape(sphere,scene()))))))",
        ),
        Shot(
            {"question": "Are there more cylinders than metal things?"},
            "greater_than(count(filter_shape(cylinder,scene())),count(filter_material(metal,scene())))",
        ),
    ),
)

_GQA_PROMPT = Prompt(
    "Parse the question sentence with the given form. The form is a chain of steps `operation: argument [inputs]` "
    "joined by ->, with operations such as select, filter, relate, query, verify, choose, exist, and, or, same.\n"
    "The question is: {{ question }}\n"
    "The program is: ",
    shots=(
        Shot({"question": "Is there a dog near the bench?"}, "select: bench->relate: dog,near,s [0]->exist: ? [1]"),
        Shot(
            {"question": "What colour is the cup on the table?"},
            "select: table->relate: cup,on,s [0]->query: color [1]",
        ),
        Shot(
            {"question": "Are there both a lamp and a clock?"},
            "select: lamp->exist: ? [0]->select: clock->exist: ? [2]->and:  [1, 3]",
        ),
    ),
)

_PAPER_EM = "EM of the paper's table, on the functional form that its figure prints"

CLEVR = Task(
    name="clevr",
    title="CLEVR",
    suites=("symbolic",),
    domain="Visual",
    language="clevr",
    source=Source(
        "clevr",
        _CLEVR_FILES,
        "https://cs.stanford.edu/people/jcjohns/clevr",
        "CC BY 4.0",
        other_layouts=(_CLEVR_SAMPLE,),
    ),
    read=read_clevr,
    prompt=_CLEVR_PROMPT,
    extract=extract_program,
    execute=execute_clevr,
    metrics=(
        Metric("exact_match", clevr_exact_match, origin=Origin.PAPER, standing=Standing.DERIVED, source=_PAPER_EM),
        Metric(
            "answer_accuracy",
            answer_accuracy,
            ratio,
            origin=Origin.OFFICIAL,
            source="facebookresearch/clevr-dataset-gen f0ce2c81, question_engine.answer_question",
        ),
        Metric(
            "strict_answer_accuracy",
            strict_answer_accuracy,
            source="answer_accuracy with functions given only what they are made for, whole words, no unused node",
        ),
    ),
    wrong=lambda sample: [
        "count(filter_color(red,filter_color(blue,scene())))()",
        "query_color(unique(scene()))",
        "scene()",
    ],
    paper_metric="exact_match",
    size=2000,
    max_tokens=400,
)

GQA = Task(
    name="gqa",
    title="GQA",
    suites=("symbolic",),
    domain="Visual",
    language="gqa",
    source=Source(
        "gqa",
        _GQA_FILES,
        "https://cs.stanford.edu/people/dorarad/gqa",
        "CC BY 4.0",
        other_layouts=((_GQA_FILES[0],), _GQA_SAMPLE),
    ),
    read=read_gqa,
    prompt=_GQA_PROMPT,
    extract=extract_program,
    execute=execute_gqa,
    metrics=(
        Metric("exact_match", gqa_exact_match, origin=Origin.PAPER, standing=Standing.DERIVED, source=_PAPER_EM),
        Metric(
            "answer_accuracy",
            answer_accuracy,
            ratio,
            source="our reading of GQA's operations on its scene graphs",
            perfect=full_weight,
        ),
    ),
    wrong=lambda sample: ["select: nothing at all->query: name [0]", "select: [", "no program"],
    paper_metric="exact_match",
    size=2000,
)
