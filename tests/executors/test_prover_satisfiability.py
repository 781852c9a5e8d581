"""The clause solver against trying every assignment."""

from __future__ import annotations

from itertools import combinations, product

from hypothesis import given
from hypothesis import strategies as st

from executors.prover.satisfiability import Answer, satisfiable

ATOMS = 5
CLAUSES = st.lists(st.lists(st.integers(0, 2 * ATOMS - 1), max_size=4).map(tuple), max_size=25)


def by_trying(clauses: list[tuple[int, ...]]) -> bool:
    return any(
        all(any(row[literal // 2] is not bool(literal & 1) for literal in clause) for clause in clauses)
        for row in product((False, True), repeat=ATOMS)
    )


@given(CLAUSES)
def test_it_agrees_with_trying_every_assignment(clauses: list[tuple[int, ...]]) -> None:
    found = satisfiable(clauses, ATOMS)
    assert found.holds == by_trying(clauses)
    if found.holds:
        assert all(any((lit // 2 in found.true) is not bool(lit & 1) for lit in clause) for clause in clauses)


def test_no_clause_is_a_model_and_an_empty_clause_is_none() -> None:
    assert satisfiable([], 0) == Answer(True)
    assert satisfiable([()], 0) == Answer(False)


def test_a_hard_problem_is_left_open() -> None:
    holes, pigeons = range(9), range(10)
    clauses = [tuple(2 * (pigeon * 9 + hole) for hole in holes) for pigeon in pigeons]
    clauses += [
        (2 * (one * 9 + hole) + 1, 2 * (other * 9 + hole) + 1)
        for hole in holes
        for one, other in combinations(pigeons, 2)
    ]
    assert satisfiable(clauses, 90).holds is None
