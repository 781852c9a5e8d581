"""deep-regex's dfa_equal: dk.brics.automaton's verdict on the un-tokenised texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from executors.outcome import Limits
from executors.outcome import Verdict as Answer
from executors.regex import equivalence, untokenised
from tests.oracles.agreement import Case, Verdict

LIMITS = Limits(seconds=10)


def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
    for case in cases:
        gold, pred = untokenised(case["gold"]), untokenised(case["pred"])
        official = case["oracle"]
        outcome = equivalence(gold, pred, LIMITS)
        equal = outcome.ok and outcome.value is Answer.TRUE
        facts = {"status": outcome.status.value, "detail": outcome.detail, "seconds": outcome.seconds}
        yield [
            Verdict("verdict", official["verdict"], equal, equal == official["verdict"], facts),
            Verdict("string_equal", official["string_equal"], gold == pred, (gold == pred) == official["string_equal"]),
        ]
