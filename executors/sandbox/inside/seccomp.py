"""The system calls that no jailed program gets, as a classic BPF program for seccomp (x86-64 and 64-bit ARM).

Numbers above the newest system call this table was written against answer ENOSYS, so everything reachable was looked
at once. A refused call answers EPERM, which Python shows as PermissionError.
"""

from __future__ import annotations

import ctypes
import errno
import os
from dataclasses import dataclass

# name: (x86-64, asm-generic); None where the architecture has no such call. Source: Linux 6.1 uapi headers.
_Numbers = dict[str, tuple[int, int | None]]
PROCESSES: _Numbers = {"fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281)}
NETWORK: _Numbers = {
    "socket": (41, 198), "bind": (49, 200), "connect": (42, 203), "listen": (50, 201), "accept": (43, 202),
    "accept4": (288, 242),
}  # fmt: skip
NAMESPACES: _Numbers = {
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
}  # fmt: skip
OTHER_PROCESSES: _Numbers = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "kcmp": (312, 272), "pidfd_getfd": (438, 438), "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424), "perf_event_open": (298, 241), "bpf": (321, 280), "userfaultfd": (323, 282),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263), "inotify_init": (253, None), "inotify_init1": (294, 26), "lookup_dcookie": (212, 18),
}  # fmt: skip
KERNEL: _Numbers = {
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "create_module": (174, None),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142), "swapon": (167, 224),
    "swapoff": (168, 225), "acct": (163, 89), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "clock_adjtime": (305, 266), "adjtimex": (159, 171), "sethostname": (170, 161), "setdomainname": (171, 162),
    "syslog": (103, 116), "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None), "quotactl": (179, 60),
    "quotactl_fd": (443, 443), "nfsservctl": (180, 42), "vhangup": (153, 58), "personality": (135, 92),
    "uselib": (134, None), "ustat": (136, None), "sysfs": (139, None), "_sysctl": (156, None), "add_key": (248, 217),
    "request_key": (249, 218), "keyctl": (250, 219), "seccomp": (317, 277), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
}  # fmt: skip
# Memory that RLIMIT_AS does not see, or that outlives the process.
UNCOUNTED_MEMORY: _Numbers = {
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196),
    "shmctl": (31, 195), "shmdt": (67, 197), "semget": (64, 190), "semop": (65, 193), "semctl": (66, 191),
    "semtimedop": (220, 192), "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187),
    "mq_open": (240, 180), "mq_unlink": (241, 181), "mbind": (237, 235), "set_mempolicy": (238, 237),
    "migrate_pages": (256, 238), "move_pages": (279, 239), "remap_file_pages": (216, 234),
}  # fmt: skip
CLONE, CLONE3, SOCKETPAIR = (56, 220), (435, 435), (53, 199)
NEWEST = 449
CLONE_THREAD = 0x0001_0000
CLONE_ANY_NAMESPACE = 0x7E02_0000
AF_UNIX = 1

# machine: (column of the tables above, AUDIT_ARCH_...)
MACHINES = {"x86_64": (0, 0xC000_003E), "aarch64": (1, 0xC000_00B7)}

_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF_0000, 0x0005_0000, 0x8000_0000
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2

_Line = tuple[int, int, int, int]
_PERMIT: list[_Line] = [(_RETURN, 0, 0, _ALLOW)]
_REFUSE: list[_Line] = [(_RETURN, 0, 0, _ERRNO | errno.EPERM)]
_UNKNOWN: list[_Line] = [(_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
_ONLY_UNIX: list[_Line] = [(_LOAD, 0, 0, _FIRST_ARGUMENT_AT), (_JUMP_EQUAL, 0, 1, AF_UNIX), *_PERMIT, *_REFUSE]
_NO_NEW_NAMESPACE: list[_Line] = [(_LOAD, 0, 0, _FIRST_ARGUMENT_AT), (_JUMP_BITS, 0, 1, CLONE_ANY_NAMESPACE), *_REFUSE]
_ANY_PROCESS: list[_Line] = [*_NO_NEW_NAMESPACE, *_PERMIT]
_ONLY_THREADS: list[_Line] = [*_NO_NEW_NAMESPACE, (_JUMP_BITS, 0, 1, CLONE_THREAD), *_PERMIT, *_REFUSE]

_libc = ctypes.CDLL(None, use_errno=True)


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


@dataclass(frozen=True)
class Filter:
    """A BPF program that is ready to be installed (build it once: it is a hundred ctypes objects)."""

    program: _Program
    instructions: object  # keeps the memory that `program` points to alive

    def install(self) -> None:
        """Bind this process for good; no_new_privs must be set. Raises OSError."""
        if _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(self.program), 0, 0):
            raise OSError(ctypes.get_errno(), "the seccomp filter was not accepted")


def build(may_start_processes: bool) -> Filter:
    """The filter for a Python program (threads only) or for an external program (processes, no new namespaces).

    Raises NotImplementedError on a machine whose system calls are not in the tables.
    """
    machine = os.uname().machine
    if machine not in MACHINES:
        raise NotImplementedError(f"no table of system calls for {machine}")
    column, architecture = MACHINES[machine]
    rules = {SOCKETPAIR[column]: _ONLY_UNIX, CLONE[column]: _ANY_PROCESS if may_start_processes else _ONLY_THREADS}
    # glibc falls back to clone, whose flags can be looked at; clone3 hides them behind a pointer.
    rules[CLONE3[column]] = _UNKNOWN
    tables = [NETWORK, NAMESPACES, OTHER_PROCESSES, KERNEL, UNCOUNTED_MEMORY]
    for table in tables if may_start_processes else [PROCESSES, *tables]:
        rules.update((number, _REFUSE) for numbers in table.values() if (number := numbers[column]) is not None)
    code = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT), (_JUMP_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER_AT), *_search(_segments(rules)),
    ]  # fmt: skip
    instructions = (_Instruction * len(code))(*(_Instruction(*line) for line in code))
    return Filter(_Program(len(code), instructions), instructions)


def _segments(rules: dict[int, list[_Line]]) -> list[tuple[int, list[_Line]]]:
    """(first number, what is done) for every run of numbers that are treated alike; the x32 calls lie above NEWEST."""
    found: list[tuple[int, list[_Line]]] = []
    for number in range(NEWEST + 1):
        rule = rules.get(number, _PERMIT)
        if not found or found[-1][1] is not rule:
            found.append((number, rule))
    return [*found, (NEWEST + 1, _UNKNOWN)]


def _search(segments: list[tuple[int, list[_Line]]]) -> list[_Line]:
    """A binary search: when a filter is installed the kernel walks it once for every system call there is."""
    if len(segments) == 1:
        return segments[0][1]
    middle = len(segments) // 2
    below, above = _search(segments[:middle]), _search(segments[middle:])
    return [(_JUMP_AT_LEAST, len(below), 0, segments[middle][0]), *below, *above]
