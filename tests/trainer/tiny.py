"""Small things to train: a random Llama over any tokenizer, and configs over our generators alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import transformers

from trainer.config import TrainConfig
from trainer.dry_run import tiny_checkpoint


def tiny_llama(vocabulary: int) -> transformers.LlamaForCausalLM:
    """Two layers, random, the same at every call."""
    transformers.set_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=vocabulary, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=1024, bos_token_id=0, eos_token_id=1,
    )  # fmt: skip
    return transformers.LlamaForCausalLM(config)


def tiny_config(folder: Path, **changes: Any) -> TrainConfig:
    """A config that trains a tiny Llama in float32 on generated formulas, in `folder`."""
    checkpoint = folder / "start"
    if not checkpoint.exists():
        tiny_checkpoint(checkpoint)
    values: dict[str, Any] = {
        "output": folder / "tiny",
        "max_length": 512,
        "model": {"checkpoint": str(checkpoint)},
        "symbolic": {"rows": 64, "shares": [1, 0, 0], "generated": {"formulas": 64}},
        "general": {"rows": 0},
        "injection": {"batch": 8, "micro_batch": 8, "steps": 4, "learning_rate": 1e-2, "save_steps": 2},
        "run": {"precision": "float32", "threads": 1},
    }
    return TrainConfig.model_validate(values | changes)
