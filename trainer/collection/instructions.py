"""Files of prompt and answer in the formats that are in use, and the released Symbolic Collection.

Known by their fields: prompt/completion, instruction/input/output (CodeAlpaca, WizardLM's alpaca form, Alpaca),
inputs/targets (Flan), question/answer, conversations (ShareGPT and WizardLM evol-instruct V2: from/value), messages
(role/content; the first exchange is taken). JSON lines, a JSON list, or a data set of the hub.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tasks.task import DataError

Text = tuple[str, str]  # prompt, completion

_HUB = "hub:"
# Columns of prompt, further input, and answer, in the order in which they are looked for.
_COLUMNS = (
    ("prompt", "", "completion"),
    ("instruction", "input", "output"),
    ("instruction", "input", "response"),
    ("inputs", "", "targets"),
    ("input", "", "output"),
    ("input", "", "target"),
    ("question", "", "answer"),
    ("source", "", "target"),
)
RELEASED = "symbolic_collection_880K.jsonl"
_RELEASED_HUB = "Symbol-LLM/Symbolic_Collection"


def read_instructions(where: str, limit: int | None = None) -> Iterator[Text]:
    """The pairs of a file, a folder that holds the released collection, or `hub:OWNER/NAME[:SPLIT]`.

    Streams JSON lines and hub data. Raises DataError naming what was found where a row has none of the known forms.
    """
    for number, row in enumerate(_rows(where)):
        if number == limit:
            return
        yield _text(row, f"{where}, row {number}")


def _rows(where: str) -> Iterator[Any]:
    if where.startswith(_HUB):
        yield from _hub_rows(where.removeprefix(_HUB))
        return
    path = Path(where).expanduser()
    if path.is_dir():
        path /= RELEASED
    try:
        with path.open(encoding="utf-8") as stream:
            begin = stream.read(1)
            stream.seek(0)
            if begin == "[":
                yield from json.load(stream)
                return
            for line in stream:
                if line.strip():
                    yield json.loads(line)
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing: give a JSON or JSON-lines file, or hub:OWNER/NAME") from error
    except ValueError as error:
        raise DataError(f"{path}: no JSON ({error}); fetch the file again") from error


def _hub_rows(name: str) -> Iterator[Any]:
    """A data set of the hub, streamed. Of the released collection only the whole file, which its 10 % copy repeats."""
    import datasets

    repository, _, split = name.partition(":")
    files = {"data_files": RELEASED} if repository == _RELEASED_HUB else {}
    try:
        yield from datasets.load_dataset(repository, split=split or "train", streaming=True, **files)
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"hub data set {name}: {reason}") from error


def _text(row: Any, where: str) -> Text:
    if isinstance(row, Mapping):
        for key, speaker, said in (("messages", "role", "content"), ("conversations", "from", "value")):
            if isinstance(row.get(key), list):
                return _exchange(row[key], speaker, said, where)
        for prompt, further, answer in _COLUMNS:
            if isinstance(row.get(prompt), str) and isinstance(row.get(answer), str):
                more = row.get(further) or ""
                return (f"{row[prompt]}\n\n{more}" if more else row[prompt]), row[answer]
    found = ", ".join(map(str, row)) if isinstance(row, Mapping) else type(row).__name__
    known = "; ".join("/".join(filter(None, columns)) for columns in _COLUMNS)
    raise DataError(f"{where}: its fields ({found}) are none that are known: {known}; messages; conversations")


_ASKING, _ANSWERING = {"user", "human", "prompter"}, {"assistant", "gpt", "bot"}


def _exchange(turns: list[Any], speaker: str, said: str, where: str) -> Text:
    """The first question of a dialogue and its answer, with a system text in front."""
    prompt = system = ""
    for turn in turns:
        if not isinstance(turn, Mapping) or not isinstance(turn.get(said), str):
            raise DataError(f"{where}: a turn without {speaker} and {said}")
        if turn.get(speaker) == "system":
            system = f"{turn[said]}\n\n"
        elif turn.get(speaker) in _ASKING and not prompt:
            prompt = turn[said]
        elif turn.get(speaker) in _ANSWERING and prompt:
            return system + prompt, turn[said]
    raise DataError(f"{where}: no question with an answer in this dialogue")
