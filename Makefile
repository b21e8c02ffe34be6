# The two commands: `make demo` and `make test`. `make check` is the part of the tests that needs no root.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# What has servers of its own, because it adds others to them, begins with older software, or takes their power.
APART := tests/infra/copies tests/infra/moves tests/infra/test_upgrade.py tests/infra/test_audit_location.py tests/infra/test_lab.py

.PHONY: help venv demo demo-down test check lint unit prepared molecule system apart lost bench golden collection wheel constraints clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): pyproject.toml constraints.txt tools/packages
	tools/packages venv
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

venv: $(READY) ## the virtual environment, with nuage in it

demo: $(READY) ## three real municipalities, from request to running services, on this machine (root)
	tools/packages browser
	$(BIN)/python -m provisioner.demo

demo-down: $(READY) ## take the demo's servers away
	$(BIN)/nuage lab down --name demo

check: lint unit ## lint, types, unit, golden and contract tests: no root, under two minutes

# Beside what needs no server, one is prepared, that the others begin with. Then three at once, on labs of their own: each waits
# for its servers half of the time.
test: $(READY) ## everything, on real hosts (root)
	tools/packages browser
	tools/packages apart
	$(MAKE) --jobs 2 --output-sync=line prepared check
	$(MAKE) --jobs 3 --output-sync=line system apart molecule

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/yamllint --strict .
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/ansible-lint --offline

unit: $(READY)
	$(BIN)/pytest --numprocesses auto tests/unit tests/golden tests/contract

prepared: $(READY)
	$(BIN)/python -m tests.prepared

molecule: $(READY)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/molecule test --all

# One session, so that all of them share one deployment.
system: $(READY)
	tools/packages browser
	tools/packages export
	$(BIN)/pytest --durations=15 tests/e2e tests/infra $(APART:%=--ignore=%)

apart: $(READY)
	tools/packages apart
	NUAGE_TEST_LAB=test-apart $(BIN)/pytest --durations=15 $(APART)

lost: $(READY) ## a server lost for good and rebuilt, on real hosts (root, ten minutes)
	tools/packages apart
	NUAGE_TEST_LOST=1 NUAGE_TEST_LAB=test-lost $(BIN)/pytest --durations=15 tests/infra/copies/test_lost.py

bench: $(READY) ## every figure of bench/RESULTS.md (root, half an hour)
	$(BIN)/python -m bench

golden: $(READY) ## rewrite the golden files, to be read in the diff
	$(BIN)/python -m tests.golden.update

collection: $(READY) ## the Ansible collection, as an archive for ansible-galaxy
	$(BIN)/ansible-galaxy collection build --force --output-path dist

wheel: $(READY) ## the Python package, playbooks and roles included
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

constraints: ## the exact version of every Python package, taken anew from what pyproject.toml allows
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[dev]'
	{ head -n 2 constraints.txt; $(BIN)/pip freeze --exclude-editable; } >constraints.new
	mv constraints.new constraints.txt
	touch $(READY)

clean:
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
