"""The warm process inside the jail: it keeps children ready, each in namespaces of its own, one for every program.

Between the two sides: one seqpacket socket to the zygote (children offered, children to be ended) and, for every
child, a stream socket (the request, the reply) and two pipes (stdout, stderr).
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import random
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from . import external_run, kernel, python_run, seccomp, wire

# All of a program's threads and processes; the kernel counts them by user namespace, which is this jail.
TASKS = 256
OPEN_FILES = 256
INODES = 10_000
SCRATCH = "/tmp"
# What children inherit and no request changes.
LIMITS = {
    resource.RLIMIT_NOFILE: OPEN_FILES,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_MEMLOCK: 0,
    resource.RLIMIT_MSGQUEUE: 0,
    resource.RLIMIT_SIGPENDING: TASKS,
}
CHANNEL_DESCRIPTOR = 3
ENDING_SECONDS = 1.0
# Programs replace functions of `os`, too.
_exit = os._exit


@dataclass(frozen=True, slots=True)
class Settings:
    """What a jail is for: set once, at its start."""

    external: bool
    preload: list[str]
    scratch: int
    spares: int
    below_scratch: list[str]


@dataclass(frozen=True, slots=True)
class Child:
    pid: int
    pidfd: int
    init: kernel.Init


class Zygote:
    def __init__(self, channel: socket.socket, settings: Settings, touches: list[Callable[[], None]]) -> None:
        self.channel = channel
        self.touches = touches
        self.settings = settings
        self.children: dict[int, Child] = {}
        self.own_pidfd = os.pidfd_open(os.getpid())
        self.filter = seccomp.build(may_start_processes=settings.external)
        self.base = kernel.address_space()
        self.scratch = kernel.Tmpfs(settings.scratch, INODES, executable=settings.external)
        self.shows_processes = Path("/proc/self").exists()
        self.made = 0

    def serve(self) -> None:
        for _ in range(self.settings.spares):
            self.offer()
        while message := self.channel.recv(wire.MESSAGE.size):
            _, number, milliseconds = wire.MESSAGE.unpack(message)
            self.end(number, milliseconds / 1000)
            self.offer()

    def offer(self) -> None:
        """Make a child and send the other side its socket and its two pipes."""
        ours, theirs = socket.socketpair()
        out_read, out_write = os.pipe()
        error_read, error_write = os.pipe()
        init, pid = self._fork(ours.fileno(), out_write, error_write)
        self.made += 1
        self.children[self.made] = Child(pid, os.pidfd_open(pid), init)
        offer = wire.MESSAGE.pack(wire.OFFER, self.made, 0)
        socket.send_fds(self.channel, [offer], [theirs.fileno(), out_read, error_read])
        ours.close()
        theirs.close()
        for descriptor in (out_read, out_write, error_read, error_write):
            os.close(descriptor)

    def _fork(self, channel: int, out: int, error: int) -> tuple[kernel.Init, int]:
        """A child in a PID namespace of its own, and process 1 of that. Nobody in here can kill the latter."""
        while True:
            init = kernel.new_pid_namespace()
            try:
                with kernel.children_in(init, self.own_pidfd):
                    pid = os.fork()
                    if pid == 0:
                        self._be_child(channel, out, error)
                return init, pid
            except OSError:
                # The kernel refuses a child a little before it shows the end of its process 1.
                if not init.ends(ENDING_SECONDS):
                    raise
                os.waitpid(init.pid, 0)
                os.close(init.pidfd)

    def end(self, number: int, patience: float) -> None:
        """Kill the child's whole namespace and say how the child ended; give it `patience` seconds to end itself."""
        child = self.children.pop(number)
        kind = wire.ENDED if select.select([child.pidfd], [], [], patience)[0] else wire.STOPPED
        os.kill(child.init.pid, signal.SIGKILL)
        status = os.waitpid(child.pid, 0)[1]
        os.waitpid(child.init.pid, 0)
        os.close(child.pidfd)
        os.close(child.init.pidfd)
        self.channel.send(wire.MESSAGE.pack(kind, number, os.waitstatus_to_exitcode(status)))

    def _be_child(self, channel: int, out: int, error: int) -> None:
        """Never returns."""
        try:
            self._confine(channel, out, error)
            for touch in self.touches:
                touch()
            wire.write_all(CHANNEL_DESCRIPTOR, wire.READY)
            self._answer()
        except EOFError:
            _exit(0)
        except BaseException as failure:
            # Before READY nothing of a program has run: the other side shows this as the reason.
            with suppress(OSError):
                os.write(2, f"{type(failure).__name__}: {failure}\n".encode())
        finally:
            _exit(1)

    def _confine(self, channel: int, out: int, error: int) -> None:
        os.setsid()
        # The jail's own standard streams are /dev/null; so is the program's input.
        descriptors = [os.dup(0), os.dup(out), os.dup(error), os.dup(channel)]
        for target, descriptor in enumerate(descriptors):
            os.dup2(descriptor, target, inheritable=target < CHANNEL_DESCRIPTOR)
        os.closerange(CHANNEL_DESCRIPTOR + 1, OPEN_FILES)
        kernel.private_mounts_and_ipc()
        with kernel.carried_over(self.settings.below_scratch):
            self.scratch.mount(SCRATCH.encode())
        if self.shows_processes:
            kernel.mount_proc()
        os.chdir(SCRATCH)
        kernel.drop_all_rights()
        if not self.settings.external:
            self.filter.install()

    def _answer(self) -> None:
        size = int.from_bytes(wire.read_exactly(CHANNEL_DESCRIPTOR, wire.LENGTH_BYTES), "big")
        request: dict[str, Any] = json.loads(wire.read_exactly(CHANNEL_DESCRIPTOR, size))
        limit_resources = partial(self._limit_resources, request["memory"], request["seconds"])
        if self.settings.external:
            payload = external_run.run(request, self.filter, limit_resources)
        else:
            limit_resources()
            payload = _run_python(request)
        wire.write_all(CHANNEL_DESCRIPTOR, wire.DONE)
        # Asked for only now: no program has seen it.
        nonce = wire.read_exactly(CHANNEL_DESCRIPTOR, wire.NONCE_BYTES)
        wire.write_all(CHANNEL_DESCRIPTOR, nonce + wire.frame(payload))
        _exit(0)

    def _limit_resources(self, memory: int, seconds: float) -> None:
        base = 0 if self.settings.external else self.base
        kernel.limit(resource.RLIMIT_AS, base + memory)
        # Of all threads together; only a second guard: the other side kills at the deadline.
        kernel.limit(resource.RLIMIT_CPU, (int(seconds) + 2) * (os.cpu_count() or 1))
        kernel.limit(resource.RLIMIT_NPROC, TASKS)


def _run_python(request: dict[str, Any]) -> bytes:
    # The same program gives the same answer in every run; a fork would seed from the system.
    random.seed(0)
    return python_run.run(request["program"], request["answer"], request["name"], request["output"]).encode()


def _preload(modules: list[str]) -> list[Callable[[], None]]:
    """Import them; returns what children do while they wait."""
    touches = []
    for name in modules:
        with suppress(ImportError):
            module = importlib.import_module(name)
            if hasattr(module, "touch"):
                touches.append(module.touch)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(0)
    return touches


def main(descriptor: int, settings: str) -> None:
    """Serve until the other side closes its end; then the jail's process 1 ends, and with it everything in here."""
    # What bubblewrap was started with and left open.
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, OPEN_FILES)
    kernel.become_nobody()
    kernel.forbid_new_rights()
    kernel.die_with_parent()
    # The caller's own limit is not the jail's: children get theirs from their requests.
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    # More BLAS threads reserve address space that the programs' limit would have to pay for.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    chosen = Settings(**json.loads(settings))
    for which, value in LIMITS.items():
        kernel.limit(which, value)
    kernel.limit(resource.RLIMIT_FSIZE, chosen.scratch)
    touches = _preload(chosen.preload)
    python_run.bound_recursion()
    python_run.forbid_crafted_bytecode()
    os.environ.clear()
    sys.argv[:] = [""]
    for name in [name for name in sys.modules if name.split(".")[0] == __package__]:
        del sys.modules[name]
    zygote = Zygote(socket.socket(fileno=descriptor), chosen, touches)
    gc.collect()
    # Objects of the warm interpreter are never garbage: without this every child would copy their pages.
    gc.freeze()
    # The other side may close at any moment.
    with suppress(ConnectionError):
        zygote.serve()
