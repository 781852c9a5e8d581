"""Asking a served model for completions: general answers to distil, and tries at train samples for D_s2.

Prompts are rendered and encoded as they are for evaluation, and sent as token ids to an OpenAI-compatible server
(`symharness serve`). What comes back is a JSON-lines file that grows by a line an answer; an interrupted call goes on.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib import error, request

from tasks.chat import ChatFormat, Tokenizer, encode, wrap

_SECONDS = 600.0


class ServerError(ValueError):
    """The server cannot be reached, or refuses: its address and reason, on one line."""


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt with what its line is to carry besides the completion."""

    prompt: str
    about: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How answers are drawn. `seed` differs from try to try."""

    max_tokens: int = 128
    temperature: float = 0.0
    seed: int = 0


def ask(
    base_url: str, questions: Iterable[Question], chat_format: ChatFormat, tokenizer: Tokenizer, sampling: Sampling,
    out: Path, concurrency: int = 16,
) -> int:  # fmt: skip
    """Write an answer a question to `out`, in the questions' order; what is there already is not asked again.

    Answers that were cut at `max_tokens` are written as empty: a model must not learn to stop there. Returns the number
    of lines. Raises ServerError.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    done = sum(1 for _ in out.open(encoding="utf-8")) if out.exists() else 0
    todo = list(questions)[done:]
    model = _get(f"{base_url}/models")["data"][0]["id"]
    texts = [wrap(question.prompt, chat_format, tokenizer) for question in todo]
    ids = [prompt.ids for prompt in encode(texts, chat_format, tokenizer)] if todo else []
    bodies = [
        {"model": model, "prompt": list(each), "max_tokens": sampling.max_tokens, "temperature": sampling.temperature,
         "seed": sampling.seed + done + number}
        for number, each in enumerate(ids)
    ]  # fmt: skip
    with ThreadPoolExecutor(concurrency) as threads, out.open("a", encoding="utf-8") as stream:
        answers = threads.map(lambda body: _post(f"{base_url}/completions", body)["choices"][0], bodies)
        for question, answer in zip(todo, answers, strict=True):
            whole = answer["text"].strip() if answer["finish_reason"] == "stop" else ""
            stream.write(json.dumps({"prompt": question.prompt, "completion": whole, **question.about}) + "\n")
            stream.flush()
    return done + len(todo)


def _get(url: str) -> Any:
    return _call(request.Request(url))


def _post(url: str, body: dict[str, Any]) -> Any:
    return _call(request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"}))


def _call(what: request.Request) -> Any:
    try:
        with request.urlopen(what, timeout=_SECONDS) as response:
            return json.load(response)
    except (error.URLError, OSError, ValueError) as reason:
        raise ServerError(f"{what.full_url}: {getattr(reason, 'reason', reason)}") from reason


_THINGS = (
    "a bridge", "the moon", "a library", "bread", "a volcano", "an echo", "a compass", "rust", "a rainbow", "yeast",
    "a glacier", "a telescope", "gravity", "a violin", "honey", "a dictionary", "the tide", "a magnet", "paper",
    "a lighthouse", "an island", "a seed", "fog", "a passport", "a wheel", "silk", "an engine", "a shadow",
)  # fmt: skip
_ACTIVITIES = (
    "learn to swim", "plant tomatoes", "write a letter", "clean a window", "pack a suitcase", "bake a cake",
    "prepare for an exam", "save money", "train a dog", "fix a flat tyre", "sleep better", "start a garden",
    "read more books", "cook rice", "take a good photo", "make new friends", "run a race",
)  # fmt: skip
_KINDS = (
    "fruits", "rivers", "musical instruments", "tools", "sports", "trees", "birds", "metals", "planets", "desserts",
    "colours", "languages", "vegetables", "pieces of furniture", "jobs", "sea animals", "fabrics",
)  # fmt: skip
_COUNTRIES = (
    "France", "Japan", "Egypt", "Brazil", "Canada", "Norway", "Kenya", "India", "Spain", "Peru", "Italy", "Greece",
)  # fmt: skip
_MOODS = ("a cheerful", "a sad", "a funny", "a short", "a calm")
_PATTERNS = (
    "Explain in one or two sentences what {thing} is.",
    "What is {thing} used for, or why does it matter?",
    "Give me three tips to {activity}.",
    "How do I {activity}? Answer briefly.",
    "Name five {kind}.",
    "Which of the {kind} do you like best? Give one reason.",
    "What is the capital of {country}, and what is it known for?",
    "Tell me one interesting fact about {country}.",
    "Write {mood} sentence about {thing}.",
    "Write {mood} poem of four lines about {thing}.",
    "Compare {thing} and {other} in two sentences.",
    "Is it true that {thing} is older than {other}? Explain in one sentence.",
)


def general_questions(count: int, seed: int = 0) -> Iterator[Question]:
    """Everyday instructions of our own, each once; they need no answer from us where the model's own is distilled."""
    draw = random.Random(f"general {seed}")
    seen: set[str] = set()
    while len(seen) < count:
        thing, other = draw.sample(_THINGS, 2)
        prompt = draw.choice(_PATTERNS).format(
            thing=thing, other=other, activity=draw.choice(_ACTIVITIES), kind=draw.choice(_KINDS),
            country=draw.choice(_COUNTRIES), mood=draw.choice(_MOODS),
        )  # fmt: skip
        if prompt not in seen:
            seen.add(prompt)
            yield Question(prompt, {})
