"""Scenes of our own and questions about them: CLEVR's and GQA's files, with answers by execution."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from executors.outcome import Value
from executors.scene import clevr, gqa
from tasks.bundled.writing import write_json

_AXES = {"right": (1, 0), "left": (-1, 0), "front": (0, 1), "behind": (0, -1)}

_CLEVR_QUESTIONS = [
    ("How many {color} things are there?", "count(filter_color({color},scene()))"),
    ("Is there a {size} {shape}?", "exist(filter_shape({shape},filter_size({size},scene())))"),
    (
        "What colour is the {size} {material} {shape}?",
        "query_color(unique(filter_shape({shape},filter_material({material},filter_size({size},scene())))))",
    ),
    (
        "How many things are {relation} of the {color} {shape}?",
        "count(relate({relation},unique(filter_shape({shape},filter_color({color},scene())))))",
    ),
    (
        "Are there as many {shape}s as {material} things?",
        "equal_integer(count(filter_shape({shape},scene())),count(filter_material({material},scene())))",
    ),
    (
        "Are there fewer {size} things than {color} things?",
        "less_than(count(filter_size({size},scene())),count(filter_color({color},scene())))",
    ),
    (
        "How many other things have the shape of the {color} {shape}?",
        "count(same_shape(unique(filter_shape({shape},filter_color({color},scene())))))",
    ),
    (
        "How many things are {color} or made of {material}?",
        "count(union(filter_color({color},scene()),filter_material({material},scene())))",
    ),
]


def clevr_scene(index: int, draw: random.Random, objects: int) -> dict[str, Any]:
    """Things at different places of a grid, with the relations that the places give."""
    cells = draw.sample([(x, y) for x in range(6) for y in range(6)], objects)
    things = [
        {name: draw.choice(words) for name, words in clevr.VOCABULARY.items()} | {"3d_coords": [x - 2.5, y - 2.5, 0.5]}
        for x, y in cells
    ]
    relationships = {
        name: [[other for other, (ox, oy) in enumerate(cells) if (ox - x) * dx + (oy - y) * dy > 0] for x, y in cells]
        for name, (dx, dy) in _AXES.items()
    }
    return {
        "image_index": index,
        "image_filename": f"mini_{index}.png",
        "objects": things,
        "relationships": relationships,
    }


def clevr_question(number: int, scene: dict[str, Any], draw: random.Random) -> tuple[str, str, Value]:
    """Question, program and answer after the pattern of that number, drawn until the program has an answer."""
    pattern, form = _CLEVR_QUESTIONS[number % len(_CLEVR_QUESTIONS)]
    while True:
        thing = draw.choice(scene["objects"])
        words = {name: thing[name] for name in clevr.ATTRIBUTES} | {"relation": draw.choice(clevr.RELATIONS)}
        outcome = clevr.execute(form.format(**words), scene, strict=True)
        if outcome.ok:
            return pattern.format(**words), form.format(**words), outcome.value


def write_clevr(folder: Path) -> None:
    """16 questions about four scenes, two of each pattern."""
    draw = random.Random(3)
    scenes = [clevr_scene(index, draw, 5 + index) for index in range(4)]
    questions: list[dict[str, Any]] = []
    for number in range(16):
        scene = scenes[number % len(scenes)]
        question, form, answer = clevr_question(number, scene, draw)
        questions.append(
            {
                "question_index": number,
                "image_index": scene["image_index"],
                "question": question,
                "answer": answer,
                "program": [
                    {"function": node.function, "inputs": list(node.inputs), "value_inputs": list(node.values)}
                    for node in clevr.parse(form)
                ],
            }
        )
    info = {"split": "mini", "version": "1.0"}
    write_json(folder / "CLEVR_val_scenes.json", {"info": info, "scenes": scenes})
    write_json(folder / "CLEVR_val_questions.json", {"info": info, "questions": questions})


_GRAPHS: dict[str, dict[str, Any]] = {
    "kitchen": {
        "width": 400,
        "height": 300,
        "objects": {
            "1": {
                "name": "table",
                "attributes": ["wooden", "brown"],
                "x": 50,
                "y": 180,
                "w": 200,
                "h": 80,
                "relations": [],
            },
            "2": {
                "name": "cup",
                "attributes": ["blue", "small"],
                "x": 80,
                "y": 150,
                "w": 20,
                "h": 30,
                "relations": [{"object": "1", "name": "on"}, {"object": "3", "name": "to the left of"}],
            },
            "3": {
                "name": "pear",
                "attributes": ["green"],
                "x": 160,
                "y": 155,
                "w": 20,
                "h": 25,
                "relations": [{"object": "1", "name": "on"}],
            },
            "4": {
                "name": "woman",
                "attributes": ["tall"],
                "x": 300,
                "y": 40,
                "w": 60,
                "h": 220,
                "relations": [{"object": "5", "name": "wearing"}, {"object": "1", "name": "near"}],
            },
            "5": {"name": "hat", "attributes": ["blue"], "x": 310, "y": 30, "w": 40, "h": 20},
        },
    },
    "street": {
        "width": 600,
        "height": 400,
        "objects": {
            "1": {
                "name": "bus",
                "attributes": ["red", "large"],
                "x": 60,
                "y": 120,
                "w": 240,
                "h": 160,
                "relations": [],
            },
            "2": {
                "name": "boy",
                "attributes": ["short"],
                "x": 420,
                "y": 200,
                "w": 50,
                "h": 140,
                "relations": [{"object": "3", "name": "holding"}, {"object": "1", "name": "to the right of"}],
            },
            "3": {
                "name": "camera",
                "attributes": ["black", "small"],
                "x": 440,
                "y": 230,
                "w": 20,
                "h": 15,
                "relations": [],
            },
            "4": {
                "name": "dog",
                "attributes": ["black", "wet"],
                "x": 500,
                "y": 290,
                "w": 60,
                "h": 50,
                "relations": [{"object": "2", "name": "near"}],
            },
        },
    },
}

_GQA_QUESTIONS = [
    ("kitchen", "What colour is the cup on the table?", "select: table->relate: cup,on,s [0]->query: color [1]"),
    ("kitchen", "Is there a fruit on the table?", "select: table->relate: fruit,on,s [0]->exist: ? [1]"),
    ("kitchen", "Who is wearing the hat?", "select: hat->relate: person,wearing,s [0]->query: name [1]"),
    ("kitchen", "Is the pear red or green?", "select: pear->choose color: red|green [0]"),
    ("kitchen", "Are the cup and the hat of the same colour?", "select: cup->select: hat->same color:  [0, 1]"),
    ("kitchen", "Is the table made of wood?", "select: table->verify material: wooden [0]"),
    ("kitchen", "On which side is the woman?", "select: woman->query: hposition [0]"),
    (
        "kitchen",
        "Are there both a cup and a lamp?",
        "select: cup->exist: ? [0]->select: lamp->exist: ? [2]->and:  [1, 3]",
    ),
    ("street", "What is the boy holding?", "select: boy->relate: _,holding,o [0]->query: name [1]"),
    ("street", "Which animal is near the boy?", "select: boy->relate: animal,near,s [0]->query: name [1]"),
    ("street", "Is the bus on the left?", "select: bus->verify hposition: left [0]"),
    ("street", "Is there a bus or a train?", "select: bus->exist: ? [0]->select: train->exist: ? [2]->or:  [1, 3]"),
    ("street", "Do the dog and the camera differ in colour?", "select: dog->select: camera->different color:  [0, 1]"),
    ("street", "What do the dog and the camera have in common?", "select: dog->select: camera->common:  [0, 1]"),
]


def write_gqa(folder: Path) -> None:
    """14 questions about two scene graphs."""
    questions = {}
    for number, (image, question, form) in enumerate(_GQA_QUESTIONS):
        answer = gqa.execute(form, _GRAPHS[image]).value
        assert isinstance(answer, str), (question, answer)
        steps = [
            {"operation": step.operation, "argument": step.argument, "dependencies": list(step.inputs)}
            for step in gqa.parse(form)
        ]
        questions[f"mini-{number}"] = {"imageId": image, "question": question, "answer": answer, "semantic": steps}
    write_json(folder / "val_sceneGraphs.json", _GRAPHS)
    write_json(folder / "val_balanced_questions.json", questions)


def write(root: Path) -> None:
    write_clevr(root / "clevr")
    write_gqa(root / "gqa")
