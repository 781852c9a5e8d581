"""Units on a Ray cluster: every model is loaded by as many hosts as it may have, which take its units from one queue.

A host is a Ray actor that holds a model's GPUs until all of its units are done. When it or its node is lost, its unit
goes back to the queue, and another host goes on from the unit's records; so run folders must lie where all nodes see
them. When this process is lost, Ray ends its hosts, and the same command goes on. symharness and the data must be
there on every node.
"""

from __future__ import annotations

import logging
import re
import signal
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from rich.console import Console

from harness.batch import Finished
from harness.config import UserError
from harness.evaluate import Host, evaluate, open_log
from harness.plan import Plan
from harness.progress import Progress
from harness.runlog import RunInUseError
from harness.summary import RunSummary
from harness.sweep.local import finish
from harness.sweep.units import Job, Unit

_LOSSES = 5  # of one unit, until it is not given to yet another host
_LOCK_SECONDS = 120.0
_CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Done:
    """A unit that came to its end: on which node, how long it took, how many samples it recorded."""

    node: str
    seconds: float
    samples: int


class ModelHost:
    """What runs on a node (as a Ray actor): a model, served from its first unit to its last."""

    def __init__(self, make: Callable[[], Plan], release: str) -> None:
        self._make = make
        self._release = release
        self._plan: Plan | None = None
        self._host: Host | None = None

    def run(self, unit: Unit) -> Done:
        """Carry out a unit. Raises UserError."""
        started = time.monotonic()
        if self._plan is None or self._host is None:
            if self._release != version("symharness"):
                raise UserError(f"symharness is {version('symharness')} on this node and {self._release} on the first")
            self._plan = self._make()
            self._host = Host(self._plan)
        plan = unit.of(self._plan)
        counting = _Counting()
        with counting:
            _when_free(lambda: evaluate(plan, counting, self._host))
        return Done(_node(), time.monotonic() - started, counting.samples)

    def stop(self) -> None:
        """Unload the model."""
        if self._host is not None:
            self._host.stop()


class _Counting(Progress):
    """Progress that nobody watches."""

    def __init__(self) -> None:
        super().__init__(Console(quiet=True))
        self.samples = 0

    def record(self, record: Any) -> None:
        self.samples += 1


def _when_free(act: Callable[[], object]) -> None:
    """A host that is given up may still hold its unit's folder for a moment."""
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            act()
            return
        except RunInUseError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


def _node() -> str:
    import ray

    return f"node {socket.gethostname()}/{ray.get_runtime_context().get_node_id()[:6]}"


@contextmanager
def connected(address: str) -> Iterator[None]:
    """A connection to the cluster at `address` (`auto`: that of this machine; `local`: one of this process's own).

    Raises UserError.
    """
    try:
        import ray
    except ImportError as error:
        raise UserError("--ray needs Ray: pip install 'symharness[ray]'") from error
    _check_reachable(address)
    terminate = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address=address, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # Ray says by a bare Exception that a node of its own did not come up
        raise UserError(
            f"--ray {address}: no Ray cluster there ({_first_line(error)}); start one with `ray start --head`"
        ) from error
    signal.signal(signal.SIGTERM, terminate)  # Ray's own ends the process without a word
    try:
        yield
    finally:
        ray.shutdown()


def _check_reachable(address: str) -> None:
    """Ray itself tries a closed port for minutes. Raises UserError."""
    match = re.fullmatch(r"(?:ray://)?([^:/]+|\[[^\]]+\]):(\d{1,5})", address)
    if match is None:
        return
    try:
        socket.create_connection((match[1].strip("[]"), int(match[2])), timeout=_CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise UserError(
            f"--ray {address}: no Ray cluster there ({error}); start one with `ray start --head`"
        ) from error


def carry_out(
    jobs: Sequence[Job],
    console: Console,
    ended: Callable[[RunSummary], None],
    hosts: int = 1,
    cpus: float = 1.0,
) -> Finished:
    """As `harness.sweep.local.carry_out`, on the cluster that this process is connected to.

    `hosts`: how many copies of a model may be loaded at once; `cpus`: what each takes of a node's, beside its GPUs.
    """
    finished = Finished()
    with ExitStack() as logs:
        queues = []
        for job in jobs:
            try:
                logs.enter_context(open_log(job.plan, console.print))
                queues.append(_Queue(job, deque(job.pending())))
            except UserError as error:
                finished.failures.append(f"{job.name}: {error}")
        _Dispatcher(queues, console, ended, hosts, cpus, finished).run()
    return finished


@dataclass
class _Queue:
    """What is left of a job: units to be given out, and how many are under way."""

    job: Job
    units: deque[Unit]
    busy: int = 0
    lost: Counter[str] = field(default_factory=Counter)


@dataclass
class _Dispatcher:
    queues: list[_Queue]
    console: Console
    ended: Callable[[RunSummary], None]
    hosts: int
    cpus: float
    finished: Finished

    def run(self) -> None:
        import ray
        from ray.exceptions import RayActorError, RayTaskError

        self._actor = ray.remote(max_restarts=0, max_task_retries=0)(ModelHost)
        under_way: dict[Any, tuple[_Queue, Unit, Any]] = {}
        self._say_what_lacks()
        for queue in self.queues:
            if not queue.units:
                finish(queue.job, self.finished, self.ended)
            for _ in range(min(self.hosts, len(queue.units))):
                self._give(queue, self._host(queue), under_way)
        while under_way:
            (reference,), _ = ray.wait(list(under_way), num_returns=1)
            queue, unit, host = under_way.pop(reference)
            queue.busy -= 1
            try:
                done: Done = ray.get(reference)
            except RayActorError as error:
                self._lost(queue, unit, error)
                if queue.units:
                    self._give(queue, self._host(queue), under_way)
            except RayTaskError as error:
                self._fail(queue, unit, str(error.cause))
                self._next(queue, host, under_way)
            else:
                self._say(f"{queue.job.name}: {unit.name}: {done.samples} samples, {done.seconds:.1f} s, {done.node}")
                self._next(queue, host, under_way)
            if not queue.units and not queue.busy:
                finish(queue.job, self.finished, self.ended)

    def _say_what_lacks(self) -> None:
        """A host that fits on no node waits for one: a cluster may grow, but a person may also have mistyped."""
        import ray

        known: Callable[[], list[dict[str, Any]]] = ray.nodes  # has no types
        nodes = [node["Resources"] for node in known() if node["Alive"]]
        for name, wanted in (("GPU", max((queue.job.gpus for queue in self.queues), default=0)), ("CPU", self.cpus)):
            most = max((node.get(name, 0) for node in nodes), default=0)
            if most < wanted:
                self._say(f"a host wants {wanted:g} {name}s and no node has more than {most:g}: waiting for one")

    def _host(self, queue: _Queue) -> Any:
        sized = self._actor.options(num_gpus=queue.job.gpus, num_cpus=self.cpus)
        return sized.remote(queue.job.make, version("symharness"))

    def _give(self, queue: _Queue, host: Any, under_way: dict[Any, tuple[_Queue, Unit, Any]]) -> None:
        unit = queue.units.popleft()
        queue.busy += 1
        under_way[host.run.remote(unit)] = (queue, unit, host)

    def _next(self, queue: _Queue, host: Any, under_way: dict[Any, tuple[_Queue, Unit, Any]]) -> None:
        """The host's next unit; without one it is let go, and its GPUs are the next model's."""
        import ray
        from ray.exceptions import RayActorError

        if queue.units:
            self._give(queue, host, under_way)
            return
        with suppress(RayActorError):
            ray.get(host.stop.remote())
        ray.kill(host)

    def _lost(self, queue: _Queue, unit: Unit, error: Exception) -> None:
        queue.lost[unit.name] += 1
        if queue.lost[unit.name] >= _LOSSES:
            self._fail(queue, unit, f"its host was lost {_LOSSES} times ({_first_line(error)})")
            return
        self._say(f"{queue.job.name}: {unit.name}: its host was lost; another one goes on ({_first_line(error)})")
        queue.units.appendleft(unit)

    def _fail(self, queue: _Queue, unit: Unit, why: str) -> None:
        self.finished.failures.append(f"{queue.job.name}, {unit.name}: {why}")

    def _say(self, line: str) -> None:
        Progress(self.console).say(line)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
