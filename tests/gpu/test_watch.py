"""The idle share, from what an nvidia-smi played by a script says."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.gpu.watch import Watch, gpus, watching


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "nvidia-smi"
    readings = "printf '90\\n[N/A]\\n70\\n'; exec sleep 60"
    program.write_text(f"#!/bin/sh\ncase $1 in --query-gpu=name) echo NVIDIA H100;; *) {readings};; esac\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return program


@pytest.mark.usefixtures("stand_in")
def test_the_idle_share_is_what_the_readings_leave() -> None:
    assert gpus() == ["NVIDIA H100"]
    with watching() as watch:
        time.sleep(0.5)
    assert watch.busy == [90, 70]
    assert watch.idle_share == pytest.approx(0.2)


def test_no_reading_is_no_figure() -> None:
    with pytest.raises(ValueError, match="no reading"):
        _ = Watch().idle_share


def test_no_nvidia_smi_is_no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpus() == []


def test_an_nvidia_smi_without_a_driver_is_no_gpu(stand_in: Path) -> None:
    stand_in.write_text("#!/bin/sh\necho no devices were found\nexit 9\n")
    assert gpus() == []
