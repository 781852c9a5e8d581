"""The command: what a user's mistakes are told, in one line and with exit code 2."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.plan import prepare
from tasks.chat import ChatFormat
from tasks.source import BUNDLED
from tests.checkpoints import tiny_checkpoint
from tests.replay import data_without, gold, plan_for, server_for


def symharness(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_help_names_the_commands() -> None:
    done = symharness("--help")
    assert done.returncode == 0
    for command in ("run", "tasks", "compare", "leaderboard", "serve"):
        assert f"│ {command} " in done.stdout


def test_help_loads_no_heavy_module() -> None:
    code = (
        "import sys, harness.cli; "
        "print([m for m in ('transformers', 'aiohttp', 'pandas', 'numpy', 'pydantic', 'tasks') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_doctor_says_what_is_there_and_what_is_lost() -> None:
    done = symharness("doctor", "--data", "bundled")
    assert done.returncode == 0, done.stderr
    for what in ("vLLM", "GPU", "bubblewrap", "z3-solver", "up-fast-downward", "data: spider"):
        assert what in done.stdout


def test_the_doctor_attacks_the_jail() -> None:
    done = symharness("doctor", "--data", "bundled", "--attack")
    assert done.returncode == 0, done.stdout
    assert "read a file of the host" in done.stdout
    assert "NO" not in done.stdout.split("attacks on the jail")[1]


def test_tasks_are_listed_with_their_data(tmp_path: Path) -> None:
    done = symharness("tasks", "--data", data_without(tmp_path / "data", "scan"))
    assert done.returncode == 0, done.stderr
    (spider,) = (line for line in done.stdout.splitlines() if line.startswith("│ spider "))
    assert "16 of 1034" in spider
    (scan,) = (line for line in done.stdout.splitlines() if line.startswith("│ scan "))
    assert "missing" in scan
    assert f"scan: {tmp_path}/data/scan/simple_split/tasks_test_simple.txt is missing: put" in done.stdout


def test_a_task_is_shown() -> None:
    done = symharness("tasks", "show", "mmlu_stem", "--data", "bundled")
    assert done.returncode == 0, done.stderr
    assert "licence   MIT" in done.stdout
    assert "metric    accuracy (paper, definition derived, the paper's table): 5-shot accuracy" in done.stdout
    assert "samples   3018 in the test set, 16 bundled; here: 16 of 3018" in done.stdout


@pytest.mark.parametrize("chat_format", ["plain", "tulu", "llama-2-chat"])
def test_a_prompt_is_shown_as_a_run_sends_it(tmp_path: Path, chat_format: str) -> None:
    plan = plan_for(tmp_path, ["spider"], "bundled", num_fewshot=2)
    plan = prepare(
        replace(plan.options, spec=plan.options.spec.model_copy(update={"chat_format": ChatFormat(chat_format)}))
    )
    ask = list(plan.asks(set()))[3]
    arguments = ["--prompt", "--num_fewshot", 2, "--model", tmp_path / "tiny", "--sample", ask.sample.id]
    done = symharness("tasks", "show", "spider", "--data", "bundled", "--chat_format", chat_format, *arguments)
    assert done.returncode == 0, done.stderr
    text, _, beside = done.stdout.rpartition("\n--- " + str(len(ask.prompt.ids)) + " token ids: ")
    assert text == ask.prompt.text
    assert beside.startswith(
        f"{list(ask.prompt.ids[:8])} ... {list(ask.prompt.ids[-8:])}\n--- sample {ask.sample.id}; "
    )
    assert f"at most {ask.max_tokens} tokens; stops: " in beside


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["spidr"], "did you mean spider"),
        (["symbolic"], "symbolic is a suite of 34 tasks: name one, as in `tasks show scan`"),
        (["scan", "--prompt", "--sample", "x"], "task scan has no sample 'x'; its first is 'simple-test-1'"),
    ],
)
def test_mistakes_in_what_to_show(arguments: list[str], message: str) -> None:
    done = symharness("tasks", "show", "--data", "bundled", *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_tasks_and_suites_are_named_together(tmp_path: Path) -> None:
    data = data_without(tmp_path / "data", "bbh")
    done = symharness(
        "run",
        "--model",
        "replay:gold",
        "--suite",
        "general",
        "--tasks",
        "scan",
        "--data",
        data,
        "-L",
        2,
        "-o",
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert f"no data, not asked: bbh: {tmp_path}/data/bbh/bbh is missing" in done.stdout
    assert "no data" in done.stdout.split("┏")[1]
    (results,) = tmp_path.glob("*/*/results.json")
    found = json.loads(results.read_text())["symharness"]
    assert found["tasks"].keys() >= {"scan", "mmlu", "mmlu_stem"}
    assert found["config"]["no_data"].keys() == {"bbh", "bbh_cot"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tasks", "spidr"], "there is no task or suite called 'spidr': did you mean spider"),
        (["--model", "checkpoints/none"], "no such folder; give a checkpoint folder or a hub id like org/name"),
        (["--model", "no such model!"], "no such folder"),
        (["--data", "/nowhere"], "data folder '/nowhere' does not exist"),
        (["--num_fewshot", "40"], "40 exemplars asked for, 3 are written for this task"),
        (["--chat_format", "alpaca"], "model: chat_format: Input should be 'auto', 'plain'"),
        (["--apply_chat_template"], "chat format 'chat-template' asked for, but this tokenizer has none"),
        (["--gen_kwargs", "temprature=1"], "--gen_kwargs: temprature: Extra inputs are not permitted"),
        (["--gen_kwargs", "temperature"], "--gen_kwargs: 'temperature' is not key=value"),
        (["--base-url", "http://127.0.0.1:9/v1"], "no OpenAI-compatible server answers at http://127.0.0.1:9/v1"),
        (["--vllm", "/nowhere/vllm"], "no vLLM found (/nowhere/vllm): run `make setup`"),
        (["--run", "../escape"], "--run '../escape': a run's name is one folder name"),
    ],
)
def test_mistakes(tmp_path: Path, arguments: list[str], message: str) -> None:
    model = tiny_checkpoint(tmp_path / "tiny")
    done = symharness("run", "--model", model, "--tasks", "scan", "--data", "bundled", "-o", tmp_path / "o", *arguments)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("symharness: ")
    assert done.stderr.count("\n") == 1
    assert message in done.stderr


def in_small_disk(folder: Path, arguments: list[object]) -> subprocess.CompletedProcess[str]:
    """The command with `folder` on a file system of 64 KiB, in a mount namespace of its own."""
    folder.mkdir()
    script = (
        f'mount -t tmpfs -o size=64k tmpfs {folder} && "$@"; code=$?; cat {folder}/*/*/samples-* | wc -l; exit $code'
    )
    command = ["unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh", sys.executable, "-m", "harness.cli"]
    return subprocess.run(
        [*map(str, command), *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False
    )


def test_a_full_disk_ends_the_run_with_what_was_recorded(tmp_path: Path) -> None:
    tiny_checkpoint(tmp_path / "tiny")
    disk = tmp_path / "disk"
    done = in_small_disk(disk, ["run", "--model", "replay:gold", "--tasks", "all", "--data", "bundled", "-o", disk])
    assert done.returncode == 2, done.stderr
    assert "No space left on device" in done.stderr
    assert "make room and run the same command again" in done.stderr
    assert done.stderr.count("\n") == 1
    assert int(done.stdout.splitlines()[-1]) > 3


def test_no_bubblewrap_on_the_path(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "harness.cli", "run", "--model", "replay:gold", "--tasks", "gsm8k"]
    done = subprocess.run(
        [*command, "--data", "bundled", "-o", str(tmp_path)],
        env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == ("symharness: task gsm8k needs bwrap, which is not on PATH: apt-get install bubblewrap\n")


def test_a_port_in_use(tmp_path: Path) -> None:
    model = tiny_checkpoint(tmp_path / "tiny")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = symharness(
            "serve", "--model", model, "--port", port, "--log", tmp_path / "log", "--vllm", fake_engine(tmp_path)
        )
    assert done.returncode == 2
    assert f"port {port} is in use: give another one with --port" in done.stderr


def fake_engine(folder: Path) -> Path:
    home = folder / "env"
    (home / "lib" / "python3.11" / "site-packages" / "vllm-0.0.dist-info").mkdir(parents=True)
    (home / "bin").mkdir()
    (home / "bin" / "python").symlink_to(sys.executable)
    return home


def test_a_truncated_data_file(tmp_path: Path) -> None:
    folder = shutil.copytree(BUNDLED / "spider", tmp_path / "data" / "spider")
    (folder / "dev.json").write_text((folder / "dev.json").read_text()[:-40])
    done = symharness(
        "run", "--model", "replay:gold", "--tasks", "spider", "--data", tmp_path / "data", "-o", tmp_path / "o"
    )
    assert done.returncode == 2
    assert "dev.json is not whole JSON" in done.stderr
    assert "fetch the official file again" in done.stderr


def test_results_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = symharness(
        "run", "--model", "replay:gold", "--tasks", "scan", "--data", "bundled", "-o", tmp_path / "file" / "o"
    )
    assert done.returncode == 2
    assert "cannot write the run there" in done.stderr


def test_a_whole_run_from_the_command_line(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, ["scan"], "bundled")
    with server_for(plan, gold) as server:
        done = symharness(
            "run", "--model", tmp_path / "tiny", "--tasks", "scan", "--data", "bundled",
            "-o", tmp_path / "o", "--base-url", server.base_url,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "100.00 ± 0.00 (n=16, mini)" in done.stdout
    assert "Symbol-LLM-Instruct 7B" in done.stdout
    board = symharness("leaderboard", tmp_path / "o", "-o", tmp_path / "board")
    assert board.returncode == 0, board.stderr
    assert "| tiny | 0-shot, plain | 100.00 ± 0.00 (n=16, mini) |" in (tmp_path / "board/LEADERBOARD.md").read_text()
    assert (tmp_path / "board/leaderboard.csv").read_text().startswith("model,setting,published,suite,domain,task")


def test_faults_end_with_exit_code_1_and_a_way_on(tmp_path: Path) -> None:
    from tests.scripted import Fault

    plan = plan_for(tmp_path, ["scan"], "bundled")
    with server_for(plan, gold, faults={0: Fault(400, "no")}) as server:
        done = symharness(
            "run", "--model", tmp_path / "tiny", "--tasks", "scan", "--data", "bundled",
            "-o", tmp_path / "o", "--base-url", server.base_url,
        )  # fmt: skip
    assert done.returncode == 1
    assert "1 samples got no answer through no fault of the model; run the same command again" in done.stderr
