"""SCAN: the action names, which its prompt defines one by one."""

from __future__ import annotations

import re
from functools import partial

from tasks import extract
from tasks.symbol_evol.evolution import Evolution
from tasks.symbol_evol.renaming import NAME, Renaming, legend
from tasks.task import Sample

# The wording of the standard prompt, which is the paper's.
_MEANINGS = {
    "I_TURN_RIGHT": "turning right",
    "I_TURN_LEFT": "turning left",
    "I_JUMP": "jump",
    "I_WALK": "walk",
    "I_LOOK": "look",
    "I_RUN": "run",
}


def symbols(sample: Sample) -> list[str]:
    return list(_MEANINGS)


def rename(program: str, renaming: Renaming) -> str:
    """Word by word; blanks stay."""
    return re.sub(r"\S+", lambda word: renaming.swapped(word[0]) or word[0], program)


ACTIONS = Evolution(
    symbols=symbols,
    rename=rename,
    read_back=rename,
    template=(
        "Transform the natural language sentence into action sequence from the candidate actions. "
        "{{ legend }}\n"
        "The sentence is: {{ command }}\n"
        "The action sequence is: "
    ),
    legend=partial(legend, meaning=_MEANINGS.__getitem__),
    extract=partial(extract.actions, action=NAME),
)
