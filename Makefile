# Everything a person does here, by name; `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
EXTRAS := --extra publish --extra databases
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Set-up is made once for each state of a lock: uv where it is on the path, else venv and pip; both from hashes.
define setup
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ..." >&2; exit 2; }
	@echo "Setting up .venv from $(1) (once; about two minutes with pip)"
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python "$(PYTHON)" .venv && \
	  uv pip install --quiet --compile-bytecode --python $(BIN)/python --no-deps --require-hashes -r $(1) && \
	  uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	  "$(PYTHON)" -m venv .venv && \
	  $(BIN)/python -m pip install --quiet --no-deps --require-hashes -r $(1) && \
	  $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@
endef

.venv/.run: requirements.lock pyproject.toml
	$(call setup,requirements.lock)

.venv/.test: requirements-test.lock pyproject.toml
	$(call setup,requirements-test.lock)
	@touch .venv/.run

review: .venv/.run ## Review the teaching company's latest month: six chapters, a page to open, a list to act on
	@$(BIN)/crmlib review datasets/teaching/company.toml --force

next-month: .venv/.run ## Let a copy of the teaching company live its next month, in crmlib-living: its list acted on, the month reviewed
	@$(BIN)/crmlib teach next

test: .venv/.test ## Run every test
	@$(BIN)/python -m pytest -n auto --dist worksteal tests
	@$(BIN)/python -c "from crmlib.run.lab import freeze_teaching; freeze_teaching()"
	@$(BIN)/python -m pytest -n auto --dist loadfile --nbval-lax -p no:randomly -p tests.nbval_ipc chapters exercises

lab: .venv/.run ## Open the chapters and exercises in JupyterLab
	@$(BIN)/crmlib lab

voila: .venv/.run ## Serve the last review read-only, code hidden
	@$(BIN)/crmlib publish

data: dictionary ## Make the teaching company and the dictionary again, to the byte
	@$(BIN)/python -m crmlib.teaching.make datasets/teaching

dictionary: .venv/.run ## Make DICTIONARY.md, claims.csv and deck.csv again, without the company
	@$(BIN)/python -m crmlib.run.dictionary

wheel: .venv/.run ## Build the wheel into dist/, chapters and mappings inside
	@$(BIN)/python -m hatchling build -t wheel

check: .venv/.test ## Check format, lint, types, translations
	@$(BIN)/ruff format --check crmlib tests
	@$(BIN)/ruff check crmlib tests chapters exercises
	@$(BIN)/mypy
	@$(BIN)/python -m crmlib.run.messages --check

bench: .venv/.test ## Measure speed, as ratios within one run
	@$(BIN)/python -m tests.bench

messages: .venv/.run ## Bring the catalogues up to date with code and chapters, list what is open; ADD=fr begins a language
	@$(BIN)/python -m crmlib.run.messages $(if $(ADD),--add $(ADD))

lock: ## Resolve the locked versions anew (needs uv)
	@uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade $(EXTRAS) --extra setup pyproject.toml -o requirements.lock
	@uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate $(EXTRAS) --extra setup --extra test -c requirements.lock pyproject.toml -o requirements-test.lock

clean: ## Remove what can be made again (not the reviews)
	@rm -rf dist .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis datasets/teaching/tables
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help review next-month test lab voila data dictionary wheel check bench messages lock clean
