"""Commands to action sequences: SCAN (all official splits' files; the paper's test set is the simple split's).

Official files: `<split>/tasks_test_<name>.txt`, lines "IN: <command> OUT: <actions>".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from executors import command
from executors.outcome import Outcome
from tasks import extract
from tasks.metrics import Metric, Origin, Standing, exact_match
from tasks.prompt import Prompt, Shot
from tasks.source import Source
from tasks.task import DataError, Sample, Task

_TEST_FILE = "simple_split/tasks_test_simple.txt"


def read_scan(folder: Path) -> Iterator[Sample]:
    """Samples of the simple split's test file, ids by line number."""
    path = folder / _TEST_FILE
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        sides = line.removeprefix("IN:").split("OUT:")
        if not line.startswith("IN:") or len(sides) != 2:
            raise DataError(
                f"{path}:{number}: not an 'IN: <command> OUT: <actions>' line; fetch the official file again"
            )
        yield Sample(f"simple-test-{number}", {"command": sides[0].strip()}, sides[1].strip())


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

SCAN = Task(
    name="scan",
    title="SCAN",
    suites=("symbolic",),
    domain="Command",
    language="actions",
    source=Source("scan", (_TEST_FILE,), "https://github.com/brendenlake/SCAN", "BSD-3-Clause"),
    read=read_scan,
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
    paper_metric="exact_match",
    size=4182,
    max_tokens=400,  # the longest answer has 48 actions, about 300 sub-word tokens
)
