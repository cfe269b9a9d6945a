# make demo   builds the demo dataset and opens the quickstart in JupyterLab (NO_LAB=1: without JupyterLab)
# make test   everything that CI runs
# make quick  the same without the slow tests and the browser
.DEFAULT_GOAL := test
.PHONY: demo test quick lint front format notebooks benchmarks clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NPM := npm --prefix widgets
PYTEST := $(BIN)/python -m pytest
# two processes with two threads each would wait for each other on two cores; a browser wants both cores to itself
PARALLEL := OMP_NUM_THREADS=1 $(PYTEST) -n 2 --dist loadfile

demo: $(VENV)/.runtime
	$(BIN)/curate demo $(if $(NO_LAB),--no-lab)

test: lint front
	$(PARALLEL) -m "not browser"
	$(PYTEST) -m browser

quick: lint
	$(PARALLEL) -m "not slow and not browser"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

front: $(VENV)/.dev widgets/node_modules/.installed
	$(NPM) run check
	$(NPM) run lint
	$(NPM) test

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

notebooks: $(VENV)/.dev
	$(BIN)/python notebooks/run.py

benchmarks: $(VENV)/.dev
	for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

clean:
	rm -rf $(VENV) widgets/node_modules curate/static build dist

# The stamps make the second time quick: nothing is installed again until what they depend on has changed.
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: pyproject.toml constraints.txt hatch_build.py widgets/package-lock.json widgets/build.mjs $(shell find widgets/src -type f) | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[lab]"
	touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[lab,s3,dev]"
	touch $@

widgets/node_modules/.installed: widgets/package.json widgets/package-lock.json
	$(NPM) ci --no-audit --no-fund
	touch $@
