"""Short stories of our own with their formulas, and questions about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tasks.bundled.writing import write_json

_STORIES = [
    (
        ["All geese can fly.", "Nothing that can fly is a stone.", "Gus is a goose."],
        ["∀x (Goose(x) → CanFly(x))", "∀x (CanFly(x) → ¬Stone(x))", "Goose(gus)"],
        [
            ("Gus can fly.", "CanFly(gus)", "True"),
            ("Gus is a stone.", "Stone(gus)", "False"),
            ("Gus is old.", "Old(gus)", "Uncertain"),
        ],
    ),
    (
        [
            "Every ship in the bay has a captain or is a wreck.",
            "The Merle is in the bay.",
            "The Merle is no wreck.",
            "Whatever has a captain is insured.",
        ],
        [
            "∀x (Ship(x) ∧ InBay(x) → HasCaptain(x) ∨ Wreck(x))",
            "Ship(merle) ∧ InBay(merle)",
            "¬Wreck(merle)",
            "∀x (HasCaptain(x) → Insured(x))",
        ],
        [
            ("The Merle is insured.", "Insured(merle)", "True"),
            ("Some ship in the bay is insured.", "∃x (Ship(x) ∧ InBay(x) ∧ Insured(x))", "True"),
            ("The Merle has no captain.", "¬HasCaptain(merle)", "False"),
            ("The Merle is fast.", "Fast(merle)", "Uncertain"),
            ("All ships are insured.", "∀x (Ship(x) → Insured(x))", "Uncertain"),
        ],
    ),
    (
        [
            "Anna either paints or sculpts, but not both.",
            "If Anna sculpts, she rents a studio.",
            "Anna rents no studio.",
            "Who paints owns a brush.",
        ],
        [
            "Paints(anna) ⊕ Sculpts(anna)",
            "Sculpts(anna) → Rents(anna, studio)",
            "¬Rents(anna, studio)",
            "∀x (Paints(x) → ∃y (Brush(y) ∧ Owns(x, y)))",
        ],
        [
            ("Anna paints.", "Paints(anna)", "True"),
            ("Anna sculpts.", "Sculpts(anna)", "False"),
            ("Somebody owns a brush.", "∃x ∃y (Brush(y) ∧ Owns(x, y))", "True"),
            ("Anna owns a chisel.", "∃y (Chisel(y) ∧ Owns(anna, y))", "Uncertain"),
        ],
    ),
]

_LETTERS = {"True": "A", "False": "B", "Uncertain": "C"}


def write_folio(folder: Path) -> None:
    """12 questions about three stories of our own: Logic-LM's dev.json, and FOLIO's formulas in the folder beside."""
    rows: list[dict[str, Any]] = []
    formulas: list[str] = []
    for premises, premises_fol, questions in _STORIES:
        for conclusion, conclusion_fol, label in questions:
            question = "Based on the above information, is the following statement true, false, or uncertain? "
            rows.append(
                {
                    "id": f"mini-{len(rows)}",
                    "context": " ".join(premises),
                    "question": question + conclusion,
                    "options": ["A) True", "B) False", "C) Uncertain"],
                    "answer": _LETTERS[label],
                }
            )
            gold = {"premises": premises, "premises-FOL": premises_fol, "conclusion": conclusion}
            formulas.append(json.dumps(gold | {"conclusion-FOL": conclusion_fol, "label": label}, ensure_ascii=False))
    write_json(folder / "dev.json", rows)
    beside = folder.parent / "folio"
    beside.mkdir(parents=True, exist_ok=True)
    (beside / "folio-validation.jsonl").write_text("\n".join(formulas) + "\n", encoding="utf-8")


def write(root: Path) -> None:
    write_folio(root / "folio_delegation")
