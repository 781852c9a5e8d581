"""A sweep on nodes that share no disk, only a bucket: each has a mirror of its own, and may be taken away."""

from __future__ import annotations

import io
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from ray.cluster_utils import Cluster
from rich.console import Console

from harness import storage
from harness.runlog import read_records
from harness.sweep import cluster, local
from tests.buckets import BUCKET, keys, s3
from tests.sweeps import Field

pytestmark = pytest.mark.alone

UNIT = 4  # samples of a unit of the field


@pytest.fixture
def bucket() -> Iterator[Any]:
    with s3() as client:
        yield client


@pytest.fixture
def nodes(bucket: Any, tmp_path: Path) -> Iterator[Cluster]:
    """A head that takes no host, and two nodes with mirrors of their own; all find the bucket in their environment."""
    found = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for name in ("a", "b"):
        found.add_node(num_cpus=1, env_vars={"SYMHARNESS_CACHE": str(tmp_path / name)})
    found.wait_for_nodes()
    yield found
    found.shutdown()


def test_a_node_that_is_taken_away_leaves_what_it_stored(
    bucket: Any, nodes: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYMHARNESS_CACHE", str(tmp_path / "driver"))
    with ExitStack() as stack:
        field = Field(tmp_path, stack, delay=0.05)
        assert local.carry_out(field.jobs("s"), Console(file=io.StringIO()), lambda summary: None).failures == []
        expected, asked_here = field.results("s"), field.asked()
        field.hold()

        field.output = f"s3://{BUCKET}/results"
        found = field.jobs("s")
        total = sum(len(item.samples) for job in found for item in job.plan.prepared)

        def take_a_node_away() -> None:
            field.release(hosts=2)
            while len([key for key in keys(bucket) if "/samples-" in key]) < total / UNIT / 2:
                time.sleep(0.02)
            nodes.remove_node(next(iter(nodes.worker_nodes)), allow_graceful=False)

        taker = threading.Thread(target=take_a_node_away)
        taker.start()
        said = io.StringIO()
        with cluster.connected(nodes.address):
            finished = cluster.carry_out(found, Console(file=said, width=200), lambda summary: None, hosts=2)
        taker.join()

        assert finished.failures == []
        assert "its host was lost" in said.getvalue()
        assert {part.name for part in tmp_path.iterdir() if (part / "mirror").is_dir()} == {"a", "b", "driver"}
        monkeypatch.setenv("SYMHARNESS_CACHE", str(tmp_path / "reader"))
        (fetched,) = storage.fetch([field.output])
        assert field.results("s") == expected
        once = Counter(
            (job.name, record.task, record.sample) for job in found for record in read_records(fetched / job.name)
        )
        assert len(once) == total
        assert set(once.values()) == {1}
        assert field.asked().keys() == asked_here.keys()
        assert sum(field.asked().values()) - total <= UNIT, "the unit that the node had under way, if anything"
