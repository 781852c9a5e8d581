"""CLEVR: the functions of its programs. Words that they take (colours, relations) are the question's own and stay."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import partial

from executors.outcome import Outcome, Status
from executors.scene import clevr
from tasks.symbol_evol.evolution import Evolution
from tasks.symbol_evol.renaming import NAME, Renaming
from tasks.task import Sample
from tasks.visual import extract_program

# Each function that the standard prompt names: its arguments, and what it gives.
_FUNCTIONS = {
    "scene": ("", "all objects"),
    "unique": ("s", "the one object in s"),
    "relate": ("direction,o", "the objects in that direction of o: left, right, front or behind"),
    "union": ("s,t", "the objects in s or in t"),
    "intersect": ("s,t", "the objects in both s and t"),
    "count": ("s", "the number of objects in s"),
    "exist": ("s", "whether there is an object in s"),
    "equal_integer": ("a,b", "whether the numbers a and b are the same"),
    "less_than": ("a,b", "whether the number a is less than b"),
    "greater_than": ("a,b", "whether the number a is greater than b"),
    **{f"filter_{name}": (f"{name},s", f"the objects in s of that {name}") for name in clevr.ATTRIBUTES},
    **{f"query_{name}": ("o", f"the {name} of object o") for name in clevr.ATTRIBUTES},
    **{f"same_{name}": ("o", f"the other objects of the same {name} as o") for name in clevr.ATTRIBUTES},
    **{f"equal_{name}": ("a,b", f"whether a and b are the same {name}") for name in clevr.ATTRIBUTES},
}


def symbols(sample: Sample) -> list[str]:
    return list(_FUNCTIONS)


def legend(renaming: Renaming) -> str:
    lines = sorted(
        f"{renaming.names[function]}({arguments}) is {gives}." for function, (arguments, gives) in _FUNCTIONS.items()
    )
    return " ".join(lines)


def _renamed(program: str, renaming: Renaming) -> list[clevr.Node]:
    """The program's nodes. Raises NotAProgramError."""
    nodes = clevr.parse(program)
    return [replace(node, function=renaming.swapped(node.function) or node.function) for node in nodes]


def rename(program: str, renaming: Renaming) -> str:
    """In functional form."""
    try:
        return clevr.functional(_renamed(program, renaming))
    except clevr.NotAProgramError:
        return program


def read_back(program: str, renaming: Renaming) -> str | Outcome:
    """In the list form, which also holds nodes that no other uses."""
    try:
        nodes = _renamed(program, renaming)
    except clevr.NotAProgramError as error:
        return Outcome.failed(Status.INVALID, error)
    return json.dumps(
        [{"function": node.function, "inputs": node.inputs, "value_inputs": node.values} for node in nodes]
    )


SCENE = Evolution(
    symbols=symbols,
    rename=rename,
    read_back=read_back,
    template=(
        "Parse the question sentence with the given form. The form is a nested program over the scene, whose functions "
        "have these names here, where s and t are sets of objects and o is an object. {{ legend }}\n"
        "The question is: {{ question }}\n"
        "The program is: "
    ),
    legend=legend,
    extract=partial(extract_program, line_form=re.compile(rf"(?:^|[:`]\s*)(?P<program>{NAME}\(.*\))$", re.MULTILINE)),
)
