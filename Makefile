# Relative paths only, so that a folder whose name holds a space does no harm.

PYTHON ?= python3
CORES ?= all
CONFIG ?=
# Values laid over the file, as Snakemake's `--config` takes them.
VALUES ?=
# Not from the environment: to delete is to be said here.
YES :=

VENV := .venv/bin
SNAKEMAKE := $(VENV)/snakemake
# Mistakes in the file end it here; else it begins with how many settings and runs are asked for.
CHECK = $(if $(CONFIG),$(VENV)/python scripts/check_config.py "$(CONFIG)")
CONFIGFILE = $(if $(CONFIG),--configfile "$(CONFIG)")
# snakefmt looks for its shell formatter, which lies beside it, on the search path alone.
SNAKEFMT := PATH="$$PWD/$(VENV):$$PATH" $(VENV)/snakefmt

.DEFAULT_GOAL := help
.PHONY: help environment development run plan watch verify prune suggest compare judge noise export test simulate quick test-browser test-trackers docs test-slurm bench lint format dag clean schema readme lock

help:  ## Show this list
	@echo 'make TARGET [PYTHON=python3.12] [CORES=4] [CONFIG=my.yaml]'
	@echo
	@sed -n -e 's/^\([a-z-]*\):.*  ## /  \1             /' -e 's/^  \(.\{14\}\) */  \1/p' Makefile

environment:  ## Make .venv from envs/requirements.lock, or keep it (all others call this)
	@"$(PYTHON)" envs/make_environment.py

development:  ## The same with what tests and checks: envs/development.lock
	@"$(PYTHON)" envs/make_environment.py --development

run: environment  ## Train what is missing, then collect, draw and report; CONFIG=my.yaml for your own
	@$(CHECK)
	@$(SNAKEMAKE) --cores $(CORES) $(CONFIGFILE) $(if $(VALUES),--config '$(VALUES)')

# What the page shows is drawn alone; `make run` with the same file adds PDF and PNG.
quick: environment  ## A small study in about a minute, to see what comes out: studies/quick.yaml
	@$(MAKE) --no-print-directory run CONFIG=studies/quick.yaml VALUES='figures={formats: [svg]}'

plan: environment  ## Say what `make run` would train, why, and what it would cost
	@$(VENV)/python scripts/plan.py --cores $(CORES) $(CONFIGFILE)

# PORT: of the page's address; it may be started before `make run`, and ended at any time.
watch: environment  ## Show runs while they train, on a page of this machine alone; PORT=8000
	@$(ATLAS) watch $(CONFIGFILE) $(if $(PORT),--port $(PORT)) --open

# RUNS: names of runs, settings or studies; SAMPLE: how many of them (3; of named ones all).
verify: environment  ## Recompute cached runs elsewhere and compare bytes; SAMPLE=3, RUNS="names"
	@$(VENV)/python scripts/verify.py $(CONFIGFILE) --cores $(CORES) \
		$(if $(RUNS),--runs $(RUNS)) $(if $(SAMPLE),--sample $(SAMPLE))

prune: environment  ## Show runs, checkpoints and logs that no study asks for; YES=1 deletes them
	@$(VENV)/python scripts/prune.py $(CONFIGFILE) $(if $(filter 1,$(YES)),--yes)

suggest: environment  ## Write the next configuration where findings ask for one; YES=1 takes it
	@$(VENV)/python scripts/suggest.py $(CONFIGFILE) --cores $(CORES) $(if $(filter 1,$(YES)),--yes)

# A and B: folders of results, folders of studies, or names of studies in results/.
compare: environment  ## Say what changed between two results or studies: A=… B=…
	@$(VENV)/python scripts/compare.py "$(A)" "$(B)" $(if $(METRIC),--metric $(METRIC))

# FILES: tables of runs or folders of trackers; MORE: further options of `lr-atlas judge`, such as
# MORE="--lower --baseline sgd". A verdict that is not "better" is no error of make.
ATLAS := PYTHONPATH=scripts $(VENV)/python -m lr_atlas.cli
JUDGED = $(FILES) $(if $(METRIC),--metric "$(METRIC)") $(if $(BY),--by "$(BY)") $(MORE)
judge: environment  ## Say which runs are better: FILES="runs.csv" METRIC=val_loss BY=optimizer
	@$(ATLAS) judge $(JUDGED) || [ $$? -ge 10 ]

noise: environment  ## Say how far runs scatter, and what more could show: FILES=… METRIC=…
	@$(ATLAS) noise $(JUDGED)

# TO: mlflow, wandb, tensorboard, ro-crate or data-package; FOLDER: another place to write it to.
export: environment  ## Write a finished study for others: TO=mlflow STUDY=name (docs/export.md)
	@$(ATLAS) export "$(TO)" "$(STUDY)" $(if $(FOLDER),--to "$(FOLDER)")

# A file of tests stays with one process, since its tests share what took long to make.
test: development  ## Run the tests, on all cores
	@$(VENV)/python -m pytest --numprocesses auto --dist loadfile

# The same rates as in tests/calibration/test_error_rates.py, from more studies.
simulate: development  ## Measure how often verdicts, intervals and findings are wrong
	@PYTHONPATH=scripts:tests $(VENV)/python tests/calibration/error_rates.py | tee docs/results/error_rates.md

# Most of the time is spent waiting for Slurm, so tests share the cluster, unless they break it.
SHARING := tests/slurm/test_faults.py tests/slurm/test_requests.py
test-slurm: development  ## Test on a real Slurm, started here; root, Debian or Ubuntu
	@$(VENV)/python tests/slurm/cluster.py install
	@$(VENV)/python tests/slurm/cluster.py start
	@trap '$(VENV)/python tests/slurm/cluster.py stop' EXIT; \
		$(VENV)/python -m pytest -rs --numprocesses 4 --dist worksteal $(SHARING) && \
		$(VENV)/python -m pytest -rs --numprocesses 2 --dist load tests/slurm/test_lost_nodes.py && \
		$(VENV)/python -m pytest -rs tests/slurm/test_lost_parts.py

# Its own downloads of browsers are not asked for: Debian's Chromium is an ordinary package.
test-browser: development  ## Test the pages in a real browser (Chromium); Debian or Ubuntu
	@command -v chromium > /dev/null || (apt-get -qq update && \
		apt-get -qq install -y --no-install-recommends chromium > /dev/null)
	@$(VENV)/python -m pytest -rs tests/browser

# They write files as people have them; what reads these needs none of them.
TRACKERS := .venv-trackers
test-trackers: development  ## Read what W&B, MLflow and others write, installed for it; no login
	@test -x $(TRACKERS)/bin/python || $(VENV)/python -m venv $(TRACKERS)
	@$(TRACKERS)/bin/python -m pip install --quiet --disable-pip-version-check -r envs/trackers.txt
	@$(VENV)/python -m pytest -rs tests/trackers

# The tutorial runs in this environment, and finds there what the workflow is run with.
DOCS := .venv-docs
docs: development  ## Build the documentation's site, check its links, run its tutorial: site/
	@test -x $(DOCS)/bin/python || $(VENV)/python -m venv $(DOCS)
	@$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check -r envs/docs.txt
	@cd $(DOCS)/lib/python3*/site-packages && \
		echo "../../../../.venv/lib/$$(basename "$$(dirname "$$PWD")")/site-packages" > lr-atlas.pth
	@NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/python -m mkdocs build --strict --quiet
	@$(VENV)/python -m pytest -rs tests/site
	@echo 'Built site/index.html'

bench: development  ## Measure speed, half an hour on a quiet machine; results/bench/, bench/README.md
	@$(VENV)/python bench $(if $(SHORT),--short)

lint: development  ## Check style, types and workflow, changing nothing
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(SNAKEFMT) --check Snakefile rules
	$(SNAKEMAKE) --lint
	PYTHONPATH=scripts $(VENV)/lint-imports --no-cache
	$(VENV)/mypy

format: development  ## Bring Python and Snakemake files into style
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .
	$(SNAKEFMT) Snakefile rules

dag: environment  ## Draw the jobs, done and to do, as results/dag.svg and results/dag.png
	@$(CHECK)
	@mkdir -p results
	@$(SNAKEMAKE) --dag $(CONFIGFILE) > results/dag.dot
	@$(VENV)/python scripts/draw_job_graph.py results/dag.dot --svg results/dag.svg --png results/dag.png
	@echo 'Drew results/dag.svg and results/dag.png'

# Runs and data are what took long; .snakemake holds the record that spares them a rerun.
clean:  ## Remove tables, figures, report and caches; keep runs, data and .snakemake
	rm -rf results/studies results/report.html results/dag.dot results/dag.svg results/dag.png
	rm -rf .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find scripts tests envs -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo 'Kept: results/runs, results/checkpoints, results/data, verification.json and .snakemake'

schema: environment  ## Write what is generated: the configuration's schema, the tables of docs
	@$(VENV)/python scripts/write_schema.py

readme: environment  ## Bring the README's answers, docs/results and docs/images up to date
	@$(VENV)/python scripts/update_readme.py

lock:  ## Write the locks anew from envs/requirements.in and development.in
	@"$(PYTHON)" envs/make_environment.py --lock
