"""Prompts: the text a task sends for a sample, with or without exemplars, compiled once.

The wording follows the only published one, the openings drawn in the project page's model figure ("Given schema,
transform the query into SQL. ..."). The chat format around it is `tasks.chat`'s business.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

# Between exemplars: no task's answer holds two blank lines, so it also serves as the stop of few-shot prompts.
SHOT_SEPARATOR = "\n\n\n"


@dataclass(frozen=True, slots=True)
class Shot:
    """One worked exemplar: the fields of its prompt and the answer a model should give."""

    fields: Mapping[str, str]
    answer: str

    def __hash__(self) -> int:
        return hash((tuple(sorted(self.fields.items())), self.answer))


@dataclass(frozen=True)
class Prompt:
    """`template` is a jinja2 text over a sample's fields; `shots` are our own exemplars, used from the first on.

    A `fixed` prompt is sent as it stands, however many exemplars are asked for: the official ones, if any, are among
    its fields.
    """

    template: str
    shots: tuple[Shot, ...] = ()
    fixed: bool = False

    def render(self, fields: Mapping[str, str], num_fewshot: int = 0) -> str:
        """The user's text for one sample.

        Raises ValueError when more exemplars are asked for than there are, jinja2.UndefinedError for a missing field.
        """
        if self.fixed:
            return _compiled(self.template)(fields)
        if num_fewshot > len(self.shots):
            raise ValueError(f"{num_fewshot} exemplars asked for, {len(self.shots)} are written for this task")
        return _shots(self, num_fewshot) + _compiled(self.template)(fields)

    def stops(self, num_fewshot: int) -> tuple[str, ...]:
        return (SHOT_SEPARATOR,) if num_fewshot and not self.fixed else ()

    @property
    def digest(self) -> str:
        """Names this wording: the first 16 hex digits of its SHA-256."""
        text = "\0".join([self.template, *(f"{sorted(shot.fields.items())}\0{shot.answer}" for shot in self.shots)])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@functools.cache
def _compiled(template: str) -> functools.partial[str]:
    import jinja2

    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)
    return functools.partial(_render, environment.from_string(template))


def _render(template: object, fields: Mapping[str, str]) -> str:
    import jinja2

    assert isinstance(template, jinja2.Template)
    return template.render(fields)


@functools.lru_cache(maxsize=256)
def _shots(prompt: Prompt, num_fewshot: int) -> str:
    render = _compiled(prompt.template)
    return "".join(f"{render(shot.fields)}{shot.answer}{SHOT_SEPARATOR}" for shot in prompt.shots[:num_fewshot])
