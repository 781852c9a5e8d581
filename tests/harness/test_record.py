"""Records: any text survives, and a damaged line is known for one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executors.outcome import Outcome, Status
from harness.record import CorruptLineError, Record, completed_key, parse_line

RECORD = Record(
    task="spider",
    sample="dev-7",
    group="",
    model="0123456789abcdef",
    prompt="How many?",
    prompt_sha256="ab" * 32,
    prompt_form="ids",
    prompt_tokens=12,
    completion="SELECT 1",
    finish_reason="stop",
    completion_tokens=3,
    program="SELECT 1",
    outcome=Outcome(Status.OK, [[1]], "", 0.01),
    statistics={"execution_accuracy": {"score": 1.0}},
    seconds={"generate": 0.5, "score": 0.01},
)

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))  # lone surrogates and NUL included


def test_a_record_comes_back_as_it_was() -> None:
    assert Record.from_values(parse_line(RECORD.to_line().encode())) == RECORD


@given(ANY_TEXT, ANY_TEXT)
def test_no_text_breaks_a_line(completion: str, program: str) -> None:
    record = replace(RECORD, completion=completion, program=program, outcome=Outcome.failed(Status.ERROR, completion))
    line = record.to_line()
    assert line.isascii()
    assert "\n" not in line
    assert Record.from_values(parse_line(line.encode())) == record


@given(ANY_TEXT, ANY_TEXT, st.sampled_from(["", "server gone", '","fault":"",']))
def test_the_key_of_a_completed_sample_is_found_without_parsing(sample: str, text: str, fault: str) -> None:
    outcome = None if fault else Outcome(Status.OK, {"fault": "", "sample": text})
    record = replace(RECORD, sample=sample, prompt=text, outcome=outcome, fault=fault)
    assert completed_key(record.to_line().encode()) == (None if fault else record.key)


def test_foreign_records_have_no_program() -> None:
    record = replace(RECORD, kind="foreign", program=None, outcome=None)
    assert Record.from_values(parse_line(record.to_line().encode())) == record


@pytest.mark.parametrize("position", range(0, 400, 7))
def test_a_flipped_bit_is_seen(position: int) -> None:
    line = RECORD.to_line()
    flipped = line[:position] + chr(ord(line[position]) ^ 1) + line[position + 1 :]
    with pytest.raises(CorruptLineError):
        parse_line(flipped.encode())


@pytest.mark.parametrize("length", [0, 1, 20, 40, 300])
def test_a_torn_line_is_seen(length: int) -> None:
    with pytest.raises(CorruptLineError):
        parse_line(RECORD.to_line().encode()[:length])
