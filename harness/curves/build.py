"""Each task over the training steps of its checkpoints: values, what changed since the first and until the last step
(paired by sample), and the best step with what it is worth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from harness.answers import Answer, Run, load
from harness.config import UserError
from harness.curves.choice import Paired, choose, mean_of
from harness.curves.report import Against, Curve, Curves, Flat, Point
from harness.curves.series import Checkpoint, Level, Series, in_series, levels, published_level, read
from harness.figures import Figure, Mean, figures, means
from harness.leaderboard import find_runs
from harness.published import published_model
from harness.statistics import Pair, average, compare, holm, pair
from tasks.metrics import Estimate
from tasks.task import Task, registry

_PUBLISHED = "published:"


def compare_steps(
    folders: Sequence[Path],
    baseline: str | None = None,
    tasks: Sequence[str] = (),
    every_metric: bool = False,
) -> Curves:
    """The curves of all runs in `folders` (run folders, or folders of them); runs without a step are level lines, and
    so is
    `baseline`, another run or `published:MODEL`.

    Raises UserError when no two of them are steps of one training that share a task.
    """
    base = None if baseline is None or baseline.startswith(_PUBLISHED) else Path(baseline)
    runs = [folder for folder in find_runs(folders) if base is None or folder.resolve() != base.resolve()]
    series, others, notes = in_series(map(read, runs))
    level = levels([*others, *([] if base is None else [read(base)])])
    if baseline is not None and base is None:
        level.append(published_level(published_model(baseline.removeprefix(_PUBLISHED))))
    if not any(len(one.checkpoints) > 1 for one in series):
        raise UserError("; ".join(["no two runs here are steps of one training: names end as checkpoint-500", *notes]))
    report = build(series, level, notes, tasks, every_metric)
    if not report.curves:
        raise UserError(f"these runs have no figure{' of the tasks asked for' if tasks else ''}")
    return report


def build(
    series: Sequence[Series],
    beside: Sequence[Level],
    notes: Sequence[str] = (),
    tasks: Sequence[str] = (),
    every_metric: bool = False,
) -> Curves:
    """The curves of series, and the level lines beside them."""
    answers = {run.folder: load("", run.folder) for one in series for run in one.checkpoints.values()}
    said = list(notes)
    curves: list[Curve] = []
    flats: list[Flat] = []
    mains: dict[str, list[tuple[Figure, Curve, Paired]]] = {one.title: [] for one in series}
    for task in registry().values():
        if tasks and task.name not in tasks:
            continue
        there = [run for one in series for run in one.checkpoints.values() if task.name in run.tasks]
        if not there:
            continue
        data = Counter(run.data[task.name] for run in there).most_common(1)[0][0]
        asked = [(one, _on_data(one, task, data, said)) for one in series]
        for item in figures(task, every_metric):
            for one, members in asked:
                if (found := _curve(one, members, answers, item, said)) is not None:
                    curve, paired = found
                    curves.append(curve)
                    if item.main:
                        mains[one.title].append((item, curve, paired))
            flats += _flats(beside, item, data)
        said += [
            f"{of.title}: {task.title} was run on other data, and is no level line"
            for of in beside
            if of.data.get(task.name, data) != data
        ]
    curves = list(_adjusted(curves))
    for one in series:
        curves += _averages(one, mains[one.title], said)
    flats += _mean_flats(beside, curves, flats)
    return Curves(tuple(series), tuple(curves), tuple(beside), tuple(flats), tuple(dict.fromkeys(said)))


def _on_data(series: Series, task: Task, data: str, said: list[str]) -> dict[int, Checkpoint]:
    """The checkpoints that ran the task on this data; says which were on other."""
    members = {step: run for step, run in series.checkpoints.items() if task.name in run.tasks}
    other = [str(step) for step, run in members.items() if run.data[task.name] != data]
    if other:
        said.append(
            f"{series.title}: {task.title} was run on other data at step {', '.join(other)}, which are left out"
        )
    return {step: run for step, run in members.items() if run.data[task.name] == data}


def _flats(beside: Sequence[Level], item: Figure, data: str) -> Iterator[Flat]:
    name = item.task.name
    for of in beside:
        estimate = of.estimates.get((name, item.metric.name))
        if estimate is not None and of.data.get(name, data) == data:
            yield Flat(of, item, estimate)


def _curve(
    series: Series, members: Mapping[int, Checkpoint], answers: Mapping[Path, Run], item: Figure, said: list[str]
) -> tuple[Curve, Paired] | None:
    name, metric = item.task.name, item.metric
    tasks = {step: run.tasks[name] for step, run in members.items()}
    estimates = {step: task.estimates[metric.name] for step, task in tasks.items() if metric.name in task.estimates}
    if not estimates:
        return None
    counted = {step: _counted(answers[members[step].folder], item) for step in estimates}
    samples = sorted(set.intersection(*map(set, counted.values())))
    left_out = len(set.union(*map(set, counted.values()))) - len(samples)
    if left_out:
        said.append(
            f"{series.title}: {left_out} samples of {item.task.title} are not paired, as not every step has them"
        )
    rows = {step: [found[sample].statistics[metric.name] for sample in samples] for step, found in counted.items()}
    groups = [next(iter(counted.values()))[sample].group for sample in samples]
    first, last = min(estimates), max(estimates)

    def against(step: int, other: int) -> Against | None:
        if step == other or not samples:
            return None
        found = compare(metric, rows[step], rows[other], groups)
        return None if found is None else Against(found)

    points = tuple(
        Point(step, estimate, tasks[step].mark, against(step, first), against(step, last))
        for step, estimate in estimates.items()
    )
    paired = Paired(metric, rows, samples, groups)
    return Curve(series, item, points, choose([paired]) if samples else None), paired


def _averages(series: Series, found: Sequence[tuple[Figure, Curve, Paired]], said: list[str]) -> Iterator[Curve]:
    """The means of primary figures over the steps of a series: of tasks that every step has, and no others."""
    steps = sorted({point.step for _, curve, _ in found for point in curve.points})
    whole = [one for one in found if len(one[1].points) == len(steps) and one[1].choice is not None]
    wanted = means([item.task for item, _, _ in whole])
    if len(steps) < 2 or not wanted:
        return
    if len(whole) < len(found):
        without = ", ".join(one[0].title for one in found if one not in whole)
        said.append(f"{series.title}: averages are without {without}, which not every step has")
    places = {mean: [place for place, one in enumerate(whole) if one[0].task.name in mean.names] for mean in wanted}
    less: dict[tuple[Mean, int, int], Against] = {}
    for step, other in sorted({(step, other) for step in steps for other in (steps[0], steps[-1]) if step != other}):
        pairs = [_pair(paired, step, other, seed) for seed, (_, _, paired) in enumerate(whole)]
        for mean in wanted:
            compared = average([pairs[place] for place in places[mean]])
            less[mean, step, other] = Against(compared, compared.p)
    for mean in wanted:
        points = []
        for number, step in enumerate(steps):
            of_tasks = [whole[place][1].points[number] for place in places[mean]]
            if (estimate := mean_of([point.estimate for point in of_tasks])) is not None:
                mark = ", ".join(sorted({point.mark for point in of_tasks if point.mark}))
                first, last = (less.get((mean, step, other)) for other in (steps[0], steps[-1]))
                points.append(Point(step, estimate, mark, first, last))
        yield Curve(series, mean, tuple(points), choose([whole[place][2] for place in places[mean]]))


def _pair(task: Paired, step: int, other: int, seed: int) -> Pair:
    return pair(task.clusters(step), task.clusters(other), len(task.samples), seed=seed)


def _mean_flats(beside: Sequence[Level], curves: Sequence[Curve], flats: Sequence[Flat]) -> Iterator[Flat]:
    """Level lines of the means that are drawn, of models that have all of their tasks."""
    for mean in dict.fromkeys(curve.figure for curve in curves if isinstance(curve.figure, Mean)):
        for of in beside:
            estimates = {
                flat.figure.task.name: flat.estimate
                for flat in flats
                if flat.level is of and isinstance(flat.figure, Figure) and flat.figure.main
            }
            if set(mean.names) <= estimates.keys():
                of_tasks = [estimates[name] for name in mean.names]
                known = mean_of(of_tasks)
                yield Flat(of, mean, known or Estimate(fmean(one.value for one in of_tasks), None, 0))


def _counted(run: Run, item: Figure) -> Mapping[str, Answer]:
    answers = run.answers.get(item.task.name, {})
    return {sample: answer for sample, answer in answers.items() if item.metric.name in answer.statistics}


def _adjusted(curves: Sequence[Curve]) -> Iterator[Curve]:
    """The same with p-values corrected: the tests of one series, step and reference are a family."""
    families: dict[tuple[str, int, str, bool], list[tuple[str, float]]] = {}
    for curve in curves:
        main = isinstance(curve.figure, Figure) and curve.figure.main
        for point in curve.points:
            for reference, against in (("first", point.first), ("last", point.last)):
                if against is not None:
                    family = families.setdefault((curve.series.title, point.step, reference, main), [])
                    family.append((curve.figure.heading, against.found.p))
    p_values = {
        (series, heading, step, reference): p
        for (series, step, reference, _), family in families.items()
        for (heading, _), p in zip(family, holm([p for _, p in family]))
    }
    for curve in curves:
        points = []
        for point in curve.points:
            key = (curve.series.title, curve.figure.heading, point.step)
            first = point.first and replace(point.first, adjusted=p_values[*key, "first"])
            last = point.last and replace(point.last, adjusted=p_values[*key, "last"])
            points.append(replace(point, first=first, last=last))
        yield replace(curve, points=tuple(points))
