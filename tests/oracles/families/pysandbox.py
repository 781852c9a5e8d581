"""The jail against programs that are good, faulty or hostile: outcomes, answers, and rules 1-6 after every one.

Every case runs twice, in two random orders, by two processes at a time that have jails of their own.

How the vectors' words map to ours: "crash" is CRASHED; "error" there means exceptions, syntax errors, exits without
an answer and denials, which are ERROR, INVALID and REFUSED here; every other word is the status of the same name.
"""

from __future__ import annotations

import atexit
import json
import math
import os
import random
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from executors.outcome import Limits, Outcome, Status, to_json
from executors.python import Answer, LastLine, PythonRun, ReturnValue, Variable, run_python
from executors.sandbox.bubblewrap import Spec
from executors.sandbox.python_program import close_jails
from tests.oracles.agreement import Case, Verdict
from tests.processes import descendants

SECRET = "opensesame-31415926"
PASSES = 2
SETTLING_SECONDS = 1.0
JAILS = 2
# Of each jail: bubblewrap, the zygote, and for every spare child the process 1 of its namespace and itself.
RESTING = JAILS * (2 + 2 * Spec().spares)
WORDS = {Status.CRASHED: "crash", Status.INVALID: "error", Status.REFUSED: "error"}


def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
    found: dict[str, list[Verdict]] = {}
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=_enter) as pool:
        for seed in range(PASSES):
            order = random.Random(seed).sample(list(cases), len(cases))
            for case, verdicts in zip(order, pool.map(_judged, order), strict=True):
                found.setdefault(case["id"], []).extend(verdicts)
    for case in cases:
        yield found[case["id"]]


@dataclass
class Outside:
    """The part of the machine that programs are told of and must not reach."""

    folder: Path
    secret_file: Path
    port: int
    hits: list[bytes] = field(default_factory=list)
    most_descriptors: int = 0

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


def names(folder: Path | str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


_outside: Outside | None = None


def _enter() -> None:
    """Make this worker the harness of the vectors: a secret in its environment, a port, a folder to be left alone."""
    global _outside
    scratch = tempfile.TemporaryDirectory(prefix="jail-world-")
    atexit.register(scratch.cleanup)
    for name in ("outside", "elsewhere", "working"):
        Path(scratch.name, name).mkdir()
    Path(scratch.name, "outside", "keep.txt").write_text("keep")
    secret = Path(scratch.name, "elsewhere", "secret.txt")
    secret.write_text(SECRET)
    os.environ["EVAL_SECRET_TOKEN"] = SECRET
    os.chdir(Path(scratch.name, "working"))
    hits: list[bytes] = []
    _outside = Outside(Path(scratch.name, "outside"), secret, listen(hits), hits)
    # Both kinds of jail are started now, with the secret in the environment of what starts them.
    close_jails()
    for program in ("def solution(): return 1", "import numpy\ndef solution(): return 1"):
        outcome = run_python(program, ReturnValue(), Limits()).outcome
        assert outcome.ok, outcome
    # The children that wait for a program, three descriptors each, come and go.
    _outside.most_descriptors = len(names("/proc/self/fd")) + JAILS * Spec().spares * 3


def listen(hits: list[bytes]) -> int:
    """A loopback port, TCP and UDP, as long as this process lives; what arrives is noted."""
    tcp = socket.create_server(("127.0.0.1", 0))
    port: int = tcp.getsockname()[1]
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", port))

    def accept() -> None:
        while True:
            connection, _ = tcp.accept()
            hits.append(b"connection")
            connection.close()

    def receive() -> None:
        while True:
            hits.append(udp.recv(4096))

    for target in (accept, receive):
        threading.Thread(target=target, daemon=True).start()
    return port


def _judged(case: Case) -> list[Verdict]:
    assert _outside is not None
    outside = _outside
    limits = Limits(case["limits"]["wall_s"], case["limits"]["memory_mb"] << 20, case["limits"]["stdout_bytes"])
    place = answer_place(case["answer_from"])
    before = outside.state()
    began = time.monotonic()
    run = run_python(outside.fill_in(case["program"]), place, limits)
    took = time.monotonic() - began
    broken = list(_broken_rules(outside, before, run, took - limits.seconds))
    expect = case["expect"]
    if following := expect.get("then"):
        outcome = run_python(following["program"], place, limits).outcome
        if not (outcome.ok and same(outcome.value, following["answer"])):
            broken.append(f"6: the next program answered {outcome}")
    word = WORDS.get(run.outcome.status, run.outcome.status.value)
    facts = {"status": run.outcome.status.value, "detail": run.outcome.detail}
    verdicts = [
        Verdict("outcome", expect["outcome"], word, word in expect["outcome"], facts),
        Verdict("rules", [], broken, not broken, facts),
    ]
    if run.outcome.ok and "answer" in expect and not expect.get("any_value"):
        value = to_json(run.outcome.value)
        verdicts.append(Verdict("answer", expect["answer"], value, same(run.outcome.value, expect["answer"])))
    return verdicts


def _broken_rules(outside: Outside, before: dict[str, object], run: PythonRun, late: float) -> Iterator[str]:
    if late > SETTLING_SECONDS:
        yield f"1: answered {late:.1f} s after its limit"
    if (count := settled_processes()) != RESTING:
        yield f"1: {count} processes instead of {RESTING}"
    if (count := len(names("/proc/self/fd"))) > outside.most_descriptors:
        yield f"1: {count} descriptors, more than {outside.most_descriptors}"
    for name, value in outside.state().items():
        if value != before[name]:
            yield f"{3 if name == 'network' else 2}: {name} changed: {before[name]} -> {value}"
    if SECRET in log_of(run):
        yield "4: the secret is in the log"
    if not run.outcome.ok and run.outcome.value is not None:
        yield "5: an answer without `ok`"


def log_of(run: PythonRun) -> str:
    outcome: Outcome = run.outcome
    return json.dumps(to_json(outcome.value)) + outcome.detail + run.stdout + run.stderr


def settled_processes() -> int:
    """How many processes there are below this one, once the jails have made their next children."""
    deadline = time.monotonic() + SETTLING_SECONDS
    while (count := len(descendants())) != RESTING and time.monotonic() < deadline:
        time.sleep(0.002)
    return count


def answer_place(name: str) -> Answer:
    if name == "stdout_last_line":
        return LastLine()
    if name.startswith("var:"):
        return Variable(name.removeprefix("var:"))
    return ReturnValue(name.removesuffix("()"))


def same(value: Any, expected: Any) -> bool:
    if isinstance(value, dict) and isinstance(expected, dict):
        return value.keys() == expected.keys() and all(same(value[k], expected[k]) for k in value)
    if isinstance(value, (list, tuple)) and isinstance(expected, list):
        return len(value) == len(expected) and all(map(same, value, expected))
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value) == expected
    return bool(value == expected) and isinstance(value, bool) == isinstance(expected, bool)
