"""Alignment and uniformity against their definitions, and over a checkpoint's layers."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

from trainer.dry_run import tiny_checkpoint
from trainer.embedding_geometry import alignment, measure, symbols, uniformity, write


def test_alignment_is_the_mean_squared_distance_of_normalised_pairs() -> None:
    assert alignment(torch.tensor([[1.0, 0.0], [5.0, 0.0]])) == pytest.approx(0)
    assert alignment(torch.tensor([[1.0, 0.0], [0.0, 3.0]])) == pytest.approx(2)
    assert alignment(torch.tensor([[1.0, 0.0], [-1.0, 0.0]])) == pytest.approx(4)
    three = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    assert alignment(three) == pytest.approx((2 + 4 + 2) / 3)


def test_uniformity_is_the_log_of_the_mean_gaussian_of_all_pairs() -> None:
    three = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    expected = math.log((2 * math.exp(-4) + math.exp(-8)) / 3)
    assert uniformity(three) == pytest.approx(expected)
    assert uniformity(torch.ones(4, 2)) == pytest.approx(0), "all in one point: the worst there is"


def test_padding_takes_no_part(tmp_path: Path) -> None:
    """A form's features do not depend on the forms beside it in the batch."""
    families = {"sql": ["SELECT 1", "SELECT name FROM boat WHERE length > 10"], "fol": ["P(a)", "∀x (P(x) → Q(x))"]}
    checkpoint = str(tiny_checkpoint(tmp_path))
    together, alone = measure(checkpoint, families, batch=8), measure(checkpoint, families, batch=1)
    assert together.alignment == pytest.approx(alone.alignment, abs=1e-5)
    assert together.uniformity == pytest.approx(alone.uniformity, abs=1e-5)
    assert len(together.alignment) == 3, "embeddings and two layers"


def test_figures_and_plot_of_several_checkpoints(tmp_path: Path) -> None:
    families = symbols(["scan", "clevr"], "bundled", 6)
    assert {name: len(forms) for name, forms in families.items()} == {"actions": 6, "clevr": 6}
    measured = [measure(str(tiny_checkpoint(tmp_path / name, seed)), families) for seed, name in enumerate("ab")]
    write(measured, families, tmp_path / "out")
    content = json.loads((tmp_path / "out" / "geometry.json").read_text())
    assert [each["name"] for each in content["checkpoints"]] == ["a", "b"]
    assert content["checkpoints"][0]["alignment"] != content["checkpoints"][1]["alignment"]
    assert (tmp_path / "out" / "geometry.png").read_bytes().startswith(b"\x89PNG")
