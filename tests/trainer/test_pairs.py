"""From pairs to rows: what the harness sends is what is learnt from, and every answer ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checkpoint import load_tokenizer
from harness.config import ModelSpec
from harness.serving import PROJECT
from tasks.chat import ChatFormat, Tokenizer, encode, resolve, wrap
from tasks.task import registry
from tests.checkpoints import tiny_checkpoint
from trainer.pairs import IGNORED, Pair, Part, encode_pairs

CHECKPOINT = PROJECT / "checkpoints" / "smollm2-135m-instruct"
BOS, EOS = 256, 257


def pair(prompt: str, completion: str) -> Pair:
    return Pair(prompt, completion, "scan", Part.BENCHMARK)


@pytest.fixture(scope="module")
def smollm2() -> Tokenizer:
    assert CHECKPOINT.is_dir(), "the default checkpoint is missing: run `make setup`"
    return load_tokenizer(ModelSpec(model=str(CHECKPOINT)))


def llama_like(folder: Path) -> Tokenizer:
    return load_tokenizer(ModelSpec(model=str(tiny_checkpoint(folder, adds_bos=True))))


def test_the_prompts_ids_are_those_that_the_harness_sends(smollm2: Tokenizer) -> None:
    task = registry()["scan"]
    prompt = task.prompt.render({"command": "jump twice"})
    (row,) = encode_pairs([pair(prompt, "I_JUMP I_JUMP")], resolve(ChatFormat.AUTO, smollm2), smollm2)
    asked = encode([wrap(prompt, ChatFormat.CHAT_TEMPLATE, smollm2)], ChatFormat.CHAT_TEMPLATE, smollm2)
    assert row.ids[: row.prompt] == asked[0].ids


def test_labels_are_the_completion_and_eos(smollm2: Tokenizer) -> None:
    (row,) = encode_pairs([pair("Say it.", "I_JUMP")], ChatFormat.CHAT_TEMPLATE, smollm2)
    assert row.labels[: row.prompt] == [IGNORED] * row.prompt
    assert row.labels[-1] == smollm2.eos_token_id
    assert smollm2.decode(row.labels[row.prompt : -1]) == "I_JUMP"  # type: ignore[attr-defined]


def test_a_llama_row_has_one_bos_and_one_eos(tmp_path: Path) -> None:
    (row,) = encode_pairs([pair("Hi", "Yes")], ChatFormat.LLAMA_2_CHAT, llama_like(tmp_path))
    assert row.ids[0] == BOS
    assert row.ids.count(BOS) == 1
    assert row.ids[-1] == EOS
    assert row.ids.count(EOS) == 1


@pytest.mark.parametrize(
    ("prompt", "completion"),
    [("Answer:", " Yes"), ("Answer: ", "Yes"), ("Answer:\n", "Yes")],
    ids=["bare", "blank", "line"],
)
def test_plain_text_gets_a_blank_where_neither_side_has_one(tmp_path: Path, prompt: str, completion: str) -> None:
    (row,) = encode_pairs([pair(prompt, "Yes")], ChatFormat.PLAIN, llama_like(tmp_path))
    assert len(row.ids) - row.prompt - 1 == len(completion)


def test_pairs_come_out_in_their_order_however_many(tmp_path: Path) -> None:
    pairs = [pair(f"p{number}", "x" * (number % 7 + 1)) for number in range(600)]
    rows = list(encode_pairs(pairs, ChatFormat.PLAIN, llama_like(tmp_path)))
    assert [len(row.ids) - row.prompt - 2 for row in rows] == [number % 7 + 1 for number in range(600)]


def test_a_tokenizer_without_eos_is_refused(tmp_path: Path) -> None:
    tokenizer = llama_like(tmp_path)
    tokenizer.eos_token = None  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="no EOS"):
        list(encode_pairs([pair("Hi", "Yes")], ChatFormat.PLAIN, tokenizer))
