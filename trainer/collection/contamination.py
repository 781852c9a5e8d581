"""Test rows must not be learnt: what is held out, recognised by hashes of normalised text.

A prompt is held out when it is a test prompt of any task, letter case, punctuation and spacing aside, or when one of
its fields (its lines, where the fields are not known) is the distinguishing text of a test sample: a field of at least
five words that no other test sample of that task has. So a question is recognised under another task's wording too.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from tasks.task import Sample, Task

_WORDS = 5
# The label of a prompt's line ("The question is: ...").
_LABEL = re.compile(r"^[\w ]{1,40}: ")


class HeldOut:
    """The test rows of some tasks. `rows` counts them."""

    def __init__(self) -> None:
        self._prompts: dict[bytes, str] = {}
        self._texts: dict[bytes, str] = {}
        self.rows = 0

    def add(self, task: Task, samples: Sequence[Sample]) -> None:
        """Hold out a task's test samples."""
        shared = Counter(key for sample in samples for key in {_key(value) for value in sample.fields.values()})
        for sample in samples:
            name = f"{task.name}/{sample.id}"
            self.rows += 1
            self._prompts.setdefault(_key(task.prompt.render(sample.fields)), name)
            for value in sample.fields.values():
                if len(value.split()) >= _WORDS and shared[_key(value)] == 1:
                    self._texts.setdefault(_key(value), name)

    def find(self, prompt: str, fields: Iterable[str] | None = None) -> str | None:
        """`task/id` of the test sample that this prompt is, None where it is none."""
        found = self._prompts.get(_key(prompt))
        if found is not None:
            return found
        texts = _lines(prompt) if fields is None else fields
        return next((self._texts[key] for key in map(_key, texts) if key in self._texts), None)


def _lines(prompt: str) -> Iterable[str]:
    yield prompt
    for line in prompt.splitlines():
        yield line
        yield _LABEL.sub("", line)


def _key(text: str) -> bytes:
    """A hash of the letters, digits and signs that carry meaning, without case and spacing."""
    normal = re.sub(r"[\s.,;:!?'\"]+", "", text.casefold())
    return hashlib.blake2b(normal.encode("utf-8", "surrogatepass"), digest_size=12).digest()
