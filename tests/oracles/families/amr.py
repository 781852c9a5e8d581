"""Smatch of single pairs: what the official tool refuses is malformed to us too; the optimum is the proved one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from executors import amr
from tests.oracles.agreement import Case, Verdict


def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
    for case in cases:
        yield list(_judged(case))


def _judged(case: Case) -> Iterator[Verdict]:
    official: Any = case["oracle"]
    gold = amr.read(case["gold"])
    try:
        predicted = amr.read(case["pred"])
    except amr.MalformedError as error:
        yield Verdict("refused", bool(official["error"]), str(error), bool(official["error"]))
        return
    if official["error"]:
        yield Verdict("refused", official["detail"], "read", False)
        return
    sizes = (official["pred_triples"], official["gold_triples"])
    yield Verdict("triples", sizes, (predicted.size, gold.size), sizes == (predicted.size, gold.size))
    worst, optimum = min(official["match_by_seed"]), case["optimum"]["match"]
    climbed = amr.best_of_climbs(predicted, gold).matches
    yield Verdict("f", (worst, optimum), climbed, worst <= climbed <= optimum)
    exact = amr.optimum(predicted, gold)
    yield Verdict("optimum", optimum, exact.matches, exact.matches == optimum and exact.proved)
