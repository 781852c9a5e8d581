"""How likely checkpoints find the gold answers of test samples: paired, sample by sample, in nats a token.

A model of this size answers general questions near chance, so that accuracies hardly tell two of them apart; the
negative log-likelihood of the same gold answers does.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch.nn import functional

from tasks.chat import ChatFormat, Tokenizer, resolve
from tasks.source import SourceError, locate
from tasks.task import select
from trainer import checkpoints
from trainer.config import Model
from trainer.pairs import Pair, Part, encode_pairs


@dataclass(frozen=True, slots=True)
class Difference:
    """A task's mean negative log-likelihood under a checkpoint, and its paired difference to the baseline's."""

    task: str
    samples: int
    mean: float
    difference: float
    standard_error: float

    @property
    def z(self) -> float:
        return self.difference / self.standard_error if self.standard_error else 0.0


def gold_pairs(tasks: Sequence[str], data: str | None, count: int, seed: int = 0) -> list[Pair]:
    """Up to `count` test samples of each task, drawn at random, with their gold completions."""
    pairs: list[Pair] = []
    for task in select(tasks):
        try:
            samples = list(task.read(locate(task.source, data).path))
        except SourceError:
            continue  # this data root has no files of the task
        for sample in random.Random(f"{task.name} {seed}").sample(samples, min(count, len(samples))):
            pairs.append(Pair(task.prompt.render(sample.fields), task.gold(sample), task.name, Part.GENERAL))
    return pairs


def negative_log_likelihoods(checkpoint: str, pairs: Sequence[Pair], max_length: int = 2048) -> list[float | None]:
    """Nats a token of each completion with its EOS; None for a pair that is longer than `max_length` tokens."""
    settings = Model(checkpoint=checkpoint)
    tokenizer = checkpoints.load_tokenizer(settings)
    model: Any = checkpoints.load_model(settings, tokenizer)
    model.eval().to("cuda" if torch.cuda.is_available() else "cpu")
    chat_format = resolve(ChatFormat.AUTO, cast(Tokenizer, tokenizer))
    return list(_likelihoods(model, tokenizer, pairs, chat_format, max_length))


def _likelihoods(
    model: Any, tokenizer: object, pairs: Sequence[Pair], chat_format: ChatFormat, max_length: int
) -> Iterator[float | None]:
    for row in encode_pairs(pairs, chat_format, cast(Tokenizer, tokenizer)):
        if len(row.ids) > max_length:
            yield None
            continue
        ids = torch.tensor([row.ids], device=model.device)
        answer = torch.arange(row.prompt - 1, len(row.ids) - 1, device=ids.device)
        with torch.no_grad():
            logits = model(input_ids=ids, logits_to_keep=answer, use_cache=False).logits[0]
        yield float(functional.cross_entropy(logits.float(), ids[0, row.prompt :]))


def compare(
    pairs: Sequence[Pair], baseline: Sequence[float | None], other: Sequence[float | None]
) -> Iterator[Difference]:
    """A line a task: `other` minus `baseline` over the samples that both could read. Below 0 `other` is better."""
    by_task: dict[str, list[tuple[float, float]]] = {}
    for pair, before, after in zip(pairs, baseline, other, strict=True):
        if before is not None and after is not None:
            by_task.setdefault(pair.task, []).append((before, after))
    for task, values in by_task.items():
        differences = [after - before for before, after in values]
        mean = sum(differences) / len(differences)
        spread = sum((each - mean) ** 2 for each in differences)
        error = math.sqrt(spread / max(1, len(differences) - 1) / len(differences))
        yield Difference(task, len(values), sum(after for _, after in values) / len(values), mean, error)


def write(path: Path, pairs: Sequence[Pair], measured: Mapping[str, Sequence[float | None]]) -> None:
    """All figures by checkpoint, in the order of the samples, as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"tasks": [pair.task for pair in pairs], "nats_a_token": dict(measured)}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
