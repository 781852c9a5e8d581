"""The client of an OpenAI-compatible server: one prompt in, one completion out, with patience for faults.

Prompts go as token ids where the server takes them, so that what the model reads is exactly what was encoded here;
otherwise as text, and the record says so.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import time
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Literal, Protocol, Self

import aiohttp

from harness.config import UserError
from tasks.chat import Encoded

# The variable that holds the key of a server that wants one; it is sent and never written.
API_KEY = "SYMHARNESS_API_KEY"
_LONGEST_PAUSE = 15.0
_RETRIED = frozenset([408, 409, 425, 429, 500, 502, 503, 504])


@dataclass(frozen=True, slots=True)
class Completion:
    """A raw answer. `seconds` of the last attempt.

    `finish_reason` as the server says it (stop, length, ...); `choice` when one of the allowed tokens was asked for.
    """

    text: str
    finish_reason: str
    completion_tokens: int | None
    seconds: float
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for one sample."""

    prompt: Encoded
    max_tokens: int
    stop: tuple[str, ...]
    key: tuple[str, str] = ("", "")  # task and sample, for generators that know their answers
    allowed: tuple[int, ...] = ()  # the only tokens that may be answered; none: any
    attempt: int = 0  # which retry of self-repair this is, for the same generators; 0: the first attempt


class GenerationFaultError(Exception):
    """The server gave no answer after all attempts: no word about the model. `attempts` were made."""

    def __init__(self, message: str, attempts: int) -> None:
        super().__init__(message)
        self.attempts = attempts


class UnknownAnswerError(GenerationFaultError):
    """A generator that knows its answers does not know this one."""


class ServerGoneError(Exception):
    """The server is not there any more: there is no use in asking it the other samples."""


class OtherModelError(ServerGoneError):
    """In the server's place is one that serves another model."""


class Generator(Protocol):
    """Whatever answers prompts: a served model, or a replay of known answers."""

    @property
    def prompt_form(self) -> Literal["ids", "text", "none"]:
        """How prompts are sent: as token ids, as text, or not at all."""
        ...

    async def complete(self, request: Request) -> Completion:
        """Raises GenerationFaultError, ServerGoneError."""
        ...


@dataclass
class Client:
    """A served model. Use as an async context manager; entering asks the server what it serves and takes.

    Raises UserError on entering when there is no such server or model.
    """

    base_url: str
    model: str | None = None
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    concurrency: int = 64
    timeout: float = 600.0
    attempts: int = 8  # three quarters of a minute: a server that is started again on its port is back by then
    backoff: float = 0.5
    gone: str = ""  # set from outside when the server is known to be dead
    prompt_form: Literal["ids", "text", "none"] = "ids"
    max_model_len: int | None = None
    served: dict[str, Any] = field(default_factory=dict)
    _session: aiohttp.ClientSession | None = None
    _connections: int = 0  # made so far; a server that was replaced is met through a new one only
    _trusted: int = 0  # of these, how many were followed by a look at what is served
    _look: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def __aenter__(self) -> Self:
        trace = aiohttp.TraceConfig()
        trace.on_connection_create_end.append(self._connected)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self.concurrency),
            timeout=aiohttp.ClientTimeout(total=self.timeout, sock_connect=10),
            trace_configs=[trace],
            headers={"Authorization": f"Bearer {key}"} if (key := os.environ.get(API_KEY)) else None,
        )
        try:
            await self._identify()
            await self._choose_form()
        except BaseException:
            await self._session.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        assert self._session is not None
        await self._session.close()

    async def complete(self, request: Request) -> Completion:
        prompt: str | list[int] = list(request.prompt.ids) if self.prompt_form == "ids" else request.prompt.text
        body = {
            "model": self.model,
            "prompt": prompt,
            "max_tokens": request.max_tokens,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "seed": self.seed,
            "stop": list(request.stop),
        }
        if request.allowed and self.prompt_form == "ids":
            body["allowed_token_ids"] = list(request.allowed)
            body["max_tokens"] = 1
        for attempt in range(1, self.attempts + 1):
            started = time.perf_counter()
            if self.gone:
                raise ServerGoneError(self.gone)
            try:
                answer = await self._post(body)
                completion = _completion(answer, time.perf_counter() - started, attempt)
                if self._trusted < self._connections:
                    await self._check_same_model()
                return replace(completion, finish_reason="choice") if "allowed_token_ids" in body else completion
            except _TransientError as error:
                if attempt == self.attempts:
                    await self._check_alive()
                    raise GenerationFaultError(str(error), attempt) from error
                # Jitter, so that the requests a restart cut off do not all come back at once.
                pause = min(self.backoff * 2 ** (attempt - 1), _LONGEST_PAUSE)
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))
            except _RejectedError as error:
                raise GenerationFaultError(str(error), attempt) from error
        raise AssertionError("at least one attempt is made")

    async def gives_prompt_logprobs(self) -> bool:
        """Whether the server tells the log-probabilities of a prompt's own tokens (`echo` with `logprobs`)."""
        body = {
            "model": self.model,
            "prompt": "one two",
            "max_tokens": 1,
            "temperature": 0,
            "echo": True,
            "logprobs": 1,
        }
        try:
            answer = await self._post(body)
            return len(answer["choices"][0]["logprobs"]["token_logprobs"]) > 1
        except (_TransientError, _RejectedError, KeyError, TypeError, IndexError):
            return False

    async def _post(self, body: dict[str, Any]) -> Any:
        assert self._session is not None
        try:
            async with self._session.post(f"{self.base_url}/completions", json=body) as response:
                text = await response.text()
                if response.status == 200:
                    return json.loads(text)
                message = f"HTTP {response.status} from {self.address}: {text[:200]}"
                raise (_TransientError if response.status in _RETRIED else _RejectedError)(message)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise _TransientError(f"{type(error).__name__}: {error}") from error

    @property
    def address(self) -> str:
        """The base URL as it may be written down."""
        return without_credentials(self.base_url)

    @property
    def serves(self) -> dict[str, Any]:
        """What tells the served model from another one: its name, where its weights come from, its length."""
        return {name: self.served.get(name) for name in ("id", "root", "max_model_len")}

    async def _connected(self, *_: object) -> None:
        self._connections += 1

    async def _check_same_model(self) -> None:
        """Raises OtherModelError; _TransientError when the server does not say what it serves."""
        async with self._look:
            connections = self._connections
            if self._trusted >= connections:
                return
            before = self.serves
            try:
                models = await self._models()
            except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
                raise _TransientError(f"{type(error).__name__}: {error}") from error
            now = next((model for model in models if model["id"] == self.model), {})
            if changed := [name for name, value in before.items() if now.get(name) != value]:
                told = ", ".join(f"{name} {before[name]!r} -> {now.get(name)!r}" for name in changed)
                raise OtherModelError(f"{self.address} serves another model now ({told})")
            self._trusted = connections

    async def _models(self) -> list[dict[str, Any]]:
        assert self._session is not None
        async with self._session.get(f"{self.base_url}/models") as response:
            response.raise_for_status()
            models: list[dict[str, Any]] = (await response.json())["data"]
            return models

    async def _check_alive(self) -> None:
        assert self._session is not None
        try:
            async with self._session.get(f"{self.base_url}/models"):
                return
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ServerGoneError(f"{self.address} does not answer any more ({type(error).__name__})") from error

    async def _identify(self) -> None:
        try:
            models = await self._models()
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"no OpenAI-compatible server answers at {self.address} ({error}); is --base-url right?"
            ) from error
        names = [str(model["id"]) for model in models]
        self.model = self.model or names[0]
        if self.model not in names:
            raise UserError(
                f"{self.address} serves {', '.join(names)}, not {self.model!r}; name one with --served_model_name"
            )
        self.served = models[names.index(self.model)]
        self.max_model_len = self.served.get("max_model_len") or self.max_model_len

    async def _choose_form(self) -> None:
        if self.prompt_form != "ids":
            return
        try:
            await self._post({"model": self.model, "prompt": [1, 2], "max_tokens": 1, "temperature": 0})
        except _RejectedError:
            self.prompt_form = "text"
        except _TransientError as error:
            raise UserError(f"the server at {self.address} fails on a first prompt: {error}") from error


class _TransientError(Exception):
    """Worth another attempt."""


class _RejectedError(Exception):
    """The server will not take this request, however often it is sent."""


def _completion(answer: Any, seconds: float, attempt: int) -> Completion:
    try:
        (choice,) = answer["choices"]
        text, reason = choice["text"], choice["finish_reason"]
        usage = answer.get("usage") or {}
        if not isinstance(text, str):
            raise TypeError("text is no string")
    except (KeyError, TypeError, ValueError) as error:
        raise _TransientError(f"not a completion: {error!r}") from error
    return Completion(text, str(reason), usage.get("completion_tokens"), seconds, attempt)


def without_credentials(text: str) -> str:
    """The text with user and password of a URL in it replaced: run folders are published."""
    return re.sub(r"(\w+://)[^/@\s]+@", r"\1***@", text)
