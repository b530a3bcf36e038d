# Creates the environment in .venv from envs/requirements.lock and calls Snakemake or pytest.
PYTHON ?= python3.11
CORES ?= 4
BIN := .venv/bin

FIGURES := figure2 figure3 figure4 figure5 figure6 figure7 figure8 figure9
TARGETS := $(FIGURES) claims all trust algorithms adex benchmark

.DEFAULT_GOAL := help
.PHONY: help env lint report test clean $(TARGETS)

help:
	@echo "make env       create the environment in .venv"
	@echo "make figure3   environment, then Figure 3 and its claims: snakemake --cores $(CORES) figure3"
	@echo "make claims    the table of the paper's claims against this run"
	@echo "                (figure2 to figure9 likewise)"
	@echo "make all       every figure, the claims and the HTML report"
	@echo "make report    the HTML report on results of make all"
	@echo "make trust     posteriors against a reference, and their calibration"
	@echo "make algorithms  other algorithms at equal budgets"
	@echo "make adex      the second study: a spiking neuron"
	@echo "make benchmark speed of the parts of the study on this machine"
	@echo "make test      environment, lint, tests"
	@echo "make clean     remove the environment; results/ stays"

env: .venv/.installed

.venv/.installed: envs/requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --progress-bar off --requirement envs/requirements.lock
	$(BIN)/pip install --quiet --no-build-isolation --no-deps --editable .
	touch $@

$(filter-out all,$(TARGETS)): env
	$(BIN)/snakemake --cores $(CORES) $@

all: env
	$(BIN)/snakemake --cores $(CORES) $@
	$(BIN)/snakemake $@ --report results/report.html

report: env
	$(BIN)/snakemake all --report results/report.html

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

test: lint
	$(BIN)/pytest

clean:
	rm -rf .venv
