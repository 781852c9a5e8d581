"""How far a served model's answers repeat: some samples asked once more, compared with what is on record.

Greedy decoding on a real engine is not a function of the prompt alone: sums in low precision depend on what else is
in the batch. So the spread is measured and said, not promised away.
"""

from __future__ import annotations

import asyncio
import itertools
import json

from harness.client import GenerationFaultError, Generator, Request
from harness.plan import Plan
from harness.runlog import read_records

SPREAD_FILE = "spread.json"


async def measure_spread(plan: Plan, generator: Generator, max_model_len: int | None) -> str:
    """Ask the plan's first `spread` samples once more; write `spread.json` and return it as a sentence."""
    recorded = {record.key: record.completion for record in read_records(plan.folder) if not record.fault}
    # Lazily: a plan encodes its prompts as they are asked for, and only the first few are wanted.
    known = (ask for ask in plan.asks(set(), max_model_len) if (ask.task.name, ask.sample.id) in recorded)
    asks = list(itertools.islice(known, plan.options.spread))

    async def again(index: int) -> bool:
        ask = asks[index]
        key = (ask.task.name, ask.sample.id)
        completion = await generator.complete(Request(ask.prompt, ask.max_tokens, ask.stop, key))
        return completion.text != recorded[key]

    answers = await asyncio.gather(*(again(index) for index in range(len(asks))), return_exceptions=True)
    failed = [answer for answer in answers if isinstance(answer, BaseException)]
    for error in failed:
        if not isinstance(error, GenerationFaultError):
            raise error
    found = {"asked": len(asks) - len(failed), "differ": sum(answer is True for answer in answers)}
    (plan.folder / SPREAD_FILE).write_text(json.dumps(found) + "\n", encoding="utf-8")
    return f"asked again: {found['differ']} of {found['asked']} answers differ from the recorded ones"
