"""The environment that the tests run in is the locked one, and the lock holds all that the project asks for."""

from __future__ import annotations

import re
from importlib.metadata import distributions, requires

from harness.serving import PROJECT

_OURS = "symharness"


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> dict[str, str]:
    lines = (PROJECT / "environments" / "harness.lock").read_text(encoding="utf-8").splitlines()
    pins = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {normal(name): version for name, version in pins}


def test_what_is_installed_is_what_is_locked() -> None:
    installed = {normal(found.metadata["Name"]): found.version for found in distributions()}
    differ = {
        name: f"{installed.get(name)}, locked {version}"
        for name, version in locked().items()
        if installed.get(name) != version
    }
    assert differ == {}, "`make setup` brings the environment up to date"


def test_all_that_the_project_asks_for_is_locked() -> None:
    asked = {normal(re.split(r"[\s\[<>=!~;]", line)[0]) for line in requires(_OURS) or [] if "extra ==" not in line}
    assert asked - locked().keys() == set()
