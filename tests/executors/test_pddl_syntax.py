"""Reading PDDL: what is understood, and where exactly a fault is said to be."""

from __future__ import annotations

import contextlib
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executors.pddl import PddlError, parse_domain, parse_problem
from executors.pddl.model import And, Assignment, Atom, Comparison, Conditional, Fluent, Not, Or, Parameter, Quantified

POST = """
; A postman with a bag.
(define (domain POST)
  (:requirements :adl :action-costs)
  (:types house depot - place
          letter parcel - item
          place item)
  (:constants office - depot)
  (:predicates (at ?p - place) (in-bag ?i - item) (lies ?i - item ?p - place) (lit ?p - place))
  (:functions (way ?a ?b - place) - number (total-cost) - number)
  (:action walk
    :parameters (?a ?b - place)
    :precondition (and (at ?a) (not (= ?a ?b)))
    :effect (and (not (at ?a)) (at ?b) (increase (total-cost) (way ?a ?b))))
  (:action empty-bag
    :parameters (?p - (either house depot))
    :precondition (or (lit ?p) (imply (at office) (exists (?i - item) (in-bag ?i))))
    :effect (forall (?i - item) (when (in-bag ?i) (and (not (in-bag ?i)) (lies ?i ?p))))))
"""
ROUND = """(define (problem round) (:domain post)
  (:objects red blue - house a - letter)
  (:init (at office) (in-bag a) (= (total-cost) 0) (= (way office red) 4.5) (not (lit red)))
  (:goal (and (lies a red) (< (total-cost) 10)))
  (:metric minimize (total-cost)))"""


def test_a_domain_becomes_values() -> None:
    domain = parse_domain(POST)
    assert domain.name == "post"
    assert domain.supertypes["house"] == {"house", "place", "object"}
    assert domain.constants == {"office": ("depot",)}
    assert domain.predicates["lies"] == (Parameter("?i", ("item",)), Parameter("?p", ("place",)))
    walk = domain.actions["walk"]
    assert walk.precondition == And((Atom("at", ("?a",)), Not(Atom("=", ("?a", "?b")))))
    assert walk.effects[2] == Assignment("increase", Fluent("total-cost", ()), Fluent("way", ("?a", "?b")))


def test_quantifiers_implications_and_conditional_effects_are_understood() -> None:
    action = parse_domain(POST).actions["empty-bag"]
    assert action.parameters == (Parameter("?p", ("house", "depot")),)
    items = (Parameter("?i", ("item",)),)
    some = Quantified(False, items, Atom("in-bag", ("?i",)))
    assert action.precondition == Or((Atom("lit", ("?p",)), Or((Not(Atom("at", ("office",))), some))))
    (effect,) = action.effects
    assert isinstance(effect, Conditional)
    assert effect.parameters == items


def test_a_problem_becomes_values() -> None:
    problem = parse_problem(ROUND, parse_domain(POST))
    assert problem.objects == {"red": ("house",), "blue": ("house",), "a": ("letter",)}
    assert problem.init == {("at", "office"), ("in-bag", "a")}
    assert problem.values == {("total-cost",): 0.0, ("way", "office", "red"): 4.5}
    assert problem.goal == And((Atom("lies", ("a", "red")), Comparison("<", Fluent("total-cost", ()), 10.0)))
    assert problem.metric == ("minimize", Fluent("total-cost", ()))


@pytest.mark.parametrize(
    ("found", "written", "reason"),
    [
        ("(in-bag a)", "(in-bagg a)", "unknown predicate in-bagg (line 3, column 23)"),
        ("(in-bag a)", "(in-bag a red)", "in-bag takes 1 arguments, not 2 (line 3, column 22)"),
        ("(lies a red)", "(lies a green)", "unknown object green (line 4, column 23)"),
        ("- letter", "- postcard", "unknown type postcard (line 2, column 34)"),
        ("a - letter", "red - letter", "object red is declared twice (line 2, column 30)"),
        ("a - letter", "office - letter", "object office is declared twice (line 2, column 30)"),
        ("(:domain post)", "(:domain mail)", "problem of domain mail, expected post (line 1, column 34)"),
        ("(:goal", "(:gaol", "unsupported section :gaol in a problem (line 4, column 3)"),
        ("(total-cost)))", "(total-cost))))", "')' after the closing bracket (line 5, column 35)"),
        ("(total-cost)))", "(total-cost))", "bracket that is never closed (line 1, column 1)"),
        ("(define", "Here: (define", "expected '(', found 'Here:' (line 1, column 1)"),
        ("(at office)", "(at ?p)", "unknown variable ?p (line 3, column 14)"),
        ("(at office)", "(at offïce)", "non-ASCII word 'offïce' (line 3, column 14)"),
        ("- letter", "-", "type missing after '-' (line 2, column 32)"),
    ],
)
def test_a_fault_is_named_with_its_line_and_column(found: str, written: str, reason: str) -> None:
    domain = parse_domain(POST)
    with pytest.raises(PddlError) as fault:
        parse_problem(ROUND.replace(found, written, 1), domain)
    assert str(fault.value) == reason


@pytest.mark.parametrize("section", [":domain", ":init", ":goal"])
def test_a_problem_needs_its_sections(section: str) -> None:
    start = ROUND.index(f"({section}")
    depth, end = 0, start
    for end in range(start, len(ROUND)):
        depth += {"(": 1, ")": -1}.get(ROUND[end], 0)
        if not depth:
            break
    with pytest.raises(PddlError, match=f"no {section}"):
        parse_problem(ROUND[:start] + ROUND[end + 1 :], parse_domain(POST))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("(" * 1_000_000, "nested deeper than 64 brackets (line 1, column 65)"),
        ("(define (problem p) (:domain d) (:objects " + "o " * 1_000_000 + "))", "longer than 1048576 characters"),
        ("", "empty text"),
        ("; only a comment", "empty text"),
    ],
)
def test_text_out_of_bounds_is_refused_before_it_is_parsed(text: str, reason: str) -> None:
    with pytest.raises(PddlError) as fault:
        parse_problem(text)
    assert str(fault.value) == reason


def test_a_cycle_of_types_is_refused() -> None:
    with pytest.raises(PddlError, match=r"type (a|b|c) is its own supertype \(line 1"):
        parse_domain("(define (domain d) (:types a - b b - c c - a) (:predicates (p ?x - a)))")


def test_the_type_object_may_be_declared() -> None:
    domain = parse_domain("(define (domain d) (:types room object) (:predicates (p ?x - object)))")
    assert domain.supertypes["room"] == {"room", "object"}


@pytest.mark.parametrize("section", ["(:derived (p) (q))", "(:durative-action a)", "(:constraints (and))"])
def test_what_is_not_supported_is_refused_by_name(section: str) -> None:
    with pytest.raises(PddlError, match="unsupported section"):
        parse_domain(f"(define (domain d) (:predicates (p) (q)) {section})")


def test_without_a_domain_names_are_taken_as_they_come() -> None:
    problem = parse_problem("(define (problem p) (:domain d) (:objects x - t) (:init (q x y)) (:goal (r x)))")
    assert problem.init == {("q", "x", "y")}


@given(st.integers(0, len(ROUND)), st.integers(0, 40), st.text(alphabet="()?-= \n;:aé0", max_size=12))
def test_a_damaged_problem_is_read_or_refused(start: int, length: int, inserted: str) -> None:
    domain = parse_domain(POST)
    with contextlib.suppress(PddlError):  # and nothing else
        assert parse_problem(ROUND[:start] + inserted + ROUND[start + length :], domain).domain_name == "post"


@given(st.integers(0, len(POST)), st.integers(0, 40), st.text(alphabet="()?-= \n;:aé0", max_size=12))
def test_a_damaged_domain_is_read_or_refused(start: int, length: int, inserted: str) -> None:
    with contextlib.suppress(PddlError):
        assert parse_domain(POST[:start] + inserted + POST[start + length :]).name


def test_the_library_pddl_agrees() -> None:
    """On a plain domain, for it refuses a declared type `object`."""
    domain_parser = import_module("pddl.parser.domain").DomainParser
    problem_parser = import_module("pddl.parser.problem").ProblemParser
    domain = """(define (domain lamps) (:requirements :strips :typing :negative-preconditions)
      (:types lamp - thing thing) (:predicates (on ?l - lamp) (near ?a ?b - thing))
      (:action press :parameters (?l - lamp) :precondition (not (on ?l)) :effect (on ?l)))"""
    problem = """(define (problem p) (:domain lamps) (:requirements :typing) (:objects a b - lamp c - thing)
      (:init (on a) (near a b)) (:goal (and (on b) (not (on a)))))"""
    ours, theirs = parse_domain(domain), domain_parser()(domain)
    assert set(ours.actions) == {action.name for action in theirs.actions}
    assert {name: len(parameters) for name, parameters in ours.predicates.items()} == {
        str(predicate.name): predicate.arity for predicate in theirs.predicates
    }
    solved, other = parse_problem(problem, ours), problem_parser()(problem)
    assert {name: types[0] for name, types in solved.objects.items()} == {
        str(item.name): str(item.type_tag) for item in other.objects
    }
    assert {
        (str(atom.predicate if hasattr(atom, "predicate") else atom.name), len(atom.terms)) for atom in other.init
    } == {(fact[0], len(fact) - 1) for fact in solved.init}
