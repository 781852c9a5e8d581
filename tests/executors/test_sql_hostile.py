"""All hostile SQL in one run, ours and the official vectors': files stay, time and memory end, the next query works."""

from __future__ import annotations

import hashlib
import os
import re
import time
from pathlib import Path

import pytest

from executors.outcome import Limits, Outcome, Status
from executors.pool import Pool
from executors.sql import Database, Mode, Schema, exact_set_match, execute, execution_match, prediction_line, transpile
from executors.sql.database import rows_of
from tests.executors.sql_attacks import ATTACKS
from tests.executors.test_sql import SCHEMA, make_database
from tests.oracles.agreement import load

# The seconds of work that are counted are processor time: the machine may be busy. A hang is killed.
HANG = 30.0
LIMITS = Limits(seconds=0.25, memory=64 << 20, output=1 << 20, rows=5_000)
# Python's copies of a row, and what the allocator keeps.
SLACK = 64 << 20
HARMLESS = "SELECT count(*) FROM sqlite_master"

MINE = [(kind, query) for kind, queries in ATTACKS.items() for query in queries]


def attack(query: str, database: Database, folder: str) -> tuple[Outcome, float, int]:
    """In a worker: run `query`, then a harmless one; the outcome, the seconds, and by how much memory grew."""
    os.chdir(folder)
    before, started = _reset_peak(), time.process_time()
    outcome = execute(query, database, LIMITS)
    seconds, grown = time.process_time() - started, _peak() - before
    assert execute(HARMLESS, database, LIMITS).ok
    return outcome, seconds, grown


def judged(query: str, database: Database, mode: Mode) -> tuple[bool, bool, float]:
    """In a worker: the official verdicts on `query`, exact and by execution, and the seconds they took."""
    started = time.process_time()
    line = prediction_line(query)
    match = execution_match("SELECT name FROM bird WHERE id = 1", line, database, mode, LIMITS)
    exact = exact_set_match("SELECT name FROM bird", line, Schema({"bird": frozenset({"name"})}, {}))
    return exact.equal, match.equal, time.process_time() - started


def _reset_peak() -> int:
    """Bytes this process holds; its peak is counted anew from here."""
    Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    match = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert match is not None
    return int(match[1]) << 10


def contents(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return make_database(tmp_path / "birds.sqlite", SCHEMA)


def test_there_are_more_than_a_hundred() -> None:
    assert len({query for _, query in MINE}) == len(MINE) > 150


async def test_our_attacks(database: Database) -> None:
    folder = database.path.parent
    before = contents(folder)
    async with Pool(1) as pool:
        for kind, query in MINE:
            shown = (kind, query[:80])
            outcome, seconds, grown = await pool.run(HANG, attack, query, database, str(folder))
            assert seconds < LIMITS.seconds + 1, shown
            assert grown < LIMITS.memory + SLACK, shown
            assert outcome.ok or outcome.detail, shown
            if kind in ("writes", "transactions and settings", "files and code"):
                assert not outcome.ok, shown
            assert contents(folder) == before, shown
        assert pool.respawned == 0, "nothing had to be killed"


@pytest.mark.parametrize("mode", [Mode.DEFAULT, Mode.PLUG_VALUE])
async def test_official_verdicts_on_our_attacks(mode: Mode, database: Database) -> None:
    before = contents(database.path.parent)
    async with Pool(1) as pool:
        for kind, query in MINE:
            # The prediction, and with plugged values all candidates together, have the limit each.
            exact, equal, seconds = await pool.run(HANG, judged, query, database, mode)
            assert not exact, (kind, query[:80])
            assert not equal, (kind, query[:80])
            assert seconds < 2 * LIMITS.seconds + 1, (kind, query[:80])
        assert pool.respawned == 0
    assert contents(database.path.parent) == before


async def test_the_official_vectors_hostile_rows(oracles: Path, data_root: Path, tmp_path: Path) -> None:
    databases = data_root / "spider" / "database"
    cases = [case for case in load(oracles / "sql.jsonl") if case["source"] == "written"]
    named = {case["db_id"]: Database.of(databases / case["db_id"] / f"{case['db_id']}.sqlite") for case in cases}
    async with Pool(1) as pool:
        for case in cases:
            outcome, seconds, grown = await pool.run(HANG, attack, case["pred"], named[case["db_id"]], str(tmp_path))
            assert seconds < LIMITS.seconds + 1, case["id"]
            assert grown < LIMITS.memory + SLACK, case["id"]
            assert outcome.ok or outcome.detail, case["id"]
            assert not (case["oracle"]["db_changed"] and outcome.ok), case["id"]
        assert pool.respawned == 0
    assert contents(tmp_path) == {}
    assert all(Database.of(database.path) == database for database in named.values())


@pytest.mark.parametrize("dialect", ["postgres", "mysql"])
async def test_translating_our_attacks_ends(dialect: str) -> None:
    async with Pool(1) as pool:
        for kind, query in MINE:
            text = await pool.run(HANG, transpile, query, dialect)
            assert isinstance(text, (str, Outcome)), (kind, query[:80])
        assert pool.respawned == 0


def test_the_harmless_query_counts_tables(database: Database) -> None:
    assert rows_of(execute(HARMLESS, database, LIMITS)) == ((2,),)
    assert execute("", database, LIMITS).status is Status.NO_PROGRAM
