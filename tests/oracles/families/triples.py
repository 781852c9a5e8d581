"""Triples: Text2KGBench's precision, recall, F1, conformance and relation hallucination of single sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from executors import triples
from executors.triples import Triple
from tasks.ontology import read_ontology
from tests.oracles.agreement import DATA, Case, Verdict


def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
    for case in cases:
        yield list(_judged(case))


def _judged(case: Case) -> Iterator[Verdict]:
    predicted = [Triple(*triple) for triple in case["pred"]]
    gold = [Triple(triple["sub"], triple["rel"], triple["obj"]) for triple in case["gold"]]
    scores = triples.official_scores(predicted, gold)
    ours = {"precision": scores.precision, "recall": scores.recall, "f1": scores.f1}
    if case["ontology"]:
        ontology = read_ontology(DATA / case["task"] / "ontologies" / f"{case['ontology']}_ontology.json")
        conformance = triples.conformance(predicted, ontology.allowed)
        ours |= {"onto_conf": conformance, "rel_halluc": 1 - conformance}
    for name, value in ours.items():
        official = case["oracle"][name]
        yield Verdict(name, official, value, abs(value - official) < 1e-9)
