"""TOP parses: what is one tree, what it says, and that nothing a model writes gets out of hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executors import top
from executors.outcome import Status

CALL = "[IN:CREATE_CALL [SL:CONTACT [IN:GET_CONTACT [SL:TYPE_RELATION sister ] ] ] ]"


def test_a_tree_is_printed_as_it_was_read() -> None:
    assert str(top.parse(CALL)) == CALL
    assert top.execute(f"\n {CALL.replace(' ', '  ')} ").value == CALL


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no tree"),
        ("set an alarm", "token 1: 'set' stands before the tree"),
        ("[IN:X [SL:Y a ]", "1 brackets are not closed"),
        ("[IN:X ] ]", "token 3: ']' stands behind the end"),
        ("[IN:X ] [IN:X ]", "token 3: '[IN:X' stands behind the end"),
        ("[IN:X [SL:Y a]]", "2 brackets are not closed"),
        ("[IN:X " * 200, "nested more than 100 deep"),
    ],
)
def test_what_is_no_tree(text: str, reason: str) -> None:
    outcome = top.execute(text)
    assert outcome.status is Status.INVALID
    assert reason in outcome.detail


def test_labels_are_not_checked_and_an_empty_node_is_a_tree() -> None:
    assert top.execute("[ ]").ok
    assert top.execute("[IN:whatever ]").ok


def test_the_short_form_of_casper_is_read() -> None:
    assert top.execute("[IN get weather = in [SL location = New York]]").value == (
        "[IN:GET_WEATHER in [SL:LOCATION New York ] ]"
    )


@pytest.mark.parametrize(
    ("text", "template"),
    [
        (CALL, "IN:CREATE_CALL-SL:CONTACT.IN:GET_CONTACT.SL:TYPE_RELATION"),
        ("[IN:GET_EVENT [SL:B x ] [SL:A y ] [SL:A z ] ]", "IN:GET_EVENT-SL:A-SL:B"),
        ("[IN:GET_EVENT [SL:A ] ]", "IN:GET_EVENT"),
        ("[IN:GET_EVENT what is [SL:A on ] ]", "IN:GET_EVENT--SL:A"),
    ],
)
def test_a_template_forgets_words_order_and_repeats(text: str, template: str) -> None:
    assert top.template(top.parse(text)) == template


def test_slots_carry_their_path_and_all_words_below() -> None:
    assert dict(top.slots(top.parse("[IN:X [SL:A to [IN:Y [SL:B the sea ] ] ] ]"))) == {
        ("IN:X/SL:A", "to the sea"): 1,
        ("IN:X/SL:A/IN:Y/SL:B", "the sea"): 1,
    }


@given(st.text(alphabet="[] INSL:=abA\n\u00a0", max_size=200) | st.text(max_size=60))
def test_any_text_has_an_outcome(text: str) -> None:
    outcome = top.execute(text)
    assert outcome.status in (Status.OK, Status.INVALID)
    if outcome.ok:
        assert top.execute(str(outcome.value)).value == outcome.value
