# What `make demo` runs once everything is set up.
DEMO_TASKS = spider,scan,gsm8k,folio_delegation,blocksworld_delegation,mtop,clevr,webnlg,nl2bash,chebi20
DEMO_COMMAND = .venv/bin/symharness run --model checkpoints/smollm2-135m-instruct --tasks $(DEMO_TASKS) --data bundled \
	--limit 12 --gen_kwargs max_gen_toks=192 --output_path results/local --run demo --restart

PACKAGES := $(patsubst %/__init__.py,%,$(wildcard $(addsuffix /__init__.py,harness executors tasks trainer)))
BIN := .venv/bin

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup setup-test demo test lint type pytest test-gpu chaos agree test-train reproduce lock clean

# $(call stage,NAME,COMMAND): run the command, then tell how long it took.
define stage
@SECONDS=0; echo "== $(1)"; status=0; { $(2); } || status=$$?; echo "== $(1): $$SECONDS s"; exit $$status
endef

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Make the environments and the default checkpoint (first time: a few minutes; then: nothing)
	$(call stage,set-up,environments/setup)

demo: setup ## Serve the default checkpoint, run ten tasks on bundled samples, show the leaderboard
	$(call stage,demo,$(DEMO_COMMAND))

test: setup-test lint type pytest ## Run every gate: ruff, mypy --strict, pytest

setup-test: ## The same set-up, and what the tests of the exports need (MLflow, W&B)
	$(call stage,set-up,environments/setup harness server checkpoint exports)

lint: ## Check style and format with ruff
	$(call stage,ruff check,$(BIN)/ruff check --quiet .)
	$(call stage,ruff format,$(BIN)/ruff format --quiet --check .)

type: ## Check types with mypy --strict
	$(call stage,mypy,$(BIN)/mypy --strict $(PACKAGES))

pytest: ## Run the tests: those that bear company side by side, then the others
	$(call stage,pytest,$(BIN)/pytest -m 'not gpu and not alone' -n auto --maxprocesses 4 --dist loadgroup)
	$(call stage,pytest alone,$(BIN)/pytest -m 'alone and not gpu')

test-gpu: setup ## Serve a random 7B model on this machine's GPU: tokens/s, samples/s, idle share
	$(call stage,test-gpu,$(BIN)/pytest tests/gpu -m gpu -rs)

chaos: ## Disturb real runs in every way we know, often, and print the table (a quarter of an hour)
	@$(BIN)/python -m tests.chaos

agree: ## Compare with official verdicts: make agree ORACLES=FILE.jsonl
	@$(BIN)/python -m tests.oracles.agreement $(ORACLES)

test-train: setup ## Test the trainer in its own environment: a few minutes of training lift a family of symbols
	$(call stage,trainer set-up,environments/setup train)
	$(call stage,pytest trainer,.venv-train/bin/pytest tests/trainer)

reproduce: setup ## Train and evaluate baseline, Injection, Infusion and one stage of both (at most 100 minutes; resumes)
	$(call stage,trainer set-up,environments/setup train)
	$(call stage,reproduce,trainer/reproduce)

lock: ## Resolve the dependencies afresh and rewrite environments/*.lock
	$(call stage,lock,environments/lock)

clean: ## Remove the environments, the checkpoint and caches (runs under results/ stay)
	rm -rf .venv .venv-vllm .venv-train .venv-exports .setup checkpoints build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
