"""A 7B-shaped model with random weights on this machine's GPU, in bfloat16: `make test-gpu` prints the figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.config import ModelSpec
from harness.serving import find_engine
from tasks.task import registry
from tests.gpu.throughput import measure
from tests.gpu.watch import gpus, watching
from tests.released import CONFIG, released_files

LLAMA_2_7B = {
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "max_position_embeddings": 4096,
    "num_attention_heads": 32,
    "num_hidden_layers": 32,
    "num_key_value_heads": 32,
}

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not gpus(), reason="no NVIDIA GPU: nvidia-smi is not there or lists none"),
]


def test_throughput_of_a_7b_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    engine = find_engine(None)
    assert not engine.cpu, f"{engine.python} holds the CPU build of vLLM: make clean setup on this machine"
    folder = released_files(tmp_path / "random-7b")
    (folder / "config.json").write_text(json.dumps(CONFIG | LLAMA_2_7B))
    spec = ModelSpec(model=str(folder), dtype="bfloat16", weights="dummy")
    tasks = [task.name for task in registry().values() if "general" not in task.suites]
    found = measure(spec, engine, tasks, tmp_path, watching())
    with capsys.disabled():
        print(f"\n{', '.join(gpus())}, 7B in bfloat16: {found}")
    assert found.faults == 0
    assert found.tokens > 100 * found.samples, "answers of a random model hardly ever end by themselves"
