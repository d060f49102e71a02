# Packetboat: start with `make demo` or `make test`; `make help` lists all targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
STAMP := .venv/.installed
LOCKED := requirements/core.txt requirements/dev.txt
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url

# The first suitable interpreter; choose another one with `make install PYTHON=…`.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& echo $$python && break; done)

.PHONY: install demo test chaos mutants lint bench lock clean help

install: $(STAMP)  ## Create .venv with exactly the locked packages, unless that is done already

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Packetboat needs Python 3.11, 3.12 or 3.13, but none of them is on the PATH." \
			"Install one, or give its path: make install PYTHON=/path/to/python3.12" >&2; exit 1; fi
	$(PYTHON) -m venv .venv

# uv is ten times as fast as pip, but does not read pip's settings. pip takes over where uv reaches no package index. Both compile what
# they install; otherwise, with PYTHONDONTWRITEBYTECODE set, each start of Airflow would compile a quarter of a million lines again.
$(STAMP): $(LOCKED) requirements/uv.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes $(LOCKED:%=-r %) \
		|| { echo "uv could not install the packages; trying pip, which takes a few minutes."; \
			$(BIN)/python -m pip install --disable-pip-version-check --require-hashes $(LOCKED:%=-r %); }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: install  ## Start everything and send 1,000 sample appointments; Ctrl-C stops it (ONCE=1: exit when all have arrived)
	@$(BIN)/packetboat demo $(if $(ONCE),--once)

test: install  ## Run every test: first the small ones, two at a time, then those that start the whole system
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not system and not chaos"
	$(BIN)/pytest -m "system and not chaos"

chaos: install  ## Run the long soak tests: killed lanes, callback storms, full disks (half an hour)
	$(BIN)/pytest -m chaos

mutants: install  ## Put faults into a copy of the code, one at a time; the tests must notice each
	$(BIN)/python -m tests.mutants.run

lint: install  ## Check style, types, layers and spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

bench: install  ## Measure the figures of docs/benchmarks.md on this machine
	$(BIN)/packetboat bench prepare --rows 1000000
	$(BIN)/packetboat bench latency
	$(BIN)/packetboat bench dispatch --channel sms
	$(BIN)/packetboat bench dispatch --channel email
	$(BIN)/packetboat bench callbacks

lock: install  ## Lock the newest packages that requirements/*.in allow, with their hashes
	$(COMPILE) --upgrade requirements/core.in --output-file requirements/core.txt
	$(COMPILE) --upgrade requirements/dev.in --output-file requirements/dev.txt
	$(COMPILE) --upgrade requirements/celery.in --output-file requirements/celery.txt
	echo uv | $(COMPILE) --constraints requirements/dev.txt - --output-file requirements/uv.txt

clean:  ## Delete .venv and caches; keep data, logs and secrets in var/
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
