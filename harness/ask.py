"""What is asked: one sample with its prompt."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.chat import Encoded
from tasks.task import Sample, Task


@dataclass(frozen=True, slots=True)
class Ask:
    """One sample with its encoded prompt, and what was left out of that for want of room.

    `question` is the prompt's text without the chat format around it.
    """

    task: Task
    sample: Sample
    question: str
    prompt: Encoded
    stop: tuple[str, ...] = ()
    max_tokens: int = 256
    allowed: tuple[int, ...] = ()
    shots_dropped: int = 0
    pruned: bool = False
