"""CLEVR programs: read in the released list form and in functional form, run on a scene as the official engine runs.

Functional form, as the paper prints it: `query_color(unique(filter_shape(cylinder,scene())))`.
Source: facebookresearch/clevr-dataset-gen f0ce2c81, question_engine.py; `strict` is ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from executors.outcome import Outcome, Status, one_line

MAX_NODES = 500
MAX_CHARACTERS = 100_000

ATTRIBUTES = ("color", "shape", "size", "material")
RELATIONS = ("left", "right", "front", "behind")
VOCABULARY = {
    "color": ("gray", "red", "blue", "green", "brown", "purple", "cyan", "yellow"),
    "shape": ("cube", "sphere", "cylinder"),
    "size": ("large", "small"),
    "material": ("rubber", "metal"),
}

# What a node gives: a set of objects, one object, a number, a truth value, or a value of an attribute.
_SIGNATURES: dict[str, tuple[tuple[str, ...], str]] = {
    "scene": ((), "set"),
    "unique": (("set",), "object"),
    "relate": (("object",), "set"),
    "union": (("set", "set"), "set"),
    "intersect": (("set", "set"), "set"),
    "count": (("set",), "integer"),
    "exist": (("set",), "boolean"),
    "equal_integer": (("integer", "integer"), "boolean"),
    "equal_object": (("object", "object"), "boolean"),
    "less_than": (("integer", "integer"), "boolean"),
    "greater_than": (("integer", "integer"), "boolean"),
    **{f"filter_{name}": (("set",), "set") for name in ATTRIBUTES},
    **{f"query_{name}": (("object",), name) for name in ATTRIBUTES},
    **{f"same_{name}": (("object",), "set") for name in ATTRIBUTES},
    **{f"equal_{name}": ((name, name), "boolean") for name in ATTRIBUTES},
}
_TAKES_VALUE = {"relate": RELATIONS, **{f"filter_{name}": VOCABULARY[name] for name in ATTRIBUTES}}

Scene: TypeAlias = Mapping[str, Any]
Result: TypeAlias = "int | bool | str | list[int]"


@dataclass(frozen=True, slots=True)
class Node:
    """One function; `inputs` are places of earlier nodes, `values` words such as a colour or a relation."""

    function: str
    inputs: tuple[int, ...] = ()
    values: tuple[str, ...] = ()


Program: TypeAlias = Sequence[Node]


class NotAProgramError(ValueError):
    """The text is no program; the message says where and why."""


class ProgramError(Exception):
    """The official engine would stop at this node with an exception."""


class NotUniqueError(Exception):
    """`unique` on a set that has not exactly one member: the official engine's `__INVALID__`."""


def parse(text: str) -> tuple[Node, ...]:
    """A program in either form. Raises NotAProgramError."""
    if len(text) > MAX_CHARACTERS:
        raise NotAProgramError(f"{len(text)} characters where no program has more than {MAX_CHARACTERS}")
    text = text.strip()
    return _from_json(text) if text.startswith(("[", "{")) else _from_functional(text)


def _from_json(text: str) -> tuple[Node, ...]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAProgramError(f"not whole JSON: {one_line(str(error), 100)}") from error
    if isinstance(content, dict):
        content = content.get("program", content.get("nodes"))
    return from_nodes(content)


def from_nodes(content: object) -> tuple[Node, ...]:
    """A program of decoded JSON: the released keys or the generator's, unknown keys dropped. Raises NotAProgramError.

    A missing list counts as empty, as in the official engine.
    """
    if not isinstance(content, list) or len(content) > MAX_NODES:
        raise NotAProgramError(f"a program is a list of at most {MAX_NODES} nodes")
    nodes = []
    for place, entry in enumerate(content):
        if not isinstance(entry, dict):
            raise NotAProgramError(f"node {place} is no object")
        function = entry.get("function", entry.get("type"))
        inputs = entry.get("inputs", [])
        values = entry.get("value_inputs", entry.get("side_inputs", []))
        if not isinstance(function, str) or not isinstance(inputs, list) or not isinstance(values, list):
            raise NotAProgramError(f"node {place} lacks a function, or its inputs are no lists")
        if not all(isinstance(number, int) for number in inputs) or not all(isinstance(v, str) for v in values):
            raise NotAProgramError(f"node {place}: inputs are places of nodes, value inputs are words")
        nodes.append(Node(function, tuple(inputs), tuple(values)))
    return tuple(nodes)


_TOKEN = re.compile(r"\s*([(),]|[^\s(),]+)")


def _from_functional(text: str) -> tuple[Node, ...]:
    """An explicit stack instead of recursion: models nest as deep as they like."""
    tokens = _TOKEN.findall(text)
    nodes: list[Node] = []
    calls: list[tuple[str, list[int], list[str]]] = []
    result: int | None = None
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else ""
        if result is not None and not calls:
            raise NotAProgramError(f"text behind the end of the program: {one_line(token, 40)!r}")
        if token == ")":
            if not calls:
                raise NotAProgramError("a bracket closes that was never opened")
            function, inputs, values = calls.pop()
            nodes.append(Node(function, tuple(inputs), tuple(values)))
            if len(nodes) > MAX_NODES:
                raise NotAProgramError(f"more than {MAX_NODES} nodes")
            result = len(nodes) - 1
            if calls:
                calls[-1][1].append(result)
        elif token in "(,":
            if not calls:
                raise NotAProgramError(f"{token!r} without a function before it")
        elif following == "(":
            calls.append((token, [], []))
        elif calls:
            calls[-1][2].append(token)
        else:
            raise NotAProgramError(f"a function was expected instead of {one_line(token, 40)!r}")
    if calls or result is None:
        raise NotAProgramError(f"{len(calls)} brackets are not closed" if calls else "no program")
    return tuple(nodes)


def functional(program: Program) -> str:
    """The functional form of the last node and of all it is made of; raises NotAProgramError for a place that is none.

    Values stand in front, as the paper prints them: `relate(left,unique(...))`.
    """
    texts: list[str] = []
    for place, node in enumerate(program):
        inputs = []
        for number in node.inputs:
            if not -place <= number < place:
                raise NotAProgramError(f"node {place} refers to node {number}, which is not before it")
            inputs.append(texts[number])
        texts.append(f"{node.function}({','.join([*node.values, *inputs])})")
        if len(texts[-1]) > MAX_CHARACTERS:
            raise NotAProgramError("written out, the program is longer than any can be")
    if not texts:
        raise NotAProgramError("no program")
    return texts[-1]


def evaluate(program: Program, scene: Scene) -> Result:
    """What the last node gives, by the official engine's rules, whatever its type.

    Every node is run, also those nobody uses. Raises NotUniqueError, and ProgramError where the engine would raise:
    with the engine's own looseness, so that objects are their indices, True is 1 and a filter's word may be a part of
    the attribute's.
    """
    results: list[Result] = []
    for place, node in enumerate(program):
        handler = _HANDLERS.get(node.function)
        if handler is None:
            raise ProgramError(f"node {place}: there is no function {one_line(node.function, 40)!r}")
        try:
            results.append(handler(scene, [results[number] for number in node.inputs], node.values))
        except (IndexError, KeyError, TypeError, AssertionError) as error:
            reason = f"{type(error).__name__} {error}".strip()
            raise ProgramError(f"node {place} ({node.function}): {one_line(reason, 100)}") from error
    if not results:
        raise ProgramError("an empty program")
    return results[-1]


def answer(program: Program, result: Result) -> str | None:
    """The answer as the released data write it: yes, no, a number, a word; None for objects, which are no answer."""
    if isinstance(result, bool):
        return "yes" if result else "no"
    if isinstance(result, list) or (isinstance(result, int) and program[-1].function == "unique"):
        return None
    return str(result)


def execute(program: str, scene: Scene, strict: bool = False) -> Outcome:
    """Run a program on a scene. Value: the answer, a word.

    `strict` asks more than the official engine: functions are given what they are made for, words are the data set's
    own and stand for themselves, and every node is used.
    """
    try:
        nodes = parse(program)
        if strict:
            _check(nodes)
        text = answer(nodes, evaluate(nodes, scene))
    except NotAProgramError as error:
        return Outcome.failed(Status.INVALID, error)
    except ProgramError as error:
        return Outcome.failed(Status.ERROR, error)
    except NotUniqueError as error:
        return Outcome.failed(Status.BAD_ANSWER, error)
    if text is None:
        return Outcome.failed(Status.BAD_ANSWER, "the program ends in objects, not in an answer")
    return Outcome(Status.OK, text)


def _check(program: Program) -> None:
    """Raises NotAProgramError for what `strict` forbids."""
    gives: list[str] = []
    for place, node in enumerate(program):
        if node.function not in _SIGNATURES:
            raise NotAProgramError(f"node {place}: there is no function {one_line(node.function, 40)!r}")
        wanted, output = _SIGNATURES[node.function]
        if any(not 0 <= number < place for number in node.inputs):
            raise NotAProgramError(f"node {place} refers to a node that is not before it")
        found = tuple(gives[number] for number in node.inputs)
        if found != wanted:
            raise NotAProgramError(
                f"node {place}: {node.function} takes ({', '.join(wanted)}), not ({', '.join(found)})"
            )
        words = _TAKES_VALUE.get(node.function)
        if (words is None and node.values) or (words is not None and len(node.values) != 1):
            raise NotAProgramError(f"node {place}: {node.function} takes {0 if words is None else 1} value")
        if words is not None and node.values[0] not in words:
            raise NotAProgramError(f"node {place}: {one_line(node.values[0], 40)!r} is none of {', '.join(words)}")
        gives.append(output)
    unused = set(range(len(program) - 1)) - {number for node in program for number in node.inputs}
    if unused:
        raise NotAProgramError(f"node {min(unused)} is used by no other")


Handler: TypeAlias = "Callable[[Scene, list[Any], Sequence[str]], Result]"


def _takes(inputs: Sequence[object], count: int, values: Sequence[str], words: int | None) -> None:
    if len(inputs) != count:
        raise AssertionError(f"takes {count} inputs, not {len(inputs)}")
    if words is not None and len(values) != words:
        raise AssertionError(f"takes {words} values, not {len(values)}")


def _scene(scene: Scene, inputs: list[Any], values: Sequence[str]) -> list[int]:
    return list(range(len(scene["objects"])))


def _filter(attribute: str) -> Handler:
    def handler(scene: Scene, inputs: list[Any], values: Sequence[str]) -> list[int]:
        _takes(inputs, 1, values, 1)
        objects = scene["objects"]
        # Any part of the word will do: this is the official engine's test.
        return [index for index in inputs[0] if values[0] in objects[index][attribute]]

    return handler


def _unique(scene: Scene, inputs: list[Any], values: Sequence[str]) -> int:
    _takes(inputs, 1, values, None)
    if len(inputs[0]) != 1:
        raise NotUniqueError(f"unique on {len(inputs[0])} objects")
    found: int = inputs[0][0]
    return found


def _relate(scene: Scene, inputs: list[Any], values: Sequence[str]) -> list[int]:
    _takes(inputs, 1, values, 1)
    return list(scene["relationships"][values[0]][inputs[0]])


def _union(scene: Scene, inputs: list[Any], values: Sequence[str]) -> list[int]:
    _takes(inputs, 2, values, 0)
    return sorted(set(inputs[0]) | set(inputs[1]))


def _intersect(scene: Scene, inputs: list[Any], values: Sequence[str]) -> list[int]:
    _takes(inputs, 2, values, 0)
    return sorted(set(inputs[0]) & set(inputs[1]))


def _count(scene: Scene, inputs: list[Any], values: Sequence[str]) -> int:
    _takes(inputs, 1, values, None)
    return len(inputs[0])


def _exist(scene: Scene, inputs: list[Any], values: Sequence[str]) -> bool:
    _takes(inputs, 1, values, 0)
    return len(inputs[0]) > 0


def _same(attribute: str) -> Handler:
    def handler(scene: Scene, inputs: list[Any], values: Sequence[str]) -> list[int]:
        _takes(inputs, 1, values, 0)
        objects = scene["objects"]
        words = [entry[attribute] for entry in objects]
        # A dictionary, as in the official engine: what is no index of an object is an error, a list among it.
        others = {
            place: [other for other, word in enumerate(words) if other != place and word == this]
            for place, this in enumerate(words)
        }
        return others[inputs[0]]

    return handler


def _query(attribute: str) -> Handler:
    def handler(scene: Scene, inputs: list[Any], values: Sequence[str]) -> str:
        _takes(inputs, 1, values, 0)
        return str(scene["objects"][inputs[0]][attribute])

    return handler


def _equal(scene: Scene, inputs: list[Any], values: Sequence[str]) -> bool:
    _takes(inputs, 2, values, 0)
    return bool(inputs[0] == inputs[1])


def _less(scene: Scene, inputs: list[Any], values: Sequence[str]) -> bool:
    _takes(inputs, 2, values, 0)
    return bool(inputs[0] < inputs[1])


def _greater(scene: Scene, inputs: list[Any], values: Sequence[str]) -> bool:
    _takes(inputs, 2, values, 0)
    return bool(inputs[0] > inputs[1])


def _handlers() -> Iterator[tuple[str, Handler]]:
    yield from (("scene", _scene), ("unique", _unique), ("relate", _relate), ("union", _union))
    yield from (("intersect", _intersect), ("count", _count), ("exist", _exist))
    yield from (("less_than", _less), ("greater_than", _greater))
    for name in (*ATTRIBUTES, "integer", "object"):
        yield f"equal_{name}", _equal
    for name in ATTRIBUTES:
        yield f"filter_{name}", _filter(name)
        yield f"query_{name}", _query(name)
        yield f"same_{name}", _same(name)


_HANDLERS: dict[str, Handler] = dict(_handlers())
