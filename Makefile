.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
DEMO_ARGS ?=

PYTEST := $(BIN)/pytest -n auto --dist loadscope

.PHONY: help install dev demo test test-fast check format bench prove coverage lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.uv/bin/uv:
	@$(PYTHON) -m venv .uv && .uv/bin/pip install --quiet uv

$(VENV)/bin/python: | $(filter .uv/bin/uv,$(UV))
	@$(UV) venv --quiet --python ">=3.11" $(VENV)

$(VENV)/.installed: requirements/cli.txt pyproject.toml | $(VENV)/bin/python
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/cli.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.installed
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/bench.txt
	@touch $@

install: $(VENV)/.installed ## Create .venv with the brain command

dev: $(VENV)/.dev ## The same, with the tools for tests and checks

demo: install ## Simulate an agency and a shop on this machine, without a cloud account (DEMO_ARGS=--no-serve)
	@$(BIN)/brain demo $(DEMO_ARGS)

test: dev ## Everything, with the real Firestore emulator; long runs are sampled
	@$(BIN)/python -m tests.emulator --check
	@$(PYTEST)

test-fast: dev ## The quick part in two minutes: no emulator, nothing marked slow
	@$(PYTEST) -m "not emulator and not slow"

coverage: dev ## Branch coverage of the whole suite, subprocesses included: domain 98 %, the rest 95 %
	@$(BIN)/python -m tests.emulator --check
	@$(BIN)/coverage erase
	@$(PYTEST) --cov --cov-report=
	@$(BIN)/coverage report --include='shared/brain/domain/*' --fail-under=98 --skip-covered --show-missing
	@$(BIN)/coverage report --omit='shared/brain/domain/*' --fail-under=95 --skip-covered --show-missing

check: dev ## What CI runs besides the tests: style, types, architecture
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/shellcheck deploy.sh .ci/run
	@$(BIN)/pytest tests/architecture

format: dev ## Format, and fix what a tool can fix
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.bench ## Benchmarks next to the competitors, interleaved: medians and ratios
	@$(BIN)/python -m benchmarks

prove: $(VENV)/.bench ## The full counts behind every published figure, into benchmarks/results/ with the commit id
	@BRAIN_SCHEMATHESIS_CASES=10000 $(BIN)/pytest tests/functions/test_ingest_contract.py
	@BRAIN_LARGEST_CLIENT_DAYS=730 $(BIN)/pytest tests/unit/loop/test_largest_client.py
	@BRAIN_REPORT_EXAMPLES=10000 $(BIN)/pytest tests/unit/feeds/test_report_properties.py
	@BRAIN_CRASH_STRIDE=1 $(BIN)/pytest tests/faults/test_job_crashes.py
	@$(BIN)/python -m benchmarks --results benchmarks/results

lock: ## Pin every requirement with hashes
	@$(UV) pip compile --quiet --universal --generate-hashes --custom-compile-command "make lock" pyproject.toml --extra retail -o functions/requirements.txt
	@$(UV) pip compile --quiet --universal --generate-hashes --custom-compile-command "make lock" pyproject.toml --extra cli --extra retail -c functions/requirements.txt -o requirements/cli.txt
	@$(UV) pip compile --quiet --universal --generate-hashes --custom-compile-command "make lock" pyproject.toml --extra cli --extra retail --group dev -c requirements/cli.txt -o requirements/dev.txt
	@$(UV) pip compile --quiet --universal --generate-hashes --custom-compile-command "make lock" pyproject.toml --extra cli --extra retail --group dev --group bench -c requirements/dev.txt -o requirements/bench.txt

clean: ## Remove everything built
	@rm -rf build .venv .uv .brain
