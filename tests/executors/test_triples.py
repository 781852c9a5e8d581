"""Triples: lines as models write them, and Text2KGBench's scores with what they forgive."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executors.outcome import Status
from executors.triples import (
    Ontology,
    Triple,
    conformance,
    execute,
    grounded,
    official_scores,
    parse,
    strict_scores,
    write,
)

GOLD = [Triple("Skerry Light", "built by", "Ada Holm"), Triple("Skerry Light", "first lit", "04 May 1871")]


@pytest.mark.parametrize(
    ("text", "triples"),
    [
        ("capital(Vale, Ostby)", [("Vale", "capital", "Ostby")]),
        ("language (US, English_language)", [("US", "language", "English_language")]),
        ("a(b, c) | d(e, f)", [("b", "a", "c"), ("e", "d", "f")]),
        ("a(b, c), d(e, f); g(h, i)", [("b", "a", "c"), ("e", "d", "f"), ("h", "g", "i")]),
        ("- a(b,c)\n2. d(e,f)", [("b", "a", "c"), ("e", "d", "f")]),
        ("built by(x, y)", [("x", "built_by", "y")]),
        ("built\\_by(x\\_1, y)", [("x_1", "built_by", "y")]),
        ("a(Usk,_Bridge, Vale)", [("Usk,_Bridge", "a", "Vale")]),
        ("a(Usk\\, Old Bridge, Vale)", [("Usk, Old Bridge", "a", "Vale")]),
        ("a(Usk,Hill Country, Vale)", [("Usk", "a", "Hill Country, Vale")]),
        ("a(10,000 Maniacs,1,5)", [("10,000 Maniacs", "a", "1,5")]),
        ("a(1990,2000)", [("1990", "a", "2000")]),
        ("a(Usk, river, in Vale)", [("Usk", "a", "river, in Vale")]),
        ("a(The Cat (film), 1990 (UK))", [("The Cat (film)", "a", "1990 (UK)")]),
        ("a(smile :), b)", [("smile :)", "a", "b")]),
        ('a("Vale", b)', [('"Vale"', "a", "b")]),
        ("These are the triples:\na(b, c)\nDone.", [("b", "a", "c")]),
        ("a(b, c", []),
        ("a(b)", []),
        ("(b, c)", []),
        ("no triple", []),
    ],
)
def test_parse(text: str, triples: list[tuple[str, str, str]]) -> None:
    found = [(triple.subject, triple.relation, triple.object) for triple in parse(text)]
    assert found == triples


ENTITY = st.text(alphabet='ab1(),_ "\\|;.', min_size=1, max_size=8).map(str.strip).filter(bool)
RELATION = st.sampled_from(["r", "built_by", "countryOfOrigin"])


@given(st.lists(st.builds(Triple, ENTITY, RELATION, ENTITY), max_size=4))
def test_what_is_written_is_read_back(triples: list[Triple]) -> None:
    assert list(parse(write(triples))) == triples


def test_an_outcome_for_what_is_no_answer() -> None:
    assert execute("The lighthouse is old.").status is Status.INVALID
    assert execute("a(b, c)\n" * 501).status is Status.OUTPUT_LIMIT
    assert execute("x" * 50_001).status is Status.OUTPUT_LIMIT
    assert execute("a(b, c)").value == [["b", "a", "c"]]


def test_official_relations_that_the_gold_lacks_cost_nothing() -> None:
    answer = [Triple("Skerry Light", "built_by", "Ada Holm"), Triple("Skerry Light", "made_up", "x")]
    assert (official_scores(answer, GOLD).precision, official_scores(answer, GOLD).recall) == (1.0, 0.5)
    assert strict_scores(answer, GOLD).precision == 0.5


@pytest.mark.parametrize("relation", ["built by", "Built_by", "built__by"])
def test_official_relations_are_compared_letter_by_letter(relation: str) -> None:
    assert official_scores([Triple("Skerry Light", relation, "Ada Holm")], GOLD).f1 == 0


def test_entities_are_compared_without_case_spaces_and_underscores() -> None:
    answer = [Triple("skerry_light", "built_by", "ADA\u00a0HOLM"), Triple("Skerry Light", "first_lit", "04May 1871")]
    assert official_scores(answer, GOLD).f1 == strict_scores(answer, GOLD).f1 == 1.0
    assert official_scores([Triple("Skerry Light", "built_by", "Ada Holm.")], GOLD).f1 == 0


def test_only_the_strict_score_sees_where_an_entity_ends() -> None:
    gold, answer = [Triple("Acting director", "director", "Lee")], [Triple("Acting", "director", "director Lee")]
    assert official_scores(answer, gold).f1 == 1.0
    assert strict_scores(answer, gold).f1 == 0.0


def test_repeated_triples_count_once_and_none_counts_nothing() -> None:
    assert official_scores([Triple("Skerry Light", "built_by", "Ada Holm")] * 3, GOLD).precision == 1.0
    assert official_scores([], GOLD).f1 == strict_scores([], GOLD).f1 == official_scores([], []).f1 == 0.0


def test_conformance_and_grounding() -> None:
    ontology = Ontology(frozenset(["built_by"]), ("human",))
    answer = [Triple("Skerry Light", "built_by", "Ada Holm"), Triple("Skerry Light", "made_up", "nowhere")]
    assert conformance(answer, ontology) == 0.5
    assert conformance([], ontology) == 1.0
    assert grounded(["Ada Holm", "nowhere"], ["Skerry Light was built by Ada Holm."]) == 0.5
    assert grounded(["01 January 1871"], ["It dates from 1871."]) == 1.0


@settings(max_examples=300, deadline=1000)
@given(st.text(max_size=200) | st.text(alphabet="a(),|\\\n_ ;.1", max_size=200))
def test_any_text_has_an_outcome(text: str) -> None:
    assert execute(text).status in (Status.OK, Status.INVALID)


@pytest.mark.parametrize(
    "text", ["(" * 50_000, "a(" * 25_000, "a(b, c) " * 6_000, "\\" * 50_000, "a(" + ",\\" * 24_000]
)
def test_hostile_text_takes_no_time(text: str) -> None:
    started = time.process_time()
    execute(text)
    assert time.process_time() - started < 2
