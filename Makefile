# The words a newcomer types; each brings the environment up to date by itself.
.DEFAULT_GOAL := help
.PHONY: help demo test check bench faults soak mutants lock
SHELL := /bin/bash
WORKERS ?= 3
SOAK_MINUTES ?= 15
RUN := .venv/bin
FAULTS = $(RUN)/python -m pytest -v --thorough $(if $(LAST_RUN),--last-run=$(LAST_RUN))
COMPILE := $(RUN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links

help: ## print these words
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 16

demo: .venv/ready ## start everything, send a dealer's day through it, show what came of it
	@$(RUN)/hub demo

test: .venv/ready ## the tests, against a real Kafka and a real PostgreSQL; the longest are left to `make faults`
	@$(RUN)/python -m pytest -n $(WORKERS) --dist loadgroup tests

check: .venv/ready ## lint, types, import rules, contracts, house rules
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy --strict contracts hub
	$(RUN)/lint-imports
	$(RUN)/hub contracts check
	$(RUN)/python -m pytest -q tests/house

bench: .venv/ready ## measure, and say on what
	@$(RUN)/python -m bench

faults: .venv/ready ## every fault, the runbook and all else that takes long; LAST_RUN=FILE keeps what it came to
	@$(if $(LAST_RUN),rm -f $(LAST_RUN))
	@rest=0; \
	$(FAULTS) -n $(WORKERS) --dist loadgroup -m "(faults or thorough) and not alone" tests || rest=$$?; \
	$(FAULTS) -m alone --soak-minutes=$(SOAK_MINUTES) tests && exit $$rest

soak: .venv/ready ## twice the sustainable load with faults for SOAK_MINUTES (15): memory, logs, health
	@$(RUN)/python -m pytest -v -s --thorough --soak-minutes=$(SOAK_MINUTES) tests/faults/test_soak.py

mutants: .venv/ready ## take out one guard at a time, and see a test notice
	@$(RUN)/python -m tests.mutants

lock: .venv/ready ## choose versions anew, with their checksums
	$(COMPILE) --upgrade requirements/uv.in -o requirements/uv.txt
	$(COMPILE) --upgrade pyproject.toml -o requirements/run.txt
	$(COMPILE) --upgrade pyproject.toml --extra local --group dev -c requirements/run.txt -o requirements/dev.txt

# Nothing but what the locks name, checked against their checksums: uv itself is the first thing so installed.
.venv/ready: requirements/uv.txt requirements/dev.txt pyproject.toml
	@python=$$(for name in python3.13 python3.12 python3.11 python3; do \
	    $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done); \
	  if [ -z "$$python" ]; then echo "expected Python 3.11 or newer as python3.13, python3.12, python3.11 or python3; found none" >&2; exit 1; fi; \
	  [ -x $(RUN)/python ] || $$python -m venv .venv
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(RUN)/uv pip sync --quiet requirements/dev.txt requirements/uv.txt
	@$(RUN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
