"""Sentences to triples under an ontology: Tekgen (Wikidata) and WebNLG (DBpedia), as Text2KGBench prepared them.

Official files: `ground_truth/ont_<k>_<name>_ground_truth.jsonl` ({"id", "sent", "triples": [{"sub", "rel", "obj"}]})
and `ontologies/<k>_<name>_ontology.json` ({"concepts": [{"qid", "label"}], "relations": [{"label", "domain",
"range"}]}).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from executors import triples
from executors.outcome import Outcome
from executors.triples import Ontology, Scores, Triple
from tasks import extract
from tasks.metrics import Metric, Origin, Standing, Statistics, mean_of_groups
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import DataError, Sample, Task


@dataclass(frozen=True, slots=True)
class OntologyFile:
    """An ontology as scoring needs it, and as the prompt tells it: one `relation(domain, range)` a line."""

    allowed: Ontology
    text: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """What one answer is judged by."""

    text: str
    gold: tuple[Triple, ...]
    allowed: Ontology


def read_ontology(path: Path) -> OntologyFile:
    """Read one ontology file. A domain or range that is no concept of it (a date, a number) stands as upstream has it.

    Raises DataError.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        labels = {concept["qid"]: concept["label"] for concept in content["concepts"]}
        relations = [
            (relation["label"].replace(" ", "_"), *(labels.get(relation[end], relation[end]) for end in _ENDS))
            for relation in content["relations"]
        ]
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing: fetch Text2KGBench's data folder again") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is no Text2KGBench ontology ({error!r}): fetch the official file again") from error
    text = "\n".join(f"{relation}({domain}, {reach or 'literal'})" for relation, domain, reach in relations)
    return OntologyFile(Ontology(frozenset(relation for relation, _, _ in relations), tuple(labels.values())), text)


_ENDS = ("domain", "range")


def read_sentences(folder: Path) -> Iterator[Sample]:
    """Samples of all ontologies in their order, ids as upstream's, grouped by ontology."""
    paths = sorted((folder / "ground_truth").glob("ont_*_ground_truth.jsonl"), key=_number)
    for path in paths:
        name = path.name.removeprefix("ont_").removesuffix("_ground_truth.jsonl")
        ontology = read_ontology(folder / "ontologies" / f"{name}_ontology.json")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                row = json.loads(line)
                gold = tuple(Triple(triple["sub"], triple["rel"], triple["obj"]) for triple in row["triples"])
                fields = {"ontology": ontology.text, "sentence": row["sent"]}
                context = Sentence(row["sent"], gold, ontology.allowed)
                yield Sample(row["id"], fields, _written(gold), context, group=name)
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(
                    f"{path}:{number}: no Text2KGBench row ({error!r}); fetch the official file again"
                ) from error


def _number(path: Path) -> tuple[int, str]:
    number = path.name.split("_")[1]
    return (int(number) if number.isdecimal() else 0, path.name)


def _written(gold: tuple[Triple, ...]) -> str:
    return triples.write(triple._replace(relation=triple.relation.replace(" ", "_")) for triple in gold)


def extract_triples(completion: str) -> str | None:
    """The last fenced block, else the whole text; None without any bracket."""
    text = extract.without_end_tokens(completion)
    block = extract.fenced(text, "triples")
    program = (block if block is not None else text).strip()
    return program if "(" in program else None


def execute(program: str, sample: Sample) -> Outcome:
    return triples.execute(program)


def _predicted(outcome: Outcome) -> list[Triple]:
    found: Any = outcome.value if outcome.ok else []
    return [Triple(*triple) for triple in found]


def _sentence(sample: Sample) -> Sentence:
    assert isinstance(sample.context, Sentence)
    return sample.context


def _part(name: str, compare: Callable[..., Scores]) -> Callable[[Sample, str | None, Outcome], Statistics]:
    def measure(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
        return {"score": getattr(compare(_predicted(outcome), _sentence(sample).gold), name)}

    return measure


def ontology_conformance(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    return {"score": triples.conformance(_predicted(outcome), _sentence(sample).allowed)}


def _grounding(part: str) -> Callable[[Sample, str | None, Outcome], Statistics]:
    def measure(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
        sentence = _sentence(sample)
        entities = [getattr(triple, part) for triple in _predicted(outcome)]
        known = [entity for triple in sentence.gold for entity in (triple.subject, triple.object)]
        return {"score": triples.grounded(entities, [sentence.text, *sentence.allowed.concepts, *known])}

    return measure


def wrong(sample: Sample) -> list[str]:
    relation = _written(_sentence(sample).gold).partition("(")[0] or "related_to"
    return [f"{relation}(nobody at all, nothing whatever)", "invented_relation(somebody, something)", "no triples"]


_OFFICIAL = "Text2KGBench 50a3d255 run_eval.py: mean over an ontology's sentences, then over ontologies"
_HALLUCINATION = "1 - {} hallucination of Text2KGBench run_eval.py; without stemming, and gold entities are grounded"

METRICS = (
    Metric(
        "f1",
        _part("f1", triples.official_scores),
        mean_of_groups,
        Origin.PAPER,
        Standing.DERIVED,
        f"the paper prints F1; {_OFFICIAL}; relations that the gold lacks cost nothing",
    ),
    Metric(
        "strict_f1",
        _part("f1", triples.strict_scores),
        mean_of_groups,
        source="F1 of distinct triples, invented relations counted; averaged as the official one",
    ),
    Metric(
        "precision",
        _part("precision", triples.official_scores),
        mean_of_groups,
        Origin.OFFICIAL,
        source=_OFFICIAL,
    ),
    Metric("recall", _part("recall", triples.official_scores), mean_of_groups, Origin.OFFICIAL, source=_OFFICIAL),
    Metric(
        "onto_conf",
        ontology_conformance,
        mean_of_groups,
        Origin.OFFICIAL,
        source=f"{_OFFICIAL}; its relation hallucination is 1 - this; no triples conform",
        graded=True,
    ),
    Metric(
        "subject_grounding",
        _grounding("subject"),
        mean_of_groups,
        standing=Standing.DERIVED,
        source=_HALLUCINATION.format("subject"),
        graded=True,
    ),
    Metric(
        "object_grounding",
        _grounding("object"),
        mean_of_groups,
        standing=Standing.DERIVED,
        source=_HALLUCINATION.format("object"),
        graded=True,
    ),
)

_PROMPT = Prompt(
    "Given the following ontology, extract triples from the sentence.\n"
    "The ontology is:\n{{ ontology }}\n"
    "The sentence is: {{ sentence }}\n"
    "The triples are:\n",
    shots=(
        Shot(
            {
                "ontology": "built_by(lighthouse, human)\nheight(lighthouse, literal)\nlocated_on(lighthouse, island)",
                "sentence": "The Skerry Light on the island of Tarn was built by Ada Holm and is 38 metres high.",
            },
            "located_on(Skerry Light, Tarn)\nbuilt_by(Skerry Light, Ada Holm)\nheight(Skerry Light, 38 metres)",
        ),
        Shot(
            {
                "ontology": "bred_by(dog breed, human)\norigin(dog breed, country)\nused_for(dog breed, activity)",
                "sentence": "The Fenland Spaniel, a breed from England, is used for hunting.",
            },
            "origin(Fenland Spaniel, England)\nused_for(Fenland Spaniel, hunting)",
        ),
        Shot(
            {
                "ontology": "member_of(musician, band)\nplays(musician, instrument)\nfounded_in(band, literal)",
                "sentence": "Noor Abadi plays the oboe in the Dune Quartet, founded in 1998.",
            },
            "plays(Noor Abadi, oboe)\nmember_of(Noor Abadi, Dune Quartet)\nfounded_in(Dune Quartet, 1998)",
        ),
    ),
)

_FILES = ("ground_truth", "ontologies")
_HOMEPAGE = "https://github.com/cenguix/Text2KGBench"

_NO_GOLD = "upstream's row has no triples, for which the official script gives 0 whatever is answered"
_OUTSIDE = "upstream's own triples use a relation that its ontology lacks"

# Rows of the 150 that were looked at (15 an ontology).
_TEKGEN_BROKEN = {
    **dict.fromkeys((f"ont_5_military_test_{row}" for row in (125, 129, 146, 169, 177)), _NO_GOLD),
    **dict.fromkeys((f"ont_8_politics_test_{row}" for row in (70, 86, 102, 108, 109, 110)), _NO_GOLD),
    "ont_9_nature_test_465": _NO_GOLD,
    **dict.fromkeys((f"ont_6_computer_test_{row}" for row in (177, 227)), _OUTSIDE),
}

TEKGEN = Task(
    name="tekgen",
    title="Tekgen",
    suites=("symbolic",),
    domain="Ontology",
    language="triples",
    source=Source("tekgen", _FILES, f"{_HOMEPAGE} (data/wikidata_tekgen)", "CC BY-SA 4.0; TekGen CC BY-SA 2.0"),
    read=read_sentences,
    prompt=_PROMPT,
    extract=extract_triples,
    execute=execute,
    metrics=METRICS,
    wrong=wrong,
    paper_metric="f1",
    broken=_TEKGEN_BROKEN,
    size=4062,
)

WEBNLG = Task(
    name="webnlg",
    title="WebNLG",
    suites=("symbolic",),
    domain="Ontology",
    language="triples",
    source=Source("webnlg", _FILES, f"{_HOMEPAGE} (data/dbpedia_webnlg)", "CC BY-SA 4.0; WebNLG CC BY-NC-SA 4.0"),
    read=read_sentences,
    prompt=_PROMPT,
    extract=extract_triples,
    execute=execute,
    metrics=METRICS,
    wrong=wrong,
    paper_metric="f1",
    size=2014,
    max_tokens=400,
)
