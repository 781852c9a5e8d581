"""The order of rows: every row once an epoch, like lengths together, the same for a seed."""

from __future__ import annotations

import random
from collections import Counter

from trainer.order import row_order, steps_of

LENGTHS = random.Random(1).choices(range(10, 500), k=1000)


def test_every_row_once_an_epoch() -> None:
    order = row_order(LENGTHS, 10, steps_of(1000, 10, 2), seed=0)
    assert sorted(order[:1000]) == sorted(order[1000:]) == list(range(1000))
    assert order[:1000] != order[1000:]


def test_rows_that_an_epoch_leaves_over_come_in_the_next() -> None:
    order = row_order(LENGTHS[:25], 10, 5, seed=0)
    assert Counter(order) == dict.fromkeys(range(25), 2)


def test_a_batch_holds_rows_of_like_length() -> None:
    order = row_order(LENGTHS, 10, 100, seed=0)
    batches = [[LENGTHS[row] for row in order[at : at + 10]] for at in range(0, 1000, 10)]
    padded = sum(max(batch) * 10 for batch in batches)
    assert padded < 1.1 * sum(LENGTHS)
    assert [max(batch) for batch in batches] != sorted(max(batch) for batch in batches), "long ones are spread"


def test_a_seed_gives_one_order() -> None:
    assert row_order(LENGTHS, 10, 50, seed=3) == row_order(LENGTHS, 10, 50, seed=3)
    assert row_order(LENGTHS, 10, 50, seed=3) != row_order(LENGTHS, 10, 50, seed=4)
