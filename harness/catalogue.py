"""What there is to ask: each task's declaration, its data here, and the very prompt that a model is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.ask import Ask
from harness.config import UserError
from harness.plan import Options, prepare
from tasks.source import BUNDLED, SourceError, locate
from tasks.task import DataError, Task, UnknownTaskError, select


@dataclass(frozen=True, slots=True)
class Found:
    """A task's data in some place: how many samples were read, or why there are none."""

    task: Task
    samples: int
    reason: str = ""

    @property
    def text(self) -> str:
        """`170 of 1034`, `170`, or `missing`."""
        if self.reason:
            return "missing"
        return f"{self.samples} of {self.task.size}" if self.task.size else str(self.samples)


def find(task: Task, data: str | None) -> Found:
    """Read a task's data from a data root (None: $SYMHARNESS_DATA, else the bundled samples)."""
    try:
        return Found(task, sum(1 for _ in task.read(locate(task.source, data).path)))
    except (SourceError, DataError, FileNotFoundError) as error:
        return Found(task, 0, str(error))


def bundled(task: Task) -> int:
    """How many samples of our own a task has."""
    folder = BUNDLED / task.source.folder
    return sum(1 for _ in task.read(folder)) if folder.is_dir() else 0


def named(name: str) -> Task:
    """The task of that name. Raises UserError, for suites too."""
    try:
        tasks = select([name])
    except UnknownTaskError as error:
        raise UserError(str(error)) from error
    if [task.name for task in tasks] != [name]:
        raise UserError(f"{name} is a suite of {len(tasks)} tasks: name one, as in `tasks show scan`")
    return tasks[0]


def declaration(task: Task, data: str | None) -> Iterator[tuple[str, str]]:
    """What a task says of itself, as pairs of a heading and a text."""
    source, prompt = task.source, task.prompt
    yield "task", f"{task.name}: {task.title}"
    yield "suites", ", ".join(task.suites)
    yield "domain", f"{task.domain}, answered in {task.language}"
    if task.part is not None:
        yield "part of", f"{task.part.of}: a run of both asks each question once"
    yield "source", source.homepage
    yield "licence", source.licence
    for files in (source.files, *source.other_layouts):
        yield "files", ", ".join(f"{source.folder}/{file}" for file in files)
    if source.hub is not None:
        yield "hub", f"{source.hub.repository} at {source.hub.revision}"
    for download in source.downloads:
        yield "download", f"{download.url} (sha256 {download.sha256})"
    found = find(task, data)
    yield "samples", f"{task.size or 'unknown'} in the test set, {bundled(task)} bundled; here: {found.text}"
    if found.reason:
        yield "missing", found.reason
    for metric in task.metrics:
        papers = ", the paper's table" if metric.name == task.paper_metric else ""
        about = f"{metric.name} ({metric.origin.value}, definition {metric.standing.value}{papers})"
        yield "metric", f"{about}: {metric.source}" if metric.source else about
    shots = "sent as it stands" if prompt.fixed else f"{len(prompt.shots)} exemplars"
    yield "prompt", f"{prompt.digest}, {shots}"
    yield "limits", f"{task.max_tokens} tokens an answer, {task.deadline:g} s to score it"
    if task.stop:
        yield "stops", ", ".join(map(repr, task.stop))
    if task.choices:
        yield "choices", ", ".join(task.choices)
    if task.in_dialect is not None:
        yield "dialects", "answers may be asked for in another one with --dialect"
    if task.needs:
        yield "needs", ", ".join(task.needs)
    if task.broken:
        yield "broken", f"{len(task.broken)} samples cannot score their own gold"


def asked(options: Options, sample: str | None) -> Ask:
    """What a run with these options asks for a sample of its one task (None: the first). Raises UserError."""
    plan = prepare(options)
    (item,) = plan.prepared
    ids = [one.id for one in item.samples]
    wanted = ids[0] if sample is None else sample
    if wanted not in ids:
        raise UserError(f"task {item.task.name} has no sample {wanted!r}; its first is {ids[0]!r}")
    return next(plan.cut_to({(item.task.name, wanted)}).asks(set()))
