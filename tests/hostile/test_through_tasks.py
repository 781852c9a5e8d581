"""Part of the corpus and damaged golds through every task; `python -m tests.hostile.through_tasks` does all."""

from __future__ import annotations

import pytest

from tasks.task import registry
from tests.hostile.through_tasks import corpus_tries, hand_in, machine, mutation_tries

pytestmark = pytest.mark.alone

# What has broken readers before; the whole corpus, with what waits for its deadline, takes a quarter of an hour.
_NAMES = (
    "nothing", "lone surrogates", "deep brackets", "digits", "markup", "shell", "Python, write", "SQL, attach",
    "SPARQL, service",
)  # fmt: skip


def test_every_text_comes_to_an_outcome_in_time_and_harms_nothing() -> None:
    with machine() as watched:
        tries = [
            one
            for task in registry().values()
            for one in (*corpus_tries(task, watched.port, watched.mark, _NAMES), *mutation_tries(task, 2))
            if one.name not in _NAMES  # bare they are mostly no program at all
        ]
        totals = hand_in(tries)
        assert totals.tried == len(tries)
        assert totals.defects == []
        assert totals.late == []
        assert watched.harm() == []


def test_harm_would_be_seen() -> None:
    import socket

    with machine() as watched:
        watched.mark.write_text("x")
        socket.create_connection(("127.0.0.1", watched.port)).close()
        assert [line.split()[-1] for line in watched.harm()] == ["written", "machine"]
