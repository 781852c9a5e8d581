"""SCAN: the whole grammar parses and means what the appendix says; everything else is an Outcome."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executors.command import commands, execute, interpret
from executors.outcome import Status


def test_the_grammar_has_its_published_size_and_every_command_means_something() -> None:
    every = list(commands())
    assert len(every) == len(set(every)) == 20_910
    assert max(len(interpret(text).value) for text in every) == 48  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("command", "actions"),
    [
        ("jump", "I_JUMP"),
        ("turn left", "I_TURN_LEFT"),
        ("walk right twice", "I_TURN_RIGHT I_WALK I_TURN_RIGHT I_WALK"),
        ("turn opposite left", "I_TURN_LEFT I_TURN_LEFT"),
        ("run opposite right", "I_TURN_RIGHT I_TURN_RIGHT I_RUN"),
        ("look around left", "I_TURN_LEFT I_LOOK I_TURN_LEFT I_LOOK I_TURN_LEFT I_LOOK I_TURN_LEFT I_LOOK"),
        ("turn around right", "I_TURN_RIGHT I_TURN_RIGHT I_TURN_RIGHT I_TURN_RIGHT"),
        ("walk after run", "I_RUN I_WALK"),
        ("walk and run thrice", "I_WALK I_RUN I_RUN I_RUN"),
    ],
)
def test_meaning(command: str, actions: str) -> None:
    assert interpret(command).value == actions.split()


@pytest.mark.parametrize(
    "command", ["", "turn", "jump up", "walk and", "walk and run and look", "walk twice thrice", "left walk", "a " * 50]
)
def test_outside_the_grammar(command: str) -> None:
    assert interpret(command).status is Status.INVALID


@pytest.mark.parametrize(
    ("program", "status"),
    [
        ("I_WALK I_JUMP", Status.OK),
        ("I_WALK JUMP", Status.INVALID),
        ("", Status.NO_PROGRAM),
        ("I_WALK " * 100_000, Status.OUTPUT_LIMIT),
    ],
)
def test_action_sequences(program: str, status: Status) -> None:
    assert execute(program).status is status


@given(st.text())
def test_no_text_raises(text: str) -> None:
    execute(text)
    interpret(text)
