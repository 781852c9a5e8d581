"""The spread of a served model's answers: some samples asked again, the difference said and not hidden."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

from tests.replay import gold, plan_for, run, server_for


def test_a_server_that_repeats_itself(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, ["scan"], "bundled", spread=4)
    with server_for(plan, gold) as server:
        run(plan, server)
        assert len(server.requests) == 16 + 4
    assert json.loads((plan.folder / "spread.json").read_text()) == {"asked": 4, "differ": 0}


def test_a_server_that_does_not(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, ["scan"], "bundled", spread=4)
    with server_for(plan, gold) as server:
        counter = itertools.count()
        server.answer = lambda prompt: f"I_WALK {next(counter)}"
        run(plan, server)
    assert json.loads((plan.folder / "spread.json").read_text()) == {"asked": 4, "differ": 4}
