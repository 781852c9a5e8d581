"""GQA programs: the steps of a question, read in the released forms and run on a scene graph.

`select: pond (1039893)->relate: cart,near,s (1039872) [0]->exist: ? [1]` (semanticStr), or the list of
{"operation", "dependencies", "argument"}. Source: Hudson & Manning 2019 (arXiv 1902.09506) and the released files; no
official executor was published, so what an operation means on a graph is ours, as documented at each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from executors.outcome import Outcome, Status, one_line

if TYPE_CHECKING:
    import networkx as nx

MAX_STEPS = 100
MAX_CHARACTERS = 50_000

# Kinds of things that questions name instead of the things themselves; ours, of the most common.
CATEGORIES = {
    "person": ("man", "woman", "boy", "girl", "child", "kid", "baby", "player", "lady", "guy", "skater", "surfer"),
    "animal": ("dog", "cat", "horse", "cow", "sheep", "elephant", "giraffe", "zebra", "bear", "bird"),
    "vehicle": ("car", "truck", "bus", "train", "motorcycle", "bicycle", "boat", "airplane", "van"),
    "furniture": ("chair", "table", "couch", "bed", "desk", "shelf", "cabinet", "sofa"),
    "fruit": ("apple", "banana", "orange", "grape", "pear", "lemon", "strawberry"),
    "device": ("camera", "phone", "laptop", "computer", "television", "keyboard", "remote"),
    "clothing": ("shirt", "jacket", "pants", "hat", "coat", "dress", "shoe", "jeans"),
}
# What attribute words say; ours, of the most common.
_COLORS = ("red", "green", "blue", "yellow", "black", "white", "gray", "brown", "orange", "pink", "purple", "silver")
ATTRIBUTES = {
    "color": (*_COLORS, "gold", "beige", "tan"),
    "material": ("wood", "wooden", "metal", "plastic", "glass", "brick", "stone", "leather", "concrete", "paper"),
    "size": ("small", "large", "little", "big", "tiny", "huge"),
    "length": ("short", "long"),
    "height": ("tall", "short"),
    "shape": ("round", "square", "rectangular", "triangular"),
    "pattern": ("striped", "plaid", "checkered", "floral"),
    "state": ("open", "closed", "wet", "dry", "clean", "dirty", "full", "empty"),
}

_ID = re.compile(r"\s*\((?:[\d,\s]*|-)\)\s*$")
_STEP = re.compile(
    r"^\s*(?P<operation>[a-z][a-z ]*?)\s*:\s*(?P<argument>.*?)\s*(?P<inputs>\[[\d,\s]*\])?\s*$", re.DOTALL
)

Result: TypeAlias = "list[str] | bool | str"
Graph: TypeAlias = "nx.MultiDiGraph[str]"


@dataclass(frozen=True, slots=True)
class Step:
    """One operation with its argument (ids of objects left out) and the places of the steps that it takes."""

    operation: str
    argument: str
    inputs: tuple[int, ...] = ()

    def __str__(self) -> str:
        inputs = f" [{', '.join(map(str, self.inputs))}]" if self.inputs else ""
        return f"{self.operation}: {self.argument}{inputs}"


Program: TypeAlias = Sequence[Step]


class NotAProgramError(ValueError):
    """The text is no program; the message says which step is not."""


class StepError(Exception):
    """A step cannot be run on this graph."""


def parse(text: str) -> tuple[Step, ...]:
    """A program in either form. Raises NotAProgramError."""
    if len(text) > MAX_CHARACTERS:
        raise NotAProgramError(f"{len(text)} characters where no program has more than {MAX_CHARACTERS}")
    text = text.strip()
    if text.startswith("["):
        try:
            return from_steps(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise NotAProgramError(f"not whole JSON: {one_line(str(error), 100)}") from error
    steps = []
    for place, part in enumerate(text.split("->")):
        match = _STEP.match(part)
        if match is None:
            raise NotAProgramError(f"step {place}: {one_line(part, 60)!r} is no 'operation: argument [inputs]'")
        inputs = [int(number) for number in re.findall(r"\d+", match["inputs"] or "")]
        steps.append(_step(place, match["operation"], match["argument"], inputs))
    return _bounded(steps)


def from_steps(content: object) -> tuple[Step, ...]:
    """A program of decoded JSON, in the released form. Raises NotAProgramError."""
    if not isinstance(content, list):
        raise NotAProgramError("a program is a list of steps")
    steps = []
    for place, entry in enumerate(content):
        if not isinstance(entry, Mapping):
            raise NotAProgramError(f"step {place} is no object")
        operation, argument, inputs = (entry.get(key) for key in ("operation", "argument", "dependencies"))
        if not (isinstance(operation, str) and isinstance(argument, str) and isinstance(inputs, list)):
            raise NotAProgramError(f"step {place} lacks an operation, an argument or dependencies")
        if not all(isinstance(number, int) for number in inputs):
            raise NotAProgramError(f"step {place}: dependencies are places of steps")
        steps.append(_step(place, operation, argument, inputs))
    return _bounded(steps)


def _step(place: int, operation: str, argument: str, inputs: Sequence[int]) -> Step:
    if any(not 0 <= number < place for number in inputs):
        raise NotAProgramError(f"step {place} takes a step that is not before it")
    return Step(" ".join(operation.split()), " ".join(_ID.sub("", argument).split()), tuple(inputs))


def _bounded(steps: list[Step]) -> tuple[Step, ...]:
    if not 1 <= len(steps) <= MAX_STEPS:
        raise NotAProgramError(f"a program has 1 to {MAX_STEPS} steps, not {len(steps)}")
    return tuple(steps)


def normal_form(program: Program) -> str:
    """The released one-line form without the objects' ids, which no question tells."""
    return "->".join(map(str, program))


def graph_of(scene: Mapping[str, Any]) -> Graph:
    """The graph of one entry of the released sceneGraphs.json: objects as nodes, relations as edges called `name`."""
    import networkx as nx

    graph: Graph = nx.MultiDiGraph(width=scene.get("width", 0), height=scene.get("height", 0))
    for key, entry in scene["objects"].items():
        graph.add_node(key, **{name: value for name, value in entry.items() if name != "relations"})
    for key, entry in scene["objects"].items():
        for relation in entry.get("relations", []):
            graph.add_edge(key, relation["object"], name=relation["name"])
    return graph


def read(program: str) -> Outcome:
    """Read a program for which there is no graph. Value: its normal form."""
    try:
        return Outcome(Status.OK, normal_form(parse(program)))
    except NotAProgramError as error:
        return Outcome.failed(Status.INVALID, error)


def execute(program: str, scene: Mapping[str, Any]) -> Outcome:
    """Run a program on a scene graph. Value: the answer, a word or yes/no."""
    try:
        result = evaluate(parse(program), graph_of(scene))
    except NotAProgramError as error:
        return Outcome.failed(Status.INVALID, error)
    except StepError as error:
        return Outcome.failed(Status.ERROR, error)
    if isinstance(result, list):
        return Outcome.failed(Status.BAD_ANSWER, "the program ends in objects, not in an answer")
    return Outcome(Status.OK, ("yes" if result else "no") if isinstance(result, bool) else result)


def evaluate(program: Program, graph: Graph) -> Result:
    """What the last step gives: ids of objects, a truth value, or a word. Raises StepError."""
    results: list[Result] = []
    for place, step in enumerate(program):
        try:
            results.append(_Runner(graph, step, [results[number] for number in step.inputs]).run())
        except StepError as error:
            raise StepError(f"step {place} ({one_line(step.operation, 40)}): {error}") from None
    return results[-1]


@dataclass(frozen=True, slots=True)
class _Runner:
    graph: Graph
    step: Step
    inputs: list[Result]

    def run(self) -> Result:
        kind, _, rest = self.step.operation.partition(" ")
        argument = self.step.argument
        match kind:
            case "select":
                return [key for key in self.graph if argument in ("scene", "") or self._is_a(key, argument)]
            case "filter":
                return [key for key in self._objects(0) if self._has(key, rest, argument)]
            case "relate":
                return self._related(self._objects(0), argument)
            case "exist":
                return bool(self._objects(0))
            case "and" | "or":
                return self._connective(kind)
            case "query":
                return self._queried(self._one(0), rest or argument)
            case "verify":
                return self._verified(rest, argument)
            case "choose":
                return self._chosen(rest, argument)
            case "same" | "different":
                return self._same(rest or argument) is (kind == "same")
            case "common":
                return self._common()
            case _:
                raise StepError("there is no such operation")

    def _objects(self, place: int) -> list[str]:
        value = self.inputs[place] if place < len(self.inputs) else None
        if not isinstance(value, list):
            raise StepError("takes objects")
        return value

    def _one(self, place: int) -> str:
        """The object a question speaks of; where several answer to the description, the graph's first."""
        found = self._objects(place)
        if not found:
            raise StepError("there is no such object")
        return found[0]

    def _connective(self, kind: str) -> bool:
        if len(self.inputs) != 2 or not all(isinstance(value, bool) for value in self.inputs):
            raise StepError("takes two truth values")
        return all(self.inputs) if kind == "and" else any(self.inputs)

    def _is_a(self, key: str, name: str) -> bool:
        own = str(self.graph.nodes[key].get("name", ""))
        singular = {own, own.removesuffix("s"), f"{own}s"}
        return name == "_" or name in singular or own in CATEGORIES.get(name.removesuffix("s"), ())

    def _has(self, key: str, kind: str, value: str) -> bool:
        """Whether an attribute holds; `not(red)` turns it round, positions are halves of the picture."""
        if value.startswith("not(") and value.endswith(")"):
            return not self._has(key, kind, value[4:-1])
        if kind in ("hposition", "vposition"):
            return self._position(key, kind) == value
        return value in self.graph.nodes[key].get("attributes", [])

    def _position(self, key: str, kind: str) -> str:
        node = self.graph.nodes[key]
        start, length, whole, names = (
            ("x", "w", "width", ("left", "right")) if kind == "hposition" else ("y", "h", "height", ("top", "bottom"))
        )
        centre = node.get(start, 0) + node.get(length, 0) / 2
        return names[centre >= self.graph.graph[whole] / 2]

    def _related(self, objects: list[str], argument: str) -> list[str]:
        """`cart,near,s`: carts that are near one of the objects; with `o`, carts that one of the objects is near."""
        name, relation, role = self._relation(argument)
        found = []
        for key in self.graph:
            pairs = [(key, other) if role == "s" else (other, key) for other in objects if other != key]
            if self._is_a(key, name) and any(relation in self._edges(*pair) for pair in pairs):
                found.append(key)
        return found

    def _relation(self, argument: str) -> tuple[str, str, str]:
        parts = [part.strip() for part in argument.split(",")]
        if len(parts) != 3 or parts[2] not in ("s", "o"):
            raise StepError("takes 'name,relation,s' or 'name,relation,o'")
        return parts[0], parts[1], parts[2]

    def _edges(self, subject: str, other: str) -> set[str]:
        return {data["name"] for data in (self.graph.get_edge_data(subject, other) or {}).values()}

    def _queried(self, key: str, what: str) -> str:
        if what == "name":
            return str(self.graph.nodes[key]["name"])
        if what in ("hposition", "vposition"):
            return self._position(key, what)
        words = [word for word in self.graph.nodes[key].get("attributes", []) if word in ATTRIBUTES.get(what, ())]
        if not words:
            raise StepError(f"nothing is known of its {one_line(what, 40)}")
        return str(words[0])

    def _verified(self, kind: str, argument: str) -> bool:
        if kind == "rel":
            return bool(self._related(self._objects(0), argument))
        return any(self._has(key, kind, argument) for key in self._objects(0))

    def _chosen(self, kind: str, argument: str) -> str:
        """Which of `a|b` holds: of the object's attributes, its position, its name, or its relation to another."""
        if kind == "rel":
            parts = [part.strip() for part in argument.split(",")]
            for choice in parts[1].split("|") if len(parts) == 3 else ():
                if self._related(self._objects(0), f"{parts[0]},{choice},{parts[2]}"):
                    return choice
            raise StepError("none of the relations holds")
        key = self._one(0)
        for choice in (word.strip() for word in argument.split("|")):
            if self._is_a(key, choice) if kind == "name" else self._has(key, kind, choice):
                return choice
        raise StepError("neither of the choices holds")

    def _same(self, what: str) -> bool:
        """Of one set: all its members agree; of two objects: these agree."""
        keys = self._objects(0) if len(self.inputs) == 1 else [self._one(0), self._one(1)]
        if what in ("type", "name"):
            return len({self.graph.nodes[key]["name"] for key in keys}) <= 1
        return len({self._queried(key, what) for key in keys}) <= 1

    def _common(self) -> str:
        for kind in self._kinds():
            try:
                if self._same(kind):
                    return kind
            except StepError:
                continue
        raise StepError("they have nothing in common")

    @staticmethod
    def _kinds() -> Iterator[str]:
        yield from ("color", "material", "shape", "size")
