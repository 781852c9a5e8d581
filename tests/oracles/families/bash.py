"""NL2Bash's template match and command match against any of several golds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from executors.bash.template import command_match, read, template_match
from tests.oracles.agreement import Case, Verdict


def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
    for case in cases:
        official = case["oracle"]["verdict"]
        facts = {"pred_parsed": read(case["pred"]).parsed}
        found = {
            "template_match": any(template_match(gold, case["pred"]) for gold in case["gold"]),
            "command_match": any(command_match(gold, case["pred"]) for gold in case["gold"]),
        }
        yield [Verdict(name, official[name], ours, ours == official[name], facts) for name, ours in found.items()]
