"""What runs will cost: the same prompts and tokens that a run then sends, and a time that holds."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from rich.console import Console

from harness.cli import main
from harness.config import ModelSpec, UserError
from harness.cost.afterwards import afterwards
from harness.cost.costs import Costs, TaskCost, read_costs
from harness.cost.model import Lengths, PrefixCache, Question, Rates, Wave, duration, fitted, schedule
from harness.cost.planning import plan_costs, read_runs
from harness.cost.throughput import cores, expected_speed, parameter_count
from harness.cost.workload import workload
from harness.plan import Plan
from harness.progress import Progress
from harness.runlog import read_records
from harness.starts import STARTS_FILE, Start, noted_start, read_starts, wall_seconds
from tests.checkpoints import tiny_checkpoint
from tests.replay import data_without, gold, plan_for, run, server_for
from tests.scripted import ScriptedServer

pytestmark = pytest.mark.alone

TASKS = ["scan", "spider", "mmlu"]


def test_places_make_the_steps() -> None:
    assert schedule([3, 1, 1, 5], 2).begins == [0, 0, 1, 2]
    assert schedule([3, 1, 1, 5], 2).steps == 7
    assert schedule([3, 1, 1, 5], 128).steps == 5
    assert schedule([], 4).steps == 0


def test_a_long_answer_at_the_end_costs_steps_and_not_only_tokens() -> None:
    questions = [Question("t", str(number), 10, 10, 100) for number in range(4)]
    alike = duration(questions, [25, 25, 25, 25], 4, Rates(0.001, 0.001, 0.1))
    one = duration(questions, [1, 1, 1, 97], 4, Rates(0.001, 0.001, 0.1))
    assert alike.seconds == pytest.approx(0.04 + 0.1 + 2.5)
    assert one.seconds == pytest.approx(0.04 + 0.1 + 9.7)


def test_what_prompts_begin_with_is_computed_once() -> None:
    cache = PrefixCache(4)
    assert cache.fresh(range(10)) == 10
    assert cache.fresh(range(10)) == 2, "two whole blocks are known"
    assert cache.fresh([*range(8), 99]) == 1
    assert cache.fresh(range(8)) == 4, "the last block is computed for its output"
    assert cache.fresh([99, *range(1, 8)]) == 8, "a block counts by what stands before it"


def test_answers_that_were_cut_make_lengths_no_shorter() -> None:
    assert Lengths([10, 20, 30, 40]).distribution() == [(10, 0.25), (20, 0.25), (30, 0.25), (40, 0.25)]
    cut = Lengths([4, 100], [32, 32]).distribution()
    assert cut == [(4, 0.25), (100, 0.75)]
    assert Lengths([4], [32]).distribution() == [(4, 0.5), (32, 0.5)]


def test_lengths_are_drawn_evenly_and_within_what_is_allowed() -> None:
    drawn = Lengths([10, 20, 30, 400]).drawn([256] * 40)
    assert {length: drawn.count(length) for length in set(drawn)} == {10: 10, 20: 10, 30: 10, 256: 10}


def test_rates_follow_from_when_answers_were_there() -> None:
    rates = Rates(0.002, 0.004, 0.03)
    fresh, answers = [100] * 24, [4] * 16 + [10, 20, 40, 60, 80, 90, 100, 120]
    begin, seconds = 100 * 24 * rates.prompt, []
    for end in answers:
        seconds.append(begin + end * rates.step + sum(min(n, end) for n in answers) * rates.answer)
    first = Wave([120] * 6, [1] * 6, [120 * 6 * rates.prompt + 6 * rates.answer + rates.step] * 6, 24)
    found = fitted([first, Wave(fresh, answers, seconds, 24)])
    assert (found.prompt, found.answer, found.step) == pytest.approx((0.002, 0.004, 0.03), rel=0.15)
    alike = fitted([Wave([100] * 4, [50] * 4, [6.0] * 4, 4)])
    shares = (400 * alike.prompt, 200 * alike.answer, 50 * alike.step)
    assert shares == pytest.approx((2, 2, 2), rel=0.05), "what cannot be told apart is shared evenly"
    with pytest.raises(ValueError, match="no answer"):
        fitted([])


def costs_of(plan: Plan, per_task: int = 0, device: str | None = None) -> Costs:
    with Progress(Console(file=io.StringIO())) as progress:
        return plan_costs(plan.options.output_path / "runs.toml", [plan.options], progress, per_task, device)


def attached(plan: Plan, server: ScriptedServer) -> Plan:
    return replace(plan, options=replace(plan.options, base_url=server.base_url))


def tasks_of(costs: Costs) -> dict[str, TaskCost]:
    (one,) = costs.runs
    return {task.name: task for task in one.tasks}


def sent(plan: Plan, server: ScriptedServer) -> dict[str, tuple[int, int]]:
    """By task, how many prompts and prompt tokens a server was really asked."""
    tasks = {ask.prompt.ids: ask.task.name for ask in plan.asks(set())}
    found: dict[str, tuple[int, int]] = {}
    for request in server.requests:
        ids = tuple(request["prompt"])
        prompts, tokens = found.get(tasks[ids], (0, 0))
        found[tasks[ids]] = (prompts + 1, tokens + len(ids))
    return found


def test_what_is_planned_is_what_a_run_sends(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, TASKS, "bundled", num_fewshot=1)
    planned = tasks_of(costs_of(plan))
    with server_for(plan, gold) as server:
        run(plan, server)
    assert {name: (task.prompts, task.prompt_tokens) for name, task in planned.items()} == sent(plan, server)
    assert sum(len(record.to_line()) + 1 for record in read_records(plan.folder)) == pytest.approx(
        sum(task.size for task in planned.values()), rel=0.5
    )


def keep_first(plan: Plan, records: int) -> None:
    """As if the run had been killed after so many."""
    part = plan.folder / "samples-0000.jsonl"
    part.write_text("".join(part.read_text().splitlines(keepends=True)[:records]))


def test_a_run_half_done_is_planned_to_its_end(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, ["scan"], "bundled", run_name="r")
    with server_for(plan, gold) as server:
        run(plan, server)
    keep_first(plan, 5)
    planned = tasks_of(costs_of(plan))["scan"]
    assert (planned.there, planned.prompts) == (5, len(plan.samples["scan"]) - 5)


def test_another_config_is_told(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, ["scan"], "bundled", run_name="r", limit=2)
    with server_for(plan, gold) as server:
        run(plan, server)
    (cost,) = costs_of(plan_for(tmp_path, ["scan"], "bundled", run_name="r", limit=3)).runs
    assert "holds a run with another config; different: limit (2 -> 3), tasks" in cost.notes[0]


def test_prompts_that_are_too_long_are_not_counted(tmp_path: Path) -> None:
    spec = ModelSpec(model=str(tiny_checkpoint(tmp_path / "tiny", adds_bos=True)), max_model_len=400)
    plan = plan_for(tmp_path, ["spider", "scan"], "bundled")
    plan = replace(plan, options=replace(plan.options, spec=spec))
    lengths = [len(ask.prompt.ids) for ask in plan.asks(set(), 400) if ask.task.name == "spider"]
    spider = tasks_of(costs_of(plan))["spider"]
    assert (spider.too_long, spider.prompts) == (sum(n >= 400 for n in lengths), sum(n < 400 for n in lengths))
    assert spider.too_long > 0


def test_without_any_answer_the_golds_length_is_assumed(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, TASKS, "bundled")
    assert plan.tokenizer is not None
    planned = tasks_of(costs_of(plan))
    golds = [len(sample.target.encode()) for sample in plan.samples["spider"]]
    assert planned["spider"].answer_tokens == sum(min(256, -(-3 * length // 2) + 1) for length in golds)
    assert planned["spider"].answers_by == "assumed: 1.5 x gold's length"
    assert planned["spider"].answer_tokens_most == 256 * len(golds)


def test_of_given_answers_one_token_is_asked(tmp_path: Path) -> None:
    spec = ModelSpec(model=str(tiny_checkpoint(tmp_path / "tiny")), chat_format="tulu")  # type: ignore[arg-type]
    plan = plan_for(tmp_path, ["mmlu"], "bundled")
    mmlu = tasks_of(costs_of(replace(plan, options=replace(plan.options, spec=spec))))["mmlu"]
    assert mmlu.answer_tokens == mmlu.answer_tokens_most == mmlu.prompts


def test_an_earlier_run_of_the_model_tells_more(tmp_path: Path) -> None:
    earlier = plan_for(tmp_path, ["scan"], "bundled", run_name="earlier", limit=4)
    with server_for(earlier, lambda task, sample: "I_WALK " * 7) as server:
        run(earlier, server)
    plan = plan_for(tmp_path, ["scan", "spider"], "bundled", run_name="next")
    planned = tasks_of(costs_of(plan))
    assert planned["scan"].answers_by == "earlier run earlier (4 samples)"
    assert planned["scan"].answer_tokens == 7 * planned["scan"].prompts
    assert planned["spider"].answers_by.startswith("assumed")
    other = plan_for(tmp_path, ["scan"], "bundled", run_name="shots", num_fewshot=1)
    assert tasks_of(costs_of(other))["scan"].answers_by.startswith("assumed"), "it was asked in another way"


def test_missing_data_is_listed(tmp_path: Path) -> None:
    data = data_without(tmp_path / "data", "amr2", "spider")
    plan = plan_for(tmp_path, ["scan"], data)
    options = replace(plan.options, tasks=["symbolic", "spider"])
    (cost,) = costs_of(replace(plan, options=options)).runs
    assert cost.missing.keys() == {"amr2", "spider"}
    assert "dev.json is missing: put the official files there" in cost.missing["spider"]
    assert any("no data, not asked: spider" in line for line in Costs("f", [cost]).captions())
    (nothing,) = costs_of(replace(plan, options=replace(options, tasks=["spider"]))).runs
    assert not nothing.tasks
    assert (nothing.seconds, list(nothing.missing)) == (0.0, ["spider"])


def test_a_models_size_is_read_from_its_weights(tmp_path: Path) -> None:
    folder = tiny_checkpoint(tmp_path / "tiny")
    assert parameter_count(ModelSpec(model=str(folder))) is None
    header = json.dumps({"a": {"shape": [3, 4], "dtype": "F32"}, "__metadata__": {}, "b": {"shape": [5]}}).encode()
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    assert parameter_count(ModelSpec(model=str(folder))) == 17
    (folder / "model.safetensors").write_bytes(b"\xff" * 20)
    with pytest.raises(UserError, match="cannot be read"):
        parameter_count(ModelSpec(model=str(folder)))
    (folder / "model.safetensors").unlink()
    (folder / "config.json").write_text('{"torch_dtype": "bfloat16"}')
    (folder / "pytorch_model.bin.index.json").write_text('{"metadata": {"total_size": 26000}}')
    assert parameter_count(ModelSpec(model=str(folder))) == 13000
    assert parameter_count(ModelSpec(model="Symbol-LLM/Symbol-LLM-13B-Instruct")) == 13e9
    assert parameter_count(ModelSpec(model="HuggingFaceTB/SmolLM2-135M-Instruct")) == 135e6
    assert parameter_count(ModelSpec(model="org/model")) is None


def test_the_table_of_speeds() -> None:
    spec = ModelSpec(model="org/model-7b")
    speed = expected_speed(spec, "NVIDIA A100-SXM4-80GB", 6.74e9)
    assert speed is not None
    assert speed.standing == "derived"
    full, one = 128 * speed.rates.answer + speed.rates.step, speed.rates.answer + speed.rates.step
    assert (128 / full, 1 / one, 1 / speed.rates.prompt) == pytest.approx((3300, 66, 10400))
    large = expected_speed(spec, "H100", 70e9)
    assert large is not None
    assert (large.standing, large.source) == ("assumed", "scaled from H100, 13B: roofline")
    two = expected_speed(ModelSpec(model="m", tensor_parallel_size=2, data_parallel_size=2), "H100", 70e9)
    assert two is not None
    assert two.rates.prompt == pytest.approx(large.rates.prompt / (2 * 0.8 * 2))
    assert two.rates.step == pytest.approx(large.rates.step / (2 * 0.8)), "two copies take as long for their steps"
    assert expected_speed(spec, "Abacus", 7e9) is None


def test_hours_are_of_all_devices(tmp_path: Path) -> None:
    spec = ModelSpec(
        model=str(tiny_checkpoint(tmp_path / "tiny-7b", adds_bos=True)), tensor_parallel_size=2, data_parallel_size=2
    )
    plan = plan_for(tmp_path, ["scan"], "bundled")
    plan = replace(plan, options=replace(plan.options, spec=spec))
    (gpu,) = costs_of(plan, device="H100").runs
    assert gpu.seconds is not None
    assert gpu.hours == pytest.approx(4 * gpu.seconds / 3600)
    assert (gpu.unit, gpu.devices) == ("GPU", 4)
    (cpu,) = costs_of(plan, device="CPU").runs
    assert (cpu.unit, cpu.devices) == ("core", cores())
    with pytest.raises(UserError, match="--device 'Abacus': known are A10, A100, CPU"):
        costs_of(plan, device="Abacus")


BLOCK = 32  # as a CPU's engine has it
RATES = Rates(prompt=0.0001, answer=0.0015, step=0.02)


@dataclass
class Engine(ScriptedServer):
    """A scripted server that takes its time as an engine with continuous batching does, at known rates."""

    rates: Rates = RATES
    places: int = 16
    waiting: list[list[Any]] = field(default_factory=list)
    running: list[list[Any]] = field(default_factory=list)
    stepping: asyncio.Task[None] | None = None
    cache: PrefixCache = field(default_factory=lambda: PrefixCache(BLOCK))

    async def _completions(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if body["prompt"] != [1, 2]:
            words = self.answer(tuple(body["prompt"])).split()
            ended = asyncio.Event()
            self.waiting.append([self.cache.fresh(body["prompt"]), max(1, min(len(words), body["max_tokens"])), ended])
            if self.stepping is None or self.stepping.done():
                self.stepping = asyncio.get_running_loop().create_task(self._steps())
            await ended.wait()
            cut = len(words) > body["max_tokens"]
            text = " ".join(words[: body["max_tokens"]])
            self.requests.append(body)
            choice = {"index": 0, "text": text, "finish_reason": "length" if cut else "stop"}
            return web.json_response({"choices": [choice], "usage": {"completion_tokens": len(text.split())}})
        return await super()._completions(request)

    async def _steps(self) -> None:
        due = time.perf_counter()
        while self.waiting or self.running:
            new = self.waiting[: self.places - len(self.running)]
            del self.waiting[: len(new)]
            self.running += new
            computed = sum(prompt for prompt, *_ in new)
            due += self.rates.prompt * computed + self.rates.answer * len(self.running) + self.rates.step
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            for one in list(self.running):
                one[1] -= 1
                if not one[1]:
                    self.running.remove(one)
                    one[2].set()


def words_of(lengths: Mapping[str, tuple[int, ...]], plan: Plan) -> dict[Any, str]:
    """Answers of these lengths, the tasks' in turn, by prompt."""
    answers: dict[Any, str] = {}
    for number, ask in enumerate(plan.asks(set())):
        of_task = lengths[ask.task.name]
        answers[ask.prompt.ids] = "word " * of_task[number % len(of_task)]
    return answers


LENGTHS = {"scan": (4, 9, 20, 25), "spider": (10, 40, 70, 12), "gsm8k": (60, 90, 100, 75)}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[tuple[Plan, Engine]]:
    plan = plan_for(tmp_path, list(LENGTHS), "bundled", concurrency=16, run_name="r")
    with Engine(words_of(LENGTHS, plan).__getitem__) as server:
        yield attached(plan, server), server


def test_a_probe_measures_and_its_estimate_holds(engine: tuple[Plan, Engine]) -> None:
    plan, server = engine
    costs = costs_of(plan, per_task=4, device="CPU")
    (cost,) = costs.runs
    assert cost.speed is not None
    assert cost.speed.standing == "measured"
    assert cost.speed.source == f"probe of {len(server.requests)} prompts"
    assert len(server.requests) < sum(task.prompts for task in cost.tasks)
    assert {task.answers_by.split(",")[0] for task in cost.tasks} == {"probe (4 samples"}
    assert not plan.folder.exists(), "no run was begun"
    estimates = tasks_of(costs)
    asked = workload(plan, None, BLOCK).questions
    written = [len(server.answer(ask.prompt.ids).split()) for ask in plan.asks(set())]
    for name, task in estimates.items():
        tokens = sum(length for question, length in zip(asked, written, strict=True) if question.task == name)
        assert task.answer_tokens == pytest.approx(tokens, rel=0.25), name
    assert cost.seconds is not None
    real = duration(asked, written, server.places, RATES).seconds
    assert cost.seconds - cost.speed.startup == pytest.approx(real, rel=0.25)


def test_real_cost_stands_beside_the_estimate(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, ["scan"], "bundled", run_name="r")
    path = tmp_path / "plan.json"
    path.write_text(costs_of(plan, device="H100").json())
    with server_for(plan, gold) as server:
        run(plan, server)
    after = afterwards(path)
    (one,) = after.runs
    assert one.real.tasks["scan"].prompts == one.estimate["scan"].prompts == len(server.requests)
    assert one.real.tasks["scan"].prompt_tokens == one.estimate["scan"].prompt_tokens
    assert one.real.tasks["scan"].answer_tokens == sum(r.completion_tokens or 0 for r in read_records(plan.folder))
    assert one.real.seconds > 0
    assert one.hours == pytest.approx(one.real.seconds / 3600)
    assert one.real.size == (plan.folder / "samples-0000.jsonl").stat().st_size
    assert after.grids()[1].rows[0][2:5] == (*2 * (f"{len(server.requests)}",), "1.00")
    (row,) = after.frame().to_dict("records")
    assert row["real_prompts"] == row["prompts"]


def test_a_plan_is_read_again_as_it_was_written(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, TASKS, "bundled")
    costs = costs_of(replace(plan, options=replace(plan.options, tasks=TASKS)), device="H100")
    path = tmp_path / "plan.json"
    path.write_text(costs.json())
    assert read_costs(path).json() == costs.json()
    assert list(costs.frame()["task"]) == TASKS
    path.write_text("{}")
    with pytest.raises(UserError, match="is no plan"):
        read_costs(path)


def test_only_what_was_spent_since_counts(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, ["scan"], "bundled", run_name="r")
    with server_for(plan, gold) as server:
        run(plan, server)
        keep_first(plan, 5)
        path = tmp_path / "plan.json"
        path.write_text(costs_of(plan).json())
        run(plan, server)
    (after,) = afterwards(path).runs
    assert after.real.tasks["scan"].prompts == after.estimate["scan"].prompts == len(plan.samples["scan"]) - 5
    assert after.real.seconds < sum(start.seconds or 0 for start in read_starts(plan.folder))


def test_a_start_leaves_how_long_it_took(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), noted_start(tmp_path):
        raise KeyboardInterrupt
    with (tmp_path / STARTS_FILE).open("a") as lines:
        lines.write('{"start": "killed", "began": 5}\n{"sta')
    stopped, killed = read_starts(tmp_path)
    assert stopped.seconds is not None
    assert killed == Start(5, None)


def test_starts_side_by_side_count_once() -> None:
    assert wall_seconds([Start(0, 10), Start(5, 10), Start(100, 1), Start(200, None)]) == 16


def test_a_sweeps_file_is_read_as_well(tmp_path: Path) -> None:
    batch, sweep = tmp_path / "batch.toml", tmp_path / "sweep.toml"
    batch.write_text('[[run]]\nmodel = "replay:gold"\ntasks = ["scan"]')
    sweep.write_text('suites = ["scan", "spider"]\nshards = 2\n[[model]]\nmodel = "replay:gold"')
    assert [list(options.tasks) for options in read_runs(batch)] == [["scan"]]
    assert [list(options.tasks) for options in read_runs(sweep)] == [["scan", "spider"]]
    with pytest.raises(UserError, match=r"none\.toml: No such file"):
        read_runs(tmp_path / "none.toml")


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def plan(*words: object) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["symharness", "plan", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, *capsys.readouterr()

    file = tmp_path / "runs.toml"
    file.write_text(
        f'[[run]]\nmodel = "{tiny_checkpoint(tmp_path / "t-7b")}"\ntasks = ["scan", "spider"]\nlimit = 3\n'
        f'data = "bundled"\noutput_path = "{tmp_path / "o"}"'
    )
    status, out, err = plan(file, "--device", "A100")
    assert (status, err) == (0, f"written: {tmp_path}/runs.plan.json; after the runs: symharness plan {file} --after\n")
    assert "GPU-hours" in out
    assert not (tmp_path / "o").exists(), "nothing was started"
    status, out, _ = plan(file, "--after", "--format", "json")
    assert (status, json.loads(out)["runs"][0]["real"]["tasks"]) == (0, {})
    status, _, err = plan(file, "--device", "Abacus")
    assert (status, err.count("\n")) == (2, 1)
    status, _, err = plan(tmp_path / "other.toml", "--after")
    assert (status, err.count("\n")) == (2, 1)
    assert "other.plan.json: No such file or directory; `symharness plan FILE` writes it" in err
