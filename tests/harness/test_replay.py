"""Replays: all gold gives 100 %, a known share of corrupted answers gives exactly that share less."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from executors.outcome import Status
from harness.record import parse_line
from harness.runlog import parts, read_records
from tasks.metrics import mean
from tasks.task import Sample, Task, registry
from tests.replay import SLOW, gold, plan_for, replay, run, server_for, supplied, value
from tests.scripted import Fault

TASKS = sorted(registry())


def plain_metrics(task: Task) -> list[str]:
    """The metrics that are a mean of all-or-nothing scores, so that a share of wrong answers is that share less.

    Not those that say themselves what is as good as gold: some of them cannot give every gold its full score.
    """
    return [m.name for m in task.metrics if m.aggregate is mean and not m.graded and m.perfect is None]


def wrong_for(samples: set[tuple[str, str]]):  # type: ignore[no-untyped-def]
    def answer(task: Task, sample: Sample) -> str:
        return task.wrong(sample)[0] if (task.name, sample.id) in samples else task.gold(sample)

    return answer


@pytest.fixture(params=["bundled", "real"])
def data(request: pytest.FixtureRequest) -> str:
    return "bundled" if request.param == "bundled" else str(request.getfixturevalue("data_root"))


def test_all_gold(tmp_path: Path, data: str) -> None:
    summary = replay(tmp_path, supplied(data), data, gold)
    for task in summary.tasks:
        declared = registry()[task.name]
        listed = sum(r.sample in declared.broken for r in read_records(summary.folder) if r.task == task.name)
        for metric in plain_metrics(declared):
            assert task.estimates[metric].value == pytest.approx((task.n - listed) / task.n), (task.name, metric)
        assert task.n == task.planned
        assert task.outcomes["ok"] >= task.n - listed, task.name


def test_gold_that_planners_take_long_for(tmp_path: Path, data_root: Path) -> None:
    summary = replay(tmp_path, list(SLOW), str(data_root), gold, limit=3)
    for task in summary.tasks:
        assert {estimate.value for estimate in task.estimates.values()} == {1.0}, task.name


def test_half_corrupted(tmp_path: Path, data: str) -> None:
    plan = plan_for(tmp_path, supplied(data), data, limit=40)
    half = {(item.task.name, sample.id) for item in plan.prepared for sample in item.samples[: len(item.samples) // 2]}
    prompts = {(ask.task.name, ask.sample.id): ask.prompt.text for ask in plan.asks(set())}
    # The server knows prompts only: what is asked in one wording is answered in one way.
    answered_wrongly = {prompts[key] for key in half}
    corrupted = {key for key, prompt in prompts.items() if prompt in answered_wrongly}
    with server_for(plan, wrong_for(corrupted)) as server:
        summary = run(plan, server)
    broken = {
        (item.task.name, sample.id)
        for item in plan.prepared
        for sample in item.samples
        if sample.id in item.task.broken
    }
    wrong = corrupted | broken
    for item in plan.prepared:
        right = sum((item.task.name, sample.id) not in wrong for sample in item.samples)
        for metric in plain_metrics(item.task):
            assert value(summary, item.task.name, metric) == pytest.approx(right / len(item.samples))


def test_answers_wrapped_as_models_wrap_them(tmp_path: Path) -> None:
    def chatty(task: Task, sample: Sample) -> str:
        return f"Sure, here it is:\n```{task.language}\n{task.gold(sample)}\n```\nLet me know!"

    summary = replay(tmp_path, TASKS, "bundled", chatty)
    for task in summary.tasks:
        for metric in plain_metrics(registry()[task.name]):
            assert task.estimates[metric].value == 1.0, (task.name, metric)


def test_hostile_answers_score_zero_with_an_outcome_each(tmp_path: Path) -> None:
    attacks = [
        "DROP TABLE book",
        "ATTACH DATABASE '/tmp/x' AS y",
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT max(x) FROM c",
        "SELECT zeroblob(1000000000)",
        "SELECT" + "(" * 5000,
        "\ud800\x00",
        "```sql\n",
        "SELECT * FROM nowhere",
    ]

    def attack(task: Task, sample: Sample) -> str:
        return attacks[int(sample.id.rsplit("-", 1)[1]) % len(attacks)]

    summary = replay(tmp_path, ["spider"], "bundled", attack)
    (task,) = summary.tasks
    assert task.estimates["execution_accuracy"].value == 0.0
    assert sum(task.outcomes.values()) == 16
    assert task.faults == 0
    assert Status.TIMEOUT.value in task.outcomes
    assert Status.OK.value not in task.outcomes


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, ["scan"], "bundled")
    with server_for(plan, gold, faults=dict.fromkeys(range(4, 60), Fault(400, "busy"))) as server:
        first = run(plan, server)
    assert first.tasks[0].faults == 12
    with server_for(plan, gold) as server:
        second = run(plan, server)
        assert len(server.requests) == 12, "what was answered is not asked again"
    assert (second.tasks[0].n, second.tasks[0].faults) == (16, 0)
    assert second.tasks[0].estimates["exact_match"].value == 1.0


def test_a_finished_run_asks_nothing(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, ["scan"], "bundled")
    with server_for(plan, gold) as server:
        first = run(plan, server)
        asked = len(server.requests)
        assert run(plan, server) == first
        assert len(server.requests) == asked


def test_restart_begins_anew(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, ["scan"], "bundled", restart=True)
    with server_for(plan, gold) as server:
        run(plan, server)
        run(plan, server)
        assert len(server.requests) == 32
    assert len(parts(plan.folder)) == 1


def test_a_prompt_too_long_for_the_model_is_counted_not_sent(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, ["scan"], "bundled")
    with server_for(plan, gold, max_model_len=100) as server:
        summary = run(plan, server)
        assert server.requests == []
    assert summary.tasks[0].finish_reasons == {"prompt_too_long": 16}
    assert summary.tasks[0].outcomes == {"no_program": 16}


def test_records_tell_what_was_asked(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, ["scan"], "bundled", limit=1)
    with server_for(plan, gold) as server:
        run(plan, server)
    (record,) = read_records(plan.folder)
    assert record.prompt.startswith("Transform the natural language sentence into action sequence")
    assert record.prompt_form == "ids"
    assert record.prompt_tokens == len(record.prompt) + 1, "a byte a token, and one BOS"
    assert record.model == plan.identity
    about = json.loads((plan.folder / "run.json").read_text())["about"]
    assert about["first_prompt"]["first_ids"][0] == 256


def test_same_answers_same_records_and_results(tmp_path: Path) -> None:
    """Whatever the order of completion; only times differ."""
    results = []
    for name, concurrency in (("a", 1), ("b", 32)):
        plan = plan_for(tmp_path / name, TASKS, "bundled", concurrency=concurrency, run_name="r")
        with server_for(plan, gold) as server:
            run(plan, server)
        lines = [parse_line(line) for part in parts(plan.folder) for line in part.read_bytes().splitlines()]
        rows = sorted(
            json.dumps({k: v for k, v in line.items() if k not in ("seconds", "outcome")}, sort_keys=True)
            for line in lines
        )
        results.append(((plan.folder / "results.json").read_bytes(), rows))
    assert results[0] == results[1]
