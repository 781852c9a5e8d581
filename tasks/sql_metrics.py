"""The metrics of Spider, SParC and CoSQL, and their official breakdown by hardness, turn and component.

The statistics of `exact_match` carry all that the breakdown needs. Besides `score` they are sparse, what is absent is
zero: `hardness` (1 easy ... 4 extra), `turn` (1 ... in an interaction), and for each official component whether the
gold and the predicted query have such a part, and whether the parts agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from executors import sql
from executors.outcome import Limits, Outcome, Status
from tasks.metrics import Aggregate, Estimate, Measure, Metric, Origin, Standing, Statistics, all_of_group, mean
from tasks.spider_format import context_of
from tasks.task import Sample

LIMITS = Limits(seconds=10.0, memory=256 << 20, output=16 << 20, rows=200_000)

COMPONENTS = (
    "select",
    "select(no AGG)",
    "where",
    "where(no OP)",
    "group(no Having)",
    "group",
    "order",
    "and/or",
    "IUEN",
    "keywords",
)
_LEVELS = tuple(sql.Hardness)
_TURNS = ("turn 1", "turn 2", "turn 3", "turn 4", "turn > 4")
_SOURCE = "taoyds/test-suite-sql-eval e97acc5"

# What the official preparation of a query cannot mend, and would cost its deadline a second time.
_HOPELESS = frozenset([Status.TIMEOUT, Status.MEMORY, Status.OUTPUT_LIMIT, Status.CRASHED, Status.REFUSED])


def in_sqlite(sample: Sample, program: str) -> str | Outcome:
    """The program as SQLite writes it, or why it cannot be told."""
    return sql.transpile(program, context_of(sample).dialect)


def execute(program: str, sample: Sample) -> Outcome:
    """The program's rows. Blanks inside of comparison operators are taken out: the gold of two tasks has them."""
    text = in_sqlite(sample, program)
    return text if isinstance(text, Outcome) else sql.execute(sql.repaired(text), context_of(sample).database, LIMITS)


def exact_match(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when gold and predicted query agree in every clause, values ignored (official exact set match)."""
    context = context_of(sample)
    match = sql.exact_set_match(sample.target, _line(sample, program) or "", context.schema)
    statistics = {"score": float(match.equal)}
    if context.turn is not None:
        statistics["turn"] = context.turn + 1.0
    if match.hardness is not None:
        statistics["hardness"] = _LEVELS.index(match.hardness) + 1.0
    for name, part in (match.components or {}).items():
        present = {"gold": part.gold > 0, "predicted": part.predicted > 0, "agrees": part.equal}
        statistics |= {f"{name} {what}": 1.0 for what, holds in present.items() if holds}
    return statistics


def execution_accuracy(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when gold and predicted query denote the same table, as the official script's default mode sees it."""
    line, context = _line(sample, program), context_of(sample)
    if line is None or outcome.status in _HOPELESS:
        return {"score": 0.0}
    match = sql.execution_match(sample.target, line, context.database, sql.Mode.DEFAULT, LIMITS)
    return {"score": float(match.equal)}


def suite_accuracy(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when they denote the same table on every database of the folder, as the official script sees it.

    Where only the official database is there, this is `execution_accuracy`.
    """
    line, context = _line(sample, program), context_of(sample)
    if line is None or outcome.status in _HOPELESS:
        return {"score": 0.0}
    return {"score": float(sql.suite_match(sample.target, line, context.suite, sql.Mode.DEFAULT, LIMITS))}


def strict_execution(sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
    """1 when they denote the same table by our rules: see `executors.sql.strict`."""
    return {"score": float(sql.strict_match(sample.target, outcome, context_of(sample).database, LIMITS))}


def _line(sample: Sample, program: str | None) -> str | None:
    """What the official script would read; None where there is no query."""
    text = None if program is None else in_sqlite(sample, program)
    return sql.prediction_line(text) if isinstance(text, str) else None


class _Shared:
    """A measure that two metrics aggregate differently: worked out once a sample."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self._last: tuple[Sample, str | None, Outcome] | None = None
        self._statistics: Statistics = {}

    def __call__(self, sample: Sample, program: str | None, outcome: Outcome) -> Statistics:
        last = self._last
        if last is None or last[0] is not sample or last[1] != program or last[2] is not outcome:
            self._statistics, self._last = self._measure(sample, program, outcome), (sample, program, outcome)
        return self._statistics


_exact, _execution = _Shared(exact_match), _Shared(execution_accuracy)

QUESTION_METRICS = (
    Metric("exact_match", _exact, origin=Origin.PAPER, standing=Standing.DERIVED, source=f"{_SOURCE}, --etype match"),
    Metric(
        "execution_accuracy",
        _execution,
        origin=Origin.OFFICIAL,
        source=f"{_SOURCE}, --etype exec on the one official database",
    ),
    Metric("strict_execution", strict_execution, source="execution with DISTINCT, widths and order taken seriously"),
    Metric(
        "test_suite_accuracy",
        suite_accuracy,
        origin=Origin.OFFICIAL,
        source=f"{_SOURCE}, --etype exec on all databases of the folder",
    ),
)
INTERACTION_METRICS = (
    *QUESTION_METRICS,
    Metric(
        "interaction_match",
        _exact,
        all_of_group,
        origin=Origin.OFFICIAL,
        source=f"{_SOURCE}: interactions whose every turn matches",
    ),
    Metric(
        "interaction_execution",
        _execution,
        all_of_group,
        origin=Origin.OFFICIAL,
        source=f"{_SOURCE}: interactions whose every turn denotes the right table",
    ),
)


def by_hardness(statistics: Sequence[Statistics], groups: Sequence[str]) -> dict[str, Estimate]:
    """Exact match for each official grade that occurs, from the statistics of `exact_match`."""
    return _by(
        statistics, groups, lambda row: _LEVELS[int(row["hardness"]) - 1] if "hardness" in row else None, _LEVELS
    )


def by_turn(statistics: Sequence[Statistics], groups: Sequence[str]) -> dict[str, Estimate]:
    """Exact match for each turn that occurs; officially the fifth and all later ones are one."""

    def bucket(row: Statistics) -> str | None:
        return _TURNS[min(int(row["turn"]), 5) - 1] if "turn" in row else None

    return _by(statistics, groups, bucket, _TURNS)


def _by(
    statistics: Sequence[Statistics],
    groups: Sequence[str],
    key: Callable[[Statistics], str | None],
    order: Iterable[str],
) -> dict[str, Estimate]:
    rows: dict[str, tuple[list[Statistics], list[str]]] = {}
    for row, group in zip(statistics, groups, strict=True):
        name = key(row)
        if name is not None:
            chosen = rows.setdefault(name, ([], []))
            chosen[0].append(row)
            chosen[1].append(group)
    return {str(name): mean(*rows[name]) for name in order if name in rows}


def component_f1(component: str) -> Aggregate:
    """The official F1 of one of `COMPONENTS`, from the statistics of `exact_match`.

    Precision is the share of queries that agree among the predicted ones with such a part, recall among the gold ones.
    As officially, it is 1 where both are 0.
    """
    if component not in COMPONENTS:
        raise ValueError(f"no component is called {component!r}; there are {', '.join(COMPONENTS)}")

    def share(statistics: Sequence[Statistics], of: str) -> float:
        rows = [row for row in statistics if row.get(f"{component} {of}")]
        return sum(row.get(f"{component} agrees", 0.0) for row in rows) / len(rows) if rows else 0.0

    def aggregate(statistics: Sequence[Statistics], groups: Sequence[str]) -> Estimate:
        precision, recall = share(statistics, "predicted"), share(statistics, "gold")
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 1.0
        return Estimate(f1, None, len(statistics))

    return aggregate
