"""A dry run: the whole way of a config with a tiny random Llama in the place of its checkpoint, in a minute on a CPU.

Everything else is the config's own: stages, batch, packing, adapters, sharding, chat format, prompts. Data are our
generators' alone, steps are few, and computing is done in float32 where the machine has no GPU.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors

from trainer.config import GeneralSource, TrainConfig

_STEPS = 3
_ROWS = 48
_CONTEXT = 1024  # bytes: the tiny tokenizer has a token a byte
_BOS, _EOS = "<s>", "</s>"


def tiny_checkpoint(folder: Path, seed: int = 0) -> Path:
    """A random Llama of two layers with a tokenizer of bytes that adds one BOS, as LLaMA-2's does."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={char: index for index, char in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(_BOS, special=True), AddedToken(_EOS, special=True)])
    bos, eos = tokenizer.token_to_id(_BOS), tokenizer.token_to_id(_EOS)
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{_BOS} $A", special_tokens=[(_BOS, bos)])
    fast = transformers.PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, bos_token=_BOS, eos_token=_EOS
    )
    fast.save_pretrained(folder)
    config = transformers.LlamaConfig(
        vocab_size=len(fast), hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=4, max_position_embeddings=_CONTEXT, bos_token_id=bos, eos_token_id=eos,
    )  # fmt: skip
    transformers.set_seed(seed)
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def dry(config: TrainConfig, folder: Path) -> TrainConfig:
    """The config with a tiny checkpoint, few generated rows and few steps; all that it writes lies in `folder`."""
    checkpoint = tiny_checkpoint(folder / "tiny-llama")
    general = folder / "general.jsonl"
    general.write_text(
        "".join(json.dumps({"prompt": f"Say {word}.", "completion": word}) + "\n" for word in ("yes", "no", "maybe")),
        encoding="utf-8",
    )
    gpu = torch.cuda.is_available()
    model = {"checkpoint": str(checkpoint)} | ({} if gpu else {"dtype": "float32", "attention": "sdpa"})
    symbolic = {
        "rows": _ROWS,
        "data": None,
        "generated": {"scan_short": _ROWS, "formulas": _ROWS},
        "accepted": (),
        "worked": False,
        "evolve": ("scan",),
        "released": None,
    }
    changes = {
        "output": folder / "out",
        "max_length": _CONTEXT,
        "model": config.model.model_copy(update=model),
        "symbolic": config.symbolic.model_copy(update=symbolic),
        "general": config.general.model_copy(update={"rows": 3, "sources": (GeneralSource(path=str(general)),)}),
        "run": config.run if gpu else config.run.model_copy(update={"precision": "float32", "deepspeed": None}),
    }
    stages = {
        name: config.stage(name).model_copy(update={"steps": _STEPS, "save_steps": 2, "batch": _small(config, name)})
        for name in ("injection", "infusion", "mixed")
    }
    return TrainConfig.model_validate(config.model_copy(update=changes | stages).model_dump())


def _small(config: TrainConfig, stage: str) -> int:
    """A batch of at most 16 rows that two processes and the stage's micro-batch divide."""
    unit = 2 * config.stage(stage).micro_batch
    return max(unit, 16 // unit * unit)
