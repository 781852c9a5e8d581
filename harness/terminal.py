"""What the command prints at the end: a run's figures and files, and the list of tasks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.catalogue import bundled, declaration, find
from harness.place import address
from harness.stages import STAGES
from harness.summary import RESULTS_FILE, RunSummary
from harness.tables import Format, Grid, csv
from tasks.task import Task, registry

if TYPE_CHECKING:
    import pandas as pd

    from executors.sandbox import Check
    from harness.ask import Ask
    from harness.batch import BatchRun
    from harness.check import Checked
    from harness.data import Listed, Verified
    from harness.doctor import Finding
    from harness.models import KnownModel
    from harness.sweep.units import Job
    from tasks.download import Report as DownloadReport

# Model text may be printed: markup in it must not be read as ours.
console = Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else 160)

_DEFECTS_SHOWN = 20

# A model whose answers are cut this often is not being measured.
TRUNCATION_WARNING = 0.2


def print_run(summary: RunSummary) -> None:
    """Outcomes and truncation by task, and where the files are."""
    table = Table(title=f"{summary.model} ({summary.setting})")
    heads = ["task", "n", "outcomes", "truncated"]
    staged = any(task.stages for task in summary.tasks)
    for head in [*heads, "/".join(stage.name.lower() for stage in STAGES)] if staged else heads:
        table.add_column(head)
    for task in summary.tasks:
        cut = task.finish_reasons.get("length", 0) / task.n if task.n else 0.0
        outcomes = ", ".join(f"{name} {count}" for name, count in task.outcomes.items())
        stages = " ".join(f"{count / task.n:.0%}" for count in task.stages.values())
        cut_text = Text(f"{cut:.0%}", "red" if cut > TRUNCATION_WARNING else "")
        table.add_row(task.name, str(task.n), outcomes, cut_text, *([stages] if staged else []))
    for name in summary.no_data:
        table.add_row(name, "", "no data")
    console.print(table)
    for task in summary.tasks:
        if task.repairs:
            counts = ", ".join(f"{what} {count}" for what, count in task.repairs.items())
            console.print(f"{task.name}: self-repair of {task.n}: {counts}")
        for what, count in task.shortened.items():
            console.print(f"{task.name}: too long for the model, {what}: {count} of {task.n}")
    place = address(summary.folder)
    console.print(f"run: {place}  (records: samples-*.jsonl, numbers: {RESULTS_FILE})", soft_wrap=True)


class Report(Protocol):
    """What `compare` and `leaderboard` find: tables for people, one table of figures for programs."""

    def grids(self) -> Sequence[Grid]: ...

    def captions(self) -> Sequence[str]: ...

    def frame(self) -> pd.DataFrame: ...

    def json(self) -> str: ...


def rendered(report: Report, form: Format) -> str:
    """The report as text in any form but the terminal's."""
    match form:
        case Format.CSV:
            return csv(report.frame())
        case Format.JSON:
            return report.json()
        case Format.LATEX:
            notes = [f"% {line}" for line in report.captions()]
            return "\n".join([*notes, *(grid.latex() for grid in report.grids())])
        case _:
            notes = [f"- {line}" for line in report.captions()]
            return "\n".join([*(grid.markdown() for grid in report.grids()), *notes, ""])


def print_report(report: Report, form: Format) -> None:
    if form is not Format.TABLE:
        sys.stdout.write(rendered(report, form))
        return
    for grid in report.grids():
        console.print(grid.rich())
    for line in report.captions():
        console.print(line, soft_wrap=True)


def write_report(report: Report, folder: Path, title: str) -> list[Path]:
    """The report as TITLE.md (in capitals) and title.csv, .json and .tex; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        f"{title.upper()}.md": f"# {title}\n\n{rendered(report, Format.MARKDOWN)}",
        f"{title.lower()}.csv": rendered(report, Format.CSV),
        f"{title.lower()}.json": rendered(report, Format.JSON),
        f"{title.lower()}.tex": rendered(report, Format.LATEX),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def print_check(console: Console, results: Sequence[Checked]) -> None:
    """A line a task, then every sample that is not simply right, with its reason."""
    table = Table()
    for head in ("task", "gold", "ok", "broken upstream", "unsolvable here", "wrong answers", "defects"):
        table.add_column(head, justify="left" if head == "task" else "right")
    for result in results:
        ok = result.gold - len(result.broken) - len(result.unsolvable)
        numbers = (result.gold, ok, len(result.broken), len(result.unsolvable), result.wrong, len(result.defects))
        table.add_row(result.task.name, *map(str, numbers))
    console.print(table)
    for result in results:
        for kind, reasons in (("broken upstream", result.broken), ("unsolvable here", result.unsolvable)):
            for sample, reason in sorted(reasons.items()):
                console.print(f"{result.task.name} {sample}: {kind}: {reason}", soft_wrap=True)
        for defect in result.defects[:_DEFECTS_SHOWN]:
            console.print(f"{result.task.name} {defect}", style="red", soft_wrap=True)
        if len(result.defects) > _DEFECTS_SHOWN:
            console.print(f"{result.task.name}: {len(result.defects) - _DEFECTS_SHOWN} more defects", style="red")


def findings_table(findings: Iterable[Finding]) -> Table:
    """What `doctor` found, one a line."""
    table = Table()
    for head in ("what", "found", "without it", "mend"):
        table.add_column(head, overflow="fold")
    for finding in findings:
        style = "" if finding.found else "yellow"
        table.add_row(
            finding.what,
            finding.found or "not there",
            "" if finding.found else finding.lost,
            finding.mend if not finding.found else "",
            style=style,
        )
    return table


def attacks_table(checks: Sequence[Check]) -> Table:
    """What the jail held against, one attack a line."""
    table = Table(title="attacks on the jail")
    for head in ("attack", "held", "what came of it"):
        table.add_column(head, overflow="fold")
    for check in checks:
        table.add_row(check.name, "yes" if check.held else "NO", check.detail, style="" if check.held else "red")
    return table


def print_tasks(data: str | None) -> None:
    """All tasks, one a line, with the data of each; then what is missing."""
    table = Table()
    for head in ("task", "suites", "domain", "language", "metrics", "bundled", "data"):
        table.add_column(head)
    missing = []
    for task in registry().values():
        metrics = ", ".join(f"{m.name}{' *' if m.name == task.paper_metric else ''}" for m in task.metrics)
        found = find(task, data)
        missing += [found] if found.reason else []
        suites = ", ".join(task.suites)
        table.add_row(task.name, suites, task.domain, task.language, metrics, str(bundled(task)), found.text)
    table.caption = "* the metric of the paper's table; data: samples found of those in the test set"
    console.print(table)
    for found in missing:
        console.print(f"{found.task.name}: {found.reason}", soft_wrap=True)


def print_task(task: Task, data: str | None) -> None:
    """A task's declaration."""
    for head, text in declaration(task, data):
        console.print(f"{head:<9} {text}", soft_wrap=True)


def print_asked(ask: Ask) -> None:
    """A prompt exactly as it is sent, then what is sent beside it."""
    sys.stdout.write(ask.prompt.text + "\n")
    ids = list(ask.prompt.ids)
    if ids:
        console.print(f"--- {len(ids)} token ids: {ids[:8]} ... {ids[-8:]}", soft_wrap=True)
    else:
        console.print("--- sent as text, or encoded by the tokenizer of --model")
    stops = ", ".join(map(repr, ask.stop)) or "none"
    left_out = [f"{ask.shots_dropped} exemplars"] if ask.shots_dropped else []
    left_out += ["what can be pruned"] if ask.pruned else []
    if left_out:
        console.print(f"--- too long for the model: sent without {' and '.join(left_out)}")
    allowed = f"; only the tokens {list(ask.allowed)}" if ask.allowed else ""
    console.print(
        f"--- sample {ask.sample.id}; at most {ask.max_tokens} tokens; stops: {stops}{allowed}", soft_wrap=True
    )


def model_table(known: Mapping[str, KnownModel]) -> Table:
    """The checkpoints that have names, one a line."""
    table = Table()
    for head in (
        "name",
        "published as",
        "hub id",
        "revision",
        "chat format",
        "stop",
        "dtype",
        "length",
        "weights",
        "note",
    ):
        table.add_column(head, overflow="fold")
    for name, model in known.items():
        spec = model.spec
        asked = (spec.chat_format.value, " ".join(spec.stop))
        served = (spec.dtype, str(spec.max_model_len or "its own"), spec.weights)
        where = (spec.model, spec.revision or "not pinned")
        table.add_row(name, model.published or "", *where, *asked, *served, model.note)
    table.caption = "options on the command line win; a folder of such a name is reached as ./name"
    return table


def batch_table(runs: Sequence[BatchRun]) -> Table:
    """What a batch will do, one run a line, and which of its tasks lack their data."""
    table = Table()
    for head in ("run", "model", "revision", "shots", "tasks", "limit", "left out: no data"):
        table.add_column(head, overflow="fold", justify="right" if head in {"run", "shots", "tasks"} else "left")
    for number, run in enumerate(runs, 1):
        options = run.options
        limit = "" if options.limit is None else f"{options.limit:g}"
        spec, shots, tasks = options.spec, str(options.num_fewshot), str(run.tasks)
        table.add_row(str(number), spec.name, spec.revision or "", shots, tasks, limit, ", ".join(run.missing))
    reasons = {task: reason for run in runs for task, reason in run.missing.items()}
    table.caption = "\n".join(f"{task}: {reason}" for task, reason in reasons.items())
    table.caption_justify = "left"
    return table


def jobs_table(jobs: Sequence[Job]) -> Table:
    """What a sweep will do, one model a line."""
    table = Table()
    for head in ("run", "tasks", "samples", "units", "left", "GPUs a host", "no data"):
        table.add_column(head, overflow="fold", justify="left" if head in {"run", "no data"} else "right")
    for job in jobs:
        samples = sum(len(item.samples) for item in job.plan.prepared)
        counts = (len(job.plan.prepared), samples, len(job.units), len(job.pending()), f"{job.gpus:g}")
        table.add_row(job.name, *map(str, counts), ", ".join(job.plan.missing))
    return table


def sources_table(listed: Iterable[Listed]) -> Table:
    """Where each task's files come from, one a line."""
    table = Table()
    for head in ("task", "folder", "bundled", "at hand", "to be had by", "licence", "homepage"):
        table.add_column(head, overflow="fold")
    for item in listed:
        source = item.task.source
        ways = "\n".join(item.ways) or "the homepage"
        bundled, at_hand = "yes" if item.bundled else "", "\n".join(item.at_hand)
        table.add_row(item.task.name, source.folder, bundled, at_hand, ways, source.licence, source.homepage)
    return table


def verified_table(verdicts: Iterable[Verified]) -> Table:
    """What `data verify` found, one task a line."""
    table = Table()
    for head in ("task", "files", "samples", "sha256", "what to know"):
        table.add_column(head, overflow="fold", justify="right" if head == "samples" else "left")
    styles = {"partial": "yellow", "missing": "red", "damaged": "red"}
    for item in verdicts:
        samples = str(item.samples) if item.samples else ""
        state = item.state.value
        table.add_row(item.task.name, state, samples, item.sha256[:12], item.detail, style=styles.get(state, ""))
    return table


@contextmanager
def download_reports(console: Console) -> Iterator[Callable[[str], DownloadReport]]:
    """Bars for what is fetched, one a folder; nothing where there is no terminal."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bars:

        def of_folder(name: str) -> DownloadReport:
            bar = bars.add_task(name, total=None)
            return lambda done, total: bars.update(bar, completed=done, total=total)

        yield of_folder
