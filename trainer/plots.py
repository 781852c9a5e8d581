"""Pictures: loss curves, and alignment and uniformity over the layers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot


def plot_loss(losses: Sequence[tuple[int, float]], title: str, path: Path) -> None:
    """Training loss by step, as a PNG."""
    figure, axes = pyplot.subplots(figsize=(6, 3.5), layout="constrained")
    axes.plot([step for step, _ in losses], [loss for _, loss in losses])
    axes.set(title=title, xlabel="step", ylabel="loss (nats a token)")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120, metadata={"Software": None})
    pyplot.close(figure)
