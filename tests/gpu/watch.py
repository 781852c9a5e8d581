"""How busy the machine's NVIDIA GPUs are while something runs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_EVERY_MS = 200


@dataclass
class Watch:
    """Readings of all GPUs, each the percentage of the time just passed in which a kernel was running."""

    busy: list[float] = field(default_factory=list)

    @property
    def idle_share(self) -> float:
        """The share of the time in which no kernel was running. Raises ValueError when nothing was read."""
        if not self.busy:
            raise ValueError("nvidia-smi gave no reading")
        return 1 - sum(self.busy) / len(self.busy) / 100


def gpus() -> list[str]:
    """The names of the GPUs that nvidia-smi lists; none where there is no nvidia-smi."""
    if shutil.which("nvidia-smi") is None:
        return []
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.split("\n")[:-1] if done.returncode == 0 else []


@contextmanager
def watching() -> Iterator[Watch]:
    """Sample all GPUs for the length of the block; the readings are there when it has ended."""
    watch = Watch()
    query = ["--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", f"--loop-ms={_EVERY_MS}"]
    sampler = subprocess.Popen(["nvidia-smi", *query], stdout=subprocess.PIPE, text=True)
    try:
        yield watch
    finally:
        sampler.terminate()
        output, _ = sampler.communicate()
        watch.busy = [float(line) for line in output.splitlines() if line.strip().replace(".", "").isdigit()]
