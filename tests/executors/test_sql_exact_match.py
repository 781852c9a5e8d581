"""The official exact set match: how it reads a query, what it compares, how hard it finds a query."""

from __future__ import annotations

import random
import re
import sqlite3
from pathlib import Path

import pytest

from executors.outcome import Status
from executors.sql import Database, Hardness, Query, Schema, Unparsable, exact_set_match, parse
from executors.sql import tokens as words
from executors.sql.clause_parser import DEEPEST
from executors.sql.database import LONGEST_STATEMENT
from executors.sql.schema import foreign_keys

SCHEMA = Schema(
    tables={
        "bird": frozenset({"id", "name", "wingspan", "region"}),
        "nest": frozenset({"id", "bird_id", "eggs", "name"}),
        "visit": frozenset({"nest_id", "bird_id", "day"}),
    },
    keys={"nest.bird_id": "bird.id", "bird.id": "bird.id", "visit.bird_id": "bird.id"},
)


def equal(gold: str, predicted: str) -> bool:
    match = exact_set_match(gold, predicted, SCHEMA)
    assert match.gold.ok, match.gold.detail
    return match.equal


def parsed(text: str) -> Query:
    query = parse(text, SCHEMA)
    assert isinstance(query, Query), query
    return query


class TestWords:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("SELECT count(*) FROM Bird;", ["select", "count", "(", "*", ")", "from", "bird", ";"]),
            ("a >= 1 AND b ! = 'It is'", ["a", ">=", "1", "and", "b", "!=", '"It is"']),
            ("a=1", ["a=1"]),
            ("a<>1", ["a", "<", ">", "1"]),
            ("IN (1,2, 3)", ["in", "(", "1,2", ",", "3", ")"]),
            ("ORDER BY a DESC. This is it.", ["order", "by", "a", "desc", ".", "this", "is", "it", "."]),
            ("a > 5. and b", ["a", ">", "5.", "and", "b"]),
            ("T1.name", ["t1.name"]),
            ("cannot", ["can", "not"]),
        ],
    )
    def test_are_those_of_english_text(self, text: str, expected: list[str]) -> None:
        assert words.tokenize(text) == expected

    def test_an_odd_quotation_mark_is_no_query(self) -> None:
        with pytest.raises(words.UnbalancedQuotesError):
            words.tokenize("SELECT 'it's'")

    def test_agree_with_nltk_inside_of_a_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from nltk.tokenize.destructive import NLTKWordTokenizer

        monkeypatch.setattr(words, "_PERIOD", re.compile(r"(?!)(?P<next>)"))
        pieces = "a T1 . . , : 1 5 ( ) < > = ! ? * - - [ ] { } ; @ # $ % & cannot gonna wanna lemme gotta gimme _ / +"
        alphabet = [*pieces.split(" "), " ", " ", "\n", *"``“”‘«»…—é٣"]
        chance, official = random.Random(3), NLTKWordTokenizer()
        for _ in range(5_000):
            text = "".join(chance.choices(alphabet, k=chance.randint(1, 14)))
            assert words.words_of(text) == official.tokenize(text), repr(text)

    @pytest.mark.parametrize("text", ["a.b" * 30_000, "x. " * 30_000, "." * 90_000, ". " * 45_000, "'" * 90_000])
    def test_long_texts_take_no_long_time(self, text: str) -> None:
        assert words.tokenize(text)


class TestParse:
    @pytest.mark.parametrize(
        "text",
        [
            "SELECT name FROM bird",
            "SELECT DISTINCT count(DISTINCT T1.region) FROM bird AS T1 JOIN nest AS T2 ON T1.id = T2.bird_id",
            "SELECT max(wingspan - id) FROM bird WHERE name LIKE 'h%' OR region NOT IN (SELECT name FROM nest)",
            "SELECT count(*) FROM (SELECT * FROM bird)",
            "SELECT name FROM bird WHERE id BETWEEN 1 AND 3 ORDER BY wingspan DESC LIMIT 1",
            "SELECT name FROM bird UNION (SELECT name FROM nest);",
            "SELECT name FROM bird LIMIT 1 and whatever follows",
        ],
    )
    def test_reads(self, text: str) -> None:
        parsed(text)

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "too early"),
            ("SELECT name", "too early"),
            ("SELECT b.name FROM bird b", "'b' is no table"),
            ("SELECT name FROM bird, nest", "',' is no table"),
            ("SELECT name FROM bird LEFT JOIN nest", "'left' is no table"),
            ("SELECT count(1) FROM bird", "'1' is no column of bird"),
            ("SELECT name FROM bird WHERE id <> 1", "'>' is no column of bird"),
            ("SELECT name FROM bird WHERE id == 1", "'==' is no comparison"),
            ("SELECT name FROM bird WHERE (id = 1 OR id = 2)", "')' is missing before '='"),
            ("SELECT name AS n FROM bird", "'as' is no column of bird"),
            ("SELECT T1.nme FROM bird AS T1", "table bird has no column 'nme'"),
            ("SELECT name FROM nest AS bird", "the alias 'bird' is also the name of a table"),
            ("SELECT name FROM bird AS", "AS names nothing"),
            ("SELECT name FROM bird WHERE name = 'it's'", "a quotation mark has no partner"),
            ("WITH c AS (SELECT name FROM bird) SELECT name FROM c", "'select' is missing before 'with'"),
            ("SELECT name FROM bird WHERE id = (" * (DEEPEST + 1) + "1", f"more than {DEEPEST} queries in one"),
            ("SELECT name FROM bird " + "UNION SELECT name FROM bird " * 500, f"more than {DEEPEST} queries in one"),
            ("x" * (LONGEST_STATEMENT + 1), "characters, at most"),
        ],
    )
    def test_says_what_it_cannot_read(self, text: str, reason: str) -> None:
        query = parse(text, SCHEMA)
        assert isinstance(query, Unparsable)
        assert reason in query.reason

    def test_a_column_belongs_to_the_first_table_that_has_it(self) -> None:
        query = parsed("SELECT name FROM nest JOIN bird ON nest.bird_id = bird.id")
        assert query.select[0].term.left.name == "nest.name"

    def test_only_the_last_direction_is_kept(self) -> None:
        query = parsed("SELECT name FROM bird ORDER BY name DESC, id ASC")
        assert query.order_by is not None
        assert query.order_by.direction == "asc"


class TestMatch:
    @pytest.mark.parametrize(
        ("gold", "predicted"),
        [
            ("SELECT name FROM bird WHERE id = 1 LIMIT 3", "select NAME from BIRD where ID = 7 limit 5"),
            ("SELECT name, id FROM bird", "SELECT id, name FROM bird"),
            ("SELECT DISTINCT name FROM bird", "SELECT name FROM bird"),
            ("SELECT count(DISTINCT name) FROM bird", "SELECT count(name) FROM bird"),
            ("SELECT name FROM bird WHERE id = 1 AND region = 2", "SELECT name FROM bird WHERE region = 1 AND id = 2"),
            (
                "SELECT T1.name FROM bird AS T1 JOIN nest AS T2 ON T1.id = T2.bird_id",
                "SELECT b.name FROM nest AS n JOIN bird AS b ON b.id = n.eggs",
            ),
            (
                "SELECT T2.bird_id FROM bird AS T1 JOIN nest AS T2 ON T1.id = T2.bird_id",
                "SELECT T1.id FROM bird AS T1 JOIN nest AS T2 ON T1.id = T2.bird_id",
            ),
            (
                "SELECT name FROM bird WHERE id = 1 OR id = 2 AND name = 3",
                "SELECT name FROM bird WHERE id = 1 AND id = 2 OR name = 3",
            ),
            ("SELECT name FROM bird LIMIT 1", "SELECT name FROM bird LIMIT 1 This is the answer."),
            ("SELECT name FROM bird WHERE name = 'x'", "SELECT name FROM bird WHERE name = 'value'"),
        ],
    )
    def test_equal(self, gold: str, predicted: str) -> None:
        assert equal(gold, predicted)

    @pytest.mark.parametrize(
        ("gold", "predicted"),
        [
            ("SELECT name FROM bird", "SELECT name FROM nest"),
            ("SELECT name FROM bird", "SELECT max(name) FROM bird"),
            ("SELECT name FROM bird", "SELECT name FROM bird LIMIT 1"),
            ("SELECT name FROM bird WHERE id = 1", "SELECT name FROM bird WHERE id != 1"),
            ("SELECT name FROM bird WHERE id = 1 AND id = 2", "SELECT name FROM bird WHERE id = 1 OR id = 2"),
            ("SELECT name FROM bird ORDER BY id", "SELECT name FROM bird ORDER BY id DESC"),
            ("SELECT name FROM bird UNION SELECT name FROM nest", "SELECT name FROM nest UNION SELECT name FROM bird"),
            ("SELECT bird_id FROM nest", "SELECT id FROM bird"),
            ("SELECT T1.name FROM bird AS T1 JOIN nest AS T2 ON T1.id = T2.bird_id", "SELECT name FROM bird"),
            # Inside a condition's subquery neither keys nor DISTINCT are forgiven, in FROM not even values are.
            (
                "SELECT name FROM bird WHERE id IN (SELECT DISTINCT bird_id FROM nest)",
                "SELECT name FROM bird WHERE id IN (SELECT bird_id FROM nest)",
            ),
            (
                "SELECT count(*) FROM (SELECT name FROM bird WHERE id = 1)",
                "SELECT count(*) FROM (SELECT name FROM bird WHERE id = 2)",
            ),
            ("SELECT name FROM bird", ""),
        ],
    )
    def test_different(self, gold: str, predicted: str) -> None:
        assert not equal(gold, predicted)

    def test_an_unparsable_prediction_is_an_empty_query(self) -> None:
        match = exact_set_match("SELECT name FROM bird", "no query at all", SCHEMA)
        assert match.components is not None
        agreeing = {name for name, part in match.components.items() if part.equal}
        assert agreeing == set(match.components) - {"select", "select(no AGG)"}
        assert (match.predicted.status, match.equal) == (Status.INVALID, False)

    def test_an_unparsable_gold_has_no_verdict(self) -> None:
        match = exact_set_match("SELECT 1", "SELECT 1", SCHEMA)
        assert (match.gold.status, match.equal) == (Status.INVALID, False)
        assert match.hardness is match.components is None
        assert match.gold.detail == "the query ends too early"

    def test_a_missing_connective_ends_in_a_verdict(self) -> None:
        # The official script dies of the second of these.
        for predicted in ("WHERE id = 1 id = 2", "WHERE id = 1 id = 2 AND id = 3 id IN (SELECT id FROM nest)"):
            assert not equal("SELECT name FROM bird WHERE id = 1", f"SELECT name FROM bird {predicted}")


class TestHardness:
    @pytest.mark.parametrize(
        ("gold", "expected"),
        [
            ("SELECT name FROM bird WHERE id = 1", Hardness.EASY),
            ("SELECT name, id FROM bird WHERE id = 1", Hardness.MEDIUM),
            ("SELECT region, count(*) FROM bird GROUP BY region ORDER BY id", Hardness.MEDIUM),
            ("SELECT name FROM bird WHERE id IN (SELECT bird_id FROM nest)", Hardness.HARD),
            ("SELECT name FROM bird WHERE id > 1 ORDER BY id LIMIT 1", Hardness.HARD),
            ("SELECT name FROM bird WHERE id > 1 GROUP BY name ORDER BY id LIMIT 1", Hardness.EXTRA),
            ("SELECT name FROM bird UNION SELECT name FROM nest WHERE id = 1", Hardness.HARD),
        ],
    )
    def test_official_grades(self, gold: str, expected: Hardness) -> None:
        assert exact_set_match(gold, "", SCHEMA).hardness is expected


class TestSchema:
    def test_names_come_from_the_file_and_keys_from_tables_json(self, tmp_path: Path) -> None:
        connection = sqlite3.connect(tmp_path / "x.sqlite")
        connection.executescript("CREATE TABLE Bird (Id, Name); CREATE TABLE nest (Bird_ID); CREATE VIEW v AS SELECT 1")
        connection.close()
        entry = {
            "table_names_original": ["Bird", "nest"],
            "column_names_original": [[-1, "*"], [0, "Id"], [0, "Name"], [1, "Bird_ID"]],
            "foreign_keys": [[3, 1]],
        }
        schema = Schema.of(Database.of(tmp_path / "x.sqlite"), entry)
        assert schema.tables == {"bird": {"id", "name"}, "nest": {"bird_id"}}
        assert schema.keys == {"nest.bird_id": "bird.id", "bird.id": "bird.id"}

    def test_sets_of_linked_columns_are_never_merged(self) -> None:
        names = ["*", "a", "b", "c", "d"]
        assert foreign_keys(names, [[1, 2], [3, 4]]) == {"a": "a", "b": "a", "c": "c", "d": "c"}
        assert foreign_keys(names, [[1, 2], [3, 4], [2, 3]]) == {"a": "a", "b": "a", "c": "c", "d": "c"}
