"""SCAN: commands interpreted, and predictions compared as strings and as tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from executors.command import interpret
from executors.outcome import Outcome, Status
from tasks.metrics import exact_match
from tasks.task import Sample
from tests.oracles.agreement import Case, Verdict


def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
    for case in cases:
        yield _compared(case) if case["kind"] == "score" else _interpreted(case)


def _interpreted(case: Case) -> list[Verdict]:
    outcome = interpret(case["command"])
    actions = outcome.value if outcome.ok else None
    official = case["oracle"]["actions"]
    return [Verdict("actions", official, actions, actions == official, {"status": outcome.status.value})]


def _compared(case: Case) -> list[Verdict]:
    official = case["oracle"]
    tokens = bool(exact_match(Sample("", {}, case["gold"]), case["pred"], Outcome(Status.OK))["score"])
    string = case["pred"] == case["gold"]
    return [
        Verdict("same_tokens", official["same_tokens"], tokens, tokens == official["same_tokens"]),
        Verdict("same_string", official["same_string"], string, string == official["same_string"]),
    ]
