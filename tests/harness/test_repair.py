"""Self-repair: what a model is told of its failing program, and what becomes of that in records and figures."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from executors.outcome import Outcome, Status
from harness.config import ModelSpec, Sampling, UserError
from harness.leaderboard import build
from harness.plan import Options, Plan, prepare
from harness.record import Record, parse_line
from harness.repair import FAILURES, feedback
from harness.rescore import plan_rescore
from harness.runlog import parts, read_records
from harness.summary import load_summary, repaired_name
from tasks.chat import ChatFormat
from tasks.scoring import score
from tasks.source import BUNDLED
from tasks.task import registry
from tests.checkpoints import tiny_checkpoint
from tests.harness.test_rescore import run as rescored
from tests.replay import plan_for, run, value
from tests.scripted import Fault, Prompt, ScriptedServer

TABLE = "no_such_table"
BROKEN = f"SELECT * FROM {TABLE}"
TOLD = f"This cannot be used: it is not valid (no table '{TABLE}'; the tables are "


def scripted(plan: Plan, answer: Callable[[str, int, str], str], **settings: object) -> ScriptedServer:
    """A server whose answer is of a sample's gold, the attempt, and all that was said; it reads bytes as they are."""
    golds = {ask.prompt.text: ask.task.gold(ask.sample) for ask in plan.asks(set())}

    def complete(prompt: Prompt) -> str:
        assert isinstance(prompt, tuple)
        assert plan.tokenizer is not None
        text = plan.tokenizer.decode([token for token in prompt if token != 256])  # type: ignore[attr-defined]
        start = next(start for start in golds if text.startswith(start))
        return answer(golds[start], text.count("This cannot be used"), text)

    return ScriptedServer(complete, **settings)  # type: ignore[arg-type]


def heeds(gold: str, attempt: int, said: str) -> str:
    """Fails at first, and is right once it is told why."""
    return gold if TOLD in said else BROKEN


def spider(folder: Path, retries: int, limit: int = 8, **options: object) -> Plan:
    return plan_for(folder, ["spider"], "bundled", limit=limit, self_repair=retries, **options)


def test_a_model_that_heeds_its_error_is_right_the_second_time(tmp_path: Path) -> None:
    plan = spider(tmp_path, 2)
    with scripted(plan, heeds) as server:
        summary = run(plan, server)
        assert len(server.requests) == 2 * 8
    assert value(summary, "spider", "execution_accuracy") == 0
    assert value(summary, "spider", repaired_name("execution_accuracy", 2)) == 1
    (task,) = summary.tasks
    assert task.repairs == {"asked again": 8, "then ran": 8}
    assert load_summary(summary.folder).tasks == summary.tasks
    for record in read_records(plan.folder):
        assert (record.completion, record.outcome and record.outcome.status) == (BROKEN, Status.INVALID)
        (attempt,) = record.repairs
        assert attempt.feedback.startswith(TOLD)
        assert attempt.outcome.ok
        assert attempt.prompt_tokens is not None
        assert record.prompt_tokens is not None
        assert attempt.prompt_tokens > record.prompt_tokens + len(BROKEN + TOLD)


def test_first_attempts_and_repaired_ones_are_two_rows_of_the_leaderboard(tmp_path: Path) -> None:
    plan = spider(tmp_path, 1)
    with scripted(plan, heeds) as server:
        run(plan, server)
    first, repaired = build([plan.folder], None).rows
    assert (first.setting, repaired.setting) == ("0-shot, plain", "0-shot, plain, self-repair 1")
    assert first.cells["Spider EX"].text == "0.00 ± 0.00 (n=8, mini)"
    assert repaired.cells["Spider EX"].text == "100.00 ± 0.00 (n=8, mini)"


def test_how_far_answers_came_is_counted_before_and_after(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, ["gsm8k"], "bundled", limit=4, self_repair=1)
    with scripted(plan, lambda gold, attempt, said: gold if attempt else "def solution():\n    return 1 / 0") as server:
        (task,) = run(plan, server).tasks
    assert task.stages == {"parsed": 4, "ran": 0, "answered": 0, "right": 0}
    assert task.repaired_stages == dict.fromkeys(task.stages, 4)
    (grid,) = (grid for grid in build([plan.folder], None).grids() if "how far" in grid.title)
    assert [(row[1], row[3].split(" ")[0], row[6].split(" ")[0]) for row in grid.rows] == [
        ("0-shot, plain", "100.00", "0.00"),
        ("0-shot, plain, self-repair 1", "100.00", "100.00"),
    ]


def test_a_wrong_answer_is_not_told_from_a_right_one(tmp_path: Path) -> None:
    plan = spider(tmp_path, 3)
    with scripted(plan, lambda gold, attempt, said: "SELECT 'certainly not this'") as server:
        summary = run(plan, server)
        assert len(server.requests) == 8
    assert value(summary, "spider", "execution_accuracy") == value(
        summary, "spider", repaired_name("execution_accuracy", 3)
    )
    assert all(record.repairs == () for record in read_records(plan.folder))


def test_no_more_than_so_many_attempts_each_told_of_the_one_before(tmp_path: Path) -> None:
    plan = spider(tmp_path, 3, limit=2)
    with scripted(plan, lambda gold, attempt, said: f"SELECT * FROM t{attempt}") as server:
        run(plan, server)
        assert len(server.requests) == 2 * 4
    for record in read_records(plan.folder):
        assert [attempt.completion for attempt in record.repairs] == [f"SELECT * FROM t{n}" for n in (1, 2, 3)]
        assert [f"no table 't{n}'" in attempt.feedback for n, attempt in enumerate(record.repairs)] == [True] * 3


def test_without_it_nothing_is_asked_again_and_no_figure_is_named_so(tmp_path: Path) -> None:
    plan = spider(tmp_path, 0)
    assert "self_repair" not in plan.config
    with scripted(plan, heeds) as server:
        summary = run(plan, server)
        assert len(server.requests) == 8
    assert summary.tasks[0].estimates.keys() == {metric.name for metric in registry()["spider"].metrics}
    assert len(build([plan.folder], None).rows) == 1


@pytest.mark.parametrize("chat_format", [ChatFormat.PLAIN, ChatFormat.TULU, ChatFormat.LLAMA_2_CHAT])
def test_the_error_is_a_turn_of_the_chat_format(tmp_path: Path, chat_format: ChatFormat) -> None:
    plan = replace(spider(tmp_path, 1, limit=1), chat_format=chat_format)
    (ask,) = plan.asks(set())
    assert plan.self_repair is not None
    prompt = plan.self_repair.again(ask, (BROKEN, "It fails."))
    expected = {
        ChatFormat.PLAIN: f"{ask.question}{BROKEN}\n\nIt fails.\n",
        ChatFormat.TULU: f"<|user|>\n{ask.question}\n<|assistant|>\n{BROKEN}</s>\n<|user|>\nIt fails.\n<|assistant|>\n",
        ChatFormat.LLAMA_2_CHAT: f"[INST] {ask.question.strip()} [/INST] {BROKEN} </s><s>[INST] It fails. [/INST]",
    }
    assert prompt.text == expected[chat_format]
    assert prompt.ids[0] == 256, "one BOS"
    assert prompt.ids[1] != 256


def test_a_template_for_one_turn_only_is_found_out_before_the_run(tmp_path: Path) -> None:
    template = "{% if messages | length > 1 %}{{ raise_exception('once') }}{% endif %}{{ messages[0].content }}"
    model = tiny_checkpoint(tmp_path / "one-turn", chat_template=template)
    options = Options(ModelSpec(model=str(model)), ["spider"], Sampling(), tmp_path, "bundled")
    assert prepare(options).chat_format is ChatFormat.CHAT_TEMPLATE
    with pytest.raises(UserError, match=r"--self_repair: the chat format takes no second turn .*: once"):
        prepare(replace(options, self_repair=1))


def test_text_that_no_tokenizer_reads_is_given_back_without_it(tmp_path: Path) -> None:
    plan = spider(tmp_path, 1, limit=1)
    with scripted(plan, lambda gold, attempt, said: gold if attempt else "SELECT \ud800 FROM") as server:
        summary = run(plan, server)
    assert value(summary, "spider", repaired_name("execution_accuracy", 1)) == 1


def test_a_conversation_too_long_for_the_model_ends_there(tmp_path: Path) -> None:
    plan = spider(tmp_path, 2, limit=1, sampling=Sampling(max_tokens=8))
    (ask,) = plan.asks(set())
    with scripted(plan, heeds, max_model_len=len(ask.prompt.ids) + len(BROKEN)) as server:
        run(plan, server)
        assert len(server.requests) == 1
    (record,) = read_records(plan.folder)
    assert (record.repairs, record.fault) == ((), "")


def test_a_fault_in_a_retry_is_a_fault_of_the_sample_and_redone(tmp_path: Path) -> None:
    plan = spider(tmp_path, 1, limit=1, concurrency=1)
    with scripted(plan, heeds, faults={1: Fault(400, "no")}) as server:
        assert run(plan, server).tasks[0].faults == 1
        summary = run(plan, server)
        assert len(server.requests) == 4
    assert (summary.tasks[0].faults, summary.tasks[0].n) == (0, 1)
    assert value(summary, "spider", repaired_name("execution_accuracy", 1)) == 1


def test_attempts_are_scored_again(tmp_path: Path) -> None:
    plan = spider(tmp_path, 2)
    with scripted(plan, lambda gold, attempt, said: gold if attempt == 2 else BROKEN) as server:
        summary = run(plan, server)
    again = rescored(plan_rescore(summary.folder, "bundled", None, "", 1))
    assert [task.estimates for task in again.tasks] == [task.estimates for task in summary.tasks]
    told = {record.key: [attempt.feedback for attempt in record.repairs] for record in read_records(summary.folder)}
    assert told == {
        record.key: [attempt.feedback for attempt in record.repairs] for record in read_records(again.folder)
    }


def test_a_record_with_attempts_comes_back_as_it_was(tmp_path: Path) -> None:
    plan = spider(tmp_path, 1, limit=1)
    with scripted(plan, heeds) as server:
        run(plan, server)
    (record,) = read_records(plan.folder)
    assert Record.from_values(parse_line(record.to_line().encode())) == record
    assert len(record.repairs) == 1


def test_killed_and_resumed_every_sample_has_all_of_its_attempts(tmp_path: Path) -> None:
    plan = spider(tmp_path, 1, limit=16, run_name="r")
    command = [
        sys.executable, "-m", "harness.cli", "run", "--model", tmp_path / "tiny", "--tasks", "spider", "--limit", 16,
        "--data", "bundled", "-o", tmp_path / "results", "--run", "r", "--self_repair", 1, "--workers", 1,
        "--concurrency", 2,
    ]  # fmt: skip
    with scripted(plan, heeds, delay=0.05) as server:
        arguments = [*map(str, command), "--base-url", server.base_url]
        harness = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while sum(part.read_bytes().count(b"\n") for part in parts(plan.folder)) < 4:
            assert harness.poll() is None
            time.sleep(0.005)
        os.kill(harness.pid, signal.SIGKILL)
        harness.wait()
        kept = len(list(read_records(plan.folder)))
        asked = len(server.requests)
        assert subprocess.run(arguments, capture_output=True, check=False, timeout=120).returncode == 0
        assert len(server.requests) == asked + 2 * (16 - kept), "what is recorded is not asked again"
    records = list(read_records(plan.folder))
    assert len(records) == 16
    assert all(len(record.repairs) == 1 for record in records)


@pytest.mark.parametrize("status", list(FAILURES))
def test_every_failure_is_told_in_words(status: Status) -> None:
    said = feedback(registry()["gsm8k"], Outcome.failed(status, "line 2: why"))
    assert ("line 2: why" in said) is (status is not Status.NO_PROGRAM)
    assert said.endswith("Give the corrected python, nothing else.")


# Its planners take long; what they say of a failing problem is of that problem alone.
@pytest.mark.parametrize("name", [name for name, task in registry().items() if task.domain != "Planning"])
def test_what_is_told_holds_nothing_of_the_gold(name: str) -> None:
    task = registry()[name]
    for sample in list(task.read(BUNDLED / task.source.folder))[:2]:
        for answer in task.wrong(sample):
            outcome = score(name, sample, answer).outcome
            if outcome.status in FAILURES and len(sample.target) > 12:
                assert sample.target not in feedback(task, outcome)
