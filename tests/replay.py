"""Known answers replayed through the whole pipeline: the scripted server plays a model whose every answer is known."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from harness.config import ModelSpec, Sampling
from harness.evaluate import evaluate
from harness.plan import Options, Plan, prepare
from harness.progress import Progress
from harness.summary import RECORDS_FILE, RESULTS_FILE, RunSummary
from tasks.source import BUNDLED, SourceError, locate
from tasks.task import Sample, Task, registry
from tests.checkpoints import tiny_checkpoint
from tests.scripted import ScriptedServer

Answer = Callable[[Task, Sample], str]

# Tasks whose real files are not among the supplied rows, and why; all others' must be there.
NOT_SUPPLIED = {
    "amr2": "LDC2017T10 is licensed to each user by the LDC",
    "amr3": "LDC2020T02 is licensed to each user by the LDC",
    "webqsp": "WebQSP.test.json is to be had from Microsoft's download page only",
}

# Planners take minutes for all of their real gold problems: of these a few are replayed.
SLOW = ("floortile", "floortile_delegation", "termes", "termes_delegation")


def supplied(data: str) -> list[str]:
    """All tasks, less those of `NOT_SUPPLIED` whose files are indeed missing, and with real data those of `SLOW`."""
    left_out = () if data == "bundled" else SLOW
    names = [name for name in sorted(registry()) if name not in left_out]
    return [name for name in names if name not in NOT_SUPPLIED or _is_there(registry()[name], data)]


def _is_there(task: Task, data: str) -> bool:
    try:
        return bool(locate(task.source, data))
    except SourceError:
        print(f"{task.name} is left out: {NOT_SUPPLIED[task.name]}")
        return False


def gold(task: Task, sample: Sample) -> str:
    return task.gold(sample)


def plan_for(folder: Path, tasks: list[str], data: str, **options: Any) -> Plan:
    """A run of the tiny checkpoint that writes under `folder`."""
    spec = ModelSpec(model=str(tiny_checkpoint(folder / "tiny", adds_bos=True)))
    settings = {"sampling": Sampling(), "output_path": folder / "results", "workers": 2, "concurrency": 16} | options
    return _told_apart(prepare(Options(spec=spec, tasks=tasks, data=data, **settings)))


def _told_apart(plan: Plan) -> Plan:
    """The plan without the samples that share a prompt and differ in gold: the server knows nothing but prompts."""
    golds: dict[tuple[str, str], set[str]] = {}
    for ask in plan.asks(set()):
        golds.setdefault((ask.task.name, ask.prompt.text), set()).add(gold(ask.task, ask.sample))
    if all(len(answers) == 1 for answers in golds.values()):
        return plan
    kept = {
        (ask.task.name, ask.sample.id) for ask in plan.asks(set()) if len(golds[ask.task.name, ask.prompt.text]) == 1
    }
    return plan.cut_to(kept)


def data_without(folder: Path, *missing: str) -> str:
    """A data root of the bundled files, less those of some tasks."""
    folder.mkdir()
    for path in BUNDLED.iterdir():
        if path.name not in missing and path.is_dir():
            (folder / path.name).symlink_to(path)
    return str(folder)


def server_for(plan: Plan, answer: Answer, **settings: Any) -> ScriptedServer:
    """A server that knows every prompt of the plan and answers it with `answer(task, sample)`."""
    answers: dict[Any, str] = {}
    for ask in plan.asks(set()):
        answers[ask.prompt.ids] = answers[ask.prompt.text] = answer(ask.task, ask.sample)
    return ScriptedServer(answers.__getitem__, **settings)


def replay(folder: Path, tasks: list[str], data: str, answer: Answer, **options: Any) -> RunSummary:
    """Run the tasks against a scripted server; returns what the run folder says."""
    plan = plan_for(folder, tasks, data, **options)
    with server_for(plan, answer) as server:
        return run(plan, server)


def run(plan: Plan, server: ScriptedServer) -> RunSummary:
    attached = replace(plan, options=replace(plan.options, base_url=server.base_url))
    with Progress(Console(file=io.StringIO())) as progress:
        return evaluate(attached, progress)


def renamed(folder: Path, to: Path, model: str, **config: Any) -> Path:
    """A copy of a run under another model's name, and with other settings."""
    shutil.copytree(folder, to)
    content = json.loads((to / "run.json").read_text())
    content["config"]["model"]["model"] = model
    content["config"] |= config
    (to / "run.json").write_text(json.dumps(content))
    for name in (RESULTS_FILE, RECORDS_FILE):
        (to / name).unlink()
    return to


def value(summary: RunSummary, task: str, metric: str) -> float:
    (found,) = (item for item in summary.tasks if item.name == task)
    return found.estimates[metric].value
