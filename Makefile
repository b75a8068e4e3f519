# make run   sets everything up and plans the Trans-Caspian cable
# make test  sets everything up and passes the checks and tests
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: setup setup-dev run check test browser workflow screenshot clean

setup: $(VENV)/.installed
setup-dev: $(VENV)/.installed-dev

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) install --editable '.[dev]'
	touch $@

run: setup
	$(BIN)/cableroute run data/trans-caspian/project.toml --map maps/trans-caspian.html

check: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# One worker more than cores: browsers and child processes leave some of their time idle. Files keep their order: by
# the number of their tests, those with few and long ones would all come last.
test: browser setup-dev
	$(MAKE) --no-print-directory --jobs 2 --output-sync check workflow
	$(BIN)/python -m pytest --numprocesses $$(( $$(nproc) + 1 )) --dist loadfile --no-loadscope-reorder

# Maps are tested in headless Chromium.
browser:
	@command -v chromium >/dev/null || ( \
	  SUDO=; [ "$$(id -u)" = 0 ] || SUDO=sudo; \
	  $$SUDO apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$SUDO apt-get install -y -qq --no-install-recommends chromium >/dev/null )

# Snakemake, which runs the example of docs/pipelines: in its own environment, because it asks for older libraries.
workflow: $(VENV)/workflow/.installed

$(VENV)/workflow/.installed: docs/pipelines/requirements.txt | setup-dev
	$(PYTHON) -m venv $(VENV)/workflow
	$(VENV)/workflow/bin/python -m pip --disable-pip-version-check --quiet install --requirement $<
	touch $@

# The picture of the README, from the map of the last run.
screenshot: setup-dev browser
	$(BIN)/python docs/images/screenshot.py maps/trans-caspian.html docs/images/trans-caspian.jpg

clean:
	rm -rf $(VENV) dist build *.egg-info
