"""Calls in a forked child: whatever they do to it, the caller has an outcome in time and the next call works."""

from __future__ import annotations

import os
import signal
import socket
import time

import pytest

from executors.forked import Forked
from executors.outcome import Limits, Outcome, Status

pytestmark = pytest.mark.alone

LIMITS = Limits(seconds=0.5, memory=256 << 20)


def _identity(value: object) -> Outcome:
    return Outcome(Status.OK, str(value))


def _process() -> Outcome:
    return Outcome(Status.OK, os.getpid())


def _end_by(number: int) -> Outcome:
    os.kill(os.getpid(), number)
    return Outcome(Status.OK)


def _sleep() -> Outcome:
    time.sleep(60)
    return Outcome(Status.OK)


def _allocate(size: int) -> Outcome:
    return Outcome(Status.OK, len(bytearray(size)))


def _connect(port: int) -> Outcome:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError as error:
        return Outcome.failed(Status.ERROR, error)
    return Outcome(Status.OK)


def _open() -> Outcome:
    try:
        os.close(os.open("/etc/passwd", os.O_RDONLY))
    except OSError as error:
        return Outcome.failed(Status.ERROR, error)
    return Outcome(Status.OK)


def _killed_once_for_each_byte(of: int) -> Outcome:
    try:
        left = os.read(of, 1)
    except BlockingIOError:
        return Outcome(Status.OK, "lived")
    if left:
        os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def _fail() -> Outcome:
    raise KeyError("our own mistake")


@pytest.mark.parametrize(
    ("function", "arguments", "status"),
    [
        (_identity, ("x",), Status.OK),
        (_sleep, (), Status.TIMEOUT),
        (_end_by, (signal.SIGSEGV,), Status.CRASHED),
        (_end_by, (signal.SIGABRT,), Status.MEMORY),
        (_allocate, (1 << 30,), Status.MEMORY),
        (_allocate, (1 << 20,), Status.OK),
        (_open, (), Status.ERROR),
    ],
)
def test_every_call_has_an_outcome_and_the_next_one_works(
    function: object, arguments: tuple[object, ...], status: Status
) -> None:
    child = Forked()
    started = time.perf_counter()
    assert callable(function)
    assert child.call(LIMITS, function, *arguments).status is status
    assert time.perf_counter() - started < LIMITS.seconds + 1.0
    assert child.call(LIMITS, _identity, "next").value == "next"


def test_a_child_reaches_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        assert Forked().call(LIMITS, _connect, server.getsockname()[1]).status is Status.ERROR
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_child_stays_until_it_is_lost() -> None:
    child = Forked()
    first = child.call(LIMITS, _process).value
    assert first != os.getpid()
    assert child.call(LIMITS, _process).value == first
    child.close()
    assert child.call(LIMITS, _process).value != first


def test_a_child_killed_while_it_waits_is_replaced() -> None:
    child = Forked()
    first = child.call(LIMITS, _process).value
    assert isinstance(first, int)
    os.kill(first, signal.SIGKILL)
    assert child.call(LIMITS, _identity, "next").value == "next"


@pytest.mark.parametrize(("kills", "status", "left"), [(2, Status.OK, 0), (4, Status.CRASHED, 1)])
def test_a_child_killed_under_a_call_is_replaced_twice(kills: int, status: Status, left: int) -> None:
    """From outside or by itself, which cannot be told apart: so that the call is not made for ever."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.write(writing, b"x" * kills)
    assert Forked().call(LIMITS, _killed_once_for_each_byte, reading).status is status
    assert os.read(reading, 9) == b"x" * left if left else True
    os.close(reading)
    os.close(writing)


def test_our_own_mistakes_are_raised() -> None:
    child = Forked()
    with pytest.raises(RuntimeError, match="our own mistake"):
        child.call(LIMITS, _fail)
    assert child.call(LIMITS, _identity, 1).ok
