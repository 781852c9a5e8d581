"""Alignment and uniformity of a checkpoint's representations of symbols, layer by layer.

Wang & Isola 2020 (arXiv 2005.10242; SsnL/align_uniform): over L2-normalised features, *alignment* is the mean of
||f(x) - f(y)||^2 over positive pairs, *uniformity* the log of the mean of exp(-2 ||f(x) - f(y)||^2) over all pairs of
different samples. Lower is better for both. As far as is known of the paper's own analysis, features are hidden states
averaged over the tokens of a symbolic form, and positive pairs are two samples of one symbolic family.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import torch
import transformers
from torch.nn import functional

from tasks.source import SourceError, locate
from tasks.task import select
from trainer.config import ConfigError

Tensor: TypeAlias = torch.Tensor
_TEMPERATURE = 2.0  # t of uniformity
_TOKENS = 512  # of a symbolic form


@dataclass(frozen=True, slots=True)
class Geometry:
    """A checkpoint's measures by layer: the embeddings first, then each block. `families`: alignment by family."""

    name: str
    alignment: list[float]
    uniformity: list[float]
    families: Mapping[str, list[float]]


def alignment(features: Tensor) -> float:
    """Of one family: features (n, d) of n > 1 samples; every two of them are a positive pair."""
    distances = functional.pdist(functional.normalize(features.double(), dim=-1)).pow(2)
    return float(distances.mean())


def uniformity(features: Tensor) -> float:
    """Of features (n, d) of n > 1 samples of all families."""
    distances = functional.pdist(functional.normalize(features.double(), dim=-1)).pow(2)
    return float(distances.mul(-_TEMPERATURE).exp().mean().log())


def symbols(tasks: Sequence[str], data: str | None, count: int, seed: int = 0) -> dict[str, list[str]]:
    """Up to `count` gold symbolic forms of each language of the tasks. Raises UnknownTaskError, DataError."""
    families: dict[str, list[str]] = {}
    for task in select(tasks):
        try:
            samples = list(task.read(locate(task.source, data).path))
        except SourceError:
            continue  # this data root has no files of the task
        families.setdefault(task.language, []).extend(dict.fromkeys(task.gold(sample) for sample in samples))
    chosen = {
        language: random.Random(f"{language} {seed}").sample(forms, min(count, len(forms)))
        for language, forms in families.items()
    }
    return {language: forms for language, forms in chosen.items() if len(forms) > 1}


def measure(checkpoint: str, families: Mapping[str, Sequence[str]], batch: int = 8) -> Geometry:
    """The geometry of a checkpoint (folder or hub id) over the symbolic forms of each family. Raises ConfigError."""
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint, trust_remote_code=False)
        model = transformers.AutoModel.from_pretrained(checkpoint, dtype=torch.float32, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{checkpoint}: no checkpoint: {str(error).splitlines()[0]}") from error
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device).eval()
    pooled = {name: _pooled(model, tokenizer, forms, batch, device) for name, forms in families.items()}
    layers = range(next(iter(pooled.values())).shape[0])
    by_family = {name: [alignment(features[layer]) for layer in layers] for name, features in pooled.items()}
    everything = torch.cat(list(pooled.values()), dim=1)
    return Geometry(
        Path(checkpoint).name,
        [sum(values[layer] for values in by_family.values()) / len(by_family) for layer in layers],
        [uniformity(everything[layer]) for layer in layers],
        by_family,
    )


def _pooled(model: Any, tokenizer: Any, forms: Sequence[str], batch: int, device: str) -> Tensor:
    """Mean-pooled hidden states (layers + 1, forms, width); padding takes no part."""
    chunks: list[Tensor] = []
    for start in range(0, len(forms), batch):
        inputs = tokenizer(
            list(forms[start : start + batch]),
            return_tensors="pt", padding=True, padding_side="right", truncation=True, max_length=_TOKENS,
        ).to(device)  # fmt: skip
        with torch.no_grad():
            states = torch.stack(model(**inputs, output_hidden_states=True, use_cache=False).hidden_states)
        mask = inputs["attention_mask"][None, :, :, None].to(states.dtype)
        chunks.append((states * mask).sum(dim=2).div(mask.sum(dim=2)).cpu())
    return torch.cat(chunks, dim=1)


def write(measured: Sequence[Geometry], families: Mapping[str, Sequence[str]], folder: Path) -> None:
    """`geometry.json` (all figures) and `geometry.png` (both measures by layer, a line a checkpoint) in `folder`."""
    from trainer.plots import plot_geometry

    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "source": "Wang & Isola 2020: alignment (alpha 2), uniformity (t 2); mean-pooled states; lower is better",
        "samples": {name: len(forms) for name, forms in families.items()},
        "checkpoints": [asdict(each) for each in measured],
    }
    (folder / "geometry.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    lines = {each.name: (each.alignment, each.uniformity) for each in measured}
    plot_geometry(lines, folder / "geometry.png")
