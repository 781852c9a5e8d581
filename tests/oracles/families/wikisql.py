"""WikiSQL: logical forms compared and executed, against the official evaluate.py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from executors import wikisql
from executors.outcome import Outcome, Status
from tests.oracles.agreement import DATA, Case, Verdict, load


def judge(cases: Sequence[Case]) -> Iterator[list[Verdict]]:
    tables = [wikisql.Table.of(entry) for entry in load(DATA.parent / "oracles" / "wikisql_tables.jsonl")]
    by_id = {table.id: table for table in tables}
    for case in cases:
        yield list(_judged(case, by_id.get(case["table_id"])))


def _judged(case: Case, table: wikisql.Table | None) -> Iterator[Verdict]:
    official = case["oracle"]
    gold = wikisql.from_json(case["gold"]["sql"])
    predicted, failure = None, Outcome(Status.NO_PROGRAM)
    if not case["pred"].get("error"):
        try:
            predicted = wikisql.from_json(case["pred"])
        except wikisql.NotAQueryError as error:
            failure = Outcome.failed(Status.INVALID, error)
    same_form = predicted is not None and predicted.key() == gold.key()
    facts = {"status": failure.status.value, "detail": failure.detail}
    # Where the official run dies of a prediction, ours goes on and counts it as wrong.
    expected = False if isinstance(official["lf"], str) else official["lf"]
    yield Verdict("lf", official["lf"], same_form, same_form == expected, facts)
    if table is not None and case["has_table"]:
        outcome = failure if predicted is None else wikisql.run(predicted, table)
        same = wikisql.same_result(wikisql.run(gold, table), outcome)
        facts = {"status": outcome.status.value, "detail": outcome.detail}
        yield Verdict("ex", official["ex"], same, same == official["ex"], facts)
