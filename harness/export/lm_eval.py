"""lm-eval's files: `MODEL/results_TIME.json` and `MODEL/samples_TASK_TIME.jsonl`, as lm-eval 0.4.13 writes them.

Its tables, its loggers and whatever else reads its output read these. A sample's value of a metric is that of its own
statistics; a sample that does not count for a metric lacks it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from harness.answers import scores
from harness.gold import samples_of
from harness.record import Record
from harness.runlog import RUN_FILE, parts, read_records, read_run
from harness.summary import lm_eval_results, summarise
from tasks.task import Sample, Task, registry


def export_lm_eval(run: Path, folder: Path, data: str | None = None) -> Path:
    """Write the files under `folder`; returns the results file. Raises UserError.

    TIME is when the last record was written, so that the same run gives the same files. Targets are empty where the
    run's data are neither bundled nor under `data`.
    """
    summary = summarise(run)
    place = folder / _sanitised(summary.model)
    place.mkdir(parents=True, exist_ok=True)
    written = max(path.stat().st_mtime for path in (run / RUN_FILE, *parts(run)))
    time = datetime.fromtimestamp(written, UTC).strftime("%Y-%m-%dT%H-%M-%S.%f")
    content = lm_eval_results(summary) | {
        "versions": dict.fromkeys((task.name for task in summary.tasks), 1),
        "group_subtasks": {task.name: [] for task in summary.tasks},
        "task_hashes": _write_samples(run, place, time, data),
        "model_source": "vllm",
        "model_name": summary.model,
        "model_name_sanitized": _sanitised(summary.model),
        "date": written,
    }
    path = place / f"results_{time}.json"
    path.write_text(json.dumps(content, indent=2, sort_keys=True), encoding="utf-8")
    return path


def _write_samples(run: Path, place: Path, time: str, data: str | None) -> dict[str, str]:
    """One file a task; returns each task's hash over its samples' hashes."""
    plans: Mapping[str, Any] = read_run(run)["config"]["tasks"]
    asked = {
        name: samples_of(registry()[name], plan["place"], plan["data"], data) or {}
        for name, plan in plans.items()
        if name in registry()
    }
    counts: Counter[str] = Counter()
    totals = {name: hashlib.sha256() for name in asked}
    files: dict[str, TextIO] = {}
    with ExitStack() as stack:
        for record in read_records(run):
            name = record.task
            if record.fault or name not in asked:
                continue
            if name not in files:
                path = place / f"samples_{name}_{time}.jsonl"
                files[name] = stack.enter_context(path.open("w", encoding="ascii"))
            row = _row(registry()[name], record, asked[name].get(record.sample), counts[name])
            counts[name] += 1
            totals[name].update((row["doc_hash"] + row["prompt_hash"] + row["target_hash"]).encode())
            files[name].write(json.dumps(row) + "\n")
    return {name: totals[name].hexdigest() for name in files}


def _row(task: Task, record: Record, sample: Sample | None, number: int) -> dict[str, Any]:
    document = {"id": record.sample, "group": record.group} | (dict(sample.fields) if sample else {})
    target = sample.target if sample else ""
    found = scores(task, record.statistics)
    return {
        "doc_id": number,
        "doc": document,
        "target": target,
        "arguments": {"gen_args_0": {"arg_0": record.prompt, "arg_1": {}}},
        "resps": [[record.completion]],
        "filtered_resps": [record.completion if record.program is None else record.program],
        "filter": "none",
        "metrics": list(found),
        "doc_hash": _hash(json.dumps(document, indent=2, ensure_ascii=False)),
        "prompt_hash": _hash(record.prompt),
        "target_hash": _hash(target),
        **found,
    }


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _sanitised(model: str) -> str:
    """lm-eval's `sanitize_model_name`."""
    return re.sub(r"[\"<>:/|\\?*\[\]]+", "__", model)
