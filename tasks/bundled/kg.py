"""A small knowledge graph of our own, questions to it, and its ontology: GrailQA's, WebQSP's and CompWebQ's files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from executors.kg import ontology, store, translation
from executors.outcome import Limits
from tasks.bundled.writing import write_json, write_lines

_ROLES = [
    ("sea.island", "sea.island.harbours", "sea.harbour"),
    ("sea.harbour", "sea.harbour.island", "sea.island"),
    ("sea.island", "sea.island.population", "type.int"),
    ("sea.crossing", "sea.crossing.ferry", "sea.ferry"),
    ("sea.ferry", "sea.ferry.crossings", "sea.crossing"),
    ("sea.crossing", "sea.crossing.harbour", "sea.harbour"),
    ("sea.ferry", "sea.ferry.seats", "type.int"),
]
_INVERSE = [("sea.island.harbours", "sea.harbour.island"), ("sea.crossing.ferry", "sea.ferry.crossings")]
_CLASSES = ("sea.island", "sea.harbour", "sea.ferry", "sea.crossing")

_MEMBERS = {
    "sea.island": {"m.0i1": "Skarn", "m.0i2": "Ondra", "m.0i3": "Veil"},
    "sea.harbour": {"m.0h1": "Skarnport", "m.0h2": "Ondra North", "m.0h3": "Ondra South", "m.0h4": "Veil Quay"},
    "sea.ferry": {"m.0f1": "Tern", "m.0f2": "Gannet", "m.0f3": "Petrel"},
    "sea.crossing": {f"m.0c{number}": f"crossing {number}" for number in range(1, 6)},
}
_HARBOURS = [("m.0i1", "m.0h1"), ("m.0i2", "m.0h2"), ("m.0i2", "m.0h3"), ("m.0i3", "m.0h4")]
_CROSSINGS = [("m.0c1", "m.0f1", "m.0h1"), ("m.0c2", "m.0f1", "m.0h2"), ("m.0c3", "m.0f2", "m.0h2")]
_CROSSINGS += [("m.0c4", "m.0f2", "m.0h1"), ("m.0c5", "m.0f3", "m.0h4")]
_NUMBERS = [("m.0i1", "sea.island.population", 1200), ("m.0i2", "sea.island.population", 8450)]
_NUMBERS += [("m.0i3", "sea.island.population", 310), ("m.0f1", "sea.ferry.seats", 220)]
_NUMBERS += [("m.0f2", "sea.ferry.seats", 340), ("m.0f3", "sea.ferry.seats", 120)]
_INTEGER = "http://www.w3.org/2001/XMLSchema#integer"

# (question, entities, s-expression)
_QUESTIONS = [
    ("which harbours does ondra have?", ["m.0i2"], "(AND sea.harbour (JOIN (R sea.island.harbours) m.0i2))"),
    ("on which island is veil quay?", ["m.0h4"], "(AND sea.island (JOIN sea.island.harbours m.0h4))"),
    ("how many crossings does the tern make?", ["m.0f1"], "(COUNT (AND sea.crossing (JOIN sea.crossing.ferry m.0f1)))"),
    ("which ferry has the most seats?", [], "(ARGMAX sea.ferry sea.ferry.seats)"),
    ("which island has the fewest people?", [], "(ARGMIN sea.island sea.island.population)"),
    ("which islands have more than 1000 people?", [], f"(AND sea.island (gt sea.island.population 1000^^{_INTEGER}))"),
    ("which ferries have at most 220 seats?", [], f"(AND sea.ferry (le sea.ferry.seats 220^^{_INTEGER}))"),
    (
        "which ferries stop at skarnport?",
        ["m.0h1"],
        "(AND sea.ferry (JOIN (R sea.crossing.ferry) (JOIN sea.crossing.harbour m.0h1)))",
    ),
    (
        "at which harbours does the gannet stop?",
        ["m.0f2"],
        "(AND sea.harbour (JOIN (R sea.crossing.harbour) (JOIN sea.crossing.ferry m.0f2)))",
    ),
    (
        "to which islands does the petrel go?",
        ["m.0f3"],
        "(AND sea.island (JOIN sea.island.harbours (JOIN (R sea.crossing.harbour) (JOIN sea.crossing.ferry m.0f3))))",
    ),
    ("how many harbours are there on ondra?", ["m.0i2"], "(COUNT (AND sea.harbour (JOIN sea.harbour.island m.0i2)))"),
    (
        "which ferry that stops at ondra north has the fewest seats?",
        ["m.0h2"],
        "(ARGMIN (AND sea.ferry (JOIN (R sea.crossing.ferry) (JOIN sea.crossing.harbour m.0h2))) sea.ferry.seats)",
    ),
    ("how many people live on skarn?", ["m.0i1"], "(JOIN (R sea.island.population) m.0i1)"),
]


def _triples() -> list[str]:
    iri = f"<{store.NAMESPACE}{{}}>".format
    facts = [(key, "type.object.type", kind) for kind, members in _MEMBERS.items() for key in members]
    for island, harbour in _HARBOURS:
        facts += [(island, "sea.island.harbours", harbour), (harbour, "sea.harbour.island", island)]
    for crossing, ferry, harbour in _CROSSINGS:
        facts += [(crossing, "sea.crossing.ferry", ferry), (ferry, "sea.ferry.crossings", crossing)]
        facts.append((crossing, "sea.crossing.harbour", harbour))
    lines = [f"{iri(subject)} {iri(relation)} {iri(other)} ." for subject, relation, other in facts]
    lines += [f'{iri(subject)} {iri(relation)} "{value}"^^<{_INTEGER}> .' for subject, relation, value in _NUMBERS]
    return lines


def _name(key: str) -> str:
    return next(members[key] for members in _MEMBERS.values() if key in members)


def _write_ontology(folder: Path) -> None:
    write_lines(folder / "fb_roles", (" ".join(row) for row in _ROLES))
    write_lines(folder / "fb_types", (f"{name} meta.subclassOf common.topic" for name in _CLASSES))
    write_lines(folder / "reverse_properties", (f"{a}\t{b}" for pair in _INVERSE for a, b in (pair, pair[::-1])))


def _answers(query: str, triples: Path) -> list[str]:
    outcome = store.execute(query, store.Triples.of(triples), Limits())
    assert outcome.ok, (query, outcome)
    assert isinstance(outcome.value, list)
    assert outcome.value, query
    return [str(value) for value in outcome.value]


def write(root: Path) -> None:
    for name in ("grailqa", "webqsp", "compwebq"):
        write_lines(root / name / "triples.nt", _triples())
    _write_ontology(root / "grailqa" / "ontology")
    known = ontology.load((root / "grailqa" / "ontology").resolve())
    grailqa: list[dict[str, Any]] = []
    webqsp: list[dict[str, Any]] = []
    compwebq: list[dict[str, Any]] = []
    for number, (question, entities, expression) in enumerate(_QUESTIONS):
        query = translation.to_sparql(expression, known)
        found = _answers(query, root / "grailqa" / "triples.nt")
        nodes = [{"node_type": "entity", "id": key, "friendly_name": _name(key)} for key in entities]
        grailqa.append(
            {
                "qid": number,
                "question": question,
                "answer": [{"answer_argument": value} for value in found],
                "graph_query": {"nodes": nodes},
                "s_expression": expression,
            }
        )
        parse = {
            "Sparql": query,
            "TopicEntityName": _name(entities[0]) if entities else None,
            "TopicEntityMid": entities[0] if entities else None,
            "Answers": [{"AnswerType": "Entity", "AnswerArgument": value} for value in found],
            "AnnotatorComment": {"QuestionQuality": "Good", "ParseQuality": "Complete"},
        }
        webqsp.append({"QuestionId": f"mini-{number}", "ProcessedQuestion": question, "Parses": [parse]})
        compwebq.append({"ID": f"mini-{number}", "question": question, "sparql": query, "answer": found})
    write_json(root / "grailqa" / "grailqa_v1.0_dev.json", grailqa)
    write_json(root / "webqsp" / "WebQSP.test.json", {"Version": "mini", "Questions": webqsp})
    write_json(root / "compwebq" / "ComplexWebQuestions_test.json", compwebq)
