"""Fixtures shared by all tests: the real data sets, and what CI makes of their absence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from harness.serving import PROJECT

# How fast a machine is must not decide a test: examples take as long as they take.
settings.register_profile("symharness", deadline=None)
settings.load_profile("symharness")


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of real evaluation rows: SYMHARNESS_DATA, else ../shared/data beside the project."""
    root = Path(os.environ.get("SYMHARNESS_DATA") or PROJECT.parent / "shared" / "data")
    if not root.is_dir():
        message = f"no data sets at {root}: set SYMHARNESS_DATA"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return root


@pytest.fixture(scope="session")
def oracles(data_root: Path) -> Path:
    """The folder of vectors judged by the official scorers, beside the data sets."""
    folder = data_root.parent / "oracles"
    assert folder.is_dir(), f"{folder} is missing beside {data_root}"
    return folder
