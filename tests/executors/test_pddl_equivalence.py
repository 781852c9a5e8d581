"""Equivalence of problems: order and names of objects do not matter, everything else does."""

from __future__ import annotations

import random

import networkx
import pytest

from executors.outcome import Limits, Status
from executors.pddl import problem_equivalent
from executors.pddl.equivalence import _Graph, _isomorphic
from executors.pddl.evaluation import Clock

GOLD = """(define (problem bridge) (:domain river)
  (:objects ann bob - person east west - bank)
  (:init (at ann east) (at bob east) (torch east) (knows ann bob) (= (total-cost) 0) (= (time ann) 2))
  (:goal (and (at ann west) (at bob west) (or (torch west) (forall (?p - person) (tired ?p))))))"""


@pytest.mark.parametrize(
    "predicted",
    [
        GOLD.replace("bridge", "other").upper(),
        GOLD.replace("ann", "tmp").replace("bob", "ann").replace("tmp", "bob"),
        GOLD.replace("ann", "p1").replace("bob", "p2").replace("east", "b1").replace("west", "b2"),
        GOLD.replace("ann bob - person east west - bank", "east west - bank bob ann - person"),
        GOLD.replace("(at ann east) (at bob east)", "(at bob east) (not (torch west)) (at ann east) (at ann east)"),
        GOLD.replace("(= (total-cost) 0) ", ""),
        GOLD.replace("(at ann west) (at bob west)", "(at bob west) (and (at ann west))"),
        GOLD.replace("?p", "?anyone"),
        GOLD[:-1] + " (:metric minimize (total-cost)))",
        GOLD.replace(" (torch west)", "").replace("(tired ?p))", "(tired ?p)) (torch west)"),
    ],
)
def test_the_same_said_otherwise(predicted: str) -> None:
    outcome = problem_equivalent(predicted, GOLD)
    assert (outcome.status, outcome.value) == (Status.OK, True)


@pytest.mark.parametrize(
    "predicted",
    [
        GOLD.replace("(knows ann bob)", "(knows ann ann)"),
        GOLD.replace("(knows ann bob)", ""),
        GOLD.replace("(= (time ann) 2)", "(= (time ann) 3)"),
        GOLD.replace("(= (time ann) 2)", "(= (time bob) 2)"),
        GOLD.replace("ann bob - person", "ann bob carl - person"),
        GOLD.replace("east west - bank", "east - bank west - person"),
        GOLD.replace("(or (torch", "(and (torch"),
        GOLD.replace("(forall", "(exists"),
        GOLD.replace("(at bob west)", "(at bob east)"),
        GOLD.replace("(:domain river)", "(:domain sea)"),
        GOLD.replace("(torch east)", "(torch lamp)"),
    ],
)
def test_another_problem(predicted: str) -> None:
    assert predicted != GOLD
    outcome = problem_equivalent(predicted, GOLD)
    assert (outcome.status, outcome.value) == (Status.OK, False)


def test_a_prediction_that_does_not_parse_is_invalid() -> None:
    assert problem_equivalent("none", GOLD).status is Status.INVALID


def test_a_gold_problem_that_does_not_parse_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="expected"):
        problem_equivalent(GOLD, "none")


def test_size_and_time_are_bounded() -> None:
    names = " ".join(f"o{number}" for number in range(6000))
    huge = f"(define (problem p) (:domain d) (:objects {names} a b) (:init (q a b)) (:goal (q b a)))"
    assert problem_equivalent(huge.replace("(q a b)", "(q b b)"), huge).status is Status.OUTPUT_LIMIT
    facts = " ".join(f"(e o{i} o{(i * i + 1) % 900}) (f o{i} o{(7 * i + 3) % 900})" for i in range(900))
    names = " ".join(f"o{number}" for number in range(900))
    slow = f"(define (problem p) (:domain d) (:objects {names}) (:init {facts}) (:goal (and)))"
    renamed = slow.replace("o1 ", "tmp ").replace("o2 ", "o1 ").replace("tmp ", "o2 ")
    assert problem_equivalent(renamed, slow, Limits(seconds=0.0)).status is Status.TIMEOUT


def test_symmetric_objects_are_told_apart_by_trying() -> None:
    def ring(names: list[str]) -> str:
        return " ".join(f"(next {one} {other})" for one, other in zip(names, [*names[1:], names[0]], strict=True))

    def problem(rings: list[list[str]]) -> str:
        names = " ".join(name for names in rings for name in names)
        facts = " ".join(ring(names) for names in rings)
        return f"(define (problem p) (:domain d) (:objects {names}) (:init {facts}) (:goal (and)))"

    letters = list("abcdef")
    one_ring, two_rings = problem([letters]), problem([letters[:3], letters[3:]])
    turned = problem([list("fbdace")])
    assert problem_equivalent(turned, one_ring).value is True
    assert problem_equivalent(two_rings, one_ring).value is False


@pytest.mark.parametrize("seed", range(40))
def test_networkx_agrees(seed: int) -> None:
    rng = random.Random(seed)
    size = rng.randint(3, 9)
    edges = {(rng.randrange(size), rng.randrange(size), "e") for _ in range(rng.randint(2, 2 * size))}
    moved = list(range(size))
    rng.shuffle(moved)
    others = {(moved[start], moved[end], label) for start, end, label in edges}
    if seed % 2:  # one edge elsewhere: perhaps isomorphic, perhaps not
        others.discard(rng.choice(sorted(others)))
        others.add((rng.randrange(size), rng.randrange(size), "e"))
    graphs = [networkx.DiGraph((start, end) for start, end, _ in side) for side in (edges, others)]
    for graph in graphs:
        graph.add_nodes_from(range(size))
    labels: list[object] = ["node"] * size
    clock = Clock(float("inf"))
    ours = _isomorphic(_Graph(labels, set(edges)), _Graph(labels, set(others)), clock)
    assert ours == networkx.is_isomorphic(*graphs)
