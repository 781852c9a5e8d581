"""Extraction: what models really write around their answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks import extract


@pytest.mark.parametrize(
    ("completion", "program"),
    [
        ("SELECT 1", "SELECT 1"),
        (" select name\nFROM t\n\nThis lists the names.", "select name\nFROM t"),
        ("Sure!\n```sql\nSELECT a FROM b;\n```\nHope it helps.", "SELECT a FROM b;"),
        ("First:\n```sql\nSELECT 1\n```\nNo, better:\n```sql\nSELECT 2\n```", "SELECT 2"),
        ("```\nSELECT 1\n\nFROM t\n```", "SELECT 1\n\nFROM t"),
        ("```sql\nSELECT 1", "SELECT 1"),
        ("The SQL query is: SELECT 1</s>garbage", "SELECT 1"),
        ("SELECT 1<|im_end|>\nSELECT 2", "SELECT 1"),
        ("Use `SELECT x FROM y` for this.", "SELECT x FROM y"),
        ("DROP TABLE t", "DROP TABLE t"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "WITH a AS (SELECT 1) SELECT * FROM a"),
        ("There are 12 singers.", None),
        ("", None),
        ("\n \n", None),
    ],
)
def test_sql(completion: str, program: str | None) -> None:
    assert extract.sql(completion) == program


@pytest.mark.parametrize(
    ("completion", "program"),
    [
        ("I_WALK I_RUN", "I_WALK I_RUN"),
        ("The action sequence is: I_WALK I_RUN.\nDone", "I_WALK I_RUN"),
        ("Here it is:\n\nI_TURN_LEFT, I_JUMP\n", "I_TURN_LEFT I_JUMP"),
        ("```\nI_WALK\n```", "I_WALK"),
        ("I_WALK</s>", "I_WALK"),
        ("walk, then run", "walk, then run"),
        ("", None),
    ],
)
def test_actions(completion: str, program: str | None) -> None:
    assert extract.actions(completion) == program


SOLUTION = "def solution():\n    return 3"
MANY_LINES = 'def solution():\n    """What is\n1 + 2?\n    """\n    return 3'


@pytest.mark.parametrize(
    ("completion", "program"),
    [
        (SOLUTION, SOLUTION),
        (f"Sure!\n```python\n{SOLUTION}\n```\nDone.", SOLUTION),
        (f"```\nx = 1\n```\nthen\n```python\n{SOLUTION}\n```", SOLUTION),
        (f"import math\nHere:\n{SOLUTION}\n\nThis returns three.\nprint(1)", f"import math\n{SOLUTION}"),
        (f"{SOLUTION}</s>", SOLUTION),
        ("```python\nanswer = 3\n```", "answer = 3"),
        (MANY_LINES + "\n\nQuestion: and now?", MANY_LINES),
        ("The answer is 3.", None),
        ("", None),
    ],
)
def test_python_solution(completion: str, program: str | None) -> None:
    assert extract.python_solution(completion) == program


@pytest.mark.parametrize(
    ("completion", "program"),
    [
        ("(define (problem p) (:goal (on a b)))", "(define (problem p) (:goal (on a b)))"),
        ("Here:\n```pddl\n(define (problem p) ; a (remark\n)\n```", "(define (problem p) ; a (remark\n)"),
        ("(define (problem p) (:init (a)) and more", "(define (problem p) (:init (a)) and more"),
        ("(define (domain d))\n(DEFINE (PROBLEM p))", "(DEFINE (PROBLEM p))"),
        ("(pickup b1)", None),
    ],
)
def test_pddl_problem(completion: str, program: str | None) -> None:
    assert extract.pddl_problem(completion) == program


@pytest.mark.parametrize(
    ("completion", "program"),
    [
        ("Premises:\nP(a)\nConclusion:\nP(a)", "Premises:\nP(a)\nConclusion:\nP(a)"),
        ("So:\n```\nPremises:\nP(a)\nConclusion:\nP(a)\n```\nok", "Premises:\nP(a)\nConclusion:\nP(a)"),
        ("It is true.", None),
    ],
)
def test_logic_program(completion: str, program: str | None) -> None:
    assert extract.logic_program(completion) == program


@given(st.text())
def test_no_text_breaks_an_extractor(text: str) -> None:
    functions = (extract.sql, extract.actions, extract.python_solution, extract.pddl_problem, extract.logic_program)
    for function in functions:
        program = function(text)
        assert program is None or program.strip()
