"""What a model is known to have seen: the finding of `symharness contamination` that lies beside its runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from harness.config import UserError

CONTAMINATION_FILE = "contamination.json"
SCHEMA = 1


def shares_seen(run: Path) -> Mapping[tuple[str, str], float]:
    """The contaminated share by task and place of its data, from the run's folder or that of all the model's runs.

    Empty where neither holds a finding. Raises UserError for one that cannot be read.
    """
    path = next((path for path in (run / CONTAMINATION_FILE, run.parent / CONTAMINATION_FILE) if path.is_file()), None)
    if path is None:
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            raise ValueError(f"of schema {content['schema']}, not {SCHEMA}")
        return {(name, task["place"]): float(task["share"]) for name, task in content["tasks"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is no finding of `symharness contamination` ({error}): write it anew") from error
