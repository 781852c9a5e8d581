"""What names a checkpoint: any change of weights, tokenizer or template gives another identity."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checkpoint import chat_format, fingerprint, identity, identity_hash, load_tokenizer
from harness.config import ModelSpec, UserError
from tasks.chat import ChatFormat
from tests.checkpoints import CHAT_TEMPLATE, tiny_checkpoint


def with_weights(folder: Path, size: int = 5 << 20) -> Path:
    tiny_checkpoint(folder)
    (folder / "model.safetensors").write_bytes(bytes(size))
    return folder


def test_the_fingerprint_is_of_the_content(tmp_path: Path) -> None:
    assert fingerprint(with_weights(tmp_path / "a")) == fingerprint(with_weights(tmp_path / "b"))


@pytest.mark.parametrize("offset", [0, 1 << 20, (5 << 20) - 1])
def test_other_weights_have_another_fingerprint(tmp_path: Path, offset: int) -> None:
    first, second = with_weights(tmp_path / "a"), with_weights(tmp_path / "b")
    with (second / "model.safetensors").open("r+b") as stream:
        stream.seek(offset)
        stream.write(b"\x01")
    assert fingerprint(first) != fingerprint(second)


def test_the_chat_format_and_template_are_part_of_the_identity(tmp_path: Path) -> None:
    plain = ModelSpec(model=str(tiny_checkpoint(tmp_path / "m")))
    tokenizer = load_tokenizer(plain)
    templated = load_tokenizer(ModelSpec(model=str(tiny_checkpoint(tmp_path / "n" / "m", chat_template=CHAT_TEMPLATE))))
    hashes = {
        identity_hash(identity(plain, ChatFormat.PLAIN, tokenizer)),
        identity_hash(identity(plain, ChatFormat.TULU, tokenizer)),
        identity_hash(identity(plain, ChatFormat.TULU, templated)),
    }
    assert len(hashes) == 3


def test_no_tokenizer_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UserError, match=r"no tokenizer can be loaded from .*; give one with --tokenizer"):
        load_tokenizer(ModelSpec(model=str(tmp_path)))


@pytest.mark.parametrize(
    ("name", "template", "expected"),
    [
        ("Symbol-LLM-8B-Instruct", CHAT_TEMPLATE, ChatFormat.PLAIN),
        ("Symbol-LLM-7B-Instruct", None, ChatFormat.PLAIN),
        ("other", CHAT_TEMPLATE, ChatFormat.CHAT_TEMPLATE),
        ("other", None, ChatFormat.PLAIN),
    ],
)
def test_symbol_llm_is_asked_untagged(tmp_path: Path, name: str, template: str | None, expected: ChatFormat) -> None:
    spec = ModelSpec(model=str(tiny_checkpoint(tmp_path / name, chat_template=template)))
    tokenizer = load_tokenizer(spec)
    assert chat_format(spec, tokenizer) is expected
    if template:
        asked = spec.model_copy(update={"chat_format": ChatFormat.CHAT_TEMPLATE})
        assert chat_format(asked, tokenizer) is ChatFormat.CHAT_TEMPLATE, "what is asked for counts"
