"""Entailment: five verdicts, each only where it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executors.fol.parser import Unparsable, parse
from executors.fol.syntax import And, Atom, Formula, Iff, Implies, Not, Or, Truth, Xor
from executors.outcome import Limits, Status, Verdict
from executors.prover import Agreement, Answer, Finding, decide, entails, eprover, grounding, prover9, z3_prover
from executors.prover.problem import MAX_PREMISES, Problem, problem
from executors.prover.process import Binary
from tests.executors.fol_strategies import formulas

pytestmark = pytest.mark.alone

LIMITS = Limits(seconds=60)
EFFORT = z3_prover.Effort.of(20, 1 << 30)
GAVE_UP = Finding(Answer.OPEN)
SERIAL = ["∀x ∃y R(x, y)", "∀x ¬R(x, x)", "∀x ∀y ∀z (R(x, y) ∧ R(y, z) → R(x, z))"]


def formula(text: str) -> Formula:
    read = parse(text)
    assert not isinstance(read, Unparsable)
    return read


def asked(premises: Sequence[str], goal: str) -> Problem:
    return problem([formula(premise) for premise in premises], formula(goal))


def verdict(premises: Sequence[str], conclusion: str, limits: Limits = LIMITS) -> object:
    return entails([formula(premise) for premise in premises], formula(conclusion), limits).value


@pytest.mark.parametrize(
    ("premises", "conclusion", "expected"),
    [
        (["∀x (Dog(x) → Animal(x))", "Dog(rex)"], "Animal(rex)", Verdict.TRUE),
        (["∀x (Dog(x) → Animal(x))", "¬Animal(rex)"], "Dog(rex)", Verdict.FALSE),
        (["∀x (Dog(x) → Animal(x))", "Animal(rex)"], "Dog(rex)", Verdict.UNKNOWN),
        (["P(a)", "¬P(a)"], "Q(b)", Verdict.INCONSISTENT),
        (["∃x ∀y (R(x, y) ↔ ¬R(y, y))"], "P(a)", Verdict.INCONSISTENT),
        ([], "P(a) ∨ ¬P(a)", Verdict.TRUE),
        ([], "P(a)", Verdict.UNKNOWN),
        # The domain is not empty.
        (["∀x P(x)"], "∃x P(x)", Verdict.TRUE),
        # A name that nothing binds is a constant, also x.
        (["Dog(x)"], "Dog(rex)", Verdict.UNKNOWN),
        (["∀x (King(x) → x = arthur)", "King(bob)"], "bob = arthur", Verdict.TRUE),
        (["∀x (Person(x) → Loves(x, mother(x)))", "Person(bob)"], "Loves(bob, mother(bob))", Verdict.TRUE),
        (["∃x P(x) → Q(a)", "P(b)"], "Q(a)", Verdict.TRUE),
        # One name with two arities is two symbols.
        (["Loves(bob)", "¬Loves(bob, mary)"], "Loves(bob)", Verdict.TRUE),
        (["⊥"], "P(a)", Verdict.INCONSISTENT),
        (["Café(zoë)", "∀x (Café(x) → 'a b'(x))"], "'a b'(zoë)", Verdict.TRUE),
    ],
)
def test_verdicts(premises: list[str], conclusion: str, expected: Verdict) -> None:
    assert verdict(premises, conclusion) is expected


def test_long_chains_of_implications() -> None:
    chain = ["P0(a)", *(f"∀x (P{index}(x) → P{index + 1}(x))" for index in range(100))]
    assert verdict(chain, "P100(a)") is Verdict.TRUE
    assert verdict(chain, "¬P100(a)") is Verdict.FALSE


def test_premises_with_only_infinite_models_are_not_called_unknown() -> None:
    limits = Limits(seconds=1)
    assert verdict(SERIAL, "P(a)", limits) is Verdict.UNDECIDED
    outcome = entails([formula(text) for text in SERIAL], formula("∃x R(x, x)"), limits)
    assert outcome.value is Verdict.FALSE
    assert "consistent is not shown" in outcome.detail


def test_the_detail_names_who_decided() -> None:
    outcome = entails([formula("P(a)")], formula("P(a)"), LIMITS)
    assert outcome.detail == (
        "conclusion proved (grounding: a contradiction among the instances over 1 named element); "
        "negation refuted (grounding: a countermodel of 1 named element where only P(a) holds)"
    )


def test_a_countermodel_is_told_by_the_names_that_were_given() -> None:
    outcome = entails([formula("Café(zoë) ∧ Likes(zoë, bob)"), formula("¬Big(bob)")], formula("Big(zoë)"), LIMITS)
    assert "only Café(zoë), Likes(zoë, bob) hold" in outcome.detail


def test_the_detail_says_when_the_time_was_up() -> None:
    outcome = entails([formula(text) for text in SERIAL], formula("P(a)"), Limits(seconds=0.3))
    assert outcome.value is Verdict.UNDECIDED
    assert outcome.detail.endswith("the time was up")


def test_names_never_reach_a_prover() -> None:
    hostile = ["'P(a)). end_of_list.'(a)", '"|) (exit)"(a)', "'set(print_given)'('x')"]
    for text in hostile:
        assert verdict([text], text) is Verdict.TRUE
        assert prover9.prove(asked([text], text), 20, 1 << 30).answer is Answer.PROVED


def test_too_large_a_problem_is_undecided() -> None:
    outcome = entails([formula("P(a)")] * (MAX_PREMISES + 1), formula("P(a)"), LIMITS)
    assert (outcome.status, outcome.value) == (Status.OK, Verdict.UNDECIDED)


# --- each prover alone -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("premises", "goal", "answer"),
    [
        (["∀x (P(x) → Q(x))", "P(a)"], "Q(a)", Answer.PROVED),
        (["∀x (P(x) → Q(x))", "Q(a)"], "P(a)", Answer.REFUTED),
        (["∃x (P(x) ∧ Q(x))", "∀x (P(x) → R(x))"], "∃x (Q(x) ∧ R(x))", Answer.PROVED),
        (["∃x P(x)", "∃x Q(x)"], "∃x (P(x) ∧ Q(x))", Answer.REFUTED),
        (["∃x ∀y R(x, y)"], "∀y ∃x R(x, y)", Answer.PROVED),
        (["∀x P(x)"], "∃x P(x)", Answer.PROVED),
        (["P(a) ⊕ Q(a)", "P(a) ↔ Q(a)"], "R(a)", Answer.PROVED),
        # Outside the class: a witness for each element, a function, an equation.
        (["∀x ∃y R(x, y)"], "∃x R(a, x)", Answer.OPEN),
        (["∀x P(f(x))"], "P(f(a))", Answer.OPEN),
        (["a = b"], "b = a", Answer.OPEN),
        # Beyond the bounds.
        (["∀x ∀y ∀z ∀w (R(x, y) ∨ S(z, w))"], " ∧ ".join(f"P(c{index})" for index in range(20)), Answer.OPEN),
        ([" ↔ ".join(["⊤"] * 100)], "P(a)", Answer.OPEN),
        ([" ∨ ".join(f"(P{index}(a) ∧ Q{index}(a))" for index in range(20))], "P0(a)", Answer.OPEN),
    ],
)
def test_grounding_alone(premises: list[str], goal: str, answer: Answer) -> None:
    assert grounding.prove(asked(premises, goal)).answer is answer
    assert grounding.both_ways(asked(premises, goal))[0].answer is answer


def test_z3_alone() -> None:
    assert z3_prover.prove(asked(["P(a)"], "P(a)"), EFFORT).answer is Answer.PROVED
    assert z3_prover.prove(asked(["P(a)"], "P(b)"), EFFORT).answer is Answer.REFUTED
    assert z3_prover.prove(asked(SERIAL, "P(a)"), z3_prover.Effort(1.0, 1 << 30, 100_000)).answer is Answer.OPEN


def test_finite_models() -> None:
    found = z3_prover.finite_model(asked(["∃x ∃y ¬(x = y)", "∀x P(f(x), a)"], "P(a, a)"), EFFORT)
    assert found == Finding(Answer.REFUTED, "z3", "a finite model of 2 elements")
    assert z3_prover.finite_model(asked(["P(a)"], "P(a)"), EFFORT).answer is Answer.OPEN
    assert z3_prover.finite_model(asked(SERIAL, "P(a)"), EFFORT).answer is Answer.OPEN


def test_prover9_alone() -> None:
    assert prover9.binary() is not None
    assert prover9.prove(asked(["∀x (P(x) → Q(x))", "P(a)"], "Q(a)"), 20, 1 << 30).answer is Answer.PROVED
    assert prover9.prove(asked(["∀x (P(x) → Q(x))", "Q(a)"], "P(a)"), 20, 1 << 30).answer is Answer.REFUTED
    assert prover9.prove(asked(SERIAL, "P(a)"), 1, 1 << 30).answer is Answer.OPEN


def test_e_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """E is rarely installed: a stub in its place shows what is asked, and what each of its answers means."""
    answer = tmp_path / "answer"
    stub = tmp_path / "eprover"
    stub.write_text(f"#!/bin/sh\ncat > {tmp_path}/asked\ncat {answer}\n")
    stub.chmod(0o755)
    monkeypatch.setattr(eprover, "binary", lambda: Binary(str(stub)))
    question = asked(["∀x (P(x) → Q(x))"], "Q(a)")
    for status, meaning in (
        ("Theorem", Answer.PROVED),
        ("ContradictoryAxioms", Answer.PROVED),
        ("CounterSatisfiable", Answer.REFUTED),
        ("GaveUp", Answer.OPEN),
        ("ResourceOut", Answer.OPEN),
    ):
        answer.write_text(f"# No proof found!\n# SZS status {status}\n")
        assert eprover.prove(question, 5, 1 << 30).answer is meaning
    assert (tmp_path / "asked").read_text() == (
        "fof(a0, axiom, ! [V0] : (p0(V0) => p1(V0))).\nfof(goal, conjecture, p1(c0)).\n"
    )
    stub.write_text("#!/bin/sh\nexec sleep 60\n")
    assert eprover.prove(question, 0.2, 1 << 30).answer is Answer.OPEN
    monkeypatch.setattr(eprover, "binary", lambda: Binary(str(tmp_path / "absent")))
    assert eprover.prove(question, 5, 1 << 30).answer is Answer.OPEN


@pytest.mark.skipif(eprover.binary() is None, reason="E is not installed here")
def test_e_itself() -> None:
    assert eprover.prove(asked(["∀x (P(x) → Q(x))", "P(a)"], "Q(a)"), 20, 1 << 30).answer is Answer.PROVED
    assert eprover.prove(asked(["∀x (P(x) → Q(x))", "Q(a)"], "P(a)"), 20, 1 << 30).answer is Answer.REFUTED
    assert eprover.prove(asked(["P(a)", "¬P(a)"], "Q(b)"), 20, 1 << 30).answer is Answer.PROVED


@pytest.mark.parametrize("prover", [prover9, eprover])
def test_an_own_binary_is_named_by_the_environment(prover: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(prover.VARIABLE, "/opt/own/prover")
    prover.binary.cache_clear()
    try:
        assert prover.binary() == Binary("/opt/own/prover")
    finally:
        prover.binary.cache_clear()


def test_z3_is_asked_where_grounding_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grounding, "both_ways", lambda _: (GAVE_UP, GAVE_UP))
    outcome = entails([formula("P(a)")], formula("P(a)"), LIMITS)
    assert outcome.value is Verdict.TRUE
    assert outcome.detail == (
        "conclusion proved (z3: a refutation of the negated goal); negation refuted (z3: a countermodel)"
    )


def test_prover9_is_asked_where_z3_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grounding, "both_ways", lambda _: (GAVE_UP, GAVE_UP))
    monkeypatch.setattr(z3_prover, "both_ways", lambda *_: (GAVE_UP, GAVE_UP))
    monkeypatch.setattr(z3_prover, "prove", lambda *_: GAVE_UP)
    monkeypatch.setattr(z3_prover, "finite_model", lambda *_: GAVE_UP)
    monkeypatch.setattr(eprover, "binary", lambda: None)
    outcome = entails([formula("P(a)")], formula("P(a)"), LIMITS)
    assert outcome.value is Verdict.TRUE
    assert outcome.detail == (
        "conclusion proved (prover9: a proof); negation refuted (prover9: saturation without a proof)"
    )


def test_e_is_asked_before_prover9(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(z3_prover, "prove", lambda *_: GAVE_UP)
    monkeypatch.setattr(z3_prover, "finite_model", lambda *_: GAVE_UP)
    monkeypatch.setattr(z3_prover, "both_ways", lambda *_: (GAVE_UP, GAVE_UP))
    monkeypatch.setattr(eprover, "prove", lambda *_: Finding(Answer.PROVED, "eprover", "a proof"))
    finding = decide([formula(text) for text in SERIAL], formula("P(a)"), LIMITS)
    assert finding == Finding(Answer.PROVED, "eprover", "a proof")


def test_without_other_provers_z3_decides_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prover9, "binary", lambda: None)
    monkeypatch.setattr(eprover, "binary", lambda: None)
    assert verdict(["P(a)"], "P(a)") is Verdict.TRUE
    assert verdict(SERIAL, "P(a)", Limits(seconds=1)) is Verdict.UNDECIDED


def test_two_provers_that_agree_leave_the_verdict_alone() -> None:
    outcome = entails([formula("P(a)")], formula("¬P(a)"), LIMITS, Agreement.ALWAYS)
    assert outcome.value is Verdict.FALSE


def test_spot_checks_ask_about_a_fixed_share_of_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_about: list[str] = []
    monkeypatch.setattr(prover9, "prove", lambda asked, *_: asked_about.append(asked.written["p0"]) or GAVE_UP)
    for _ in range(2):
        for number in range(80):
            goal = formula(f"P{number}(a)")
            assert entails([goal], goal, LIMITS, Agreement.SPOT_CHECKS).value is Verdict.TRUE
    assert 2 <= len(set(asked_about)) <= 25
    first, second = asked_about[: len(asked_about) // 2], asked_about[len(asked_about) // 2 :]
    assert first == second


def test_two_provers_that_contradict_each_other_raise_an_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    lie = Finding(Answer.REFUTED, "prover9", "saturation without a proof")
    monkeypatch.setattr(prover9, "prove", lambda *_: lie)
    outcome = entails([formula("P(a)")], formula("P(a)"), LIMITS, Agreement.ALWAYS)
    assert outcome.value is Verdict.UNDECIDED
    assert outcome.detail.startswith("ALARM: grounding says proved")
    assert entails([formula("P(a)")], formula("P(a)"), LIMITS).value is Verdict.TRUE, "nobody else was asked"


# --- against each other and truth tables -----------------------------------------------------------------------------

ATOMS = [Atom(name) for name in "PQR"]
PROPOSITIONS: st.SearchStrategy[Formula] = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(lambda *parts: And(parts), inner, inner)
        | st.builds(lambda *parts: Or(parts), inner, inner)
        | st.builds(Xor, inner, inner)
        | st.builds(Implies, inner, inner)
        | st.builds(Iff, inner, inner)
    ),
    max_leaves=6,
)


def holds(proposition: Formula, row: Mapping[Formula, bool]) -> bool:
    match proposition:
        case Truth(value):
            return value
        case Not(body):
            return not holds(body, row)
        case And(parts):
            return all(holds(part, row) for part in parts)
        case Or(parts):
            return any(holds(part, row) for part in parts)
        case Xor(left, right):
            return holds(left, row) != holds(right, row)
        case Implies(left, right):
            return not holds(left, row) or holds(right, row)
        case Iff(left, right):
            return holds(left, row) == holds(right, row)
        case _:
            return row[proposition]


@given(st.lists(PROPOSITIONS, max_size=3), PROPOSITIONS)
@settings(max_examples=60, deadline=None)
def test_propositions_agree_with_their_truth_tables(premises: list[Formula], conclusion: Formula) -> None:
    rows = [dict(zip(ATOMS, values)) for values in product((False, True), repeat=len(ATOMS))]
    models = [row for row in rows if all(holds(premise, row) for premise in premises)]
    values = {holds(conclusion, row) for row in models}
    expected = {
        frozenset(): Verdict.INCONSISTENT,
        frozenset({True}): Verdict.TRUE,
        frozenset({False}): Verdict.FALSE,
        frozenset({True, False}): Verdict.UNKNOWN,
    }[frozenset(values)]
    assert entails(premises, conclusion, LIMITS).value is expected
    proved = decide(premises, conclusion, LIMITS).answer is Answer.PROVED
    assert proved == (expected in (Verdict.TRUE, Verdict.INCONSISTENT))


@given(st.lists(formulas(st.sampled_from("PQab"), max_leaves=5), max_size=3), formulas(st.sampled_from("PQab")))
@settings(max_examples=60, deadline=None)
def test_grounding_and_z3_agree(premises: list[Formula], conclusion: Formula) -> None:
    question = problem(premises, conclusion)
    effort = z3_prover.Effort(5.0, 1 << 29, z3_prover.QUICK_RLIMIT)
    for ours, theirs in zip(grounding.both_ways(question), z3_prover.both_ways(question, effort)):
        assert ours.answer is theirs.answer or not (ours.closed and theirs.closed)
