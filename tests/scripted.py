"""A scripted OpenAI-compatible server on loopback: real HTTP, canned completions, faults on demand."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web

Prompt = str | tuple[int, ...]


@dataclass(frozen=True)
class Fault:
    """Answer one request with this status and body instead of a completion.

    `stall`: only after so many seconds; `cut`: the connection ends in the middle of the body.
    """

    status: int = 500
    body: str = '{"error": "scripted"}'
    stall: float = 0.0
    cut: bool = False


@dataclass
class ScriptedServer:
    """Answers each prompt (its text, or its token ids) with `answer(prompt)`. Use as a context manager.

    `faults` maps the number of a completion request, counted from 0, to what goes wrong with it. Without `takes_ids` a
    prompt of token ids is rejected, as servers other than vLLM do; with `prompt_logprobs` an echoed prompt comes back
    with two made-up ones. While `held` is not set, no answer is given.
    """

    answer: Callable[[Prompt], str]
    model: str = "scripted"
    root: str | None = None  # where the weights come from, as the list of models says it
    faults: dict[int, Fault] = field(default_factory=dict)
    takes_ids: bool = True
    max_model_len: int | None = None
    finish_reason: str = "stop"
    delay: float = 0.0
    keep_requests: bool = True
    prompt_logprobs: bool = False
    held: threading.Event | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    authorizations: set[str | None] = field(default_factory=set)
    port: int = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def _serve(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application(client_max_size=64 << 20)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/completions", self._completions)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        self._loop.run_until_complete(site.start())
        self.port = runner.addresses[0][1]
        ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        stalled = asyncio.all_tasks(self._loop)
        for task in stalled:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*stalled, return_exceptions=True))
        self._loop.close()

    async def _models(self, request: web.Request) -> web.Response:
        self.authorizations.add(request.headers.get("Authorization"))
        model = {"id": self.model, "object": "model"}
        if self.max_model_len:
            model["max_model_len"] = self.max_model_len  # type: ignore[assignment]
        if self.root:
            model["root"] = self.root
        return web.json_response({"object": "list", "data": [model]})

    async def _completions(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        prompt = body["prompt"]
        if isinstance(prompt, list) and not self.takes_ids:
            return web.json_response({"error": "prompt must be a string"}, status=400)
        if prompt == [1, 2]:  # the harness asks once whether token ids are taken
            return web.json_response({"choices": [{"text": "", "finish_reason": "length", "index": 0}]})
        number = len(self.requests)
        if self.keep_requests:
            self.requests.append(body)
        if self.held is not None:
            await asyncio.to_thread(self.held.wait)
        if self.delay:
            await asyncio.sleep(self.delay)
        if fault := self.faults.get(number):
            return await self._fail(request, fault)
        text = self.answer(tuple(prompt) if isinstance(prompt, list) else prompt)
        usage = {"prompt_tokens": len(prompt), "completion_tokens": len(text.split())}
        choice: dict[str, Any] = {"index": 0, "text": text, "finish_reason": self.finish_reason}
        if body.get("echo") and self.prompt_logprobs:
            choice["logprobs"] = {"token_logprobs": [None, -1.0]}
        return web.json_response({"choices": [choice], "usage": usage})

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.stall:
            await asyncio.sleep(fault.stall)
        if not fault.cut:
            return web.Response(status=fault.status, text=fault.body)
        response = web.StreamResponse(status=fault.status, headers={"Content-Length": str(2 * len(fault.body))})
        await response.prepare(request)
        await response.write(fault.body.encode())
        assert request.transport is not None
        request.transport.close()
        return response
