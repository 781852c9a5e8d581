"""A training pair, and its way to token ids: rendered and encoded by the code that encodes prompts for evaluation."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from tasks.chat import ChatFormat, Tokenizer, encode, wrap

IGNORED = -100  # a label that no loss is computed for
_CHUNK = 256


class Part(StrEnum):
    """Where a pair comes from: the paper's three parts of the Symbolic Collection, or general instructions."""

    BENCHMARK = "s1"  # train splits of the tasks, and what our generators make for them
    ACCEPTED = "s2"  # written by a model, kept because its executor says that it is right
    EVOLVED = "s3"  # Symbol-evol: renamed symbols
    GENERAL = "general"


@dataclass(frozen=True, slots=True)
class Pair:
    """`prompt` is the user's text without chat format, `task` the task's name or that of the general collection."""

    prompt: str
    completion: str
    task: str
    part: Part


@dataclass(frozen=True, slots=True)
class Row:
    """A pair as the model reads it: `ids` of prompt, completion and EOS; the first `prompt` are those of the prompt."""

    ids: tuple[int, ...]
    prompt: int

    @property
    def labels(self) -> list[int]:
        """The ids with the prompt's masked: the loss is on the completion and its EOS only."""
        return [IGNORED] * self.prompt + list(self.ids[self.prompt :])


def encode_pairs(pairs: Iterable[Pair], chat_format: ChatFormat, tokenizer: Tokenizer) -> Iterator[Row]:
    """Each pair's row. `chat_format` must be resolved.

    The prompt's ids are those that the harness sends, so that a checkpoint is asked as it was trained; the completion
    goes on from them and ends with EOS. Raises `tasks.chat.EncodingError`, and ValueError for a tokenizer without EOS.
    """
    if tokenizer.eos_token_id is None:
        raise ValueError("this tokenizer has no EOS: a model trained with it would never stop")
    special = chat_format is not ChatFormat.CHAT_TEMPLATE
    for chunk in _chunks(pairs):
        texts = [wrap(pair.prompt, chat_format, tokenizer) for pair in chunk]
        completions = [joined(text, pair.completion, chat_format) for text, pair in zip(texts, chunk, strict=True)]
        whole = [text + completion for text, completion in zip(texts, completions, strict=True)]
        together = tokenizer(whole, add_special_tokens=special)["input_ids"]
        apart = tokenizer(completions, add_special_tokens=False)["input_ids"]
        for prompt, both, alone in zip(encode(texts, chat_format, tokenizer), together, apart, strict=True):
            begun = len(prompt.ids)
            # Where its first characters merge with the prompt's last ones, a completion has tokens of its own.
            completion = both[begun:] if tuple(both[:begun]) == prompt.ids else alone
            yield Row((*prompt.ids, *completion, tokenizer.eos_token_id), begun)


def joined(prompt: str, completion: str, chat_format: ChatFormat) -> str:
    """The completion with the blank that separates it from a plain prompt, where neither side has one."""
    bare = chat_format is ChatFormat.PLAIN and not prompt[-1:].isspace() and not completion[:1].isspace()
    return f" {completion}" if bare else completion


def _chunks(pairs: Iterable[Pair]) -> Iterator[list[Pair]]:
    stream = iter(pairs)
    while chunk := list(itertools.islice(stream, _CHUNK)):
        yield chunk
