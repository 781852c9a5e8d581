"""A run that may be given away: all of its numbers and none of the texts that belong to others.

Data sets have licences, and their questions must not end up in training data. Of a sample that is not one of ours only
ids, hashes, outcomes and statistics stay; every text is replaced by its hash, so that two runs can still be compared
and an answer be recognised by whoever has it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from executors.outcome import Outcome, Value, to_json
from harness import storage
from harness.config import UserError
from harness.place import address, is_remote
from harness.record import Attempt, Record
from harness.runlog import RUN_FILE, is_run, read_records, read_run
from harness.summary import RESULTS_FILE, results_of

# What run.json says of the machine and of the first prompt stays at home.
_KEPT = ("symharness", "python", "sqlite")


def publish(run: Path, root: Path) -> Path:
    """Write the run without others' texts to `root`/<model>/<run>; returns that folder.

    Raises UserError when it is no run, when that folder is there already, or when the numbers would not be the same.
    """
    content = read_run(run)
    target = root / run.parent.name / run.name
    storage.refresh(target)
    if is_run(target) or (target.exists() and not is_remote(target)):
        raise UserError(f"{address(target)} is there already: take it away first")
    ours = {name for name, plan in content["config"]["tasks"].items() if plan.get("place") == "bundled"}
    target.mkdir(parents=True, exist_ok=True)
    about = {key: content["about"][key] for key in _KEPT if key in content["about"]}
    text = json.dumps({"config": content["config"], "about": about}, indent=1, sort_keys=True, ensure_ascii=False)
    (target / RUN_FILE).write_text(text + "\n", encoding="utf-8")
    with (target / "samples-0000.jsonl").open("x", encoding="ascii", newline="\n") as part:
        for record in read_records(run):
            part.write((record if record.task in ours else without_texts(record)).to_line() + "\n")
    results_of(run)
    results_of(target)
    if (run / RESULTS_FILE).read_bytes() != (target / RESULTS_FILE).read_bytes():
        raise UserError(f"{target} has other numbers than {run}: say so, this is a mistake of ours")
    storage.push(target)
    return target


def without_texts(record: Record) -> Record:
    """The record with hashes for its texts, and one for what its program answered."""
    return replace(
        record,
        prompt="",
        completion=_hashed(record.completion),
        program=None if record.program is None else _hashed(record.program),
        outcome=record.outcome and _silent(record.outcome),
        fault="fault" if record.fault else "",
        repairs=tuple(map(_silent_attempt, record.repairs)),
    )


def _silent_attempt(attempt: Attempt) -> Attempt:
    program = None if attempt.program is None else _hashed(attempt.program)
    return replace(
        attempt,
        feedback="",
        completion=_hashed(attempt.completion),
        program=program,
        outcome=_silent(attempt.outcome),
    )


def _silent(outcome: Outcome) -> Outcome:
    return Outcome(outcome.status, _silent_value(outcome.value), "", outcome.seconds)


def _silent_value(value: Value) -> Value:
    """Nothing, a verdict, or that there is no plan: these are no texts. Of any other value its hash."""
    if value is None or (isinstance(value, Mapping) and "$verdict" in value):
        return value
    if isinstance(value, Mapping) and value.get("plan", "") is None:
        return {"plan": None}
    return _hashed(json.dumps(to_json(value), sort_keys=True))


def _hashed(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
