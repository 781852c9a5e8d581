"""A small proof that the trainer moves a checkpoint: one family of symbols, a few minutes, judged by the harness."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.runlog import read_records
from harness.serving import PROJECT
from tasks.bundled.writing import write_json
from trainer.collection.generated import generated
from trainer.config import TrainConfig
from trainer.stages import StageName, run_stage

pytestmark = pytest.mark.e2e

CHECKPOINT = PROJECT / "checkpoints" / "smollm2-135m-instruct"
HARNESS = PROJECT / ".venv" / "bin" / "python"
HELD_OUT = 48


def sentences(folder: Path) -> Path:
    """A data root whose FOLIO is held-out sentences of our generator."""
    rows = [
        {"NL": sample.fields["sentence"], "FOL": sample.target}
        for task, sample in generated("formulas", 2 * HELD_OUT, seed=99)
        if task == "folio"
    ]
    write_json(folder / "folio" / "folio_parsed.json", rows)
    return folder


def right(checkpoint: Path, data: Path, out: Path) -> dict[str, bool]:
    """Which held-out sentences the served checkpoint writes an equivalent formula for."""
    command = [
        str(HARNESS), "-m", "harness.cli", "run", "--model", str(checkpoint), "--tasks", "folio", "--data", str(data),
        "--gen_kwargs", "max_gen_toks=64", "--max-model-len", "512", "-o", str(out), "--run", "r",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=False)
    assert done.returncode == 0, done.stderr
    records = read_records(out / checkpoint.name / "r")
    return {record.sample: record.statistics["semantic_equivalence"]["score"] == 1 for record in records}


def test_a_few_minutes_of_injection_lift_a_family_of_symbols(tmp_path: Path) -> None:
    assert CHECKPOINT.is_dir(), "the default checkpoint is missing: run `make setup`"
    data = sentences(tmp_path / "data")
    config = TrainConfig.model_validate(
        {
            "output": tmp_path / "smollm2-formulas",
            "max_length": 160,
            "model": {"checkpoint": str(CHECKPOINT)},
            "symbolic": {
                "rows": 384, "shares": [1, 0, 0], "data": str(data), "tasks": [], "generated": {"formulas": 500},
            },
            "general": {"rows": 0},
            "injection": {
                "batch": 16, "micro_batch": 16, "learning_rate": 3e-4, "max_grad_norm": 1.0, "save_steps": 100,
                "warmup_ratio": 0.2,
            },
            "run": {"precision": "float32"},
        }
    )  # fmt: skip
    trained = run_stage(config, StageName.INJECTION)
    assert trained.record["final_loss"] < trained.record["losses"][0][1] / 2
    manifest = json.loads((trained.folder / "collection.json").read_text())
    assert manifest["held_out_rows"] > HELD_OUT
    before, after = (right(each, data, tmp_path / "runs") for each in (CHECKPOINT, trained.folder))
    assert len(before) == len(after) == HELD_OUT
    lost = sum(before[name] and not after[name] for name in before)
    won = sum(after[name] and not before[name] for name in before)
    print(f"{sum(before.values())} of {HELD_OUT} before, {sum(after.values())} after", file=sys.stderr)
    assert won - lost > 8, "beyond chance (sign test, p < 0.01)"
