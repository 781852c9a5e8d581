"""lm-eval's own route: our prompts in its task files, its samples in our records. A stand-in plays lm-eval here."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness import lm_eval_route
from harness.config import UserError
from harness.lm_eval_route import ROUTE, run_lm_eval
from harness.plan import Plan
from harness.runlog import read_records
from tests.replay import plan_for, value
from tests.scripted import ScriptedServer

pytestmark = pytest.mark.alone

# Answers the first half of each task's questions rightly and the others with the letter after the right one.
STAND_IN = """
import json, pathlib, sys
folder, out = pathlib.Path(sys.argv[sys.argv.index("--include_path") + 1]), pathlib.Path(sys.argv[-1]) / "scripted"
out.mkdir(parents=True)
(out.parent.parent / "arguments.json").write_text(json.dumps(sys.argv[1:]))
for path in folder.glob("*.yaml"):
    task = json.loads(path.read_text())
    rows = [json.loads(line) for line in open(task["dataset_kwargs"]["data_files"]["test"])]
    with (out / f"samples_{task['task']}_2024-01-01.jsonl").open("w") as lines:
        for number, row in enumerate(rows):
            right = number < len(rows) / 2
            best = row["answer"] if right else (row["answer"] + 1) % 4
            values = [[str(-1.0 if index == best else -2.0), "False"] for index in range(4)]
            lines.write(json.dumps({"doc": row, "filtered_resps": values, "acc": float(right)}) + chr(10))
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "lm_eval"
    program.write_text(f"#!{sys.executable}\n{STAND_IN}")
    program.chmod(0o755)
    monkeypatch.setattr(lm_eval_route, "_program", lambda: str(program))
    return program


def attached(plan: Plan, server: ScriptedServer) -> Plan:
    return replace(plan, options=replace(plan.options, base_url=server.base_url))


def scripted(*, prompt_logprobs: bool) -> ScriptedServer:
    return ScriptedServer(lambda prompt: "", prompt_logprobs=prompt_logprobs)


@pytest.mark.usefixtures("stand_in")
def test_its_verdicts_land_on_our_leaderboard_under_its_name(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, ["mmlu", "mmlu_stem"], "bundled", limit=8)
    with scripted(prompt_logprobs=True) as server:
        summary = run_lm_eval(attached(plan, server))
        again = run_lm_eval(attached(plan, server))
    assert {task.name: task.n for task in summary.tasks} == {"mmlu": 8, "mmlu_stem": 3}, "a group's are asked once"
    assert value(summary, "mmlu", "accuracy") == 0.5
    assert again == summary, "what is recorded is not asked again"
    assert ROUTE in summary.setting
    records = list(read_records(summary.folder))
    assert {record.kind for record in records} == {"foreign"}
    golds = {sample.id: sample.target for item in plan.prepared for sample in item.samples}
    for record in records:
        assert (record.completion == golds[record.sample]) is (record.statistics["accuracy"]["score"] == 1)


@pytest.mark.usefixtures("stand_in")
def test_it_reads_the_very_prompts_of_our_own_run(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, ["mmlu"], "bundled", limit=4)
    with scripted(prompt_logprobs=True) as server:
        summary = run_lm_eval(attached(plan, server))
    arguments = json.loads((summary.folder / "lm-eval" / "arguments.json").read_text())
    assert f"base_url={server.base_url}/completions" in arguments[3]
    assert "add_bos_token=True" in arguments[3], "as this tokenizer adds one to our prompts"
    assert [record.prompt for record in read_records(summary.folder)] == [ask.prompt.text for ask in plan.asks(set())]


@pytest.mark.usefixtures("stand_in")
def test_a_server_without_log_probabilities_of_prompts(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, ["mmlu"], "bundled", limit=4)
    with (
        scripted(prompt_logprobs=False) as server,
        pytest.raises(UserError, match="gives no log-probabilities of prompts"),
    ):
        run_lm_eval(attached(plan, server))


def test_mistakes_are_named(tmp_path: Path, stand_in: Path) -> None:
    scan, mmlu = (plan_for(tmp_path / name, [name], "bundled", limit=4) for name in ("scan", "mmlu"))
    with scripted(prompt_logprobs=True) as server:
        with pytest.raises(UserError, match="task scan has no given choices"):
            run_lm_eval(attached(scan, server))
        stand_in.write_text("#!/bin/sh\necho no such model\nexit 3\n")
        with pytest.raises(UserError, match=r"lm_eval ended with status 3 .*: no such model"):
            run_lm_eval(attached(mmlu, server))
    with pytest.raises(UserError, match="needs a served model"):
        run_lm_eval(mmlu)


def test_lm_eval_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UserError, match="pip install"):
        lm_eval_route._program()
