"""AMR: what the official reader takes and refuses, and Smatch beside the official tool and beside brute force."""

from __future__ import annotations

import itertools
import random

import amr as official
import pytest
import smatch as tool
from hypothesis import given, settings
from hypothesis import strategies as st

from executors.amr import (
    Graph,
    MalformedError,
    best_of_climbs,
    execute,
    is_well_formed,
    optimum,
    read,
    without_alignments,
)
from executors.outcome import Status

GOLD = "(w / want-01 :polarity - :ARG0 (b / boy :mod (t / tall)) :ARG1 (g / go-02 :ARG0 b))"

NAMES = st.sampled_from(["boy", "girl", "go-02", "want-01", "and"])
ROLES = st.sampled_from(["arg0", "arg1", "mod", "op1"])


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    concepts = tuple(draw(st.lists(NAMES, min_size=1, max_size=4)))
    nodes = st.integers(0, len(concepts) - 1)
    attributes = tuple(draw(st.lists(st.tuples(ROLES, nodes, st.sampled_from(["-", "2"])), max_size=3)))
    relations = tuple(draw(st.lists(st.tuples(ROLES, nodes, nodes), max_size=5)))
    return Graph(concepts, attributes, relations)


def matches(predicted: Graph, gold: Graph, mapping: tuple[int | None, ...]) -> int:
    """Triples shared under one mapping, by the definition: every equal pair of triples counts."""
    concepts = sum(j is not None and predicted.concepts[i] == gold.concepts[j] for i, j in enumerate(mapping))
    attributes = sum(
        mapping[i] == j and (role, constant) == (role2, constant2)
        for (role, i, constant), (role2, j, constant2) in itertools.product(predicted.attributes, gold.attributes)
    )
    relations = sum(
        mapping[i] == j and mapping[k] == m and role == role2
        for (role, i, k), (role2, j, m) in itertools.product(predicted.relations, gold.relations)
    )
    return concepts + attributes + relations


def brute_force(predicted: Graph, gold: Graph) -> int:
    targets = [*range(len(gold.concepts)), *[None] * len(predicted.concepts)]
    mappings = set(itertools.permutations(targets, len(predicted.concepts)))
    return max(matches(predicted, gold, mapping) for mapping in mappings)


def test_the_triples_that_the_tool_scores() -> None:
    graph = read(GOLD)
    assert graph.concepts == ("want-01", "boy", "tall", "go-02")
    assert graph.attributes == (("polarity", 0, "-"), ("top", 0, "top"))
    assert graph.relations == (("arg0", 0, 1), ("arg1", 0, 3), ("domain", 2, 1), ("arg0", 3, 1)), "mod is turned round"
    assert graph.size == 10


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(a / b :ARG0-of (c / d))", "(a / b :arg0-of (c / D))"),
        ('(a / b :op1 "Ann")', "(a / b :op1 Ann)"),
        ("(a / b\n  :ARG0 (c / d))", "(a / b :ARG0 (c / d))"),
        ("# ::id 1\n(a / b)\n", "(a / b)"),
        ("(a / b) and more words", "(a / b)"),
        ("(a / b :ARG0 (c / d)", "(a / b :ARG0 (c / d))"),
        ("(a / b :polarity -", "(a / b)"),
        ("(a / b)\n\n(c / d)", "(a / b)"),
    ],
    ids=["case", "quotes", "lines", "comments", "rest", "a bracket missing", "an attribute lost", "a second graph"],
)
def test_read_alike(one: str, other: str) -> None:
    assert read(one) == read(other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment",
        "The boy wants to go.",
        "(a b :ARG0 (c d))",
        "(a / b :ARG0 (a / c))",
        "(a / b))",
        "(a / b) (a / b)",
        "(a / b\n\n:ARG0 (c / d))",
        "a / b)",
        "(a / b :ARG0 )",
        "(" * 60_000,
        "(a / b" + "".join(f" :op{n} (a{n} / b)" for n in range(400)) + ")",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        read(text)
    assert execute(text).status is Status.INVALID


@pytest.mark.parametrize(
    ("text", "well_formed"),
    [
        (GOLD, True),
        (f"# ::id 1\n{GOLD}", True),
        (GOLD[:-1], False),
        ("(a / b) (c / d)", False),
        ("(a / b :ARG0 (a / c))", False),
        ("(a :ARG0 (c / d))", False),
        ("", False),
        ("(a / b :ARG0 " * 5000, False),
    ],
)
def test_well_formed_is_what_penman_reads(text: str, well_formed: bool) -> None:
    assert is_well_formed(text) is well_formed


def test_alignment_marks_are_names_to_the_tool() -> None:
    assert read("(a / b~e.1 :ARG0~e.2,3 (c / d~e.4))") != read("(a / b :ARG0 (c / d))")
    assert without_alignments("(a / b~e.1 :ARG0~e.2,3 (c / d~e.4))") == "(a / b :ARG0 (c / d))"


def test_a_graph_matches_itself_whatever_its_variables_are() -> None:
    renamed = "(x / want-01 :polarity - :ARG0 (y / boy :mod (z / tall)) :ARG1 (q / go-02 :ARG0 y))"
    for search in (best_of_climbs, optimum):
        assert search(read(renamed), read(GOLD)).matches == read(GOLD).size


def test_nothing_in_common_but_the_root() -> None:
    assert optimum(read("(a / x)"), read(GOLD)).matches == 1, "the root's mark is a constant"


@settings(max_examples=150, deadline=None)
@given(graphs(), graphs())
def test_the_optimum_is_the_best_of_all_mappings(predicted: Graph, gold: Graph) -> None:
    best = brute_force(predicted, gold)
    exact = optimum(predicted, gold)
    assert exact.proved
    assert best_of_climbs(predicted, gold).matches <= exact.matches == best


def test_without_time_the_best_climb_is_given_and_said_to_be_unproved() -> None:
    draw = random.Random(1)
    size = 60
    tangles = [
        Graph(("x",) * size, (), tuple(("r", draw.randrange(size), draw.randrange(size)) for _ in range(150)))
        for _ in range(2)
    ]
    found = optimum(*tangles, seconds=0.01)
    assert not found.proved
    assert found.matches >= best_of_climbs(*tangles).matches


def test_climbs_are_repeatable() -> None:
    draw = random.Random(2)
    pair = [
        Graph(("x",) * 12, (), tuple(("r", draw.randrange(12), draw.randrange(12)) for _ in range(30)))
        for _ in range(2)
    ]
    assert len({best_of_climbs(*pair) for _ in range(5)}) == 1


@settings(max_examples=40, deadline=None)
@given(graphs(), graphs())
def test_climbs_reach_what_the_tool_reaches(predicted: Graph, gold: Graph) -> None:
    tool.match_triple_dict.clear()
    _, reached = tool.get_best_match(*triples(predicted, "a"), *triples(gold, "b"), "a", "b")
    assert best_of_climbs(predicted, gold).matches >= reached


def triples(graph: Graph, prefix: str) -> tuple[list[tuple[str, str, str]], ...]:
    """The tool's own form."""
    return (
        [("instance", f"{prefix}{node}", concept) for node, concept in enumerate(graph.concepts)],
        [(role, f"{prefix}{node}", constant) for role, node, constant in graph.attributes],
        [(role, f"{prefix}{node}", f"{prefix}{other}") for role, node, other in graph.relations],
    )


PIECES = st.sampled_from(
    ['"', "(", ")", "/", ":", " ", "\n", "#", "~e.1", "ARG0", "a", "b-01", "-of", "\x00", "\ud800"]
)


@settings(max_examples=400, deadline=2000)
@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=60))
def test_any_text_has_an_outcome(text: str) -> None:
    assert execute(text).status in (Status.OK, Status.INVALID)
    assert is_well_formed(text) in (True, False)


@settings(max_examples=200, deadline=2000)
@given(st.integers(0, len(GOLD)), st.integers(0, 12), st.lists(PIECES, max_size=4).map("".join))
def test_a_damaged_graph_has_an_outcome_and_is_read_as_the_tool_reads_it(at: int, cut: int, put: str) -> None:
    text = GOLD[:at] + put + GOLD[at + cut :]
    try:
        line = official.AMR.get_amr_line(iter(text.split("\n")))
        parsed = official.AMR.parse_AMR_line(line) if line else None
    except (IndexError, KeyError):
        parsed = None
    outcome = execute(text)
    assert outcome.ok == (parsed is not None)
    if outcome.ok:
        assert len(outcome.value) == sum(map(len, parsed.get_triples()))  # type: ignore[arg-type, union-attr]
