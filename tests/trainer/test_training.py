"""Training itself, on a tiny random Llama: what the batches hold, what the loss is, and going on after a kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import datasets
import pytest
import torch
import transformers

from harness.serving import PROJECT
from tasks.chat import ChatFormat
from tests.trainer.tiny import tiny_config, tiny_llama
from trainer import checkpoints
from trainer.config import ConfigError, Model, load_config
from trainer.dry_run import dry
from trainer.pairs import IGNORED
from trainer.stages import StageName, encoded_rows, make_trainer, run_stage, stage_folder

CHECKPOINT = PROJECT / "checkpoints" / "smollm2-135m-instruct"


def rows(count: int, seed: int = 0, vocabulary: int = 258) -> datasets.Dataset:
    """Random rows of 8 to 40 tokens, the first half of each a prompt."""
    draw = torch.Generator().manual_seed(seed)
    made: dict[str, list[list[int]]] = {"input_ids": [], "labels": []}
    for _ in range(count):
        length = int(torch.randint(8, 41, (1,), generator=draw))
        ids = torch.randint(2, vocabulary, (length,), generator=draw).tolist()
        made["input_ids"].append(ids)
        made["labels"].append([IGNORED] * (length // 2) + ids[length // 2 :])
    return datasets.Dataset.from_dict(made)


def trajectory(folder: Path, data: datasets.Dataset, **changes: object) -> list[float]:
    """Loss of every step, and the norm of the weights at the end."""
    config = tiny_config(folder, **changes)
    tokenizer = checkpoints.load_tokenizer(config.model)
    trainer = make_trainer(config, StageName.INJECTION, data, tokenizer, tiny_llama(258), folder / "steps")
    trainer.args.logging_steps = 1
    trainer.state.compute_steps(trainer.args, 1)
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return [*losses, float(sum(p.detach().pow(2).sum() for p in trainer.model.parameters()).sqrt())]


def stage(**changes: object) -> dict[str, object]:
    return {"batch": 8, "micro_batch": 8, "steps": 4, "learning_rate": 1e-2, "save_steps": 100, **changes}


def test_batches_with_the_real_tokenizer(tmp_path: Path) -> None:
    """Prompts are masked, the last label is EOS, padding counts for nothing, SmolLM2 gets no BOS of the tokenizer's."""
    assert CHECKPOINT.is_dir(), "the default checkpoint is missing: run `make setup`"
    config = tiny_config(tmp_path, model={"checkpoint": str(CHECKPOINT)})
    tokenizer = checkpoints.load_tokenizer(config.model)
    from trainer.collection.mixing import SYMBOLIC, build

    build(config, tmp_path / "data")
    data = encoded_rows(tmp_path / "data" / SYMBOLIC, str(CHECKPOINT), None, ChatFormat.CHAT_TEMPLATE, 512)
    trainer = make_trainer(config, StageName.INJECTION, data, tokenizer, tiny_llama(len(tokenizer)), tmp_path / "steps")
    seen = 0
    for batch in trainer.get_train_dataloader():
        for ids, labels, mask in zip(batch["input_ids"], batch["labels"], batch["attention_mask"], strict=True):
            length = int(mask.sum())
            ids, labels = ids[:length].tolist(), labels.tolist()
            assert labels[length:] == [IGNORED] * (len(labels) - length)
            begun = next(place for place, label in enumerate(labels) if label != IGNORED)
            assert labels[begun:length] == ids[begun:]
            assert labels[length - 1] == tokenizer.eos_token_id
            prompt = tokenizer.decode(ids[:begun])
            assert prompt.startswith("<|im_start|>system\n")
            assert prompt.endswith("<|im_start|>assistant\n")
            assert tokenizer.eos_token_id not in ids[begun : length - 1]
            seen += 1
    assert seen == 32


def test_eight_accumulated_rows_are_a_batch_of_eight(tmp_path: Path) -> None:
    whole = trajectory(tmp_path / "a", rows(32), injection=stage())
    parts = trajectory(tmp_path / "b", rows(32), injection=stage(micro_batch=1))
    assert len(whole) == 5
    assert parts == pytest.approx(whole, rel=1e-5)


def test_the_loss_is_that_of_the_model_itself(tmp_path: Path) -> None:
    """Over labelled positions only, it is what transformers computes over all of them."""
    config = tiny_config(tmp_path, injection=stage())
    tokenizer = checkpoints.load_tokenizer(config.model)
    trainer = make_trainer(config, StageName.INJECTION, rows(8), tokenizer, tiny_llama(258), tmp_path / "steps")
    batch = next(iter(trainer.get_train_dataloader()))
    ours = trainer.compute_loss(trainer.model, dict(batch))
    theirs = tiny_llama(258)(**batch).loss
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)


def test_packed_rows_do_not_see_each_other(tmp_path: Path) -> None:
    """One packed sequence has the loss of its rows by themselves."""
    data = rows(8)
    config = tiny_config(
        tmp_path, injection=stage(micro_batch=1, batch=1), run={"precision": "float32", "packing": True}
    )
    tokenizer = checkpoints.load_tokenizer(config.model)
    trainer = make_trainer(config, StageName.INJECTION, data, tokenizer, tiny_llama(258), tmp_path / "steps")
    (packed,) = list(trainer.get_train_dataloader())
    together = trainer.compute_loss(trainer.model, dict(packed)).item()
    model = tiny_llama(258)
    total = count = 0.0
    for row in data:
        labels = torch.tensor([row["labels"]])
        labelled = int((labels[:, 1:] != IGNORED).sum())
        total += model(input_ids=torch.tensor([row["input_ids"]]), labels=labels).loss.item() * labelled
        count += labelled
    assert together == pytest.approx(total / count, rel=1e-4)


def command(config: Path) -> list[str]:
    return [sys.executable, "-m", "trainer.cli", "injection", "--config", str(config)]


def written_config(folder: Path) -> Path:
    tiny_config(folder)  # makes the checkpoint it starts from
    path = folder / "config.toml"
    path.write_text(
        f"""
output = "{folder}/run"
max_length = 512
[model]
checkpoint = "{folder}/start"
[symbolic]
rows = 64
shares = [1, 0, 0]
generated = {{ formulas = 64 }}
[general]
rows = 0
[injection]
batch = 8
micro_batch = 2
steps = 40
learning_rate = 1e-2
save_steps = 5
[run]
precision = "float32"
threads = 1
""",
        encoding="utf-8",
    )
    return path


def test_killed_in_training_it_goes_on_at_its_last_step_to_the_same_loss(tmp_path: Path) -> None:
    straight = written_config(tmp_path / "straight")
    subprocess.run(command(straight), check=True, capture_output=True, cwd=PROJECT)
    killed = written_config(tmp_path / "killed")
    steps = tmp_path / "killed" / "run" / ".run-injection.steps"
    process = subprocess.Popen(
        command(killed), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=PROJECT, start_new_session=True
    )
    while checkpoints.last_step(steps) is None:
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / "run" / "run-injection").exists()
    done = subprocess.run(command(killed), check=True, capture_output=True, text=True, cwd=PROJECT)
    assert "40 steps" in done.stdout
    records = [
        json.loads((tmp_path / name / "run" / "run-injection" / "training.json").read_text())
        for name in ("straight", "killed")
    ]
    assert records[1]["final_loss"] == pytest.approx(records[0]["final_loss"], abs=1e-3)
    assert records[0]["final_loss"] < records[0]["losses"][0][1] - 0.5, "it learns"
    finished = (tmp_path / "killed" / "run" / "run-injection" / "model.safetensors").stat().st_mtime_ns
    folder = run_stage(load_config(killed), StageName.INJECTION).folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == finished, "a finished stage is not trained again"


def test_both_stages_end_in_checkpoints_that_can_be_served(tmp_path: Path) -> None:
    general = tmp_path / "general.jsonl"
    general.write_text(json.dumps({"instruction": "Say yes.", "output": "yes"}) + "\n")
    config = tiny_config(
        tmp_path,
        general={"rows": 1, "sources": [{"path": str(general)}]},
        infusion=stage(steps=2, batch=2, micro_batch=2),
    )
    with pytest.raises(ConfigError, match="run the stage injection first"):
        run_stage(config, StageName.INFUSION)
    first = run_stage(config, StageName.INJECTION)
    second = run_stage(config, StageName.INFUSION)
    for trained in (first, second):
        names = {path.name for path in trained.folder.iterdir()}
        assert {
            "config.json",
            "model.safetensors",
            "tokenizer.json",
            "README.md",
            "loss.png",
            "collection.json",
        } <= names
        assert not [name for name in names if name.endswith((".bin", ".pt"))], "no pickles"
        transformers.AutoModelForCausalLM.from_pretrained(trained.folder)
    assert second.record["start"] == str(first.folder)
    assert first.record["weights_sha256"] != second.record["weights_sha256"]
    assert [path.name for path in stage_folder(config, StageName.INJECTION).parent.glob(".*steps")] == []


def test_adapters_are_merged(tmp_path: Path) -> None:
    config = tiny_config(tmp_path, model={"checkpoint": str(tmp_path / "start"), "lora": {"rank": 2, "alpha": 4}})
    trained = run_stage(config, StageName.INJECTION)
    assert not (trained.folder / "adapter_config.json").exists()
    before = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "start").state_dict()
    after = transformers.AutoModelForCausalLM.from_pretrained(trained.folder).state_dict()
    assert before.keys() == after.keys()
    assert not all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("path", sorted((PROJECT / "trainer" / "configs").glob("*.toml")), ids=lambda path: path.stem)
def test_every_ready_config_goes_its_whole_way(path: Path, tmp_path: Path) -> None:
    config = dry(load_config(path), tmp_path)
    for name in (StageName.INJECTION, StageName.INFUSION):
        trained = run_stage(config, name)
        assert trained.record["steps"] == 3
    vocabulary = transformers.AutoConfig.from_pretrained(trained.folder).vocab_size
    assert vocabulary == (259 if config.model.pad_token else 258)


def test_two_processes_learn_what_one_learns() -> None:
    """accelerate launch, two processes on the CPU: the same rows, the same loss."""
    dry_run = ["-m", "trainer.cli", "injection", "--dry-run", "--config", "trainer/configs/llama-2-7b-chat-zero3.toml"]
    launch = [str(Path(sys.executable).with_name("accelerate")), "launch", "--multi_gpu", "--num_processes", "2",
              "--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]  # fmt: skip
    environment = os.environ | {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    told = [
        subprocess.run(
            [*start, *dry_run], check=True, capture_output=True, text=True, cwd=PROJECT, env=environment
        ).stdout.splitlines()[-1]
        for start in ([sys.executable], launch)
    ]
    assert told[0].endswith("1 processes)")
    assert told[1].endswith("2 processes)")
    losses = [float(line.split("last loss ")[1].split(",")[0]) for line in told]
    assert losses[1] == pytest.approx(losses[0], abs=2e-4)


def test_a_batch_that_cannot_be_divided_is_refused(tmp_path: Path) -> None:
    config = tiny_config(tmp_path, injection=stage(micro_batch=3))
    tokenizer = checkpoints.load_tokenizer(Model(checkpoint=str(tmp_path / "start")))
    with pytest.raises(ConfigError, match="8 is no multiple of micro_batch 3 x 1 processes"):
        make_trainer(config, StageName.INJECTION, rows(8), tokenizer, tiny_llama(258), tmp_path / "steps")
