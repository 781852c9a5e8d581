"""Runs in a bucket: the figures of a run on a disk, nothing half stored counts, nothing stored is asked again."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem
from rich.console import Console
from typer.testing import CliRunner

from harness import storage, uploader
from harness.answers import load
from harness.cli import app
from harness.config import ModelSpec, Sampling, UserError
from harness.evaluate import evaluate
from harness.leaderboard import build
from harness.place import address, is_remote, place
from harness.plan import Options, Plan, prepare
from harness.progress import Progress
from harness.record import Record
from harness.remote import Remote
from harness.runlog import RunLog, parts, read_records, read_run
from harness.summary import RunSummary
from harness.sweep.file import read_sweep
from harness.sweep.local import carry_out as carry_out_jobs
from harness.sweep.units import jobs
from tests.buckets import BUCKET, keys, s3
from tests.harness.test_record import RECORD
from tests.harness.test_runlog import CONFIG, names, sample
from tests.replay import gold, plan_for, server_for
from tests.scripted import Fault

pytestmark = pytest.mark.alone

ROOT = f"s3://{BUCKET}"
TASKS = ["scan", "gsm8k_code"]


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with s3() as client:
        yield client


@pytest.fixture
def bucket(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty bucket, and a mirror of this test's own."""
    for key in keys(server):
        server.delete_object(Bucket=BUCKET, Key=key)
    another_machine(tmp_path / "cache", monkeypatch)
    monkeypatch.setattr(uploader, "_FIRST_WAIT", 0.01)
    return server


def another_machine(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on with the mirror of a machine that knows nothing yet."""
    monkeypatch.setenv("SYMHARNESS_CACHE", str(cache))


def plan(output: str | Path) -> Plan:
    spec = ModelSpec(model="replay:gold")
    settings: dict[str, Any] = {"limit": 4, "run_name": "r", "workers": 1, "data": "bundled"}
    return prepare(Options(spec=spec, tasks=TASKS, sampling=Sampling(), output_path=place(output), **settings))


def carry_out(what: Plan) -> RunSummary:
    with Progress(Console(file=io.StringIO())) as progress:
        return evaluate(what, progress)


def write(folder: Path, *records: Record, config: dict[str, Any] = CONFIG, ends: BaseException | None = None) -> RunLog:
    """What a run does, less its answers: a part a call. `ends` is what ends it before its time."""
    with storage.kept(folder, print) as hand_over, RunLog(folder, config, {}, hand_over) as log:
        for record in records:
            log.append(record)
        if ends is not None:
            raise ends
    return log


def test_a_run_in_a_bucket_is_that_on_a_disk(bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = carry_out(plan(tmp_path)).folder
    there = carry_out(plan(f"{ROOT}/results")).folder
    stored = keys(bucket)
    assert [PurePosixPath(key).name for key in stored if "/samples-000000-" not in key] == [
        "results.json",
        "results.records.json",
        "run.json",
        "starts.jsonl",
    ]
    assert {str(PurePosixPath(key).parent) for key in stored} == {"results/replay_gold/r"}
    assert len(stored) == 5, "records as one part"
    body = bucket.get_object(Bucket=BUCKET, Key="results/replay_gold/r/results.json")["Body"].read()
    assert body == (here / "results.json").read_bytes()
    assert str(tmp_path / "cache") not in json.dumps(read_run(there)["config"])

    another_machine(tmp_path / "elsewhere", monkeypatch)
    fetched = storage.fetch([f"{ROOT}/results"])
    assert not fetched[0].is_relative_to(tmp_path / "cache")
    assert build(fetched).json() == build([here]).json()
    assert load("a", fetched[0] / "replay_gold" / "r").config == load("a", here).config


def test_what_is_there_already_is_not_fetched_again(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = place(f"{ROOT}/m/r")
    write(folder, sample("a"))
    write(folder, sample("b"))
    wanted: list[object] = []
    get = Remote.get
    monkeypatch.setattr(Remote, "get", lambda self, what, to: wanted.extend(what) or get(self, what, to))
    storage.fetch([ROOT])
    assert wanted == []
    folder.joinpath("run.json").unlink()
    storage.fetch([ROOT])
    assert [str(name) for name, _ in wanted] == ["m/r/run.json"]  # type: ignore[misc]


def test_parts_are_closed_and_stored_while_the_run_goes_on(bucket: Any) -> None:
    folder = place(f"{ROOT}/m/r")
    with storage.kept(folder, print) as hand_over, RunLog(folder, CONFIG, {}, hand_over) as log:
        assert keys(bucket) == ["m/r/run.json"], "whose records they are is known before them"
        log.append(sample("a"))
        log.close_part(seconds=30)
        log.append(sample("b"))
        assert len(parts(folder)) == 1, "a young part goes on"
        log.close_part()
        deadline = time.monotonic() + 10
        while len(keys(bucket)) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        log.append(sample("c"))
    assert len(keys(bucket)) == 3
    assert names(folder) == ["a", "b", "c"]


def test_two_machines_never_write_to_one_name(bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = place(f"{ROOT}/m/r")
    with storage.kept(one, print) as hand_over, RunLog(one, CONFIG, {}, hand_over) as log:
        another_machine(tmp_path / "elsewhere", monkeypatch)
        write(place(f"{ROOT}/m/r"), sample("b"))
        another_machine(tmp_path / "cache", monkeypatch)
        log.append(sample("a"))
    storage.fetch([ROOT])
    assert sorted(names(one)) == ["a", "b"]
    assert sorted(keys(bucket)) == sorted(["m/r/run.json", *(f"m/r/{part.name}" for part in parts(one))])


KILLED = "import harness.evaluate as e, harness.cli as c; e._PART_SECONDS = 0.3; c.main()"


def test_killed_and_gone_on_with_from_an_empty_mirror(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {"run_name": "r", "workers": 1, "concurrency": 2}
    local = plan_for(tmp_path, ["scan"], "bundled", **options)
    remote = plan_for(tmp_path, ["scan"], "bundled", output_path=place(ROOT), **options)
    asked_once = len(remote.samples["scan"])
    held = {number: Fault(stall=600) for number in range(6, asked_once)}
    with server_for(local, gold, faults=held) as server:
        command = [
            *(
                sys.executable,
                "-c",
                KILLED,
                "run",
                "--model",
                tmp_path / "tiny",
                "--tasks",
                "scan",
                "--data",
                "bundled",
            ),
            *("-o", ROOT, "--run", "r", "--base-url", server.base_url, "--concurrency", 2, "--workers", 1),
        ]
        harness = subprocess.Popen([*map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while not any("samples-" in key for key in keys(bucket)):
            assert harness.poll() is None, harness.stderr and harness.stderr.read()
            time.sleep(0.2)
        os.kill(harness.pid, signal.SIGKILL)
        harness.communicate()
        another_machine(tmp_path / "elsewhere", monkeypatch)
        (folder,) = storage.fetch([f"{ROOT}/tiny/r"])
        stored = {record.sample for record in read_records(folder)}
        assert 0 < len(stored) < asked_once

        server.faults.clear()
        server.requests.clear()
        base_url = {"base_url": server.base_url}
        end = carry_out(plan_for(tmp_path, ["scan"], "bundled", output_path=place(ROOT), **options, **base_url))
        assert len(server.requests) == asked_once - len(stored), "nothing that was stored is asked again"
        undisturbed = carry_out(plan_for(tmp_path, ["scan"], "bundled", **options, **base_url))
    assert (end.folder / "results.json").read_bytes() == (undisturbed.folder / "results.json").read_bytes()


def test_a_run_that_is_stopped_stores_what_it_has(bucket: Any) -> None:
    folder = place(f"{ROOT}/m/r")
    with pytest.raises(KeyboardInterrupt):
        write(folder, sample("a"), ends=KeyboardInterrupt())
    shutil.rmtree(folder)
    assert write(folder).done == {("spider", "a")}


def test_what_is_half_stored_is_not_counted(bucket: Any) -> None:
    folder = place(f"{ROOT}/m/r")
    write(folder, sample("a"))
    line = (sample("half").to_line() + "\n").encode()
    begun = bucket.create_multipart_upload(Bucket=BUCKET, Key="m/r/samples-000001-0.jsonl")
    bucket.upload_part(Bucket=BUCKET, Key=begun["Key"], UploadId=begun["UploadId"], PartNumber=1, Body=line)
    bucket.put_object(Bucket=BUCKET, Key="m/r/samples-000002-0.jsonl.partial", Body=line)
    bucket.put_object(Bucket=BUCKET, Key="m/r/.samples-000003-0.jsonl.0.partial", Body=line)
    shutil.rmtree(folder)
    storage.fetch([ROOT])
    assert names(folder) == ["a"]


class Disk(LocalFileSystem):  # type: ignore[misc]
    """A file system that shows a file from its first byte on."""

    protocol = "disk"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return "/" + path.removeprefix("disk://").strip("/")


def test_where_files_do_not_appear_whole_they_are_moved(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsspec.register_implementation("disk", Disk, clobber=True)
    there = tmp_path / "there" / "r"
    folder = place(f"disk:/{there}")
    put = LocalFileSystem.put_file
    torn: list[str] = []

    def breaks_once(self: Any, source: str, target: str, **more: Any) -> None:
        if "samples-" in target and not torn:
            torn.append(target)
            Path(target).write_bytes(Path(source).read_bytes()[:200])
            assert parts(there) == []
            raise ConnectionError("the line is dead")
        put(self, source, target, **more)

    monkeypatch.setattr(Disk, "put_file", breaks_once)
    write(folder, sample("a"))
    write(folder, sample("b"))
    assert Path(torn[0]).exists(), "what was left of the broken try"
    assert names(there) == ["a", "b"]
    shutil.rmtree(folder)
    storage.fetch([f"disk:/{there}"])
    assert names(folder) == ["a", "b"]


def fails(times: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Parts cannot be stored so many times; returns what was tried."""
    put, tried = Remote.put, []

    def put_or_fail(self: Remote, source: Path, name: str) -> Any:
        if name.startswith("samples-"):
            tried.append(name)
            if len(tried) <= times:
                raise ConnectionError("no route to host")
        return put(self, source, name)

    monkeypatch.setattr(Remote, "put", put_or_fail)
    return tried


def test_what_cannot_be_stored_is_tried_again(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = fails(3, monkeypatch)
    write(place(f"{ROOT}/m/r"), sample("a"))
    assert len(tried) == 4
    assert f"m/r/{tried[0]}" in keys(bucket)


def test_what_could_not_be_stored_is_kept_and_stored_by_the_next_run(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fails(1000, patch)
        with pytest.raises(
            UserError, match=r"r: 1 files could not be stored there \(no route to host\); they are kept"
        ):
            write(place(f"{ROOT}/m/r"), sample("a"))
    assert len(keys(bucket)) == 1
    assert write(place(f"{ROOT}/m/r")).done == {("spider", "a")}
    another_machine(tmp_path / "elsewhere", monkeypatch)
    storage.fetch([ROOT])
    assert names(place(f"{ROOT}/m/r")) == ["a"]


def test_a_store_that_takes_nothing_is_known_before_the_first_question(bucket: Any) -> None:
    with pytest.raises(UserError, match=r"s3://no-such-bucket/replay_gold/r/run\.json: cannot be stored there"):
        carry_out(plan("s3://no-such-bucket"))


def test_a_run_that_was_begun_anew_elsewhere(bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What this machine has of the old one, stored or not, goes."""
    folder = place(f"{ROOT}/m/r")
    write(folder, sample("a"))
    with monkeypatch.context() as patch:
        fails(1000, patch)
        with pytest.raises(UserError):
            write(folder, sample("b"))
    another_machine(tmp_path / "elsewhere", monkeypatch)
    again = place(f"{ROOT}/m/r")
    storage.refresh(again)
    storage.remove(again)
    assert keys(bucket) == []
    time.sleep(1)  # a bucket tells writings of one second and one content not apart
    write(again, sample("c"), config={"num_fewshot": 3})
    another_machine(tmp_path / "cache", monkeypatch)
    storage.fetch([ROOT])
    assert names(folder) == ["c"]
    assert read_run(folder)["config"] == {"num_fewshot": 3}


def test_a_run_that_is_begun_anew_elsewhere_while_it_goes_on(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The records of the one never stand among those of the other."""
    folder = place(f"{ROOT}/m/r")

    def interrupted() -> None:
        with storage.kept(folder, print) as hand_over, RunLog(folder, CONFIG, {}, hand_over) as log:
            log.append(sample("a"))
            another_machine(tmp_path / "elsewhere", monkeypatch)
            storage.remove(place(f"{ROOT}/m/r"))
            write(place(f"{ROOT}/m/r"), sample("b"), config={"num_fewshot": 3})
            another_machine(tmp_path / "cache", monkeypatch)

    with pytest.raises(UserError, match="deleted or begun anew elsewhere"):
        interrupted()
    shutil.rmtree(folder)
    storage.fetch([ROOT])
    assert names(folder) == ["b"]


def test_a_restart_takes_nothing_away_that_is_no_run_s(bucket: Any) -> None:
    write(place(f"{ROOT}/m/r"), sample("a"))
    write(place(f"{ROOT}/m/r/units/spider-1-of-2"), sample("b"))
    bucket.put_object(Bucket=BUCKET, Key="m/r/notes.txt", Body=b"mine")
    bucket.put_object(Bucket=BUCKET, Key="m/r2/run.json", Body=b"{}")
    storage.remove(place(f"{ROOT}/m/r"))
    assert keys(bucket) == ["m/r/notes.txt", "m/r2/run.json"]
    assert write(place(f"{ROOT}/m/r")).done == set()


def test_units_of_a_run_and_what_a_model_has_seen_come_along(bucket: Any) -> None:
    write(place(f"{ROOT}/m/r"))
    write(place(f"{ROOT}/m/r/units/spider-1-of-2"), sample("a"))
    bucket.put_object(Bucket=BUCKET, Key="m/contamination.json", Body=b"{}")
    shutil.rmtree(place(ROOT))
    (folder,) = storage.fetch([f"{ROOT}/m/r"])
    assert names(folder / "units" / "spider-1-of-2") == ["a"]
    assert (folder.parent / "contamination.json").read_text() == "{}"
    bucket.delete_object(Bucket=BUCKET, Key="m/contamination.json")
    storage.fetch([f"{ROOT}/m/r"])
    assert not (folder.parent / "contamination.json").exists()


HOSTILE = (
    "r/../../../../../run.json",
    "r/m/../../../../samples-000000-0.jsonl",
    "r//run.json",
    "r/./run.json",
    "r/m\\..\\x/run.json",
    f"r/{'long' * 100}/run.json",
    "r/m/.mirror.json",
    "r/m/lock",
    "r/m/\x1b[2J/run.json",
    "r/m/x/run.json/samples-000000-0.jsonl",
    "/run.json",
)


def test_names_of_a_stranger_stay_in_the_mirror(bucket: Any, tmp_path: Path) -> None:
    """Objects may be called anything: `..`, absolute, our own notes, what drives a terminal."""
    for key in HOSTILE:
        bucket.put_object(Bucket=BUCKET, Key=key, Body=b"{}")
    bucket.put_object(Bucket=BUCKET, Key="r/m/x/run.json", Body=b"{}")
    assert len(keys(bucket)) > len(HOSTILE), "the server holds them as they are called"
    (folder,) = storage.fetch([f"{ROOT}/r"])
    files = {path.relative_to(tmp_path / "cache").as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {f"mirror/s3/{BUCKET}/r/m/x/{name}" for name in ("run.json", ".mirror.json")}
    assert storage.fetch([f"{ROOT}/r"]) == [folder]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("s3://key:secret@bucket/r", "credentials"),
        ("s3://KEY:sec/ret@bucket/r", "credentials"),
        ("https://host/r?X-Amz-Signature=abc", "parameters"),
        ("s3://", "a URL like s3://bucket/folder"),
        ("s3:///r", "a URL like"),
        ("s3://bucket/../r", "a URL like"),
        ("simplecache::s3://bucket/r", "a URL like"),
        ("file://results", "a URL like"),
        ("nothing://bucket/r", "no storage that fsspec knows"),
    ],
)
def test_urls_that_are_refused(url: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as told:
        place(url)
    assert "sec" not in str(told.value)
    assert "abc" not in str(told.value)


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["fsspec.registry"], "_registry", {})
    monkeypatch.setattr(sys.modules["fsspec.registry"], "registry", {})
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(UserError, match=r"s3:// .*: pip install 'symharness\[s3\]'$"):
        place("s3://bucket/r")


def test_places_and_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    another_machine(tmp_path, monkeypatch)
    there = place("s3://bucket//results/m/")
    assert there == tmp_path / "mirror" / "s3" / "bucket" / "results" / "m"
    assert address(there) == "s3://bucket/results/m"
    assert address(there.parent / "n") == "s3://bucket/results/n", "paths made of a place are places"
    assert is_remote(there)
    for path in ("results", "/a/b", "s3", "."):
        assert address(place(path)) == str(Path(path))
        assert not is_remote(place(path))
    assert place("file:///a/b") == Path("/a/b")


def test_every_reader_takes_a_url(bucket: Any, tmp_path: Path) -> None:
    run = ["run", "--model", "replay:gold", "--tasks", "scan", "--data", "bundled", "-L", "3", "--workers", "1"]
    url = f"{ROOT}/results/replay_gold/r"
    for command in (
        [*run, "-o", f"{ROOT}/results", "--run", "r"],
        ["score", url, "--data", "bundled", "--workers", "1"],
        ["compare", url, f"{url}.scored", "--format", "json"],
        ["leaderboard", f"{ROOT}/results"],
        ["publish", url, "-o", f"{ROOT}/published"],
        ["site", f"{ROOT}/results", "-o", str(tmp_path / "site")],
        ["export", url, "--to", "lm-eval", "-o", str(tmp_path / "export")],
    ):
        done = CliRunner().invoke(app, command, catch_exceptions=False)
        assert done.exit_code == 0, done.output
    stored = {str(PurePosixPath(key).parent) for key in keys(bucket)}
    assert stored == {"results/replay_gold/r", "results/replay_gold/r.scored", "published/replay_gold/r"}
    with pytest.raises(UserError, match="say with --output_path where its lm-eval export goes"):
        CliRunner().invoke(app, ["export", url, "--to", "lm-eval"], catch_exceptions=False)
    with pytest.raises(UserError, match="only runs are written to a URL"):
        CliRunner().invoke(app, ["site", url, "-o", f"{ROOT}/site"], catch_exceptions=False)
    with pytest.raises(UserError, match="s3://bucket/nothing: no run there"):
        CliRunner().invoke(app, ["leaderboard", f"{ROOT}/nothing"], catch_exceptions=False)


def test_single_files_are_scored_too(bucket: Any) -> None:
    line = json.dumps({"task": RECORD.task, "sample": "x", "completion": "SELECT 1"})
    bucket.put_object(Bucket=BUCKET, Key="saved/answers.jsonl", Body=line.encode())
    (path,) = storage.fetch([f"{ROOT}/saved/answers.jsonl"])
    assert path.read_text() == line


def test_a_sweep_in_a_bucket(bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "nightly.toml"
    settings = 'data = "bundled"\nlimit = 4\nworkers = 1\n[[model]]\nmodel = "replay:gold"\n'
    file.write_text(f'output_path = "{ROOT}"\nsuites = ["scan"]\nshards = 2\n[defaults]\n{settings}')
    (job,) = jobs(read_sweep(file))
    another_machine(tmp_path / "elsewhere", monkeypatch)
    assert job.make().folder.is_relative_to(tmp_path / "elsewhere"), "each machine has a mirror of its own"
    another_machine(tmp_path / "cache", monkeypatch)
    finished = carry_out_jobs([job], Console(file=io.StringIO()), lambda _: None)
    assert finished.failures == []
    stored = Counter(str(PurePosixPath(key).parent) for key in keys(bucket) if "samples-" in key)
    units = "replay_gold/nightly/units"
    assert stored == {f"{units}/scan-1-of-2": 1, f"{units}/scan-2-of-2": 1}
    assert {"replay_gold/nightly/run.json", "replay_gold/nightly/results.json"} < set(keys(bucket))
    another_machine(tmp_path / "elsewhere", monkeypatch)
    (again,) = jobs(read_sweep(file))
    storage.refresh(again.plan.folder)
    assert again.pending() == []
