"""Our tasks inside lm-eval: found by its name, asked with our prompts, scored as our own run scores them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.lm_eval_path import write_folder
from harness.serving import PROJECT
from tasks.task import Sample, Task, registry
from tests.replay import gold, plan_for, run, server_for, value
from tests.scripted import ScriptedServer

LM_EVAL = Path(sys.executable).with_name("lm_eval")


def test_there_is_a_file_for_every_task(tmp_path: Path) -> None:
    (tmp_path / "symharness_gone.yaml").write_text("task: symharness_gone\n")
    folder = write_folder(tmp_path)
    assert {path.stem for path in folder.iterdir()} == {f"symharness_{name}" for name in registry()}
    text = (folder / "symharness_gsm_hard.yaml").read_text()
    assert "class: !function harness.lm_eval_tasks.SymharnessTask\n" in text
    assert "tag: [symharness, symharness_delegation, symharness_ood]\n" in text


def test_files_that_are_right_stay_as_they_are(tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in write_folder(tmp_path).iterdir()}
    assert {path: path.stat().st_mtime_ns for path in write_folder(tmp_path).iterdir()} == before


def lm_eval(folder: Path, tasks: list[str], *arguments: str) -> tuple[Mapping[str, Any], Path]:
    """lm-eval's results of our tasks on bundled samples, offline, and the folder of its files."""
    names = ",".join(f"symharness_{task}" for task in tasks)
    command = [str(LM_EVAL), "--include_path", str(write_folder(folder / "tasks")), "--tasks", names, *arguments]
    environment = {key: value for key, value in os.environ.items() if key != "SYMHARNESS_DATA"} | {
        "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(folder / "hf"), "PYTHONPATH": str(PROJECT),
    }  # fmt: skip
    done = subprocess.run(
        [*command, "--output_path", str(folder / "out"), "--log_samples"],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    (path,) = (folder / "out").rglob("results_*.json")
    results: Mapping[str, Any] = json.loads(path.read_text())["results"]
    return results, path.parent


def half_right(task: Task, sample: Sample) -> str:
    """Gold for spider and scan; for nl2bash every second answer is cut, so that its corpus BLEU is no mean."""
    answer = task.gold(sample)
    return answer if task.name != "nl2bash" or sum(sample.id.encode()) % 2 else answer[: len(answer) // 2]


def test_gold_scores_100_and_all_numbers_are_those_of_our_own_run(tmp_path: Path) -> None:
    tasks = ["spider", "scan", "nl2bash"]
    plan = plan_for(tmp_path, tasks, "bundled")
    with server_for(plan, half_right) as server:
        ours = run(plan, server)
    answers = {ask.prompt.text: half_right(ask.task, ask.sample) for ask in plan.asks(set())}
    with ScriptedServer(lambda prompt: answers[str(prompt)]) as server:
        model = f"model=scripted,base_url={server.base_url}/completions,tokenizer_backend=none,tokenized_requests=False"
        theirs, files = lm_eval(tmp_path, tasks, "--model", "local-completions", "--model_args", model)
        asked = [request["prompt"] for request in server.requests]
    for task in tasks:
        for metric in registry()[task].metrics:
            assert theirs[f"symharness_{task}"][f"{metric.name},none"] == value(ours, task, metric.name)
    assert theirs["symharness_spider"]["execution_accuracy,none"] == 1.0
    assert theirs["symharness_scan"]["exact_match,none"] == 1.0
    assert 0 < theirs["symharness_nl2bash"]["bleu,none"] < 1.0
    (path,) = files.glob("samples_symharness_nl2bash_*.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(rows) == len({row["doc"]["sample"] for row in rows})
    assert rows[0]["bleu"]["statistics"], "what a corpus score is made of is kept with each sample"
    assert sorted(asked) == sorted(answers), "each of our prompts once, to the letter"


def test_given_choices_are_ranked_by_their_log_likelihood(tmp_path: Path) -> None:
    results, files = lm_eval(tmp_path, ["mmlu", "scan"], "--model", "dummy", "--limit", "4", "--num_fewshot", "2")
    assert 0 <= results["symharness_mmlu"]["accuracy,none"] <= 1
    (path,) = files.glob("samples_symharness_mmlu_*.jsonl")
    first = json.loads(path.read_text().splitlines()[0])
    assert [arguments["arg_1"].strip() for arguments in first["arguments"].values()] == list(registry()["mmlu"].choices)
    (path,) = files.glob("samples_symharness_scan_*.jsonl")
    first = json.loads(path.read_text().splitlines()[0])
    asked, settings = first["arguments"]["gen_args_0"].values()
    plan = plan_for(tmp_path, ["scan"], "bundled", num_fewshot=2)
    ask = next(iter(plan.asks(set())))
    assert asked == ask.prompt.text, "our exemplars, as our own run shows them"
    assert (settings["until"], settings["max_gen_toks"]) == (list(ask.stop), ask.max_tokens)
    assert results["symharness_scan"]["exact_match,none"] == 0
    assert gold(ask.task, ask.sample) == first["target"]
