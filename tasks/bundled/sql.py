"""Two small databases of our own, with questions and dialogues about them: the files of Spider, SParC and CoSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.bundled.writing import write_json

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


# Each turn is what is said and the query that answers it.
_INTERACTIONS = [
    (
        "library",
        [
            ("Which branches are there?", "SELECT name FROM branch"),
            ("Only those in Norwick.", "SELECT name FROM branch WHERE city = 'Norwick'"),
            (
                "Which of them opened last?",
                "SELECT name FROM branch WHERE city = 'Norwick' ORDER BY opened DESC LIMIT 1",
            ),
        ],
    ),
    (
        "library",
        [
            ("Show the titles of all books by L. Brandt.", "SELECT title FROM book WHERE author = 'L. Brandt'"),
            ("And how many pages do they have on average?", "SELECT avg(pages) FROM book WHERE author = 'L. Brandt'"),
            ("The same for every author, please.", "SELECT author, avg(pages) FROM book GROUP BY author"),
            (
                "Leave out authors with a single book.",
                "SELECT author, avg(pages) FROM book GROUP BY author HAVING count(*) > 1",
            ),
        ],
    ),
    (
        "library",
        [
            ("Who has borrowed a copy for more than two weeks?", "SELECT reader FROM loan WHERE days > 14"),
            (
                "For how long in all, each of them?",
                "SELECT reader, sum(days) FROM loan WHERE days > 14 GROUP BY reader",
            ),
        ],
    ),
    (
        "islands",
        [
            ("List the islands with people on them.", "SELECT name FROM island WHERE population > 0"),
            ("Which has the most?", "SELECT name FROM island WHERE population > 0 ORDER BY population DESC LIMIT 1"),
            (
                "Name the harbours of the inhabited ones.",
                "SELECT T2.name FROM island AS T1 JOIN harbour AS T2 ON T1.island_id = T2.island_id "
                "WHERE T1.population > 0",
            ),
        ],
    ),
    (
        "islands",
        [
            ("How many crossings are there?", "SELECT count(*) FROM crossing"),
            ("Per ferry?", "SELECT ferry_id, count(*) FROM crossing GROUP BY ferry_id"),
            (
                "With the ferries' names instead of their numbers.",
                "SELECT T1.name, count(*) FROM ferry AS T1 JOIN crossing AS T2 ON T1.ferry_id = T2.ferry_id "
                "GROUP BY T1.ferry_id",
            ),
        ],
    ),
]

# As in CoSQL, a turn may hold the system's question back and the answer to it.
_CONVERSATIONS = [
    (
        "library",
        [
            (
                "Tell me about the old books. | Do you mean books published before 1990? | Yes, their titles.",
                "SELECT title FROM book WHERE year < 1990",
            ),
            ("Who wrote them?", "SELECT author FROM book WHERE year < 1990"),
            (
                "Is any of them on a shelf in good condition? Give the titles.",
                "SELECT T1.title FROM book AS T1 JOIN copy AS T2 ON T1.book_id = T2.book_id "
                "WHERE T1.year < 1990 AND T2.condition = 'good'",
            ),
        ],
    ),
    (
        "library",
        [
            ("How many copies does the library own?", "SELECT count ( * ) FROM copy"),
            ("And by condition?", "SELECT condition ,  count ( * ) FROM copy GROUP BY condition"),
            (
                "Which condition is the rarest?",
                "SELECT condition FROM copy GROUP BY condition ORDER BY count ( * ) ASC LIMIT 1",
            ),
            (
                "Where are the worn copies? | By branch? | Yes, the names of the branches.",
                "SELECT T2.name FROM copy AS T1 JOIN branch AS T2 ON T1.branch_id   =   T2.branch_id "
                "WHERE T1.condition   =   'worn'",
            ),
        ],
    ),
    (
        "islands",
        [
            ("Which ferries were built since 2009?", "SELECT name FROM ferry WHERE built  > =  2009"),
            ("And all others?", "SELECT name FROM ferry EXCEPT SELECT name FROM ferry WHERE built  > =  2009"),
            ("How many seats have all ferries together?", "SELECT sum ( seats ) FROM ferry"),
        ],
    ),
    (
        "islands",
        [
            (
                "Show the names of harbours that are not deep. | Less than how much? | Less than 8 metres.",
                "SELECT name FROM harbour WHERE depth_m < 8",
            ),
            (
                "On which islands are those?",
                "SELECT T1.name FROM island AS T1 JOIN harbour AS T2 ON T1.island_id   =   T2.island_id "
                "WHERE T2.depth_m < 8",
            ),
            (
                "Are there islands without any harbour?",
                "SELECT name FROM island WHERE island_id NOT IN  ( SELECT island_id FROM harbour ) ",
            ),
            ("How large are all islands on average?", "SELECT avg ( area_km2 ) FROM island"),
        ],
    ),
]


def write_databases(folder: Path) -> None:
    """`tables.json` and the databases."""
    entries = []
    for db_id, script in _DATABASES.items():
        path = folder / "database" / db_id / f"{db_id}.sqlite"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with sqlite3.connect(path) as connection:
            connection.executescript(script)
        entries.append(_tables_entry(db_id, connection))
        connection.close()
    write_json(folder / "tables.json", entries)


def write_questions(path: Path) -> None:
    """Spider's file."""
    write_json(path, [{"db_id": name, "question": question, "query": query} for name, question, query in _QUESTIONS])


def write_interactions(path: Path, interactions: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> None:
    """The file of SParC and CoSQL."""
    rows = []
    for name, turns in interactions:
        steps = [{"utterance": said, "query": query} for said, query in turns]
        rows.append({"database_id": name, "interaction": steps, "final": steps[-1]})
    write_json(path, rows)


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


def write(root: Path) -> None:
    for task in ("spider", "sparc", "cosql"):
        write_databases(root / task)
    write_questions(root / "spider" / "dev.json")
    write_interactions(root / "sparc" / "dev.json", _INTERACTIONS)
    write_interactions(root / "cosql" / "sql_state_tracking" / "cosql_dev.json", _CONVERSATIONS)
