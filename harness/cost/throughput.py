"""How fast a model will be on a device that nobody has measured it on: `throughput.toml`, and a checkpoint's size."""

from __future__ import annotations

import functools
import json
import math
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.config import ModelSpec, UserError
from harness.cost.model import Rates, Speed

TABLE = Path(__file__).with_name("throughput.toml")
CPU = "CPU"

_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}
_LONGEST_HEADER = 100 << 20  # safetensors' own limit


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; what its fields are, the table says."""

    device: str
    parameters: float
    prefill: float
    decode: float
    batch: int
    alone: float
    startup: float
    standing: str
    source: str

    def rates(self, parameters: float) -> Rates:
        """The seconds that make these speeds, for a model of another size in proportion.

        A step of one answer and a step of the batch's give what a step costs, and what each answer in it.
        """
        one, full = 1 / self.alone, self.batch / self.decode
        answer = max(0.0, (full - one) / (self.batch - 1))
        times = parameters / self.parameters
        return Rates(times / self.prefill, times * answer, times * max(0.0, one - answer))


@functools.cache
def _table() -> tuple[tuple[Row, ...], float]:
    content = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return tuple(Row(**row) for row in content["row"]), float(content["tensor_parallel_efficiency"])


def this_device() -> str:
    """The name of this machine's GPU as its driver says it, `CPU` where there is none."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return CPU
    command = [program, "--query-gpu=name", "--format=csv,noheader"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return CPU
    names = answer.stdout.strip().splitlines() if answer.returncode == 0 else []
    return names[0].strip() if names else CPU


def cores() -> int:
    """The cores that a server on this machine uses."""
    return len(os.sched_getaffinity(0))


def expected_speed(spec: ModelSpec, device: str, parameters: float) -> Speed | None:
    """By the table, None where it has no such device."""
    rows, efficiency = _table()
    names = sorted({row.device for row in rows}, key=len, reverse=True)  # an A100 is no A10
    name = next((name for name in names if name.lower() in device.lower()), None)
    if name is None:
        return None
    known = [row for row in rows if row.device == name]
    row = min(known, key=lambda row: abs(math.log(parameters / row.parameters)))
    rates = row.rates(parameters / cores() if name == CPU else parameters)
    rates = rates.spread_over(spec.tensor_parallel_size, spec.data_parallel_size, efficiency)
    of = f"{row.device}, {row.parameters / 1e9:.3g}B: {row.source}"
    near = 1 / 1.5 <= parameters / row.parameters <= 1.5
    return Speed(rates, row.startup, row.standing if near else "assumed", of if near else f"scaled from {of}")


def devices() -> list[str]:
    """The devices that the table knows."""
    return sorted({row.device for row in _table()[0]})


def parameter_count(spec: ModelSpec) -> float | None:
    """The parameters of a checkpoint: of a folder by its weights' headers or index, of a hub id by its name (7B).

    None where neither says it. Raises UserError for weights that cannot be read.
    """
    folder = spec.folder
    if folder is not None and (counted := _counted(folder)) is not None:
        return counted
    named = re.search(r"(?<![\w.])(\d+(?:\.\d+)?)([bm])(?![a-z0-9])", spec.name.lower())
    return float(named[1]) * (1e9 if named[2] == "b" else 1e6) if named else None


def _counted(folder: Path) -> float | None:
    weights = sorted(folder.glob("*.safetensors"))
    try:
        if weights:
            return float(sum(_elements(_header(path)) for path in weights))
        for index in sorted(folder.glob("*.index.json")):
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            size = float(json.loads(index.read_text(encoding="utf-8"))["metadata"]["total_size"])
            return size / _BYTES.get(config.get("dtype") or config.get("torch_dtype") or "float32", 4)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{folder}: its weights cannot be read ({type(error).__name__}: {error})") from error
    return None


def _header(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > _LONGEST_HEADER:
            raise ValueError(f"{path.name} is no safetensors file")
        header: dict[str, Any] = json.loads(stream.read(length))
    return header


def _elements(header: dict[str, Any]) -> int:
    tensors: Iterable[dict[str, Any]] = (value for name, value in header.items() if name != "__metadata__")
    return sum(math.prod(tensor["shape"]) for tensor in tensors)
