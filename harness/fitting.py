"""What is left out of a prompt that is too long for the model, in a fixed order, and no more than must be.

First exemplars, the last one first; then what the task says can be pruned (a schema's tables that the question does
not speak of). A prompt that is too long even so is sent in its shortest form, with what room there is for an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tasks.task import Sample, Task


@dataclass(frozen=True, slots=True)
class Form:
    """One way to ask a sample: with so many of our own exemplars, and with what left out."""

    sample: Sample
    num_fewshot: int
    shots_dropped: int = 0
    pruned: bool = False


def shorter_forms(task: Task, sample: Sample, num_fewshot: int) -> Iterator[Form]:
    """Ever shorter forms of a sample's prompt, in the order in which they are tried."""
    dropped = 0
    if task.prompt.fixed:
        while task.drop_shot is not None and (less := task.drop_shot(sample)) is not None:
            sample, dropped = less, dropped + 1
            yield Form(sample, num_fewshot, dropped)
    else:
        while num_fewshot:
            num_fewshot, dropped = num_fewshot - 1, dropped + 1
            yield Form(sample, num_fewshot, dropped)
    if task.prune is not None and (less := task.prune(sample)) is not None:
        yield Form(less, num_fewshot, dropped, True)
