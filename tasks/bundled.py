"""Makes the bundled mini samples of `tasks/data`: our own databases, questions and commands, in the official formats.

`python -m tasks.bundled` writes them anew; a test holds that what is committed is what this writes.
"""

from __future__ import annotations

import itertools
import json
import random
import sqlite3
from pathlib import Path
from typing import Any

from executors import command
from tasks.source import BUNDLED

_LIBRARY = """
CREATE TABLE branch (branch_id INTEGER PRIMARY KEY, name TEXT, city TEXT, opened INTEGER);
CREATE TABLE book (book_id INTEGER PRIMARY KEY, title TEXT, author TEXT, year INTEGER, pages INTEGER);
CREATE TABLE copy (copy_id INTEGER PRIMARY KEY, book_id INTEGER REFERENCES book(book_id),
    branch_id INTEGER REFERENCES branch(branch_id), condition TEXT);
CREATE TABLE loan (loan_id INTEGER PRIMARY KEY, copy_id INTEGER REFERENCES copy(copy_id), reader TEXT, days INTEGER);
INSERT INTO branch VALUES (1,'Harbour','Vestby',1968),(2,'Mill Lane','Vestby',1991),(3,'Hilltop','Norwick',2004),
    (4,'Station','Norwick',2011),(5,'Old Town','Farrow',1954);
INSERT INTO book VALUES (1,'The Salt Road','I. Varga',1987,412),(2,'Nine Lanterns','I. Varga',1993,288),
    (3,'A Grammar of Rivers','T. Okoro',2001,530),(4,'Glass Orchard','L. Brandt',2001,198),
    (5,'Winter Arithmetic','S. Quist',2012,276),(6,'The Cartographer''s Niece','L. Brandt',2015,344),
    (7,'Small Engines','P. Adeyemi',1979,150);
INSERT INTO copy VALUES (1,1,1,'good'),(2,1,2,'worn'),(3,2,1,'good'),(4,3,3,'new'),(5,4,3,'worn'),(6,5,4,'new'),
    (7,6,4,'new'),(8,6,1,'good'),(9,4,2,'good');
INSERT INTO loan VALUES (1,1,'Ada',14),(2,1,'Bo',21),(3,3,'Ada',7),(4,4,'Cyr',30),(5,6,'Dee',14),(6,8,'Bo',3),
    (7,5,'Ada',28),(8,7,'Eli',14);
"""

_ISLANDS = """
CREATE TABLE island (island_id INTEGER PRIMARY KEY, name TEXT, area_km2 REAL, population INTEGER);
CREATE TABLE harbour (harbour_id INTEGER PRIMARY KEY, island_id INTEGER REFERENCES island(island_id), name TEXT,
    depth_m REAL);
CREATE TABLE ferry (ferry_id INTEGER PRIMARY KEY, name TEXT, built INTEGER, seats INTEGER);
CREATE TABLE crossing (crossing_id INTEGER PRIMARY KEY, ferry_id INTEGER REFERENCES ferry(ferry_id),
    from_harbour INTEGER REFERENCES harbour(harbour_id), to_harbour INTEGER REFERENCES harbour(harbour_id),
    minutes INTEGER, passengers INTEGER);
INSERT INTO island VALUES (1,'Skarn',41.5,1200),(2,'Little Skarn',3.2,0),(3,'Ondra',112.0,8450),(4,'Veil',18.7,310);
INSERT INTO harbour VALUES (1,1,'Skarnport',7.5),(2,3,'Ondra North',12.0),(3,3,'Ondra South',9.1),(4,4,'Veil Quay',3.4);
INSERT INTO ferry VALUES (1,'Tern',1998,220),(2,'Gannet',2009,340),(3,'Petrel',2018,120);
INSERT INTO crossing VALUES (1,1,1,2,55,140),(2,1,2,1,55,95),(3,2,1,3,70,310),(4,2,3,1,70,288),(5,3,2,4,25,61),
    (6,3,4,2,25,12);
"""

_DATABASES = {"library": _LIBRARY, "islands": _ISLANDS}

_QUESTIONS = [
    ("library", "How many branches are there in each city?", "SELECT city, count(*) FROM branch GROUP BY city"),
    ("library", "What are the titles of the books published after 2000?", "SELECT title FROM book WHERE year > 2000"),
    (
        "library",
        "Which book has the most pages? Give its title.",
        "SELECT title FROM book ORDER BY pages DESC LIMIT 1",
    ),
    (
        "library",
        "List the titles of books that have a copy at the branch called Harbour.",
        "SELECT T1.title FROM book AS T1 JOIN copy AS T2 ON T1.book_id = T2.book_id "
        "JOIN branch AS T3 ON T2.branch_id = T3.branch_id WHERE T3.name = 'Harbour'",
    ),
    (
        "library",
        "Which books have no copy at all?",
        "SELECT title FROM book WHERE book_id NOT IN (SELECT book_id FROM copy)",
    ),
    (
        "library",
        "Show each author with the average number of pages of their books.",
        "SELECT author, avg(pages) FROM book GROUP BY author",
    ),
    (
        "library",
        "Which readers have borrowed more than one copy?",
        "SELECT reader FROM loan GROUP BY reader HAVING count(*) > 1",
    ),
    (
        "library",
        "In which cities are there branches opened before 1980 and also branches opened after 1990?",
        "SELECT city FROM branch WHERE opened < 1980 INTERSECT SELECT city FROM branch WHERE opened > 1990",
    ),
    ("islands", "What is the total population of all islands?", "SELECT sum(population) FROM island"),
    (
        "islands",
        "List the names of the islands from the largest to the smallest area.",
        "SELECT name FROM island ORDER BY area_km2 DESC",
    ),
    (
        "islands",
        "How many harbours does each island have? Give the island's name and the number.",
        "SELECT T1.name, count(*) FROM island AS T1 JOIN harbour AS T2 ON T1.island_id = T2.island_id "
        "GROUP BY T1.island_id",
    ),
    ("islands", "Which islands are uninhabited?", "SELECT name FROM island WHERE population = 0"),
    (
        "islands",
        "What is the name of the ferry that carried the most passengers on one crossing?",
        "SELECT T1.name FROM ferry AS T1 JOIN crossing AS T2 ON T1.ferry_id = T2.ferry_id "
        "ORDER BY T2.passengers DESC LIMIT 1",
    ),
    (
        "islands",
        "How many different ferries leave from Ondra North?",
        "SELECT count(DISTINCT T1.ferry_id) FROM crossing AS T1 JOIN harbour AS T2 "
        "ON T1.from_harbour = T2.harbour_id WHERE T2.name = 'Ondra North'",
    ),
    (
        "islands",
        "Give the names of ferries with more seats than the average ferry.",
        "SELECT name FROM ferry WHERE seats > (SELECT avg(seats) FROM ferry)",
    ),
    (
        "islands",
        "Which harbours are deeper than 5 metres but have no crossing leaving from them?",
        "SELECT name FROM harbour WHERE depth_m > 5 AND harbour_id NOT IN (SELECT from_harbour FROM crossing)",
    ),
]


def write_spider(folder: Path) -> None:
    """`dev.json`, `tables.json` and the databases."""
    entries = []
    for db_id, script in _DATABASES.items():
        path = folder / "database" / db_id / f"{db_id}.sqlite"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with sqlite3.connect(path) as connection:
            connection.executescript(script)
        entries.append(_tables_entry(db_id, connection))
        connection.close()
    rows = [{"db_id": db_id, "question": question, "query": query} for db_id, question, query in _QUESTIONS]
    _write_json(folder / "tables.json", entries)
    _write_json(folder / "dev.json", rows)


def _tables_entry(db_id: str, connection: sqlite3.Connection) -> dict[str, Any]:
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")]
    columns: list[tuple[int, str]] = [(-1, "*")]
    types = ["text"]
    for index, name in enumerate(names):
        for _, column, declared, *_ in connection.execute(f"PRAGMA table_info({name})"):
            columns.append((index, column))
            types.append("text" if declared == "TEXT" else "number")
    keys = [
        [columns.index((index, child)), columns.index((names.index(parent_table), parent))]
        for index, name in enumerate(names)
        for _, _, parent_table, child, parent, *_ in connection.execute(f"PRAGMA foreign_key_list({name})")
    ]
    return {
        "db_id": db_id,
        "table_names": [name.replace("_", " ") for name in names],
        "table_names_original": names,
        "column_names": [[table, column.replace("_", " ")] for table, column in columns],
        "column_names_original": [list(column) for column in columns],
        "column_types": types,
        "primary_keys": [columns.index((index, f"{name}_id")) for index, name in enumerate(names)],
        "foreign_keys": sorted(keys),
    }


def write_scan(folder: Path) -> None:
    """16 commands of the grammar, drawn with a fixed seed and kept short, with their actions."""
    meanings = {text: command.meaning(text) for text in command.commands()}
    short = [text for text, actions in meanings.items() if len(actions) <= 16]
    lines = [f"IN: {text} OUT: {' '.join(meanings[text])}" for text in random.Random(11).sample(short, 16)]
    path = folder / "simple_split" / "tasks_test_simple.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


_RIDDLES = [
    ("A jar holds {a} beans. Tia adds {b} and then takes out {c}. How many beans are in the jar?", "{a} + {b} - {c}"),
    ("{a} buses carry {b} people each, and {c} people walk. How many people are on the way?", "{a} * {b} + {c}"),
    ("A rope of {a} metres is cut into {b} equal parts. How long is each part, in metres?", "{a} / {b}"),
    (
        "A kite costs {a} euros and gets {b} percent cheaper. What does it cost now, in euros?",
        "{a} * (100 - {b}) / 100",
    ),
]


def write_gsm8k(folder: Path) -> None:
    """16 word problems from four patterns with seeded numbers, answers computed."""
    draw = random.Random(8)
    lines = []
    for index in range(16):
        question, formula = _RIDDLES[index % 4]
        b = draw.choice([2, 4, 5, 8, 10, 20])
        numbers = {"a": b * draw.randrange(5, 40), "b": b, "c": draw.randrange(1, 10)}
        value = _value(index % 4, **numbers)
        steps = f"{formula.format(**numbers)} = <<{formula.format(**numbers)}={value:g}>>{value:g}"
        lines.append(json.dumps({"question": question.format(**numbers), "answer": f"{steps}\n#### {value:g}"}))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "test.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _value(pattern: int, a: int, b: int, c: int) -> float:
    return (a + b - c, a * b + c, a / b, a * (100 - b) / 100)[pattern]


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
    _write_json(folder / "dev.json", rows)
    beside = folder.parent / "folio"
    beside.mkdir(parents=True, exist_ok=True)
    (beside / "folio-validation.jsonl").write_text("\n".join(formulas) + "\n", encoding="utf-8")


_BLOCKSWORLD = """; Blocksworld with one arm and four actions.
(define (domain blocksworld-4ops)
  (:requirements :strips)
  (:predicates (clear ?x) (on-table ?x) (arm-empty) (holding ?x) (on ?x ?y))
  (:action pickup
    :parameters (?block)
    :precondition (and (clear ?block) (on-table ?block) (arm-empty))
    :effect (and (holding ?block) (not (clear ?block)) (not (on-table ?block)) (not (arm-empty))))
  (:action putdown
    :parameters (?block)
    :precondition (holding ?block)
    :effect (and (clear ?block) (on-table ?block) (arm-empty) (not (holding ?block))))
  (:action stack
    :parameters (?block ?below)
    :precondition (and (holding ?block) (clear ?below))
    :effect (and (on ?block ?below) (clear ?block) (arm-empty) (not (holding ?block)) (not (clear ?below))))
  (:action unstack
    :parameters (?block ?below)
    :precondition (and (on ?block ?below) (clear ?block) (arm-empty))
    :effect (and (holding ?block) (clear ?below) (not (on ?block ?below)) (not (clear ?block)) (not (arm-empty)))))
"""


def write_blocksworld(folder: Path) -> None:
    """The domain and 12 seeded problems of 3 to 6 blocks, described in words of our own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "domain.pddl").write_text(_BLOCKSWORLD, encoding="utf-8")
    draw = random.Random(4)
    for number in range(1, 13):
        blocks = [f"b{index + 1}" for index in range(3 + number % 4)]
        start, goal = _towers(draw, blocks), _towers(draw, blocks)
        wanted = [(upper, lower) for tower in goal for lower, upper in itertools.pairwise(tower)]
        wanted = wanted or [(blocks[0], blocks[1])]
        (folder / f"p{number:02}.nl").write_text(_scene(start, wanted), encoding="utf-8")
        (folder / f"p{number:02}.pddl").write_text(_problem(number, blocks, start, wanted), encoding="utf-8")


def _towers(draw: random.Random, blocks: list[str]) -> list[list[str]]:
    """The blocks in some towers, each from bottom to top."""
    towers: list[list[str]] = []
    for block in draw.sample(blocks, len(blocks)):
        place = draw.randrange(len(towers) + 1)
        if place == len(towers):
            towers.append([])
        towers[place].append(block)
    return towers


def _scene(start: list[list[str]], wanted: list[tuple[str, str]]) -> str:
    lines = [f"There are {sum(map(len, start))} blocks and an arm that holds nothing."]
    for bottom, *others in start:
        lines.append(f"Block {bottom} stands on the table.")
        lines += [f"Block {upper} sits on block {lower}." for lower, upper in itertools.pairwise([bottom, *others])]
        lines.append(f"Nothing is on block {[bottom, *others][-1]}.")
    lines.append("In the end, " + " and ".join(f"{upper} must be on {lower}" for upper, lower in wanted) + ".")
    return "\n".join(lines) + "\n"


def _problem(number: int, blocks: list[str], start: list[list[str]], wanted: list[tuple[str, str]]) -> str:
    facts = ["(arm-empty)"]
    for tower in start:
        facts += [f"(on-table {tower[0]})", *(f"(on {upper} {lower})" for lower, upper in itertools.pairwise(tower))]
        facts.append(f"(clear {tower[-1]})")
    goals = " ".join(f"(on {upper} {lower})" for upper, lower in wanted)
    return (
        f"(define (problem mini-{number})\n(:domain blocksworld-4ops)\n(:objects {' '.join(blocks)})\n"
        f"(:init {' '.join(facts)})\n(:goal (and {goals})))\n"
    )


def _write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def write_all(root: Path = BUNDLED) -> None:
    """Every task's bundled files under `root`."""
    write_spider(root / "spider")
    write_scan(root / "scan")
    write_gsm8k(root / "gsm8k")
    write_folio(root / "folio_delegation")
    write_blocksworld(root / "planning" / "blocksworld")


if __name__ == "__main__":
    write_all()
