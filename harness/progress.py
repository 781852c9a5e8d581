"""What a person sees while a run goes on: one bar a task, samples and tokens per second, the faults so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.text import Text

from executors.outcome import one_line
from harness.record import Record

_LINES_EVERY = 10.0  # seconds between lines where there is no terminal to draw bars on


class Progress:
    """Bars on a terminal, a line now and then elsewhere. Use as a context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            refresh_per_second=4,
        )
        self._tasks: dict[str, TaskID] = {}
        self._started = 0.0
        self._tokens = 0
        self._finished = 0
        self._total = 0
        self._faults = 0
        self._next_line = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._bars.stop()

    def say(self, line: str) -> None:
        """One line of news. Model text in it cannot drive the terminal."""
        self._console.print(Text(one_line(line, 2000)), soft_wrap=True)

    def plan(self, planned: Mapping[str, int], done: set[tuple[str, str]]) -> None:
        """Announce the run: samples by task, and the keys of those an earlier process has finished."""
        for name, total in planned.items():
            before = sum(1 for task, _ in done if task == name)
            self._tasks[name] = self._bars.add_task(name, total=total, completed=before, speed="", start=False)
        self._total = sum(planned.values()) - len(done)
        if done:
            self.say(f"{len(done)} samples are there already, {self._total} to go")

    @contextmanager
    def waiting(self) -> Iterator[Callable[[str], None]]:
        """While something starts: its last words on a status line, or a line now and then."""
        if self._console.is_terminal:
            with self._console.status("starting") as status:
                yield lambda line: status.update(Text(f"starting: {one_line(line, self._console.width - 14)}"))
            return
        started = time.monotonic()
        due = started + _LINES_EVERY

        def say(line: str) -> None:
            nonlocal due
            if time.monotonic() >= due:
                due += _LINES_EVERY
                self.say(f"starting, {time.monotonic() - started:.0f} s: {one_line(line, 120)}")

        yield say

    def record(self, record: Record) -> None:
        if not self._started:
            self._started = time.monotonic()
            self._next_line = self._started + _LINES_EVERY
            self._bars.start()
        self._finished += 1
        self._tokens += record.completion_tokens or 0
        self._faults += bool(record.fault)
        task = self._tasks[record.task]
        self._bars.start_task(task)
        self._bars.update(task, advance=1, speed=self._speed())
        if record.fault and self._faults == 1:
            self.say(f"first fault, task {record.task}, sample {record.sample}: {record.fault}")
        if not self._console.is_terminal and (time.monotonic() >= self._next_line or self._finished == self._total):
            self._next_line = time.monotonic() + _LINES_EVERY
            self.say(f"{self._finished}/{self._total} samples, {self._speed()}")

    def _speed(self) -> str:
        elapsed = max(time.monotonic() - self._started, 1e-3)
        faults = f", {self._faults} faults" if self._faults else ""
        return f"{self._finished / elapsed:.1f} samples/s, {self._tokens / elapsed:.0f} tokens/s{faults}"
