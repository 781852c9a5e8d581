"""TRL's trainer with a loss that projects to the vocabulary only where there are labels.

On a CPU TRL scores every position and adds entropy and accuracy of each: with a vocabulary of 49,152 that is a third of
a small model's step. Here the head sees the labelled columns of a batch, and nothing but the loss is computed.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional
from trl import SFTTrainer

from trainer.pairs import IGNORED


class CompletionTrainer(SFTTrainer):  # type: ignore[misc]  # TRL has no types
    """`seen_tokens` counts the tokens (padding aside) that this process has learnt from since it started."""

    seen_tokens = 0

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        """The summed negative log-likelihood of the labels, over the number of labels in the whole optimiser batch."""
        inputs = dict(inputs, use_cache=False)
        labels = inputs.pop("labels")
        targets = labels[:, 1:]
        columns = (targets != IGNORED).any(dim=0).nonzero().squeeze(-1)
        outputs = model(**inputs, logits_to_keep=columns)
        total = functional.cross_entropy(
            outputs.logits.flatten(0, 1).float(), targets[:, columns].flatten(), ignore_index=IGNORED, reduction="sum"
        )
        count = (targets != IGNORED).sum().clamp(min=1) if num_items_in_batch is None else num_items_in_batch
        loss = total / count
        if num_items_in_batch is not None and self.args.average_tokens_across_devices:
            loss = loss * self.accelerator.num_processes  # gradients are averaged over processes
        if self.model.training:
            mask = inputs.get("attention_mask")
            self.seen_tokens += int(labels.numel() if mask is None else mask.sum())
        return (loss, outputs) if return_outputs else loss
