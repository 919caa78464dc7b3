# Every target does all of its own set-up in .venv. Needs make and Python 3.11.4 or newer.
#   SCALE=smoke|laptop|gpu|paper (usual: laptop, or paper where a study has no laptop scale)
#   ARGS="--seeds 2" (of test and check: pytest's)   TORCH=cpu   PYTHON=python3.12   VENV=/somewhere/else

SCALE ?=
ARGS ?=
TORCH ?=
VENV ?= .venv
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11, 4))
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$p && exit; done; echo python3)

BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_FOR_TESTS := $(VENV)/.installed-for-tests
INSTALLED_FOR_SPEED := $(VENV)/.installed-for-speed
MTL_BENCH := $(BIN)/python -m mtl_bench
AT_SCALE = $(SCALE:%=--scale %)
# A process per core (tests/conftest.py bounds it by memory), a file's tests in one, so that none of its fixtures is made twice.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder
STUDIES := $(sort $(patsubst benchmarks/%.py,%,$(wildcard benchmarks/[a-z0-9]*.py)) \
	$(patsubst benchmarks/%/__init__.py,%,$(wildcard benchmarks/[a-z0-9]*/__init__.py)))
ifeq ($(TORCH),cpu)
SIZE := about 2 GB (PyTorch for CPUs only)
else ifeq ($(shell uname -s),Linux)
SIZE := about 6.5 GB, 3 GB of it downloaded (PyTorch with its CUDA libraries; TORCH=cpu takes about 2 GB)
else
SIZE := about 2 GB
endif

export OMP_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help bench test check coverage smoke speed site status lock
.DELETE_ON_ERROR:

help:  ## what there is
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' Makefile

bench: $(INSTALLED)  ## the first reproduction, measured on this machine: ten minutes to a page with verdicts
	$(MTL_BENCH) run quickstart --here $(AT_SCALE) $(ARGS)

bench-%: $(INSTALLED)  ## what the results of the study % lack (SCALE=smoke|laptop|gpu|paper)
	$(MTL_BENCH) run $(subst -,_,$*) $(AT_SCALE) $(ARGS)

report-%: $(INSTALLED)  ## write the page of the study % again
	$(MTL_BENCH) report $(subst -,_,$*) $(AT_SCALE) $(ARGS)

status: $(INSTALLED)  ## results, running trials, failures, disk use
	@$(MTL_BENCH) status

smoke: $(INSTALLED)  ## run every study on synthetic data, in seconds
	@for study in $(STUDIES); do $(MTL_BENCH) run $$study --scale smoke $(ARGS) || exit 1; done

speed: $(INSTALLED_FOR_SPEED)  ## time it beside other libraries, which it installs (1 GB more): a table, a page, a figure
	$(BIN)/python -m speed $(ARGS)

site: $(INSTALLED_FOR_TESTS)  ## these pages and all results as a site in build/site; every link is checked
	$(BIN)/python docs/site/build.py

test: $(INSTALLED_FOR_TESTS)  ## all tests
	$(PYTEST) $(ARGS)

check: $(INSTALLED_FOR_TESTS)  ## format, lint, types, imports and the fast tests
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports
	$(PYTEST) -m "not slow" $(ARGS)

coverage: $(INSTALLED_FOR_TESTS)  ## all tests, and which lines none reaches: htmlcov/index.html
	$(PYTEST) --cov --cov-report=term --cov-report=html $(ARGS)

lock: $(INSTALLED_FOR_TESTS)  ## pin the libraries in requirements.lock (ARGS=--upgrade: the newest that fit)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/python -m uv pip compile --no-config --universal --python-version 3.11.4 --extra studies --extra test \
		--no-emit-package mtl-bench --custom-compile-command "make lock" --quiet $(ARGS) \
		--output-file requirements.lock pyproject.toml

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { \
		echo "There is no $(PYTHON) here: install Python 3.11.4 or newer, or name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { \
		echo "$(PYTHON) is too old: mtl-bench needs Python 3.11.4 or newer; name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "$(PYTHON) has no venv module: install it (Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@! test -f $(VENV)/pyvenv.cfg || rm -f $(BIN)/python*  # links to a Python that is gone
	$(PYTHON) -m venv $(VENV)

# The stamps are written last, so that an installation that was interrupted is taken up again.
$(INSTALLED): pyproject.toml $(BIN)/python
	@echo "Installing mtl-bench into $(VENV): $(SIZE)"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --upgrade
ifeq ($(TORCH),cpu)
	@$(BIN)/python -m pip install --retries 1 --timeout 15 --index-url https://download.pytorch.org/whl/cpu \
		torch torchvision 2>/dev/null || \
		echo "PyTorch's CPU index can't be reached: taking the usual PyTorch, which needs about 6.5 GB"
endif
	$(BIN)/python -m pip install --editable '.[studies]'
	@touch $@

$(INSTALLED_FOR_TESTS): $(INSTALLED)
	$(BIN)/python -m pip install --editable '.[test]'
	@touch $@

$(INSTALLED_FOR_SPEED): $(INSTALLED_FOR_TESTS)
	$(BIN)/python -m pip install --editable '.[test,peers]'
	@touch $@
