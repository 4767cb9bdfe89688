# Each target works alone on a fresh clone: it makes the virtual environment and installs what it needs.
# It takes Python 3.11 or newer with venv, a C++ compiler, make and perl. VENV=… and PYTHON=… choose others.

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test test-long lint format icarus chromium clean

help:
	@echo 'make demo       train, freeze, generate, verify and synthesise the digits; writes a report'
	@echo 'make test       all tests but the long ones'
	@echo 'make test-long  the long ones'
	@echo 'make lint       ruff and pyright'
	@echo 'make chromium   install Chromium, with which tests look at the HTML report; without it they are skipped'
	@echo 'make format     ruff format'
	@echo 'make clean      remove what was built, and the virtual environment'

demo: $(VENV)/.installed-demo
	$(VENV)/bin/hadamrnn demo

# pytest fails by itself where it collects no test (status 5).
test: $(VENV)/.installed-dev icarus
	$(VENV)/bin/python -m pytest -n $(WORKERS) -m 'not long'

test-long: $(VENV)/.installed-dev icarus
	$(VENV)/bin/python -m pytest -n $(WORKERS) -m long $(ARGUMENTS)

lint: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/pyright --pythonpath $(VENV)/bin/python

format: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check --fix-only .
	$(VENV)/bin/ruff format .

# Icarus Verilog is not on PyPI. Where it cannot be installed, the tests that need it skip and say so.
icarus:
	@if command -v iverilog >/dev/null; then :; \
	elif ! command -v apt-get >/dev/null; then echo 'Icarus Verilog is not installed: its tests will be skipped'; \
	elif [ "$$(id -u)" = 0 ]; then { apt-get update -q && apt-get install -qy iverilog; } || echo 'Icarus Verilog cannot be installed: its tests will be skipped'; \
	elif sudo -n true 2>/dev/null; then { sudo -n apt-get update -q && sudo -n apt-get install -qy iverilog; } || echo 'Icarus Verilog cannot be installed: its tests will be skipped'; \
	else echo 'Icarus Verilog is not installed: its tests will be skipped (sudo apt-get install iverilog)'; fi

# Some hundred megabytes, so no target needs it: CI asks for it, and the tests that need it skip and say so elsewhere.
chromium:
	@if command -v chromium || command -v chromium-browser || command -v google-chrome; then :; \
	elif ! command -v apt-get >/dev/null; then echo 'Chromium is not installed: its tests will be skipped'; \
	elif [ "$$(id -u)" = 0 ]; then { apt-get update -q && apt-get install -qy --no-install-recommends chromium; } || echo 'Chromium cannot be installed: its tests will be skipped'; \
	elif sudo -n true 2>/dev/null; then { sudo -n apt-get update -q && sudo -n apt-get install -qy --no-install-recommends chromium; } || echo 'Chromium cannot be installed: its tests will be skipped'; \
	else echo 'Chromium is not installed: its tests will be skipped (sudo apt-get install chromium)'; fi

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Python 3.11 or newer is needed: make PYTHON=/path/to/python3 …'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' \
	  || { echo 'the venv module of Python is needed: apt-get install python3-venv'; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Installed once, and again when pyproject.toml changes.
$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	$(PIP) install -e '.[dev]'
	@touch $@

$(VENV)/.installed-demo: pyproject.toml | $(VENV)/bin/python
	$(PIP) install -e '.[sim,synth]'
	@touch $@

clean:
	rm -rf $(VENV) build dist demo .pytest_cache .ruff_cache *.egg-info
