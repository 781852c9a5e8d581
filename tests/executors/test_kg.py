"""Knowledge graph programs: reading, comparing, translating and running them; nothing they write reaches anybody."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executors.kg import answers, equivalence, ontology, s_expression, store, translation
from executors.outcome import Limits, Status
from tasks.source import BUNDLED

LIMITS = Limits(seconds=5.0)
SEA = ontology.load((BUNDLED / "grailqa" / "ontology").resolve())
TRIPLES = store.Triples.of(BUNDLED / "grailqa" / "triples.nt")
HARBOURS = "(AND sea.harbour (JOIN (R sea.island.harbours) m.0i2))"


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("(AND a (JOIN b c))", ["AND", "a", ["JOIN", "b", "c"]]),
        ("  (AND   a b)  and more", ["AND", "a", "b"]),
        ("word", "word"),
        ("(AND a (JOIN b c)", "AND"),  # what is left of an expression that is not closed
    ],
)
def test_reading_as_the_official_script_does(text: str, expression: object) -> None:
    assert s_expression.parse(text) == expression


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no expression"),
        ("( AND a b)", "a bracket without a symbol"),
        ("(AND a b))", "a bracket closes that was never opened"),
        ("(A " * 100, "nested more than 60 deep"),
        ("x" * 30_000, "30000 characters"),
    ],
)
def test_what_is_no_expression(text: str, reason: str) -> None:
    with pytest.raises(s_expression.NotAnExpressionError, match=reason):
        s_expression.parse(text)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (HARBOURS, True),
        ("(AND (JOIN (R sea.island.harbours) m.0i2) sea.harbour)", True),
        ("(JOIN (R sea.island.harbours) m.0i2)", True),  # the relation's range is the class
        ("(AND sea.harbour (JOIN sea.harbour.island m.0i2))", True),  # the inverse relation
        ("(AND sea.harbour (JOIN (R sea.island.harbours) m.0i1))", False),
        ("(AND sea.island (JOIN (R sea.island.harbours) m.0i2))", False),
        ("(COUNT (AND sea.harbour (JOIN (R sea.island.harbours) m.0i2)))", False),
        ("(AND sea.harbour (JOIN no.such.relation m.0i2))", False),
        (f"{HARBOURS} @@UNKNOWN@@", False),
        ("(FLY a)", False),
        ("((AND) a)", False),
        ("(JOIN)", False),
    ],
)
def test_logical_forms_are_compared_as_graphs(other: str, same: bool) -> None:
    assert s_expression.same_logical_form(other, HARBOURS, SEA) is same


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        (HARBOURS, ["m.0h2", "m.0h3"]),
        ("(JOIN sea.island.harbours m.0h4)", ["m.0i3"]),
        ("(COUNT (AND sea.crossing (JOIN sea.crossing.ferry m.0f1)))", ["2"]),
        ("(ARGMAX sea.ferry sea.ferry.seats)", ["m.0f2"]),
        ("(ARGMIN sea.ferry sea.ferry.seats)", ["m.0f3"]),
        ("(AND sea.ferry (gt sea.ferry.seats 200^^http://www.w3.org/2001/XMLSchema#integer))", ["m.0f1", "m.0f2"]),
        ("(ARGMAX sea.harbour (JOIN (R sea.island.harbours) sea.island.population))", ["m.0h2", "m.0h3"]),
    ],
)
def test_expressions_are_run_as_sparql(expression: str, found: list[str]) -> None:
    outcome = store.execute(translation.to_sparql(expression, SEA), TRIPLES, LIMITS)
    assert isinstance(outcome.value, list), outcome
    assert sorted(map(str, outcome.value)) == found


@pytest.mark.parametrize(
    "expression", ["(TC a b c)", "(AND a)", "(JOIN (COUNT a) b)", '(JOIN a "<>{}")', "(gt a (b c))", "(R a)"]
)
def test_what_has_no_translation(expression: str) -> None:
    with pytest.raises(s_expression.NotAnExpressionError):
        translation.to_sparql(expression, SEA)


def test_freebases_own_habits_are_read() -> None:
    query = "SELECT DISTINCT ?x WHERE { FILTER (!isLiteral(?x) OR lang(?x) = '') ns:m.0i2 ns:sea.island.harbours ?x . }"
    assert store.execute(query, TRIPLES, LIMITS).value == ["m.0h2", "m.0h3"]
    quoted = 'SELECT ?x WHERE { ?x ns:a "this OR that" }'
    assert '"this OR that"' in store.standard(quoted)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", Status.INVALID),
        ("SELECT WHERE {", Status.INVALID),
        ("DROP ALL", Status.INVALID),
        ("INSERT DATA { ns:a ns:b ns:c }", Status.INVALID),
        ("LOAD <http://127.0.0.1/>", Status.INVALID),
        ("CONSTRUCT { ?a ?b ?c } WHERE { ?a ?b ?c }", Status.INVALID),
        ("SELECT ?a WHERE { SERVICE <http://127.0.0.1/> { ?a ?b ?c } }", Status.REFUSED),
        ("SELECT ?a WHERE { seRvice SILENT ?s { ?a ?b ?c } }", Status.REFUSED),
        ("SELECT ?a WHERE " + "{" * 5_000, Status.INVALID),
        ("SELECT ?a WHERE { ?a ?b ?c }" + " " * 60_000, Status.INVALID),
        ("ASK { ns:m.0i2 ns:sea.island.harbours ?x }", Status.OK),
    ],
)
def test_every_query_has_an_outcome(query: str, status: Status) -> None:
    assert store.execute(query, TRIPLES, LIMITS).status is status


def test_a_product_of_everything_ends_in_time() -> None:
    query = "SELECT ?a1 WHERE { " + " ".join(f"?a{n} ?b{n} ?c{n} ." for n in range(8)) + " }"
    outcome = store.execute(query, TRIPLES, Limits(seconds=0.3))
    assert outcome.status is Status.TIMEOUT
    assert store.execute("ASK { ?a ?b ?c }", TRIPLES, LIMITS).ok


class Answering(BaseHTTPRequestHandler):
    answer = b'{"head": {"vars": ["x"]}, "results": {"bindings": [{"x": {"value": "http://rdf.freebase.com/ns/m.1"}}]}}'
    code = 200
    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.send_response(self.code)
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[tuple[type[Answering], store.Endpoint]]:
    handler = type("Handler", (Answering,), {"seen": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield handler, store.Endpoint(f"http://127.0.0.1:{server.server_port}/sparql")
    server.shutdown()
    server.server_close()


def test_a_users_endpoint_is_asked(endpoint: tuple[type[Answering], store.Endpoint]) -> None:
    handler, place = endpoint
    assert store.execute("SELECT ?x WHERE { ?x ns:a ns:b }", place, LIMITS).value == ["m.1"]
    assert "query=SELECT" in handler.seen[0]


@pytest.mark.parametrize(
    ("code", "answer", "status"),
    [
        (400, b"Virtuoso error: syntax", Status.INVALID),
        (500, b"out of memory", Status.ERROR),
        (200, b"<html>", Status.ERROR),
        (200, b'{"head": {}}', Status.ERROR),
        (200, b'{"boolean": true}', Status.OK),
    ],
)
def test_an_endpoints_failings_are_outcomes(
    endpoint: tuple[type[Answering], store.Endpoint], code: int, answer: bytes, status: Status
) -> None:
    handler, place = endpoint
    handler.code, handler.answer = code, answer
    assert store.execute("ASK { ?a ?b ?c }", place, LIMITS).status is status


def test_no_query_makes_the_engine_call_anybody(endpoint: tuple[type[Answering], store.Endpoint]) -> None:
    handler, place = endpoint
    for query in (
        f"SELECT * WHERE {{ SERVICE <{place.url}> {{ ?a ?b ?c }} }}",
        f"SELECT * FROM <{place.url}> WHERE {{ ?a ?b ?c }}",
        f"SELECT * FROM NAMED <{place.url}> WHERE {{ GRAPH ?g {{ ?a ?b ?c }} }}",
        f"LOAD <{place.url}>",
        f"SELECT * WHERE {{ #\n SERVICE<{place.url}>{{ ?a ?b ?c }} }}",
    ):
        store.execute(query, TRIPLES, LIMITS)
    assert handler.seen == []


QUERY = "SELECT DISTINCT ?x WHERE { ?c ns:a ?x . ?c ns:b ns:m.1 . FILTER (?x != ?c) }"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (QUERY, True),
        ("select distinct ?y where { ?z ns:b ns:m.1 . ?z ns:a ?y . filter (?y != ?z) }", True),
        ("PREFIX f: <http://rdf.freebase.com/ns/> " + QUERY.replace("ns:", "f:"), True),
        (QUERY.replace("DISTINCT", ""), False),
        (QUERY.replace("ns:m.1", "ns:m.2"), False),
        (QUERY.replace("?c ns:a ?x", "?x ns:a ?c"), False),
        (QUERY + " LIMIT 1", False),
        (QUERY.replace("?c ns:a ?x . ?c ns:b", "?c ns:a ?x ; ns:b"), True),
        (f"# a comment\n{QUERY}", True),
        (QUERY.replace("} ", "{").replace("ns:a", "ns:z"), False),
    ],
)
def test_queries_are_one_up_to_names_and_order(other: str, same: bool) -> None:
    assert equivalence.equivalent(QUERY, other) is same


def test_what_has_no_names_of_its_own_is_still_compared() -> None:
    first = "SELECT * WHERE { ?a ns:r [ ns:s ?b ] }"
    assert equivalence.equivalent(first, "SELECT * WHERE { ?d ns:r _:k . _:k ns:s ?c }")
    assert not equivalence.equivalent(first, "SELECT * WHERE { ?d ns:r ?k . ?k ns:s ?c }")


def test_variables_that_look_alike_are_tried_in_turn() -> None:
    square = "SELECT ?a WHERE { ?a ns:r ?b . ?b ns:r ?c . ?c ns:r ?d . ?d ns:r ?a }"
    triangle = "SELECT ?a WHERE { ?a ns:r ?b . ?b ns:r ?c . ?c ns:r ?a . ?d ns:r ?d }"
    assert equivalence.equivalent(square, square.replace("?b", "?q").replace("?d", "?b"))
    assert not equivalence.equivalent(square, triangle)


@pytest.mark.parametrize("text", ["", "no query", "SELECT WHERE {", "SELECT ?a WHERE " + "{" * 5_000, "DROP ALL"])
def test_what_does_not_parse_is_equivalent_to_nothing(text: str) -> None:
    assert not equivalence.equivalent(QUERY, text)
    assert not equivalence.equivalent(text, text)


def test_webqsp_counts_what_is_wrong_as_often_as_it_is_said() -> None:
    assert answers.webqsp_score(["a", "b"], ["a", "b", "a"]).f1 == pytest.approx(1)
    assert answers.webqsp_score(["a"], ["a", "x", "x"]).precision == pytest.approx(1 / 3)
    assert answers.best_webqsp_score([["x"], ["a"]], ["a"]).f1 == pytest.approx(1)
    assert answers.best_webqsp_score([], ["a"]).f1 == 0


def test_other_scorers_count_otherwise() -> None:
    assert answers.set_f1(["a", "b"], ["a", "a", "x"]) == pytest.approx(1 / 2)
    assert answers.set_f1([], []) == 0
    assert answers.list_f1(["a"], ["a", "a"]) == pytest.approx(4 / 3)


def test_a_broken_ontology_is_named(tmp_path: Path) -> None:
    for name in ontology.FILES:
        (tmp_path / name).write_text("only_one\n")
    with pytest.raises(ValueError, match="fb_roles:1: 1 fields instead of 3"):
        ontology.load(tmp_path)


symbols = st.sampled_from(
    ["(AND ", "(JOIN ", "(R ", "(COUNT ", "sea.island ", "sea.island.harbours ", "m.0i1 ", ") ", "x^^y "]
)


@given(st.lists(symbols, max_size=15).map("".join) | st.text(max_size=40))
def test_any_text_is_compared_and_translated_or_refused(text: str) -> None:
    s_expression.same_logical_form(text, HARBOURS, SEA)
    try:
        query = translation.to_sparql(text, SEA)
    except s_expression.NotAnExpressionError:
        return
    assert store.execute(query, TRIPLES, LIMITS).status in (Status.OK, Status.INVALID, Status.TIMEOUT)


words = st.sampled_from(
    ["SELECT ", "?x ", "WHERE ", "{ ", "} ", "ns:a ", "FILTER ", "(", ")", "UNION ", "'", "OR ", "# ", "<"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(words, max_size=15).map("".join) | st.text(max_size=40))
def test_any_text_is_run_and_compared_or_refused(text: str) -> None:
    assert store.execute(text, TRIPLES, LIMITS).status in Status
    assert equivalence.equivalent(QUERY, text) in (True, False)
