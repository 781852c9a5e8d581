"""The registry: found without registration, chosen by name or suite, near misses explained."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tasks.task import UnknownTaskError, registry, select


def test_every_task_is_found_and_complete() -> None:
    for name, task in registry().items():
        assert name == task.name
        assert task.suites
        assert task.metrics
        assert task.paper_metric is None or task.metric(task.paper_metric)


def test_a_task_named_twice_is_run_once() -> None:
    assert [task.name for task in select(["scan", "symbolic", "scan"])].count("scan") == 1


def test_an_unknown_task_brings_near_names() -> None:
    with pytest.raises(UnknownTaskError, match="'spidr': did you mean spider"):
        select(["spidr"])


def test_importing_the_tasks_loads_no_heavy_library() -> None:
    heavy = ["torch", "transformers", "pandas", "scipy", "sympy", "z3", "jinja2", "networkx", "rdkit", "pyoxigraph"]
    code = f"import sys, tasks.task; tasks.task.registry(); print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
