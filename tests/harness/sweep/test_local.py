"""A sweep on one machine: as many whole runs as models, to the byte; what is recorded is not asked again."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from rich.console import Console

from harness.batch import Finished
from harness.config import ModelSpec, UserError
from harness.leaderboard import find_runs
from harness.runlog import parts, read_records
from harness.serving import Server
from harness.summary import RESULTS_FILE, RunSummary
from harness.sweep import local
from harness.sweep.file import read_sweep
from harness.sweep.units import Job, jobs
from tests.checkpoints import tiny_checkpoint
from tests.replay import gold, server_for

THREE = """
name = "s"
output_path = "{folder}/swept"
suites = ["scan", "folio,gsm8k"]
shards = 2

[defaults]
data = "bundled"
limit = 5
workers = 1

[[model]]
model = "replay:gold"

[[model]]
model = "replay:corrupt:0.6"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "sweep.toml"
    path.write_text(text.format(folder=folder))
    return path


def symharness(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def carried_out(found: list[Job]) -> Finished:
    return local.carry_out(found, Console(file=io.StringIO()), lambda summary: None)


def test_a_sweep_gives_what_single_runs_give_to_the_byte(tmp_path: Path) -> None:
    done = symharness("sweep", written(tmp_path, THREE))
    assert done.returncode == 0, done.stderr
    for model, folder in (("replay:gold", "replay_gold"), ("replay:corrupt:0.6", "replay_corrupt_0.6")):
        symharness(
            "run", "--model", model, "--tasks", "scan,folio,gsm8k", "--data", "bundled", "--limit", 5,
            "--workers", 1, "-o", tmp_path / "single", "--run", "s",
        )  # fmt: skip
        swept, single = tmp_path / "swept" / folder / "s", tmp_path / "single" / folder / "s"
        assert (swept / RESULTS_FILE).read_bytes() == (single / RESULTS_FILE).read_bytes()
        assert len(parts(swept)) == 4
        assert len(list(read_records(swept))) == 15
    assert len(find_runs([tmp_path / "swept"])) == 2, "units are no rows of a leaderboard"


def test_a_run_goes_on_from_the_units_of_a_sweep(tmp_path: Path) -> None:
    """One folder, one meaning: what a sweep has recorded, `symharness run` does not ask again."""
    assert symharness("sweep", written(tmp_path, THREE)).returncode == 0
    again = symharness(
        "run", "--model", "replay:gold", "--tasks", "scan,folio,gsm8k", "--data", "bundled", "--limit", 5,
        "--workers", 1, "-o", tmp_path / "swept", "--run", "s",
    )  # fmt: skip
    assert "15 samples are there already, 0 to go" in again.stdout + again.stderr


def test_only_what_is_missing_is_asked_again(tmp_path: Path) -> None:
    checkpoint = tiny_checkpoint(tmp_path / "tiny", adds_bos=True)
    text = THREE.split("[[model]]")[0] + f'[[model]]\nmodel = "{checkpoint}"\nbase_url = "{{url}}"'
    (job,) = jobs(read_sweep(written(tmp_path, text.replace("{url}", "http://127.0.0.1:9/v1"))))
    with server_for(job.plan, gold) as server:
        (job,) = jobs(read_sweep(written(tmp_path, text.replace("{url}", server.base_url))))
        assert carried_out([job]).failures == []
        assert len(server.requests) == 15
        before = (job.plan.folder / RESULTS_FILE).read_bytes()
        lost = parts(job.plan.folder)[0]
        kept, cut = lost.read_bytes().splitlines(keepends=True)[:1], len(lost.read_bytes().splitlines()) - 1
        lost.write_bytes(b"".join(kept))
        assert [unit.name for unit in job.pending()] == [lost.parent.name]
        assert carried_out([job]).failures == []
        assert len(server.requests) == 15 + cut
        assert (job.plan.folder / RESULTS_FILE).read_bytes() == before


def test_a_run_whose_end_fails_keeps_no_other_from_its_own(tmp_path: Path) -> None:
    found = jobs(read_sweep(written(tmp_path, THREE)))
    told: list[str] = []

    def ended(summary: RunSummary) -> None:
        if not told:
            told.append("no room")
            raise UserError("no room")

    finished = local.carry_out(found, Console(file=io.StringIO()), ended)
    assert finished.failures == [f"{found[0].name}: no room"]
    assert finished.folders == [found[1].plan.folder]


def test_a_model_is_loaded_once_for_all_of_its_units(tmp_path: Path) -> None:
    checkpoint = tiny_checkpoint(tmp_path / "tiny", adds_bos=True)
    text = THREE.split("[[model]]")[0] + f'[[model]]\nmodel = "{checkpoint}"'
    (job,) = jobs(read_sweep(written(tmp_path, text)))
    starts = 0
    with server_for(job.plan, gold, model="tiny") as server:

        @contextmanager
        def serve(spec: ModelSpec, *_: object) -> Iterator[Server]:
            nonlocal starts
            starts += 1
            yield Server(server.base_url, None, None)

        with patch("harness.evaluate.serve", serve), patch("harness.evaluate.find_engine"):
            assert carried_out([job]).failures == []
    assert starts == 1
    assert len(server.requests) == 15


def test_a_model_that_fails_does_not_keep_the_next_from_its_turn(tmp_path: Path) -> None:
    first, second = jobs(read_sweep(written(tmp_path, THREE)))
    gone = replace(first.plan.options, spec=ModelSpec(model="replay:corrupt:none"))
    finished = carried_out([replace(first, plan=replace(first.plan, options=gone)), second])
    assert len(finished.failures) == 4
    assert "share of wrong answers" in finished.failures[0]
    assert second.plan.folder in finished.folders
    assert (second.plan.folder / RESULTS_FILE).is_file()


def test_scoring_anew_in_parts_gives_what_one_process_gives(tmp_path: Path) -> None:
    run = ("run", "--model", "replay:corrupt:0.6", "--tasks", "scan,gsm8k", "--data", "bundled", "--limit", 6)
    assert symharness(*run, "-o", tmp_path / "o", "--run", "r").returncode == 0
    folder = tmp_path / "o" / "replay_corrupt_0.6" / "r"
    for shards, out in ((1, "one"), (3, "three")):
        assert symharness("score", folder, "--shards", shards, "-o", tmp_path / out).returncode == 0
    one, three = (tmp_path / out / "r.scored" / RESULTS_FILE for out in ("one", "three"))
    assert one.read_bytes() == three.read_bytes()
    assert len(parts(three.parent)) == 3
