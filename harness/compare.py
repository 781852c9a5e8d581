"""Runs against each other, paired sample by sample.

The first run is what the others are compared with. Only samples that every run has answered count, so that every
number of a line rests on the same questions.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from harness.answers import Answered, Run, load
from harness.config import UserError
from harness.figures import Figure, Mean, figures, means, primary
from harness.place import address
from harness.statistics import LEVEL, Comparison, Pair, average, clustered, holm, pair
from harness.statistics import compare as compare_statistics
from harness.tables import Grid, p_value, percent
from tasks.metrics import Statistics
from tasks.task import Task, registry

if TYPE_CHECKING:
    import pandas as pd

_SAMPLES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of one run against the first run's: `difference` is this run's value less the first one's.

    `adjusted` is the p-value after Holm's correction, over the tasks for their primary figures, and over all further
    figures for these.
    """

    figure: Figure
    main: bool
    run: str
    found: Comparison
    gained: int
    lost: int
    adjusted: float = 1.0

    @property
    def significant(self) -> bool:
        return self.adjusted <= LEVEL


@dataclass(frozen=True, slots=True)
class Average:
    """A mean of one run against the first run's.

    Its p-value is not corrected: it is one question, asked beside those of the tasks.
    """

    mean: Mean
    run: str
    found: Comparison
    gained: int
    lost: int


@dataclass(frozen=True, slots=True)
class Best:
    """The best run of a figure, and the corrected p-value of its being better than every other."""

    run: str
    adjusted: float


@dataclass(frozen=True, slots=True)
class Flip:
    """A sample whose answer became something else in run `run` than in the first one."""

    task: str
    run: str
    sample: str
    before: Answered
    after: Answered


@dataclass(frozen=True, slots=True)
class Report:
    """All that a comparison found. `best` by task and metric; `notes` say what was left out and why.

    `averages` are there where runs share several tasks.
    """

    runs: tuple[Run, ...]
    lines: tuple[Line, ...]
    best: Mapping[tuple[str, str], Best]
    flips: tuple[Flip, ...]
    notes: tuple[str, ...]
    averages: tuple[Average, ...] = ()

    def grids(self) -> list[Grid]:
        return [self._pairs() if len(self.runs) == 2 else self._table(), *self._flipped()]

    def captions(self) -> list[str]:
        first = self.runs[0].letter
        rules = (
            f"Values x100. Differences are less {first}'s; 95 % CI: paired bootstrap, clustered by group; p: exact "
            "McNemar (M) or permutation (P), two-sided; Holm: over the tasks' primary figures, over all others apart."
        )
        if self.averages:
            rules += " Averages are of primary figures, every task alike, and not corrected."
        return [*(run.caption for run in self.runs), rules, *self.notes]

    def frame(self) -> pd.DataFrame:
        """A line a figure and run, then the averages: values and differences x100."""
        import pandas as pd

        return pd.DataFrame([*map(self._record, self.lines), *map(self._record_of_average, self.averages)])

    def json(self) -> str:
        runs = [{"run": run.letter, "folder": address(run.folder), "config": run.config} for run in self.runs]
        flips = [
            {"task": f.task, "run": f.run, "sample": f.sample, "before": f.before, "after": f.after} for f in self.flips
        ]
        content = {
            "runs": runs,
            "lines": [self._record(line) for line in self.lines],
            "averages": [self._record_of_average(item) for item in self.averages],
            "flips": flips,
            "notes": self.notes,
        }
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    def _record(self, line: Line) -> dict[str, Any]:
        best = self.best.get((line.figure.task.name, line.figure.metric.name))
        return {
            "task": line.figure.task.title,
            "metric": line.figure.label,
            **self._numbers(line),
            "p_holm": line.adjusted,
            "significant": line.significant,
            "best": best is not None and best.run == line.run and best.adjusted <= LEVEL,
        }

    def _record_of_average(self, average: Average) -> dict[str, Any]:
        return {"task": average.mean.title, "metric": average.mean.label, **self._numbers(average)}

    def _numbers(self, item: Line | Average) -> dict[str, Any]:
        found = item.found
        return {
            "run": item.run,
            "against": self.runs[0].letter,
            "n": found.n,
            "clusters": found.clusters,
            "value": round(100 * found.ours, 4),
            "value_against": round(100 * found.theirs, 4),
            "difference": round(100 * found.difference, 4),
            "low": round(100 * found.low, 4),
            "high": round(100 * found.high, 4),
            "gained": item.gained,
            "lost": item.lost,
            "test": found.test,
            "p": found.p,
        }

    def _pairs(self) -> Grid:
        first, second = (run.letter for run in self.runs)
        heads = ("Task", "Metric", "n", first, second, f"{second} − {first}", "95 % CI", "gained/lost", "p", "p (Holm)")
        rows = [
            (
                line.figure.task.title,
                line.figure.label,
                *_cells(line),
                p_value(line.adjusted) + (" *" if line.significant else ""),
            )
            for line in self.lines
        ]
        rows += [(item.mean.title, item.mean.label, *_cells(item), "") for item in self.averages]
        return Grid(f"{second} against {first}", heads, rows, labels=2)

    def _table(self) -> Grid:
        letters = [run.letter for run in self.runs]
        heads = ("Task", "Metric", "n", *letters, "best", "p (Holm)")
        by_figure: dict[tuple[str, str], list[Line]] = {}
        for line in self.lines:
            by_figure.setdefault((line.figure.task.name, line.figure.metric.name), []).append(line)
        rows = []
        for key, lines in by_figure.items():
            best = self.best[key]
            won = best.adjusted <= LEVEL
            values = [(letters[0], lines[0].found.theirs, False)]
            values += [(line.run, line.found.ours, line.significant) for line in lines]
            cells = [percent(value) + (" *" if differs else "") for _, value, differs in values]
            name = (lines[0].figure.task.title, lines[0].figure.label, str(lines[0].found.n))
            rows.append((*name, *cells, best.run if won else "none", p_value(best.adjusted)))
        by_mean: dict[Mean, list[Average]] = {}
        for one in self.averages:
            by_mean.setdefault(one.mean, []).append(one)
        for mean, averages in by_mean.items():
            cells = [percent(averages[0].found.theirs)]
            cells += [percent(one.found.ours) + (" *" if one.found.p <= LEVEL else "") for one in averages]
            rows.append((mean.title, mean.label, str(averages[0].found.n), *cells, "", ""))
        return Grid(f"{len(letters)} runs (* differs from {letters[0]}; best: better than every other)", heads, rows, 2)

    def _flipped(self) -> Iterator[Grid]:
        """How many samples changed from what to what, and the first of them."""
        changes: dict[tuple[str, str, Answered, Answered], list[str]] = {}
        for flip in self.flips:
            changes.setdefault((flip.task, flip.run, flip.before, flip.after), []).append(flip.sample)
        rows = []
        for (task, run, before, after), samples in changes.items():
            more = ["..."] if len(samples) > _SAMPLES_SHOWN else []
            shown_ids = ", ".join(samples[:_SAMPLES_SHOWN] + more)
            rows.append(
                (task, f"{self.runs[0].letter} → {run}", before.value, after.value, shown_ids, str(len(samples)))
            )
        if rows:
            heads = ("Task", "Runs", "Before", "After", "Samples", "Number")
            yield Grid("Samples whose answer became something else", heads, rows, labels=5)


def _cells(item: Line | Average) -> tuple[str, ...]:
    found = item.found
    return (
        str(found.n),
        percent(found.theirs),
        percent(found.ours),
        f"{100 * found.difference:+.2f}",
        f"[{100 * found.low:+.2f}, {100 * found.high:+.2f}]",
        f"+{item.gained}/−{item.lost}",
        f"{p_value(found.p)} {found.test[0].upper()}",
    )


def compare_runs(folders: Sequence[Path], tasks: Sequence[str] = (), every_metric: bool = False) -> Report:
    """Every run of `folders` against the first, on `tasks` (all that they share).

    Raises UserError when they share no task or no sample of one, or were run on different data.
    """
    runs = [load(letter, folder) for letter, folder in zip(ascii_uppercase, folders)]
    if len(runs) != len(folders) or len(runs) < 2:
        raise UserError(f"compare takes 2 to {len(ascii_uppercase)} runs, not {len(folders)}")
    return compare_loaded(runs, tasks, every_metric)


def compare_loaded(runs: Sequence[Run], tasks: Sequence[str] = (), every_metric: bool = False) -> Report:
    """The same of runs that are read already."""
    shared = _shared_tasks(runs, tasks)
    notes = _not_shared(runs, shared, tasks)
    lines: list[Line] = []
    paired: dict[str, list[str]] = {}
    duels: dict[tuple[str, str], Best] = {}
    flips: list[Flip] = []
    for task in shared:
        paired[task.name] = samples = _shared_samples(runs, task, notes)
        for item in figures(task, every_metric):
            compared = list(_lines(runs, item, samples))
            if compared:
                lines += compared
                duels[task.name, item.metric.name] = _duel(runs, item, samples, compared)
            else:
                notes.append(f"{task.title} {item.label}: not defined on these samples")
        flips += _flips(runs, task, samples)
    averages = tuple(_averages(runs, [line for line in lines if line.main], paired))
    return Report(tuple(runs), tuple(_adjusted(lines)), _adjusted_best(duels), tuple(flips), tuple(notes), averages)


def _shared_tasks(runs: Sequence[Run], wanted: Sequence[str]) -> list[Task]:
    first = runs[0]
    shared = [
        task
        for name, task in registry().items()
        if all(name in run.answers for run in runs) and (not wanted or name in wanted)
    ]
    if not shared:
        held = "; ".join(f"{run.letter} holds {', '.join(sorted(run.answers)) or 'nothing'}" for run in runs)
        raise UserError(f"these runs share no task{' of those asked for' if wanted else ''}: {held}")
    for task in shared:
        for run in runs[1:]:
            ours, theirs = (r.config["tasks"].get(task.name, {}).get("data") for r in (first, run))
            if ours != theirs:
                raise UserError(
                    f"task {task.name}: {first.letter} and {run.letter} were run on different data "
                    f"({str(ours)[:12]} and {str(theirs)[:12]}): run one of them anew, or leave it out with --tasks"
                )
    return shared


def _not_shared(runs: Sequence[Run], shared: Sequence[Task], wanted: Sequence[str]) -> list[str]:
    names = {task.name for task in shared}
    return [
        f"not compared, as only {run.letter} holds it: {', '.join(alone)}"
        for run in runs
        if (alone := sorted(name for name in run.answers if name not in names and (not wanted or name in wanted)))
    ]


def _shared_samples(runs: Sequence[Run], task: Task, notes: list[str]) -> list[str]:
    """The ids that all runs answered, in the first run's order of names; notes what is left out."""
    ids = [set(run.answers[task.name]) for run in runs]
    common = set.intersection(*ids)
    if not common:
        raise UserError(f"task {task.name}: these runs share no sample; leave it out with --tasks")
    left_out = len(set.union(*ids)) - len(common)
    if left_out:
        notes.append(f"{task.title}: {left_out} samples are not compared, as not every run has answered them")
    return sorted(common)


def _lines(runs: Sequence[Run], item: Figure, samples: Sequence[str]) -> Iterator[Line]:
    """This figure of every run but the first; nothing when a run lacks it."""
    first = runs[0]
    lines = []
    for run in runs[1:]:
        found = _compared(run, first, item, samples)
        if found is None:
            return
        gained, lost = _gained_lost(run, first, item, samples)
        lines.append(Line(item, item.main, run.letter, found, gained, lost))
    yield from lines


def _compared(ours: Run, theirs: Run, item: Figure, samples: Sequence[str]) -> Comparison | None:
    answers = [run.answers[item.task.name][key] for run in (ours, theirs) for key in samples]
    # A run from before the metric has no statistics of it.
    if any(item.metric.name not in answer.statistics for answer in answers):
        return None
    return compare_statistics(item.metric, *_paired(ours, theirs, item, samples))


def _paired(
    ours: Run, theirs: Run, item: Figure, samples: Sequence[str]
) -> tuple[list[Statistics], list[Statistics], list[str]]:
    """Both runs' statistics of the samples, and the samples' groups."""
    a, b = ([run.answers[item.task.name][key] for key in samples] for run in (ours, theirs))
    rows_a, rows_b = ([answer.statistics[item.metric.name] for answer in side] for side in (a, b))
    return rows_a, rows_b, [answer.group for answer in a]


def _averages(runs: Sequence[Run], lines: Sequence[Line], paired: Mapping[str, Sequence[str]]) -> Iterator[Average]:
    """Of the primary figures, which are `lines`."""
    if not (wanted := means(list({line.figure.task.name: line.figure.task for line in lines}.values()))):
        return
    pairs = {
        (line.run, line.figure.task.name): _pair(run, runs[0], line.figure, paired[line.figure.task.name], seed)
        for run in runs[1:]
        for seed, line in enumerate(line for line in lines if line.run == run.letter)
    }
    for mean in wanted:
        for run in runs[1:]:
            mine = [line for line in lines if line.run == run.letter and line.figure.task.name in mean.names]
            compared = average([pairs[run.letter, name] for name in mean.names])
            yield Average(mean, run.letter, compared, sum(x.gained for x in mine), sum(x.lost for x in mine))


def _pair(ours: Run, theirs: Run, item: Figure, samples: Sequence[str], seed: int) -> Pair:
    rows_a, rows_b, groups = _paired(ours, theirs, item, samples)
    a, b = (clustered(item.metric, rows, groups) for rows in (rows_a, rows_b))
    return pair(a, b, len(samples), seed=seed)


def _gained_lost(ours: Run, theirs: Run, item: Figure, samples: Sequence[str]) -> tuple[int, int]:
    """How many samples have their full score in `ours` only, and in `theirs` only."""
    perfect = item.metric.is_perfect
    a, b = (
        [perfect(run.answers[item.task.name][key].statistics[item.metric.name]) for key in samples]
        for run in (ours, theirs)
    )
    return sum(x and not y for x, y in zip(a, b)), sum(y and not x for x, y in zip(a, b))


def _duel(runs: Sequence[Run], item: Figure, samples: Sequence[str], lines: Sequence[Line]) -> Best:
    """The run of the highest value, and the greatest p-value of it against another (an intersection-union test)."""
    values = {runs[0].letter: lines[0].found.theirs} | {line.run: line.found.ours for line in lines}
    best = next(run for run in runs if values[run.letter] == max(values.values()))
    against_first = {line.run: line.found.p for line in lines}
    p_values = []
    for run in runs:
        if run is best:
            continue
        if runs[0] in (run, best):
            p_values.append(against_first[run.letter if best is runs[0] else best.letter])
        elif (found := _compared(best, run, item, samples)) is not None:
            p_values.append(found.p)
    return Best(best.letter, max(p_values))


def _flips(runs: Sequence[Run], task: Task, samples: Sequence[str]) -> Iterator[Flip]:
    first = runs[0].answers[task.name]
    for run in runs[1:]:
        changes = Counter((first[key].became, run.answers[task.name][key].became) for key in samples)
        order = {change: rank for rank, (change, _) in enumerate(changes.most_common())}
        changed = [
            Flip(task.title, run.letter, key, first[key].became, run.answers[task.name][key].became)
            for key in samples
            if first[key].became is not run.answers[task.name][key].became
        ]
        yield from sorted(changed, key=lambda flip: order[flip.before, flip.after])


def _adjusted(lines: Sequence[Line]) -> list[Line]:
    adjusted: dict[int, float] = {}
    for main in (True, False):
        family = [index for index, line in enumerate(lines) if line.main is main]
        adjusted |= dict(zip(family, holm([lines[index].found.p for index in family])))
    return [replace(line, adjusted=adjusted[index]) for index, line in enumerate(lines)]


def _adjusted_best(duels: Mapping[tuple[str, str], Best]) -> dict[tuple[str, str], Best]:
    tasks = registry()
    adjusted: dict[tuple[str, str], Best] = {}
    for main in (True, False):
        family = [key for key in duels if (primary(tasks[key[0]]).name == key[1]) is main]
        p_values = holm([duels[key].adjusted for key in family])
        adjusted |= {key: replace(duels[key], adjusted=p) for key, p in zip(family, p_values)}
    return adjusted
