"""The model card of a trained checkpoint: what it was made from, and what was kept out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

_MIX = {"injection": "symbolic.jsonl", "infusion": "infusion.jsonl", "mixed": "mixed.jsonl"}


def write_model_card(path: Path, name: str, record: Mapping[str, Any], manifest: Mapping[str, Any]) -> None:
    """README.md beside the weights."""
    mix = manifest["mixes"][_MIX[record["stage"]]]
    settings = "\n".join(f"| {key} | {value} |" for key, value in record["settings"].items())
    counts = "\n".join(f"| {source} | {rows} |" for source, rows in mix["counts"].items())
    kept_out = ", ".join(f"{count} {reason}" for reason, count in sorted(manifest["kept_out"].items())) or "nothing"
    loss = "" if record["final_loss"] is None else f", last loss {record['final_loss']:.4f}"
    path.write_text(
        f"""---
library_name: transformers
pipeline_tag: text-generation
tags: [symbol-llm, sft]
---

# {name}

Stage *{record["stage"]}* of two-stage supervised fine-tuning on symbols (Symbol-LLM, arXiv 2311.09278), trained by
symharness. Started from `{record["start"]}`; chat format `{record["chat_format"]}`; loss on completions only.

{record["rows"]} of {mix["rows"]} pairs (those that fit), {record["steps"]} steps{loss}.
Weights SHA-256 `{record["weights_sha256"]}`, mix SHA-256 `{mix["sha256"]}`.

![loss](loss.png)

| setting | value |
| --- | --- |
{settings}

| part/source | pairs |
| --- | --- |
{counts}

{manifest["held_out_rows"]} test rows were held out; kept out of the collection: {kept_out}. `collection.json` is the
whole manifest, `training.json` the losses.
""",
        encoding="utf-8",
    )
