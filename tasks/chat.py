"""Chat formats and the leading BOS: from a prompt's text to the exact token ids that a model reads.

Harness and trainer both encode through this module, so that a checkpoint is asked as it was trained. A doubled or a
missing BOS silently moves scores by points; here it is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class ChatFormat(StrEnum):
    """What is put around a prompt. `auto` is resolved by `resolve` before anything is rendered."""

    AUTO = "auto"
    PLAIN = "plain"  # untagged: Symbol-LLM's own form
    TULU = "tulu"  # open-instruct: <|user|> ... <|assistant|>
    LLAMA_2_CHAT = "llama-2-chat"  # [INST] ... [/INST]
    CHAT_TEMPLATE = "chat-template"  # the one in the checkpoint's tokenizer


class Tokenizer(Protocol):
    """The part of a transformers tokenizer that is used here."""

    bos_token: str | None
    eos_token: str | None
    bos_token_id: int | None
    eos_token_id: int | None
    chat_template: Any

    def __call__(self, text: list[str], *, add_special_tokens: bool) -> Mapping[str, Any]: ...

    def apply_chat_template(
        self, conversation: list[dict[str, str]], *, tokenize: bool, add_generation_prompt: bool
    ) -> Any: ...


class EncodingError(ValueError):
    """The token ids do not begin as this tokenizer's prompts must: a doubled or missing BOS, or a closing EOS."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A prompt as text and as token ids. `text` is without the BOS that the tokenizer itself adds."""

    text: str
    ids: tuple[int, ...]


def resolve(requested: ChatFormat, tokenizer: Tokenizer | None) -> ChatFormat:
    """`auto` means the checkpoint's own template where it has one and plain text where not (LLaMA-2 files that carry
    no template are base or Symbol-LLM models, which were trained untagged).

    Raises ValueError when `chat-template` is asked for and there is none.
    """
    template = tokenizer is not None and bool(tokenizer.chat_template)
    if requested is ChatFormat.CHAT_TEMPLATE and not template:
        raise ValueError(
            "chat format 'chat-template' asked for, but this tokenizer has none; use plain or llama-2-chat"
        )
    if requested is ChatFormat.AUTO:
        return ChatFormat.CHAT_TEMPLATE if template else ChatFormat.PLAIN
    return requested


def wrap(prompt: str, chat_format: ChatFormat, tokenizer: Tokenizer | None) -> str:
    """The prompt inside its chat format."""
    return converse((prompt,), chat_format, tokenizer)


def converse(turns: Sequence[str], chat_format: ChatFormat, tokenizer: Tokenizer | None) -> str:
    """A conversation in its chat format, up to where the model goes on: the turns are the user's and the model's in
    turn, the user's last. Without tags an answer is followed by the next question behind a blank line."""
    bos, eos = _ends(tokenizer) if len(turns) > 1 else ("", "")
    match chat_format:
        case ChatFormat.PLAIN:
            return turns[0] + "".join(f"{answer}\n\n{more}\n" for answer, more in _pairs(turns))
        case ChatFormat.TULU:
            more = "".join(f"{answer}{eos}\n{_tulu(turn)}" for answer, turn in _pairs(turns))
            return _tulu(turns[0]) + more
        case ChatFormat.LLAMA_2_CHAT:
            more = "".join(f" {answer.strip()} {eos}{bos}{_llama(turn)}" for answer, turn in _pairs(turns))
            return _llama(turns[0]) + more
        case ChatFormat.CHAT_TEMPLATE:
            assert tokenizer is not None
            roles = ("user", "assistant")
            messages = [{"role": roles[number % 2], "content": turn} for number, turn in enumerate(turns)]
            return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
        case ChatFormat.AUTO:
            raise ValueError("chat format 'auto' must be resolved first")


def _ends(tokenizer: Tokenizer | None) -> tuple[str, str]:
    """BOS and EOS, as they stand between two exchanges."""
    return (tokenizer.bos_token or "", tokenizer.eos_token or "") if tokenizer is not None else ("", "")


def _pairs(turns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each answer with the user's turn after it."""
    return zip(turns[1::2], turns[2::2], strict=True)


def _tulu(turn: str) -> str:
    return f"<|user|>\n{turn}\n<|assistant|>\n"


def _llama(turn: str) -> str:
    return f"[INST] {turn.strip()} [/INST]"


def encode(texts: Sequence[str], chat_format: ChatFormat, tokenizer: Tokenizer) -> list[Encoded]:
    """Token ids of wrapped prompts, one a text, with exactly the leading BOS that belongs there.

    A chat template writes its own special tokens, so none are added to it; every other format gets what the tokenizer
    adds (LLaMA-2: one BOS; SmolLM2: none). Raises `EncodingError`.
    """
    templated = chat_format is ChatFormat.CHAT_TEMPLATE
    rows = tokenizer(list(texts), add_special_tokens=not templated)["input_ids"]
    added = added_bos(tokenizer)
    encoded = []
    for text, row in zip(texts, rows, strict=True):
        check_ends(row, None if templated else added, tokenizer)
        # A server that tokenises text itself will add its BOS: the template's own must not reach it as well.
        bare = text.removeprefix(tokenizer.bos_token or "") if templated and added else text
        encoded.append(Encoded(bare, tuple(row)))
    return encoded


def choice_ids(text: str, choices: Sequence[str], tokenizer: Tokenizer) -> tuple[int, ...]:
    """The one token of each choice as it would follow the prompt, after a blank unless the prompt ends with one.

    Empty where any of them is not exactly one token behind the prompt's own: such an answer cannot be restricted.
    """
    blank = "" if text[-1:].isspace() else " "
    continued = [f"{text}{blank}{choice}" for choice in choices]
    prompt, *rows = tokenizer([text, *continued], add_special_tokens=False)["input_ids"]
    if any(row[:-1] != prompt for row in rows):
        return ()
    return tuple(row[-1] for row in rows)


def added_bos(tokenizer: Tokenizer) -> int:
    """How many BOS tokens this tokenizer puts in front of plain text: 1 for LLaMA-2, 0 for SmolLM2."""
    return _leading_bos(tokenizer(["x"], add_special_tokens=True)["input_ids"][0], tokenizer)


def check_ends(ids: Sequence[int], wanted: int | None, tokenizer: Tokenizer) -> None:
    """Raises `EncodingError` unless `ids` begin with `wanted` BOS tokens (None: at most one) and end without an EOS."""
    found = _leading_bos(ids, tokenizer)
    if found > 1:
        raise EncodingError(
            f"the prompt begins with {found} BOS tokens: the text carries one and the tokenizer adds one"
        )
    if wanted is not None and found != wanted:
        raise EncodingError(f"the prompt begins with {found} BOS tokens, this tokenizer adds {wanted}")
    if ids and ids[-1] == tokenizer.eos_token_id and ids[-1] != tokenizer.bos_token_id and wanted is not None:
        raise EncodingError("the prompt ends with EOS: the tokenizer closes what the model should go on with")


def _leading_bos(ids: Sequence[int], tokenizer: Tokenizer) -> int:
    count = 0
    while count < len(ids) and tokenizer.bos_token_id is not None and ids[count] == tokenizer.bos_token_id:
        count += 1
    return count
