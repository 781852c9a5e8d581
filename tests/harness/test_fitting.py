"""Prompts too long for the model: what is left out, in which order, and that it is counted."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from harness.config import ModelSpec, Sampling
from harness.fitting import shorter_forms
from harness.plan import Options, Plan, prepare
from harness.runlog import read_records
from harness.summary import load_summary
from tasks.general import BBH_COT, MMLU
from tasks.source import BUNDLED
from tasks.spider_format import prune_schema
from tasks.sql import SPIDER
from tasks.task import Sample, Task
from tests.checkpoints import tiny_checkpoint
from tests.replay import gold, run, server_for
from tests.scripted import Fault

ROOM = 40  # tokens for an answer; the tiny checkpoint's tokens are bytes


def plan_in(folder: Path, task: str, max_model_len: int | None, num_fewshot: int = 0, limit: int | None = None) -> Plan:
    spec = ModelSpec(model=str(tiny_checkpoint(folder / "tiny", adds_bos=True)), max_model_len=max_model_len)
    options = Options(
        spec, [task], Sampling(max_tokens=ROOM), folder / "o", "bundled", num_fewshot, limit, workers=1, concurrency=4
    )
    return prepare(options)


def lengths(plan: Plan, shots: int) -> list[int]:
    (item,) = plan.prepared
    asked = replace(plan, options=replace(plan.options, num_fewshot=shots))
    return [len(prompt.ids) for prompt in asked.encoded(item.task, item.samples)]


def test_the_last_exemplars_are_dropped_first_and_no_more_than_must_be(tmp_path: Path) -> None:
    free = plan_in(tmp_path, "scan", None, 3)
    room = max(lengths(free, 2)) + ROOM
    plan = plan_in(tmp_path, "scan", room, 3)
    for ask, three, two in zip(plan.asks(set()), lengths(free, 3), lengths(free, 2), strict=True):
        assert (ask.shots_dropped, len(ask.prompt.ids)) == ((1, two) if three + ROOM > room else (0, three))
    exemplars = [shot.fields for shot in plan.prepared[0].task.prompt.shots]
    (first,) = plan_in(tmp_path, "scan", room, 3, 1).asks(set())
    texts = [next(iter(fields.values())) for fields in exemplars]
    assert [text in first.prompt.text for text in texts] == [True, True, False]


def test_a_prompt_that_fits_is_as_it_was(tmp_path: Path) -> None:
    free, wide = (plan_in(tmp_path, "scan", room, 3) for room in (None, 100_000))
    assert [ask.prompt for ask in free.asks(set())] == [ask.prompt for ask in wide.asks(set())]


def test_what_was_left_out_is_recorded_and_counted_and_the_same_when_a_run_goes_on(tmp_path: Path) -> None:
    free = plan_in(tmp_path, "scan", None, 3)
    room = sorted(lengths(free, 3))[7] + ROOM  # half of the prompts fit as they are
    plan = plan_in(tmp_path, "scan", room, 3)
    with server_for(plan, gold, faults=dict.fromkeys(range(8, 60), Fault(400, "busy"))) as server:
        assert run(plan, server).tasks[0].faults == 8
    with server_for(plan, gold) as server:
        summary = run(plan, server)
        assert all(len(request["prompt"]) + request["max_tokens"] <= room for request in server.requests)
    assert summary.tasks[0].faults == 0
    dropped = {record.sample for record in read_records(plan.folder) if record.shots_dropped}
    assert dropped == {ask.sample.id for ask in plan.asks(set()) if ask.shots_dropped}
    (task,) = load_summary(plan.folder).tasks
    assert task == summary.tasks[0]
    assert task.shortened == {"shots dropped": len(dropped)}
    assert 0 < len(dropped) < task.n


def test_the_server_says_how_long_prompts_may_be(tmp_path: Path) -> None:
    known = plan_in(tmp_path / "a", "scan", 600, 2)
    plan = plan_in(tmp_path / "b", "scan", None, 2)
    with server_for(known, gold, max_model_len=600) as server:
        summary = run(plan, server)
    assert summary.tasks[0].shortened == {"shots dropped": sum(bool(ask.shots_dropped) for ask in known.asks(set()))}
    assert summary.tasks[0].estimates["exact_match"].value == 1


def test_what_cannot_be_made_to_fit_is_sent_in_its_shortest_form(tmp_path: Path) -> None:
    shortest = lengths(plan_in(tmp_path, "scan", None), 0)
    room = max(shortest) + 5
    plan = plan_in(tmp_path, "scan", room, 3)
    longest = shortest.index(max(shortest))
    ask = list(plan.asks(set()))[longest]
    assert (ask.shots_dropped, len(ask.prompt.ids)) == (3, max(shortest))
    with server_for(plan, gold) as server:
        run(plan, server)
        assert min(request["max_tokens"] for request in server.requests) == 5


@pytest.mark.parametrize(("task", "shots"), [(MMLU, 5), (BBH_COT, 3)], ids=["mmlu", "bbh_cot"])
def test_official_exemplars_are_dropped_one_by_one(task: Task, shots: int, data_root: Path) -> None:
    for sample in list(task.read(data_root / task.source.folder))[::29]:
        forms = list(shorter_forms(task, sample, 0))
        assert [form.shots_dropped for form in forms] == list(range(1, shots + 1))
        exemplars = [sample.fields["exemplars"], *(form.sample.fields["exemplars"] for form in forms)]
        for before, after in itertools.pairwise(exemplars):
            assert before.startswith(after), "the first ones stay"
            assert before != after
        question = sample.fields["question"].strip()
        assert task.prompt.render(forms[-1].sample.fields).count(question) == 1


def schema_question(question: str) -> Sample:
    schema = (
        "singer(singer_id, name, Birth_Year) | concert(concert_id, venue_id) | venue(venue_id, capacity) | "
        "singer_in_concert(singer_id, concert_id) | tax(tax_id, rate) | concert.venue_id = venue.venue_id | "
        "singer_in_concert.singer_id = singer.singer_id | singer_in_concert.concert_id = concert.concert_id"
    )
    return Sample("s", {"schema": schema, "question": question}, "")


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("Which singers sang in most concerts?", ["singer", "concert", "singer_in_concert"]),
        ("What is the capacity of each?", ["venue"]),
        ("Birth years, please", ["singer"]),
    ],
)
def test_a_schema_is_pruned_to_what_is_spoken_of(question: str, kept: list[str]) -> None:
    pruned = prune_schema(schema_question(question))
    assert pruned is not None
    tables = [part.partition("(")[0] for part in pruned.fields["schema"].split(" | ") if part.endswith(")")]
    assert sorted(tables) == sorted(kept)
    keys = [part for part in pruned.fields["schema"].split(" | ") if " = " in part]
    assert len(keys) == (2 if "singer_in_concert" in kept else 0)


@pytest.mark.parametrize("question", ["How many are there?", "Singers, concerts, venues and tax"])
def test_nothing_is_pruned_where_that_would_leave_all_or_nothing(question: str) -> None:
    assert prune_schema(schema_question(question)) is None


def test_a_schema_is_pruned_after_the_exemplars_and_said_so(tmp_path: Path) -> None:
    (sample, *_) = (s for s in SPIDER.read(BUNDLED / "spider") if prune_schema(s) is not None)
    forms = list(shorter_forms(SPIDER, sample, 2))
    assert [(form.num_fewshot, form.shots_dropped, form.pruned) for form in forms] == [
        (1, 1, False),
        (0, 2, False),
        (0, 2, True),
    ]
    plan = plan_in(tmp_path, "spider", 200, 2).cut_to({("spider", sample.id)})
    with server_for(plan, gold) as server:
        summary = run(plan, server)
    assert summary.tasks[0].shortened == {"pruned": 1, "shots dropped": 1}
