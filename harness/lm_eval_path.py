"""The folder through which lm-eval finds our tasks: one YAML file a task, each naming the class that is all of it.

lm_eval --include_path $(symharness lm-eval-path) --tasks symharness_spider --model ...
"""

from __future__ import annotations

import os
from pathlib import Path

from tasks.source import cache_folder
from tasks.task import registry

PREFIX = "symharness_"
_CLASS = "harness.lm_eval_tasks.SymharnessTask"


def write_folder(folder: Path | None = None) -> Path:
    """Write the files for all tasks of the registry, and remove those of tasks that are no more; returns the folder.

    Every task has the tags `symharness` and `symharness_<suite>`. A file that is as it should be is not touched, and
    another is replaced in one step, so that running lm-evals are not disturbed.
    """
    folder = folder or cache_folder() / "lm-eval"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {}
    for task in registry().values():
        tags = ", ".join(["symharness", *(f"{PREFIX}{suite}" for suite in task.suites)])
        wanted[f"{PREFIX}{task.name}.yaml"] = f"task: {PREFIX}{task.name}\nclass: !function {_CLASS}\ntag: [{tags}]\n"
    for path in folder.glob("*.yaml"):
        if path.name not in wanted:
            path.unlink(missing_ok=True)
    for name, text in wanted.items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            part = folder / f".{name}.{os.getpid()}"
            part.write_text(text)
            part.replace(path)
    return folder
