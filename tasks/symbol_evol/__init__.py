"""Symbol-evol: the symbols that a prompt defines get random names, in the prompt and in the gold alike.

A model can then not lean on names that it has seen: it must read their definitions. The paper makes training data of it
(the data figure of its project page renames SCAN's actions: `I_TURN_RIGHT` becomes `shy2sW`) and reports extrapolation
to new symbols; rule and numbers are not published, so these are ours. Where a standard prompt does not say what a
symbol means, the evolved one adds a legend, and says so.

`evolve` renames one sample. The tasks here are standard tasks so renamed: same samples by id, same executor and metrics
on the program that is read back to the old names. What they lose against their standard task is what counts.
"""

from __future__ import annotations

from collections.abc import Mapping

from tasks import api, command, fol, planning, sql, visual
from tasks.symbol_evol.actions import ACTIONS
from tasks.symbol_evol.evolution import SUFFIX, Evolution, Evolved, evolve_sample, evolved_task
from tasks.symbol_evol.formula import FORMULA
from tasks.symbol_evol.map_query import MAP_QUERY
from tasks.symbol_evol.pddl import PDDL
from tasks.symbol_evol.renaming import Renaming
from tasks.symbol_evol.scene import SCENE
from tasks.symbol_evol.schema import SQL, SQL_IN_DIALOGUE
from tasks.symbol_evol.tree import COUPLED_TREE, TREE
from tasks.task import Sample, Task

__all__ = ["EVOLUTIONS", "SUFFIX", "Evolved", "Renaming", "evolve", "evolved", "standard_name"]

# By the name of the standard task.
EVOLUTIONS: Mapping[str, Evolution] = {
    **dict.fromkeys(("scan", "scan_length", "scan_jump", "scan_turn_left", "scan_around_right"), ACTIONS),
    "clevr": SCENE,
    "mtop": TREE,
    "topv2": COUPLED_TREE,
    "nlmaps": MAP_QUERY,
    **dict.fromkeys(("blocksworld", "termes", "floortile", "grippers"), PDDL),
    **dict.fromkeys(("folio", "malls", "logicnli"), FORMULA),
    "spider": SQL,
    **dict.fromkeys(("sparc", "cosql"), SQL_IN_DIALOGUE),
}


def evolve(task: Task, sample: Sample, seed: int = 0) -> Sample:
    """`sample` of a standard task with its symbols renamed: `fields`, `target` and `program`; `id` and `group` stay.

    `evolved(task).prompt.render(sample.fields)` is its prompt and `evolved(task).gold(sample)` its completion, which
    `evolved(task)` scores as the standard task scores the standard gold. The same task, sample and seed give the same
    names in every process; another seed gives others.

    Raises KeyError for a task that is not in `EVOLUTIONS`, DataError for a gold whose symbols cannot be told.
    """
    return evolve_sample(task.name, EVOLUTIONS[task.name], sample, seed)


def evolved(task: Task, seed: int = 0) -> Task:
    """The standard task with its samples evolved, called `<name>_evol`. Raises KeyError as `evolve` does."""
    return evolved_task(task, EVOLUTIONS[task.name], seed)


def standard_name(name: str) -> str | None:
    """The standard task of an evolved one; None for any other task."""
    standard = name.removesuffix(SUFFIX)
    return standard if standard != name and standard in EVOLUTIONS else None


SCAN_EVOL = evolved(command.SCAN)
CLEVR_EVOL = evolved(visual.CLEVR)
MTOP_EVOL = evolved(api.MTOP)
NLMAPS_EVOL = evolved(api.NLMAPS)
BLOCKSWORLD_EVOL = evolved(planning.BLOCKSWORLD)
FOLIO_EVOL = evolved(fol.FOLIO)
SPIDER_EVOL = evolved(sql.SPIDER)
