.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
DEMO_ARGS ?=

.PHONY: help install dev demo test test-fast check format bench lock clean

help: ## Show this list
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

install: $(VENV)/.installed ## Make .venv with the brain command in it

dev: $(VENV)/.dev ## The same, with what tests and checks need

demo: install ## The whole loop on one machine: embedded store, no cloud account (DEMO_ARGS=--no-serve)
	@$(BIN)/brain demo $(DEMO_ARGS)

test: dev ## Everything, with the real Firestore emulator
	@$(BIN)/python -m tests.emulator --check
	@$(BIN)/pytest

test-fast: dev ## What needs no emulator
	@$(BIN)/pytest -m "not emulator"

check: dev ## What CI runs besides the tests: style, types, architecture, sizes
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/shellcheck deploy.sh .ci/run
	@$(BIN)/pytest tests/house

format: dev ## Format and mend what can be mended by a tool
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: dev ## Side by side with the rivals: medians and ratios
	@$(BIN)/python -m benchmarks

lock: ## Pin every requirement with its hashes
	@$(UV) pip compile --quiet --universal --generate-hashes --custom-compile-command "make lock" pyproject.toml --extra retail -o functions/requirements.txt
	@$(UV) pip compile --quiet --universal --generate-hashes --custom-compile-command "make lock" pyproject.toml --extra cli --extra retail -c functions/requirements.txt -o requirements/cli.txt
	@$(UV) pip compile --quiet --universal --generate-hashes --custom-compile-command "make lock" pyproject.toml --extra cli --extra retail --group dev -c requirements/cli.txt -o requirements/dev.txt
	@$(UV) pip compile --quiet --universal --generate-hashes --custom-compile-command "make lock" pyproject.toml --extra cli --extra retail --group dev --group bench -c requirements/dev.txt -o requirements/bench.txt

clean: ## Remove what was built
	@rm -rf build .venv .uv .brain
