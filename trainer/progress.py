"""What training shows while it runs: a bar with loss, tokens a second and time left; without a terminal, lines."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

if TYPE_CHECKING:
    from trainer.completion_loss import CompletionTrainer


class StepProgress(TrainerCallback):
    """`trainer` counts the tokens of one process; all have about as many."""

    def __init__(self, trainer: CompletionTrainer, title: str, console: Console | None = None) -> None:
        self._trainer = trainer
        self._title = title
        self._console = console or Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]}  {task.fields[speed]} tokens/s"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._began = 0.0
        self._first = 0

    @property
    def tokens_per_second(self) -> float:
        """Over all processes, since the training began or went on."""
        elapsed = time.monotonic() - self._began
        return self._trainer.seen_tokens * self._trainer.accelerator.num_processes / elapsed if elapsed else 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._began = time.monotonic()
        self._first = state.global_step
        if state.is_world_process_zero:
            self._bar.start()
            self._task = self._bar.add_task(
                self._title, total=state.max_steps, completed=state.global_step, loss="-", speed="-"
            )

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if not state.is_world_process_zero or "loss" not in (logs or {}):
            return
        assert logs is not None
        speed, loss = f"{self.tokens_per_second:,.0f}", f"{logs['loss']:.4f}"
        self._bar.update(self._task, loss=loss, speed=speed)
        if not self._console.is_terminal:
            done = state.global_step - self._first
            left = (time.monotonic() - self._began) / max(done, 1) * (state.max_steps - state.global_step)
            self._console.print(
                f"{self._title}: step {state.global_step}/{state.max_steps}, loss {loss}, {speed} tokens/s, "
                f"{left / 60:.1f} min left",
                soft_wrap=True,
            )

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        if state.is_world_process_zero:
            self._bar.update(self._task, completed=state.global_step)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.is_world_process_zero:
            self._bar.stop()
