"""CLEVR programs: both written forms, the official engine's looseness, and the strict reading."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executors.outcome import Status
from executors.scene import clevr

THINGS = [
    {"color": "red", "shape": "cube", "size": "large", "material": "metal"},
    {"color": "green", "shape": "cube", "size": "small", "material": "rubber"},
    {"color": "red", "shape": "sphere", "size": "small", "material": "rubber"},
]
SCENE: dict[str, Any] = {
    "objects": THINGS,
    "relationships": {
        "left": [[], [0], [0, 1]],
        "right": [[1, 2], [2], []],
        "front": [[], [], []],
        "behind": [[], [], []],
    },
}


@pytest.mark.parametrize(
    ("program", "answer"),
    [
        ("count(filter_color(red,scene()))", "2"),
        ("query_color(unique(filter_shape(sphere,scene())))", "red"),
        ("exist(filter_color(blue,scene()))", "no"),
        ("count(relate(left,unique(filter_shape(sphere,scene()))))", "2"),
        ("query_size(unique(same_color(unique(filter_shape(sphere,scene())))))", "large"),
        ("count(union(filter_color(red,scene()),filter_shape(cube,scene())))", "3"),
        ("count(intersect(filter_color(red,scene()),filter_shape(cube,scene())))", "1"),
        ("less_than(count(filter_color(green,scene())),count(scene()))", "yes"),
        ("equal_integer(count(scene()),count(filter_shape(cube,scene())))", "no"),
    ],
)
def test_answers(program: str, answer: str) -> None:
    assert clevr.execute(program, SCENE).value == answer
    assert clevr.execute(program, SCENE, strict=True).value == answer


def test_both_forms_are_one_program() -> None:
    nodes = [
        {"function": "scene", "inputs": [], "value_inputs": []},
        {"function": "filter_color", "inputs": [0], "value_inputs": ["red"], "_output": "trusted by nobody"},
        {"function": "count", "inputs": [-1], "value_inputs": []},
    ]
    assert clevr.functional(clevr.from_nodes(nodes)) == "count(filter_color(red,scene()))"
    assert clevr.execute(json.dumps(nodes), SCENE).value == "2"
    generator = [{"type": n["function"], "inputs": n["inputs"], "side_inputs": n["value_inputs"]} for n in nodes]
    assert clevr.execute(json.dumps(generator), SCENE).value == "2"


@pytest.mark.parametrize(
    "program",
    [
        "count(filter_color(re,scene()))",  # any part of a word selects: red and green
        "count(relate(left,count(filter_color(red,scene()))))",  # a number is taken for an object
        "query_color(exist(scene()))",  # True is object 1
    ],
)
def test_what_only_the_official_engine_allows(program: str) -> None:
    assert clevr.execute(program, SCENE).ok
    assert clevr.execute(program, SCENE, strict=True).status is Status.INVALID


@pytest.mark.parametrize(
    ("program", "status", "reason"),
    [
        ("query_color(unique(scene()))", Status.BAD_ANSWER, "unique on 3 objects"),
        ("scene()", Status.BAD_ANSWER, "ends in objects"),
        ("unique(filter_shape(sphere,scene()))", Status.BAD_ANSWER, "ends in objects"),
        ("explode(scene())", Status.ERROR, "node 1: there is no function 'explode'"),
        ("query_color(filter_shape(sphere,scene()))", Status.ERROR, "node 2 (query_color): TypeError"),
        ("count(scene(),scene())", Status.ERROR, "takes 1 inputs, not 2"),
        ("relate(above,unique(filter_shape(sphere,scene())))", Status.ERROR, "KeyError"),
        ("count(scene()", Status.INVALID, "1 brackets are not closed"),
        ("count(scene()) and more", Status.INVALID, "text behind the end"),
        ("the answer is 3", Status.INVALID, "a function was expected instead of 'the'"),
        ("[{]", Status.INVALID, "not whole JSON"),
        ('[{"function": "scene", "inputs": ["x"]}]', Status.INVALID, "inputs are places of nodes"),
        ("[]", Status.ERROR, "an empty program"),
        ("[" * 100_000, Status.INVALID, "not whole JSON"),
        ("count(" * 20_000, Status.INVALID, "characters"),
    ],
)
def test_everything_else_is_an_outcome(program: str, status: Status, reason: str) -> None:
    outcome = clevr.execute(program, SCENE)
    assert outcome.status is status
    assert reason in outcome.detail


def test_a_program_that_writes_out_exponentially_is_cut() -> None:
    doubling = [clevr.Node("scene")] + [clevr.Node("union", (-1, -1)) for _ in range(60)]
    with pytest.raises(clevr.NotAProgramError, match="longer than any can be"):
        clevr.functional(doubling)


def test_an_unused_node_is_run_officially_and_refused_strictly() -> None:
    unused = [clevr.Node("scene"), clevr.Node("scene"), clevr.Node("count", (0,))]
    text = json.dumps([{"function": n.function, "inputs": n.inputs, "value_inputs": n.values} for n in unused])
    assert clevr.execute(text, SCENE).value == "3"
    assert "node 1 is used by no other" in clevr.execute(text, SCENE, strict=True).detail


words = st.sampled_from(["scene", "unique", "count", "filter_color", "union", "red", "(", ")", ",", "(", ")", "x"])


@given(st.lists(words, max_size=40).map("".join) | st.text(max_size=50))
def test_any_text_has_an_outcome(text: str) -> None:
    for strict in (False, True):
        assert clevr.execute(text, SCENE, strict).status in Status
