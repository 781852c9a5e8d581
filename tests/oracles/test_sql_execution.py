"""Execution verdicts against those of the official scorer (test-suite-sql-eval), case by case and mode by mode.

The vectors and the databases lie outside the repository: beside the folder named by SYMHARNESS_DATA.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from executors.outcome import Limits, Status
from executors.sql import Database, ExecutionMatch, Mode, execution_match, prediction_line

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("SYMHARNESS_DATA", REPOSITORY.parent / "shared" / "data"))
VECTORS = DATA.parent / "oracles" / "sql.jsonl"
DATABASES = DATA / "spider" / "database"

# The slowest case with a verdict takes a third of a second of processor time; the machine may be busy.
LIMITS = Limits(seconds=120.0)
# The official run never ends on these, so there is no verdict to wait for.
ENDLESS_LIMITS = Limits(seconds=0.5)

Case = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """A class of cases in which the verdicts differ on purpose: a predicate, not a list."""

    name: str
    reason: str
    applies: Callable[[object, ExecutionMatch], bool]  # of the official verdict and ours


RULES = (
    Rule(
        "refused",
        "The prediction writes, opens a transaction, attaches a file or sets a pragma. The official script runs it on "
        "a writable connection and counts its empty result, or its RETURNING clause, as an answer; ours refuses it.",
        lambda official, ours: official == 1 and ours.predicted.status is Status.REFUSED,
    ),
    Rule(
        "no statement",
        "The prediction holds only comments or semicolons. The official script takes that for an empty table, equal to "
        "any gold query without rows; ours says that there is no program.",
        lambda official, ours: official == 1 and ours.predicted.status is Status.NO_PROGRAM,
    ),
    Rule(
        "limits",
        "The prediction builds a value of hundreds of megabytes on its way to a small result. The official script has "
        "no limits; ours ends it.",
        lambda official, ours: official == 1 and ours.predicted.status in (Status.OUTPUT_LIMIT, Status.MEMORY),
    ),
)
MOST_DEVIATIONS = 0.03


@cache
def cases() -> list[Case]:
    if not VECTORS.is_file() or not DATABASES.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"no vectors at {VECTORS} or no databases at {DATABASES}")
        pytest.skip(f"no vectors at {VECTORS}")
    with VECTORS.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@cache
def database(name: str) -> Database:
    return Database.of(DATABASES / name / f"{name}.sqlite")


def official(case: Case, mode: Mode) -> object:
    """1, 0, "timeout" or "raised ..."."""
    return case["oracle"]["exec"][mode.value]


@cache
def matches(mode: Mode) -> list[tuple[Case, ExecutionMatch]]:
    return [
        (
            case,
            execution_match(
                case["gold"],
                prediction_line(case["pred"]),
                database(case["db_id"]),
                mode,
                ENDLESS_LIMITS if official(case, mode) == "timeout" else LIMITS,
            ),
        )
        for case in cases()
    ]


def test_predictions_are_read_as_lines_of_a_file() -> None:
    for case in cases():
        assert prediction_line(case["pred"]) == case.get("pred_line", case["pred"]), case["id"]


@pytest.mark.parametrize("mode", Mode)
def test_every_verdict_is_the_official_one_save_by_rule(mode: Mode) -> None:
    differing = [
        (case["id"], official(case, mode), match)
        for case, match in matches(mode)
        if official(case, mode) in (0, 1) and match.equal != bool(official(case, mode))
    ]
    unexplained = {
        name: (verdict, ours.predicted.status.value, ours.predicted.detail)
        for name, verdict, ours in differing
        if not any(rule.applies(verdict, ours) for rule in RULES)
    }
    assert unexplained == {}
    assert len(differing) <= MOST_DEVIATIONS * len(cases())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_still_explains_something(rule: Rule) -> None:
    assert any(
        rule.applies(official(case, Mode.DEFAULT), match) and not match.equal for case, match in matches(Mode.DEFAULT)
    )


@pytest.mark.parametrize("mode", Mode)
def test_where_the_official_run_dies_or_hangs_ours_says_what_happened(mode: Mode) -> None:
    undecided = [(case, match) for case, match in matches(mode) if official(case, mode) not in (0, 1)]
    assert undecided
    for case, match in undecided:
        assert match.gold.ok, case["id"]
        assert match.equal or not match.predicted.ok or official(case, mode) != "timeout", case["id"]
        assert match.predicted.ok or match.predicted.detail, case["id"]


def test_gold_always_has_a_result() -> None:
    assert [case["id"] for case, match in matches(Mode.KEEP_DISTINCT) if not match.gold.ok] == []


def test_no_database_changed() -> None:
    for mode in Mode:
        matches(mode)
    for name in sorted({case["db_id"] for case in cases()}):
        assert Database.of(database(name).path).sha256 == database(name).sha256
        assert [path.suffix for path in database(name).path.parent.iterdir() if path.suffix != ".sql"] == [".sqlite"]
