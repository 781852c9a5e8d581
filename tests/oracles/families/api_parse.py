"""TOP parses and NLmaps queries, against casper's metrics and the NLmaps sequence scorer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from executors import top
from executors.outcome import Outcome, Status
from tasks.api import same_text
from tasks.task import Sample
from tests.oracles.agreement import Case, Verdict


def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
    for case in cases:
        ours = {"exact": bool(same_text(Sample("", {}, case["gold"]), case["pred"], Outcome(Status.OK))["score"])}
        if case["task"] != "nlmaps":
            ours |= _tree(case["gold"], case["pred"])
        yield [
            Verdict(name, case["oracle"][name], value, value == case["oracle"][name]) for name, value in ours.items()
        ]


def _tree(gold_text: str, predicted_text: str) -> dict[str, bool]:
    gold = top.parse(gold_text)
    try:
        tree = top.parse(predicted_text)
    except top.NotATreeError:
        return {"valid_tree": False, "intent": False, "template": False}
    return {
        "valid_tree": True,
        "intent": tree.label == gold.label,
        "template": top.template(tree) == top.template(gold),
    }
