"""Prompts for a checkpoint in the released layout: a sentencepiece tokenizer, no template, a pad token added behind."""

from __future__ import annotations

from pathlib import Path

import pytest
import sentencepiece

from harness.checkpoint import identity, load_tokenizer
from harness.config import Sampling
from harness.models import KNOWN, model_spec
from harness.plan import Options, prepare
from tasks.chat import ChatFormat, Tokenizer, added_bos, encode, resolve, wrap
from tasks.task import registry
from tests.released import BOS, EOS, PIECES, ROWS, released_files


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return released_files(tmp_path_factory.mktemp("released"))


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Tokenizer:
    return load_tokenizer(model_spec(model=str(folder)))


def test_the_layout_is_the_released_one(folder: Path, tokenizer: Tokenizer) -> None:
    assert {path.name for path in folder.iterdir()} == {
        "added_tokens.json", "config.json", "generation_config.json", "special_tokens_map.json", "tokenizer.model",
        "tokenizer_config.json",
    }  # fmt: skip
    assert len(tokenizer) == ROWS  # type: ignore[arg-type]
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id) == (BOS, EOS)
    assert tokenizer.pad_token_id == PIECES  # type: ignore[attr-defined]


def test_it_is_asked_untagged(tokenizer: Tokenizer) -> None:
    assert resolve(ChatFormat.AUTO, tokenizer) is ChatFormat.PLAIN is KNOWN["symbol-llm-7b"].spec.chat_format


def test_prompts_of_all_tasks_are_one_bos_and_what_sentencepiece_makes_of_them(folder: Path) -> None:
    """The reference is the model's own sentencepiece, not a conversion of it."""
    reference = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    plan = prepare(Options(model_spec(model=str(folder)), ["all"], Sampling(), folder / "o", "bundled", limit=2))
    prompts = [ask.prompt for ask in plan.asks(set())]
    assert len(prompts) == 2 * sum(task.part is None for task in registry().values())
    for prompt in prompts:
        assert list(prompt.ids) == [BOS, *reference.encode(prompt.text)]
        assert BOS not in prompt.ids[1:]
        assert EOS not in prompt.ids


def test_llama_2_chat_around_it_has_one_bos_too(tokenizer: Tokenizer) -> None:
    assert added_bos(tokenizer) == 1
    (prompt,) = encode([wrap("Hi", ChatFormat.LLAMA_2_CHAT, tokenizer)], ChatFormat.LLAMA_2_CHAT, tokenizer)
    assert prompt.ids[0] == BOS
    assert BOS not in prompt.ids[1:]


def test_bin_shards_are_in_the_fingerprint(tmp_path: Path) -> None:
    folder = released_files(tmp_path)
    spec = model_spec(model=str(folder))

    def weights(content: bytes) -> object:
        (folder / "pytorch_model-00001-of-00002.bin").write_bytes(content)
        return identity(spec, ChatFormat.PLAIN, None)["weights"]

    assert weights(b"one") == weights(b"one") != weights(b"two")
    drawn = spec.model_copy(update={"weights": "dummy"})
    assert identity(drawn, ChatFormat.PLAIN, None)["weights"] == "random", (
        "a run with random weights is another model's"
    )
