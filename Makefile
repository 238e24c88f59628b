# Everything runs in .venv, which `make` creates and fills from requirements.lock.
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup report test bench lab lint hooks lock audit clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/'

setup: $(READY) ## create .venv and install requirements.lock

report: $(READY) ## train and evaluate on MNIST, write reports/evaluation_report.html
	$(BIN)/mnist-cnn report

test: $(READY) ## run the tests
	$(BIN)/python -m pytest

bench: $(READY) ## time training against other recipes, half an hour or more
	$(BIN)/mnist-cnn bench

lab: $(READY) ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab notebooks

lint: $(READY) ## check style, the order of the rooms, and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

hooks: $(READY) ## let every commit tidy what it holds: style, and no outputs in notebooks/
	$(BIN)/python -m venv $(VENV)/hooks && $(VENV)/hooks/bin/pip install --quiet pre-commit
	$(VENV)/hooks/bin/pre-commit install

lock: $(READY) ## resolve pyproject.toml again into requirements.lock
	$(BIN)/python -m venv $(VENV)/lock && $(VENV)/lock/bin/pip install --quiet uv
	$(VENV)/lock/bin/uv pip compile pyproject.toml --extra test --universal --python-version 3.11 \
	  --fork-strategy fewest --generate-hashes --only-binary :all: --no-emit-index-url \
	  --no-emit-find-links --no-annotate --custom-compile-command 'make lock' -o requirements.lock

audit: $(READY) ## look for known vulnerabilities in requirements.lock (needs a network)
	$(BIN)/python -m venv $(VENV)/audit && $(VENV)/audit/bin/pip install --quiet pip-audit
	$(VENV)/audit/bin/pip-audit --require-hashes --disable-pip -r requirements.lock

clean: ## remove .venv, caches and the runs/ folder; keep data and results
	rm -rf $(VENV) runs build *.egg-info .pytest_cache .ruff_cache .mypy_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml
	@python=$$(for name in $(PYTHON) python3 python3.13 python3.12 python3.11 python; do \
	  "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; \
	done); \
	[ -n "$$python" ] || { echo "Python 3.11 or newer is needed: install it, or name it: make PYTHON=/path/to/python" >&2; exit 1; }; \
	echo "Setting up $(VENV) with $$("$$python" --version); this takes a few minutes."; \
	"$$python" -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
