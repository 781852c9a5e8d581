"""One jail as its caller sees it: children are taken, spoken to, and ended with everything they started."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import time
import weakref
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from executors.outcome import Limits
from executors.sandbox import bubblewrap
from executors.sandbox.errors import IsolationError, JailLostError
from executors.sandbox.inside import wire

ENDING_SECONDS = 10.0
# How long a program that closed its channel may take to end by itself, so that its own end is told, not ours. Much on
# a busy machine: of one that was killed, its channel is closed first.
PATIENCE_SECONDS = 0.75
_CHUNK = 1 << 16
_CLOSING_SECONDS = 2.0
# So many children may die unasked before that is held against the jail; more than it keeps ready.
_UNASKED_DEATHS = 10
# Room for the notation around a reply of the allowed size.
_REPLY_MARGIN = 1 << 16


class Stop(StrEnum):
    """What ended the wait for a child."""

    REPLIED = "replied"
    CLOSED = "closed"  # it ended
    SILENT = "silent"  # it closed its channel and went on
    DEADLINE = "deadline"
    OUTPUT = "output"
    FORGERY = "forgery"  # it wrote what does not belong on the channel


@dataclass(frozen=True, slots=True)
class Ended:
    """One child's end. `exit_code` is negative for a signal, as in `subprocess`; `reply` only with REPLIED."""

    stop: Stop
    reply: bytes
    stdout: bytes
    stderr: bytes
    exit_code: int
    seconds: float


@dataclass(slots=True)
class _Child:
    number: int
    channel: socket.socket
    stdout: int
    stderr: int
    ready: bool = False

    def close(self) -> None:
        self.channel.close()
        os.close(self.stdout)
        os.close(self.stderr)


@dataclass(slots=True)
class _Streams:
    """What a child has sent so far."""

    limit: int
    reply_limit: int
    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)
    channel: bytearray = field(default_factory=bytearray)
    nonce: bytes = b""

    def stop(self) -> Stop | None:
        if len(self.out) > self.limit or len(self.err) > self.limit:
            return Stop.OUTPUT
        data = self.channel
        if not self.nonce:
            return Stop.FORGERY if data not in (b"", wire.DONE) else None
        head = wire.NONCE_BYTES + wire.LENGTH_BYTES
        if data[: wire.NONCE_BYTES] != self.nonce[: len(data)]:
            return Stop.FORGERY
        if len(data) < head:
            return None
        size = int.from_bytes(data[wire.NONCE_BYTES : head], "big")
        if size > self.reply_limit or len(data) > head + size:
            return Stop.FORGERY
        return Stop.REPLIED if len(data) == head + size else None

    def reply(self) -> bytes:
        return bytes(self.channel[wire.NONCE_BYTES + wire.LENGTH_BYTES :])


# A forked copy of the caller that kept its end of a channel would keep the jail alive after the caller.
_open_jails: weakref.WeakSet[Jail] = weakref.WeakSet()


def _forget_all() -> None:
    for jail in list(_open_jails):
        jail.forget()


os.register_at_fork(after_in_child=_forget_all)


class Jail:
    """A zygote in bubblewrap. Not thread-safe. Raises IsolationError at its start, JailLostError at any time."""

    def __init__(self, spec: bubblewrap.Spec) -> None:
        started = bubblewrap.start(spec)
        self._process = started.process
        self._zygote = started.channel
        self._life = os.pidfd_open(started.process.pid)
        self._spares: deque[_Child] = deque()
        self._ended: dict[int, tuple[int, bool]] = {}
        _open_jails.add(self)
        try:
            self._spares.appendleft(self._waiting_child())
        except JailLostError:
            failure = bubblewrap.failure(self._process)
            self.close()
            raise failure from None
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The outermost process of the jail."""
        return self._process.pid

    def run(self, request: Mapping[str, object], limits: Limits, reply_limit: int | None = None) -> Ended:
        """Send `request` to a fresh child and see it to its end. Raises JailLostError."""
        child = self._waiting_child()
        try:
            began = time.monotonic()
            streams = _Streams(limits.output, (reply_limit or limits.output) + _REPLY_MARGIN)
            stop = _converse(child, request, streams, began + limits.seconds)
            patience = PATIENCE_SECONDS if stop is Stop.CLOSED else 0.0
            code, stopped = self._end(child.number, patience)
            _drain(child, streams)
            if stop is Stop.CLOSED and stopped and code == -signal.SIGKILL:
                stop = Stop.SILENT
            if stop is Stop.REPLIED and max(len(streams.out), len(streams.err)) > limits.output:
                stop = Stop.OUTPUT
            seconds = time.monotonic() - began
            return Ended(stop, streams.reply(), bytes(streams.out), bytes(streams.err), code, seconds)
        finally:
            child.close()

    def close(self) -> None:
        """End the zygote, every child, and bubblewrap."""
        _open_jails.discard(self)
        self._zygote.close()
        for child in self._spares:
            child.close()
        self._spares.clear()
        bubblewrap.end(self._process, _CLOSING_SECONDS)
        os.close(self._life)

    def forget(self) -> None:
        """In a forked copy of the caller: let go of what belongs to the parent."""
        self._zygote.close()
        for child in self._spares:
            child.close()
        self._spares.clear()
        os.close(self._life)
        if self._process.stderr is not None:
            self._process.stderr.close()
        # It is the parent's to wait for.
        self._process.returncode = 0

    def _waiting_child(self) -> _Child:
        """A child that is confined and waits for its program. In place of one that was killed so far comes another."""
        for _ in range(_UNASKED_DEATHS):
            child = self._take()
            try:
                if self._ready(child) and not _hung_up(child):
                    return child
                self._end(child.number, 0.0)
            except BaseException:
                child.close()
                raise
            child.close()
        raise JailLostError("its children end before they are asked")

    def _take(self) -> _Child:
        while not self._spares:
            self._receive(bubblewrap.START_SECONDS)
        return self._spares.popleft()

    def _ready(self, child: _Child) -> bool:
        """A child says READY once it is confined; only then does it get a program. False: it was killed before."""
        if child.ready:
            return True
        child.channel.settimeout(ENDING_SECONDS)
        try:
            said = child.channel.recv(1)
        except OSError as error:
            raise JailLostError(str(error)) from error
        if said != wire.READY:
            reason = os.read(child.stderr, _CHUNK).decode(errors="replace").strip()
            if reason:
                raise IsolationError(f"a program cannot be isolated: {reason}")
            return False
        child.channel.setblocking(False)
        child.ready = True
        return True

    def _receive(self, seconds: float) -> None:
        poll = select.poll()
        poll.register(self._zygote, select.POLLIN)
        # A jail killed while it starts can leave a child that holds the socket open and waits for ever.
        poll.register(self._life, select.POLLIN)
        ready = [one for one, _ in poll.poll(seconds * 1000)]
        if self._zygote.fileno() not in ready:
            raise JailLostError("it ended" if ready else f"no word in {seconds:g} s")
        try:
            message, descriptors, _, _ = socket.recv_fds(self._zygote, wire.MESSAGE.size, 3, socket.MSG_CMSG_CLOEXEC)
        except OSError as error:
            raise JailLostError(str(error)) from error
        if not message:
            raise JailLostError("the zygote ended")
        kind, number, code = wire.MESSAGE.unpack(message)
        if kind == wire.OFFER:
            channel = socket.socket(fileno=descriptors[0])
            self._spares.append(_Child(number, channel, descriptors[1], descriptors[2]))
        else:
            self._ended[number] = code, kind == wire.STOPPED

    def _end(self, number: int, patience: float) -> tuple[int, bool]:
        """The child's exit code, and whether it was ended because it did not end by itself within `patience`."""
        try:
            self._zygote.send(wire.MESSAGE.pack(wire.END, number, int(1000 * patience)))
        except OSError as error:
            raise JailLostError(str(error)) from error
        while number not in self._ended:
            self._receive(ENDING_SECONDS)
        return self._ended.pop(number)


def _converse(child: _Child, request: Mapping[str, object], streams: _Streams, deadline: float) -> Stop:
    """Send the request, gather what comes back, hand the nonce over when the program is done."""
    waiting = memoryview(wire.frame(json.dumps(request).encode()))
    poll = select.poll()
    poll.register(child.channel, select.POLLIN | select.POLLOUT)
    sources = {child.stdout: streams.out, child.stderr: streams.err}
    for descriptor in sources:
        os.set_blocking(descriptor, False)
        poll.register(descriptor, select.POLLIN)
    while (left := deadline - time.monotonic()) > 0:
        for descriptor, events in poll.poll(left * 1000):
            if descriptor in sources:
                if not _read(descriptor, sources[descriptor]):
                    poll.unregister(descriptor)
                continue
            if events & select.POLLOUT:
                waiting = _send(child.channel, waiting)
                if not waiting:
                    poll.modify(child.channel, select.POLLIN)
            if events & (select.POLLIN | select.POLLHUP | select.POLLERR) and not _read_channel(child, streams):
                return streams.stop() or Stop.CLOSED
        if stop := streams.stop():
            return stop
        if streams.channel == wire.DONE and not streams.nonce:
            streams.nonce = os.urandom(wire.NONCE_BYTES)
            streams.channel.clear()
            waiting = memoryview(streams.nonce)
            poll.modify(child.channel, select.POLLIN | select.POLLOUT)
    return Stop.DEADLINE


def _hung_up(child: _Child) -> bool:
    poll = select.poll()
    poll.register(child.channel, 0)
    return bool(poll.poll(0))


def _send(channel: socket.socket, data: memoryview) -> memoryview:
    try:
        return data[channel.send(data) :]
    except BlockingIOError:
        return data
    except OSError:
        # The child is gone: its end of the channel will say so.
        return data[len(data) :]


def _read_channel(child: _Child, streams: _Streams) -> bool:
    try:
        data = child.channel.recv(_CHUNK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    streams.channel += data
    return bool(data)


def _read(descriptor: int, into: bytearray) -> bool:
    """Whether the pipe is still open."""
    try:
        data = os.read(descriptor, _CHUNK)
    except BlockingIOError:
        return True
    into += data
    return bool(data)


def _drain(child: _Child, streams: _Streams) -> None:
    """What a dead child left in its pipes, no further than the limit."""
    for descriptor, into in ((child.stdout, streams.out), (child.stderr, streams.err)):
        with contextlib.suppress(BlockingIOError):
            while len(into) <= streams.limit and (data := os.read(descriptor, _CHUNK)):
                into += data
