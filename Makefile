# Everything a person does here, by name; `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
EXTRAS := --extra publish --extra databases

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Set-up is made once for each state of a lock.
.venv/.run: requirements.lock pyproject.toml
	@$(PYTHON) -m crmlib setup

.venv/.test: requirements-test.lock pyproject.toml
	@$(PYTHON) -m crmlib setup --test

review: ## Review the teaching company's latest month: six chapters, a page to open, a list to act on
	@$(PYTHON) -m crmlib review

next-month: .venv/.run ## Let a copy of the teaching company live its next month, in crmlib-living: its list acted on, the month reviewed
	@$(BIN)/crmlib teach next

test: ## Run every test
	@$(PYTHON) -m crmlib test

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
	@uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate $(EXTRAS) --extra setup --extra class --extra test -c requirements.lock pyproject.toml -o requirements-test.lock

clean: ## Remove what can be made again (not the reviews)
	@rm -rf dist .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis datasets/teaching/tables
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help review next-month test lab voila data dictionary wheel check bench messages lock clean
