# Everything a newcomer needs: `make run` and `make test`. Both make .venv from the hashed lock files on first use.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
LOCK    = uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11

.PHONY: help run test test-unit test-long bench lint lock clean

help: ## show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

run: $(VENV)/run.stamp ## start the service and the sandbox with demo data
	@$(BIN)/python -m router.cli run

test: $(VENV)/dev.stamp lint ## everything that must hold before a commit lands (under 10 minutes on two cores)
	$(BIN)/python -m tests.browser_for_tests
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not long"

test-unit: $(VENV)/dev.stamp ## the tests without I/O: seconds
	$(BIN)/python -m pytest tests/unit

test-long: $(VENV)/dev.stamp ## the full sizes of the guarantees: hours
	$(BIN)/python -m tests.browser_for_tests
	$(BIN)/python -m pytest -m long

bench: $(VENV)/dev.stamp ## benchmarks: ratios to ceilings measured in the same run
	$(BIN)/python -m bench

lint: $(VENV)/dev.stamp ## format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock: ## compile requirements/*.lock from pyproject.toml (needs uv)
	$(LOCK) --extra postgres --group build pyproject.toml -o requirements/run.lock
	$(LOCK) --all-extras --group dev pyproject.toml -o requirements/dev.lock

clean: ## remove the environment and everything the service stored here
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "liveqr needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements/run.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/run.stamp
