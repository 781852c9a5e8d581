"""Prompts: compiled templates over a sample's fields, with our own exemplars in front."""

from __future__ import annotations

import jinja2
import pytest

from tasks.prompt import SHOT_SEPARATOR, Prompt, Shot
from tasks.task import registry

PROMPT = Prompt("Q: {{ question }}\nA: ", shots=(Shot({"question": "1+1"}, "2"), Shot({"question": "2+2"}, "4")))


def test_zero_shot() -> None:
    assert PROMPT.render({"question": "3+3"}) == "Q: 3+3\nA: "
    assert PROMPT.stops(0) == ()


def test_few_shot_uses_the_first_exemplars_and_stops_where_the_next_would_begin() -> None:
    assert PROMPT.render({"question": "3+3"}, 1) == f"Q: 1+1\nA: 2{SHOT_SEPARATOR}Q: 3+3\nA: "
    assert PROMPT.stops(1) == (SHOT_SEPARATOR,)


def test_a_fixed_prompt_is_sent_as_it_stands() -> None:
    fixed = Prompt("Q: {{ question }}\nA: ", fixed=True)
    assert fixed.render({"question": "3+3"}, 5) == "Q: 3+3\nA: "
    assert fixed.stops(5) == ()


def test_text_of_a_sample_is_data_not_template() -> None:
    assert PROMPT.render({"question": "{{ 7*7 }} <b>&"}) == "Q: {{ 7*7 }} <b>&\nA: "


def test_more_exemplars_than_there_are() -> None:
    with pytest.raises(ValueError, match="3 exemplars asked for, 2 are written"):
        PROMPT.render({"question": "x"}, 3)


def test_missing_field() -> None:
    with pytest.raises(jinja2.UndefinedError):
        PROMPT.render({})


def test_digest_names_wording_and_exemplars() -> None:
    assert PROMPT.digest != Prompt(PROMPT.template).digest
    assert PROMPT.digest == Prompt(PROMPT.template, PROMPT.shots).digest


@pytest.mark.parametrize("name", sorted(name for name, task in registry().items() if not task.prompt.fixed))
def test_every_task_has_three_exemplars(name: str) -> None:
    task = registry()[name]
    assert len(task.prompt.shots) >= 3
    assert not any(SHOT_SEPARATOR in shot.answer for shot in task.prompt.shots)
