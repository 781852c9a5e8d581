"""`--dialect`: answers in another dialect of SQL are translated before they are scored, now and when scored again."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import UserError
from harness.rescore import plan_rescore
from tasks.task import Sample, Task
from tests.harness.test_rescore import run as run_plan
from tests.replay import plan_for, replay, value


def in_postgres(task: Task, sample: Sample) -> str:
    return task.gold(sample).replace("WHERE year > 2000", "WHERE year::int > 2000")


def test_answers_are_translated(tmp_path: Path) -> None:
    plain = replay(tmp_path, ["spider"], "bundled", in_postgres, run_name="plain")
    assert value(plain, "spider", "execution_accuracy") == pytest.approx(15 / 16)
    translated = replay(tmp_path, ["spider"], "bundled", in_postgres, run_name="translated", dialect="postgres")
    assert value(translated, "spider", "execution_accuracy") == 1.0
    assert translated.config["dialect"] == "postgres"
    again = run_plan(plan_rescore(translated.folder, "bundled", None, "", 1))
    assert value(again, "spider", "execution_accuracy") == 1.0


@pytest.mark.parametrize(
    ("tasks", "dialect", "message"),
    [
        (["spider"], "klingon", "--dialect: no SQL dialect is called 'klingon'; there are athena, "),
        (["scan"], "mysql", "--dialect mysql: none of these tasks is answered in a language with dialects"),
    ],
)
def test_what_cannot_be_meant_is_said(tmp_path: Path, tasks: list[str], dialect: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        plan_for(tmp_path, tasks, "bundled", dialect=dialect)
