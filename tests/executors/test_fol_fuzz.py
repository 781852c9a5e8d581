"""No text that a model may write raises, takes a worker down, or ends late."""

from __future__ import annotations

import os

from tests.fol_fuzz import fuzz

COUNT = int(os.environ.get("SYMHARNESS_FUZZ") or 2_000)


async def test_mutated_formulas() -> None:
    found = await fuzz(COUNT, seed=1)
    assert found["reached"], found
    assert found["statuses"]["ok"] > COUNT, "most texts come to an answer somewhere"
    assert found["statuses"]["invalid"] > COUNT
