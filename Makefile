# Needs Python 3.11 or newer (with venv and pip) and make; everything else goes into .venv.
PYTHON ?= python3
BIN = .venv/bin

.PHONY: demo test campaign clean

demo: .venv/ready-demo
	$(BIN)/xnat-gate demo

test: .venv/ready-test
	PATH="$(CURDIR)/$(BIN):$$PATH" scripts/check.sh

# docs/campaign.md tells what it does; make campaign CAMPAIGN="--kills 500 --seed 7"
campaign: .venv/ready-test
	$(BIN)/python scripts/campaign.py $(CAMPAIGN)

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "xnat-gate needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv

PROGRAMS = containers/gate/entrypoint.py containers/intake/entrypoint.py

.venv/ready-demo: .venv/bin/python pyproject.toml $(PROGRAMS)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/ready-test: .venv/bin/python pyproject.toml $(PROGRAMS)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv .venv-clients
