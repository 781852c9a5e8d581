"""Chat formats and the leading BOS: exactly what this tokenizer's prompts begin with, never two, never none."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checkpoint import load_tokenizer
from harness.config import ModelSpec
from tasks.chat import ChatFormat, EncodingError, Tokenizer, check_ends, choice_ids, converse, encode, resolve, wrap
from tests.checkpoints import CHAT_TEMPLATE, tiny_checkpoint

BOS, EOS = 256, 257


def tokenizer(folder: Path, **flags: object) -> Tokenizer:
    return load_tokenizer(ModelSpec(model=str(tiny_checkpoint(folder, **flags))))  # type: ignore[arg-type]


def test_llama_like_prompts_begin_with_one_bos(tmp_path: Path) -> None:
    (prompt,) = encode(["Hi"], ChatFormat.PLAIN, tokenizer(tmp_path, adds_bos=True))
    assert prompt.ids[0] == BOS
    assert BOS not in prompt.ids[1:]


def test_smollm_like_prompts_begin_with_none(tmp_path: Path) -> None:
    (prompt,) = encode(["Hi"], ChatFormat.PLAIN, tokenizer(tmp_path))
    assert BOS not in prompt.ids


def test_a_template_writes_its_own_bos(tmp_path: Path) -> None:
    tok = tokenizer(tmp_path, adds_bos=True, chat_template=CHAT_TEMPLATE)
    (prompt,) = encode([wrap("Hi", ChatFormat.CHAT_TEMPLATE, tok)], ChatFormat.CHAT_TEMPLATE, tok)
    assert prompt.ids[0] == BOS
    assert BOS not in prompt.ids[1:]
    assert prompt.text == "<|user|>Hi<|assistant|>", "as text the server's tokenizer adds the BOS"


def test_a_conversation_goes_through_the_template_turn_by_turn(tmp_path: Path) -> None:
    tok = tokenizer(tmp_path, adds_bos=True, chat_template=CHAT_TEMPLATE)
    turns = ("Hi", "Ho", "Hm?")
    (prompt,) = encode([converse(turns, ChatFormat.CHAT_TEMPLATE, tok)], ChatFormat.CHAT_TEMPLATE, tok)
    assert prompt.text == "<|user|>Hi<|assistant|>Ho<|user|>Hm?<|assistant|>"
    assert prompt.ids.count(BOS) == 1


def test_a_doubled_bos_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EncodingError, match="2 BOS tokens"):
        encode(["<s>Hi"], ChatFormat.PLAIN, tokenizer(tmp_path, adds_bos=True))


def test_a_missing_bos_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EncodingError, match="begins with 0 BOS tokens, this tokenizer adds 1"):
        check_ends([72, 105], 1, tokenizer(tmp_path, adds_bos=True))


def test_a_closing_eos_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EncodingError, match="ends with EOS"):
        encode(["Hi"], ChatFormat.PLAIN, tokenizer(tmp_path, adds_bos=True, adds_eos=True))


def test_auto_is_the_template_where_there_is_one(tmp_path: Path) -> None:
    assert resolve(ChatFormat.AUTO, tokenizer(tmp_path / "a", chat_template=CHAT_TEMPLATE)) is ChatFormat.CHAT_TEMPLATE
    assert resolve(ChatFormat.AUTO, tokenizer(tmp_path / "b")) is ChatFormat.PLAIN
    with pytest.raises(ValueError, match="has none"):
        resolve(ChatFormat.CHAT_TEMPLATE, tokenizer(tmp_path / "b"))


@pytest.mark.parametrize(
    ("chat_format", "text"),
    [
        (ChatFormat.PLAIN, "Hi"),
        (ChatFormat.TULU, "<|user|>\nHi\n<|assistant|>\n"),
        (ChatFormat.LLAMA_2_CHAT, "[INST] Hi [/INST]"),
    ],
)
def test_formats(chat_format: ChatFormat, text: str) -> None:
    assert wrap("Hi", chat_format, None) == text


def test_choices_are_the_tokens_that_follow_the_prompt(tmp_path: Path) -> None:
    tok = tokenizer(tmp_path, adds_bos=True)
    (letters,) = tok(["AB"], add_special_tokens=False)["input_ids"]
    assert choice_ids("<|assistant|>\n", ("A", "B"), tok) == tuple(letters)
    assert choice_ids("Answer:", ("A", "B"), tok) == (), "a blank and a letter are two tokens of this tokenizer"
    assert choice_ids("Answer:\n", ("A", "AB"), tok) == ()
