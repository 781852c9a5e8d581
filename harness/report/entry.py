"""One record, and its sample's gold, as the site shows them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from executors.outcome import to_json
from harness.answers import scores
from harness.record import Record
from harness.report.highlight import colours
from tasks.task import Sample, Task

# Longer texts are cut; the record holds all of them.
_LONGEST = 20_000
_ROWS = 100


def shown_record(task: Task, record: Record) -> dict[str, Any]:
    """All that the page of a sample says of one model's answer, less the prompt: texts, numbers and lists."""
    outcome = record.outcome
    entry: dict[str, Any] = {
        "completion": clipped(record.completion),
        "finish": record.finish_reason,
        "tokens": [record.prompt_tokens, record.completion_tokens],
        "seconds": [[stage, round(seconds, 4)] for stage, seconds in record.seconds.items()],
        "metrics": list(_metrics(task, record)),
    }
    if record.program is not None:
        entry["program"] = painted(record.program, task.language)
    if outcome is not None:
        entry |= {"status": outcome.status.value, "detail": outcome.detail, "ran": round(outcome.seconds, 4)}
        if outcome.ok:
            entry["answer"] = _answer(to_json(outcome.value))
    if record.fault:
        entry["fault"] = record.fault
    if record.kind != "generated":
        entry["kind"] = record.kind
    return entry


def shown_gold(task: Task, sample: Sample) -> dict[str, Any]:
    """The target, and the gold program where that is not the target itself."""
    if sample.program is None:
        return {"target": painted(sample.target, task.language)}
    return {"target": [clipped(sample.target), ""], "program": painted(sample.program, task.language)}


def painted(text: str, language: str) -> list[str]:
    """A program and its colours."""
    text = clipped(text)
    return [text, colours(text, language)]


def clipped(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}\n[{len(text) - _LONGEST} more characters in the record]"


def _metrics(task: Task, record: Record) -> Iterator[tuple[str, float | None, str]]:
    """Name, score (None where the sample does not count) and statistics of the metrics that the task has today."""
    found = scores(task, record.statistics)
    for metric in task.metrics:
        if (statistics := record.statistics.get(metric.name)) is not None:
            numbers = ", ".join(f"{name} {value:.6g}" for name, value in statistics.items())
            score = found.get(metric.name)
            yield metric.name, None if score is None else round(score, 4), numbers


def _answer(value: object) -> dict[str, Any]:
    """A result table as columns and rows of texts, everything else as a text."""
    if isinstance(value, dict):
        columns, rows = value.get("columns"), value.get("rows")
        if isinstance(columns, list) and isinstance(rows, list) and all(isinstance(row, list) for row in rows):
            shown = [[_text(cell) for cell in row] for row in rows[:_ROWS]]
            return {"columns": [_text(name) for name in columns], "rows": shown, "more": len(rows) - len(shown)}
    return {"text": clipped(_text(value))}


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and len(value) == 1 and isinstance(tagged := value.get("$verdict"), str):
        return tagged
    if isinstance(value, list) and any(isinstance(item, list) for item in value):
        return "\n".join(json.dumps(item, ensure_ascii=False) for item in value)
    return json.dumps(value, ensure_ascii=False)
