"""The templates of pages and pictures: what is put into them is escaped."""

from __future__ import annotations

from pathlib import Path

import jinja2

_FOLDER = Path(__file__).parent / "templates"


def template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(name)
