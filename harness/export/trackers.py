"""Experiment trackers: one run of theirs for one of ours, with its config, its figures and `results.json`.

Figures are named `task/metric`, in [0, 1], with `task/metric_stderr` beside them and `task/samples`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.config import UserError
from harness.export.extras import library
from harness.runlog import RUN_FILE
from harness.summary import RunSummary, summarise, write_results

_PROJECT = "symharness"

# MLflow's limits: of a parameter's text in its older versions, and of what one request may hold.
_LONGEST, _PARAMETERS, _METRICS = 500, 100, 1000


def export_wandb(run: Path, folder: Path) -> Path:
    """Log the run to W&B, in the mode that WANDB_MODE says, which is offline unless it is set; returns the folder of
    its files (`wandb sync` sends those of an offline run). Raises UserError.
    """
    wandb = library("wandb", "wandb")
    summary = summarise(run)
    results = write_results(summary)
    folder.mkdir(parents=True, exist_ok=True)
    logged = wandb.init(
        project=_PROJECT,
        name=_name(summary),
        job_type="eval",
        dir=str(folder),
        config=dict(parameters(summary.config)),
        mode=None if os.environ.get("WANDB_MODE") else "offline",
    )
    logged.log(dict(numbers(summary)))
    artifact = wandb.Artifact("results", type="evaluation")
    for path in (results, run / RUN_FILE):
        artifact.add_file(str(path))
    logged.log_artifact(artifact)
    place = Path(logged.dir).parent
    logged.finish()
    return place


def export_mlflow(run: Path, uri: str | None = None) -> str:
    """Log the run to the MLflow server or folder `uri` (else what MLFLOW_TRACKING_URI says); returns the run's id.

    Raises UserError when there is no such server.
    """
    mlflow = library("mlflow", "mlflow")
    if uri is None and not os.environ.get("MLFLOW_TRACKING_URI"):
        raise UserError("export to mlflow: give the tracking URI with -o, or set MLFLOW_TRACKING_URI")
    summary = summarise(run)
    results = write_results(summary)
    try:
        client = mlflow.MlflowClient(uri)
        known = client.get_experiment_by_name(_PROJECT)
        experiment = known.experiment_id if known else client.create_experiment(_PROJECT)
        logged = client.create_run(experiment, run_name=_name(summary), tags={"symharness.run": run.name})
        key = str(logged.info.run_id)
        settings = [mlflow.entities.Param(name, value) for name, value in parameters(summary.config)]
        now = int(time.time() * 1000)
        figures = [mlflow.entities.Metric(name, value, now, 0) for name, value in numbers(summary)]
        for start in range(0, len(settings), _PARAMETERS):
            client.log_batch(key, params=settings[start : start + _PARAMETERS])
        for start in range(0, len(figures), _METRICS):
            client.log_batch(key, metrics=figures[start : start + _METRICS])
        for path in (results, run / RUN_FILE):
            client.log_artifact(key, str(path))
        client.set_terminated(key)
    except mlflow.exceptions.MlflowException as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"MLflow at {uri or os.environ['MLFLOW_TRACKING_URI']}: {reason[:200]}") from error
    return key


def numbers(summary: RunSummary) -> Iterator[tuple[str, float]]:
    """Names and figures of all tasks and metrics."""
    for task in summary.tasks:
        yield f"{task.name}/samples", float(task.n)
        for name, estimate in task.estimates.items():
            yield f"{task.name}/{name}", estimate.value
            if estimate.stderr is not None:
                yield f"{task.name}/{name}_stderr", estimate.stderr


def parameters(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """The config's leaves by dotted names, as texts."""
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from parameters(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)[:_LONGEST]


def _name(summary: RunSummary) -> str:
    return f"{summary.model}/{summary.folder.name}"
