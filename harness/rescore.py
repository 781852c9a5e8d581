"""Scores anew, without a model: saved completions or a run's records through today's extractors and metrics.

A metric that was wrong is mended for all checkpoints in minutes. The run that is scored again stays as it is; what
comes out is a run folder beside it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.config import ModelSpec, Sampling, UserError
from harness.plan import Options, Plan, prepare
from harness.replay import saved
from harness.runlog import is_run, read_run


def plan_rescore(path: Path, data: str | None, output_path: Path | None, name: str, workers: int | None) -> Plan:
    """The plan that replays `path` (a run folder, or JSON lines of completions) under the model's own name.

    Raises UserError when the run's data is not the data found now (naming the task).
    """
    old = read_run(path)["config"] if is_run(path) else None
    tasks = list(old["tasks"]) if old else sorted({task for task, _ in saved(path)})
    if not tasks:
        raise UserError(f"{path} holds no completions")
    options = Options(
        spec=ModelSpec(model=f"replay:{path}"),
        tasks=tasks,
        sampling=Sampling(),
        output_path=output_path or path.parent,
        data=data,
        num_fewshot=old["num_fewshot"] if old else 0,
        restart=True,
        workers=workers,
        dialect=old.get("dialect") if old else None,
        self_repair=old.get("self_repair", 0) if old else 0,
    )
    plan = _only_saved(prepare(options), path)
    if old is None:
        config = plan.config | {"model": {"model": name, "chat_format": "unknown"}}
        return replace(
            plan, config=config, folder=options.output_path / name.replace("/", "__") / f"{path.stem}.scored"
        )
    for task, settings in old["tasks"].items():
        if settings["data"] != plan.config["tasks"][task]["data"]:
            raise UserError(
                f"{path}: task {task} was run on other data than is found now; give its data root with --data"
            )
    config = old | {"tasks": plan.config["tasks"], "rescored": str(path.name)}
    return replace(plan, config=config, folder=(output_path or path.parent) / f"{path.name}.scored")


def _only_saved(plan: Plan, path: Path) -> Plan:
    """The plan cut to the samples that have a saved completion."""
    keys = saved(path)
    unknown = keys.keys() - {(task, sample.id) for task, samples in plan.samples.items() for sample in samples}
    if unknown:
        task, sample = min(unknown)
        raise UserError(
            f"{path}: {len(unknown)} completions fit no sample of the data (first: task {task}, sample {sample}): "
            "give the data root they were made on with --data"
        )
    return plan.cut_to(keys)
