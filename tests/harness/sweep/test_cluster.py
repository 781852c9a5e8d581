"""A sweep on a Ray cluster of two nodes: what one machine gives, also when a node is lost or the driver is."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import ray
from ray.cluster_utils import Cluster
from rich.console import Console

from harness.batch import Finished
from harness.config import UserError
from harness.runlog import completed, read_records
from harness.sweep import cluster, local
from harness.sweep.units import Job
from tests.sweeps import MODELS, Field

pytestmark = pytest.mark.alone


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as entered:
        yield entered


@pytest.fixture(scope="module")
def two_nodes() -> Iterator[Cluster]:
    """A head and one further node, each with a CPU for one host."""
    found = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    found.add_node(num_cpus=1)
    found.wait_for_nodes()
    yield found
    found.shutdown()


def carried_out(found: list[Job], address: str, say: io.StringIO | None = None) -> Finished:
    with cluster.connected(address):
        return cluster.carry_out(found, Console(file=say or io.StringIO(), width=200), lambda summary: None, hosts=2)


def test_a_lost_node_costs_nothing_that_was_recorded(tmp_path: Path, stack: ExitStack, two_nodes: Cluster) -> None:
    field = Field(tmp_path, stack, delay=0.05)
    assert local.carry_out(field.jobs("here"), Console(file=io.StringIO()), lambda summary: None).failures == []
    asked_here = field.asked()
    assert set(asked_here.values()) == {1}
    field.hold()

    found = field.jobs("there")
    total = sum(len(item.samples) for job in found for item in job.plan.prepared)
    second = next(node for node in two_nodes.worker_nodes)
    recorded: set[Any] = set()

    def lose_a_node() -> None:
        field.release(hosts=2)
        while sum(len(completed(job.plan.folder)) for job in found) < total / 2:
            time.sleep(0.02)
        two_nodes.remove_node(second, allow_graceful=False)
        recorded.update((job.name, key) for job in found for key in completed(job.plan.folder))

    killer = threading.Thread(target=lose_a_node)
    killer.start()
    said = io.StringIO()
    finished = carried_out(found, two_nodes.address, said)
    killer.join()
    two_nodes.add_node(num_cpus=1)

    assert finished.failures == []
    assert "its host was lost" in said.getvalue()
    assert field.results("there") == field.results("here")
    asked_there = field.asked()
    assert asked_there.keys() == asked_here.keys()
    again = sum(asked_there.values()) - total
    assert again <= 2 * 2, "at most what a host of two requests at once had in flight, and what it had yet to record"
    for job in found:
        assert len(list(read_records(job.plan.folder))) == total / len(MODELS)


def test_the_driver_may_die_and_come_back(tmp_path: Path, stack: ExitStack, two_nodes: Cluster) -> None:
    field = Field(tmp_path, stack, delay=0.05)
    assert local.carry_out(field.jobs("here"), Console(file=io.StringIO()), lambda summary: None).failures == []
    for server in field.servers.values():
        server.requests.clear()
    command = [sys.executable, "-m", "harness.cli", "sweep", field.file("there"), "--ray", two_nodes.address]
    found = field.jobs("there")
    total = sum(len(item.samples) for job in found for item in job.plan.prepared)
    driver = subprocess.Popen([*map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while sum(len(completed(job.plan.folder)) for job in found) < total / 3:
        assert driver.poll() is None
        time.sleep(0.02)
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    again = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300, check=False)
    assert again.returncode == 0, again.stderr
    assert field.results("there") == field.results("here")
    assert sum(field.asked().values()) - total <= 2 * len(MODELS)


def test_what_a_node_cannot_do_is_told_and_the_rest_goes_on(
    tmp_path: Path, stack: ExitStack, two_nodes: Cluster
) -> None:
    field = Field(tmp_path, stack)
    urls = {"fair": "http://127.0.0.1:9/v1", "good": field.servers["good"].base_url}
    finished = carried_out(field.jobs("s", ["fair", "good"], urls), two_nodes.address)
    assert {failure.split("/")[0] for failure in finished.failures} == {"fair"}
    assert len(list(read_records(tmp_path / "out" / "good" / "s"))) == 32


def test_no_cluster_is_one_line() -> None:
    with pytest.raises(UserError, match="no Ray cluster there"), cluster.connected("127.0.0.1:9"):
        pass


def test_a_node_of_our_own_that_does_not_come_up_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(**_: object) -> None:
        raise Exception("The current node timed out during startup.\nLook at the logs.")  # as Ray does

    monkeypatch.setattr(ray, "init", fails)
    with pytest.raises(UserError, match="timed out during startup") as said, cluster.connected("local"):
        pass
    assert "\n" not in str(said.value)
