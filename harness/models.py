"""The paper's checkpoints under short names: where each is, and how it is asked.

What is known of Symbol-LLM's releases was read off their hub pages; where only the first digits of a commit or no
maximal length is known, the field is left open and the note says so.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from harness.config import ModelSpec, UserError, first_error
from tasks.chat import ChatFormat


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A checkpoint of the paper's tables (or its successor): how it is served and asked, and what to know of it.

    `published` is its row's name in the published figures, None where they have none.
    """

    spec: ModelSpec
    published: str | None
    note: str


def _symbol_llm(size: str, **settings: object) -> ModelSpec:
    """Trained untagged, on pairs that end with `</s>` (open-instruct's prompt + completion form), saved in bfloat16."""
    defaults = {"chat_format": ChatFormat.PLAIN, "dtype": "bfloat16", "stop": ("</s>",)}
    return ModelSpec.model_validate({"model": f"Symbol-LLM/Symbol-LLM-{size}-Instruct"} | defaults | settings)


def _llama_2(size: str) -> ModelSpec:
    return ModelSpec(model=f"meta-llama/Llama-2-{size}-hf", chat_format=ChatFormat.PLAIN, max_model_len=4096)


def _llama_2_chat(size: str) -> ModelSpec:
    return ModelSpec(
        model=f"meta-llama/Llama-2-{size}-chat-hf",
        chat_format=ChatFormat.LLAMA_2_CHAT,
        stop=("</s>",),
        max_model_len=4096,
    )


def _code_llama(size: str) -> ModelSpec:
    """Reads 16k tokens; given LLaMA-2's room, so that all baselines have the same."""
    return ModelSpec(
        model=f"codellama/CodeLlama-{size}-Instruct-hf",
        chat_format=ChatFormat.LLAMA_2_CHAT,
        stop=("</s>",),
        max_model_len=4096,
    )


_GATED = "gated: accept Meta's licence on the hub, then `hf auth login`; revision not pinned"

KNOWN: Mapping[str, KnownModel] = {
    "symbol-llm-7b": KnownModel(
        _symbol_llm("7B", revision="refs/pr/1", weights="safetensors"),
        "Symbol-LLM-Instruct 7B",
        "refs/pr/1 holds the weights as safetensors; main (abac8b4) has .bin shards only",
    ),
    "symbol-llm-13b": KnownModel(
        _symbol_llm("13B"),
        "Symbol-LLM-Instruct 13B",
        ".bin shards only; revision not pinned (main was 9bccfa4...)",
    ),
    "symbol-llm-8b": KnownModel(
        _symbol_llm("8B", stop=("<|end_of_text|>",), max_model_len=8192),
        None,
        ".bin shards only; revision not pinned (main was cefd7a6...)",
    ),
    "llama-2-7b": KnownModel(_llama_2("7b"), "LLaMA-2 7B", _GATED),
    "llama-2-13b": KnownModel(_llama_2("13b"), "LLaMA-2 13B", _GATED),
    "llama-2-7b-chat": KnownModel(_llama_2_chat("7b"), "LLaMA-2-Chat 7B", _GATED),
    "llama-2-13b-chat": KnownModel(_llama_2_chat("13b"), "LLaMA-2-Chat 13B", _GATED),
    "codellama-7b-instruct": KnownModel(_code_llama("7b"), "CodeLLaMA-Instruct 7B", "revision not pinned"),
    "codellama-13b-instruct": KnownModel(_code_llama("13b"), "CodeLLaMA-Instruct 13B", "revision not pinned"),
}


def model_spec(**values: object) -> ModelSpec:
    """A validated ModelSpec from its fields; None stands for a field that was not given.

    Where `model` is a name of `KNOWN`, its fields are what was not given. A folder of that name is reached by a path
    (`./symbol-llm-7b`). Raises UserError.
    """
    given = {key: value for key, value in values.items() if value is not None}
    known = KNOWN.get(str(given.get("model")))
    if known is not None:
        given = known.spec.model_dump(exclude_unset=True) | given | {"model": known.spec.model}
    try:
        spec = ModelSpec.model_validate(given)
    except ValidationError as error:
        raise UserError(f"model: {first_error(error)}") from error
    spec.check()
    if known is None:
        _check_spelling(spec)
    return spec


def _check_spelling(spec: ModelSpec) -> None:
    """A name without an organisation that is nearly a known one is a typing error, not a hub id."""
    if spec.folder is not None or spec.replays or "/" in spec.model:
        return
    near = difflib.get_close_matches(spec.model.lower(), KNOWN, n=2, cutoff=0.7)
    if near:
        raise UserError(
            f"model {spec.model!r}: did you mean {' or '.join(near)}? `symharness models` lists the known names"
        )
