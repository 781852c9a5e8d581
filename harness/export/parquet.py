"""A run's records as one Parquet file, for whoever asks questions with DuckDB, pandas or Spark.

The file's schema metadata hold the run's config (key `symharness`). Parquet's texts are UTF-8: half a surrogate pair
becomes `?`.
"""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

from executors.outcome import to_json
from harness.answers import became, scores
from harness.export.extras import library
from harness.record import Record
from harness.runlog import read_records, read_run
from tasks.task import registry

_ROWS = 1000  # held in memory at once


def export_parquet(run: Path, path: Path) -> Path:
    """Write all records, a row each, to `path`.

    `became` is what became of the answer (null for a fault), `scores` its metrics in [0, 1]; `value` and `statistics`
    are JSON. Raises UserError.
    """
    pyarrow = library("pyarrow", "parquet")
    writer_of = library("pyarrow.parquet", "parquet").ParquetWriter
    schema = _schema(pyarrow).with_metadata({"symharness": json.dumps(read_run(run)["config"], sort_keys=True)})
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.partial")
    rows = map(_row, read_records(run))
    with writer_of(scratch, schema, compression="zstd") as writer:
        while batch := list(islice(rows, _ROWS)):
            writer.write_table(pyarrow.Table.from_pylist(batch, schema=schema))
    scratch.rename(path)
    return path


def _schema(pa: Any) -> Any:
    texts = ["task", "sample", "group", "model", "kind", "prompt", "prompt_sha256", "prompt_form", "completion"]
    texts += ["finish_reason", "program", "status", "value", "detail", "became", "statistics", "fault"]
    numbers = ("prompt_tokens", "completion_tokens", "attempts")
    maps = ("scores", "seconds")
    return pa.schema(
        [(name, pa.string()) for name in texts]
        + [(name, pa.int64()) for name in numbers]
        + [(name, pa.map_(pa.string(), pa.float64())) for name in maps]
    )


def _row(record: Record) -> dict[str, Any]:
    task, outcome = registry().get(record.task), record.outcome
    row: dict[str, Any] = {
        name: _unicode(value) if isinstance(value := getattr(record, name), str) else value
        for name in Record.__dataclass_fields__
        if name not in ("outcome", "statistics", "seconds", "schema")
    }
    row["seconds"] = list(record.seconds.items())
    row["statistics"] = json.dumps({name: dict(numbers) for name, numbers in record.statistics.items()})
    if outcome is not None:
        row |= {"status": outcome.status.value, "detail": _unicode(outcome.detail)}
        row["value"] = json.dumps(to_json(outcome.value))
    if task is not None and not record.fault:
        row["became"] = became(task, record.statistics, outcome).value
        row["scores"] = list(scores(task, record.statistics).items())
    return row


def _unicode(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
