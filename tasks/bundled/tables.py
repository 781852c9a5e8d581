"""Tables of our own with questions: WikiSQL's and WikiTableQuestions' files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tasks.bundled.writing import write_lines

_TABLES: list[dict[str, Any]] = [
    {
        "id": "mini-1",
        "header": ["Ferry", "Built", "Seats", "Home harbour"],
        "types": ["text", "real", "real", "text"],
        "rows": [
            ["Tern", 1998, 220, "Skarnport"],
            ["Gannet", 2009, 340, "Ondra North"],
            ["Petrel", 2018, 120, "Veil Quay"],
            ["Fulmar", 1987, 180, "Skarnport"],
            ["Kittiwake", 2018, 410, "Ondra North"],
        ],
    },
    {
        "id": "mini-2",
        "header": ["Week", "Guest", "Subject", "Listeners"],
        "types": ["real", "text", "text", "real"],
        "rows": [
            [1, "I. Varga", "Salt", 1200],
            [2, "T. Okoro", "Rivers", 1850],
            [3, "I. Varga", "Lanterns", 1640],
            [4, "L. Brandt", "Orchards", 990],
            [5, "S. Quist", "Winter", 2010],
            [6, "T. Okoro", "Grammar", 1430],
        ],
    },
]

# (table, question, column, aggregate, conditions)
_WIKISQL: list[tuple[str, str, int, int, list[list[Any]]]] = [
    ("mini-1", "How many seats does the Gannet have?", 2, 0, [[0, 0, "Gannet"]]),
    ("mini-1", "Which ferries have their home in Skarnport?", 0, 0, [[3, 0, "Skarnport"]]),
    ("mini-1", "How many ferries were built in 2018?", 0, 3, [[1, 0, 2018]]),
    ("mini-1", "What is the largest number of seats?", 2, 1, []),
    ("mini-1", "What is the total of seats in Ondra North?", 2, 4, [[3, 0, "Ondra North"]]),
    ("mini-1", "Which ferry of Ondra North was built after 2010?", 0, 0, [[3, 0, "Ondra North"], [1, 1, 2010]]),
    ("mini-1", "When was the oldest ferry built?", 1, 2, []),
    ("mini-2", "Who was the guest in week 4?", 1, 0, [[0, 0, 4]]),
    ("mini-2", "How often was T. Okoro a guest?", 1, 3, [[1, 0, "T. Okoro"]]),
    ("mini-2", "What did I. Varga talk about?", 2, 0, [[1, 0, "I. Varga"]]),
    ("mini-2", "How many listeners were there on average?", 3, 5, []),
    ("mini-2", "Which subjects had fewer than 1300 listeners?", 2, 0, [[3, 2, 1300]]),
    ("mini-2", "How many listeners had T. Okoro at most?", 3, 1, [[1, 0, "T. Okoro"]]),
]


def write_wikisql(folder: Path) -> None:
    questions = [
        {"table_id": table, "question": question, "sql": {"sel": column, "agg": aggregate, "conds": conditions}}
        for table, question, column, aggregate, conditions in _WIKISQL
    ]
    write_lines(folder / "data" / "test.jsonl", map(json.dumps, questions))
    write_lines(folder / "data" / "test.tables.jsonl", map(json.dumps, _TABLES))


# A quote inside a cell has a backslash before it, as in the released files.
_RACE = """Pos,Skipper,Boat,Time,Points
1,Ada Lund (FAR),"Kite \\"II\\"",2:14:05,"1,250"
2,Bo Quist (NOR),Sandpiper,2:15:40,980
3,Cyr Okoro (FAR),Lantern,2:15:41,815
4,Dee Varga (VES),Old Salt,2:20:00,600
5,Eli Brandt (NOR),Sandpiper II,,0
"""

_SHOWS = """Year,Play,Theatre,Opened,Evenings
1998,The Salt Road,Harbour House,"March 3, 1998",41
1999,Nine Lanterns,Mill Stage,"May 12, 1999",17
2001,Glass Orchard,Harbour House,"January 30, 2001",63
2001,Small Engines,Old Town Hall,"October 9, 2001",–
2004,Winter Arithmetic,Mill Stage,"February 14, 2004",28
"""

# (table, question, answers, canonical answers)
_WIKITQ: list[tuple[str, str, list[str], list[str]]] = [
    ("race", "who won the race?", ["Ada Lund (FAR)"], ["Ada Lund (FAR)"]),
    ("race", "how many points did the winner get?", ["1,250"], ["1250.0"]),
    ("race", "which boat came in third?", ["Lantern"], ["Lantern"]),
    ("race", "how many skippers are from nor?", ["2"], ["2.0"]),
    ("race", "which boats got fewer than 900 points?", ["Lantern", "Old Salt", "Sandpiper II"], []),
    ("race", "who did not finish?", ["Eli Brandt (NOR)"], ["Eli Brandt (NOR)"]),
    ("race", "what is the difference in points between the first and the second?", ["270"], ["270.0"]),
    ("shows", "when did nine lanterns open?", ["May 12, 1999"], ["1999-05-12"]),
    ("shows", "which theatre had two plays in different years before 2002?", ["Harbour House"], ["Harbour House"]),
    ("shows", "how many evenings did glass orchard run?", ["63"], ["63.0"]),
    ("shows", "which play ran the longest?", ["Glass Orchard"], ["Glass Orchard"]),
    ("shows", "how many plays were there in 2001?", ["2"], ["2.0"]),
    ("shows", "which plays were shown at the mill stage?", ["Nine Lanterns", "Winter Arithmetic"], []),
]


def write_wikitq(folder: Path) -> None:
    for name, content in (("race", _RACE), ("shows", _SHOWS)):
        write_lines(folder / "csv" / "900-csv" / f"{name}.csv", content.splitlines())
    head = "id\tutterance\tcontext\ttargetValue"
    rows = [
        (f"mini-{number}", question, f"csv/900-csv/{table}.csv", "|".join(answers))
        for number, (table, question, answers, _) in enumerate(_WIKITQ)
    ]
    write_lines(folder / "data" / "pristine-unseen-tables.tsv", [head, *("\t".join(row) for row in rows)])
    tagged = [
        "\t".join([*row, "|".join(canonical or answers)])
        for row, (_, _, answers, canonical) in zip(rows, _WIKITQ, strict=True)
    ]
    write_lines(folder / "tagged" / "data" / "pristine-unseen-tables.tagged", [f"{head}\ttargetCanon", *tagged])


def write(root: Path) -> None:
    write_wikisql(root / "wikisql")
    write_wikitq(root / "wikitq")
