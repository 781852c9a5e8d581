"""Asking a server: the prompts of evaluation as token ids, whole answers only, and going on after an interruption."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from harness.checkpoint import load_tokenizer
from harness.config import ModelSpec
from tasks.chat import ChatFormat, Tokenizer
from tests.checkpoints import tiny_checkpoint
from trainer.asking import Question, Sampling, ServerError, ask, general_questions


class Scripted(ThreadingHTTPServer):
    """Answers "<number of tokens>", cut where the prompt has an odd number of them."""

    asked: list[dict[str, Any]]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer({"data": [{"id": "tiny"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert isinstance(self.server, Scripted)
        self.server.asked.append(body)
        length = len(body["prompt"])
        reason = "length" if length % 2 else "stop"
        self._answer({"choices": [{"text": f" {length} ", "finish_reason": reason}]})

    def _answer(self, content: dict[str, Any]) -> None:
        data = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted(("127.0.0.1", 0), Handler) as running:
        running.asked = []
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def tokenizer(tmp_path: Path) -> Tokenizer:
    return load_tokenizer(ModelSpec(model=str(tiny_checkpoint(tmp_path / "tiny", adds_bos=True))))


def url(server: Scripted) -> str:
    return f"http://127.0.0.1:{server.server_port}/v1"


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_answers_in_the_questions_order_and_none_that_was_cut(
    server: Scripted, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    questions = [Question("a" * number, {"task": "scan", "sample": str(number)}) for number in range(1, 21)]
    ask(url(server), questions, ChatFormat.PLAIN, tokenizer, Sampling(), tmp_path / "out.jsonl")
    found = rows(tmp_path / "out.jsonl")
    assert [row["sample"] for row in found] == [str(number) for number in range(1, 21)]
    assert [row["completion"] for row in found[:4]] == ["2", "", "4", ""], "BOS and a token a letter"
    assert all(body["prompt"][0] == 256 for body in server.asked), "as ids, with the BOS of evaluation"


def test_an_interrupted_call_goes_on(server: Scripted, tokenizer: Tokenizer, tmp_path: Path) -> None:
    questions = list(general_questions(8))
    out = tmp_path / "out.jsonl"
    ask(url(server), questions[:5], ChatFormat.PLAIN, tokenizer, Sampling(), out)
    assert ask(url(server), questions, ChatFormat.PLAIN, tokenizer, Sampling(), out) == 8
    assert len(server.asked) == 8
    assert sorted(body["seed"] for body in server.asked) == list(range(8))


def test_no_server(tokenizer: Tokenizer, tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="refused"):
        ask("http://127.0.0.1:9/v1", [], ChatFormat.PLAIN, tokenizer, Sampling(), tmp_path / "out.jsonl")


def test_general_questions_are_all_different() -> None:
    prompts = [question.prompt for question in general_questions(500)]
    assert len(set(prompts)) == 500
    assert prompts == [question.prompt for question in general_questions(500)]
