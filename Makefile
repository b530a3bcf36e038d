# Creates the environment in .venv from envs/requirements.lock and calls Snakemake or pytest.
# The first that runs of those that the pinned packages support.
PYTHON ?= $(firstword $(foreach version,3.11 3.12 3.13,$(shell \
	python$(version) -c "" 2>/dev/null && command -v python$(version))))
CORES ?= 4
BIN := .venv/bin
# With the hash of every file: envs/linux-x86_64.lock.
LOCK ?= envs/requirements.lock

FIGURES := figure2 figure3 figure4 figure5 figure6 figure7 figure8 figure9
TARGETS := $(FIGURES) claims all trust algorithms remedies transfer several_trials adex adex_reference benchmark sbibm

.DEFAULT_GOAL := help
.PHONY: help env lint article report crate test test-slurm docs stamps weather clean $(TARGETS)

help:
	@echo "make env       create the environment in .venv"
	@echo "make figure3   environment, then Figure 3 and its claims: snakemake --cores $(CORES) figure3"
	@echo "make claims    the table of the paper's claims against this run"
	@echo "                (figure2 to figure9 likewise)"
	@echo "make all       every figure, the claims and the report"
	@echo "make report    one HTML page of all figures and claims: results/report.html"
	@echo "make article   the article of this run as PDF: results/article.pdf"
	@echo "make crate     figures, claims, configuration and workflow of this run as one file: results/crate.zip"
	@echo "make trust     posteriors against a reference, and their coverage"
	@echo "make algorithms  other algorithms at equal budgets"
	@echo "make remedies  posteriors that are repaired, at equal budgets"
	@echo "make transfer  a target of Arbor, inferred on the chip's model and predicted by both"
	@echo "make several_trials  posteriors given 1, 10 and 100 trials one by one"
	@echo "make adex      the second study: a spiking neuron"
	@echo "make adex_reference  reference posteriors of the spiking neuron, distances to them"
	@echo "make benchmark speed of the parts of the study on this machine"
	@echo "make sbibm     the ten tasks of sbibm beside its published numbers; hours"
	@echo "make test      environment, lint, tests: about half an hour on two cores"
	@echo "make stamps    what machines can check of deployment, docs, report, versions, manifest"
	@echo "make docs      the documentation as a site, in site/"
	@echo "make weather   all trials of kills, damage and faults (docs/reliability.md); hours"
	@echo "make test-slurm  quick Figure 3 through a Slurm of one node (docs/cluster.md)"
	@echo "make clean     remove the environment; results/ stays"

env: .venv/.installed

.venv/.installed: $(LOCK) pyproject.toml
	@test -n "$(PYTHON)" || { echo "make: expected Python 3.11, 3.12 or 3.13, found none of them; \
	install one (Ubuntu, Debian: apt install python3 python3-venv) or name it: make PYTHON=/path/to/python3.12"; exit 1; }
	@case "$(CURDIR)" in *" "*) echo "make: expected a path without spaces, found $(CURDIR); \
	Snakemake starts jobs by the path of .venv/bin/python"; exit 1;; esac
	@$(PYTHON) -c "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))" 2>/dev/null || { \
	echo "make: expected Python 3.11, 3.12 or 3.13, found $$($(PYTHON) --version 2>/dev/null || \
	echo no program) at PYTHON=$(PYTHON)"; exit 1; }
	@$(PYTHON) -c "import ensurepip, venv" 2>/dev/null || { echo "make: $(PYTHON) has no venv; \
	install it (Ubuntu, Debian: apt install $(notdir $(PYTHON))-venv)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --progress-bar off --requirement $(LOCK)
	$(BIN)/pip install --quiet --no-build-isolation --no-deps --editable .
	touch $@

# Observations and reference posteriors alone: what the package needs is not installed.
.venv/.sbibm: envs/sbibm.txt .venv/.installed
	$(BIN)/pip install --quiet --progress-bar off --no-deps --requirement envs/sbibm.txt
	touch $@

sbibm: .venv/.sbibm

.venv/.article: envs/article.txt .venv/.installed
	$(BIN)/pip install --quiet --progress-bar off --requirement envs/article.txt
	touch $@

article: .venv/.article

$(TARGETS) article report crate: env
	$(BIN)/snakemake --cores $(CORES) $@

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

# Two files of tests beside one another.
test: lint .venv/.sbibm
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

stamps: env .crate/.installed
	$(BIN)/pytest tests/stamps tests/contract/test_deployment.py tests/unit/test_report.py tests/unit/test_pages.py

# In an environment of its own: envs/docs.txt.
docs: .docs/.installed
	NO_MKDOCS_2_WARNING=1 .docs/bin/mkdocs build --strict

.docs/.installed: envs/docs.txt
	$(PYTHON) -m venv .docs
	.docs/bin/pip install --quiet --progress-bar off --requirement envs/docs.txt
	touch $@

# What validates crates, in an environment of its own: envs/crate.txt.
.crate/.installed: envs/crate.txt
	$(PYTHON) -m venv .crate
	.crate/bin/pip install --quiet --progress-bar off --requirement envs/crate.txt
	touch $@

# All trials of bad weather, of which the tests run a selection: hours. WEATHER=0.1 runs a tenth.
WEATHER ?= 1
weather: env
	WEATHER=$(WEATHER) WEATHER_TABLE=results/weather.md $(BIN)/pytest tests/weather

# The executor lies in a folder of its own: see envs/slurm.lock. The node's files and results are
# kept in results/slurm/.
.venv/slurm/.installed: envs/slurm.lock .venv/.installed
	$(BIN)/pip install --quiet --progress-bar off --no-deps --upgrade --target .venv/slurm --requirement $<
	touch $@

test-slurm: .venv/slurm/.installed
	rm -rf results/slurm
	PYTHONPATH=$(CURDIR)/.venv/slurm $(BIN)/python -m tests.slurm results/slurm

clean:
	rm -rf .venv .docs .crate site
