"""The paper's figures, as `results/published.csv` has them."""

from __future__ import annotations

import csv
import difflib
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.config import UserError
from harness.serving import PROJECT

PUBLISHED = PROJECT / "results" / "published.csv"

# Those of tasks; the other suite of the file holds averages of averages.
_SUITES = ("symbolic", "symbol+delegation: math reasoning", "general")
_AVERAGE = "Average"


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """One model of the paper: scores in [0, 1] by task title."""

    model: str
    size: str
    scores: Mapping[str, float]

    @property
    def name(self) -> str:
        return self.model if self.size == "-" else f"{self.model} {self.size}"


def published_models(path: Path = PUBLISHED) -> list[PublishedModel]:
    """All models, by name and size. Where two tables differ the later one (Dec 2023), which the file lists first,
    counts; the earlier one only fills what it lacks."""
    scores: dict[tuple[str, str], dict[str, float]] = {}
    for line in _lines(path):
        if line["suite"] in _SUITES and line["task"] != _AVERAGE:
            of_model = scores.setdefault((line["model"], line["size"]), {})
            of_model.setdefault(line["task"], float(line["score"]) / 100)
    models = [PublishedModel(model, size, found) for (model, size), found in scores.items()]
    return sorted(models, key=lambda item: (item.model, int(item.size.rstrip("B").replace("-", "0"))))


def published_model(name: str, path: Path = PUBLISHED) -> PublishedModel:
    """The model called `name` (`LLaMA-2-Chat-7B`, `LLaMA-2-Chat 7B`). Raises UserError."""
    known = {model.name.replace(" ", "-").lower(): model for model in published_models(path)}
    wanted = name.replace(" ", "-").lower()
    if wanted not in known:
        near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.4) or list(known)
        names = ", ".join(known[key].name.replace(" ", "-") for key in near)
        raise UserError(f"published:{name}: the paper has no such model; did you mean {names}?")
    return known[wanted]


def published_label(title: str, path: Path = PUBLISHED) -> str | None:
    """What the paper calls the metric of the task of this title, without the file's remark in brackets."""
    return _labels(path).get(title)


@functools.cache
def _labels(path: Path) -> Mapping[str, str]:
    labels: dict[str, str] = {}
    for line in _lines(path):
        if line["suite"] in _SUITES:
            labels.setdefault(line["task"], line["metric"].split(" (")[0])
    return labels


@functools.cache
def _lines(path: Path) -> tuple[dict[str, str], ...]:
    if not path.exists():
        return ()
    with path.open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))
