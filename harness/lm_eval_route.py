"""Tasks with given choices through lm-eval's own route: four log-likelihood requests a question, lm-eval's arg-max.

lm-eval is run as a program of its own on exactly the prompts that a run of ours would send, against a served model;
its samples become records of kind `foreign`, so that its figures stand on the same leaderboard, named as its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from harness import storage
from harness.client import Client, without_credentials
from harness.config import UserError
from harness.plan import Plan, Prepared
from harness.record import Record, prompt_hash
from harness.runlog import RunLog
from harness.summary import RunSummary, summarise, write_results
from tasks.chat import added_bos
from tasks.lm_eval_filters import likeliest

ROUTE = "lm-eval log-likelihood"


def run_lm_eval(plan: Plan) -> RunSummary:
    """Run lm-eval on the plan's tasks and record its verdicts. Raises UserError.

    The run folder is the plan's, with `-lm-eval` behind its name, and holds lm-eval's task files and output as well.
    """
    program = _program()
    if plan.tokenizer is None or plan.options.base_url is None:
        raise UserError("lm-eval needs a served model (--base-url) and its tokenizer")
    free = [item.task.name for item in plan.prepared if not item.task.choices]
    if free:
        raise UserError(f"task {free[0]} has no given choices: lm-eval's route is for mmlu and its groups")
    client = asyncio.run(_probed(Client(plan.options.base_url.rstrip("/"), plan.options.served_model_name)))
    folder = plan.folder.with_name(f"{plan.folder.name}-lm-eval")
    with storage.kept(folder, partial(print, file=sys.stderr)) as hand_over:
        _record_all(plan, client, program, folder, hand_over)
        summary = summarise(folder)
        write_results(summary)
    return summary


def _record_all(
    plan: Plan, client: Client, program: str, folder: Path, hand_over: Callable[[Path], None] | None
) -> None:
    about = {"command": [without_credentials(word) for word in sys.argv]}
    with RunLog(folder, {**plan.config, "route": ROUTE}, about, hand_over) as log:
        todo = [item for item in plan.prepared if any((item.task.name, s.id) not in log.done for s in item.samples)]
        if todo:
            files = folder / "lm-eval"
            for item in todo:
                write_task(plan, item, files)
            _call([program, *_arguments(plan, client, [_name(item) for item in todo], files)], files)
            for item in todo:
                for record in records(plan, item, files):
                    if record.key not in log.done:
                        log.append(record)


async def _probed(client: Client) -> Client:
    """The client, knowing what is served and that it will do."""
    async with client:
        if not await client.gives_prompt_logprobs():
            raise UserError(
                f"{client.address} gives no log-probabilities of prompts, which lm-eval's multiple choice needs: "
                "serve the model with vLLM, or use `symharness run`, which needs none"
            )
    return client


def _program() -> str:
    beside = Path(sys.executable).with_name("lm_eval")
    program = str(beside) if beside.exists() else shutil.which("lm_eval")
    if program is None:
        raise UserError("lm_eval is not installed: pip install 'lm-eval[api]==0.4.13'")
    return program


def _name(item: Prepared) -> str:
    return f"symharness_{item.task.name}"


def write_task(plan: Plan, item: Prepared, folder: Path) -> None:
    """A task of lm-eval as a YAML file (JSON is YAML), and its questions as JSON lines with their finished prompts."""
    folder.mkdir(parents=True, exist_ok=True)
    questions = folder / f"{_name(item)}.jsonl"
    prompts = [prompt.text for prompt in plan.encoded(item.task, item.samples)]
    with questions.open("w", encoding="utf-8") as lines:
        for sample, prompt in zip(item.samples, prompts, strict=True):
            row = {"sample": sample.id, "prompt": prompt, "answer": item.task.choices.index(sample.target)}
            lines.write(json.dumps(row) + "\n")
    task = {
        "task": _name(item),
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(questions.resolve())}},
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": "{{prompt}}",
        "doc_to_choice": list(item.task.choices),
        "doc_to_target": "answer",
        "target_delimiter": "" if prompts[0][-1:].isspace() else " ",
        "num_fewshot": 0,
        "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    }
    (folder / f"{_name(item)}.yaml").write_text(json.dumps(task, indent=1), encoding="utf-8")


def _arguments(plan: Plan, client: Client, tasks: list[str], folder: Path) -> list[str]:
    spec, tokenizer = plan.options.spec, plan.tokenizer
    assert tokenizer is not None
    model = {
        "model": client.model,
        "base_url": f"{client.base_url}/completions",
        "tokenizer": spec.tokenizer or str(spec.folder or spec.model),
        "num_concurrent": plan.options.concurrency,
        "add_bos_token": bool(added_bos(tokenizer)),
        **({"revision": spec.revision} if spec.revision else {}),
        **({"max_length": client.max_model_len} if client.max_model_len else {}),
    }
    return [
        *("--model", "local-completions", "--model_args", ",".join(f"{key}={value}" for key, value in model.items())),
        *("--include_path", str(folder), "--tasks", ",".join(tasks)),
        *("--log_samples", "--output_path", str(folder / "out")),
    ]


def _call(command: list[str], folder: Path) -> None:
    """Offline, with all caches in the run folder. Raises UserError with the last line of what it wrote."""
    shutil.rmtree(folder / "out", ignore_errors=True)
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": str(folder / "cache")}
    log = folder / "lm_eval.log"
    with log.open("w") as stream:
        status = subprocess.run(command, env=environment, stdout=stream, stderr=subprocess.STDOUT, check=False)
    if status.returncode:
        last = (log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or [""])[-1]
        raise UserError(f"lm_eval ended with status {status.returncode} (log: {log}): {last[:200]}")


def records(plan: Plan, item: Prepared, folder: Path) -> Iterator[Record]:
    """lm-eval's samples of one task as records. Raises UserError when it wrote none."""
    paths = sorted((folder / "out").rglob(f"samples_{_name(item)}_[0-9]*.jsonl"))
    if not paths:
        raise UserError(f"{folder / 'out'} holds no samples of {_name(item)}: see {folder / 'lm_eval.log'}")
    with paths[-1].open(encoding="utf-8") as lines:
        for line in lines:
            yield _record(plan, item, json.loads(line))


def _record(plan: Plan, item: Prepared, row: Mapping[str, Any]) -> Record:
    document = row["doc"]
    values = [float(response[0]) for response in row["filtered_resps"]]
    return Record(
        task=item.task.name,
        sample=document["sample"],
        group="",
        model=plan.identity,
        prompt=document["prompt"],
        prompt_sha256=prompt_hash(document["prompt"]),
        prompt_form="text",
        prompt_tokens=None,
        completion=item.task.choices[likeliest(values)],
        finish_reason="choice",
        completion_tokens=None,
        program=None,
        outcome=None,
        statistics={item.task.metrics[0].name: {"score": float(row["acc"])}},
        seconds={},
        kind="foreign",
    )
