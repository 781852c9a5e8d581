"""The filter, run here by an interpreter of classic BPF: which call gets which answer, for both architectures."""

from __future__ import annotations

import errno
import os
import struct
from types import SimpleNamespace

import pytest

from executors.sandbox.inside import seccomp

ALLOW, KILL = 0x7FFF_0000, 0x8000_0000
REFUSE, UNKNOWN = 0x0005_0000 | errno.EPERM, 0x0005_0000 | errno.ENOSYS
MACHINES = sorted(seccomp.MACHINES)


def verdict(filter_: seccomp.Filter, architecture: int, number: int, argument: int = 0) -> int:
    data = struct.pack("<IIQQ", number, architecture, 0, argument)
    accumulator, at = 0, 0
    lines = [filter_.program.instructions[i] for i in range(filter_.program.length)]
    while True:
        line = lines[at]
        at += 1
        if line.code == 0x06:
            return int(line.k)
        if line.code == 0x20:
            accumulator = struct.unpack_from("<I", data, line.k)[0]
            continue
        taken = {0x15: accumulator == line.k, 0x35: accumulator >= line.k, 0x45: bool(accumulator & line.k)}[line.code]
        at += line.yes if taken else line.no


def built(machine: str, monkeypatch: pytest.MonkeyPatch, processes: bool) -> tuple[seccomp.Filter, int, int]:
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine=machine))
    column, architecture = seccomp.MACHINES[machine]
    return seccomp.build(may_start_processes=processes), column, architecture


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("processes", [False, True])
def test_every_call_of_the_tables_and_no_other_is_refused(
    machine: str, processes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    filter_, column, architecture = built(machine, monkeypatch, processes)
    tables = [
        seccomp.NETWORK, seccomp.NAMESPACES, seccomp.OTHER_PROCESSES, seccomp.KERNEL, seccomp.UNCOUNTED_MEMORY,
        *([] if processes else [seccomp.PROCESSES]),
    ]  # fmt: skip
    refused = {numbers[column] for table in tables for numbers in table.values()}
    special = {seccomp.CLONE[column], seccomp.CLONE3[column], seccomp.SOCKETPAIR[column]}
    for number in set(range(seccomp.NEWEST + 1)) - special:
        assert verdict(filter_, architecture, number) == (REFUSE if number in refused else ALLOW), number


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_newer_than_the_table_do_not_exist(machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    filter_, column, architecture = built(machine, monkeypatch, processes=True)
    for number in (seccomp.NEWEST + 1, 0x4000_0000, 0x4000_0000 + 57, 0xFFFF_FFFF, seccomp.CLONE3[column]):
        assert verdict(filter_, architecture, number) == UNKNOWN


@pytest.mark.parametrize("machine", MACHINES)
def test_another_architecture_is_killed(machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    filter_, _, _ = built(machine, monkeypatch, processes=True)
    assert verdict(filter_, 0x4000_0003, 1) == KILL  # 32-bit x86


@pytest.mark.parametrize("machine", MACHINES)
def test_clone_makes_threads_and_processes_by_kind(machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    thread, process, new_user = 0x0001_0000, 17, 0x1000_0000
    for processes in (False, True):
        filter_, column, architecture = built(machine, monkeypatch, processes)
        clone = seccomp.CLONE[column]
        assert verdict(filter_, architecture, clone, thread) == ALLOW
        assert verdict(filter_, architecture, clone, process) == (ALLOW if processes else REFUSE)
        assert verdict(filter_, architecture, clone, thread | new_user) == REFUSE


@pytest.mark.parametrize("machine", MACHINES)
def test_only_unix_socket_pairs(machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    filter_, column, architecture = built(machine, monkeypatch, processes=True)
    assert verdict(filter_, architecture, seccomp.SOCKETPAIR[column], 1) == ALLOW
    assert verdict(filter_, architecture, seccomp.SOCKETPAIR[column], 2) == REFUSE


def test_an_unknown_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine="riscv64"))
    with pytest.raises(NotImplementedError, match="riscv64"):
        seccomp.build(may_start_processes=False)
