"""What a run will ask, counted as it would be sent; how long the answers will be, by earlier runs or by gold."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.config import ModelSpec, UserError
from harness.cost.model import Lengths, PrefixCache, Question
from harness.plan import Plan
from harness.record import Record
from harness.runlog import RUN_FILE, completed, differences, is_run, read_records, read_run
from tasks.chat import Encoded, Tokenizer

CHARACTERS = 4  # of a token, where no tokenizer is there to count by
GOLD_FACTOR = 1.5  # answers of a model that was not trained on a task are longer than its gold
_RECORD = 1000  # bytes of a record beside its prompt and its answer
_ANSWER = 8  # bytes of an answer's token in a record, in the completion and again in the program

# What must be alike for another run's answers to tell of this one's.
_SAME = ("model", "sampling", "stop", "num_fewshot", "dialect")


@dataclass(frozen=True, slots=True)
class Workload:
    """The questions that are still to be asked, in their order; by task how many were answered before, and of how many
    the prompt is too long for the model, so that they are not sent.
    """

    questions: Sequence[Question]
    there: Mapping[str, int]
    too_long: Mapping[str, int]


def workload(plan: Plan, room: int | None, block: int) -> Workload:
    """What a run of the plan would send. `room`: tokens of prompt and answer that the model takes, None where it is not
    known; `block`: tokens of a block of the engine's prefix cache.
    """
    done = _answered(plan)
    there: dict[str, int] = {}
    too_long: dict[str, int] = {}
    for item in plan.prepared:
        there[item.task.name] = sum((item.task.name, sample.id) in done for sample in item.samples)
    cache = PrefixCache(block)
    questions = []
    for ask in plan.asks(done, room):
        task, ids = ask.task.name, ask.prompt.ids
        if room is not None and len(ids) >= room:
            too_long[task] = too_long.get(task, 0) + 1
            continue
        prompt, fresh = prompt_tokens(ask.prompt, cache)
        most = 1 if ask.allowed else min(ask.max_tokens, (room or math.inf) - len(ids))
        size = len(json.dumps(ask.prompt.text))
        questions.append(Question(task, ask.sample.id, prompt, fresh, int(most), size))
    return Workload(questions, there, too_long)


def prompt_tokens(prompt: Encoded, cache: PrefixCache) -> tuple[int, int]:
    """How many tokens a prompt has, and how many of them are still to be computed."""
    if prompt.ids:
        return len(prompt.ids), cache.fresh(prompt.ids)
    counted = math.ceil(len(prompt.text) / CHARACTERS)
    return counted, counted


def _answered(plan: Plan) -> set[tuple[str, str]]:
    """The samples that the run's folder holds already."""
    return set() if plan.options.restart else completed(plan.folder)


def refusal(plan: Plan) -> str | None:
    """Why the run would be refused: its folder holds one of another config."""
    if plan.options.restart or not is_run(plan.folder):
        return None
    changed = sorted(differences(read_run(plan.folder)["config"], plan.config))
    return f"{plan.folder} holds a run with another config; different: {', '.join(changed)}" if changed else None


def longest(spec: ModelSpec) -> int | None:
    """The tokens of prompt and answer that the model will take: as it is to be served, else as its folder says."""
    if spec.max_model_len is not None or spec.folder is None:
        return spec.max_model_len
    try:
        content = json.loads((spec.folder / "config.json").read_text(encoding="utf-8"))
        length = content.get("max_position_embeddings")
        return None if length is None else int(length)
    except (OSError, ValueError, TypeError, AttributeError):
        return None


@dataclass(frozen=True, slots=True)
class Answers:
    """What is known of a task's answers and by what: their lengths, the seconds that scoring one takes, and the bytes
    that its record has beside the prompt.
    """

    source: str
    lengths: Lengths
    scoring: float
    size: float


def answers_of(records: Sequence[Record], source: str, lengths: Lengths) -> Answers:
    """What records of one task tell. Raises ZeroDivisionError where there is none."""
    scoring = sum(record.seconds.get("score", 0.0) for record in records) / len(records)
    size = sum(len(record.to_line()) + 1 - len(json.dumps(record.prompt)) for record in records) / len(records)
    return Answers(source, lengths, scoring, size)


def earlier_answers(plan: Plan) -> dict[str, Answers]:
    """By task, from the runs of the same model that are in the output folder and were asked in the same way."""
    found: dict[str, list[Record]] = {}
    names: dict[str, set[str]] = {}
    for path in sorted(plan.folder.parent.glob(f"*/{RUN_FILE}")):
        try:
            config = read_run(path.parent)["config"]
        except (UserError, KeyError):
            continue
        if any(config.get(key) != plan.config.get(key) for key in _SAME) or "route" in config:
            continue
        for record in _generated(path.parent.name, plan, names):
            found.setdefault(record.task, []).append(record)
    return {
        task: answers_of(
            records,
            f"earlier run {', '.join(sorted(names[task]))} ({len(records)} samples)",
            Lengths([record.completion_tokens or 0 for record in records]),
        )
        for task, records in found.items()
    }


def _generated(run: str, plan: Plan, names: dict[str, set[str]]) -> Iterator[Record]:
    for record in read_records(plan.folder.parent / run):
        if not record.fault and record.completion_tokens is not None and record.finish_reason != "prompt_too_long":
            names.setdefault(record.task, set()).add(run)
            yield record


def gold_lengths(plan: Plan, questions: Sequence[Question]) -> dict[tuple[str, str], int]:
    """By task and sample, the assumed length of an answer: `GOLD_FACTOR` times its gold's, and an end token."""
    wanted = {(question.task, question.sample) for question in questions}
    found: dict[tuple[str, str], int] = {}
    for item in plan.prepared:
        samples = [sample for sample in item.samples if (item.task.name, sample.id) in wanted]
        counts = token_counts([item.task.gold(sample) for sample in samples], plan.tokenizer)
        for sample, count in zip(samples, counts, strict=True):
            found[item.task.name, sample.id] = math.ceil(GOLD_FACTOR * count) + 1
    return found


def token_counts(texts: Sequence[str], tokenizer: Tokenizer | None) -> list[int]:
    """How many tokens each text has."""
    if tokenizer is None:
        return [math.ceil(len(text) / CHARACTERS) for text in texts]
    return [len(row) for row in tokenizer(list(texts), add_special_tokens=False)["input_ids"]] if texts else []


def record_size(question: Question, answer: int, beside: float | None) -> float:
    """Bytes of a sample's record; `beside` of what is not the prompt, where records told it."""
    return question.size + (beside if beside is not None else _RECORD + _ANSWER * answer)
