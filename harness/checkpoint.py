"""What a checkpoint says of itself: its tokenizer, and the fingerprint by which records name it."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, cast

from harness.config import ModelSpec, UserError
from tasks.chat import ChatFormat, Tokenizer, resolve

_BLOCK = 1 << 20
_PROBES = 64
_WEIGHTS = ("*.safetensors", "*.bin", "*.gguf")
_SMALL = ("*.json", "*.model", "*.jinja", "*.txt")


def load_tokenizer(spec: ModelSpec) -> Tokenizer:
    """The tokenizer of a folder or hub id. Raises UserError when there is none or it cannot be read."""
    # transformers advises to install torch, which a tokenizer does not need.
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    import transformers

    source = spec.tokenizer or (str(spec.folder) if spec.folder else spec.model)
    revision = None if spec.tokenizer else spec.revision
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(source, revision=revision, trust_remote_code=False)
    except (OSError, ValueError, ImportError, KeyError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(f"no tokenizer can be loaded from {source!r}: {reason}; give one with --tokenizer") from error
    return cast(Tokenizer, tokenizer)


def chat_format(spec: ModelSpec, tokenizer: Tokenizer | None) -> ChatFormat:
    """The format in which a checkpoint is asked.

    `auto` is untagged for Symbol-LLM's own, which were trained so, whatever template the base model's tokenizer
    brought along (LLaMA-3's has one); of others it is what `resolve` makes of it, whose ValueError it raises.
    """
    if spec.chat_format is ChatFormat.AUTO and spec.name.rpartition("/")[2].lower().startswith("symbol-llm"):
        return ChatFormat.PLAIN
    return resolve(spec.chat_format, tokenizer)


def identity(spec: ModelSpec, chat_format: ChatFormat, tokenizer: Tokenizer | None) -> dict[str, Any]:
    """What names this model in run.json: weights fingerprint (None for a hub id), tokenizer and template hashes."""
    folder = spec.folder
    weights = fingerprint(folder) if folder else None
    template = tokenizer.chat_template if tokenizer is not None else None
    return {
        "model": spec.name,
        "revision": spec.revision,
        "weights": "random" if spec.weights == "dummy" else weights,
        "chat_format": chat_format.value,
        "chat_template": _sha256(json.dumps(template).encode()) if template else None,
    }


def identity_hash(values: dict[str, Any]) -> str:
    """The first 16 hex digits of the SHA-256 of an identity: what each record carries."""
    return _sha256(json.dumps(values, sort_keys=True).encode())[:16]


def fingerprint(folder: Path) -> str:
    """SHA-256 over a checkpoint's files: small ones whole; of weights the size and 64 blocks of 1 MiB spread evenly.

    A 13B checkpoint takes a second instead of a minute; weights of another training step differ in every block.
    """
    total = hashlib.sha256()
    for path in sorted({p for pattern in (*_SMALL, *_WEIGHTS) for p in folder.glob(pattern)}):
        size = path.stat().st_size
        total.update(f"{path.name}\0{size}\0".encode())
        with path.open("rb") as stream:
            step = max(_BLOCK, size // _PROBES)
            for offset in range(0, size, step):
                stream.seek(offset)
                total.update(stream.read(_BLOCK))
    return total.hexdigest()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
