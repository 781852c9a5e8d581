"""One run, in the form that is asked for."""

from __future__ import annotations

from pathlib import Path

from harness.config import UserError
from harness.export.form import Form
from harness.place import address, is_remote
from harness.runlog import read_run


def export_run(run: Path, form: Form, target: str | None, data: str | None) -> str:
    """Write `run` in this form; returns where it is.

    `target` is a folder (lm-eval, W&B's offline files), a file (Parquet, model card) or MLflow's tracking URI; without
    it, a place beside the run's records, or what MLFLOW_TRACKING_URI says. `data` is where lm-eval's samples get their
    gold from. Raises UserError.
    """
    read_run(run)
    if target is None and is_remote(run) and form is not Form.MLFLOW:
        raise UserError(f"{address(run)} is not on this machine: say with --output_path where its {form} export goes")
    match form:
        case Form.LM_EVAL:
            from harness.export.lm_eval import export_lm_eval

            return str(export_lm_eval(run, Path(target or run / "lm-eval-results"), data))
        case Form.PARQUET:
            from harness.export.parquet import export_parquet

            return str(export_parquet(run, Path(target or run / "records.parquet")))
        case Form.MODEL_CARD:
            from harness.export.model_card import export_model_card

            return str(export_model_card(run, Path(target or run / "README.md")))
        case Form.WANDB:
            from harness.export.trackers import export_wandb

            return str(export_wandb(run, Path(target or run)))
        case Form.MLFLOW:
            from harness.export.trackers import export_mlflow

            return export_mlflow(run, target)
