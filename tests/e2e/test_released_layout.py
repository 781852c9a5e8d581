"""A tiny checkpoint in the layout of Symbol-LLM's release, through the whole path: .bin shards to leaderboard."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.checkpoint import load_tokenizer
from harness.client import Client, Request
from harness.config import ModelSpec
from harness.models import KNOWN
from harness.runlog import read_records
from harness.serving import Server, find_engine, serve
from tasks.chat import ChatFormat, encode
from tests.released import BOS, ENDING, released_checkpoint

pytestmark = [pytest.mark.e2e, pytest.mark.alone]


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    """Symbol-LLM's own settings on the tiny checkpoint; float32, as a random model has near ties everywhere."""
    folder = released_checkpoint(tmp_path_factory.mktemp("released") / "tiny-symbol-llm", find_engine(None).python)
    return KNOWN["symbol-llm-13b"].spec.model_copy(update={"model": str(folder), "dtype": "float32"})


@pytest.fixture(scope="module")
def server(spec: ModelSpec, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "server.log"
    with serve(spec, find_engine(None), log, max_num_seqs=8) as running:
        yield running


async def test_prompts_begin_with_one_bos_and_answers_end_where_they_should(server: Server, spec: ModelSpec) -> None:
    tokenizer = load_tokenizer(spec)
    free, ended = encode(["Write SQL:", f"Write SQL {ENDING}"], ChatFormat.PLAIN, tokenizer)
    assert (free.ids[0], free.ids.count(BOS)) == (BOS, 1)
    async with Client(server.base_url, spec.name, prompt_form="ids") as client:
        assert client.max_model_len == 2048, "the config's own"
        answer = await client.complete(Request(free, 12, spec.stop))
        assert answer.finish_reason == "length"
        stop = answer.text[len(answer.text) // 2 :][:4]
        cut = await client.complete(Request(free, 12, (*spec.stop, stop)))
        assert (cut.finish_reason, cut.text) == ("stop", answer.text[: answer.text.index(stop)])
        nothing = await client.complete(Request(ended, 12, spec.stop))
        assert (nothing.finish_reason, nothing.text) == ("stop", ""), "the model's own end of text"
    async with Client(server.base_url, spec.name, prompt_form="text") as client:
        assert (await client.complete(Request(free, 12, spec.stop))).text == answer.text, "the server adds the same BOS"


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path) -> None:
    """The server reads .bin files by this function, with weights_only."""

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "ran"),)

    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps({"weight": Evil()}, protocol=2))
    code = (
        "import sys; from vllm.model_executor.model_loader.weight_utils import pt_weights_iterator;"
        "list(pt_weights_iterator([sys.argv[1]], False))"
    )
    command = [str(find_engine(None).python), "-c", code, str(tmp_path / "pytorch_model.bin")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert "Weights only load failed" in done.stderr
    assert not (tmp_path / "ran").exists()


def test_a_run_over_two_tasks(server: Server, spec: ModelSpec, tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "harness.cli", "run", "--model", spec.model, "--dtype", "float32",
        "--tasks", "spider,scan", "--data", "bundled", "--limit", "4", "--gen_kwargs", "max_gen_toks=16",
        "--stop", "</s>", "--base-url", server.base_url, "-o", str(tmp_path), "--run", "r",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "tokens, [1, " in done.stdout, "the first prompt is shown with its BOS"
    folder = tmp_path / spec.name / "r"
    records = list(read_records(folder))
    assert len(records) == 8
    for record in records:
        assert (record.fault, record.prompt_form) == ("", "ids")
        assert record.finish_reason in {"stop", "length"}
        assert not {"[INST]", "<|user|>", "<s>"} & set(record.prompt.split()), "plain"
    config = json.loads((folder / "run.json").read_text())["config"]
    assert config["model"]["chat_format"] == "plain"
    assert config["model"]["chat_template"] is None
