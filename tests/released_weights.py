"""Writes random weights of a LLaMA-2 config as two .bin shards and their index: `python released_weights.py FOLDER ID`.

Run by the server's interpreter, which has torch. After token ID the model's likeliest token is its EOS.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch


def weights(config: dict, ending: int) -> dict[str, torch.Tensor]:
    hidden, inner, rows = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    generator = torch.Generator().manual_seed(0)

    def random(*shape: int, scale: float = 1.0) -> torch.Tensor:
        return torch.randn(*shape, generator=generator).mul(scale * config["initializer_range"])

    tensors = {"model.embed_tokens.weight": random(rows, hidden)}
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}"
        for name in ("q_proj", "k_proj", "v_proj"):
            tensors[f"{prefix}.self_attn.{name}.weight"] = random(hidden, hidden)
        # Small, so that what a position says is above all the token that stands there.
        tensors[f"{prefix}.self_attn.o_proj.weight"] = random(hidden, hidden, scale=0.1)
        tensors[f"{prefix}.mlp.gate_proj.weight"] = random(inner, hidden)
        tensors[f"{prefix}.mlp.up_proj.weight"] = random(inner, hidden)
        tensors[f"{prefix}.mlp.down_proj.weight"] = random(hidden, inner, scale=0.1)
        for name in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"{prefix}.{name}.weight"] = torch.ones(hidden)
    tensors["model.norm.weight"] = torch.ones(hidden)
    head = random(rows, hidden)
    embedded = tensors["model.embed_tokens.weight"][ending]
    head[config["eos_token_id"]] = 0.3 * embedded / embedded.norm()
    return tensors | {"lm_head.weight": head}


def save(folder: Path, tensors: dict[str, torch.Tensor]) -> None:
    names = list(tensors)
    shards = (names[: len(names) // 2], names[len(names) // 2 :])
    where = {}
    for number, members in enumerate(shards, 1):
        file = f"pytorch_model-{number:05d}-of-{len(shards):05d}.bin"
        torch.save({name: tensors[name].to(torch.bfloat16) for name in members}, folder / file)
        where |= dict.fromkeys(members, file)
    total = sum(2 * tensor.numel() for tensor in tensors.values())
    index = {"metadata": {"total_size": total}, "weight_map": where}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))


if __name__ == "__main__":
    target = Path(sys.argv[1])
    save(target, weights(json.loads((target / "config.json").read_text()), int(sys.argv[2])))
