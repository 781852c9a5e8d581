"""Pictures: loss curves, and alignment and uniformity over the layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def plot_geometry(lines: Mapping[str, tuple[Sequence[float], Sequence[float]]], path: Path) -> None:
    """Alignment and uniformity by layer, a line a checkpoint, as a PNG."""
    figure, both = pyplot.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    for axes, title, which in zip(both, ("alignment", "uniformity"), (0, 1), strict=True):
        for name, measures in lines.items():
            axes.plot(range(len(measures[which])), measures[which], marker=".", label=name)
        axes.set(title=f"{title} (lower is better)", xlabel="layer")
        axes.grid(alpha=0.3)
    both[0].legend(fontsize="small")
    figure.savefig(path, dpi=120, metadata={"Software": None})
    pyplot.close(figure)
