"""Checkpoints: what training starts from, and the ordinary folder it ends with."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors.torch import load_file, save_file

from trainer.config import ConfigError, Model

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def load_tokenizer(model: Model) -> transformers.PreTrainedTokenizerBase:
    """The checkpoint's tokenizer, with the pad token that the config names. Raises ConfigError."""
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(model.checkpoint, trust_remote_code=False)
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ConfigError(f"model.checkpoint: no tokenizer in {model.checkpoint!r}: {reason}") from error
    if model.pad_token is not None and model.pad_token != tokenizer.pad_token:
        tokenizer.add_special_tokens({"pad_token": model.pad_token})
    return tokenizer


def load_model(model: Model, tokenizer: transformers.PreTrainedTokenizerBase) -> transformers.PreTrainedModel:
    """The checkpoint's weights, with a row for a pad token that was added. Raises ConfigError."""
    try:
        loaded = transformers.AutoModelForCausalLM.from_pretrained(
            model.checkpoint,
            dtype=_DTYPES[model.dtype],
            attn_implementation=model.attention,
            trust_remote_code=False,
        )
    except (OSError, ValueError, ImportError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ConfigError(f"model.checkpoint: no model in {model.checkpoint!r}: {reason}") from error
    if len(tokenizer) > loaded.get_input_embeddings().num_embeddings:
        loaded.resize_token_embeddings(len(tokenizer))
    return loaded


def stored_dtype(checkpoint: str) -> str:
    """The dtype that the checkpoint's own weights are kept in."""
    config = transformers.AutoConfig.from_pretrained(checkpoint, trust_remote_code=False)
    return str(config.dtype or torch.float32).removeprefix("torch.")


def cast(folder: Path, dtype: str) -> None:
    """Rewrite a folder's weights in `dtype` (a name such as bfloat16), as its config then says."""
    wanted = getattr(torch, dtype)
    for path in sorted(folder.glob("*.safetensors")):
        tensors = load_file(path)
        if all(tensor.dtype == wanted for tensor in tensors.values() if tensor.is_floating_point()):
            continue
        # Beside it first: the tensors may still lie in the file that they were read from.
        partial = path.with_suffix(".partial")
        save_file(
            {name: each.to(wanted) if each.is_floating_point() else each for name, each in tensors.items()},
            partial,
            metadata={"format": "pt"},
        )
        partial.rename(path)
    config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config.pop("torch_dtype", None)
    (folder / "config.json").write_text(json.dumps(config | {"dtype": dtype}, indent=2) + "\n", encoding="utf-8")


def weights_hash(folder: Path) -> str:
    """SHA-256 over names and contents of a checkpoint's weights."""
    total = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        total.update(path.name.encode())
        with path.open("rb") as stream:
            total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()


def last_step(folder: Path) -> Path | None:
    """The newest whole step checkpoint (`checkpoint-N`) of a stage; one that a kill cut off is not."""
    # The trainer's state is the last file that is written.
    whole = [path for path in folder.glob("checkpoint-*") if (path / "trainer_state.json").exists()]
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)
