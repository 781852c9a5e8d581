"""Logic forms: read as Inter-GPS reads them, normalised, and refused with one line that says where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executors.geometry import FormError, normalise, parse


def test_a_form_is_a_tree_of_names() -> None:
    form = parse("Equals(LengthOf(Line(A, B)), 2x+5)")
    assert form.tree() == ["Equals", ["LengthOf", ["Line", "A", "B"]], "2x+5"]
    assert str(form) == "Equals(LengthOf(Line(A, B)), 2x+5)"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("Find(x)) is true", ["Find", "x"]),
        ("Find(x) Find(y)", ["Find", "x"]),
        ("Equals()", ["Equals"]),
        ("Line(A,\nB)", ["Line", "A", "B"]),
        ("Line( A , B )", ["Line", "A ", "B "]),
        ("Line(A,\tB\t)", ["Line", "A", "B" + 7 * " "]),
        ("MeasureOf(angle 1)", ["MeasureOf", "angle 1"]),
        ("Equals(x, \\frac{4}{3}y+1)", ["Equals", "x", "\\frac{4}{3}y+1"]),
        ("Line(W, W')", ["Line", "W", "W'"]),
    ],
)
def test_what_follows_is_ignored_and_blanks_after_a_name_are_kept(text: str, tree: list[object]) -> None:
    assert parse(text).tree() == tree


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "character 1: a name expected, the end found"),
        ("Find", r"character 5: '\(' expected, the end found"),
        ("Find(x", r"character 7: ',' or '\)' expected, the end found"),
        ("Line(A,)", r"character 8: a name expected, '\)' found"),
        ("Answer: Find(x)", r"character 7: '\(' expected, ': Find\(x\)' found"),
        ("Find[x]", r"'\(' expected, '\[x\]' found"),
        ("Equals(x, 4°)", r"',' or '\)' expected, '°\)' found"),
        ('"Find(x)"', "character 1: a name expected"),
        ("f(" * 101 + "x" + ")" * 101, "nested more than 100 deep"),
        ("f(" * 9000, "nested more than 100 deep"),
        ("f(" + "x" * 20_000 + ")", "more than 20000 characters"),
    ],
)
def test_what_is_no_form_is_refused_in_one_line(text: str, reason: str) -> None:
    with pytest.raises(FormError, match=reason) as raised:
        parse(text)
    assert "\n" not in str(raised.value)


@given(st.text(alphabet="Line(AB,) 1x+\\{}^$'°\n\t", max_size=40))
def test_any_text_is_a_form_or_a_form_error(text: str) -> None:
    try:
        form = parse(text)
    except FormError:
        return
    assert parse(str(form)).name == form.name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Line(A, B)", "Line(B,A)"),
        ("Angle(A,B,C)", "Angle(C, B, A)"),
        ("Equals(LengthOf(Line(A,B)), 4)", "Equals(4,LengthOf(Line(B,A)))"),
        ("Parallelogram(A,B,C,D)", "Parallelogram(C,B,A,D)"),
        ("MeasureOf(angle 1)", "MeasureOf(Angle(1))"),
        ("Parallel(Line(A,B),Line(C,D))", "Parallel(Line(D,C),Line(B,A))"),
        ("Similar(Triangle(A,B,C),Triangle(D,E,F))", "Similar(Triangle(D,E,F), Triangle(A,B,C))"),
    ],
)
def test_ways_of_writing_one_form(one: str, other: str) -> None:
    assert normalise(parse(one)) == normalise(parse(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Angle(A,B,C)", "Angle(B,A,C)"),
        ("Parallelogram(A,B,C,D)", "Parallelogram(A,C,B,D)"),
        ("Similar(Triangle(A,B,C),Triangle(D,E,F))", "Similar(Triangle(A,B,C),Triangle(E,D,F))"),
        ("Find(x)", "find(x)"),
        ("Sub(x,y)", "Sub(y,x)"),
    ],
)
def test_forms_that_say_something_else(one: str, other: str) -> None:
    assert normalise(parse(one)) != normalise(parse(other))


def test_all_supplied_forms_are_read(data_root: Path) -> None:
    folder = data_root / "geometry3k" / "logic_forms"
    drawn = json.loads((folder / "diagram_logic_forms_annot.json").read_text(encoding="utf-8"))
    told = json.loads((folder / "text_logic_forms_annot.json").read_text(encoding="utf-8"))
    dissolved = json.loads((folder / "text_logic_forms_annot_dissolved.json").read_text(encoding="utf-8"))
    forms = [form for row in drawn.values() for form in row["diagram_logic_forms"]]
    forms += [form for rows in (told, dissolved) for row in rows.values() for form in row["text_logic_forms"]]
    assert len(forms) > 6000
    assert [form for form in forms if form and normalise(parse(form)) is None] == []
