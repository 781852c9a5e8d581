"""Checkpoints by name: what a name stands for, what wins over it, and what is nearly one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.checkpoint import load_tokenizer
from harness.config import UserError
from harness.models import KNOWN, model_spec
from harness.published import PUBLISHED, published_model
from harness.serving import Engine, command
from tasks.chat import ChatFormat
from tests.checkpoints import tiny_checkpoint


@pytest.mark.parametrize(
    ("name", "hub_id", "chat_format"),
    [
        ("symbol-llm-7b", "Symbol-LLM/Symbol-LLM-7B-Instruct", ChatFormat.PLAIN),
        ("symbol-llm-13b", "Symbol-LLM/Symbol-LLM-13B-Instruct", ChatFormat.PLAIN),
        ("symbol-llm-8b", "Symbol-LLM/Symbol-LLM-8B-Instruct", ChatFormat.PLAIN),
        ("llama-2-7b", "meta-llama/Llama-2-7b-hf", ChatFormat.PLAIN),
        ("llama-2-13b", "meta-llama/Llama-2-13b-hf", ChatFormat.PLAIN),
        ("llama-2-7b-chat", "meta-llama/Llama-2-7b-chat-hf", ChatFormat.LLAMA_2_CHAT),
        ("llama-2-13b-chat", "meta-llama/Llama-2-13b-chat-hf", ChatFormat.LLAMA_2_CHAT),
        ("codellama-7b-instruct", "codellama/CodeLlama-7b-Instruct-hf", ChatFormat.LLAMA_2_CHAT),
        ("codellama-13b-instruct", "codellama/CodeLlama-13b-Instruct-hf", ChatFormat.LLAMA_2_CHAT),
    ],
)
def test_a_name_stands_for_a_hub_id_and_how_it_is_asked(name: str, hub_id: str, chat_format: ChatFormat) -> None:
    spec = model_spec(model=name)
    assert (spec.model, spec.chat_format) == (hub_id, chat_format)
    assert spec.name == hub_id, "a run by the name and one by the hub id stand on one row"


def test_the_7b_is_the_revision_with_safetensors() -> None:
    spec = model_spec(model="symbol-llm-7b")
    line = " ".join(command(Engine(Path("python"), cpu=False), spec, 8000, 64))
    assert "--revision refs/pr/1" in line
    assert "--load-format safetensors" in line


def test_every_name_that_has_a_published_row_names_one_that_there_is() -> None:
    for known in KNOWN.values():
        if known.published is not None:
            assert published_model(known.published, PUBLISHED)


def test_what_the_user_gives_wins() -> None:
    spec = model_spec(model="symbol-llm-7b", revision="main", weights="auto", chat_format="tulu", stop=("\n",))
    assert (spec.revision, spec.weights, spec.chat_format, spec.stop) == ("main", "auto", ChatFormat.TULU, ("\n",))
    assert spec.dtype == "bfloat16", "what was not given stays the model's own"


def test_a_folder_of_a_known_name_is_reached_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny_checkpoint(tmp_path / "symbol-llm-7b")
    monkeypatch.chdir(tmp_path)
    spec = model_spec(model="./symbol-llm-7b")
    assert spec.folder == folder
    assert (spec.revision, spec.chat_format) == (None, ChatFormat.AUTO)


@pytest.mark.parametrize("name", ["symbol-llm-7B", "symbolllm-7b", "llama2-7b-chat", "codellama-7b"])
def test_nearly_a_name(name: str) -> None:
    with pytest.raises(UserError, match=r"did you mean .*`symharness models` lists"):
        model_spec(model=name)


@pytest.mark.parametrize("name", ["gpt2", "Symbol-LLM/Symbol-LLM-7B-Instruct", "replay:gold"])
def test_other_names_are_what_they_were(name: str) -> None:
    assert model_spec(model=name).model == name
    assert model_spec(model=name).chat_format is ChatFormat.AUTO


def test_remote_code_is_never_run(tmp_path: Path) -> None:
    """A checkpoint whose tokenizer brings its own code is refused, and the server is not told to trust any."""
    folder = tiny_checkpoint(tmp_path / "m")
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"auto_map": {"AutoTokenizer": ["evil.T", None]}}))
    (folder / "evil.py").write_text(f"import pathlib; pathlib.Path({str(tmp_path / 'ran')!r}).touch()\nclass T: pass\n")
    spec = model_spec(model=str(folder))
    load_tokenizer(spec)
    assert not (tmp_path / "ran").exists()
    assert "trust" not in " ".join(command(Engine(Path("python"), cpu=True), spec, 8000, 64))
