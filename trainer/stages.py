"""The stages of supervised fine-tuning over TRL's SFTTrainer and accelerate.

*Injection* learns the symbolic mix and gives the Base model; *Infusion* goes on from there with general instructions
and re-sampled symbolic pairs and gives the Instruct model; *mixed* learns all of it in one stage, for comparison.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

import datasets
import torch
import transformers
from accelerate import PartialState
from trl import SFTConfig

from tasks.chat import ChatFormat, Tokenizer, resolve
from trainer import checkpoints
from trainer.collection.mixing import INFUSION, MIXED, SYMBOLIC, build
from trainer.collection.pair_file import read_pairs
from trainer.completion_loss import CompletionTrainer
from trainer.config import ConfigError, Lora, TrainConfig
from trainer.model_card import write_model_card
from trainer.order import row_order, steps_of
from trainer.pairs import encode_pairs
from trainer.plots import plot_loss
from trainer.progress import StepProgress

RECORD = "training.json"  # written last: a folder with it is finished


class StageName(StrEnum):
    INJECTION = "injection"
    INFUSION = "infusion"
    MIXED = "mixed"


_MIX = {StageName.INJECTION: SYMBOLIC, StageName.INFUSION: INFUSION, StageName.MIXED: MIXED}


@dataclass(frozen=True)
class Trained:
    """A finished stage: its checkpoint folder and what `training.json` says of it."""

    folder: Path
    record: dict[str, Any]


def stage_folder(config: TrainConfig, name: StageName) -> Path:
    """Where the stage's checkpoint is: named for the leaderboard, which shows a folder's name."""
    return config.output / f"{config.output.name}-{name}"


def run_stage(config: TrainConfig, name: StageName) -> Trained:
    """Train one stage, or go on with it where it was killed, or find it done.

    Infusion begins with Injection's checkpoint. Every process of an `accelerate launch` calls this. Raises ConfigError,
    DataError, SourceError.
    """
    state = PartialState()
    if config.run.threads is not None:
        torch.set_num_threads(config.run.threads)
    folder = stage_folder(config, name)
    start = config.model.checkpoint
    if name is StageName.INFUSION:
        start = str(stage_folder(config, StageName.INJECTION))
        if not (Path(start) / RECORD).exists():
            raise ConfigError(f"infusion goes on from {start}, which is not there: run the stage injection first")
    data = config.output / "data"
    with state.main_process_first():
        manifest = build(config, data)
    wanted = _fingerprint(config, name, manifest, start)
    done = _finished(folder, wanted)
    if done is not None:
        return Trained(folder, done)
    return _train(config, name, start, data, manifest, wanted)


def _train(
    config: TrainConfig, name: StageName, start: str, data: Path, manifest: dict[str, Any], wanted: str
) -> Trained:
    state = PartialState()
    folder, settings = stage_folder(config, name), config.stage(name)
    scratch = folder.with_name(f".{folder.name}.steps")
    model_settings = config.model.model_copy(update={"checkpoint": start})
    tokenizer = checkpoints.load_tokenizer(model_settings)
    try:
        chat_format = resolve(config.model.chat_format, cast(Tokenizer, tokenizer))
    except ValueError as error:
        raise ConfigError(f"model.chat_format: {error}") from error
    rows = encoded_rows(data / _MIX[name], start, config.model.pad_token, chat_format, config.max_length)
    if not len(rows):
        raise ConfigError(f"{data / _MIX[name]}: no pair fits into {config.max_length} tokens, or there is none")
    transformers.set_seed(config.seed)
    trainer = make_trainer(config, name, rows, tokenizer, model_settings, scratch)
    progress = StepProgress(trainer, str(name))
    trainer.add_callback(progress)
    if (scratch / "fingerprint").exists() and (scratch / "fingerprint").read_text() != wanted:
        raise ConfigError(f"{scratch} holds steps of another config: take it away, or choose another output")
    state.wait_for_everyone()
    if state.is_main_process:
        scratch.mkdir(parents=True, exist_ok=True)
        (scratch / "fingerprint").write_text(wanted)
    last = checkpoints.last_step(scratch)
    result = trainer.train(resume_from_checkpoint=str(last) if last else None)

    partial = folder.with_name(f".{folder.name}.partial")
    _save(trainer, partial)
    losses = [(entry["step"], entry["loss"]) for entry in trainer.state.log_history if "loss" in entry]
    record = {
        "fingerprint": wanted,
        "stage": str(name),
        "start": start,
        "chat_format": chat_format.value,
        "rows": len(rows),
        "rows_in_mix": manifest["mixes"][_MIX[name]]["rows"],
        "steps": trainer.state.global_step,
        "final_loss": losses[-1][1] if losses else None,
        "mean_loss": result.training_loss,
        "losses": losses,
        "tokens_per_second": round(progress.tokens_per_second, 1),
        "processes": state.num_processes,
        "settings": settings.model_dump(mode="json"),
    }
    if state.is_main_process:
        _finish(partial, folder, record, manifest, config, start)
        shutil.rmtree(scratch)
    state.wait_for_everyone()
    return Trained(folder, record)


def encoded_rows(
    mix: Path, checkpoint: str, pad_token: str | None, chat_format: ChatFormat, max_length: int
) -> datasets.Dataset:
    """The mix as `input_ids` and `labels`, without the pairs that are longer than `max_length` tokens.

    A pair is never cut: an answer without its end teaches a model not to stop. Kept as Arrow files beside the mix.
    """
    digest = hashlib.sha256(mix.read_bytes()).hexdigest()
    with PartialState().main_process_first():
        return datasets.Dataset.from_generator(
            _encoded,
            cache_dir=str(mix.parent / "arrow"),
            gen_kwargs={
                "mix": str(mix),
                "digest": digest,
                "checkpoint": checkpoint,
                "pad_token": pad_token,
                "chat_format": str(chat_format),
                "max_length": max_length,
            },
        )


def _encoded(
    mix: str, digest: str, checkpoint: str, pad_token: str | None, chat_format: str, max_length: int
) -> Iterator[dict[str, list[int]]]:
    from trainer.config import Model

    tokenizer = checkpoints.load_tokenizer(Model(checkpoint=checkpoint, pad_token=pad_token))
    for row in encode_pairs(read_pairs(Path(mix)), ChatFormat(chat_format), cast(Tokenizer, tokenizer)):
        if len(row.ids) <= max_length:
            yield {"input_ids": list(row.ids), "labels": row.labels}


def make_trainer(
    config: TrainConfig,
    name: StageName,
    rows: datasets.Dataset,
    tokenizer: transformers.PreTrainedTokenizerBase,
    model: Any,
    scratch: Path,
) -> CompletionTrainer:
    """The trainer of a stage over encoded rows. `model`: the settings of a checkpoint, or a model itself."""
    settings, run = config.stage(name), config.run
    world = PartialState().num_processes
    # One process has nothing to share, and accelerate shards on GPUs only: processes on a CPU are replicas (DDP).
    sharded = run.fsdp and world > 1 and torch.cuda.is_available()
    if settings.batch % (settings.micro_batch * world):
        raise ConfigError(
            f"{name}.batch: {settings.batch} is no multiple of micro_batch {settings.micro_batch} x {world} processes"
        )
    if not run.packing:
        steps = settings.steps or steps_of(len(rows), settings.batch, settings.epochs)
        lengths = [len(ids) for ids in rows["input_ids"]]
        rows = rows.select(row_order(lengths, settings.batch, steps, config.seed))
    arguments = SFTConfig(
        output_dir=str(scratch),
        seed=config.seed,
        learning_rate=settings.learning_rate,
        lr_scheduler_type=settings.schedule,
        warmup_steps=settings.warmup_ratio,  # below 1 a share of all steps
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        num_train_epochs=settings.epochs if run.packing else 1.0,
        max_steps=settings.steps if run.packing and settings.steps else -1,
        per_device_train_batch_size=settings.micro_batch,
        gradient_accumulation_steps=settings.batch // (settings.micro_batch * world),
        max_length=config.max_length if run.packing else None,
        packing=run.packing,
        shuffle_dataset=run.packing,
        train_sampling_strategy="sequential",  # the rows are in their order already
        gradient_checkpointing=run.gradient_checkpointing and not sharded,
        bf16=run.precision == "bfloat16",
        use_cpu=not torch.cuda.is_available(),
        deepspeed=run.deepspeed,
        fsdp=sharded,
        fsdp_config=_fsdp_config(run.gradient_checkpointing) if sharded else None,
        save_steps=settings.save_steps,
        save_total_limit=2,
        logging_steps=max(1, min(10, settings.save_steps)),
        report_to="none",
        disable_tqdm=True,
        ddp_find_unused_parameters=False,
        dataloader_pin_memory=torch.cuda.is_available(),
    )
    if not isinstance(model, transformers.PreTrainedModel):
        model = checkpoints.load_model(model, tokenizer)
    trainer = CompletionTrainer(
        model=model,
        args=arguments,
        train_dataset=rows,
        processing_class=tokenizer,
        peft_config=_adapters(config.model.lora),
    )
    trainer.remove_callback(transformers.PrinterCallback)
    return trainer


def _adapters(lora: Lora | None) -> Any:
    if lora is None:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )


def _fsdp_config(activation_checkpointing: bool) -> dict[str, Any]:
    """Everything sharded, layer by layer; FSDP recomputes activations itself."""
    return {
        "version": 2,
        "reshard_after_forward": True,
        "auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
        "activation_checkpointing": activation_checkpointing,
    }


def _save(trainer: CompletionTrainer, partial: Path) -> None:
    """Weights and tokenizer as an ordinary checkpoint folder, adapters merged."""
    if PartialState().is_main_process:
        shutil.rmtree(partial, ignore_errors=True)
    PartialState().wait_for_everyone()
    model = trainer.accelerator.unwrap_model(trainer.model)
    if hasattr(model, "merge_and_unload"):
        if PartialState().is_main_process:
            model.merge_and_unload().save_pretrained(partial)
            trainer.processing_class.save_pretrained(partial)
    else:
        trainer.save_model(str(partial))


def _finish(
    partial: Path, folder: Path, record: dict[str, Any], manifest: dict[str, Any], config: TrainConfig, start: str
) -> None:
    """Card, curve and record; then the folder gets its name."""
    checkpoints.cast(partial, checkpoints.stored_dtype(config.model.checkpoint))
    (partial / "training_args.bin").unlink(missing_ok=True)  # a pickle, which nobody needs for serving
    record["weights_sha256"] = checkpoints.weights_hash(partial)
    plot_loss(record["losses"], record["stage"], partial / "loss.png")
    (partial / "collection.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    write_model_card(partial / "README.md", folder.name, record, manifest)
    (partial / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def _fingerprint(config: TrainConfig, name: StageName, manifest: dict[str, Any], start: str) -> str:
    """Names all that a stage's weights depend on: settings, mix, and the weights that it starts from."""
    values = {
        "settings": config.stage(name).model_dump(mode="json", exclude={"save_steps", "micro_batch"}),
        "run": config.run.model_dump(mode="json", include={"precision", "packing"}),
        "model": config.model.model_dump(mode="json", exclude={"checkpoint"}),
        "seed": config.seed,
        "max_length": config.max_length,
        "mix": manifest["mixes"][_MIX[name]]["sha256"],
        "start": checkpoints.weights_hash(Path(start)) if Path(start).is_dir() else start,
    }
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _finished(folder: Path, wanted: str) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if record.get("fingerprint") == wanted else None
