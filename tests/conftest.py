"""Fixtures shared by all tests: the real data sets, and what CI makes of their absence."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from harness.serving import PROJECT

# What a shell starts in the background ignores Ctrl-C, and so would all that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How fast a machine is must not decide a test: examples take as long as they take.
settings.register_profile("symharness", deadline=None)
settings.load_profile("symharness")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A file's tests share fixtures, and stay in one of xdist's processes; a family of official vectors is as long as
    a file."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        called = getattr(item, "callspec", None)
        item.add_marker(pytest.mark.xdist_group(f"{item.path} {called.params.get('family', '') if called else ''}"))


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
