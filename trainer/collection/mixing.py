"""The mixes that the stages learn, and the manifest that says what is in them and what was kept out.

A folder is made once for a config: `symbolic.jsonl` (Injection), `infusion.jsonl` (re-sampled symbolic pairs and
general ones), `mixed.jsonl` (all of both, for the one-stage ablation), `manifest.json` last.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tasks.source import SourceError, locate
from tasks.task import DataError, Sample, Task, registry, select
from trainer.collection.accepted import Written, accepted, read_completions
from trainer.collection.contamination import HeldOut
from trainer.collection.generated import generated
from trainer.collection.instructions import read_instructions
from trainer.collection.pair_file import PairFile, chosen, write_pairs
from trainer.collection.train_splits import ANSWERS_ONLY, TRAIN, train_files, train_samples
from trainer.collection.worked import worked_programs
from trainer.config import TrainConfig
from trainer.pairs import Pair, Part

MANIFEST = "manifest.json"
SYMBOLIC, INFUSION, MIXED = "symbolic.jsonl", "infusion.jsonl", "mixed.jsonl"
T = TypeVar("T")
_SHOWN = 10  # contaminated rows that the manifest names


def build(config: TrainConfig, folder: Path) -> dict[str, Any]:
    """Make the three mixes in `folder` unless they are there for this config; returns the manifest.

    The same config and files make the same bytes. Raises DataError, SourceError and UnknownTaskError.
    """
    wanted = config.model_dump(mode="json", include={"seed", "resampling", "symbolic", "general"})
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["config"] == wanted:
            return manifest
    except (OSError, ValueError, KeyError):
        pass
    folder.mkdir(parents=True, exist_ok=True)
    manifest = _Mixer(config, folder).make()
    manifest = {"config": json.loads(json.dumps(wanted)), **manifest}
    partial = folder / f"{MANIFEST}.partial"
    partial.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    partial.rename(folder / MANIFEST)
    return manifest


def symbolic_questions(config: TrainConfig, count: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Prompts of train samples in a random order, each with the task and sample that its answers are judged by."""
    samples = list(_Mixer(config, config.output)._samples())
    for number in chosen(count, len(samples), f"questions {config.seed}"):
        (name, sample_id), sample = samples[number]
        yield registry()[name].prompt.render(sample.fields), {"task": name, "sample": sample_id}


@dataclass
class _Mixer:
    config: TrainConfig
    folder: Path
    files: dict[str, str] = field(default_factory=dict)  # what was read, with its SHA-256
    kept_out: Counter[str] = field(default_factory=Counter)
    contaminated: list[str] = field(default_factory=list)

    def make(self) -> dict[str, Any]:
        symbolic, general = self.config.symbolic, self.config.general
        self.held_out = held_out_rows(symbolic.data)
        self._seen: set[bytes] = set()
        pools = {part: PairFile(self.folder / f".{part}.partial") for part in Part}
        samples = dict(self._samples())
        for pair, fields in self._benchmark(samples):
            self._add(pools[Part.BENCHMARK], pair, fields)
        for pair, fields in self._accepted(samples):
            self._add(pools[Part.ACCEPTED], pair, fields)
        wanted = [round(symbolic.rows * share) for share in symbolic.shares]
        for pair, fields in self._evolved(samples):
            if len(pools[Part.EVOLVED]) >= wanted[2]:
                break
            self._add(pools[Part.EVOLVED], pair, fields)
        for pair in self._general():
            self._add(pools[Part.GENERAL], pair, None)

        seed = self.config.seed
        picked = {
            part: [(part, number) for number in chosen(count, len(pools[part]), f"{part} {seed}")]
            for part, count in zip(Part, [*wanted, general.rows], strict=True)
        }
        mix = _shuffled([each for part in Part if part is not Part.GENERAL for each in picked[part]], f"mix {seed}")
        again = mix[: round(self.config.resampling * len(mix))]
        mixes = {
            SYMBOLIC: mix,
            INFUSION: _shuffled([*again, *picked[Part.GENERAL]], f"infusion {seed}"),
            MIXED: _shuffled([*mix, *picked[Part.GENERAL]], f"mixed {seed}"),
        }
        manifest = {
            "mixes": {name: self._write(name, pools, rows) for name, rows in mixes.items()},
            "available": {part: len(pool) for part, pool in pools.items()},
            "wanted": dict(zip(Part, [*wanted, general.rows], strict=True)),
            "held_out_rows": self.held_out.rows,
            "kept_out": dict(self.kept_out),
            "contaminated": self.contaminated[:_SHOWN],
            "files": self.files,
        }
        for pool in pools.values():
            pool.remove()
        return manifest

    def _write(self, name: str, pools: Mapping[Part, PairFile], rows: Sequence[tuple[Part, int]]) -> dict[str, Any]:
        """A mix from its rows' places in the pools; its size, hash, and pairs by part and task."""
        counts: Counter[str] = Counter()

        def pairs() -> Iterator[Pair]:
            for part, number in rows:
                pair = pools[part].read(number)
                counts[f"{pair.part}/{pair.task}"] += 1
                yield pair

        digest = write_pairs(self.folder / name, pairs())
        return {"rows": len(rows), "sha256": digest, "counts": dict(sorted(counts.items()))}

    def _add(self, pool: PairFile, pair: Pair, fields: Iterable[str] | None) -> None:
        """Put the pair into its pool, unless it is empty, there already, or a test row."""
        if not pair.prompt.strip() or not pair.completion.strip():
            self.kept_out["empty"] += 1
            return
        key = hashlib.blake2b(f"{pair.prompt}\0{pair.completion}".encode("utf-8", "surrogatepass"), digest_size=12)
        if key.digest() in self._seen:
            self.kept_out["repeated"] += 1
            return
        self._seen.add(key.digest())
        found = self.held_out.find(pair.prompt, fields)
        if found is not None:
            self.kept_out["contaminated"] += 1
            self.contaminated.append(f"{pair.part}/{pair.task}: {found}")
            return
        pool.append(pair)

    def _samples(self) -> Iterator[tuple[tuple[str, str], Sample]]:
        """Train splits and generated samples by task and id."""
        settings = self.config.symbolic
        for task in select(settings.tasks):
            split = list(self._train_split(task).items())
            most = settings.per_task or len(split)
            yield from (split[row] for row in chosen(most, len(split), f"{task.name} {self.config.seed}"))
        for name, count in settings.generated.items():
            yield from (((task, sample.id), sample) for task, sample in generated(name, count, self.config.seed))

    def _train_split(self, task: Task) -> dict[tuple[str, str], Sample]:
        """The task's train samples; none where there is no data root, or no train file under it."""
        if self.config.symbolic.data is None:
            return {}
        root = Path(self.config.symbolic.data).expanduser()
        if not root.is_dir():
            raise SourceError(f"data folder {str(root)!r} does not exist: name it as symbolic.data")
        self._note(train_files(task, root), root)
        return {(task.name, sample.id): sample for sample in train_samples(task, root)}

    def _worked(self) -> list[Written]:
        """Programs from the annotated solutions of GSM8K's train questions."""
        task = registry()["gsm8k"]
        questions = {name: sample for (_, name), sample in self._train_split(task).items()}
        paths = train_files(task, Path(self.config.symbolic.data or "").expanduser()) if questions else []
        return [
            Written(task.name, name, program) for path in paths for name, program in worked_programs(path, questions)
        ]

    def _benchmark(self, samples: dict[tuple[str, str], Sample]) -> Iterator[tuple[Pair, Iterable[str] | None]]:
        """D_s1: the samples with their gold; the released collection."""
        for (name, number), sample in samples.items():
            if name in ANSWERS_ONLY and number.startswith(TRAIN):
                continue
            task = registry()[name]
            pair = Pair(task.prompt.render(sample.fields), task.gold(sample), name, Part.BENCHMARK)
            yield pair, sample.fields.values()
        released = self.config.symbolic.released
        if released is not None:
            self._note_source(released)
            for prompt, completion in read_instructions(released):
                yield Pair(prompt, completion, "symbolic_collection", Part.BENCHMARK), None

    def _accepted(self, samples: dict[tuple[str, str], Sample]) -> Iterator[tuple[Pair, Iterable[str] | None]]:
        """D_s2: completions that their executor accepts."""
        written: list[Written] = []
        for where in self.config.symbolic.accepted:
            self._note_source(where)
            written += read_completions(where)
        if self.config.symbolic.worked:
            written += self._worked()
        known = dict(samples)
        for name in {each.task for each in written if each.task in registry()}:
            known |= self._train_split(registry()[name])
        verdicts = accepted(written, known)
        self.kept_out["rejected"] += len(written) - len(verdicts)
        for each, program in verdicts:
            task, sample = registry()[each.task], known[each.task, each.sample]
            yield Pair(task.prompt.render(sample.fields), program, each.task, Part.ACCEPTED), sample.fields.values()

    def _evolved(self, samples: dict[tuple[str, str], Sample]) -> Iterator[tuple[Pair, Iterable[str] | None]]:
        """D_s3: the samples with renamed symbols, in a random order; once more with other names when all were taken."""
        from tasks.symbol_evol import EVOLUTIONS, evolve, evolved

        names = set(self.config.symbolic.evolve)
        unknown = sorted(names - set(EVOLUTIONS))
        if unknown:
            raise DataError(f"symbolic.evolve: {unknown[0]!r} cannot be evolved; {', '.join(EVOLUTIONS)} can")
        # A test row with other names for its symbols is a test row still.
        candidates = [
            (name, sample)
            for (name, _), sample in samples.items()
            if name in names
            and self.held_out.find(registry()[name].prompt.render(sample.fields), sample.fields.values()) is None
        ]
        if not candidates:
            return
        renamed = {name: evolved(registry()[name]) for name in names}
        for turn in range(-(-self.config.symbolic.rows // len(candidates))):
            for name, sample in _shuffled(candidates, f"evolved {self.config.seed} {turn}"):
                made = evolve(registry()[name], sample, self.config.seed + turn)
                task = renamed[name]
                yield Pair(task.prompt.render(made.fields), task.gold(made), task.name, Part.EVOLVED), ()

    def _general(self) -> Iterator[Pair]:
        for source in self.config.general.sources:
            self._note_source(source.path)
            for prompt, completion in read_instructions(source.path, source.rows):
                yield Pair(prompt, completion, Path(source.path).stem or source.path, Part.GENERAL)

    def _note_source(self, where: str) -> None:
        path = Path(where).expanduser()
        if path.is_file():
            self._note([path], path.parent)

    def _note(self, paths: Iterable[Path], root: Path) -> None:
        for path in paths:
            if not path.is_file():
                raise DataError(f"{path} is missing: get the official train file")
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            self.files[path.relative_to(root).as_posix()] = digest


def held_out_rows(data: str | None) -> HeldOut:
    """The test rows of every task that has data: of the bundled samples, and of those under `data`."""
    held_out = HeldOut()
    for task in registry().values():
        for place in ("bundled", data):
            if place is not None:
                held_out.add(task, _test_samples(task, place))
    return held_out


def _test_samples(task: Task, place: str) -> list[Sample]:
    try:
        return list(task.read(locate(task.source, place).path))
    except SourceError:
        return []  # this root has no files of the task


def _shuffled(items: list[T], key: str) -> list[T]:
    order = list(items)
    random.Random(key).shuffle(order)
    return order
