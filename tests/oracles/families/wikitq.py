"""Lists of answers of WikiTableQuestions, against the official evaluator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from executors import denotation
from tests.oracles.agreement import Case, Verdict


def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
    for case in cases:
        gold = denotation.values(case["gold"], case.get("gold_canon"))
        same = denotation.same_denotation(gold, denotation.values(case["pred"]))
        official = case["oracle"]["verdict"]
        yield [Verdict("verdict", official, same, same == official)]
