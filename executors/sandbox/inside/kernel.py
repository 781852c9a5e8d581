"""The system calls that Python does not offer: namespaces, mounts, capabilities, and a process that costs nothing."""

from __future__ import annotations

import ctypes
import os
import resource
import select
import signal
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

CLONE_VM, CLONE_FS, CLONE_FILES = 0x100, 0x200, 0x400
CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID = 0x0002_0000, 0x0800_0000, 0x2000_0000
MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 8, 24, 38
OPEN_TREE, MOVE_MOUNT = 428, 429  # the same number on every architecture
AT_FDCWD, AT_RECURSIVE, OPEN_TREE_CLONE, MOVE_MOUNT_F_EMPTY_PATH = -100, 0x8000, 1, 4
CAPABILITY_VERSION = 0x2008_0522
CAPABILITIES = 64
NOBODY = 65534
MAP_FAILED = ctypes.c_void_p(-1).value

_libc = ctypes.CDLL(None, use_errno=True)
_libc.clone.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
_libc.mount.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p]
_libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
_libc.mmap.restype = ctypes.c_void_p
_libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]

_STACK_BYTES = 1 << 16
# One for all: a paused process never returns to it.
_init_stack = ctypes.create_string_buffer(_STACK_BYTES)


def _check(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def prctl(option: int, first: int = 0, second: int = 0) -> None:
    _check(_libc.prctl(option, first, second, 0, 0), f"prctl {option}")


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


_NO_CAPABILITIES = (ctypes.c_uint32 * 6)()


def _capabilities() -> ctypes.Array[ctypes.c_uint32]:
    """(effective, permitted, inheritable) x (low, high) words."""
    words = (ctypes.c_uint32 * 6)()
    header = _CapabilityHeader(CAPABILITY_VERSION, 0)
    _check(_libc.capget(ctypes.byref(header), words), "capget")
    return words


def _set_capabilities(words: ctypes.Array[ctypes.c_uint32]) -> None:
    header = _CapabilityHeader(CAPABILITY_VERSION, 0)
    _check(_libc.capset(ctypes.byref(header), words), "capset")


def become_nobody() -> None:
    """Leave uid 0 for `NOBODY`, keeping the capabilities, which reach no further than this user namespace.

    Started by an ordinary user, the namespace knows only that user (shown as `NOBODY`) and there is nothing to leave.
    """
    if os.getuid() == NOBODY:
        return
    prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    words = _capabilities()
    words[0], words[3] = words[1], words[4]
    _set_capabilities(words)


def forbid_new_rights() -> None:
    """No program that this process or a child of it starts gets a capability; equals cannot look into it."""
    for capability in range(CAPABILITIES):
        # EINVAL: this kernel has fewer capabilities than 64.
        with suppress(OSError):
            prctl(PR_CAPBSET_DROP, capability)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_DUMPABLE, 0)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends (a change of uid makes it forget an earlier request)."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def drop_all_rights() -> None:
    _set_capabilities(_NO_CAPABILITIES)


@dataclass(frozen=True, slots=True)
class Init:
    """Process 1 of a new PID namespace; when it is killed, every process of the namespace is."""

    pid: int
    pidfd: int

    def ends(self, seconds: float) -> bool:
        return bool(select.select([self.pidfd], [], [], seconds)[0])


def new_pid_namespace() -> Init:
    """A PID namespace whose process 1 sleeps for ever.

    It shares this process's memory (a thread's cost, 20 microseconds, where a fork of a warm interpreter costs
    milliseconds) and touches none of it: it runs the C library's `pause` and no signal but SIGKILL reaches it.
    """
    top = ctypes.c_void_p(ctypes.addressof(_init_stack) + _STACK_BYTES - 64)
    flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_NEWPID | signal.SIGCHLD
    pid = _check(_libc.clone(ctypes.cast(_libc.pause, ctypes.c_void_p), top, flags, None), "clone")
    return Init(pid, os.pidfd_open(pid))


@contextmanager
def children_in(init: Init, own_pidfd: int) -> Iterator[None]:
    """Inside the block this process's forks are born in `init`'s PID namespace."""
    _check(_libc.setns(init.pidfd, CLONE_NEWPID), "setns")
    try:
        yield
    finally:
        # A new namespace can be made only while children are born in the own one.
        _check(_libc.setns(own_pidfd, CLONE_NEWPID), "setns")


def private_mounts_and_ipc() -> None:
    _check(_libc.unshare(CLONE_NEWNS | CLONE_NEWIPC), "unshare")


@dataclass(frozen=True, slots=True)
class Tmpfs:
    """A file system in memory, of `size` bytes at most."""

    size: int
    inodes: int
    executable: bool

    def mount(self, where: bytes) -> None:
        flags = MS_NOSUID | MS_NODEV | (0 if self.executable else MS_NOEXEC)
        options = b"size=%d,nr_inodes=%d,mode=700" % (self.size, self.inodes)
        _check(_libc.mount(b"tmpfs", where, b"tmpfs", flags, options), "mount")


@contextmanager
def carried_over(paths: Iterable[str]) -> Iterator[None]:
    """What is mounted at `paths` is still there after the block has mounted something over a folder above them."""
    flags = OPEN_TREE_CLONE | AT_RECURSIVE | os.O_CLOEXEC
    trees = {
        path: _check(_libc.syscall(OPEN_TREE, AT_FDCWD, path.encode(), flags), f"open_tree {path}") for path in paths
    }
    yield
    for path, tree in trees.items():
        # An open tree can be a file.
        if stat.S_ISDIR(os.fstat(tree).st_mode):
            Path(path).mkdir(0o755, parents=True)
        else:
            Path(path).parent.mkdir(0o755, parents=True, exist_ok=True)
            Path(path).touch()
        moved = _libc.syscall(MOVE_MOUNT, tree, b"", AT_FDCWD, path.encode(), MOVE_MOUNT_F_EMPTY_PATH)
        _check(moved, f"move_mount {path}")
        os.close(tree)


def mount_proc() -> None:
    """Show the processes of the own PID namespace and no others."""
    _check(_libc.mount(b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, None), "mount /proc")


def limit(which: int, value: int) -> None:
    """Set the soft and the hard limit to `value`, or to what is allowed if that is less."""
    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def address_space() -> int:
    """Bytes of address space of this process, to the page (there is no /proc to ask).

    The kernel refuses a mapping that would exceed RLIMIT_AS: a search over soft limits finds the size.
    """
    page = resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    low, high = 0, 1 << 46
    try:
        while high - low > page:
            middle = (low + high) // 2
            resource.setrlimit(resource.RLIMIT_AS, (middle, hard))
            # PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS
            address = _libc.mmap(None, page, 0, 0x22, -1, 0)
            if address == MAP_FAILED:
                low = middle
            else:
                _libc.munmap(address, page)
                high = middle
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    return high
