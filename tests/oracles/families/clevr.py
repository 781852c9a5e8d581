"""CLEVR programs run on scenes, against the official question engine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from executors.scene import clevr
from tests.oracles.agreement import DATA, Case, Verdict


def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
    content = json.loads((DATA / "clevr" / "CLEVR_sample_scenes.json").read_text(encoding="utf-8"))
    scenes = {scene["image_index"]: scene for scene in content["scenes"]}
    for case in cases:
        yield list(_judged(case, scenes[case["image_index"]]))


def _judged(case: Case, scene: clevr.Scene) -> Iterator[Verdict]:
    invalid = False
    try:
        nodes = clevr.from_nodes(case["pred"])
        clevr.evaluate(nodes, scene)
    except clevr.NotUniqueError:
        invalid = True
    except (clevr.NotAProgramError, clevr.ProgramError):
        pass
    outcome = clevr.execute(json.dumps(case["pred"]), scene)
    answer = outcome.value if outcome.ok else None
    found = {"invalid": invalid, "answer": answer, "correct": answer == case["gold_answer"]}
    facts = {"status": outcome.status.value, "detail": outcome.detail}
    for name, ours in found.items():
        yield Verdict(name, case["oracle"][name], ours, ours == case["oracle"][name], facts)
