"""What a run will do, settled before the first question: tasks, data, prompts, config, folder.

Everything a user can get wrong is checked here, before a server is started: a typing error must cost seconds, not
the minutes that a 13B checkpoint takes to load.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.ask import Ask
from harness.checkpoint import chat_format, identity, identity_hash, load_tokenizer
from harness.config import ModelSpec, Sampling, Shard, UserError
from harness.fitting import shorter_forms
from harness.repair import SelfRepair
from tasks.chat import ChatFormat, Encoded, EncodingError, Tokenizer, choice_ids, converse, encode
from tasks.source import Located, MissingError, SourceError, locate
from tasks.task import DataError, Sample, Task, UnknownTaskError, select

_CHUNK = 64


@dataclass(frozen=True)
class Options:
    """What `symharness run` was asked to do. None: `workers` as the machine has cores, `request_timeout` by whose the
    server is.
    """

    spec: ModelSpec
    tasks: Sequence[str]
    sampling: Sampling
    output_path: Path
    data: str | None = None
    num_fewshot: int = 0
    limit: float | None = None
    run_name: str | None = None
    restart: bool = False
    workers: int | None = None
    concurrency: int = 128
    request_timeout: float | None = None
    base_url: str | None = None
    served_model_name: str | None = None
    vllm: Path | None = None
    deterministic: bool = False
    spread: int = 0
    dialect: str | None = None
    self_repair: int = 0
    shard: Shard | None = None


@dataclass(frozen=True)
class Prepared:
    """A task with its files found, its samples read, and those of them that this run asks.

    `parts` are further tasks of this run whose samples are among them, and whose figures come of the same answers.
    """

    task: Task
    located: Located
    samples: list[Sample]
    total: int
    parts: tuple[Task, ...] = ()

    def samples_of(self, part: Task) -> list[Sample]:
        """Those that are a part's as well."""
        assert part.part is not None
        return [sample for sample in self.samples if part.part.holds(sample.id)]


@dataclass(frozen=True)
class Plan:
    """All that is settled before the first question: what is asked, how it is written, where it is logged.

    `missing` are the tasks of its suites that have no data here, and why.
    """

    options: Options
    prepared: list[Prepared]
    missing: Mapping[str, MissingError]
    tokenizer: Tokenizer | None
    chat_format: ChatFormat
    config: dict[str, Any]
    folder: Path

    @property
    def identity(self) -> str:
        """What every record of this run carries."""
        return identity_hash(self.config["model"])

    @property
    def samples(self) -> dict[str, list[Sample]]:
        """The samples of every task that this run has figures of."""
        found: dict[str, list[Sample]] = {}
        for item in self.prepared:
            found[item.task.name] = item.samples
            found.update({part.name: item.samples_of(part) for part in item.parts})
        return found

    def cut_to(self, wanted: Container[tuple[str, str]]) -> Plan:
        """The plan with only those samples whose task and id are wanted."""
        prepared = [
            replace(item, samples=[sample for sample in item.samples if (item.task.name, sample.id) in wanted])
            for item in self.prepared
        ]
        return replace(self, prepared=prepared, config=self.config | {"tasks": _task_configs(prepared)})

    def unit(self, names: Container[str], shard: Shard, folder: Path) -> Plan:
        """A part of the plan as a plan of its own, as if only these tasks and this shard had been asked for."""
        prepared = [
            replace(item, samples=list(shard.of(item.samples)), parts=tuple(p for p in item.parts if p.name in names))
            for item in self.prepared
            if item.task.name in names
        ]
        config = self.config | {"tasks": json.loads(json.dumps(_task_configs(prepared))), "shard": str(shard)}
        config.pop("no_data", None)
        options = replace(self.options, shard=shard, restart=False)
        return replace(self, options=options, prepared=prepared, missing={}, config=config, folder=folder)

    def asks(self, done: set[tuple[str, str]], max_model_len: int | None = None) -> Iterator[Ask]:
        """The samples that are still to be asked, with their prompts encoded a chunk at a time.

        Prompts that leave no room for an answer in `max_model_len` tokens (None: the model spec's) are shortened as
        `harness.fitting` says.
        """
        room = max_model_len or self.options.spec.max_model_len
        for prepared in self.prepared:
            task = prepared.task
            todo = [sample for sample in prepared.samples if (task.name, sample.id) not in done]
            stop = (*self.options.spec.stop, *self.options.sampling.stop, *task.stop)
            stop += task.prompt.stops(self.options.num_fewshot)
            max_tokens = self.options.sampling.max_tokens or task.max_tokens
            allowed: tuple[int, ...] = ()
            for start in range(0, len(todo), _CHUNK):
                chunk = todo[start : start + _CHUNK]
                questions = self.questions(task, chunk, self.options.num_fewshot)
                prompts = self._encoded([(question,) for question in questions])
                if start == 0 and task.choices and self.tokenizer is not None:  # all prompts of a task end alike
                    allowed = choice_ids(prompts[0].text, task.choices, self.tokenizer)
                for sample, question, prompt in zip(chunk, questions, prompts, strict=True):
                    ask = Ask(task, sample, question, prompt, stop, max_tokens, allowed)
                    yield ask if room is None else self._fitted(ask, room)

    def _fitted(self, ask: Ask, room: int) -> Ask:
        """The ask in the first of its forms whose prompt and answer have room, else in the last one."""
        answer = 1 if ask.allowed else ask.max_tokens
        forms = shorter_forms(ask.task, ask.sample, self.options.num_fewshot)
        while ask.prompt.ids and len(ask.prompt.ids) + answer > room and (form := next(forms, None)) is not None:
            (question,) = self.questions(ask.task, [form.sample], form.num_fewshot)
            (prompt,) = self._encoded([(question,)])
            dropped, pruned = form.shots_dropped, form.pruned
            ask = replace(ask, question=question, prompt=prompt, shots_dropped=dropped, pruned=pruned)
        return ask

    @property
    def self_repair(self) -> SelfRepair | None:
        """How failing programs are asked for again; None when they are not."""
        retries = self.options.self_repair
        return SelfRepair(retries, self._again) if retries else None

    def _again(self, ask: Ask, turns: Sequence[str]) -> Encoded:
        return self.conversation((ask.question, *map(_sendable, turns)))

    def conversation(self, turns: Sequence[str]) -> Encoded:
        """A whole prompt of turns, the user's and the model's."""
        (prompt,) = self._encoded([turns])
        return prompt

    def first_prompt(self) -> Encoded | None:
        """The prompt of the first sample, None when there is no sample."""
        first = next(((item.task.name, item.samples[0].id) for item in self.prepared if item.samples), None)
        return next(self.cut_to({first}).asks(set())).prompt if first else None

    def encoded(self, task: Task, samples: Sequence[Sample]) -> list[Encoded]:
        """The samples' whole prompts, with as many exemplars as the run asks for."""
        return self._encoded([(question,) for question in self.questions(task, samples, self.options.num_fewshot)])

    @staticmethod
    def questions(task: Task, samples: Sequence[Sample], num_fewshot: int) -> list[str]:
        """The samples' prompts with so many exemplars, without a chat format."""
        return [task.prompt.render(sample.fields, num_fewshot) for sample in samples]

    def _encoded(self, conversations: Sequence[Sequence[str]]) -> list[Encoded]:
        texts = [converse(turns, self.chat_format, self.tokenizer) for turns in conversations]
        if self.tokenizer is None:
            return [Encoded(text, ()) for text in texts]
        return encode(texts, self.chat_format, self.tokenizer)


def prepare(options: Options) -> Plan:
    """Check tasks, data, prompts and tokenizer. Raises UserError for whatever the user can mend."""
    prepared, missing = find_tasks(options.tasks, options.data, options.limit)
    if not prepared:
        raise UserError(str(next(iter(missing.values()))) if missing else "--tasks names no task")
    prepared = _each_asked_once(prepared)
    if options.dialect is not None:
        prepared = _in_dialect(prepared, options.dialect)
    if options.shard is not None:
        prepared = [replace(item, samples=list(options.shard.of(item.samples))) for item in prepared]
    without = options.spec.replays or options.spec.tokenizer == "none"
    tokenizer = None if without else load_tokenizer(options.spec)
    try:
        asked_in = chat_format(options.spec, tokenizer)
    except ValueError as error:
        raise UserError(str(error)) from error
    model = identity(options.spec, asked_in, tokenizer)
    config = {
        "model": model,
        "sampling": options.sampling.model_dump(mode="json"),
        "stop": list(options.spec.stop),
        "dtype": options.spec.dtype,
        "deterministic": options.deterministic,
        "max_model_len": options.spec.max_model_len,
        "num_fewshot": options.num_fewshot,
        "limit": options.limit,
        "tasks": _task_configs(prepared),
    }
    if options.self_repair:
        config["self_repair"] = options.self_repair
    if missing:
        config["no_data"] = {name: error.lacking for name, error in missing.items()}
    if options.dialect is not None:
        config["dialect"] = options.dialect
    if options.shard is not None:
        config["shard"] = str(options.shard)
    config = json.loads(json.dumps(config))
    plan = Plan(options, prepared, missing, tokenizer, asked_in, config, run_folder(options, config))
    _check_prompts(plan)
    return plan


def prepare_tasks(names: Sequence[str], data: str | None, limit: float | None) -> list[Prepared]:
    """The named tasks with their samples read; all of them must have data. Raises UserError as `find_tasks`."""
    prepared, missing = find_tasks(names, data, limit)
    for error in missing.values():
        raise UserError(str(error)) from error
    return prepared


def find_tasks(
    names: Sequence[str], data: str | None, limit: float | None
) -> tuple[list[Prepared], dict[str, MissingError]]:
    """The named tasks with their samples read, and those that a suite brought along and that have no data here.

    Raises UserError for an unknown task, damaged data, and a task that has none and was named itself.
    """
    prepared: list[Prepared] = []
    missing: dict[str, MissingError] = {}
    try:
        for task in select(names):
            try:
                prepared.append(_prepare(task, data, limit))
            except MissingError as error:
                if task.name in names:
                    raise
                missing[task.name] = error
    except (UnknownTaskError, SourceError, DataError, FileNotFoundError) as error:
        raise UserError(str(error)) from error
    return prepared, missing


def _each_asked_once(prepared: Sequence[Prepared]) -> list[Prepared]:
    """The same with the tasks that are a part of another one of them under that one."""
    names = {item.task.name for item in prepared}
    inner = [item.task for item in prepared if item.task.part is not None and item.task.part.of in names]
    return [
        replace(item, parts=tuple(task for task in inner if task.part is not None and task.part.of == item.task.name))
        for item in prepared
        if item.task not in inner
    ]


def _in_dialect(prepared: Sequence[Prepared], dialect: str) -> list[Prepared]:
    """The same with the samples of all tasks that know dialects in `dialect`."""
    if all(item.task.in_dialect is None for item in prepared):
        raise UserError(f"--dialect {dialect}: none of these tasks is answered in a language with dialects")
    try:
        return [
            replace(item, samples=[item.task.in_dialect(sample, dialect) for sample in item.samples])
            if item.task.in_dialect is not None
            else item
            for item in prepared
        ]
    except ValueError as error:
        raise UserError(f"--dialect: {error}") from error


# The Debian package of each program that a task may need.
_PACKAGES = {"bwrap": "bubblewrap"}


def _prepare(task: Task, data: str | None, limit: float | None) -> Prepared:
    for program in task.needs:
        if shutil.which(program) is None:
            package = _PACKAGES.get(program, program)
            raise UserError(f"task {task.name} needs {program}, which is not on PATH: apt-get install {package}")
    located = locate(task.source, data)
    samples = list(task.read(located.path))
    if len({sample.id for sample in samples}) != len(samples):
        raise DataError(f"{located.path}: two samples of {task.name} have one id")
    return Prepared(task, located, samples[: _limit(limit, len(samples))], len(samples))


def _limit(limit: float | None, total: int) -> int:
    """lm-eval's --limit: below 1 a share of the samples, else a number of them."""
    if limit is None:
        return total
    return max(1, round(limit * total)) if limit < 1 else int(limit)


def _task_configs(prepared: Sequence[Prepared]) -> dict[str, dict[str, Any]]:
    """What is asked of every task, as JSON has it. A part's entry names whose answers it is of."""
    configs: dict[str, dict[str, Any]] = {}
    for item in prepared:
        configs[item.task.name] = _task_config(item, item.task, len(item.samples))
        for part in item.parts:
            samples = len(item.samples_of(part))
            configs[part.name] = _task_config(item, part, samples) | {"part_of": item.task.name}
    return configs


def _task_config(prepared: Prepared, task: Task, samples: int) -> dict[str, Any]:
    return {
        "place": prepared.located.place.value,
        "data": prepared.located.sha256,
        "prompt": task.prompt.digest,
        "max_tokens": task.max_tokens,
        "samples": samples,
        "total": task.size or prepared.total,
        **({"choices": list(task.choices)} if task.choices else {}),
    }


def _sendable(text: str) -> str:
    """What a model wrote, without what no tokenizer reads: lone surrogates."""
    return text.encode("utf-8", "replace").decode()


def run_folder(options: Options, config: Mapping[str, Any]) -> Path:
    """`<output_path>/<model>/<run>`; unnamed runs are named by their config, so that the same command goes on."""
    digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:10]
    run = options.run_name or digest
    if "/" in run or run.startswith("."):
        raise UserError(f"--run {run!r}: a run's name is one folder name")
    return options.output_path / options.spec.name.replace("/", "__").replace(":", "_") / run


def _check_prompts(plan: Plan) -> None:
    """A prompt of every task, and with self-repair one that goes on, as not every chat template can."""
    from jinja2 import TemplateError

    for prepared in plan.prepared:
        try:
            if prepared.samples:
                plan.encoded(prepared.task, prepared.samples[:1])
        except (EncodingError, ValueError) as error:
            raise UserError(f"task {prepared.task.name}: {error}") from error
    if plan.options.self_repair:
        try:
            plan.conversation(("question", "answer", "error"))
        except (EncodingError, ValueError, TemplateError) as error:
            raise UserError(f"--self_repair: the chat format takes no second turn of the user's: {error}") from error
