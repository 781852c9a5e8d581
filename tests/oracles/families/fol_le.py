"""LogicLLaMA's LE where its scorer gives one, and equivalence where the provers decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from executors.fol.logical_equivalence import logical_equivalence
from executors.fol.semantic_equivalence import semantic_equivalence
from executors.outcome import Limits, Verdict
from tests.oracles.agreement import Case
from tests.oracles.agreement import Verdict as Judged

# Every decided case takes well under a second; the machine may be busy.
LIMITS = Limits(seconds=60)
_EQUIVALENCE = {"equivalent": Verdict.TRUE, "not_equivalent": Verdict.FALSE}


def judge(cases: Sequence[Case]) -> Iterator[list[Judged]]:
    for case in cases:
        yield [*_le(case), *_equivalence(case)]


def _le(case: Case) -> Iterator[Judged]:
    official = case["oracle"]["le"]
    if official["status"] in ("ok", "pred_unparsed"):
        outcome = logical_equivalence(case["pred"], case["gold"], LIMITS)
        ours = outcome.value if outcome.ok else None
        agrees = isinstance(ours, (int, float)) and abs(ours - official["score"]) <= 1e-9
        yield Judged("le.score", official["score"], ours, agrees, {"status": outcome.status.value})


def _equivalence(case: Case) -> Iterator[Judged]:
    wanted = _EQUIVALENCE.get((case["oracle"]["equivalence"] or {}).get("verdict", ""))
    if wanted is not None:
        outcome = semantic_equivalence(case["pred"], case["gold"], LIMITS)
        facts = {"status": outcome.status.value}
        yield Judged("equivalence.verdict", wanted.value, str(outcome.value), outcome.value is wanted, facts)
