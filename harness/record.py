"""One line of a run's log: all that is known of one sample's answer, checksummed, readable for ever.

A line is `{"checksum":"<16 hex digits>",<the rest>}`; the checksum is BLAKE2b over the rest's bytes as they stand, so
that a torn or bit-flipped line is recognised without parsing it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from executors.outcome import Outcome, Status, to_json
from tasks.metrics import Statistics

SCHEMA = 1

_HEAD = '{"checksum":"'
_REST = len(_HEAD) + 16 + len('",')


class CorruptLineError(ValueError):
    """The line is torn or was changed."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A further attempt of self-repair: what the model was told of its last one, and what became of its answer.

    `prompt_sha256` is over the whole conversation, in the record's form.
    """

    feedback: str
    prompt_sha256: str
    prompt_tokens: int | None
    completion: str
    finish_reason: str
    completion_tokens: int | None
    program: str | None
    outcome: Outcome
    statistics: Mapping[str, Statistics]
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Record:
    """One sample's answer.

    `kind` is `generated` (program, outcome) or `foreign` (statistics from another harness, such as lm-eval's samples).
    `model` names weights, tokenizer and chat format by hash. `prompt_sha256` is over the token ids (form `ids`) or the
    UTF-8 text (form `text`: the server tokenised it). `seconds` holds wall times by stage. A record with a `fault` is
    the harness's failing or the server's, says nothing about the model, and is redone. A prompt that was too long for
    the model was sent without `shots_dropped` of its exemplars, and `pruned` (`harness.fitting`). All of this is of the
    first attempt; `repairs` holds those of self-repair after it (`harness.repair`).
    """

    task: str
    sample: str
    group: str
    model: str
    prompt: str
    prompt_sha256: str
    prompt_form: Literal["ids", "text", "none"]
    prompt_tokens: int | None
    completion: str
    finish_reason: str
    completion_tokens: int | None
    program: str | None
    outcome: Outcome | None
    statistics: Mapping[str, Statistics]
    seconds: Mapping[str, float]
    attempts: int = 1
    fault: str = ""
    shots_dropped: int = 0
    pruned: bool = False
    repairs: tuple[Attempt, ...] = ()
    kind: Literal["generated", "foreign"] = "generated"
    schema: int = field(default=SCHEMA)

    @property
    def key(self) -> tuple[str, str]:
        return self.task, self.sample

    def to_line(self) -> str:
        """The record as one line, without the line end. ASCII, so that no text of a model's can break a line."""
        values = _values(self)
        if self.repairs:
            values["repairs"] = [_values(attempt) for attempt in self.repairs]
        rest = json.dumps(values, separators=(",", ":"), allow_nan=False)[1:]
        return f'{_HEAD}{_checksum(rest.encode())}",{rest}'

    @staticmethod
    def from_values(values: Mapping[str, Any]) -> Record:
        """The record of a parsed line. The value of an outcome comes back in its JSON form."""
        repairs = tuple(
            Attempt(**{**attempt, "outcome": _outcome(attempt["outcome"])}) for attempt in values.get("repairs", ())
        )
        outcome = None if values["outcome"] is None else _outcome(values["outcome"])
        return Record(**{**values, "outcome": outcome, "repairs": repairs})


def _values(of: Record | Attempt) -> dict[str, Any]:
    """The fields, an outcome among them in its JSON form."""
    values = {name: getattr(of, name) for name in of.__dataclass_fields__}
    if (outcome := of.outcome) is not None:
        values["outcome"] = {
            "status": outcome.status,
            "value": to_json(outcome.value),
            "detail": outcome.detail,
            "seconds": outcome.seconds,
        }
    return values


def _outcome(values: Mapping[str, Any]) -> Outcome:
    return Outcome(Status(values["status"]), values["value"], values["detail"], values["seconds"])


def parse_line(line: bytes) -> dict[str, Any]:
    """The checked fields of a line. Raises CorruptLineError."""
    values: dict[str, Any] = json.loads(b"{" + _intact(line))
    if values.get("schema") != SCHEMA:
        raise CorruptLineError(f"schema {values.get('schema')} where {SCHEMA} was expected")
    return values


def completed_key(line: bytes) -> tuple[str, str] | None:
    """Task and sample of a line without a fault, None of one with a fault. Raises CorruptLineError.

    A run of a million records is gone on with in seconds because nothing else of a line is read. No text can be taken
    for the keys that are looked for: their quotes would be escaped in it.
    """
    rest = _intact(line)
    key = _KEY.match(rest)
    if key is None or not rest.endswith(_TAIL):
        values = parse_line(line)
        return None if values["fault"] else (values["task"], values["sample"])
    return (key[1].decode(), key[2].decode()) if _NO_FAULT in rest else None


_KEY = re.compile(rb'"task":"([^"\\]*)","sample":"([^"\\]*)",')
_NO_FAULT = b',"fault":"",'
_TAIL = b',"schema":%d}' % SCHEMA


def _intact(line: bytes) -> bytes:
    rest = line[_REST:].rstrip(b"\n")
    if not line.startswith(_HEAD.encode()) or line[len(_HEAD) : len(_HEAD) + 16] != _checksum(rest).encode():
        raise CorruptLineError("checksum does not fit")
    return rest


def _checksum(rest: bytes) -> str:
    return hashlib.blake2b(rest, digest_size=8).hexdigest()


def prompt_hash(prompt: tuple[int, ...] | str) -> str:
    """SHA-256 of token ids (as comma-separated decimals) or of a text."""
    text = prompt if isinstance(prompt, str) else ",".join(map(str, prompt))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
