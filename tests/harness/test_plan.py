"""What a run asks: the tasks that have data, each question once, and of given answers one token of the choices."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from harness.answers import load
from harness.config import ModelSpec, Sampling, UserError
from harness.evaluate import evaluate
from harness.plan import Options, Plan, prepare
from harness.progress import Progress
from harness.rescore import plan_rescore
from harness.summary import load_summary
from tasks.chat import ChatFormat
from tasks.general import STEM, of_group
from tasks.source import BUNDLED
from tasks.task import Sample, Task
from tests.checkpoints import tiny_checkpoint
from tests.harness.test_rescore import run as rescored
from tests.replay import data_without, gold, plan_for, run, server_for, value


def plan_of_mmlu(folder: Path, chat_format: ChatFormat) -> Plan:
    spec = ModelSpec(model=str(tiny_checkpoint(folder / "tiny", adds_bos=True)), chat_format=chat_format)
    options = Options(spec, ["mmlu", "scan"], Sampling(), folder / "results", "bundled", num_fewshot=2, limit=4)
    return prepare(options)


def test_choices_are_sent_as_tokens(tmp_path: Path) -> None:
    plan = plan_of_mmlu(tmp_path, ChatFormat.TULU)
    assert plan.tokenizer is not None
    (letters,) = plan.tokenizer(["ABCD"], add_special_tokens=False)["input_ids"]
    with server_for(plan, gold) as server:
        summary = run(plan, server)
    restricted = [request for request in server.requests if "allowed_token_ids" in request]
    assert [(request["allowed_token_ids"], request["max_tokens"]) for request in restricted] == [(letters, 1)] * 4
    assert len(server.requests) == 8, "the other task is asked freely"
    assert value(summary, "mmlu", "accuracy") == 1


def test_where_a_choice_is_no_single_token_the_model_writes_freely(tmp_path: Path) -> None:
    plan = plan_of_mmlu(tmp_path, ChatFormat.PLAIN)
    assert {ask.allowed for ask in plan.asks(set())} == {()}
    assert {ask.max_tokens for ask in plan.asks(set()) if ask.task.name == "mmlu"} == {16}


def planned(folder: Path, tasks: list[str], data: str) -> Plan:
    return prepare(Options(ModelSpec(model="replay:gold"), tasks, Sampling(), folder, data))


def test_a_suite_with_a_task_that_has_no_data_goes_on_and_says_so(tmp_path: Path) -> None:
    data = data_without(tmp_path / "data", "amr2", "webqsp")
    plan = planned(tmp_path, ["scan", "symbolic"], data)
    assert sorted(plan.missing) == ["amr2", "webqsp"]
    assert "put the official files there" in str(plan.missing["amr2"])
    assert len(plan.config["tasks"]) == 32
    lacking = plan.config["no_data"]["webqsp"]
    assert lacking.startswith("webqsp/WebQSP.test.json is missing: get it from https://")
    assert str(tmp_path) not in json.dumps(plan.config), "the same on every machine"
    out = io.StringIO()
    with Progress(Console(file=out)) as progress:
        summary = evaluate(plan.cut_to({("scan", "simple-test-1")}), progress)
    assert f"no data, not asked: amr2: {tmp_path}" in out.getvalue().replace("\n", "")
    assert summary.no_data == load_summary(summary.folder).no_data == plan.config["no_data"]


def test_a_task_that_was_named_must_have_its_data(tmp_path: Path) -> None:
    data = data_without(tmp_path / "data", "amr2")
    with pytest.raises(UserError, match="data/amr2/data/amrs/split/test is missing"):
        planned(tmp_path, ["symbolic", "amr2"], data)


def test_where_no_task_of_a_suite_has_data_there_is_nothing_to_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="data folder '/nowhere' does not exist"):
        planned(tmp_path, ["symbolic"], "/nowhere")


def test_damaged_data_stops_a_suite_too(tmp_path: Path) -> None:
    data = data_without(tmp_path / "data", "spider")
    broken = shutil.copytree(BUNDLED / "spider", tmp_path / "data" / "spider")
    (broken / "dev.json").write_text("[{")
    with pytest.raises(UserError, match=r"dev\.json is not whole JSON"):
        planned(tmp_path, ["symbolic"], data)


def test_the_groups_of_mmlu_are_parts_of_it_and_asked_once(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, ["general"], "bundled", limit=12)
    asked = [(ask.task.name, ask.sample.id) for ask in plan.asks(set())]
    assert len(asked) == len(set(asked)) == 36
    assert {name for name, _ in asked} == {"bbh", "bbh_cot", "mmlu"}
    with server_for(plan, gold_but_for_stem) as server:
        summary = run(plan, server)
        assert len(server.requests) == 36
    groups = {task.name: task for task in summary.tasks if task.name.startswith("mmlu")}
    assert len(groups) == 5
    assert sum(task.n for name, task in groups.items() if name != "mmlu") == groups["mmlu"].n == 12
    assert value(summary, "mmlu", "accuracy") == pytest.approx(1 - groups["mmlu_stem"].n / 12)
    others = {name: task.estimates["accuracy"].value for name, task in groups.items() if name != "mmlu"}
    assert others == {"mmlu_humanities": 1, "mmlu_social_sciences": 1, "mmlu_stem": 0, "mmlu_others": 1}
    assert load("a", summary.folder).answers["mmlu_stem"].keys() < load("a", summary.folder).answers["mmlu"].keys()
    again = rescored(plan_rescore(summary.folder, "bundled", None, "", 1))
    assert [task.estimates for task in again.tasks] == [task.estimates for task in summary.tasks]


def gold_but_for_stem(task: Task, sample: Sample) -> str:
    stem = task.name == "mmlu" and of_group(STEM, sample.id)
    return task.wrong(sample)[0] if stem else task.gold(sample)


def test_a_group_of_mmlu_alone_is_asked_itself(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, ["mmlu_stem"], "bundled", limit=3)
    assert [ask.task.name for ask in plan.asks(set())] == ["mmlu_stem"] * 3
    assert "part_of" not in plan.config["tasks"]["mmlu_stem"]


def test_a_limit_is_spread_over_subjects(data_root: Path, tmp_path: Path) -> None:
    plan = prepare(Options(ModelSpec(model="replay:gold"), ["general"], Sampling(), tmp_path, str(data_root), limit=57))
    counts = {item.task.name: len(item.samples) for item in plan.prepared}
    assert counts == {"bbh": 57, "bbh_cot": 57, "mmlu": 57}
    assert {name: plan.config["tasks"][name]["samples"] for name in plan.config["tasks"] if "mmlu_" in name} == {
        "mmlu_humanities": 13, "mmlu_social_sciences": 12, "mmlu_stem": 18, "mmlu_others": 14,
    }  # fmt: skip
