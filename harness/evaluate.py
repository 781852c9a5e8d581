"""A run from its plan to its results: serve or attach or replay, ask, score, record, sum up.

A server of ours that dies is started again and the run goes on from its records; one that we are attached to gets
some patience, and then the run stops where it can be resumed.
"""

from __future__ import annotations

import asyncio
import os
import platform
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from executors.pool import Pool
from harness import storage
from harness.client import Client, Generator, ServerGoneError, without_credentials
from harness.config import UserError
from harness.plan import Plan
from harness.progress import Progress
from harness.record import Record
from harness.replay import Replay
from harness.replay import make as make_replay
from harness.runlog import RunLog
from harness.runner import Pipeline
from harness.serving import Server, deterministic_cost, find_engine, serve
from harness.spread import measure_spread
from harness.starts import noted_start
from harness.summary import RunSummary, results_of
from tasks.scoring import PRELOAD

_SERVER_STARTS = 4
_WATCH_SECONDS = 0.5
_TIMEOUT = 600.0
# A server of ours is watched, so that only a slow one is waited for: long answers take a CPU many minutes.
_OUR_TIMEOUT = 7200.0
_PART_SECONDS = 30.0  # as much is lost at most with a machine whose run is kept elsewhere


class Host:
    """Who answers a plan and its units: a server of ours, which starts with the first question and again when it died,
    the one that the plan attaches to, or a replay. A context manager. `log` is the server's, by default in the run's
    folder.
    """

    def __init__(self, plan: Plan, log: Path | None = None) -> None:
        self._plan = plan
        self._log = log or plan.folder / "server.log"
        self._stack = ExitStack()
        self._server: Server | None = None
        self._answers: Replay | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    def server(self, progress: Progress) -> Server:
        """The running server. Raises UserError when it does not come up."""
        if self._server is None:
            self._server = self._started(progress)
        return self._server

    def answers(self, what: str) -> Replay:
        """The known answers to all of the plan's samples. Raises UserError."""
        if self._answers is None:
            self._answers = make_replay(what, [(item.task, item.samples) for item in self._plan.prepared])
        return self._answers

    def stop(self) -> None:
        """Stop a server of ours; the next question starts it anew."""
        self._server = None
        self._stack.close()

    def _started(self, progress: Progress) -> Server:
        options = self._plan.options
        if options.base_url is not None:
            return Server(options.base_url.rstrip("/"), None, None)
        engine = find_engine(options.vllm)
        device = "CPU" if engine.cpu else "GPU"
        progress.say(f"starting vLLM ({device}) with {options.spec.model}; log: {self._log}")
        if options.deterministic:
            progress.say(f"deterministic: {deterministic_cost(engine)}")
        with progress.waiting() as say:
            running = serve(options.spec, engine, self._log, options.concurrency, None, say, options.deterministic)
            return self._stack.enter_context(running)


def evaluate(plan: Plan, progress: Progress, host: Host | None = None) -> RunSummary:
    """Run the plan and write its results; `host` serves its model (None: for this plan alone).

    Raises UserError; what was recorded by then stays, and the same command goes on from it.
    """
    if plan.options.restart:
        storage.remove(plan.folder)
    with storage.kept(plan.folder, progress.say) as hand_over:
        with RunLog(plan.folder, plan.config, _about(plan), hand_over) as log:
            _carry_out(plan, log, progress, host)
        storage.refresh(plan.folder)  # others may have answered a part
        return results_of(plan.folder)


@contextmanager
def open_log(plan: Plan, say: Callable[[str], None]) -> Iterator[None]:
    """The folder of a plan that its units carry out, made or gone on with, and held. Raises UserError as `RunLog`."""
    with (
        storage.kept(plan.folder, say) as hand_over,
        RunLog(plan.folder, plan.config, _about(plan), hand_over),
    ):
        yield


def _carry_out(plan: Plan, log: RunLog, progress: Progress, host: Host | None) -> None:
    for damage in log.damaged:
        progress.say(f"{damage.path}:{damage.line}: {damage.reason}; this sample is asked again")
    for name, error in plan.missing.items():
        progress.say(f"no data, not asked: {name}: {error}")
    planned = {item.task.name: len(item.samples) for item in plan.prepared}
    progress.plan(planned, log.done)
    if (first := plan.first_prompt()) is not None and first.ids:
        progress.say(f"first prompt: {len(first.ids)} tokens, {list(first.ids[:8])} ... {list(first.ids[-8:])}")
    if sum(planned.values()) > len(log.done):
        with noted_start(plan.folder), nullcontext(host) if host else Host(plan) as serving:
            _answer(plan, log, progress, serving)


def _answer(plan: Plan, log: RunLog, progress: Progress, host: Host) -> None:
    what = plan.options.spec.replays
    if what is not None:
        asyncio.run(_generate(plan, host.answers(what), log, progress))
        return
    for start in range(1, _SERVER_STARTS + 1):
        server = host.server(progress)
        try:
            asyncio.run(_generate(plan, client_of(plan, server), log, progress, server))
            return
        except ServerGoneError as error:
            host.stop()
            if server.process is None or start == _SERVER_STARTS:
                raise UserError(f"{error}; what was answered is kept: run the same command again") from error
            progress.say(f"{error}; starting it again ({start} of {_SERVER_STARTS - 1})")


def client_of(plan: Plan, server: Server) -> Client:
    """The client of a plan's server, not yet entered."""
    options = plan.options
    return Client(
        server.base_url,
        options.served_model_name or (None if options.base_url else options.spec.name),
        temperature=options.sampling.temperature,
        top_p=options.sampling.top_p,
        seed=options.sampling.seed,
        concurrency=options.concurrency,
        timeout=options.request_timeout or (_TIMEOUT if server.process is None else _OUR_TIMEOUT),
        prompt_form="text" if plan.tokenizer is None else "ids",
    )


async def _generate(
    plan: Plan, generator: Generator, log: RunLog, progress: Progress, server: Server | None = None
) -> None:
    async with Pool(plan.options.workers or default_workers(), preload=PRELOAD) as pool:
        if not isinstance(generator, Client):
            await _run(plan, generator, pool, log, progress)
            return
        async with generator as client:
            if server is not None and server.process is None:
                log.answered_by(client.serves)
            watch = asyncio.create_task(_watch(client, server))
            try:
                await _run(plan, client, pool, log, progress)
            finally:
                watch.cancel()


async def _watch(client: Client, server: Server | None) -> None:
    """Tell the client when the server's process ends, so that it gives up at once and not after all its patience."""
    while server is not None and server.process is not None:
        if server.process.poll() is not None:
            client.gone = f"the vLLM server died (log: {server.log})"
            return
        await asyncio.sleep(_WATCH_SECONDS)


async def _run(plan: Plan, generator: Generator, pool: Pool, log: RunLog, progress: Progress) -> None:
    def record(record: Record) -> None:
        log.append(record)
        progress.record(record)

    served = generator.max_model_len if isinstance(generator, Client) else None
    limit = min(filter(None, (served, plan.options.spec.max_model_len)), default=None)
    closing = asyncio.create_task(_close_parts(log))
    pipeline = Pipeline(generator, pool, record, plan.identity, plan.options.concurrency, limit, plan.self_repair)
    try:
        await pipeline.run(plan.asks(log.done, limit))
    except OSError as error:
        raise UserError(f"{plan.folder}: cannot write ({error}); make room and run the same command again") from error
    finally:
        closing.cancel()
    if plan.options.spread:
        progress.say(await measure_spread(plan, generator, limit))


async def _close_parts(log: RunLog) -> None:
    """Have what was recorded sent away now and then, also when no further record comes for long."""
    while log.hands_over:
        await asyncio.sleep(_PART_SECONDS / 10)
        log.close_part(_PART_SECONDS)


def default_workers() -> int:
    """Half of the cores that we may use: on a CPU-only machine the other half is the engine's."""
    return max(1, len(os.sched_getaffinity(0)) // 2)


def _about(plan: Plan) -> dict[str, Any]:
    """What is worth knowing of a run and does not change its numbers; never compared."""
    about: dict[str, Any] = {
        "symharness": version("symharness"),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "command": [without_credentials(word) for word in sys.argv],
        "answered_by": plan.options.spec.model if plan.options.spec.replays else _server_name(plan.options.base_url),
    }
    if (first := plan.first_prompt()) is not None:
        about["first_prompt"] = {"text": first.text, "first_ids": first.ids[:8], "last_ids": first.ids[-8:]}
    return about


def _server_name(base_url: str | None) -> str:
    return "vLLM" if base_url is None else without_credentials(base_url)
