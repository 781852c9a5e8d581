"""Validating plans: what counts, what is reported, and what VAL forgives."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executors.outcome import Limits, Status
from executors.pddl import validate

# An untyped domain: a torch is carried through a row of rooms.
TORCH = """(define (domain torch)
  (:predicates (door ?a ?b) (in ?r) (burns) (seen ?r))
  (:action go :parameters (?a ?b)
    :precondition (and (in ?a) (door ?a ?b) (burns))
    :effect (and (not (in ?a)) (in ?b) (seen ?b)))
  (:action light :parameters () :precondition (not (burns)) :effect (burns)))"""
ROOMS = """(define (problem rooms) (:domain torch) (:objects a b c)
  (:init (door a b) (door b c) (door c c) (in a)) (:goal (and (in c) (seen b))))"""
PLAN = "(light)\n(go a b)\n(go b c)\n"

# A typed domain with costs, quantifiers and conditional effects.
POST = """(define (domain post)
  (:types house depot - place item)
  (:predicates (at ?p - place) (bag ?i - item) (lies ?i - item ?p - place))
  (:functions (way ?a ?b - place) (total-cost))
  (:action walk :parameters (?a ?b - place)
    :precondition (and (at ?a) (not (= ?a ?b)))
    :effect (and (not (at ?a)) (at ?b) (increase (total-cost) (way ?a ?b))))
  (:action empty :parameters (?p - house)
    :precondition (and (at ?p) (exists (?i - item) (bag ?i)))
    :effect (and (forall (?i - item) (when (bag ?i) (and (not (bag ?i)) (lies ?i ?p)))) (increase (total-cost) 1))))"""
ROUND = """(define (problem round) (:domain post) (:objects red - house office - depot x y - item)
  (:init (at office) (bag x) (bag y) (= (total-cost) 0) (= (way office red) 4) (= (way red office) 4.5))
  (:goal (and (forall (?i - item) (lies ?i red)) (or (at office) (bag x)))) (:metric minimize (total-cost)))"""


def verdict(plan: str, domain: str = TORCH, problem: str = ROOMS) -> dict[str, Any]:
    outcome = validate(domain, problem, plan)
    assert outcome.status is Status.OK, outcome
    assert isinstance(outcome.value, dict)
    return dict(outcome.value)


def test_a_valid_plan_costs_its_steps_where_there_is_no_metric() -> None:
    found = verdict(PLAN)
    assert (found["valid"], found["val_compatible"], found["cost"], found["steps"]) == (True, True, 3, 3)


def test_the_first_failing_step_and_its_unmet_atoms_are_reported() -> None:
    outcome = validate(TORCH, ROOMS, "(light)\n(go b c)\n(go a b)")
    assert isinstance(outcome.value, dict)
    assert outcome.value["failed_step"] == 2
    assert outcome.value["unmet"] == ("(in b)",)
    assert outcome.detail == "step 2 (go b c): unmet (in b)"


def test_a_goal_that_is_not_reached_is_reported() -> None:
    found = verdict("(light)\n(go a b)")
    assert (found["valid"], found["failed_step"]) == (False, None)
    assert found["reason"] == "goal not reached: unmet (in c)"


def test_a_negative_precondition_is_reported_as_such() -> None:
    assert verdict("(light)\n(light)")["unmet"] == ("(not (burns))",)


def test_an_atom_that_is_both_deleted_and_added_holds() -> None:
    assert verdict(PLAN + "(go c c)")["valid"]


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        ("(fly a b)", "step 1 (fly a b): unknown action"),
        ("(go a z)", "step 1 (go a z): unknown object z"),
        ("(go a)", "step 1 (go a): takes 2 arguments, not 1"),
    ],
)
def test_a_step_that_is_none_of_the_domain_is_reported(plan: str, reason: str) -> None:
    found = verdict(plan)
    assert (found["valid"], found["val_compatible"], found["reason"]) == (False, False, reason)


def test_an_empty_plan_is_valid_where_the_goal_holds() -> None:
    done = ROOMS.replace("(:goal (and (in c) (seen b)))", "(:goal (in a))")
    for plan in ("", "\n", "; cost = 0 (unit cost)\n"):
        assert verdict(plan, problem=done)["valid"]
    assert not verdict("")["valid"]


def test_costs_quantifiers_and_conditional_effects() -> None:
    found = verdict("(walk office red)\n(empty red)\n(walk red office)", POST, ROUND)
    assert (found["valid"], found["cost"]) == (True, 9.5)
    again = verdict("(walk office red)\n(empty red)\n(empty red)", POST, ROUND)
    assert again["reason"] == "step 3 (empty red): unmet (exists ...)"
    short = verdict("(walk office red)\n(empty red)", POST, ROUND)
    assert short["unmet"] == ("(or (at office) (bag x))",)


def test_types_and_equality_are_checked() -> None:
    assert verdict("(empty office)", POST, ROUND)["reason"] == "step 1 (empty office): office is no house"
    assert verdict("(walk office office)", POST, ROUND)["unmet"] == ("(not (= office office))",)


@pytest.mark.parametrize(
    "plan",
    [
        PLAN.upper(),
        PLAN.replace("\n", "\r\n"),
        PLAN.replace("\n", " "),
        PLAN.replace(")", " ) ").replace("(", "\t(  "),
        "0: (light) [1]\n1: (go a b) [1]\n2: (go b c) [1]",
        "0.000: (light)\n1.5: (go a b)\n2.000: (go b c)",
        PLAN.replace("\n", " ; step\n") + "; cost = 99 (unit cost)",
    ],
)
def test_forms_of_a_plan_that_are_read_strictly(plan: str) -> None:
    found = verdict(plan)
    assert (found["valid"], found["val_compatible"]) == (True, True)


@pytest.mark.parametrize(
    "plan",
    [
        f"```\n{PLAN}```",
        "\ufeff" + PLAN,
        PLAN + "\0",
        PLAN + "This plan reaches the goal (and it is short).",
        PLAN + "</s>",
        PLAN.replace("go a", "go, a,"),
        PLAN.replace("(go b c)", "(go b c a)"),
        "2: (go b c)\n0: (light)\n1: (go a b)",
    ],
)
def test_what_val_forgives_is_compatible_but_not_valid(plan: str) -> None:
    found = verdict(plan)
    assert (found["valid"], found["val_compatible"]) == (False, True)


@pytest.mark.parametrize(
    "plan",
    [
        f"Here is the plan:\n{PLAN}",
        f"```pddl\n{PLAN}```",
        f"({PLAN})",
        PLAN.replace("(go", "1. (go"),
        PLAN.rstrip()[:-1],
        "- " + PLAN,
        "light()\ngo(a, b)\ngo(b, c)",
        "light\ngo a b\ngo b c",
        PLAN.replace("(light)\n(go a b)", "(light) -> (go a b)"),
    ],
)
def test_what_val_does_not_forgive(plan: str) -> None:
    found = verdict(plan)
    assert (found["valid"], found["val_compatible"]) == (False, False)


def test_prose_is_an_empty_plan_for_val() -> None:
    done = ROOMS.replace("(:goal (and (in c) (seen b)))", "(:goal (in a))")
    found = verdict("Nothing needs to be done.", problem=done)
    assert (found["valid"], found["val_compatible"]) == (False, True)


def test_surplus_arguments_are_not_forgiven_where_types_are_declared() -> None:
    found = verdict("(walk office red red)\n(empty red)\n(walk red office)", POST, ROUND)
    assert (found["valid"], found["val_compatible"]) == (False, False)


def test_steps_at_one_time_must_not_interfere() -> None:
    found = verdict("0: (light)\n0: (go a b)\n1: (go b c)")
    assert not found["val_compatible"]


def test_a_problem_that_does_not_parse_is_invalid() -> None:
    outcome = validate(TORCH, ROOMS.replace("(in a)", "(inn a)"), PLAN)
    assert outcome.status is Status.INVALID
    assert outcome.detail == "unknown predicate inn (line 2, column 44)"


@pytest.mark.parametrize("part", ["(", "(a ", "1 ", "(light a ", " ", "[1]", "((light)) "])
def test_hostile_plans_are_judged(part: str) -> None:
    assert not verdict(part * (900_000 // len(part)))["val_compatible"]
    assert not verdict("(light" + " a" * 400_000)["val_compatible"]


def test_a_plan_that_is_too_long_is_no_plan() -> None:
    assert "longer than" in verdict("(light)\n" * 200_000)["reason"]


def test_a_goal_over_too_many_bindings_is_a_timeout() -> None:
    rooms = " ".join(f"r{number}" for number in range(60))
    goal = "(forall (?a ?b ?c ?d ?e) (or (not (in ?a)) (door ?b ?c) (not (door ?d ?e))))"
    problem = f"(define (problem p) (:domain torch) (:objects {rooms}) (:init) (:goal {goal}))"
    outcome = validate(TORCH, problem, "", Limits(seconds=0.2))
    assert outcome.status is Status.TIMEOUT


@pytest.mark.parametrize(
    ("plan", "valid"),
    [(PLAN, True), ("(light)\n(go a b)", False), ("(go a b)", False), ("(light)\n(go b c)", False)],
)
def test_unified_planning_agrees(plan: str, valid: bool) -> None:
    up, io = import_module("unified_planning.shortcuts"), import_module("unified_planning.io")
    up.get_environment().credits_stream = None
    reader = io.PDDLReader()
    problem = reader.parse_problem_string(TORCH, ROOMS)
    steps = reader.parse_plan_string(problem, plan)
    with up.PlanValidator(name="sequential_plan_validator") as validator:
        other = bool(validator.validate(problem, steps))
    assert other == verdict(plan)["valid"] == valid


@given(st.text(alphabet="()[]:;,.?-=0 \n\tabclightgo\0é", max_size=80))
def test_any_text_is_judged_and_what_is_valid_is_compatible(plan: str) -> None:
    found = verdict(plan)
    assert found["val_compatible"] or not found["valid"]
