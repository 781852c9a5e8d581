"""NLmaps queries: read, printed, compared up to what order cannot mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executors import mrl
from executors.outcome import Status

HOTELS = "query(area(keyval('name','Vestby')),nwr(keyval('tourism','hotel'),keyval('stars','4')),qtype(count))"


def test_a_query_is_printed_as_it_was_read() -> None:
    assert str(mrl.parse(HOTELS)) == HOTELS
    assert str(mrl.parse(HOTELS.replace(",", " , "))) == HOTELS


def test_words_are_what_stands_outside_of_strings() -> None:
    query = "query(nwr(keyval('nwr','a')), topx(1))"
    found = list(mrl.words(query))
    assert [word for _, word in found] == ["query", "nwr", "keyval", "topx", "1"]
    assert all(query.startswith(word, place) for place, word in found)
    with pytest.raises(mrl.NotAQueryError):
        list(mrl.words("query('"))


def test_an_apostrophe_inside_a_name_is_part_of_it() -> None:
    text = "query(nwr(keyval('name','Pilgrim's Well')),qtype(latlong))"
    assert str(mrl.parse(text)) == text


def test_conditions_have_no_order_but_what_is_asked_for_has() -> None:
    swapped = HOTELS.replace(
        "keyval('tourism','hotel'),keyval('stars','4')", "keyval('stars','4'),keyval('tourism','hotel')"
    )
    assert mrl.execute(swapped).value == mrl.execute(HOTELS).value
    first, second = (
        mrl.execute(f"query(nwr(keyval('a','b')),qtype({what}))").value
        for what in ("latlong,findkey('name')", "findkey('name'),latlong")
    )
    assert first != second


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the query is not closed"),
        ("fetch(area(keyval('a','b')))", "there is no function 'fetch'"),
        ("area(keyval('a','b'))", "a query begins with query("),
        (HOTELS[:-1], "the query is not closed"),
        (HOTELS + ")", "text behind the end"),
        ('query(area(keyval("a","b")),qtype(count))', None),
        ("query(" + "or(" * 100, "nested more than 50 deep"),
        ("query(,)", "character 7: a term was expected before ','"),
        ("x" * 30_000, "30000 characters"),
    ],
)
def test_what_is_no_query(text: str, reason: str | None) -> None:
    outcome = mrl.execute(text)
    if reason is None:
        assert outcome.value != mrl.execute("query(area(keyval('a','b')),qtype(count))").value
    else:
        assert outcome.status is Status.INVALID
        assert reason in outcome.detail


@given(st.text(alphabet="query()area,'nw \\", max_size=120) | st.text(max_size=60))
def test_any_text_has_an_outcome(text: str) -> None:
    assert mrl.execute(text).status in (Status.OK, Status.INVALID)
