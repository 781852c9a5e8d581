"""Sentences about invented people and things, with their formulas of first-order logic."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tasks.task import Sample

_KINDS = {
    "baker": "Baker", "sailor": "Sailor", "teacher": "Teacher", "goose": "Goose", "robot": "Robot", "nurse": "Nurse",
    "farmer": "Farmer", "singer": "Singer", "owl": "Owl", "student": "Student", "engine": "Engine", "kite": "Kite",
    "painter": "Painter", "lizard": "Lizard", "driver": "Driver", "lantern": "Lantern",
}  # fmt: skip
_QUALITIES = {
    "tired": "Tired", "brave": "Brave", "loud": "Loud", "patient": "Patient", "heavy": "Heavy", "polite": "Polite",
    "hungry": "Hungry", "famous": "Famous", "careful": "Careful", "awake": "Awake", "cheerful": "Cheerful",
    "broken": "Broken", "visible": "Visible", "expensive": "Expensive", "safe": "Safe", "late": "Late",
}  # fmt: skip
_DEEDS = {
    "sleeps": "Sleeps", "sings": "Sings", "travels": "Travels", "works at night": "WorksAtNight",
    "eats fish": "EatsFish",
    "lives in town": "LivesInTown", "reads books": "ReadsBooks", "owns a boat": "OwnsBoat", "drinks tea": "DrinksTea",
    "swims": "Swims", "wins prizes": "WinsPrizes", "pays taxes": "PaysTaxes",
}  # fmt: skip
_RELATIONS = {"admires": "Admires", "helps": "Helps", "knows": "Knows", "follows": "Follows", "visits": "Visits"}
_NAMES = ("Ada", "Boris", "Chidi", "Dagny", "Elio", "Freya", "Goran", "Hana", "Ivo", "Jette", "Kofi", "Lucia")

# Fields: k, l kinds; q, r qualities; d, e deeds; v a relation; n, m names. Capitals are their symbols.
_PATTERNS = (
    ("All {k}s are {q}.", "∀x ({K}(x) → {Q}(x))"),
    ("Every {k} {d}.", "∀x ({K}(x) → {D}(x))"),
    ("No {k} is {q}.", "∀x ({K}(x) → ¬{Q}(x))"),
    ("Some {k} is {q}.", "∃x ({K}(x) ∧ {Q}(x))"),
    ("Some {k} {d} and is not {q}.", "∃x ({K}(x) ∧ {D}(x) ∧ ¬{Q}(x))"),
    ("{n} is {q}.", "{Q}({n_})"),
    ("{n} is not {q}.", "¬{Q}({n_})"),
    ("{n} is a {k} who {d}.", "{K}({n_}) ∧ {D}({n_})"),
    ("{n} is {q} or {r}.", "{Q}({n_}) ∨ {R}({n_})"),
    ("{n} is either {q} or {r}, but not both.", "{Q}({n_}) ⊕ {R}({n_})"),
    ("{n} is neither {q} nor {r}.", "¬{Q}({n_}) ∧ ¬{R}({n_})"),
    ("If {n} is {q}, then {m} {d}.", "{Q}({n_}) → {D}({m_})"),
    ("{n} {v} {m}.", "{V}({n_}, {m_})"),
    ("{n} {v} every {k} who {d}.", "∀x ({K}(x) ∧ {D}(x) → {V}({n_}, x))"),
    ("A {k} {d} if and only if it is {q}.", "∀x ({K}(x) → ({D}(x) ↔ {Q}(x)))"),
    ("If someone {d} and is {q}, then they are {r}.", "∀x ({D}(x) ∧ {Q}(x) → {R}(x))"),
    ("Whoever {d} also {e}.", "∀x ({D}(x) → {E}(x))"),
    ("Everyone who is {q} is a {k} or a {l}.", "∀x ({Q}(x) → {K}(x) ∨ {L}(x))"),
    ("Every {k} {v} some {l}.", "∀x ({K}(x) → ∃y ({L}(y) ∧ {V}(x, y)))"),
    ("There is a {k} that {v} {n}.", "∃x ({K}(x) ∧ {V}(x, {n_}))"),
    ("Not every {k} is {q}.", "¬∀x ({K}(x) → {Q}(x))"),
    ("A {k} who is {q} is not {r}.", "∀x ({K}(x) ∧ {Q}(x) → ¬{R}(x))"),
)


def formulas(draw: random.Random) -> Iterator[tuple[str, Sample]]:
    """Samples for FOLIO and MALLS in turn."""
    number = 0
    while True:
        words = _words(draw)
        sentence, formula = draw.choice(_PATTERNS)
        task = ("folio", "malls")[number % 2]
        number += 1
        yield task, Sample(sentence, {"sentence": sentence.format(**words)}, formula.format(**words))


def _words(draw: random.Random) -> dict[str, str]:
    (k, kind), (o, other) = draw.sample(list(_KINDS.items()), 2)
    (q, quality), (r, second) = draw.sample(list(_QUALITIES.items()), 2)
    (d, deed), (e, further) = draw.sample(list(_DEEDS.items()), 2)
    v, relation = draw.choice(list(_RELATIONS.items()))
    n, m = draw.sample(_NAMES, 2)
    return {
        "k": k, "l": o, "q": q, "r": r, "d": d, "e": e, "v": v, "n": n, "m": m,
        "K": kind, "L": other, "Q": quality, "R": second, "D": deed, "E": further, "V": relation,
        "n_": n.lower(), "m_": m.lower(),
    }  # fmt: skip
