"""Agreement with the official SCAN files: interpretation and comparison."""

from __future__ import annotations

import json
from pathlib import Path

from executors.command import interpret
from executors.outcome import Outcome, Status
from tasks.metrics import exact_match
from tasks.task import Sample


def test_every_vector(oracles: Path) -> None:
    cases = [json.loads(line) for line in (oracles / "scan.jsonl").read_text().splitlines()]
    assert len(cases) == 200
    for case in cases:
        if case["kind"] == "score":
            scored = exact_match(Sample("", {}, case["gold"]), case["pred"], Outcome(Status.OK))
            assert bool(scored["score"]) == case["oracle"]["same_tokens"], case["id"]
            assert (case["pred"] == case["gold"]) == case["oracle"]["same_string"], case["id"]
        else:
            outcome = interpret(case["command"])
            assert (outcome.value if outcome.ok else None) == case["oracle"]["actions"], case["id"]


def test_every_supplied_row(data_root: Path) -> None:
    files = sorted((data_root / "scan").rglob("tasks_*.txt"))
    assert len(files) == 10
    for path in files:
        for line in path.read_text().splitlines():
            command, _, actions = line.removeprefix("IN: ").partition(" OUT: ")
            assert interpret(command).value == actions.split(), (path.name, command)
