"""Sentences of our own to be put into formulas, and two little theories with LogicNLI's four labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tasks.bundled.writing import write_json

_SENTENCES = [
    ("All geese can fly.", "∀x (Goose(x) → CanFly(x))"),
    ("Some ship in the bay has no captain.", "∃x (Ship(x) ∧ InBay(x) ∧ ¬HasCaptain(x))"),
    ("Gus is neither a stone nor a cloud.", "¬Stone(gus) ∧ ¬Cloud(gus)"),
    ("Anna either paints or sculpts, but not both.", "Paints(anna) ⊕ Sculpts(anna)"),
    ("No stone can fly.", "∀x (Stone(x) → ¬CanFly(x))"),
    ("If it rains in Turin, then Anna stays at home.", "Rains(turin) → StaysHome(anna)"),
    ("A gate is open exactly when its lamp is green.", "∀x (Gate(x) → (Open(x) ↔ GreenLamp(x)))"),
    ("Every smith owns a hammer.", "∀x ∃y (Smith(x) → Hammer(y) ∧ Owns(x, y))"),
    ("Whoever sells fish and bread is a grocer.", "∀x (Sells(x, fish) ∧ Sells(x, bread) → Grocer(x))"),
    ("The Merle is a ship or a wreck.", "Ship(merle) ∨ Wreck(merle)"),
    ("Not everyone who sings is heard.", "¬∀x (Sings(x) → Heard(x))"),
    ("Someone in the choir admires everyone in it.", "∃x ∀y (InChoir(x) ∧ (InChoir(y) → Admires(x, y)))"),
    ("Tall towers that lean are famous or in danger.", "∀x (Tower(x) ∧ Tall(x) ∧ Leans(x) → Famous(x) ∨ InDanger(x))"),
    ("Rosa likes tea unless it is cold.", "¬Cold(tea) → Likes(rosa, tea)"),
]

_RULES_OF_THUMB = [
    (
        "A kettle that whistles is hot and must be taken off the stove.",
        "∀x (Kettle(x) ∧ Whistles(x) → Hot(x) ∧ MustBeTakenOff(x))",
    ),
    ("A bridge is safe if it is inspected every year.", "∀x (Bridge(x) ∧ InspectedYearly(x) → Safe(x))"),
    (
        "A cyclist may pass the gate or walk around it, but not both.",
        "∀x (Cyclist(x) → (PassesGate(x) ⊕ WalksAround(x)))",
    ),
    ("A seed that gets no water does not sprout.", "∀x (Seed(x) ∧ ¬GetsWater(x) → ¬Sprouts(x))"),
    (
        "A letter without a stamp is sent back to its sender.",
        "∀x ∀y (Letter(x) ∧ ¬Stamped(x) ∧ Sender(y, x) → SentBack(x, y))",
    ),
    (
        "A room is quiet exactly when its door and its windows are shut.",
        "∀x (Room(x) → (Quiet(x) ↔ DoorShut(x) ∧ WindowsShut(x)))",
    ),
    ("A baker rises early and sleeps early.", "∀x (Baker(x) → RisesEarly(x) ∧ SleepsEarly(x))"),
    ("A knot that slips is not tied well.", "∀x (Knot(x) ∧ Slips(x) → ¬TiedWell(x))"),
    (
        "A boat floats if its hull is dry or it is made of cork.",
        "∀x (Boat(x) ∧ (DryHull(x) ∨ MadeOfCork(x)) → Floats(x))",
    ),
    (
        "A guest who brings a gift is thanked by the host.",
        "∀x ∀y ∀z (Guest(x) ∧ Gift(y) ∧ Brings(x, y) ∧ Host(z) → Thanks(z, x))",
    ),
    ("A lock opens only with its own key.", "∀x ∀y (Lock(x) ∧ Key(y) ∧ Opens(y, x) → OwnKey(y, x))"),
    ("A path is either steep or long.", "∀x (Path(x) → (Steep(x) ⊕ Long(x)))"),
    ("An orchard with bees bears more fruit.", "∀x (Orchard(x) ∧ HasBees(x) → BearsMoreFruit(x))"),
]


def write_pairs(path: Path, pairs: list[tuple[str, str]]) -> None:
    """LogicLLaMA's form: a list of {NL, FOL}."""
    write_json(path, [{"NL": sentence, "FOL": formula} for sentence, formula in pairs])


# --- LogicNLI ---------------------------------------------------------------------------------------------------------

_Literal = tuple[str, str, str]
_Side = tuple[str, list[_Literal]]


def _statement(literal: _Literal) -> str:
    name, kind, sign = literal
    return f"{name} is {'' if sign == '+' else 'not '}{kind}."


# Facts, rules (sentence, left, kind, right) and statements with their labels, of two theories.
_THEORIES: list[tuple[list[_Literal], list[tuple[str, _Side, str, _Side]], list[tuple[_Literal, str]]]] = [
    (
        [("Nora", "calm", "+"), ("Paul", "loud", "+"), ("Vera", "shy", "-"), ("Nora", "rich", "-")],
        [
            (
                "If someone is calm, then he is not loud.",
                ("none", [("all", "calm", "+")]),
                "imp",
                ("none", [("all", "loud", "-")]),
            ),
            (
                "If there is someone who is loud, then Vera is wise and Paul is not calm.",
                ("none", [("exist", "loud", "+")]),
                "imp",
                ("and", [("Vera", "wise", "+"), ("Paul", "calm", "-")]),
            ),
            (
                "Someone is shy if and only if he is not wise.",
                ("none", [("all", "shy", "+")]),
                "equ",
                ("none", [("all", "wise", "-")]),
            ),
            (
                "Nora being calm or Paul being rich implies that Vera is shy.",
                ("or", [("Nora", "calm", "+"), ("Paul", "rich", "+")]),
                "imp",
                ("none", [("Vera", "shy", "+")]),
            ),
        ],
        [
            (("Nora", "loud", "-"), "entailment"),
            (("Nora", "loud", "+"), "contradiction"),
            (("Paul", "calm", "-"), "entailment"),
            (("Paul", "calm", "+"), "contradiction"),
            (("Paul", "shy", "+"), "neutral"),
            (("Nora", "wise", "-"), "neutral"),
            (("Vera", "shy", "+"), "self_contradiction"),
            (("Vera", "wise", "-"), "self_contradiction"),
        ],
    ),
    (
        [("Igor", "brave", "+"), ("Rosa", "brave", "+"), ("Igor", "tired", "-"), ("Rosa", "proud", "+")],
        [
            (
                "If all people are brave, then Rosa is not proud.",
                ("none", [("all", "brave", "+")]),
                "imp",
                ("none", [("Rosa", "proud", "-")]),
            ),
            (
                "If someone is brave and not tired, then he is ready.",
                ("and", [("all", "brave", "+"), ("all", "tired", "-")]),
                "imp",
                ("none", [("all", "ready", "+")]),
            ),
            (
                "Igor being ready is equivalent to Rosa being not idle.",
                ("none", [("Igor", "ready", "+")]),
                "equ",
                ("none", [("Rosa", "idle", "-")]),
            ),
            (
                "It can be concluded that Igor is idle once knowing that Rosa is tired and Igor is proud.",
                ("and", [("Rosa", "tired", "+"), ("Igor", "proud", "+")]),
                "imp",
                ("none", [("Igor", "idle", "+")]),
            ),
        ],
        [
            (("Igor", "ready", "+"), "entailment"),
            (("Rosa", "idle", "-"), "entailment"),
            (("Rosa", "idle", "+"), "contradiction"),
            (("Igor", "tired", "+"), "contradiction"),
            (("Rosa", "ready", "+"), "neutral"),
            (("Igor", "idle", "+"), "neutral"),
            (("Rosa", "proud", "+"), "self_contradiction"),
            (("Rosa", "proud", "-"), "self_contradiction"),
        ],
    ),
]


def write_logicnli(folder: Path) -> None:
    """Two theories with all four labels, as sentences and as structures."""
    language: dict[str, Any] = {}
    logic: dict[str, Any] = {}
    for key, (facts, rules, statements) in enumerate(_THEORIES):
        language[str(key)] = {
            "facts": [_statement(fact) for fact in facts],
            "rules": [text for text, *_ in rules],
            "statements": [_statement(statement) for statement, _ in statements],
            "labels": [label for _, label in statements],
        }
        logic[str(key)] = {
            "facts": {str(number): [*fact, f"fact {number}"] for number, fact in enumerate(facts)},
            "rules": {
                str(number): {
                    "p": {"fact": [list(fact) for fact in left[1]], "conj": left[0]},
                    "q": {"fact": [list(fact) for fact in right[1]], "conj": right[0]},
                    "type": kind,
                }
                for number, (_, left, kind, right) in enumerate(rules)
            },
            "statements": {str(number): [*statement, ""] for number, (statement, _) in enumerate(statements)},
        }
    write_json(folder / "test_language.json", language)
    write_json(folder / "test_logic.json", logic)


def write(root: Path) -> None:
    write_pairs(root / "folio" / "folio_parsed.json", _SENTENCES)
    write_pairs(root / "malls" / "MALLS-v0.1-test.json", _RULES_OF_THUMB)
    write_logicnli(root / "logicnli")
