"""D_s1 from our own generators, where a task's train split is small or missing: endless, seeded, right by construction.

A generator yields samples of registered tasks, which lend their prompts and gold completions. It knows no test row;
the mix leaves out what it hits by chance.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping

from executors import command
from tasks import planning_problems
from tasks.bundled.visual import clevr_question, clevr_scene
from tasks.source import BUNDLED
from tasks.task import DataError, Sample
from trainer.collection.generated_formulas import formulas
from trainer.collection.generated_programs import word_problems
from trainer.collection.generated_sql import queries

Generated = Iterator[tuple[str, Sample]]  # name of the task, sample
# About sixty tokens of SmolLM2's: what a model of 135 million parameters learns within minutes on a CPU.
_FEW_ACTIONS = 12


def scan(draw: random.Random) -> Generated:
    """Commands of SCAN's grammar with their actions, each once."""
    yield from _commands(draw, command.MAX_ACTIONS)


def scan_short(draw: random.Random) -> Generated:
    """Those of at most twelve actions."""
    yield from _commands(draw, _FEW_ACTIONS)


def _commands(draw: random.Random, most: int) -> Generated:
    texts = list(command.commands())
    draw.shuffle(texts)
    for text in texts:
        actions = command.meaning(text)
        if len(actions) <= most:
            yield "scan", Sample(text, {"command": text}, " ".join(actions))


# Sizes that fit a context of a few hundred tokens.
_PLANNING_SIZES = {"blocksworld": range(2, 6), "termes": range(1, 2), "floortile": range(2, 3), "grippers": range(1, 4)}


def planning(draw: random.Random) -> Generated:
    """Problems of the four domains in turn."""
    domains = {
        name: (BUNDLED / "planning" / name / "domain.pddl").read_text(encoding="utf-8").strip()
        for name in _PLANNING_SIZES
    }
    while True:
        seed = draw.randrange(1 << 30)
        for name, sizes in _PLANNING_SIZES.items():
            for made in planning_problems.generate(name, len(sizes), sizes, seed):
                yield name, Sample(made.name, {"scene": made.scene.strip(), "domain": domains[name]}, made.pddl.strip())


def scenes(draw: random.Random) -> Generated:
    """Questions about scenes like CLEVR's, as programs."""
    while True:
        scene = clevr_scene(0, draw, draw.randrange(4, 9))
        for number in range(8):
            question, form, _ = clevr_question(number, scene, draw)
            yield "clevr", Sample(question, {"question": question}, form)


GENERATORS: Mapping[str, Callable[[random.Random], Generated]] = {
    "scan": scan,
    "scan_short": scan_short,
    "planning": planning,
    "scenes": scenes,
    "formulas": formulas,
    "word_problems": word_problems,
    "queries": queries,
}


def generated(name: str, count: int, seed: int) -> Iterator[tuple[str, Sample]]:
    """The first `count` samples of a generator. Raises DataError for an unknown name."""
    if name not in GENERATORS:
        raise DataError(f"there is no generator {name!r}: {', '.join(GENERATORS)} are known")
    stream = GENERATORS[name](random.Random(f"{name} {seed}"))
    for number, (task, sample) in zip(range(count), stream, strict=False):
        yield task, Sample(f"generated-{name}-{number}", sample.fields, sample.target, program=sample.program)
