"""Commands to action sequences: SCAN (all official splits' files; the paper's test set is the simple split's).

Official files: `<split>/tasks_test_<name>.txt`, lines "IN: <command> OUT: <actions>".
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from executors import command
from executors.outcome import Outcome
from tasks import extract
from tasks.metrics import Metric, Origin, Standing, exact_match
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import DataError, Sample, Suite, Task

# The published splits; the paper's test set is the first one's.
SPLITS = {
    "simple": "simple_split/tasks_test_simple.txt",
    "length": "length_split/tasks_test_length.txt",
    "jump": "add_prim_split/tasks_test_addprim_jump.txt",
    "turn_left": "add_prim_split/tasks_test_addprim_turn_left.txt",
    "around_right": "template_split/tasks_test_template_around_right.txt",
}


def read_scan(folder: Path, split: str = "simple") -> Iterator[Sample]:
    """Samples of a split's test file, ids by line number."""
    path = folder / SPLITS[split]
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        sides = line.removeprefix("IN:").split("OUT:")
        if not line.startswith("IN:") or len(sides) != 2:
            raise DataError(
                f"{path}:{number}: not an 'IN: <command> OUT: <actions>' line; fetch the official file again"
            )
        yield Sample(f"{split}-test-{number}", {"command": sides[0].strip()}, sides[1].strip())


def execute(program: str, sample: Sample) -> Outcome:
    return command.execute(program)


_SCAN_PROMPT = Prompt(
    "Transform the natural language sentence into action sequence from the candidate actions. "
    "I_TURN_RIGHT means turning right. I_TURN_LEFT means turning left. I_JUMP means jump. I_WALK means walk. "
    "I_LOOK means look. I_RUN means run.\n"
    "The sentence is: {{ command }}\n"
    "The action sequence is: ",
    shots=(
        Shot({"command": "jump left twice"}, "I_TURN_LEFT I_JUMP I_TURN_LEFT I_JUMP"),
        Shot({"command": "look after walk opposite right"}, "I_TURN_RIGHT I_TURN_RIGHT I_WALK I_LOOK"),
        Shot(
            {"command": "run around left and turn right"},
            "I_TURN_LEFT I_RUN I_TURN_LEFT I_RUN I_TURN_LEFT I_RUN I_TURN_LEFT I_RUN I_TURN_RIGHT",
        ),
    ),
)


def _scan(name: str, title: str, split: str, size: int, suite: Suite = "ood") -> Task:
    return Task(
        name=name,
        title=title,
        suites=(suite,),
        domain="Command",
        language="actions",
        source=Source("scan", (SPLITS[split],), "https://github.com/brendenlake/SCAN", "BSD-3-Clause"),
        read=partial(read_scan, split=split),
        prompt=_SCAN_PROMPT,
        extract=extract.actions,
        execute=execute,
        metrics=(
            Metric(
                "exact_match",
                exact_match,
                origin=Origin.PAPER,
                standing=Standing.DERIVED,
                source="EM of the paper's table; no official scorer exists: equality of the action sequences",
            ),
        ),
        wrong=lambda sample: ["I_JUMP I_LOOK I_JUMP I_LOOK", f"{sample.target} I_JUMP", "jump"],
        paper_metric="exact_match" if split == "simple" else None,
        size=size,
        max_tokens=400,  # the longest answer has 48 actions, about 300 sub-word tokens
    )


# All but the first ask for commands of a kind that training held back.
SCAN = _scan("scan", "SCAN", "simple", 4182, "symbolic")
SCAN_LENGTH = _scan("scan_length", "SCAN (length)", "length", 3920)
SCAN_JUMP = _scan("scan_jump", "SCAN (jump)", "jump", 7706)
SCAN_TURN_LEFT = _scan("scan_turn_left", "SCAN (turn left)", "turn_left", 1208)
SCAN_AROUND_RIGHT = _scan("scan_around_right", "SCAN (around right)", "around_right", 4476)
