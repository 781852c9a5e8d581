"""Exact set match, hardness and execution in its four modes, as test-suite-sql-eval judged them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from executors.outcome import Limits
from executors.sql import Database, Mode, Schema, exact_set_match, execution_match, prediction_line
from tests.oracles.agreement import DATA, Case, Verdict

# The slowest case with a verdict takes a third of a second of processor time; the machine may be busy.
LIMITS = Limits(seconds=120.0)
# The official run never ends on these, so there is no verdict to wait for.
ENDLESS_LIMITS = Limits(seconds=0.5)

_FOLDER = DATA / "spider"


def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
    for case in cases:
        yield [*_exact(case), *(_executed(case, mode) for mode in Mode)]


def _exact(case: Case) -> Iterator[Verdict]:
    official = case["oracle"]
    match = exact_set_match(case["gold"], prediction_line(case["pred"]), schemas()[case["db_id"]])
    facts = {"gold": match.gold.status.value, "predicted": match.predicted.status.value}
    if official["exact_match"] is None:
        # The official run dies of such a gold query; ours says why there is no verdict.
        yield Verdict("gold_parses", official["gold_parses"], match.gold.ok, not match.gold.ok, facts)
        return
    equal, grade = int(match.equal), match.hardness and match.hardness.value
    yield Verdict("exact_match", official["exact_match"], equal, equal == official["exact_match"], facts)
    yield Verdict("hardness", official["hardness"], grade, grade == official["hardness"], facts)


def _executed(case: Case, mode: Mode) -> Verdict:
    official = case["oracle"]["exec"][mode.value]
    match = execution_match(
        case["gold"],
        prediction_line(case["pred"]),
        _database(case["db_id"]),
        mode,
        ENDLESS_LIMITS if official == "timeout" else LIMITS,
    )
    facts = {"status": match.predicted.status.value, "detail": match.predicted.detail}
    if official not in (0, 1):
        # It hangs or dies there: ours ends, and says how.
        told = match.gold.ok and (match.predicted.ok or bool(match.predicted.detail))
        return Verdict(f"exec.{mode.value}", official, match.predicted.status.value, told, facts)
    return Verdict(f"exec.{mode.value}", official, int(match.equal), int(match.equal) == official, facts)


@cache
def _database(name: str) -> Database:
    return Database.of(_FOLDER / "database" / name / f"{name}.sqlite")


@cache
def schemas() -> dict[str, Schema]:
    entries: list[dict[str, Any]] = json.loads((_FOLDER / "tables.json").read_text(encoding="utf-8"))
    return {entry["db_id"]: Schema.of(_database(entry["db_id"]), entry) for entry in entries}
