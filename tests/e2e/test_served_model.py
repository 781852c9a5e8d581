"""The default checkpoint really served by vLLM: real tokens, real answers, a real run."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.checkpoint import load_tokenizer
from harness.client import Client, Request
from harness.config import ModelSpec
from harness.runlog import parts, read_records
from harness.serving import PROJECT, Server, find_engine, serve
from tasks.chat import ChatFormat, encode, wrap
from tests.processes import gone

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

CHECKPOINT = PROJECT / "checkpoints" / "smollm2-135m-instruct"


@pytest.fixture(scope="module")
def spec() -> ModelSpec:
    assert CHECKPOINT.is_dir(), "the default checkpoint is missing: run `make setup`"
    return ModelSpec(model=str(CHECKPOINT), max_model_len=2048)


@pytest.fixture(scope="module")
def server(spec: ModelSpec, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "server.log"
    with serve(spec, find_engine(None), log, max_num_seqs=64) as running:
        yield running
    assert gone(f"{find_engine(None).python} -m vllm.entrypoints.openai.api_server", 5)


async def test_token_ids_and_text_are_one_prompt(server: Server, spec: ModelSpec) -> None:
    """What we encode is what the server would read: the greedy answers to both forms agree."""
    tokenizer = load_tokenizer(spec)
    text = wrap("What is the capital of France? Answer in one word.", ChatFormat.CHAT_TEMPLATE, tokenizer)
    (prompt,) = encode([text], ChatFormat.CHAT_TEMPLATE, tokenizer)
    answers = []
    for form in ("ids", "text"):
        async with Client(server.base_url, spec.name, prompt_form=form) as client:  # type: ignore[arg-type]
            assert client.prompt_form == form
            assert client.max_model_len == 2048
            answers.append(await client.complete(Request(prompt, 16, ())))
    assert "Paris" in answers[0].text
    assert answers[0].text == answers[1].text
    assert answers[0].finish_reason == "stop", "the checkpoint's end-of-turn token ends the answer"


def test_a_run_attached_to_the_server(server: Server, tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "harness.cli", "run", "--model", str(CHECKPOINT), "--tasks", "spider,scan",
        "--data", "bundled", "--limit", "6", "--gen_kwargs", "max_gen_toks=48", "--base-url", server.base_url,
        "-o", str(tmp_path), "--run", "r",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "Symbol-LLM-Instruct 7B" in done.stdout
    folder = tmp_path / "smollm2-135m-instruct" / "r"
    records = list(read_records(folder))
    assert len(records) == 12
    assert all(record.completion and record.prompt_form == "ids" and record.completion_tokens for record in records)
    assert all("\n" in record.prompt and "<|im_start|>user" in record.prompt for record in records)
    results = json.loads((folder / "results.json").read_text())
    assert results["n-samples"]["spider"] == {"original": 1034, "effective": 6}


def test_killed_in_the_middle_nothing_finished_is_generated_twice(server: Server, tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "harness.cli", "run", "--model", str(CHECKPOINT), "--tasks", "scan", "--data", "bundled",
        "--gen_kwargs", "max_gen_toks=32", "--base-url", server.base_url, "-o", str(tmp_path), "--run", "r",
        "--concurrency", "2",
    ]  # fmt: skip
    folder = tmp_path / "smollm2-135m-instruct" / "r"
    harness = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while recorded(folder) < 4:
        assert harness.poll() is None
        time.sleep(0.02)
    harness.kill()
    harness.wait()
    before = {record.sample: record for record in read_records(folder)}
    assert 4 <= len(before) < 16
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{len(before)} samples are there already, {16 - len(before)} to go" in done.stdout
    after = {record.sample: record for record in read_records(folder)}
    assert len(after) == recorded(folder) == 16
    assert all(after[name] == record for name, record in before.items())


def test_the_plug_in_under_xdist_asks_the_model_once(server: Server, tmp_path: Path) -> None:
    """Two test processes share one evaluation of a live model; a figure that is not reached fails its task alone."""
    (tmp_path / "evals.toml").write_text("[scan]\nexact_match = 0\n[spider]\nexecution_accuracy = 100\n")
    command = [
        sys.executable, "-m", "pytest", "-q", "-n", "2", "--rootdir", str(tmp_path),
        "--symharness-model", str(CHECKPOINT), "--symharness-tasks", "scan,spider",
        "--symharness-data", "bundled", "--symharness-limit", "4",
        "--symharness-base-url", server.base_url, "--symharness-output", str(tmp_path / "out"),
        "--symharness-thresholds", str(tmp_path / "evals.toml"),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "symharness: spider execution_accuracy" in done.stdout
    (run,) = (tmp_path / "out").glob("*/*/run.json")
    assert recorded(run.parent) == len(list(read_records(run.parent))) == 8


def recorded(folder: Path) -> int:
    return sum(part.read_bytes().count(b"\n") for part in parts(folder))
