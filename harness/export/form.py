"""The names of the forms in which a run can be exported; apart, as the command line needs no more of them."""

from __future__ import annotations

from enum import StrEnum


class Form(StrEnum):
    LM_EVAL = "lm-eval"
    PARQUET = "parquet"
    MODEL_CARD = "model-card"
    WANDB = "wandb"
    MLFLOW = "mlflow"
