"""Training steps as they stand in the names of checkpoints."""

from __future__ import annotations

import re
from dataclasses import dataclass

# checkpoint-500, step-500, step_500, step500, global_step500, iter_0000500; step1000-tokens4B of OLMo's revisions. No
# version (Step-3.5), and no more digits than a number of steps has.
_STEP = re.compile(
    r"(?<![a-z0-9])(?:global_?step|checkpoint|ckpt|step|iter)[-_]?([0-9]{1,15})(?![a-z0-9]|\.[0-9])"
    r"(?:[-_]tokens[0-9.]+[bmt](?![a-z0-9]))?",
    re.IGNORECASE | re.ASCII,
)
_JOINTS = "-_./ "


@dataclass(frozen=True, slots=True)
class Stepped:
    """A checkpoint as the `step` of a `series`: what remains of its name, which may be nothing."""

    series: str
    step: int


def stepped(model: str, revision: str | None) -> Stepped | None:
    """The step in the revision, else in the model's name; None where neither has one.

    Where the name holds the step, the revision is that one checkpoint's own (a commit) and no part of the series.
    """
    if revision is not None and (found := _last(revision)) is not None:
        rest = _without(revision, found)
        return Stepped(f"{model}@{rest}" if rest else model, int(found[1]))
    if (found := _last(model)) is not None:
        return Stepped(_without(model, found), int(found[1]))
    return None


def _last(text: str) -> re.Match[str] | None:
    return next(reversed(list(_STEP.finditer(text))), None)


def _without(text: str, found: re.Match[str]) -> str:
    head, tail = text[: found.start()].rstrip(_JOINTS), text[found.end() :]
    return head + tail.rstrip(_JOINTS) if head else tail.strip(_JOINTS)
