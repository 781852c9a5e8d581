"""A run in other tools' forms, read back by these tools."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard, metadata_load

from harness.answers import Answered
from harness.config import UserError
from harness.export.dispatch import export_run
from harness.export.form import Form
from harness.runlog import read_records
from harness.serving import PROJECT
from harness.summary import RunSummary, load_summary
from tests.harness.report.test_site import record, run
from tests.harness.test_rescore import replay_run

EXPORTS = PROJECT / ".venv-exports" / "bin"


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> RunSummary:
    return load_summary(replay_run(tmp_path_factory.mktemp("runs"), "corrupt:0.25", ["spider", "nl2bash"]).folder)


@pytest.fixture
def tools() -> Path:
    """The environment with lm-eval, MLflow and W&B."""
    if not (EXPORTS / "python").exists():
        message = f"{EXPORTS.parent} is not there: environments/setup exports"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return EXPORTS


def ask(tools: Path, code: str, *arguments: object, **environment: str) -> Any:
    """What a program prints as JSON that runs where the tools are."""
    done = subprocess.run(
        [tools / "python", "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


_LM_EVAL = """
import json, sys
from pathlib import Path
from lm_eval.utils import (get_file_task_name, get_latest_filename, get_results_filenames, get_sample_results_filenames,
                           hash_string, make_table)
files = [str(path) for path in Path(sys.argv[1]).rglob("*") if path.is_file()]
results = json.loads(Path(get_latest_filename(get_results_filenames(files))).read_text())
samples = {get_file_task_name(Path(name).name): [json.loads(line) for line in open(name)]
           for name in get_sample_results_filenames(files)}
hashes = {task: hash_string("".join(s["doc_hash"] + s["prompt_hash"] + s["target_hash"] for s in rows))
          for task, rows in samples.items()}
assert hashes == results["task_hashes"]
for s in sum(samples.values(), []):
    assert hash_string(s["arguments"]["gen_args_0"]["arg_0"]) == s["prompt_hash"]
print(json.dumps({"table": make_table(results), "samples": samples, "results": results["results"]}))
"""


def test_lm_eval_reads_results_and_samples(tmp_path: Path, tools: Path, summary: RunSummary) -> None:
    export_run(summary.folder, Form.LM_EVAL, str(tmp_path), None)
    read = ask(tools, _LM_EVAL, tmp_path)
    for task in summary.tasks:
        rows = read["samples"][task.name]
        assert len(rows) == task.n
        for name, estimate in task.estimates.items():
            assert read["results"][task.name][f"{name},none"] == estimate.value
            assert f"|{name}" in read["table"]
    spider = read["samples"]["spider"]
    (estimate,) = [task.estimates["execution_accuracy"] for task in summary.tasks if task.name == "spider"]
    assert sum(row["execution_accuracy"] for row in spider) / len(spider) == estimate.value
    right = next(row for row in spider if row["execution_accuracy"])
    assert right["filtered_resps"] == [right["target"]]
    assert right["doc"]["question"] in right["arguments"]["gen_args_0"]["arg_0"]


def test_lm_evals_own_logger_takes_the_samples(tmp_path: Path, tools: Path, summary: RunSummary) -> None:
    export_run(summary.folder, Form.LM_EVAL, str(tmp_path), None)
    code = """
import json, sys
from pathlib import Path
from lm_eval.loggers.wandb_logger import WandbLogger
(path,) = Path(sys.argv[1]).rglob("results_*.json")
results = json.loads(path.read_text())
logger = WandbLogger({"project": "test", "mode": "offline", "dir": sys.argv[1]})
logger.post_init(results)
logger.log_eval_result()
logger.run.finish()
print(json.dumps(sorted(logger.task_names)))
"""
    assert ask(tools, code, tmp_path, WANDB_SILENT="true") == ["nl2bash", "spider"]


def test_the_same_run_gives_the_same_files(tmp_path: Path, summary: RunSummary) -> None:
    for name in ("a", "b"):
        export_run(summary.folder, Form.LM_EVAL, str(tmp_path / name), None)
    first, second = (
        {path.name: path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file()} for name in ("a", "b")
    )
    assert len(first) == 3
    assert first == second


def test_parquet_holds_every_record(tmp_path: Path, summary: RunSummary) -> None:
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(export_run(summary.folder, Form.PARQUET, str(tmp_path / "r.parquet"), None))
    rows = {(row["task"], row["sample"]): row for row in table.to_pylist()}
    records = list(read_records(summary.folder))
    assert len(rows) == table.num_rows == len(records)
    for found in records:
        row = rows[found.key]
        assert row["completion"] == found.completion
        assert row["program"] == found.program
        assert json.loads(row["statistics"]) == {name: dict(numbers) for name, numbers in found.statistics.items()}
        assert found.outcome is not None
        assert json.loads(row["value"]) == found.outcome.value
        assert row["status"] == found.outcome.status
        if found.task == "spider":
            assert (row["became"] == Answered.RIGHT) == (dict(row["scores"])["execution_accuracy"] == 1.0)
    assert json.loads(table.schema.metadata[b"symharness"])["model"]["model"] == "replay:corrupt:0.25"


def test_parquet_of_hostile_texts_and_faults(tmp_path: Path) -> None:
    import pyarrow.parquet

    texts = ["\ud800", "NUL\x00", "\U0001f600"]
    answers = [record(str(number), True, completion=text, program=text) for number, text in enumerate(texts)]
    folder = run(tmp_path / "run", "m", [*answers, record("3", False, outcome=None, program=None, fault="gone")])
    rows = pyarrow.parquet.read_table(export_run(folder, Form.PARQUET, str(tmp_path / "r"), None)).to_pylist()
    assert [row["completion"] for row in rows[:3]] == ["?", "NUL\x00", "\U0001f600"]
    assert [rows[3][name] for name in ("fault", "became", "status", "program", "scores")] == ["gone", *[None] * 4]


def test_a_model_card_keeps_what_it_says(tmp_path: Path, summary: RunSummary) -> None:
    card = tmp_path / "README.md"
    other = "model-index:\n- name: other\n  results: []\n"
    card.write_text(f"---\nlicense: mit\n{other}---\n# My model\n\nIs good.\n")
    for _ in range(2):
        export_run(summary.folder, Form.MODEL_CARD, str(card), None)
    read = ModelCard.load(card)
    assert read.text == "# My model\n\nIs good.\n"
    front = metadata_load(card)
    assert front is not None
    assert front["license"] == "mit"
    assert [entry["name"] for entry in front["model-index"]] == ["other", summary.model]


def test_the_hubs_library_reads_the_results(tmp_path: Path, summary: RunSummary) -> None:
    card = export_run(summary.folder, Form.MODEL_CARD, str(tmp_path / "card.md"), None)
    data = ModelCard.load(card).data
    found = {(result.dataset_type, result.metric_type): result for result in data.eval_results or []}
    for task in summary.tasks:
        for name, estimate in task.estimates.items():
            result = found[task.name, name]
            assert result.metric_value == round(100 * estimate.value, 4)
            assert result.metric_args is not None
            assert result.metric_args["samples"] == estimate.n
            assert "mini samples" in result.dataset_name


def test_a_damaged_card_is_not_touched(tmp_path: Path, summary: RunSummary) -> None:
    card = tmp_path / "README.md"
    card.write_text("---\n[: nothing\n---\n")
    with pytest.raises(UserError, match="front matter"):
        export_run(summary.folder, Form.MODEL_CARD, str(card), None)
    assert card.read_text() == "---\n[: nothing\n---\n"


def export_there(tools: Path, folder: Path, form: str, target: object, **environment: str) -> str:
    """`symharness export` where the tracker's library is."""
    command = [tools / "python", "-m", "harness.cli", "export", folder, "--to", form, "-o", str(target)]
    everything = {**os.environ, "PYTHONPATH": str(PROJECT), **environment}
    done = subprocess.run(command, capture_output=True, text=True, env=everything, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].split(": ", 1)[1]


@pytest.fixture
def mlflow_server(tools: Path, tmp_path: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [tools / "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{tmp_path}/mlflow.db", "--artifacts-destination", tmp_path / "files"]
    with (tmp_path / "log").open("w") as log:
        # Its job runners, which nobody asks here, take longer to start than itself.
        settings = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path, start_new_session=True, env=settings)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/health", server)
        yield url
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert server.poll() is None
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError(url)


def test_mlflows_server_has_the_run(mlflow_server: str, tools: Path, summary: RunSummary) -> None:
    key = export_there(tools, summary.folder, "mlflow", mlflow_server)
    code = """
import json, sys
import mlflow
client = mlflow.MlflowClient(sys.argv[1])
run = client.get_run(sys.argv[2])
files = [item.path for item in client.list_artifacts(sys.argv[2])]
print(json.dumps([run.info.status, run.info.run_name, run.data.metrics, run.data.params, files]))
"""
    status, name, metrics, params, files = ask(tools, code, mlflow_server, key)
    assert status == "FINISHED"
    assert name == f"replay:corrupt:0.25/{summary.folder.name}"
    for task in summary.tasks:
        for metric, estimate in task.estimates.items():
            assert metrics[f"{task.name}/{metric}"] == pytest.approx(estimate.value)
    assert params["model.model"] == "replay:corrupt:0.25"
    assert params["tasks.spider.place"] == "bundled"
    assert files == ["results.json", "run.json"]


def test_wandb_offline_writes_the_run(tmp_path: Path, tools: Path, summary: RunSummary) -> None:
    place = export_there(tools, summary.folder, "wandb", tmp_path, WANDB_SILENT="true")
    (log,) = Path(place).glob("run-*.wandb")
    content = log.read_bytes()
    assert b"spider/execution_accuracy" in content
    assert b"replay:corrupt:0.25" in content


@pytest.mark.parametrize(("form", "extra"), [(Form.WANDB, "wandb"), (Form.MLFLOW, "mlflow"), (Form.PARQUET, "parquet")])
def test_a_missing_library_is_named(
    form: Form, extra: str, summary: RunSummary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, {"parquet": "pyarrow"}.get(extra, extra), None)
    with pytest.raises(UserError, match=rf"pip install 'symharness\[{extra}\]'"):
        export_run(summary.folder, form, str(tmp_path / "x"), None)


def test_only_runs_are_exported(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no run folder"):
        export_run(tmp_path, Form.LM_EVAL, None, None)
