"""GQA programs: the released forms, and what each operation means on a scene graph."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executors.outcome import Status
from executors.scene import gqa

SCENE: dict[str, Any] = {
    "width": 100,
    "height": 100,
    "objects": {
        "1": {"name": "table", "attributes": ["wooden"], "x": 0, "y": 60, "w": 40, "h": 30, "relations": []},
        "2": {
            "name": "cup",
            "attributes": ["blue", "small"],
            "x": 5,
            "y": 50,
            "w": 5,
            "h": 10,
            "relations": [{"object": "1", "name": "on"}],
        },
        "3": {
            "name": "man",
            "attributes": [],
            "x": 70,
            "y": 10,
            "w": 20,
            "h": 80,
            "relations": [{"object": "4", "name": "wearing"}],
        },
        "4": {"name": "hat", "attributes": ["blue"], "x": 70, "y": 5, "w": 20, "h": 10},
    },
}


@pytest.mark.parametrize(
    ("program", "answer"),
    [
        ("select: table->relate: cup,on,s [0]->query: color [1]", "blue"),
        ("select: cup->relate: _,on,o [0]->query: name [1]", "table"),
        ("select: hat->relate: person,wearing,s [0]->query: name [1]", "man"),
        ("select: cups->exist: ? [0]", "yes"),
        ("select: lamp->exist: ? [0]", "no"),
        ("select: scene->filter color: blue [0]->filter color: not(blue) [1]->exist: ? [2]", "no"),
        ("select: man->query: hposition [0]", "right"),
        ("select: hat->verify vposition: top [0]", "yes"),
        ("select: cup->choose color: red|blue [0]", "blue"),
        ("select: cup->choose rel: table,under|on,o [0]", "on"),
        ("select: cup->verify rel: table,on,o [0]", "yes"),
        ("select: cup->select: hat->same color:  [0, 1]", "yes"),
        ("select: cup->select: hat->different color:  [0, 1]", "no"),
        ("select: cup->select: hat->common:  [0, 1]", "color"),
        ("select: cup->exist: ? [0]->select: lamp->exist: ? [2]->or:  [1, 3]", "yes"),
    ],
)
def test_answers(program: str, answer: str) -> None:
    outcome = gqa.execute(program, SCENE)
    assert outcome.value == answer, outcome


def test_ids_of_objects_are_left_out_of_the_normal_form() -> None:
    text = "select: traffic light (3855001)->relate: device,on,s (1669822) [0]->query: name [1]"
    assert gqa.normal_form(gqa.parse(text)) == "select: traffic light->relate: device,on,s [0]->query: name [1]"
    steps = [
        {"operation": "select", "dependencies": [], "argument": "pitcher (2827701) "},
        {"operation": "exist", "dependencies": [0], "argument": "?"},
    ]
    assert gqa.normal_form(gqa.from_steps(steps)) == "select: pitcher->exist: ? [0]"


@pytest.mark.parametrize(
    ("program", "status", "reason"),
    [
        ("select: cup", Status.BAD_ANSWER, "ends in objects"),
        ("select: cup->fly: home [0]", Status.ERROR, "step 1 (fly): there is no such operation"),
        ("select: lamp->query: color [0]", Status.ERROR, "there is no such object"),
        ("select: table->relate: cup [0]->exist: ? [1]", Status.ERROR, "takes 'name,relation,s'"),
        ("select: man->query: color [0]", Status.ERROR, "nothing is known of its color"),
        ("exist: ? [0]", Status.INVALID, "step 0 takes a step that is not before it"),
        ("a cup", Status.INVALID, "is no 'operation: argument [inputs]'"),
        ("[1]", Status.INVALID, "step 0 is no object"),
        ("[" * 20_000, Status.INVALID, "not whole JSON"),
        ("->".join(["select: cup"] * 101), Status.INVALID, "1 to 100 steps"),
    ],
)
def test_everything_else_is_an_outcome(program: str, status: Status, reason: str) -> None:
    outcome = gqa.execute(program, SCENE)
    assert outcome.status is status
    assert reason in outcome.detail


pieces = st.sampled_from(
    ["select: ", "cup", "->", "query: ", "color", " [0]", " [1]", "exist: ?", "relate: ", "a,b,s", "and: "]
)


@given(st.lists(pieces, max_size=20).map("".join) | st.text(max_size=50))
def test_any_text_has_an_outcome(text: str) -> None:
    assert gqa.execute(text, SCENE).status in Status
