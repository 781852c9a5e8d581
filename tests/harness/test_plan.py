"""What is asked of a task whose answers are given: one token, one of the choices."""

from __future__ import annotations

from pathlib import Path

from harness.config import ModelSpec, Sampling
from harness.plan import Options, Plan, prepare
from tasks.chat import ChatFormat
from tests.checkpoints import tiny_checkpoint
from tests.replay import gold, run, server_for, value


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
