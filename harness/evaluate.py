"""One run from options to results: check everything, then serve, ask, score and write.

Tasks, data and executors are checked before a server is started: a typing error must cost seconds, not the minutes
that a 13B checkpoint takes to load.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import platform
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from executors.pool import Pool
from harness.checkpoint import identity, identity_hash, load_tokenizer
from harness.client import Client, Generator
from harness.config import ModelSpec, Sampling, UserError
from harness.progress import Progress
from harness.runlog import RunLog
from harness.runner import Ask, Pipeline
from harness.serving import find_engine, serve
from harness.summary import RunSummary, summarise, write_results
from tasks.chat import ChatFormat, Encoded, EncodingError, Tokenizer, encode, resolve, wrap
from tasks.source import Located, SourceError, locate
from tasks.task import DataError, Sample, Task, UnknownTaskError, select

_CHUNK = 64


@dataclass(frozen=True)
class Options:
    """What `symharness run` was asked to do. `workers` None: chosen by the machine."""

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
    base_url: str | None = None
    served_model_name: str | None = None
    vllm: Path | None = None


@dataclass(frozen=True)
class Prepared:
    """A task with its files found, its samples read, and the part of them that this run asks."""

    task: Task
    located: Located
    samples: list[Sample]
    total: int


@dataclass(frozen=True)
class Plan:
    """All that is settled before the first question: what is asked, how it is written, where it is logged."""

    options: Options
    prepared: list[Prepared]
    tokenizer: Tokenizer | None
    chat_format: ChatFormat
    config: dict[str, Any]
    folder: Path
    identity: str = field(default="")

    def asks(self, done: set[tuple[str, str]]) -> Iterator[Ask]:
        """The samples that are still to be asked, with their prompts encoded a chunk at a time."""
        for prepared in self.prepared:
            task = prepared.task
            todo = [sample for sample in prepared.samples if (task.name, sample.id) not in done]
            stop = (*self.options.spec.stop, *self.options.sampling.stop, *task.stop)
            stop += task.prompt.stops(self.options.num_fewshot)
            max_tokens = self.options.sampling.max_tokens or task.max_tokens
            for start in range(0, len(todo), _CHUNK):
                chunk = todo[start : start + _CHUNK]
                for sample, prompt in zip(chunk, self.encoded(task, chunk), strict=True):
                    yield Ask(task, sample, prompt, stop, max_tokens)

    def encoded(self, task: Task, samples: Sequence[Sample]) -> list[Encoded]:
        prompts = [task.prompt.render(sample.fields, self.options.num_fewshot) for sample in samples]
        texts = [wrap(prompt, self.chat_format, self.tokenizer) for prompt in prompts]
        if self.tokenizer is None:
            return [Encoded(text, ()) for text in texts]
        return encode(texts, self.chat_format, self.tokenizer)


def prepare(options: Options) -> Plan:
    """Check tasks, data, prompts and tokenizer. Raises UserError for whatever the user can mend."""
    try:
        prepared = [_prepare(task, options) for task in select(options.tasks)]
    except (UnknownTaskError, SourceError, DataError, FileNotFoundError) as error:
        raise UserError(str(error)) from error
    tokenizer = None if options.spec.tokenizer == "none" else load_tokenizer(options.spec)
    try:
        chat_format = resolve(options.spec.chat_format, tokenizer)
    except ValueError as error:
        raise UserError(str(error)) from error
    model = identity(options.spec, chat_format, tokenizer)
    config = {
        "model": model,
        "sampling": options.sampling.model_dump(mode="json"),
        "stop": list(options.spec.stop),
        "dtype": options.spec.dtype,
        "max_model_len": options.spec.max_model_len,
        "num_fewshot": options.num_fewshot,
        "limit": options.limit,
        "tasks": {item.task.name: _task_config(item) for item in prepared},
    }
    config = json.loads(json.dumps(config))
    folder = _run_folder(options, config)
    plan = Plan(options, prepared, tokenizer, chat_format, config, folder, identity_hash(model))
    _check_prompts(plan)
    return plan


def _prepare(task: Task, options: Options) -> Prepared:
    located = locate(task.source, options.data)
    samples = list(task.read(located.path))
    if len({sample.id for sample in samples}) != len(samples):
        raise DataError(f"{located.path}: two samples of {task.name} have one id")
    return Prepared(task, located, samples[: _limit(options.limit, len(samples))], len(samples))


def _limit(limit: float | None, total: int) -> int:
    """lm-eval's --limit: below 1 a share of the samples, else a number of them."""
    if limit is None:
        return total
    return max(1, round(limit * total)) if limit < 1 else int(limit)


def _task_config(prepared: Prepared) -> dict[str, Any]:
    task = prepared.task
    return {
        "place": prepared.located.place.value,
        "data": prepared.located.sha256,
        "prompt": task.prompt.digest,
        "max_tokens": task.max_tokens,
        "samples": len(prepared.samples),
        "total": prepared.total,
    }


def _run_folder(options: Options, config: Mapping[str, Any]) -> Path:
    """`<output_path>/<model>/<run>`; unnamed runs are named by their config, so that the same command goes on."""
    digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:10]
    run = options.run_name or digest
    if "/" in run or run.startswith("."):
        raise UserError(f"--run {run!r}: a run's name is one folder name")
    return options.output_path / options.spec.name.replace("/", "__") / run


def _check_prompts(plan: Plan) -> None:
    for prepared in plan.prepared:
        try:
            if prepared.samples:
                plan.encoded(prepared.task, prepared.samples[:1])
        except (EncodingError, ValueError) as error:
            raise UserError(f"task {prepared.task.name}: {error}") from error


def evaluate(plan: Plan, generator: Generator | None, progress: Progress) -> RunSummary:
    """Run the plan and write its results. Without a `generator` the model is served, or attached to, by the options.

    Raises UserError; what was recorded by then stays and the same command goes on from it.
    """
    if plan.options.restart and plan.folder.exists():
        shutil.rmtree(plan.folder)
    with RunLog(plan.folder, plan.config, _about(plan)) as log:
        for damage in log.damaged:
            progress.say(f"{damage.path}:{damage.line}: {damage.reason}; this sample is asked again")
        planned = {prepared.task.name: len(prepared.samples) for prepared in plan.prepared}
        progress.plan(planned, log.done)
        if sum(planned.values()) > len(log.done):
            asyncio.run(_generate(plan, generator, log, progress)) if generator else _serve(plan, log, progress)
    summary = summarise(plan.folder)
    write_results(summary)
    return summary


def _serve(plan: Plan, log: RunLog, progress: Progress) -> None:
    options = plan.options
    with ExitStack() as stack:
        base_url = options.base_url
        if base_url is None:
            engine = find_engine(options.vllm)
            server_log = plan.folder / "server.log"
            progress.say(
                f"starting vLLM ({'CPU' if engine.cpu else 'GPU'}) with {options.spec.model}; log: {server_log}"
            )
            with progress.waiting() as say:
                server = stack.enter_context(
                    serve(options.spec, engine, server_log, max_num_seqs=options.concurrency, say=say)
                )
            base_url = server.base_url
        name = options.served_model_name or (None if options.base_url else options.spec.name)
        client = Client(
            base_url.rstrip("/"),
            name,
            temperature=options.sampling.temperature,
            top_p=options.sampling.top_p,
            seed=options.sampling.seed,
            concurrency=options.concurrency,
            prompt_form="text" if plan.tokenizer is None else "ids",
        )
        asyncio.run(_generate(plan, client, log, progress))


async def _generate(plan: Plan, generator: Generator, log: RunLog, progress: Progress) -> None:
    workers = plan.options.workers or default_workers()
    async with Pool(workers, preload=("tasks.scoring",)) as pool:
        if not isinstance(generator, Client):
            await _run(plan, generator, pool, log, progress, plan.options.spec.max_model_len)
            return
        async with generator as client:
            await _run(plan, client, pool, log, progress, client.max_model_len)


async def _run(
    plan: Plan, generator: Generator, pool: Pool, log: RunLog, progress: Progress, max_model_len: int | None
) -> None:
    def record(record: Any) -> None:
        log.append(record)
        progress.record(record)

    pipeline = Pipeline(generator, pool, record, plan.identity, plan.options.concurrency, max_model_len)
    try:
        await pipeline.run(plan.asks(log.done))
    except* OSError as group:
        error = group.exceptions[0]
        raise UserError(f"{plan.folder}: cannot write ({error}); make room and run the same command again") from group


def default_workers() -> int:
    """Half of the cores that we may use: on a CPU-only machine the other half is the engine's."""
    import os

    return max(1, len(os.sched_getaffinity(0)) // 2)


def _about(plan: Plan) -> dict[str, Any]:
    """What is worth knowing of a run and does not change its numbers; never compared."""
    first = next((p for p in plan.prepared if p.samples), None)
    prompt = plan.encoded(first.task, first.samples[:1])[0] if first else Encoded("", ())
    return {
        "symharness": version("symharness"),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "command": sys.argv,
        "served_by": plan.options.base_url or "vLLM started by this run",
        "first_prompt": {"text": prompt.text, "first_ids": prompt.ids[:8], "last_ids": prompt.ids[-8:]},
    }
