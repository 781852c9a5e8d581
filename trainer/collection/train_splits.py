"""D_s1 from the train splits of the tasks, read by the readers that read the test splits.

A train split is a *view* of a task's folder in which the official train files bear the names of the test files; so it
has the task's own prompts and gold completions, and nothing about it can drift from what is evaluated.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tasks.task import DataError, Sample, Task

Convert = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class TrainFiles:
    """Train files by a pattern of their paths, the test file that each stands for, and perhaps another format.

    `files` matches whole paths relative to the task's folder; `stands_for` may hold groups of it.
    """

    files: str
    stands_for: str
    convert: Convert | None = None


def _folio_pairs(text: str) -> str:
    """FOLIO's stories (premises and their formulas) as LogicLLaMA's sentence pairs."""
    rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    pairs = {
        sentence.strip(): formula.strip()
        for row in rows
        for sentence, formula in zip(row["premises"], row["premises-FOL"], strict=False)
    }
    return json.dumps([{"NL": sentence, "FOL": formula} for sentence, formula in pairs.items()])


def _tekgen_sentences(text: str) -> str:
    """TekGen's train rows (a triple each) as its test rows: one a sentence, with all of its triples."""
    sentences: dict[str, list[dict[str, str]]] = {}
    ids: dict[str, str] = {}
    for row in (json.loads(line) for line in text.splitlines() if line.strip()):
        triple = {"sub": row["sub_label"], "rel": row["rel_label"], "obj": row["obj_label"]}
        sentences.setdefault(row["sent"], []).append(triple)
        ids.setdefault(row["sent"], row["id"])
    rows = [{"id": ids[sent], "sent": sent, "triples": triples} for sent, triples in sentences.items()]
    return "".join(f"{json.dumps(row)}\n" for row in rows)


# Where a split comes in several copies, the first whose files are there is read.
_TRAIN: Mapping[str, tuple[tuple[TrainFiles, ...], ...]] = {
    "scan": ((TrainFiles(r"simple_split/tasks_train_simple\.txt", "simple_split/tasks_test_simple.txt"),),),
    "mtop": (
        (TrainFiles(r"en/train\.txt", "en/test.txt"),),
        (TrainFiles(r"train\.json", "test.json"),),
        (TrainFiles(r"dev\.json", "test.json"),),
    ),
    "topv2": (
        (TrainFiles(r"(\w+)_train\.tsv", r"\1_test.tsv"),),
        (TrainFiles(r"train\.tsv", "test.tsv"),),
    ),
    "nlmaps": ((TrainFiles(r"nlmaps\.train\.(en|mrl)", r"nlmaps.test.\1"),),),
    "nl2bash": ((TrainFiles(r"train\.(nl|cm)\.filtered", r"test.\1.filtered"),),),
    "nl2rx": (
        (TrainFiles(r"data_turk_eval_turk/(src|targ)-train\.txt", r"data_turk_eval_turk/\1-test.txt"),),
    ),
    "nl2rx_synth": (
        (TrainFiles(r"data_synth_eval_synth/(src|targ)-train\.txt", r"data_synth_eval_synth/\1-test.txt"),),
    ),
    "nl2python": ((TrainFiles(r"conala_train\.json", "conala_test.json"),),),
    "nl2java": (
        (TrainFiles(r"train\.jsonl?", "dev.json"),),
    ),
    "folio": ((TrainFiles(r"folio-train\.jsonl", "folio_parsed.json", _folio_pairs),),),
    "logicnli": ((TrainFiles(r"train_(language|logic)\.json", r"test_\1.json"),),),
    "chebi20": (
        (TrainFiles(r"train\.txt", "test.txt"),),
        (TrainFiles(r"validation\.txt", "test.txt"),),
    ),
    "webnlg": ((TrainFiles(r"train/(ont_\w+)_train\.jsonl", r"ground_truth/\1_ground_truth.jsonl"),),),
    "tekgen": (
        (TrainFiles(r"train/(ont_\w+)_train\.jsonl", r"ground_truth/\1_ground_truth.jsonl", _tekgen_sentences),),
    ),
    "bioamr": (
        (TrainFiles(r"amr-release-training-bio\.txt", "amr-release-test-bio.txt"),),
        (TrainFiles(r"alignment-release-bio-training\.sample\.txt", "amr-release-test-bio.txt"),),
    ),
    "amr3": ((TrainFiles(r"data/amrs/split/training/(.*\.txt)", r"data/amrs/split/test/\1"),),),
    "amr2": ((TrainFiles(r"data/amrs/split/training/(.*\.txt)", r"data/amrs/split/test/\1"),),),
    "spider": ((TrainFiles(r"train_spider\.json", "dev.json"),),),
    "sparc": ((TrainFiles(r"train\.json", "dev.json"),),),
    "cosql": ((TrainFiles(r"sql_state_tracking/cosql_train\.json", "sql_state_tracking/cosql_dev.json"),),),
    "malls": ((TrainFiles(r"MALLS-v0\.1-train\.json", "MALLS-v0.1-test.json"),),),
    "grailqa": ((TrainFiles(r"grailqa_v1\.0_train\.json", "grailqa_v1.0_dev.json"),),),
    "webqsp": ((TrainFiles(r"WebQSP\.train\.json", "WebQSP.test.json"),),),
    "gsm8k": ((TrainFiles(r"train\.jsonl", "test.jsonl"),),),
    "aqua": (
        (TrainFiles(r"train\.json", "test.json"),),
        (TrainFiles(r"dev\.json", "test.json"),),
    ),
    "folio_delegation": ((TrainFiles(r"train\.json", "dev.json"),),),
    "proofwriter": ((TrainFiles(r"train\.json", "test.json"),),),
    "wikitq": ((TrainFiles(r"data/training\.tsv", "data/pristine-unseen-tables.tsv"),),),
    "compwebq": ((TrainFiles(r"ComplexWebQuestions_train\.json", "ComplexWebQuestions_test.json"),),),
}  # fmt: skip
# Their gold completion only states the answer ("return 72"), which would teach a model to guess: no pairs for D_s1, but
# questions for D_s2.
ANSWERS_ONLY = frozenset({"gsm8k", "aqua", "folio_delegation", "proofwriter", "wikitq"})
TRAIN = "train-"  # what the ids of train samples begin with


def train_samples(task: Task, root: Path) -> Iterator[Sample]:
    """The train samples of a task under the data root `root`, ids beginning with `TRAIN`; none where no file is there.

    Raises `DataError`, naming the file as it is called in the view.
    """
    folder = root / task.source.folder
    for files in _TRAIN.get(task.name, ()):
        found = _found(folder, files)
        if found:
            with tempfile.TemporaryDirectory(prefix="train-split-") as scratch:
                _make_view(folder, Path(scratch), found)
                try:
                    yield from (replace(sample, id=f"{TRAIN}{sample.id}") for sample in task.read(Path(scratch)))
                except FileNotFoundError as error:
                    raise DataError(f"{folder}: train split of {task.name}: {error}") from error
            return


def train_files(task: Task, root: Path) -> list[Path]:
    """The files that `train_samples` would read."""
    folder = root / task.source.folder
    return next((sorted(found) for files in _TRAIN.get(task.name, ()) if (found := _found(folder, files))), [])


def _found(folder: Path, files: tuple[TrainFiles, ...]) -> dict[Path, tuple[str, Convert | None]]:
    """Each train file with the name that it gets in the view."""
    found: dict[Path, tuple[str, Convert | None]] = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = path.relative_to(folder).as_posix()
        for each in files:
            match = re.fullmatch(each.files, name)
            if match is not None:
                found[path] = match.expand(each.stands_for), each.convert
    return found


# What no view holds but under the name that a train file was given.
_HELD_OUT = re.compile(r"(?<![a-z])(test|dev|valid|validation|ground_truth)(?![a-z])")


def _make_view(folder: Path, view: Path, found: Mapping[Path, tuple[str, Convert | None]]) -> None:
    """Everything of the folder by links, without what is held out; the train files in its place.

    A file of the view is only ever created: writing through a link would change the data set itself.
    """
    given = {name for name, _ in found.values()}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and path not in found and name not in given and not _HELD_OUT.search(name):
            (view / name).parent.mkdir(parents=True, exist_ok=True)
            (view / name).symlink_to(path.resolve())
    for path, (name, convert) in found.items():
        target = view / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if convert is None:
            target.symlink_to(path.resolve())
            continue
        try:
            text = convert(path.read_text(encoding="utf-8"))
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path}: not the official train file ({error!r}); fetch it again") from error
        with target.open("x", encoding="utf-8") as stream:
            stream.write(text)
