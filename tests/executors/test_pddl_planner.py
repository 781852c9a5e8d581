"""Solving problems: plans, proofs, rejections and limits, by Fast Downward and by pyperplan."""

from __future__ import annotations

import importlib.util
import os
import time
from pathlib import Path
from typing import Any

import pytest

from executors.outcome import Limits, Outcome, Status, Verdict
from executors.pddl import PlanCache, plan_prediction, solve, validate, warm
from executors.pddl.planner import ALIASES, SEARCHES
from executors.pddl.runner import Finished, run_program

pytestmark = pytest.mark.alone

# Coins are pushed along a row and turned over where there is a hand.
COINS = """(define (domain coins) (:requirements :strips)
  (:predicates (next ?a ?b) (lies ?c ?a) (free ?a) (heads ?c) (tails ?c) (hand ?a))
  (:action push :parameters (?c ?a ?b)
    :precondition (and (lies ?c ?a) (next ?a ?b) (free ?b))
    :effect (and (not (lies ?c ?a)) (lies ?c ?b) (free ?a) (not (free ?b))))
  (:action turn :parameters (?c ?a)
    :precondition (and (lies ?c ?a) (hand ?a) (tails ?c)) :effect (and (heads ?c) (not (tails ?c)))))"""
ROW = """(define (problem row) (:domain coins) (:objects p q r x y)
  (:init (next p q) (next q r) (next r q) (next q p) (lies x p) (lies y r) (free q) (tails x) (heads y) (hand q))
  (:goal (and (heads x) (lies x p))))"""
STUCK = ROW.replace("(hand q)", "")


def plan_of(outcome: Outcome) -> dict[str, Any]:
    assert outcome.status is Status.OK, outcome
    assert isinstance(outcome.value, dict), outcome
    return dict(outcome.value)


def judged(plan: dict[str, Any], problem: str = ROW, domain: str = COINS) -> dict[str, Any]:
    return plan_of(validate(domain, problem, plan["plan"]))


@pytest.mark.parametrize("alias", ["lama-first", "satisficing", "dead-ends", "optimal", "pyperplan"])
def test_every_alias_finds_a_valid_plan(alias: str) -> None:
    plan = plan_of(solve(COINS, ROW, alias=alias))
    assert judged(plan)["valid"]
    assert plan["steps"] == len(plan["plan"].splitlines())
    assert plan["optimal"] == (alias == "optimal")
    assert not plan["optimal"] or plan["cost"] == 3


@pytest.mark.parametrize("alias", ["lama-first", "optimal", "pyperplan"])
def test_an_unsolvable_problem_is_proved_so(alias: str) -> None:
    outcome = solve(COINS, STUCK, alias=alias)
    assert (outcome.status, outcome.value) == (Status.OK, Verdict.UNSOLVABLE)


def test_a_goal_that_holds_has_an_empty_plan() -> None:
    plan = plan_of(solve(COINS, ROW.replace("(heads x)", "(heads y)")))
    assert (plan["plan"], plan["steps"], plan["cost"]) == ("", 0, 0)


def test_costs_are_those_of_the_metric() -> None:
    costly = COINS.replace("(:action push", "(:functions (total-cost) - number) (:action push", 1)
    costly = costly.replace("(not (tails ?c))", "(not (tails ?c)) (increase (total-cost) 7)")
    problem = ROW.replace("(:init", "(:init (= (total-cost) 0)")[:-1] + " (:metric minimize (total-cost)))"
    plan = plan_of(solve(costly, problem, alias="optimal"))
    assert plan["cost"] == judged(plan, problem, costly)["cost"] == 7


@pytest.mark.parametrize(
    ("problem", "detail"),
    [
        (ROW.replace("(lies x p)", "(lays x p)", 1), "unknown predicate lays (line 2, column 55)"),
        (ROW.replace("(:domain coins)", "(:domain money)"), "problem of domain money, expected coins"),
        (ROW + ")", "')' after the closing bracket (line 3, column 38)"),
        (f"```\n{ROW}\n```", "expected '(', found '```' (line 1, column 1)"),
        ("", "empty text"),
    ],
)
def test_what_the_translator_rejects_is_invalid_and_says_where(problem: str, detail: str) -> None:
    outcome = solve(COINS, problem)
    assert outcome.status is Status.INVALID
    assert detail in outcome.detail


def test_the_searches_are_fast_downwards_own() -> None:
    spec = importlib.util.find_spec("up_fast_downward")
    assert spec is not None
    assert spec.origin is not None
    aliases = (Path(spec.origin).parent / "downward" / "driver" / "aliases.py").read_text()
    lama = "".join(aliases.split('ALIASES["lama-first"] = [')[1].split("]\n\n")[0].split()).replace('"', "")
    assert lama == "--search," + SEARCHES["lama-first"]
    assert {name for searches in ALIASES.values() for name, _ in searches} <= set(SEARCHES)


def test_limits_are_kept() -> None:
    rooms = 40
    facts = " ".join(f"(next a{i} a{j})" for i in range(rooms) for j in range(rooms) if i != j)
    coins = " ".join(f"(lies c{i} a{i}) (tails c{i})" for i in range(rooms - 1))
    names = " ".join(f"a{i} c{i}" for i in range(rooms))
    goal = " ".join(f"(lies c{i} a{i + 1})" for i in range(rooms - 2)) + f" (lies c{rooms - 2} a0)"
    problem = f"""(define (problem p) (:domain coins) (:objects {names})
      (:init {facts} {coins} (free a{rooms - 1})) (:goal (and {goal})))"""
    started = time.monotonic()
    assert solve(COINS, problem, Limits(seconds=0.3), alias="optimal").status is Status.TIMEOUT
    assert time.monotonic() - started < 5
    assert solve(COINS, problem, Limits(seconds=60, memory=60 << 20), alias="optimal").status is Status.MEMORY
    assert plan_of(solve(COINS, ROW))["steps"] == 3


HOSTILE = {
    "a million objects": (COINS, ROW.replace("(:objects", "(:objects " + "o " * 10**6)),
    "a hundred thousand objects": (
        COINS,
        ROW.replace("(:objects", "(:objects " + " ".join(f"o{i}" for i in range(100_000)) + " "),
    ),
    "a million facts": (COINS, ROW.replace("(:init", "(:init" + "(hand q)" * 10**6)),
    "deep nesting": (COINS, "(" * 500_000),
    "deep conditions": (COINS, ROW.replace("(and (heads x)", "(and " + "(not " * 70 + "(heads x)" + ")" * 70)),
    "cyclic types": (COINS.replace("(:predicates", "(:types a - b b - c c - a) (:predicates"), ROW),
    "a path as a name": (COINS.replace("coins", "../../../etc/passwd"), ROW.replace("coins", "../../../etc/passwd")),
    "an absolute path as a name": (COINS.replace("coins", "/dev/zero"), ROW.replace("coins", "/dev/zero")),
    "an explosion of groundings": (
        COINS.replace("(?c ?a ?b)", "(?c ?a ?b " + " ".join(f"?v{i}" for i in range(20)) + ")"),
        ROW,
    ),
    "huge conditional effects": (
        COINS.replace(
            "(heads ?c) (not",
            "(heads ?c) "
            + "(forall (?1 ?2 ?3 ?4 ?5 ?6) (when (or (free ?1) (hand ?2) (free ?3)) (lies ?c ?6))) " * 60
            + "(not",
        ),
        ROW,
    ),
    "an explosion of disjunctions": (
        COINS.replace(
            "(and (lies ?c ?a) (hand", "(and " + "(or (free ?a) (hand ?a) (tails ?c)) " * 40 + "(lies ?c ?a) (hand"
        ),
        ROW,
    ),
    "surrogates": (COINS, ROW.replace("x", "\ud800")),
    "NUL": (COINS, ROW.replace("x", "\0")),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_problems_end_within_the_limits(case: str) -> None:
    domain, problem = HOSTILE[case]
    started = time.monotonic()
    outcome = solve(domain, problem, Limits(seconds=1.5, memory=512 << 20))
    assert time.monotonic() - started < 6
    assert outcome.status in (Status.OK, Status.INVALID, Status.TIMEOUT, Status.MEMORY)
    assert len(outcome.detail) <= 300
    outcome = validate(domain, problem, "(push x p q)\n(turn x q)", Limits(seconds=1.5))
    assert outcome.status in (Status.OK, Status.INVALID, Status.TIMEOUT)
    assert plan_of(solve(COINS, ROW))["steps"] == 3, "the next problem is solved as if nothing had happened"


@pytest.mark.parametrize("alias", ["lama-first", "pyperplan"])
def test_names_and_includes_reach_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alias: str) -> None:
    monkeypatch.chdir(tmp_path)
    secret = tmp_path / "secret.pddl"
    secret.write_text("(hand hidden)")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    path = str(secret)
    texts = [(COINS.replace("coins", name), ROW.replace("coins", name).replace("row", name)) for name in (path, "plan")]
    for line in (f"(:include {path})", f'(:include "{path}")', f"\n#include <{path}>\n", f"\n@{path}\n"):
        texts.append((COINS, ROW.replace("(:init", f"{line} (:init")))
    for domain, problem in texts:
        said = repr((solve(domain, problem, alias=alias), validate(domain, problem, "(turn x q)")))
        assert "hidden" not in said
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_translator_stays_warm_and_is_replaced_when_killed() -> None:
    solve(COINS, ROW)
    (first,) = warm._running
    solve(COINS, STUCK)
    assert warm._running == [first]
    os.kill(first.process.pid, 9)
    assert plan_of(solve(COINS, ROW))["steps"] == 3
    assert warm._running != [first]


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for alias in ("lama-first", "pyperplan"):
        solve(COINS, ROW, alias=alias)
    solve(COINS, ROW, Limits(seconds=0.02))
    assert list(tmp_path.iterdir()) == []


def test_a_program_is_killed_at_its_deadline_and_its_output_is_bounded() -> None:
    sleeping = run_program(["/usr/bin/sleep", "60"], {}, Limits(seconds=0.1), [])
    assert sleeping.code is None
    copied = run_program(["/usr/bin/cat"], {"in": b"word"}, Limits(), ["in", "missing"], stdin="in")
    assert copied == Finished(0, b"word", {"in": b"word"})
    flood = run_program(["/usr/bin/yes"], {}, Limits(seconds=20, output=1000), [])
    assert flood.code not in (None, 0)
    assert len(flood.output) <= 1000


def test_unknown_aliases_are_the_callers_mistake() -> None:
    with pytest.raises(KeyError):
        solve(COINS, ROW, alias="sh -c true")


def test_the_fallback_serves_where_the_binary_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("executors.pddl.planner._fast_downward", lambda: None)
    assert plan_of(solve(COINS, ROW))["planner"].startswith("pyperplan")
    monkeypatch.setattr("executors.pddl.planner.find_spec", lambda name: None)
    with pytest.raises(RuntimeError, match="no planner is installed"):
        solve(COINS, ROW)


def test_the_cache_keeps_plans_and_proofs_and_tries_hard_problems_again_with_greater_limits() -> None:
    calls: list[str] = []

    def solver(domain: str, problem: str, limits: Limits, *, alias: str) -> Outcome:
        calls.append(problem)
        hard = problem == "hard" and limits.seconds < 9
        return Outcome(Status.TIMEOUT) if hard else Outcome(Status.OK, Verdict.UNSOLVABLE)

    cache = PlanCache(entries=2, solver=solver)
    for problem in ("easy", "easy", "hard", "hard"):
        cache.solve("domain", problem, Limits(seconds=5))
    assert calls == ["easy", "hard"]
    assert cache.solve("domain", "hard", Limits(seconds=2)).status is Status.TIMEOUT
    assert cache.solve("domain", "hard", Limits(seconds=9)).ok
    assert cache.solve("domain", "hard", Limits(seconds=60)).ok
    assert calls == ["easy", "hard", "hard"]
    for problem in ("other", "easy"):
        cache.solve("domain", problem)
    assert calls[3:] == ["other", "easy"], "the least recently used is forgotten"


def test_a_prediction_that_is_the_gold_text_is_solved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def unsolved(domain: str, problem: str, limits: Limits, *, alias: str) -> Outcome:
        calls.append(problem)
        return Outcome.failed(Status.TIMEOUT, "too hard")

    monkeypatch.setattr("executors.pddl.prediction.solve", unsolved)
    value = plan_of(plan_prediction(COINS, ROW, ROW, cache=PlanCache(solver=unsolved)))
    assert (value["success"], value["unsolvable_here"], calls) == (False, True, [ROW])


def test_a_prediction_succeeds_when_its_plan_solves_the_gold_problem() -> None:
    shuffled = ROW.replace("(lies x p) (lies y r)", "(lies y r) (lies x p)").replace("problem row", "problem other")
    value = plan_of(plan_prediction(COINS, shuffled, ROW))
    assert (value["success"], value["cost"], value["status"], value["unsolvable_here"]) == (True, 3, "ok", False)


@pytest.mark.parametrize(
    ("predicted", "status", "reason"),
    [
        (ROW.replace("(heads x) ", ""), "ok", "the plan fails on the gold problem: goal not reached: unmet (heads x)"),
        (STUCK, "ok", "no plan: the predicted problem is unsolvable"),
        ("Sorry, I cannot.", "invalid", "no plan: invalid: expected '(', found 'Sorry,' (line 1, column 1)"),
    ],
)
def test_a_prediction_fails_for_a_reason(predicted: str, status: str, reason: str) -> None:
    value = plan_of(plan_prediction(COINS, predicted, ROW))
    assert (value["success"], value["status"], value["reason"]) == (False, status, reason)
    assert (value["unsolvable_here"], value["gold_cost"]) == (False, 3)


def test_a_gold_problem_that_is_not_solved_is_not_held_against_the_model() -> None:
    unsolved = Outcome.failed(Status.TIMEOUT, "too hard")
    value = plan_of(plan_prediction(COINS, "nonsense", ROW, gold_plan=unsolved))
    assert (value["success"], value["unsolvable_here"]) == (False, True)
    value = plan_of(plan_prediction(COINS, ROW, ROW, gold_plan=unsolved))
    assert (value["success"], value["unsolvable_here"]) == (True, False)


def test_a_gold_problem_that_is_no_pddl_is_the_callers_mistake() -> None:
    for predicted in (ROW, "nonsense"):
        with pytest.raises(ValueError, match="gold problem"):
            plan_prediction(COINS, predicted, ROW.replace("(lies x p)", "(lays x p)"))
