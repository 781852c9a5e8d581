"""One attack for every claim of `executors.sandbox`: what a hostile program gets to see, to reach and to keep."""

from __future__ import annotations

import os
import socket
import tempfile
import textwrap
import time
from pathlib import Path

import pytest

from executors.outcome import Limits, Outcome, Status
from executors.python import ReturnValue, run, run_python
from executors.sandbox import self_test
from executors.sandbox.python_program import close_jails

pytestmark = pytest.mark.alone

LIMITS = Limits(seconds=5.0, memory=512 << 20, output=1 << 18)


def attack(body: str, limits: Limits = LIMITS) -> Outcome:
    program = "import os, sys\ndef solution():\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ")
    return run(program, ReturnValue(), limits)


def descendants() -> int:
    """Processes below this one, zombies and other sessions included."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    mine = {os.getpid()}
    while grown := {pid for pid, parent in parents.items() if parent in mine} - mine:
        mine |= grown
    return len(mine) - 1


class TestAnEmptyMachine:
    def test_the_root_holds_the_system_and_the_jail(self) -> None:
        seen = attack("return sorted(os.listdir('/'))").value
        assert isinstance(seen, list)
        assert set(seen) <= {"bin", "dev", "etc", "jail", "lib", "lib32", "lib64", "sbin", "tmp", "usr"}

    def test_no_host_file_is_there(self, tmp_path: Path) -> None:
        tmp_path.joinpath("secret").write_text("s3cret")
        assert attack(f"return open({str(tmp_path / 'secret')!r}).read()").status is Status.ERROR
        assert attack("return open('/etc/passwd').read()").status is Status.ERROR

    def test_no_package_but_the_offered_ones(self) -> None:
        assert attack("import pytest\nreturn 1").status is Status.ERROR
        assert attack("import executors\nreturn 1").status is Status.ERROR

    def test_the_environment_is_empty(self, monkeypatch: pytest.MonkeyPatch) -> None:
        close_jails()
        monkeypatch.setenv("A_SECRET", "s3cret")
        assert attack("return dict(os.environ)").value == {}

    def test_no_process_shows_its_environment(self) -> None:
        assert attack("return os.path.exists('/proc/self')").value is False

    def test_arguments_do_not_name_the_harness(self) -> None:
        assert attack("return sys.argv").value == [""]

    def test_everything_but_tmp_is_read_only(self) -> None:
        written = """
            done = []
            for top in ["/", "/dev", "/etc", "/usr", "/jail", "/jail/site", os.path.dirname(os.__file__), *sys.path]:
                for folder in [top, *(e.path for e in os.scandir(top) if e.is_dir())] if os.path.isdir(top) else []:
                    if folder.startswith("/tmp"):
                        continue
                    try:
                        open(folder + "/planted", "w").close()
                        done.append(folder)
                    except OSError:
                        pass
            return done
        """
        assert attack(written).value == []


class TestNoRights:
    def test_nobody_and_no_way_back(self) -> None:
        assert attack("return [os.getresuid(), os.getresgid()]").value == [(65534,) * 3, (65534,) * 3]
        for call in ("os.setuid(0)", "os.setresuid(0, 0, 0)", "os.setgid(0)", "os.chown('/tmp', 0, 0)"):
            assert not attack(f"{call}\nreturn 1").ok, call

    @pytest.mark.parametrize(
        "call",
        [
            "unshare(0x10000000)", "unshare(0x20000)", "mount(b'x', b'/tmp', b'tmpfs', 0, None)", "chroot(b'/tmp')",
            "umount2(b'/usr', 2)", "ptrace(16, 1, 0, 0)", "setns(0, 0)", "syscall(250, 0, 0, 0)",
            "syscall(321, 0, 0, 0)",
            "memfd_create(b'x', 0)", "shmget(0, 4096, 0o1600)", "syscall(425, 1, 0)", "syscall(435, 0, 0)",
            "syscall(9999)", "reboot(0)", "sethostname(b'x', 1)",
        ],
    )  # fmt: skip
    def test_calls_that_are_refused(self, call: str) -> None:
        answer = attack(f"import ctypes\nc = ctypes.CDLL(None, use_errno=True)\nreturn [c.{call}, ctypes.get_errno()]")
        assert answer.value in ([-1, 1], [-1, 38]), answer  # EPERM, ENOSYS

    def test_descriptors_are_the_standard_ones_and_the_channel(self) -> None:
        seen = """
            found = []
            for fd in range(256):
                try:
                    found.append((fd, os.fstat(fd).st_mode >> 12))
                except OSError:
                    pass
            return found
        """
        # character device, pipe, pipe, socket
        assert attack(seen).value == [(0, 2), (1, 1), (2, 1), (3, 12)]

    def test_limits_are_hard(self) -> None:
        raised = (
            "import resource as r\nr.setrlimit(r.RLIMIT_AS, (r.RLIM_INFINITY,) * 2)\nreturn len(bytearray(1 << 31))"
        )
        assert not attack(raised).ok


class TestReachesNobody:
    def test_no_connection_and_no_datagram(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            port = tcp.getsockname()[1]
            udp.bind(("127.0.0.1", port))
            for kind in ("SOCK_STREAM", "SOCK_DGRAM"):
                sent = (
                    f"import socket\ns = socket.socket(socket.AF_INET, socket.{kind})\ns.connect(('127.0.0.1', {port}))"
                )
                assert attack(sent).status is Status.REFUSED
            for listener in (tcp, udp):
                listener.setblocking(False)
                with pytest.raises(BlockingIOError):
                    listener.recv(1) if listener is udp else listener.accept()

    @pytest.mark.parametrize("target", ["os.getppid()", "1", "-1", "0", "3"])
    def test_signals_stay_inside(self, target: str) -> None:
        attack(f"os.kill({target}, 9)\nreturn 1")
        attack(f"os.killpg({target}, 15)\nreturn 1")
        assert attack("return 2").value == 2

    def test_no_process_is_started_and_no_image_replaced(self) -> None:
        for call in ("os.fork()", "os.posix_spawn('/bin/true', ['true'], {})", "os.execv('/bin/true', ['true'])"):
            assert attack(f"{call}\nreturn 1").status is Status.REFUSED, call


class TestEnds:
    @pytest.mark.parametrize(
        "body",
        [
            "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\nreturn 1",
            "import threading\nfor _ in range(3): threading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()",
            "import signal\nos.kill(os.getpid(), signal.SIGSTOP)\nreturn 1",
            "import atexit, time\natexit.register(time.sleep, 60)\nreturn 1",
            "for fd in range(256):\n    try: os.close(fd)\n    except OSError: pass\nwhile True: pass",
        ],
    )
    def test_nothing_is_left(self, body: str) -> None:
        attack("return 1")
        before = settled()
        began = time.monotonic()
        attack(body, Limits(seconds=0.5))
        assert time.monotonic() - began < 1.5
        assert settled() == before

    def test_no_leftover_in_the_temp_directory(self) -> None:
        attack("import tempfile\ntempfile.mkstemp(prefix='left_by_a_program')\nreturn 1")
        assert list(Path(tempfile.gettempdir()).glob("left_by_a_program*")) == []


def settled() -> int:
    """The number of processes once the jails have their next children ready."""
    counts = [descendants()]
    for _ in range(100):
        time.sleep(0.01)
        counts.append(descendants())
        if len(set(counts[-4:])) == 1 and len(counts) > 4:
            break
    return counts[-1]


class TestBounds:
    def test_threads(self) -> None:
        started = """
            import threading
            threading.stack_size(65536)
            n = 0
            try:
                while n < 1000:
                    threading.Thread(target=threading.Event().wait, daemon=True).start()
                    n += 1
            except RuntimeError:
                pass
            return n
        """
        answer = attack(started).value
        assert isinstance(answer, int)
        assert 16 <= answer <= 256

    def test_scratch_space(self) -> None:
        filled = """
            import errno
            for i in range(100):
                try:
                    open(str(i), 'wb').write(bytes(1 << 20))
                except OSError as e:
                    return [i, e.errno == errno.ENOSPC]
        """
        value = attack(filled).value
        assert isinstance(value, list)
        assert value[1] is True
        assert value[0] <= 64

    def test_memory_beyond_the_interpreter(self) -> None:
        small = Limits(seconds=5.0, memory=64 << 20)
        assert attack("return len(bytearray(32 << 20))", small).value == 32 << 20
        assert attack("return len(bytearray(96 << 20))", small).status is Status.MEMORY


class TestAnswersCannotBeForged:
    @pytest.mark.parametrize(
        "data", ["b'D'", "b'D' + bytes(40)", "b'R'", "b'\\0' * 99", "b'D' * 9", 'b\'{"status":"ok","value":1}\'']
    )
    def test_writing_to_every_descriptor(self, data: str) -> None:
        body = f"for fd in range(3, 256):\n    try: os.write(fd, {data})\n    except OSError: pass\nos._exit(0)"
        assert not attack(body).ok

    def test_a_guessed_nonce(self) -> None:
        body = (
            "os.write(3, b'D')\nos.write(3, bytes(32) + (5).to_bytes(8, 'big') + b'hello')\nimport time\ntime.sleep(9)"
        )
        assert attack(body).status is Status.ERROR

    @pytest.mark.parametrize(
        "reply",
        [
            *("", "[", "{}", "[1]", '{"status":"no_program","detail":"","value":1}'),
            *('{"status":"ok","detail":"","value":{"q":1}}', '{"status":"ok","detail":"","value":{"i":5}}'),
            '{"status":"ok","detail":"","value":' + "[" * 5000 + "]" * 5000 + "}",
        ],
    )
    def test_a_reply_that_is_not_in_the_notation(self, reply: str) -> None:
        """A program that plays the whole protocol itself gets no further than a malformed answer."""
        body = f"""
            r = {reply!r}.encode()
            os.write(3, b'D')
            n = os.read(3, 32)
            os.write(3, n + len(r).to_bytes(8, 'big') + r)
            os._exit(0)
        """
        assert attack(body).status is Status.BAD_ANSWER

    def test_lying_classes(self) -> None:
        lying = """
            class Liar(float):
                def __eq__(self, other): return True
                def __repr__(self): return '18'
                def __float__(self): return 18.0
                __hash__ = float.__hash__
                __class__ = str
            return Liar(3)
        """
        value = attack(lying).value
        assert type(value) is float
        assert value == 3.0

    def test_replaced_builtins_and_libraries(self) -> None:
        replaced = """
            import builtins, json, json.encoder
            for name in ('repr', 'float', 'issubclass', 'isinstance', 'type', 'len', 'BaseException'):
                setattr(builtins, name, lambda *a: 18)
            json.dumps = json.encoder.encode_basestring_ascii = lambda *a, **k: '18'
            return [3, 'x']
        """
        assert attack(replaced).value == [3, "x"]

    def test_a_tracer_is_gone_before_the_answer_is_read(self) -> None:
        outcome = attack("def t(*a): raise SystemExit\nsys.settrace(t)\nreturn 1")
        assert outcome.value in (1, None)
        assert attack("return 2").value == 2


class TestTheNextProgram:
    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("import builtins\nbuiltins.sum = lambda *a: 99\nreturn 1", "return sum([1, 2]) == 3"),
            (
                "import math\nmath.sqrt = None\nsys.modules['re'] = None\nreturn 1",
                "import math, re\nreturn math.sqrt(4) == 2",
            ),
            ("open('/tmp/left', 'w').close()\nreturn 1", "return os.listdir('/tmp') == []"),
            (
                "os.environ['LEFT'] = '1'\nos.umask(0)\nos.chdir('/')\nreturn 1",
                "return [*os.environ, os.getcwd()] == ['/tmp']",
            ),
        ],
    )
    def test_sees_nothing_of_the_one_before(self, first: str, second: str) -> None:
        attack(first)
        assert attack(second).value is True


def test_self_test_holds_here() -> None:
    checks = self_test()
    assert [check for check in checks if not check.held] == []
    assert len(checks) >= 15


def test_hostile_text_leaves_one_clean_line() -> None:
    done = run_python("raise ValueError('\\x1b[2J\\n' * 999 + chr(0xd800))", ReturnValue(), LIMITS)
    assert done.outcome.detail.isprintable()
    assert len(done.outcome.detail) <= 300
