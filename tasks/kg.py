"""Questions to a knowledge graph: GrailQA (s-expressions), WebQSP and ComplexWebQuestions (SPARQL).

Official files: GrailQA `grailqa_v1.0_dev.json` with its ontology (`ontology/fb_roles`, `fb_types`,
`reverse_properties`), WebQSP `WebQSP.test.json`, ComplexWebQuestions `ComplexWebQuestions_test.json` (answers as ids).

Programs are executed where there is something to execute them on: `triples.nt` (or .ttl) in the task's folder, or the
SPARQL endpoint that the variable SYMHARNESS_SPARQL_ENDPOINT names. Without either, scores that need answers weigh 0.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from executors.kg import answers, equivalence, ontology, s_expression, store, translation
from executors.outcome import Limits, Outcome, Status
from tasks import extract
from tasks.metrics import Metric, Origin, Standing, Statistics, full_weight, ratio
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import DataError, Sample, Task

ENDPOINT_VARIABLE = "SYMHARNESS_SPARQL_ENDPOINT"
LIMITS = Limits(seconds=10.0, output=4 << 20, rows=20_000)

_GRAILQA_FILE, _GRAILQA_SAMPLE = "grailqa_v1.0_dev.json", "grailqa_v1.0_demo_reference.json"
_WEBQSP_FILE = "WebQSP.test.json"
_COMPWEBQ_FILE = "ComplexWebQuestions_test.json"


@dataclass(frozen=True)
class Question:
    """What an answer is judged by: the gold answers of each parse, and what programs are run on (None: nothing)."""

    parses: tuple[tuple[str, ...], ...]
    knowledge: store.Knowledge | None
    ontology_folder: Path | None = None


def _knowledge(folder: Path) -> store.Knowledge | None:
    if url := os.environ.get(ENDPOINT_VARIABLE):
        return store.Endpoint(url)
    return next(
        (store.Triples.of(folder / name) for name in ("triples.nt", "triples.ttl") if (folder / name).exists()), None
    )


def _rows(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is not whole JSON ({error}): fetch the official file again") from error


def read_grailqa(folder: Path) -> Iterator[Sample]:
    """Questions with their s-expressions, ids as upstream's."""
    name = _GRAILQA_FILE if (folder / _GRAILQA_FILE).exists() else _GRAILQA_SAMPLE
    knowledge, places = _knowledge(folder), (folder / "ontology").resolve()
    try:
        ontology.load(places)
    except (FileNotFoundError, ValueError) as error:
        raise DataError(f"the ontology of GrailQA cannot be read: {error}; fetch its three files again") from error
    for number, row in enumerate(_rows(folder / name)):
        try:
            listed = [] if row["answer"] == "null" else row["answer"]
            gold = tuple(str(answer["answer_argument"]) for answer in listed)
            fields = {"question": row["question"], "entities": _entities(row["graph_query"]["nodes"])}
            yield Sample(str(row["qid"]), fields, row["s_expression"], Question((gold,), knowledge, places))
        except (KeyError, TypeError) as error:
            raise DataError(f"{folder / name}: row {number} lacks {error}: this is not GrailQA's form") from error


def _entities(nodes: list[dict[str, Any]]) -> str:
    """Gold entities and literals: linking them is no part of the task."""
    named = [f"{node['friendly_name']} = {node['id']}" for node in nodes if node["node_type"] in ("entity", "literal")]
    return "; ".join(named) or "none"


def read_webqsp(folder: Path) -> Iterator[Sample]:
    """Questions with at least one parse that is marked good and complete; ids as upstream's."""
    knowledge = _knowledge(folder)
    for number, row in enumerate(_rows(folder / _WEBQSP_FILE)["Questions"]):
        try:
            parses = [parse for parse in row["Parses"] if _is_good(parse)]
            if not parses:
                continue
            gold = tuple(tuple(str(a["AnswerArgument"]) for a in parse["Answers"]) for parse in parses)
            topic = f"{parses[0].get('TopicEntityName', '')} = {parses[0].get('TopicEntityMid', '')}"
            fields = {"question": row["ProcessedQuestion"], "entities": topic}
            yield Sample(row["QuestionId"], fields, parses[0]["Sparql"], Question(gold, knowledge))
        except (KeyError, TypeError) as error:
            raise DataError(
                f"{folder / _WEBQSP_FILE}: question {number} lacks {error}: not the official form"
            ) from error


def _is_good(parse: dict[str, Any]) -> bool:
    comment = parse["AnnotatorComment"]
    return bool(comment["QuestionQuality"] == "Good" and comment["ParseQuality"] == "Complete")


def read_compwebq(folder: Path) -> Iterator[Sample]:
    """Test questions with their SPARQL, ids as upstream's."""
    knowledge = _knowledge(folder)
    for number, row in enumerate(_rows(folder / _COMPWEBQ_FILE)):
        try:
            gold = tuple(map(str, row["answer"]))
            yield Sample(row["ID"], {"question": row["question"]}, row["sparql"], Question((gold,), knowledge))
        except (KeyError, TypeError) as error:
            raise DataError(f"{folder / _COMPWEBQ_FILE}: row {number} lacks {error}: not the official form") from error


def _question(sample: Sample) -> Question:
    assert isinstance(sample.context, Question)
    return sample.context


def _ontology(sample: Sample) -> ontology.Ontology:
    folder = _question(sample).ontology_folder
    assert folder is not None
    return ontology.load(folder)


_OPERATOR = re.compile(r"\((?:AND|JOIN|COUNT|ARGMAX|ARGMIN|R|TC|lt|le|gt|ge)\s")


def extract_s_expression(completion: str) -> str | None:
    """An s-expression: the last fenced block, or else the text, from the first operator (or bracket) on to its end.

    Without any bracket it is the text as it stands, which may be one symbol.
    """
    text = extract.without_end_tokens(completion)
    block = extract.fenced(text)
    text = (block if block is not None else text).strip()
    start = _OPERATOR.search(text) or re.search(r"\(", text)
    return _expression(text[start.start() :]) if start else text or None


def _expression(text: str) -> str:
    """`text` up to where its brackets are closed, with brackets too many; of one that is never closed its line."""
    depth = 0
    for bracket in re.finditer(r"[()]", text):
        depth += 1 if bracket[0] == "(" else -1
        if depth == 0:
            rest = text[bracket.end() :]
            return text[: bracket.end()] + ")" * (len(rest) - len(rest.lstrip(")")))
    return text.splitlines()[0].strip().strip("`")


_SPARQL_START = re.compile(
    r"(?<![^\S\n])(?:^[ \t]*+#[^\n]*\n)*[^\S\n]*+\b(?:PREFIX|SELECT|ASK)\s", re.IGNORECASE | re.MULTILINE
)


def extract_query(completion: str) -> str | None:
    """A SPARQL query or an s-expression: the last fenced block, else from where one begins on.

    A query begins with PREFIX, SELECT or ASK, or the comment lines before it, and ends at two empty lines.
    """
    text = extract.without_end_tokens(completion)
    block = extract.fenced(text, "sparql", "sql")
    if block is not None:
        return block.strip() or None
    start = _SPARQL_START.search(text)
    expression = _OPERATOR.search(text)
    if start is None and expression is not None:
        return _expression(text[expression.start() :])
    return (text[start.start() :].split("\n\n\n")[0] if start else text).strip() or None


def execute_s_expression(program: str, sample: Sample) -> Outcome:
    """Translated and run; only read where there is nothing to run it on."""
    try:
        query = translation.to_sparql(program, _ontology(sample))
    except s_expression.NotAnExpressionError as error:
        return Outcome.failed(Status.INVALID, error)
    knowledge = _question(sample).knowledge
    return Outcome(Status.OK, query) if knowledge is None else store.execute(query, knowledge, LIMITS)


def execute_query(program: str, sample: Sample) -> Outcome:
    """SPARQL or an s-expression is run; only read where there is nothing to run it on."""
    if program.startswith("("):
        try:
            program = translation.to_sparql(program)
        except s_expression.NotAnExpressionError as error:
            return Outcome.failed(Status.INVALID, error)
    knowledge = _question(sample).knowledge
    outcome = store.execute(program, knowledge or store.NOTHING, LIMITS)
    return outcome if knowledge is not None or not outcome.ok else replace(outcome, value=program)


def grailqa_exact_match(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when both expressions have one query graph over the ontology."""
    same = program is not None and s_expression.same_logical_form(program, sample.target, _ontology(sample))
    return {"score": float(same)}


def sparql_exact_match(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 for the same text without the blanks around it."""
    return {"score": float(program is not None and answers.same_text(sample.target, program))}


def sparql_equivalent(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 for the same algebra up to the names of variables and the order of patterns."""
    if program is not None and answers.same_text(sample.target, program):
        return {"score": 1.0}
    return {"score": float(program is not None and equivalence.equivalent(sample.target, program))}


def _predicted(outcome: Outcome) -> list[str]:
    return [str(item) for item in outcome.value] if outcome.ok and isinstance(outcome.value, list) else []


def _weighed(sample: Sample, score: float) -> Statistics:
    """A score that needs answers: it weighs nothing where programs cannot be run."""
    weight = float(_question(sample).knowledge is not None)
    return {"numerator": weight * score, "denominator": weight}


def answer_f1(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """F1 of the answers, the best over the question's parses; a program that does not run answers nothing."""
    if not outcome.ok:
        return _weighed(sample, 0.0)
    score = answers.best_webqsp_score(_question(sample).parses, _predicted(outcome)).f1
    return _weighed(sample, score if score > answers.TINY else 0.0)


def grailqa_f1(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 for an exact match, as the official script has it, else F1 of the answers."""
    if grailqa_exact_match(sample, program, outcome)["score"]:
        return _weighed(sample, 1.0)
    (gold,) = _question(sample).parses
    return _weighed(sample, answers.set_f1(gold, _predicted(outcome)))


def hits_at_1(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when the first answer is a gold one; a question without an answer is hit by answering nothing."""
    predicted = _predicted(outcome)
    hit = any(
        answers.hits_at_1(gold, predicted) or (outcome.ok and not gold and not predicted)
        for gold in _question(sample).parses
    )
    return _weighed(sample, float(hit))


def answer_match(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when the answers are the gold set."""
    same = outcome.ok and any(answers.same_set(gold, _predicted(outcome)) for gold in _question(sample).parses)
    return _weighed(sample, float(same))


_S_PROMPT = Prompt(
    "Given KG, transform the query into s-Expression. The forms are (JOIN relation set), (JOIN (R relation) set), "
    "(AND set set), (COUNT set), (ARGMAX set relation), (ARGMIN set relation) and (lt|le|gt|ge relation literal).\n"
    "The entities are: {{ entities }}\n"
    "The query is: {{ question }}\n"
    "The s-Expression is: ",
    shots=(
        Shot(
            {"entities": "Skarn = m.0aa1", "question": "which harbours does skarn have?"},
            "(AND sea.harbour (JOIN (R sea.island.harbours) m.0aa1))",
        ),
        Shot(
            {"entities": "Tern = m.0bb2", "question": "how many crossings does the tern make?"},
            "(COUNT (AND sea.crossing (JOIN sea.crossing.ferry m.0bb2)))",
        ),
        Shot({"entities": "none", "question": "which ferry has the most seats?"}, "(ARGMAX sea.ferry sea.ferry.seats)"),
    ),
)

_SPARQL_SHOTS = (
    Shot(
        {"entities": "Skarn = m.0aa1", "question": "which harbours does skarn have?"},
        "PREFIX ns: <http://rdf.freebase.com/ns/>\nSELECT DISTINCT ?x\nWHERE {\nns:m.0aa1 ns:sea.island.harbours ?x .\n"
        "}",
    ),
    Shot(
        {"entities": "Tern = m.0bb2", "question": "to which islands does the tern go?"},
        "PREFIX ns: <http://rdf.freebase.com/ns/>\nSELECT DISTINCT ?x\nWHERE {\n?c ns:sea.crossing.ferry ns:m.0bb2 .\n"
        "?c ns:sea.crossing.island ?x .\n}",
    ),
    Shot(
        {"entities": "none", "question": "which ferry has the most seats?"},
        "PREFIX ns: <http://rdf.freebase.com/ns/>\nSELECT DISTINCT ?x\nWHERE {\n?x ns:sea.ferry.seats ?n .\n}\n"
        "ORDER BY DESC(?n) LIMIT 1",
    ),
)
_SPARQL = "Given KG or DB, transform the query into SPARQL query.\n"
_WEBQSP_PROMPT = Prompt(
    f"{_SPARQL}The entities are: {{{{ entities }}}}\nThe query is: {{{{ question }}}}\nThe SPARQL is: ", _SPARQL_SHOTS
)
_COMPWEBQ_PROMPT = Prompt(f"{_SPARQL}The query is: {{{{ question }}}}\nThe SPARQL is: ", _SPARQL_SHOTS)

_UNIFIEDSKG = "HKUNLP/UnifiedSKG 49a2ff950bb3, metrics/compwebq"
_WEBQSP_EVAL = "eval.py of WebQSP, as kept in LHRLAB/ChatKBQA 229ea36119da"


def wrong_queries(sample: Sample) -> list[str]:
    return ["SELECT DISTINCT ?x WHERE { ?x <http://nowhere/a> <http://nowhere/b> . }", "SELECT WHERE {", "no query"]


GRAILQA = Task(
    name="grailqa",
    title="GrailQA",
    suites=("symbolic",),
    domain="KG/DB",
    language="s-expression",
    source=Source(
        "grailqa",
        (_GRAILQA_FILE, "ontology"),
        "https://dki-lab.github.io/GrailQA",
        "CC BY-SA 4.0",
        other_layouts=((_GRAILQA_SAMPLE, "ontology"),),
    ),
    read=read_grailqa,
    prompt=_S_PROMPT,
    extract=extract_s_expression,
    execute=execute_s_expression,
    metrics=(
        Metric(
            "exact_match",
            grailqa_exact_match,
            origin=Origin.PAPER,
            standing=Standing.DERIVED,
            source="dki-lab/GrailQA evaluate.py, as kept in salesforce/rng-kbqa 2b6ef28e7724",
        ),
        Metric(
            "answer_f1",
            grailqa_f1,
            ratio,
            origin=Origin.OFFICIAL,
            source="dki-lab/GrailQA evaluate.py",
            perfect=full_weight,
        ),
    ),
    wrong=lambda sample: ["(AND common.topic (JOIN common.topic.alias m.00000))", "(AND", "no expression"],
    paper_metric="exact_match",
    size=6763,
)

_SAME_ALGEBRA = "the same SPARQL algebra up to the names of variables and the order of patterns"

WEBQSP = Task(
    name="webqsp",
    title="WebQSP",
    suites=("symbolic",),
    domain="KG/DB",
    language="sparql",
    source=Source(
        "webqsp", (_WEBQSP_FILE,), "https://www.microsoft.com/en-us/download/details.aspx?id=52763", "MSR-LA"
    ),
    read=read_webqsp,
    prompt=_WEBQSP_PROMPT,
    extract=extract_query,
    execute=execute_query,
    metrics=(
        Metric("f1", answer_f1, ratio, Origin.PAPER, Standing.DERIVED, _WEBQSP_EVAL, graded=True, perfect=full_weight),
        Metric("hits_at_1", hits_at_1, ratio, Origin.OFFICIAL, source=_WEBQSP_EVAL, perfect=full_weight),
        Metric("sparql_equivalent", sparql_equivalent, source=_SAME_ALGEBRA),
    ),
    wrong=wrong_queries,
    paper_metric="f1",
    size=1639,
    max_tokens=400,
)

COMPWEBQ = Task(
    name="compwebq",
    title="CompWebQ",
    suites=("symbolic",),
    domain="KG/DB",
    language="sparql",
    source=Source("compwebq", (_COMPWEBQ_FILE,), "https://www.tau-nlp.sites.tau.ac.il/compwebq", "not stated"),
    read=read_compwebq,
    prompt=_COMPWEBQ_PROMPT,
    extract=extract_query,
    execute=execute_query,
    metrics=(
        Metric("exact_match", sparql_exact_match, origin=Origin.PAPER, standing=Standing.DERIVED, source=_UNIFIEDSKG),
        Metric("sparql_equivalent", sparql_equivalent, source=_SAME_ALGEBRA),
        Metric("answer_match", answer_match, ratio, Origin.OFFICIAL, source=_UNIFIEDSKG, perfect=full_weight),
        Metric(
            "answer_f1",
            answer_f1,
            ratio,
            source="F1 of the answers, the best over the parses; what does not run answers nothing",
            graded=True,
            perfect=full_weight,
        ),
    ),
    wrong=wrong_queries,
    paper_metric="exact_match",
    size=3531,
    max_tokens=400,
)
