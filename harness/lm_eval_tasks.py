"""Our tasks as tasks of lm-eval: its models and requests, our prompts, extraction, executors and metrics.

Named by the files of `lm_eval_path` and imported by lm-eval, in an environment that holds both (the extra `lm-eval`).
Data comes from SYMHARNESS_DATA, else from the bundled samples. Values are those of `symharness run` on the same
completions; lm-eval has no place for a standard error that a task computes itself, so it prints none.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.task import Task as LmEvalTask
from lm_eval.config.task import TaskConfig
from lm_eval.filters import build_filter_ensemble

from executors.pool import Pool, RemoteError, WorkerLostError
from harness.evaluate import default_workers
from harness.lm_eval_path import PREFIX
from harness.plan import prepare_tasks
from harness.runner import score_in
from tasks.lm_eval_filters import likeliest
from tasks.metrics import Metric
from tasks.scoring import PRELOAD, Scored
from tasks.task import Sample

_log = logging.getLogger(__name__)

Document = Mapping[str, Any]


class SymharnessTask(LmEvalTask):  # type: ignore[misc]
    """One of our tasks. A task with given choices asks for the log-likelihood of each, the others for text.

    What a metric has of each document is its statistics and group; its value is aggregated from them.
    """

    VERSION = version("symharness")

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Raises UserError when the data is missing or a program that the task needs."""
        (prepared,) = prepare_tasks([config["task"].removeprefix(PREFIX)], None, None)
        self._task = prepared.task
        self._samples = {sample.id: sample for sample in prepared.samples}
        self._scored: dict[str, Scored] = {}
        self._config = TaskConfig(
            task=config["task"],
            output_type="multiple_choice" if self._task.choices else "generate_until",
            generation_kwargs=None if self._task.choices else self._generation(),
            test_split="test",
            metadata={"version": self.VERSION},
        )
        self.OUTPUT_TYPE = self._config.output_type
        self._filters = [build_filter_ensemble("none", [["take_first", None]])]
        self._instances: list[Instance] | None = None
        self.fewshot_rnd = None

    def _generation(self) -> dict[str, Any]:
        greedy = {"do_sample": False, "temperature": 0.0}
        return greedy | {"until": list(self._task.stop), "max_gen_toks": self._task.max_tokens}

    def has_training_docs(self) -> bool:
        return False

    def has_validation_docs(self) -> bool:
        return False

    def has_test_docs(self) -> bool:
        return True

    def test_docs(self) -> list[Document]:
        return [
            {"sample": sample.id, "fields": dict(sample.fields), "target": sample.target}
            for sample in self._samples.values()
        ]

    def doc_to_text(self, doc: Document) -> str:
        return self._task.prompt.render(self._sample(doc).fields, self.config.num_fewshot or 0)

    def doc_to_target(self, doc: Document) -> str:
        return self._task.gold(self._sample(doc))

    def doc_to_prefix(self, doc: Document) -> None:
        return None

    def fewshot_context(
        self,
        doc: Document,
        num_fewshot: int,
        system_instruction: str | None = None,
        chat_template: Callable[..., str] | None = None,
        **_: object,
    ) -> str:
        """The prompt with our own exemplars, which are one turn with the question as in a run of ours."""
        prompt = self._task.prompt.render(self._sample(doc).fields, num_fewshot)
        if chat_template is None:
            return prompt if system_instruction is None else f"{system_instruction}\n\n{prompt}"
        system = [{"role": "system", "content": system_instruction}] if system_instruction else []
        return chat_template([*system, {"role": "user", "content": prompt}], add_generation_prompt=True)

    def construct_requests(
        self, doc: Document, ctx: str, metadata: tuple[str, int, int], **_: object
    ) -> Instance | list[Instance]:
        if self._task.choices:
            blank = "" if ctx[-1:].isspace() else " "
            asked = enumerate(f"{blank}{choice}" for choice in self._task.choices)
            return [Instance("loglikelihood", doc, (ctx, answer), index, metadata) for index, answer in asked]
        settings = dict(self.config.generation_kwargs)
        until = settings["until"] if isinstance(settings["until"], list) else [settings["until"]]
        settings["until"] = [*until, *self._task.prompt.stops(self.config.num_fewshot or 0)]
        return Instance("generate_until", doc, (ctx, settings), 0, metadata)

    def apply_filters(self) -> None:
        """Score all answers at once in a pool, before lm-eval asks for the documents' results one by one."""
        super().apply_filters()
        answers: dict[str, list[Any]] = {}
        for instance in sorted(self._instances or [], key=lambda item: item.idx):
            answers.setdefault(instance.doc["sample"], []).append(instance.resps[0])
        completions = {name: self._completion(responses) for name, responses in answers.items()}
        self._scored = asyncio.run(self._score(completions))
        if faults := len(completions) - len(self._scored):
            _log.warning("%s: %d answers could not be scored, and do not count", self.task_name, faults)

    def _completion(self, responses: Sequence[Any]) -> str:
        if self._task.choices:
            return self._task.choices[likeliest([float(response[0]) for response in responses])]
        return str(responses[0])

    async def _score(self, completions: Mapping[str, str]) -> dict[str, Scored]:
        workers = default_workers()
        gate = asyncio.Semaphore(2 * workers)
        scored: dict[str, Scored] = {}
        async with Pool(workers, preload=PRELOAD) as pool:

            async def one(name: str, completion: str) -> None:
                async with gate:
                    try:
                        scored[name] = await score_in(pool, self._task, self._samples[name], completion)
                    except (RemoteError, WorkerLostError) as error:
                        _log.error("%s, sample %s: %s", self.task_name, name, error)

            await asyncio.gather(*(one(name, completion) for name, completion in completions.items()))
        return scored

    def process_results(self, doc: Document, results: Sequence[Any]) -> dict[str, Any]:
        """By metric the document's statistics and group; nothing for an answer that could not be scored."""
        sample = self._sample(doc)
        if (scored := self._scored.get(sample.id)) is None:
            return {}
        return {
            metric.name: {"statistics": dict(scored.statistics[metric.name]), "group": sample.group}
            for metric in self._task.metrics
        }

    def aggregation(self) -> dict[str, Callable[[Sequence[Mapping[str, Any]]], float]]:
        return {metric.name: _aggregate(metric) for metric in self._task.metrics}

    def higher_is_better(self) -> dict[str, bool]:
        return {metric.name: True for metric in self._task.metrics}

    def _sample(self, doc: Document) -> Sample:
        return self._samples[doc["sample"]]


def _aggregate(metric: Metric) -> Callable[[Sequence[Mapping[str, Any]]], float]:
    def value(rows: Sequence[Mapping[str, Any]]) -> float:
        return metric.aggregate([row["statistics"] for row in rows], [row["group"] for row in rows]).value

    return value
