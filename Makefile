# Needs Python 3.11 or newer, git, make and a package index; nothing else.
# With uv on PATH the set-up is quicker; `make UV= test` does without it.

.DEFAULT_GOAL := help
.NOTPARALLEL:

VENV := .venv
BIN := $(VENV)/bin
UV ?= $(shell command -v uv 2>/dev/null)
# The first of these that is 3.11 or newer makes the environment;
# `make PYTHON=/path/to/python test` names another.
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11 python
# Where what is built goes, and what packs the verifier: any Python, for it needs no library.
DIST := dist
VERIFIER_PYTHON = $(firstword $(wildcard $(BIN)/python) python3)
# More for pytest, as in `make test ARGS='-k story -n 2'`.
ARGS ?=

# Rooms have common names: a stray search path must not put another `app` first.
unexport PYTHONPATH PYTHONHOME
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help: ## List the targets
	@echo "Parley: make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{printf "%-14s%s\n", $$1, $$2}'

.PHONY: demo
demo: $(VENV)/main.stamp ## Load the sample negotiation, show it on three dates, and serve it
	@$(BIN)/parley demo

.PHONY: test
test: lint generator ## The static steps, then the whole short test run; this is what CI runs
	$(BIN)/python -m pytest --numprocesses=2 $(ARGS)

.PHONY: check
check: lint ## The same, last failures first and stopping at the first one; for while you work
	$(BIN)/python -m pytest --exitfirst --failed-first $(ARGS)

.PHONY: test-full
test-full: lint generator ## Every test in its long form; takes hours rather than minutes
	$(BIN)/python -m pytest -m "not bench" --hypothesis-profile=long --timeout=7200 $(ARGS)

.PHONY: bench
bench: $(VENV)/dev.stamp ## Measure what docs/benchmarks.md reports
	@$(MAKE) --no-print-directory $(PEER)/peer.stamp || \
	    { rm -rf $(PEER); echo "The table will say that the peer libraries could not be installed."; }
	$(BIN)/python -m pytest tests/bench -m bench --timeout=7200 $(ARGS)

.PHONY: verifier
verifier: ## Build dist/parley-verify.pyz, which verifies an exported log where Parley is not
	@rm -rf $(DIST)/verifier && mkdir -p $(DIST)/verifier/audit
	@cp audit/*.py $(DIST)/verifier/audit
	@$(VERIFIER_PYTHON) -m zipapp $(DIST)/verifier --main audit.command:main \
	    --python '/usr/bin/env -S python3 -I' --output $(DIST)/parley-verify.pyz
	@rm -rf $(DIST)/verifier

# What makes clients of the document of the API wants an older typer than Parley has.
.PHONY: generator
generator: $(VENV)/dev.stamp
	@$(MAKE) --no-print-directory $(GENERATOR)/generator.stamp || \
	    { rm -rf $(GENERATOR); echo "No client will be generated: its generator could not be installed."; }

.PHONY: lint
lint: $(VENV)/dev.stamp ## Only the static steps: format, lint, types, arrows, dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry .

.PHONY: format
format: $(VENV)/dev.stamp ## Format the code and mend what ruff can mend by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: hooks
hooks: $(VENV)/dev.stamp ## Run `make lint` before every commit
	$(BIN)/prek install

.PHONY: advisories
advisories: $(VENV)/dev.stamp ## Ask whether a locked package has a known vulnerability
	$(BIN)/pip-audit --require-hashes --disable-pip --requirement requirements/dev.lock

.PHONY: lock
lock: ## Write requirements/*.lock anew; `make lock UPGRADE=--upgrade` takes newer versions
	@$(MAKE) --no-print-directory $(if $(UV),,$(LOCK_UV)) write-locks UV=$(or $(UV),$(LOCK_UV))

.PHONY: clean
clean: ## Remove the environment and everything the tools left behind
	rm -rf $(VENV) dist .hypothesis .benchmarks .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- The environment ----------------------------------------------------------
# A stamp is as new as the last installation that went through, so a second run
# does nothing. dev.lock holds main.lock, so it makes both stamps. An environment
# whose Python has gone, or that was moved here from elsewhere, is made anew.

ANEW := $(shell $(BIN)/python -c '' 2>/dev/null && \
    grep -qsF '$(CURDIR)/$(VENV)' $(VENV)/pyvenv.cfg || echo anew)

.PHONY: anew
anew:

$(VENV)/main.stamp: requirements/main.lock pyproject.toml $(ANEW) | $(BIN)/python
	@$(call install,requirements/main.lock)
	@touch $@

$(VENV)/dev.stamp: requirements/dev.lock pyproject.toml $(ANEW) | $(BIN)/python
	@$(call install,requirements/dev.lock)
	@touch $(VENV)/main.stamp $@

$(BIN)/python: $(ANEW)
	@for python in $(PYTHON); do \
	    if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	        if "$$python" -m venv --clear $(VENV); then exit 0; fi; \
	        rm -rf $(VENV); \
	        echo "$$python cannot make a virtual environment (on Debian: apt install python3-venv)." >&2; \
	    fi; \
	done; \
	echo "Parley needs Python 3.11 or newer, with venv. Tried: $(PYTHON)." >&2; \
	echo "Name one that is: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; \
	exit 1

# The libraries that the benchmarks stand beside; one of them wants an older SQLAlchemy.
PEER := $(VENV)/peer

$(PEER)/peer.stamp: requirements/peer.lock $(ANEW)
	@$(BIN)/python -m venv --clear $(PEER)
	@$(PEER)/bin/python -m pip install -qq --require-hashes --requirement requirements/peer.lock
	@touch $@

GENERATOR := $(VENV)/generator

$(GENERATOR)/generator.stamp: requirements/generator.lock $(ANEW)
	@$(BIN)/python -m venv --clear $(GENERATOR)
	@$(GENERATOR)/bin/python -m pip install -qq --require-hashes --requirement requirements/generator.lock
	@touch $@

# The hashes are checked by either installer, and the project itself is built by
# the backend that the lock has just installed: nothing unlocked is fetched.
define install
echo "Installing $(1) into $(VENV) with $(if $(UV),uv,pip); the first time takes a minute."; \
if [ -n "$(UV)" ]; then \
    $(UV) pip install --quiet --python $(BIN)/python --require-hashes --requirement $(1) && \
    $(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable . && exit 0; \
    echo "uv could not; trying pip."; \
fi; \
$(BIN)/python -m pip install -qq --require-hashes --requirement $(1) && \
$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
endef

# --- The locks ----------------------------------------------------------------
# One file a use, for every platform and every Python from 3.11, with the hash of
# every file and no address to fetch it from: that is for your installer to know.

LOCK_UV := $(VENV)/uv/bin/uv
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-header --no-emit-index-url --no-emit-find-links $(UPGRADE)
# What the benchmarks stand beside is no part of Parley, so pyproject.toml does not name it.
GENERATORS := 'openapi-python-client>=0.29'
PEERS := 'eventsourcing[postgres]>=9.5.6,<9.6' 'eventsourcing-sqlalchemy>=1.0.1' \
    'psycopg[binary]>=3.3,<4' 'fastapi>=0.165' 'sse-starlette>=3.7' 'uvicorn>=0.54'

.PHONY: write-locks
write-locks:
	$(COMPILE) pyproject.toml --group build --output-file requirements/main.lock
	$(COMPILE) pyproject.toml --extra telemetry --group build \
	    --constraint requirements/main.lock --output-file requirements/telemetry.lock
	$(COMPILE) pyproject.toml --extra telemetry --group build --group test --group lint \
	    --group bench --constraint requirements/telemetry.lock --output-file requirements/dev.lock
	printf '%s\n' $(GENERATORS) | $(COMPILE) - --output-file requirements/generator.lock
	printf '%s\n' $(PEERS) | $(COMPILE) - --output-file requirements/peer.lock

$(LOCK_UV): | $(BIN)/python
	@$(BIN)/python -m venv $(VENV)/uv
	@$(VENV)/uv/bin/python -m pip install -qq uv
