"""Hostile SPARQL: no query outlives its deadline, takes its process down, or reaches a server."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from executors.kg import equivalence, store
from executors.outcome import Limits, Status
from tasks.source import BUNDLED

pytestmark = pytest.mark.alone

TRIPLES = store.Triples.of(BUNDLED / "grailqa" / "triples.nt")
LIMITS = Limits(seconds=0.5, memory=256 << 20, output=1 << 20, rows=20_000)
EVERYTHING = " ".join(f"?a{n} ?b{n} ?c{n} ." for n in range(8))

BOMBS = {
    "product": f"SELECT ?a1 {{ {EVERYTHING} }}",
    "product counted": f"SELECT (COUNT(*) AS ?n) {{ {EVERYTHING} }}",
    "product sorted": f"SELECT ?a1 {{ {EVERYTHING} }} ORDER BY ?a1",
    "product joined to one text": f"SELECT (GROUP_CONCAT(?a1) AS ?n) {{ {EVERYTHING} }}",
    "paths of any length": "SELECT (COUNT(*) AS ?n) { "
    + " ".join(f"?a{n} (!ns:x|^!ns:x)* ?b{n} ." for n in range(5))
    + " }",
    "text times ten, nine times": "SELECT (STRLEN(?s9) AS ?n) { BIND('aaaaaaaaaaaaaaaaaaaa' AS ?s0) "
    + " ".join(f"BIND(CONCAT({', '.join([f'?s{n}'] * 10)}) AS ?s{n + 1})" for n in range(9))
    + " }",
    "many negations": f"SELECT * {{ ?a ?b ?c FILTER({'!' * 15_000}?a) }}",
    "many disjuncts": f"SELECT * {{ ?a ?b ?c FILTER({'||'.join(['?a = 1'] * 1_800)}) }}",
    "a long sum": f"SELECT * {{ ?a ?b ?c FILTER(1 = {'+'.join(['1'] * 9_000)}) }}",
    "a long path": f"SELECT * {{ ?a {'/'.join(['a'] * 9_000)} ?c }}",
    "many alternatives": f"SELECT * {{ ?a {'|'.join(['a'] * 9_000)} ?c }}",
    "many patterns": f"SELECT * {{ {'?a a ?b . ' * 1_800} }}",
    "deep blank nodes": f"SELECT * {{ ?a ?b {'[?p ' * 3_000}?x{']' * 3_000} }}",
    "deep groups": f"SELECT * {{ {'{' * 9_000}{'}' * 9_000} }}",
    "deep queries": f"SELECT * {{ {'{ SELECT * {' * 500} ?a a ?b {'} }' * 500} }}",
    "a long list": f"SELECT * {{ ?a a ?b FILTER(?a IN ({', '.join(['1'] * 6_000)})) }}",
    "a huge literal": f"SELECT ?x {{ BIND('{'a' * 100_000}' AS ?x) }}",
    "a pattern that backtracks": f"SELECT ?x {{ BIND(REGEX('{'a' * 5_000}', '(a*)*(a*)*b') AS ?x) }}",
    "a pattern that multiplies": "SELECT ?x { BIND(REGEX('a', '((a{1000}){1000}){1000}') AS ?x) }",
    "half a surrogate pair": "SELECT ?x { BIND('\ud800' AS ?x) }",
    "a NUL": "SELECT ?x { BIND('\0' AS ?x) }",
}


@pytest.mark.parametrize("query", BOMBS.values(), ids=BOMBS.keys())
def test_every_bomb_ends_in_time_and_the_next_query_works(query: str) -> None:
    started = time.perf_counter()
    outcome = store.execute(query, TRIPLES, LIMITS)
    assert time.perf_counter() - started < LIMITS.seconds + 1.0
    assert outcome.status in Status
    assert store.execute("ASK { ?a ?b ?c }", TRIPLES, LIMITS).value == ["true"]


GOLD = "SELECT ?a WHERE { ?a a ?b }"


@pytest.mark.parametrize("query", BOMBS.values(), ids=BOMBS.keys())
def test_bombs_are_compared_in_time(query: str) -> None:
    equivalence.equivalent(GOLD, GOLD)  # rdflib is loaded once
    started = time.perf_counter()
    assert not equivalence.equivalent(GOLD, query, LIMITS)
    assert time.perf_counter() - started < LIMITS.seconds + 1.0
    assert equivalence.equivalent(GOLD, "select ?x { ?x a ?y }")


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        yield server


# Ways to make a reader of the text take SERVICE for part of a string, a comment or a name.
DISGUISES = [
    "SELECT * {{ SERVICE <{url}> {{ ?a ?b ?c }} }}",
    "SELECT * {{ service silent<{url}>{{ ?a ?b ?c }} }}",
    "SELECT * {{ SERVICE # {{ }}\n <{url}> # x\n {{ ?a ?b ?c }} }}",
    "SELECT * {{ VALUES ?a {{ 'b' }} FILTER(?a<'x>') SERVICE <{url}> {{ ?s ?p ?o }} #'\n }}",
    "SELECT * {{ VALUES ?a {{ '''a''b''' }} SERVICE <{url}> {{ ?s ?p ?o }} #'\n }}",
    'SELECT * {{ VALUES ?a {{ """a"b""" }} SERVICE <{url}> {{ ?s ?p ?o }} #"\n }}',
    "SELECT * {{ VALUES ?s {{ <{url}> }} SERVICE ?s {{ ?a ?b ?c }} }}",
    "SELECT * {{ VALUES ?s {{ <{url}> }} SERVICESILENT?s{{ ?a ?b ?c }} }}",
    "SELECT * {{ ?a ns:b 5SERVICE <{url}> {{ ?s ?p ?o }} }}",
    "PREFIX a: <{url}#> SELECT * {{ SERVICE a:\\#b #}}\n{{ ?s ?p ?o }} }}",
    "BASE <{url}> SELECT * {{ SERVICE <#x> {{ ?a ?b ?c }} }}",
    "SELECT * {{ \\u0053ERVICE <{url}> {{ ?a ?b ?c }} }}",
]


@pytest.mark.parametrize("reads_text", [True, False], ids=["refused by its text", "stopped in the child"])
@pytest.mark.parametrize("disguise", DISGUISES)
def test_no_disguise_of_service_reaches_a_server(
    disguise: str, reads_text: bool, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not reads_text:
        monkeypatch.setattr(store, "refusal", lambda query: None)
    query = disguise.format(url=f"http://127.0.0.1:{listener.getsockname()[1]}/")
    outcome = store.execute(query, TRIPLES, LIMITS)
    if reads_text:
        assert outcome.status in (Status.REFUSED, Status.INVALID), outcome
    with pytest.raises(TimeoutError):
        listener.accept()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?x { ?a ns:aviation.airline.service ?x . OPTIONAL { ?x ns:b ?y } }",
        "SELECT ?x { ?x <http://rdf.freebase.com/ns/web.service> 'a service'@en . { ?x ns:b ?service } }",
        "# by the Secret Service { }\nSELECT ?x { ?x ns:name 'Secret Service agent' }",
    ],
)
def test_the_word_itself_is_no_offence(query: str) -> None:
    assert store.execute(query, TRIPLES, LIMITS).ok
