"""Model-written Python: where answers are looked for, what counts as one, and how each way of failing is told."""

from __future__ import annotations

import math
import textwrap

import pytest

from executors.outcome import Limits, Status, Value, to_json
from executors.python import LastLine, ReturnValue, Variable, run, run_python

LIMITS = Limits(seconds=5.0, memory=512 << 20, output=1 << 16)


def solution(body: str) -> str:
    return "def solution():\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n"


class TestWhereTheAnswerIs:
    def test_return_value(self) -> None:
        assert run(solution("return 6 * 7"), ReturnValue(), LIMITS).value == 42

    def test_return_value_of_another_function(self) -> None:
        assert run("def answer():\n    return 'yes'\n", ReturnValue("answer"), LIMITS).value == "yes"

    def test_global_variable(self) -> None:
        assert run("objects = ['pen'] * 3\nanswer = len(objects)\n", Variable("answer"), LIMITS).value == 3

    @pytest.mark.parametrize("program", ["print('working')\nprint(42)", "print(42, end='')", "print(42)\nprint()"])
    def test_last_line_that_is_not_blank(self, program: str) -> None:
        assert run(program, LastLine(), LIMITS).value == "42"

    def test_printed_text_is_kept_beside_the_answer(self) -> None:
        done = run_python(
            "import sys\n" + solution("print('a')\nsys.stderr.write('b')\nreturn 1"), ReturnValue(), LIMITS
        )
        assert (done.outcome.value, done.stdout, done.stderr) == (1, "a\n", "b")

    def test_printed_text_is_cut(self) -> None:
        done = run_python("print('x' * 100_000)", LastLine(), Limits(output=1 << 20))
        assert len(done.stdout) == 65_536
        assert done.outcome.value == "x" * 100_000


class TestAnswersArePlainData:
    @pytest.mark.parametrize(
        ("expression", "value"),
        [
            ("0", 0),
            ("False", False),
            ("''", ""),
            ("2 ** 64", 2**64),
            ("-(2**20_000)", -(2**20_000)),
            ("0.1 + 0.2", 0.30000000000000004),
            ("float('inf')", math.inf),
            ("[1, (2.5, None), {'a': [True]}]", [1, (2.5, None), {"a": [True]}]),
            ("'line\\u2028\\ud800'", "line\u2028\ud800"),
            ("__import__('fractions').Fraction(7, 2)", 3.5),
            ("__import__('fractions').Fraction(8, 2)", 4),
            ("__import__('decimal').Decimal('12.50')", 12.5),
            ("__import__('collections').Counter('aab')", {"a": 2, "b": 1}),
            ("__import__('numpy').float32(0.5)", 0.5),
            ("__import__('numpy').int64(7)", 7),
            ("__import__('numpy').bool_(True)", True),
            ("__import__('sympy').Integer(7)", 7),
            ("__import__('sympy').Rational(1, 4)", 0.25),
            ("__import__('sympy').sqrt(2)", math.sqrt(2)),
            ("__import__('sympy').oo", math.inf),
            ("__import__('sympy').true", True),
        ],
        ids=lambda item: item if isinstance(item, str) and len(item) < 60 else "",
    )
    def test_values(self, expression: str, value: Value) -> None:
        outcome = run(solution(f"return {expression}"), ReturnValue(), LIMITS)
        assert outcome.value == value
        assert type(outcome.value) is type(value)

    def test_negative_zero_and_nan_survive(self) -> None:
        outcome = run(solution("return [-0.0, float('nan')]"), ReturnValue(), LIMITS)
        assert to_json(outcome.value) == [-0.0, {"$float": "nan"}]
        assert isinstance(outcome.value, list)
        assert math.copysign(1, outcome.value[0]) == -1

    @pytest.mark.parametrize(
        "expression",
        ["None", "object()", "print", "(i for i in 'ab')", "{1, 2}", "b'5'", "3 + 0j", "{1: 'a'}", "...", "type"],
    )
    def test_anything_else_is_no_answer(self, expression: str) -> None:
        assert run(solution(f"return {expression}"), ReturnValue(), LIMITS).status is Status.BAD_ANSWER

    @pytest.mark.parametrize("expression", ["sympy.Symbol('x') + 1", "sympy.I", "sympy.zoo"])
    def test_symbolic_expressions_are_no_answer(self, expression: str) -> None:
        program = "import sympy\n" + solution(f"return {expression}")
        assert run(program, ReturnValue(), LIMITS).status is Status.BAD_ANSWER

    def test_a_value_that_holds_itself_is_no_answer(self) -> None:
        assert run(solution("x = []\nx.append(x)\nreturn x"), ReturnValue(), LIMITS).status is Status.BAD_ANSWER


class TestFailures:
    @pytest.mark.parametrize(
        ("program", "status"),
        [
            ("def solution(:\n", Status.INVALID),
            ("x = '\0'\n", Status.INVALID),
            ("", Status.ERROR),
            ("solution = 5", Status.ERROR),
            (solution("return 1 / 0"), Status.ERROR),
            (solution("raise SystemExit(0)"), Status.ERROR),
            (solution("import os\nos._exit(0)"), Status.ERROR),
            (solution("raise KeyboardInterrupt"), Status.ERROR),
            (solution("def f(): return f()\nreturn f()"), Status.ERROR),
            (solution("return input()"), Status.ERROR),
            (solution("return len(bytearray(1 << 33))"), Status.MEMORY),
            (solution("import mmap\nreturn len(mmap.mmap(-1, 1 << 33))"), Status.MEMORY),
            (solution("import ctypes\nctypes.string_at(0)"), Status.CRASHED),
            (solution("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\nreturn 1"), Status.CRASHED),
            (solution("import os\nos.close(3)\nwhile True: pass"), Status.CRASHED),
            (solution("while True: print('x' * 999)"), Status.OUTPUT_LIMIT),
            (solution("return 'x' * 100_000"), Status.OUTPUT_LIMIT),
            (solution("import subprocess\nreturn subprocess.run(['echo', '5']).returncode"), Status.REFUSED),
            (solution("return (lambda: 0).__code__.replace(co_code=bytes([100, 200, 83, 0]))"), Status.REFUSED),
            (solution("import socket\nsocket.create_connection(('127.0.0.1', 9))"), Status.REFUSED),
        ],
    )
    def test_statuses(self, program: str, status: Status) -> None:
        outcome = run(program, ReturnValue(), LIMITS)
        assert outcome.status is status, outcome
        assert outcome.value is None
        assert outcome.detail

    @pytest.mark.parametrize(
        "body", ["while True: pass", "import time\nwhile True:\n    try: time.sleep(9)\n    except BaseException: pass"]
    )
    def test_deadline(self, body: str) -> None:
        outcome = run(solution(body), ReturnValue(), Limits(seconds=0.3))
        assert outcome.status is Status.TIMEOUT
        assert outcome.seconds >= 0.3

    def test_the_line_is_named(self) -> None:
        outcome = run("x = 1\ny = x / 0\n", Variable("y"), LIMITS)
        assert outcome.detail == "ZeroDivisionError: division by zero (line 2)"

    def test_output_of_a_failed_run_is_no_answer(self) -> None:
        assert run("print(18)\nraise ValueError", LastLine(), LIMITS).status is Status.ERROR

    def test_nothing_printed(self) -> None:
        assert run("pass", LastLine(), LIMITS).status is Status.ERROR


class TestPrograms:
    """What a program may expect of an interpreter."""

    def test_one_namespace_for_globals_and_locals(self) -> None:
        assert run("k = 2\nanswer = [x * k for x in [1, 2]]\n", Variable(), LIMITS).value == [2, 4]

    def test_dataclasses_find_their_module(self) -> None:
        program = "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int = 3\nanswer = P().x\n"
        assert run(program, Variable(), LIMITS).value == 3

    def test_main_guard_is_entered(self) -> None:
        assert run("if __name__ == '__main__':\n    print(7)\n", LastLine(), LIMITS).value == "7"

    def test_deep_recursion_after_raising_its_limit(self) -> None:
        program = "import sys\nsys.setrecursionlimit(10**6)\n" + solution(
            "def f(n): return 0 if n == 0 else 1 + f(n - 1)\nreturn f(20_000)"
        )
        assert run(program, ReturnValue(), LIMITS).value == 20_000

    def test_scratch_files(self) -> None:
        program = solution("open('a.txt', 'w').write('hi')\nreturn open('a.txt').read()")
        assert run(program, ReturnValue(), LIMITS).value == "hi"

    @pytest.mark.parametrize(
        "program", ["import random\nanswer = random.random()", "answer = list({'a', 'b', 'c', 'd'})"]
    )
    def test_the_same_program_gives_the_same_answer(self, program: str) -> None:
        assert run(program, Variable(), LIMITS).value == run(program, Variable(), LIMITS).value
