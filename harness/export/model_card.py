"""The `model-index` of a Hugging Face model card: what the hub shows as a model's evaluation results.

A figure says of what it is: a part of a test set, or this project's mini samples, must not pass for a test set.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, metadata_load, metadata_save
from huggingface_hub.repocard_data import eval_results_to_model_index

from harness.config import UserError
from harness.figures import figures
from harness.summary import RunSummary, TaskSummary, summarise
from tasks.task import registry


def export_model_card(run: Path, path: Path) -> Path:
    """Write the run's results into the front matter of the card `path`, all else in which stays as it is.

    Values are x100; each metric's arguments hold its standard error (x100) and number of samples. Raises UserError when
    the card's front matter is damaged, or no metric has a value.
    """
    summary = summarise(run)
    results = list(_results(summary))
    if not results:
        raise UserError(f"{run}: no metric of it has a value, so there is nothing to put on a card")
    card = _front_matter(path)
    (index,) = eval_results_to_model_index(summary.model, results)
    others = [entry for entry in card.get("model-index") or [] if entry.get("name") != summary.model]
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata_save(path, card | {"model-index": [*others, index]})
    return path


def _front_matter(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return metadata_load(path) or {}
    except Exception as error:  # of the YAML parser, which is not ours
        raise UserError(f"{path}: its front matter is no YAML mapping ({str(error).splitlines()[0]})") from error


def _results(summary: RunSummary) -> Iterator[EvalResult]:
    for task in summary.tasks:
        declared = registry()[task.name]
        for item in figures(declared, every_metric=True):
            if (estimate := task.estimates.get(item.metric.name)) is not None:
                stderr = None if estimate.stderr is None else round(100 * estimate.stderr, 4)
                yield EvalResult(
                    task_type="text-generation",
                    task_name=f"{declared.domain} ({declared.language})",
                    dataset_type=task.name,
                    dataset_name=declared.title + _part(task),
                    dataset_args={"num_few_shot": summary.config["num_fewshot"]},
                    metric_type=item.metric.name,
                    metric_name=item.label,
                    metric_value=round(100 * estimate.value, 4),
                    metric_args={"stderr": stderr, "samples": estimate.n},
                )


def _part(task: TaskSummary) -> str:
    if task.place == "bundled":
        return f", {task.n} mini samples of symharness (no test set)"
    return "" if task.complete else f", {task.n} of {task.total} samples"
