"""The client against real HTTP: token ids or text, retries, refusals, answers that are none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.client import Client, GenerationFaultError, OtherModelError, Request
from harness.config import UserError
from tasks.chat import Encoded
from tests.scripted import Fault, Prompt, ScriptedServer

REQUEST = Request(Encoded("Hi", (72, 105)), 16, ("\n",))


def echo(prompt: Prompt) -> str:
    return f"you said {prompt!r}"


async def ask(server: ScriptedServer, **settings: object) -> str:
    async with Client(server.base_url, backoff=0.001, **settings) as client:  # type: ignore[arg-type]
        completion = await client.complete(REQUEST)
    assert completion.completion_tokens == len(completion.text.split())
    return completion.text


async def test_prompts_go_as_token_ids_with_their_settings() -> None:
    with ScriptedServer(echo) as server:
        assert await ask(server, temperature=0.5, seed=3) == "you said (72, 105)"
    (request,) = server.requests
    assert {key: request[key] for key in ("max_tokens", "stop", "temperature", "seed", "model")} == {
        "max_tokens": 16,
        "stop": ["\n"],
        "temperature": 0.5,
        "seed": 3,
        "model": "scripted",
    }


async def test_an_answer_can_be_restricted_to_some_tokens() -> None:
    request = replace(REQUEST, allowed=(65, 66))
    with ScriptedServer(echo) as server:
        async with Client(server.base_url) as client:
            assert (await client.complete(request)).finish_reason == "choice", "a single token is no cut answer"
            client.prompt_form = "text"
            assert (await client.complete(request)).finish_reason == "stop"
    restricted, free = server.requests
    assert (restricted["allowed_token_ids"], restricted["max_tokens"]) == ([65, 66], 1)
    assert ("allowed_token_ids" in free, free["max_tokens"]) == (False, 16)


async def test_a_server_that_wants_text_gets_text() -> None:
    with ScriptedServer(echo, takes_ids=False) as server:
        async with Client(server.base_url) as client:
            assert client.prompt_form == "text"
            assert (await client.complete(REQUEST)).text == "you said 'Hi'"


@pytest.mark.parametrize(
    "fault",
    [Fault(500), Fault(429), Fault(503), Fault(200, "{"), Fault(200, '{"choices": []}'), Fault(200, "[]")],
    ids=str,
)
async def test_a_passing_fault_costs_an_attempt(fault: Fault) -> None:
    with ScriptedServer(echo, faults={0: fault, 1: fault}) as server:
        async with Client(server.base_url, backoff=0.001) as client:
            assert (await client.complete(REQUEST)).attempts == 3


async def test_a_lasting_fault_is_no_answer() -> None:
    with ScriptedServer(echo, faults=dict.fromkeys(range(9), Fault(500))) as server:
        async with Client(server.base_url, attempts=3, backoff=0.001) as client:
            with pytest.raises(GenerationFaultError, match="HTTP 500") as caught:
                await client.complete(REQUEST)
    assert caught.value.attempts == 3


async def test_a_refusal_is_not_repeated() -> None:
    with ScriptedServer(echo, faults={0: Fault(400, "too long")}) as server:
        async with Client(server.base_url, backoff=0.001) as client:
            with pytest.raises(GenerationFaultError, match=r"HTTP 400 .*too long"):
                await client.complete(REQUEST)
    assert len(server.requests) == 1


async def test_nobody_there() -> None:
    with pytest.raises(UserError, match=r"no OpenAI-compatible server answers at http://127\.0\.0\.1:9/v1"):
        async with Client("http://127.0.0.1:9/v1"):
            pass


async def test_another_model_is_served() -> None:
    with ScriptedServer(echo) as server, pytest.raises(UserError, match="serves scripted, not 'other'"):
        async with Client(server.base_url, "other"):
            pass


async def test_the_servers_own_length_limit_is_known() -> None:
    with ScriptedServer(echo, max_model_len=2048) as server:
        async with Client(server.base_url) as client:
            assert client.max_model_len == 2048


async def test_another_model_on_the_same_port_answers_nothing() -> None:
    with ScriptedServer(echo, root="weights-1") as server:
        client = await Client(server.base_url, backoff=0.01).__aenter__()
        assert (await client.complete(REQUEST)).text == "you said (72, 105)"
    swapped = pytest.raises(OtherModelError, match="another model now \\(root 'weights-1' -> 'weights-2'\\)")
    with ScriptedServer(echo, root="weights-2", port=server.port), swapped:
        await client.complete(REQUEST)
    with ScriptedServer(echo, root="weights-1", port=server.port):
        assert (await client.complete(REQUEST)).text == "you said (72, 105)"
        await client.__aexit__(None, None, None)
