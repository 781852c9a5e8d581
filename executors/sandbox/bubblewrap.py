"""Start one interpreter inside bubblewrap: what it sees of the machine, and under which uid.

The jail is a new tree: the system's /usr, this interpreter's standard library and the offered packages (read-only, at
neutral places), four device files, an empty read-only root. There is no /etc, no home, no /proc, no network.
As root, the uid inside is `nobody`'s own; else it is the caller's uid, in a user namespace without rights outside.
"""

from __future__ import annotations

import importlib.util
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from executors.sandbox.errors import IsolationError, JailLostError
from executors.sandbox.inside.kernel import NOBODY

SCRATCH = "/tmp"
PYTHON, SITE, CODE = "/jail/python", "/jail/site", "/jail/code"
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
# What a program may import beyond the standard library, and the folders that these wheels keep beside themselves.
OFFERED = ("numpy", "sympy", "mpmath", "dateutil", "six", "scipy", "pandas", "pytz", "tzdata")
BUNDLED_LIBRARIES = ("numpy.libs", "scipy.libs", "pandas.libs")
START_SECONDS = 20.0
# How bubblewrap ends when it, or the zygote under it, was killed.
_KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)
_LAST_WORDS_SECONDS = 5.0
_ROOT_MAP = f"0 0 1\n{NOBODY} {NOBODY} 1\n"


@dataclass(frozen=True)
class Spec:
    """What a jail is for. `scratch` is the size of its /tmp in bytes, `mounts` what else it sees, read-only, and
    `packages` (folders) what else its Python can import.
    """

    external: bool = False
    preload: tuple[str, ...] = ()
    scratch: int = 64 << 20
    spares: int = 2
    mounts: tuple[Path, ...] = ()
    packages: tuple[Path, ...] = ()
    show_processes: bool = False


@dataclass(frozen=True)
class Started:
    """A running jail: its outermost process, and the socket to the zygote."""

    process: subprocess.Popen[bytes]
    channel: socket.socket


def start(spec: Spec) -> Started:
    """Start the jail. Raises IsolationError where bubblewrap is missing or cannot isolate, JailLostError."""
    executable = shutil.which("bwrap")
    if executable is None:
        raise IsolationError("bwrap not found: model-written programs need the package `bubblewrap`")
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        try:
            process = _launch(executable, spec, theirs.fileno())
        except BaseException:
            ours.close()
            raise
    return Started(process, ours)


def _launch(executable: str, spec: Spec, channel: int) -> subprocess.Popen[bytes]:
    if os.getuid() != 0:
        identity = ["--uid", str(NOBODY), "--gid", str(NOBODY)]
        return _spawn([executable, *identity, *_arguments(spec, channel)], (channel,))
    info_read, info_write = os.pipe()
    go_read, go_write = os.pipe()
    try:
        identity = ["--userns-block-fd", str(go_read), "--info-fd", str(info_write)]
        command = [executable, *identity, *_arguments(spec, channel)]
        # It gets the reading end as well: were that the caller's alone, the end of a caller killed now would break the
        # pipe and so bubblewrap, whose process 1 would wait for ever.
        process = _spawn(command, (channel, info_read, info_write, go_read))
        os.close(info_write)
        info_write = -1
        try:
            _map_nobody(process, info_read)
            os.write(go_write, b"1")
        except BaseException:
            end(process)
            raise
        return process
    finally:
        for descriptor in (info_read, info_write, go_read, go_write):
            if descriptor >= 0:
                os.close(descriptor)


def _spawn(command: list[str], descriptors: tuple[int, ...]) -> subprocess.Popen[bytes]:
    # An empty environment for bwrap itself: process 1 of a jail can be made to show its own.
    return subprocess.Popen(
        command,
        pass_fds=descriptors,
        env={},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _map_nobody(process: subprocess.Popen[bytes], info: int) -> None:
    """Give the jail's user namespace two uids: root, who sets the mounts up, and nobody, who stays."""
    text = b""
    while b"}" not in text:
        part = os.read(info, 4096)
        if not part:
            raise failure(process)
        text += part
    pid = json.loads(text)["child-pid"]
    try:
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{pid}/{name}").write_text(_ROOT_MAP)
    except (FileNotFoundError, ProcessLookupError) as error:
        raise JailLostError("killed while it started") from error
    except OSError as error:
        raise IsolationError(f"the jail's user namespace cannot be set up: {error.strerror}") from error


def failure(process: subprocess.Popen[bytes]) -> IsolationError | JailLostError:
    """Why a jail did not start, in bubblewrap's or the zygote's words. Ends it."""
    _end_group(process, _LAST_WORDS_SECONDS)
    errors = process.communicate()[1]
    if process.returncode in _KILLED:
        return JailLostError("killed while it started")
    lines = errors.decode(errors="replace").strip().splitlines()
    reason = lines[-1] if lines else f"exit status {process.returncode}"
    return IsolationError(f"bubblewrap cannot isolate programs on this machine (package `bubblewrap`): {reason}")


def end(process: subprocess.Popen[bytes], patience: float = 0.0) -> None:
    """Wait for the end of a jail, `patience` seconds at most, and kill what is left of it."""
    _end_group(process, patience)
    process.wait()
    if process.stderr is not None:
        process.stderr.close()


def _end_group(process: subprocess.Popen[bytes], patience: float) -> None:
    """Afterwards nothing holds the jail's standard error.

    A bubblewrap that was killed while its process 1 waits for the uid map leaves that one waiting for ever. It is found
    by its process group, whose number nobody else can get before bubblewrap is waited for.
    """
    if process.returncode is not None:
        return
    life = os.pidfd_open(process.pid)
    try:
        poll = select.poll()
        poll.register(life, select.POLLIN)
        poll.poll(patience * 1000)
    finally:
        os.close(life)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _arguments(spec: Spec, channel: int) -> list[str]:
    # Not --die-with-parent, which comes after the wait for the uid map: the zygote ends when the caller's end of the
    # channel closes, and a waiting bubblewrap when its pipe does.
    # Not --new-session: the zygote is to stay in the process group that is killed; programs get sessions of their own.
    settings = {name: getattr(spec, name) for name in ("external", "preload", "scratch", "spares")}
    settings["below_scratch"] = [str(path) for path in spec.mounts if path.is_relative_to(SCRATCH)]
    shown = ["--proc", "/proc"] if spec.show_processes else []
    statement = (
        f"import sys; sys.path += [{SITE!r}, {CODE!r}]; "
        f"from inside import zygote; sys.path.remove({CODE!r}); zygote.main({channel}, {json.dumps(settings)!r})"
    )
    return [
        *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
        *("--unshare-cgroup-try", "--hostname", "jail", "--cap-add", "ALL"),
        *("--as-pid-1", "--clearenv", "--setenv", "PYTHONHASHSEED", "0"),
        # Every thread's own heap would reserve 64 MiB of the address space that is limited.
        *("--setenv", "MALLOC_ARENA_MAX", "1", "--setenv", "LD_LIBRARY_PATH", f"{PYTHON}/lib"),
        *(*_system(), *_mounts(spec), *shown, "--remount-ro", "/", "--chdir", "/", "--"),
        *(_interpreter(), "-B", "-s", "-S", "-P", "-c", statement),
    ]


def _interpreter() -> str:
    return f"{_python_prefix()}/bin/python{sys.version_info.major}.{sys.version_info.minor}"


def _python_prefix() -> str:
    """Where the interpreter lies inside: the system's own stays in /usr."""
    return "/usr" if Path(sys.base_prefix).resolve() == Path("/usr") else PYTHON


def _directory(path: str | Path) -> tuple[str, ...]:
    # Directories that bubblewrap makes on the way to a mount are closed to everyone but root.
    return ("--perms", "0755", "--dir", str(path))


def _system() -> Iterator[str]:
    for name in ("/dev", "/etc", "/tmp"):
        yield from _directory(name)
    yield from ("--ro-bind", "/usr", "/usr", "--ro-bind-try", "/etc/alternatives", "/etc/alternatives")
    for name in ("bin", "lib", "lib64", "lib32", "sbin"):
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
    for device in DEVICES:
        yield from ("--dev-bind", device, device)
    yield from ("--symlink", "/proc/self/fd", "/dev/fd")


def _mounts(spec: Spec) -> Iterator[str]:
    for name in ("/jail", SITE, CODE):
        yield from _directory(name)
    if _python_prefix() == PYTHON:
        yield from ("--ro-bind", sys.base_prefix, PYTHON)
        # Packages beside the standard library are not offered: they may hold anything.
        site = f"{PYTHON}/{_relative_site()}"
        yield from ("--tmpfs", site, "--remount-ro", site)
    yield from ("--ro-bind", str(Path(__file__).parent / "inside"), f"{CODE}/inside")
    if not spec.external:
        for place in (*_offered(), *spec.packages):
            yield from ("--ro-bind", str(place), f"{SITE}/{place.name}")
    for path in spec.mounts:
        for parent in reversed(path.parents[:-1]):
            yield from _directory(parent)
        yield from ("--ro-bind", str(path), str(path))


def _relative_site() -> str:
    paths = sysconfig.get_paths(vars={"base": "", "platbase": "", "installed_base": "", "installed_platbase": ""})
    return paths["purelib"].lstrip("/")


def _offered() -> Iterator[Path]:
    for name in OFFERED:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            continue
        place = Path(found.origin)
        yield place.parent if found.submodule_search_locations else place
    for name in BUNDLED_LIBRARIES:
        package = importlib.util.find_spec(name.removesuffix(".libs"))
        if package is not None and package.origin is not None:
            folder = Path(package.origin).parent.with_name(name)
            if folder.is_dir():
                yield folder
