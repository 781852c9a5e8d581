"""Short stories of our own with questions about them: FOLIO's formulas, ProofWriter's worlds, PrOntoQA's chains."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from tasks.bundled.writing import write_json, write_lines

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
    write_lines(folder.parent / "folio" / "folio-validation.jsonl", formulas)


# --- ProofWriter and PrOntoQA -----------------------------------------------------------------------------------------

_OPEN_WORLD = [
    (
        "Olga is calm. Olga is tall. Igor is not tall. All calm people are patient. Patient, tall people are kind. "
        "If someone is patient then they are not rude. If Igor is calm then Igor is brave.",
        [("Olga is kind.", "A"), ("Olga is rude.", "B"), ("Igor is patient.", "C"), ("Igor is not tall.", "A")],
    ),
    (
        "The owl sees the hen. The owl is grey. The wild goose needs the owl. If something sees the hen then it likes "
        "the wild goose. If something likes the wild goose and it is grey then the wild goose is wary. "
        "If the owl likes the wild goose then the hen does not like the owl.",
        [
            ("The wild goose is wary.", "A"),
            ("The hen likes the owl.", "B"),
            ("The hen does not like the owl.", "A"),
            ("The hen sees the owl.", "C"),
            ("The owl does not like the wild goose.", "B"),
        ],
    ),
    (
        "Rosa is quick. Milo is slow. Milo is sly. Quick things are light. All slow, sly things are heavy. "
        "If something is heavy and not quick then it is lazy. If something is light then it is not heavy.",
        [
            ("Rosa is light.", "A"),
            ("Rosa is heavy.", "B"),
            ("Milo is heavy.", "A"),
            ("Milo is not heavy.", "B"),
            ("Rosa is sly.", "C"),
            ("Rosa is lazy.", "C"),
        ],
    ),
]

_KINDS = ["brimple", "daxon", "florbit", "zindle", "quandle", "merrel", "tosk", "vintle"]
_QUALITIES = ["shiny", "heavy", "soft", "loud", "bitter", "cold", "striped", "hollow"]


def _prontoqa(draw: random.Random, name: str) -> tuple[str, str, str, list[str]]:
    """A chain of kinds, each with a quality or its absence: context, statement, answer, explanation."""
    kinds = draw.sample(_KINDS, 6)
    qualities = draw.sample(_QUALITIES, 6)
    rules: list[str] = []
    for kind, above, quality in zip(kinds, [*kinds[1:], ""], qualities):
        negation = draw.choice(["", "not "])
        plural = f"{kind.capitalize()}s"
        rules.append(draw.choice([f"Each {kind} is {negation}{quality}.", f"{plural} are {negation}{quality}."]))
        if above:
            rules.append(draw.choice([f"Every {kind} is a {above}.", f"{plural} are {above}s."]))
    start = draw.randrange(3)
    end = draw.randrange(start + 1, len(kinds))
    holds = "not" not in rules[2 * end]
    asked = draw.choice([True, False])
    fact = f"{name} is a {kinds[start]}."
    statement = f"{name} is {'' if asked else 'not '}{qualities[end]}."
    steps = [fact, *(f"{name} is a {kind}." for kind in kinds[start + 1 : end + 1]), rules[2 * end]]
    return " ".join([*rules, fact]), statement, "A" if asked == holds else "B", steps


def _row(name: str, context: str, question: str, options: list[str], answer: str) -> dict[str, Any]:
    return {
        "id": name,
        "context": context,
        "question": question,
        "options": [f"{letter}) {option}" for letter, option in zip("ABC", options)],
        "answer": answer,
    }


def write_proofwriter(path: Path) -> None:
    """15 questions about three little worlds, where what is not said is unknown."""
    question = "Based on the above information, is the following statement true, false, or unknown?"
    rows = [
        _row(f"mini-{world}-{number}", context, f"{question} {statement}", ["True", "False", "Unknown"], answer)
        for world, (context, questions) in enumerate(_OPEN_WORLD)
        for number, (statement, answer) in enumerate(questions)
    ]
    write_json(path, rows)


def write_prontoqa(path: Path) -> None:
    """14 chains over kinds that do not exist."""
    draw = random.Random(11)
    rows: list[dict[str, Any]] = []
    for number, name in enumerate(["Alma", "Boris", "Carla", "Dario", "Elke", "Fritz", "Greta"] * 2):
        context, statement, answer, explanation = _prontoqa(draw, name)
        question = f"Is the following statement true or false? {statement}"
        rows.append(_row(f"mini-{number}", context, question, ["True", "False"], answer) | {"explanation": explanation})
    write_json(path, rows)


def write(root: Path) -> None:
    write_folio(root / "folio_delegation")
    write_proofwriter(root / "proofwriter" / "test.json")
    write_prontoqa(root / "prontoqa" / "dev.json")
