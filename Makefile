# Everything runs in .venv, made from nothing but Python 3.11 or newer: `make rehearse`, `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ENVIRONMENTS := $(patsubst environments/%.txt,%,$(wildcard environments/*.txt))
NODE_ENVIRONMENTS := $(patsubst environments/%/package-lock.json,%,$(wildcard environments/*/package-lock.json))
export PATH := $(CURDIR)/$(BIN):$(PATH)
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 1
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup environments rehearse test quick lint format benchmark clean

rehearse: $(VENV)/.ready ## deploy examples/churn onto the embedded emulator and live its life
	groundplan rehearse examples/churn/groundplan.yaml --faults

test: $(VENV)/.ready environments ## every test, heavy ones included
	python -m pytest -n 2 --dist loadgroup

quick: $(VENV)/.ready ## the tests that need neither Node nor ten seconds
	python -m pytest -n 2 --dist loadgroup -m "not heavy"

lint: $(VENV)/.ready
	ruff check .
	ruff format --check .
	mypy blueprints pipelines constructs stacks tests benchmarks
	lint-imports

format: $(VENV)/.ready
	ruff check --fix .
	ruff format .

benchmark: $(VENV)/.ready ## one table: speed as ratios within one run
	python -m benchmarks

setup: $(VENV)/.ready

# Heavy tools that do not resolve together: an environment each, needed by tests (and, for
# monitoring, by the rehearsal) only.
environments: $(ENVIRONMENTS:%=.venv-%/.ready) $(NODE_ENVIRONMENTS:%=environments/%/node_modules/.ready)

.venv-%/.ready: environments/%.txt
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	.venv-$*/bin/python -m compileall -qq .venv-$*/lib || true
	touch $@

environments/%/node_modules/.ready: environments/%/package-lock.json | $(VENV)/.ready
	cd environments/$* && npm ci --no-audit --no-fund --loglevel=error
	touch $@

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("groundplan needs Python 3.11 or newer, got %d.%d; try make PYTHON=python3.11" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	$(BIN)/python -m compileall -qq blueprints pipelines constructs stacks $(VENV)/lib || true
	touch $@

clean:
	rm -rf $(VENV) .venv-* environments/*/node_modules cdk.out
