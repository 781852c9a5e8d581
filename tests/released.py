"""A tiny LLaMA-2 checkpoint in exactly the layout in which Symbol-LLM 7B and 13B were released.

Sharded `.bin` pickles with their index, a sentencepiece model and no tokenizer.json, no chat template, a pad token
added behind LLaMA-2's 32,000 pieces, and the small files as the hub has them. Its weights are random.
"""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from tasks.source import BUNDLED

PIECES = 32_000
ROWS = PIECES + 1  # and <pad>
UNK, BOS, EOS = 0, 1, 2
ENDING = "§"  # after a prompt that ends so, this model ends its answer at once

CONFIG = {
    "_name_or_path": "llama-2-7b-chat",
    "architectures": ["LlamaForCausalLM"],
    "bos_token_id": BOS,
    "eos_token_id": EOS,
    "hidden_act": "silu",
    "hidden_size": 128,
    "initializer_range": 0.02,
    "intermediate_size": 256,
    "max_position_embeddings": 2048,
    "model_type": "llama",
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "pretraining_tp": 1,
    "rms_norm_eps": 1e-06,
    "rope_scaling": None,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
    "transformers_version": "4.31.0",
    "use_cache": True,
    "vocab_size": ROWS,
}
GENERATION_CONFIG = {
    "_from_model_config": True,
    "bos_token_id": BOS,
    "eos_token_id": EOS,
    "pad_token_id": 0,
    "transformers_version": "4.31.0",
}


def _special(text: str) -> dict[str, object]:
    token = {"__type": "AddedToken", "content": text, "lstrip": False, "normalized": False}
    return token | {"rstrip": False, "single_word": False}


TOKENIZER_CONFIG = {
    "add_bos_token": True,
    "add_eos_token": False,
    "bos_token": _special("<s>"),
    "clean_up_tokenization_spaces": False,
    "eos_token": _special("</s>"),
    "legacy": True,
    "model_max_length": 1000000000000000019884624838656,
    "pad_token": None,
    "sp_model_kwargs": {},
    "tokenizer_class": "LlamaTokenizer",
    "unk_token": _special("<unk>"),
}
SPECIAL_TOKENS_MAP = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}


def released_files(folder: Path) -> Path:
    """The checkpoint without its weights."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.model").write_bytes(_sentencepiece_model())
    small = {
        "config.json": CONFIG,
        "generation_config.json": GENERATION_CONFIG,
        "tokenizer_config.json": TOKENIZER_CONFIG,
        "special_tokens_map.json": SPECIAL_TOKENS_MAP,
        "added_tokens.json": {"<pad>": PIECES},
    }
    for name, content in small.items():
        (folder / name).write_text(json.dumps(content))
    return folder


def released_checkpoint(folder: Path, torch_python: Path) -> Path:
    """The whole checkpoint; `torch_python` is an interpreter that has torch, which the harness has not."""
    released_files(folder)
    last_of_ending = 3 + ENDING.encode()[-1]  # its last byte's piece
    script = Path(__file__).with_name("released_weights.py")
    subprocess.run([torch_python, script, folder, str(last_of_ending)], check=True, timeout=300)
    return folder


def _sentencepiece_model() -> bytes:
    """LLaMA's kind of model (BPE, byte fallback, a blank put in front), learned from our own texts and filled up."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(BUNDLED.glob("**/*.jsonl"))[:6]]
    lines = [line[:400] for text in texts for line in text.splitlines()]
    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=trained,
        model_type="bpe",
        vocab_size=700,
        byte_fallback=True,
        character_coverage=1.0,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        split_digits=True,
        minloglevel=2,
    )
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(trained.getvalue())
    for number in range(len(model.pieces), PIECES):
        model.pieces.add(piece=f"\u2581filler{number}", score=-float(number))
    model.trainer_spec.vocab_size = PIECES
    return bytes(model.SerializeToString())
