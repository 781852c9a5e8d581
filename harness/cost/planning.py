"""`symharness plan`: what runs will cost, reckoned before anything is started (a probe's server apart)."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.batch import read_batch, survey
from harness.config import UserError
from harness.cost.costs import REPLAYED, Costs, RunCost, TaskCost
from harness.cost.model import Question, Speed, duration
from harness.cost.probe import Probed, probe
from harness.cost.spent import Spent, spent
from harness.cost.throughput import CPU, cores, devices, expected_speed, parameter_count, this_device
from harness.cost.workload import (
    CHARACTERS,
    GOLD_FACTOR,
    Answers,
    earlier_answers,
    gold_lengths,
    longest,
    record_size,
    refusal,
    workload,
)
from harness.evaluate import default_workers
from harness.plan import Options, Plan, prepare
from harness.progress import Progress
from harness.serving import DETERMINISTIC_SEQS
from harness.sweep.file import read_sweep

_BY_GOLD = f"assumed: {GOLD_FACTOR:g} x gold's length"
_BLOCKS = {CPU: 32}  # tokens of a block of vLLM's prefix cache, as its back-ends choose them
_BLOCK = 16


def read_runs(path: Path) -> Sequence[Options]:
    """The runs of a batch's file, or the whole runs of a sweep's. Raises UserError."""
    try:
        sweeps = "model" in tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        sweeps = False  # what is wrong with the file, its reader says
    return read_sweep(path).runs if sweeps else read_batch(path)


def plan_costs(
    file: Path, runs: Sequence[Options], progress: Progress, per_task: int = 0, device: str | None = None
) -> Costs:
    """What the runs will cost. With `per_task` each model is served (or attached to) and asked so many samples a task.

    `device`: the kind that they will run on, by default this machine's. Raises UserError.
    """
    where = device or this_device()
    if device is not None and not per_task and device not in devices():
        raise UserError(f"--device {device!r}: known are {', '.join(devices())}; --probe N measures any other")
    costs = []
    for number, run in enumerate(survey(runs), 1):
        if not run.options.tasks:
            costs.append(_nothing(run.options, where, run.missing))
            continue
        try:
            plan = prepare(run.options)
            missing = {**run.missing, **{name: str(error) for name, error in plan.missing.items()}}
            log = file.with_name(f"{file.stem}.probe-{number}.log")
            costs.append(_cost(plan, missing, where, device is None, per_task, log, progress))
        except UserError as error:
            raise UserError(f"run {number}: {error}") from error
    return Costs(file.name, costs)


def _nothing(options: Options, device: str, missing: Mapping[str, str]) -> RunCost:
    unit, number = _devices(options, device)
    return RunCost(
        options.spec.name, "", device, unit, number, None, options.concurrency, 0, None, 0.0, (), missing, ()
    )


def _devices(options: Options, device: str) -> tuple[str, int]:
    if device.upper() == CPU:
        return "core", cores()
    return "GPU", options.spec.tensor_parallel_size * options.spec.data_parallel_size


def _cost(
    plan: Plan, missing: Mapping[str, str], device: str, here: bool, per_task: int, log: Path, progress: Progress
) -> RunCost:
    options = plan.options
    places = options.concurrency
    if options.deterministic and device != CPU:
        places = min(places, DETERMINISTIC_SEQS)
    block = _BLOCKS.get(device, _BLOCK)
    replays = options.spec.replays is not None
    probed = None if replays or not per_task else probe(plan, per_task, places, block, log, progress)
    work = workload(plan, probed.room if probed else longest(options.spec), block)
    known = {} if replays else {**earlier_answers(plan), **(probed.answers if probed else {})}
    answers = [0] * len(work.questions) if replays else _lengths(plan, work.questions, known)
    parameters = None if replays else parameter_count(options.spec)
    speed = _speed(plan, probed, parameters, device)
    took = duration(work.questions, answers, places, speed.rates) if speed else None
    of_task: dict[str, list[tuple[Question, int]]] = {item.task.name: [] for item in plan.prepared}
    for question, tokens in zip(work.questions, answers, strict=True):
        of_task[question.task].append((question, tokens))
    tasks = []
    for item in plan.prepared:
        name, asked = item.task.name, of_task[item.task.name]
        beside = known[name].size if name in known else None
        tasks.append(
            TaskCost(
                name=name,
                suites=item.task.suites,
                there=work.there[name],
                too_long=work.too_long.get(name, 0),
                prompts=len(asked),
                prompt_tokens=sum(question.prompt for question, _ in asked),
                fresh_tokens=sum(question.fresh for question, _ in asked),
                answer_tokens=sum(tokens for _, tokens in asked),
                answer_tokens_most=0 if replays else sum(question.most for question, _ in asked),
                answers_by=REPLAYED if replays else known[name].source if name in known else _BY_GOLD,
                seconds=took.tasks.get(name, 0.0) if took else None,
                size=math.ceil(sum(record_size(question, tokens, beside) for question, tokens in asked)),
            )
        )
    unit, number = _devices(options, device)
    notes = _notes(plan, tasks, here and options.base_url is not None, device)
    scoring = sum(task.prompts * known[task.name].scoring for task in tasks if task.name in known)
    seconds = _wall(plan, speed, took.seconds if took else None, scoring, bool(work.questions))
    return RunCost(
        model=options.spec.name,
        folder=str(plan.folder),
        device=device,
        unit=unit,
        devices=number,
        parameters=parameters,
        concurrency=places,
        steps=took.steps if took else 0,
        speed=speed,
        seconds=seconds,
        tasks=tasks,
        missing=missing,
        notes=notes,
        before=Spent() if options.restart else spent(plan.folder),
    )


def _lengths(plan: Plan, questions: Sequence[Question], known: Mapping[str, Answers]) -> list[int]:
    """The expected length of every answer."""
    gold = gold_lengths(plan, [question for question in questions if question.task not in known])
    most: dict[str, list[int]] = {}
    for question in questions:
        most.setdefault(question.task, []).append(question.most)
    drawn = {task: iter(known[task].lengths.drawn(limits)) for task, limits in most.items() if task in known}
    return [
        next(drawn[question.task])
        if question.task in drawn
        else min(gold[question.task, question.sample], question.most)
        for question in questions
    ]


def _speed(plan: Plan, probed: Probed | None, parameters: float | None, device: str) -> Speed | None:
    if probed is not None:
        return Speed(probed.rates, probed.startup, "measured", f"probe of {probed.asked} prompts")
    if parameters is None:
        return None
    speed = expected_speed(plan.options.spec, device, parameters)
    if speed is not None and plan.options.base_url is not None:
        return Speed(speed.rates, 0.0, speed.standing, speed.source)
    return speed


def _wall(plan: Plan, speed: Speed | None, generating: float | None, scoring: float, asks: bool) -> float | None:
    """Answers and scoring go on side by side: the slower one tells."""
    if not asks:
        return 0.0
    if speed is None or generating is None:
        return None
    return speed.startup + max(generating, scoring / (plan.options.workers or default_workers()))


def _notes(plan: Plan, tasks: Sequence[TaskCost], elsewhere: bool, device: str) -> list[str]:
    notes = [reason] if (reason := refusal(plan)) else []
    if plan.tokenizer is None and plan.options.spec.replays is None:
        notes.append(f"no tokenizer: {CHARACTERS} characters are counted as a token")
    notes += [f"{task.name}: {task.too_long} prompts are too long, not sent" for task in tasks if task.too_long]
    if plan.options.self_repair:
        notes.append("further attempts at self-repair are not counted")
    if plan.options.spread:
        notes.append(f"asked again to see how far answers repeat, not counted: {plan.options.spread} samples")
    if elsewhere:
        notes.append(f"taken to be served on {device}, as here; name another one with --device")
    return notes
