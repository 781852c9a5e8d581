"""The order in which rows are learnt, settled before the first step: seeded, in batches of rows of like length.

So a run that was killed goes on with the row where it stopped, and a batch is padded little.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence

_BATCHES_SORTED = 16  # rows of so many batches are sorted by length together


def steps_of(rows: int, batch: int, epochs: float) -> int:
    """Optimiser steps of so many epochs, the last one perhaps of fewer rows."""
    return max(1, math.ceil(rows * epochs / batch))


def row_order(lengths: Sequence[int], batch: int, steps: int, seed: int) -> list[int]:
    """Numbers of the rows of `steps` batches, one after the other. Each epoch has all rows in another order."""
    order: list[int] = []
    stream = _epochs(lengths, batch, random.Random(f"order {seed}"))
    while len(order) < steps * batch:
        order += next(stream)
    return order[: steps * batch]


def _epochs(lengths: Sequence[int], batch: int, draw: random.Random) -> Iterator[list[int]]:
    """Groups of batches, without end: batches in random order, rows of a batch from the longest to the shortest."""
    carried: list[int] = []  # rows that an epoch left over, fewer than a batch
    while True:
        rows = carried + draw.sample(range(len(lengths)), len(lengths))
        whole = len(rows) - len(rows) % batch
        carried = rows[whole:]
        for start in range(0, whole, batch * _BATCHES_SORTED):
            group = sorted(rows[start : min(start + batch * _BATCHES_SORTED, whole)], key=lambda row: -lengths[row])
            batches = [group[at : at + batch] for at in range(0, len(group), batch)]
            draw.shuffle(batches)
            yield [row for each in batches for row in each]
