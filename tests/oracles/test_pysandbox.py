"""The jail against the 229 programs of the sandbox vectors: outcomes, and rules 1-6 after every single program.

How the vectors' words map to ours: "crash" is CRASHED; "error" there means exceptions, syntax errors, exits without
an answer and denials, which are ERROR, INVALID and REFUSED here; every other word is the status of the same name.
"""

from __future__ import annotations

import json
import math
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from executors.outcome import Limits, Outcome, Status, to_json
from executors.python import Answer, LastLine, ReturnValue, Variable, run_python
from executors.sandbox.bubblewrap import Spec
from executors.sandbox.python_program import close_jails

ORACLES = Path(os.environ.get("SYMHARNESS_DATA", Path(__file__).parents[2] / "../shared/data")).resolve().parent
VECTORS = ORACLES / "oracles" / "pysandbox.jsonl"
SECRET = "opensesame-31415926"
SETTLING_SECONDS = 1.0
JAILS = 2
# Of each jail: bubblewrap, the zygote, and for every spare child the process 1 of its namespace and itself.
RESTING = JAILS * (2 + 2 * Spec().spares)
WORDS = {
    Status.CRASHED: "crash",
    Status.INVALID: "error",
    Status.REFUSED: "error",
}

if not VECTORS.exists() and not os.environ.get("CI"):
    pytest.skip("no vectors beside the data folder", allow_module_level=True)


def vectors() -> list[dict[str, Any]]:
    return [json.loads(line) for line in VECTORS.read_text().splitlines()]


def names(folder: Path | str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


@dataclass
class Outside:
    """The part of the machine that programs are told of and must not reach."""

    folder: Path
    secret_file: Path
    port: int
    hits: list[bytes] = field(default_factory=list)
    most_descriptors: int = 0
    others: frozenset[int] = frozenset()  # processes that earlier tests keep warm (a planner's server)

    def fill_in(self, program: str) -> str:
        program = program.replace("@@OUTSIDE@@", str(self.folder)).replace("@@SECRETFILE@@", str(self.secret_file))
        return program.replace("@@PORT@@", str(self.port))

    def state(self) -> dict[str, object]:
        """Everything that a program could have changed and nothing that the machine changes by itself."""
        libraries = (Path(folder) for folder in sys.path if Path(folder).is_dir())
        return {
            "outside": {str(p): (p.lstat().st_mode, p.read_bytes()) for p in sorted(self.folder.rglob("*"))},
            # Other processes use these folders as well.
            "temp": [name for name in names(tempfile.gettempdir()) if name.startswith(("leak_", "scratch", "big."))],
            "libraries": {str(p): [name for name in names(p) if name.endswith(".py")] for p in libraries},
            "working directory": names(Path.cwd()),
            "threads": threading.active_count(),
            "environment": dict(os.environ),
            "network": list(self.hits),
        }


def listen(outside_hits: list[bytes]) -> tuple[int, Callable[[], None]]:
    """A loopback TCP and UDP port; what arrives is noted."""
    tcp = socket.create_server(("127.0.0.1", 0))
    port = tcp.getsockname()[1]
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", port))

    def accept() -> None:
        while True:
            try:
                connection, _ = tcp.accept()
            except OSError:
                return
            outside_hits.append(b"connection")
            connection.close()

    def receive() -> None:
        while data := udp.recv(4096):
            outside_hits.append(data)

    threads = [threading.Thread(target=accept), threading.Thread(target=receive)]
    for thread in threads:
        thread.start()

    def stop() -> None:
        tcp.shutdown(socket.SHUT_RDWR)
        tcp.close()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", ("127.0.0.1", port))
        for thread in threads:
            thread.join()
        udp.close()

    return port, stop


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    folder = tmp_path_factory.mktemp("outside")
    folder.joinpath("keep.txt").write_text("keep")
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.txt"
    secret.write_text(SECRET)
    hits: list[bytes] = []
    port, stop = listen(hits)
    place = Outside(folder, secret, port, hits)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVAL_SECRET_TOKEN", SECRET)
        patch.chdir(tmp_path_factory.mktemp("working"))
        # Both kinds of jail are started now, with the secret in the environment of what starts them.
        close_jails()
        place.others = frozenset(descendants())
        for program in ("def solution(): return 1", "import numpy\ndef solution(): return 1"):
            assert run_python(program, ReturnValue(), Limits()).outcome.ok
        # The children that wait for a program, three descriptors each, come and go.
        place.most_descriptors = len(names("/proc/self/fd")) + JAILS * Spec().spares * 3
        yield place
    stop()


def descendants() -> list[int]:
    """Every process below this one, zombies, other sessions and other namespaces included."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = entry.joinpath("stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    mine = {os.getpid()}
    while grown := {pid for pid, parent in parents.items() if parent in mine} - mine:
        mine |= grown
    return sorted(mine - {os.getpid()})


def answer_place(name: str) -> Answer:
    if name == "stdout_last_line":
        return LastLine()
    if name.startswith("var:"):
        return Variable(name.removeprefix("var:"))
    return ReturnValue(name.removesuffix("()"))


def same(value: object, expected: object) -> bool:
    if isinstance(value, dict) and isinstance(expected, dict):
        return value.keys() == expected.keys() and all(same(value[k], expected[k]) for k in value)
    if isinstance(value, (list, tuple)) and isinstance(expected, list):
        return len(value) == len(expected) and all(map(same, value, expected))
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value) == expected
    return value == expected and isinstance(value, bool) == isinstance(expected, bool)


def run_case(case: dict[str, Any], outside: Outside) -> None:
    limits = Limits(case["limits"]["wall_s"], case["limits"]["memory_mb"] << 20, case["limits"]["stdout_bytes"])
    place = answer_place(case["answer_from"])
    before = outside.state()
    began = time.monotonic()
    run = run_python(outside.fill_in(case["program"]), place, limits)
    took = time.monotonic() - began
    assert took < limits.seconds + SETTLING_SECONDS
    check_outcome(case["expect"], run.outcome)
    assert outside.state() == before
    assert len(names("/proc/self/fd")) <= outside.most_descriptors
    log = json.dumps(to_json(run.outcome.value)) + run.outcome.detail + run.stdout + run.stderr
    assert SECRET not in log
    assert settled_processes(outside.others) == RESTING, "the program left a process, or took one of the jails' with it"
    if following := case["expect"].get("then"):
        outcome = run_python(following["program"], place, limits).outcome
        assert outcome.ok, outcome
        assert same(outcome.value, following["answer"]), outcome


def check_outcome(expect: dict[str, Any], outcome: Outcome) -> None:
    word = WORDS.get(outcome.status, outcome.status.value)
    assert word in expect["outcome"], outcome
    assert outcome.ok or outcome.value is None
    if outcome.ok and "answer" in expect and not expect.get("any_value"):
        assert same(outcome.value, expect["answer"]), outcome


def settled_processes(others: frozenset[int]) -> int:
    """How many processes but `others` there are below this one, once the jails have made their next children."""
    deadline = time.monotonic() + SETTLING_SECONDS
    while (count := len(set(descendants()) - others)) != RESTING and time.monotonic() < deadline:
        time.sleep(0.002)
    return count


@pytest.mark.parametrize("case", vectors(), ids=lambda case: case["id"])
def test_vector(case: dict[str, Any], outside: Outside) -> None:
    run_case(case, outside)
