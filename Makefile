# make lab and make test build what they need in .venv; `make` alone prints the targets.
# Another interpreter: make lab PYTHON=python3.12. Options for the server: make lab OPTIONS="--port 9000".

PYTHON ?= python3
OPTIONS ?=
JOBS ?= 2
export PYTHON

# Whole files to each worker, in their order: conftest.py puts those that use a browser last.
PYTEST := -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder
QUICK := $(PYTEST) -m "not slow" tests
# What looks at a framework; its tests skip in `make test` where that is not installed.
BRIDGES := tests/interop tests/problems/test_network.py tests/schedules/test_array_module.py \
	tests/schedules/test_references.py tests/teaching/test_workbench.py tests/test_controllers_torch.py \
	tests/test_doctests.py tests/test_updates.py notebooks/11_your_own_model.ipynb

RUN := .venv/bin/python
.PHONY: help lab test test-quick test-oldest test-newest test-bridges lock notebooks evidence contest slides site faults mutants bench clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

lab: ## open the course in JupyterLab (the first time: install it into .venv)
	@sh tools/install.sh
	@$(RUN) -m course_lr.cli lab $(OPTIONS)

test: ## lint, then run all tests and all notebooks
	@sh tools/install.sh test
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) $(PYTEST) --nbval tests notebooks

test-quick: ## lint, then the tests that take no notebook, no browser and no patience (a minute)
	@sh tools/install.sh test
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) $(QUICK)

# An environment of its own, made anew, with the versions that this resolution chooses.
define versions
	$(PYTHON) -m venv --clear .venv-$(1)
	.venv-$(1)/bin/pip install --quiet --disable-pip-version-check uv
	.venv-$(1)/bin/uv pip install --quiet --python .venv-$(1)/bin/python --resolution $(2) -e ".[test]"
	.venv-$(1)/bin/python $(QUICK)
endef

test-oldest: ## the quick tests with the oldest versions that pyproject.toml admits
	$(call versions,oldest,lowest-direct)

test-newest: ## the quick tests with the newest versions that pyproject.toml admits
	$(call versions,newest,highest)

test-bridges: export KERAS_BACKEND := jax
test-bridges: export JAX_PLATFORMS := cpu
test-bridges: ## install PyTorch, JAX, Keras and Optax, and test against them
	@sh tools/install.sh test,bridges
	$(RUN) -c "import torch, jax, keras, optax"
	$(RUN) $(PYTEST) --nbval $(BRIDGES)

lock: ## choose the versions in requirements/ anew (one: OPTIONS="-P numpy==2.4.6")
	@sh tools/install.sh
	$(RUN) -m pip install --quiet --disable-pip-version-check uv
	$(RUN) tools/lock.py $(OPTIONS)

notebooks: ## execute all notebooks again, in place
	@sh tools/install.sh test
	$(RUN) tools/notebooks.py

evidence: ## measure every statement again and write the report (one: OPTIONS="--claim S2")
	@sh tools/install.sh
	$(RUN) -m course_lr.cli evidence $(OPTIONS)

contest: ## hold the recipe against other ways to choose again (one: OPTIONS="moons")
	@sh tools/install.sh
	$(RUN) -m experiments.contest $(OPTIONS)

slides: ## one deck a chapter into build/slides, each a file that needs no network
	@sh tools/install.sh
	$(RUN) -m tools.slides $(OPTIONS)

site: ## the course as plain pages and the API reference into build/site
	@sh tools/install.sh test
	$(RUN) -m tools.site

faults: ## break a contract in thirty ways, one at a time, and see each caught (one: OPTIONS="ID")
	@sh tools/install.sh test
	$(RUN) tools/faults.py faults $(OPTIONS)

mutants: ## the same with fifty small changes to schedules, update rules and loop
	@sh tools/install.sh test
	$(RUN) tools/faults.py mutants $(OPTIONS)

bench: ## measure the speed beside PyTorch, JAX and scikit-learn (installs them)
	@sh tools/install.sh test,bridges
	$(RUN) benchmarks/run_axis.py

clean: ## remove .venv and every cache; a learner's progress stays
	rm -rf .venv .venv-oldest .venv-newest build dist .pytest_cache .ruff_cache .hypothesis test-results
	find . -name __pycache__ -prune -exec rm -rf {} +
	find . -name .ipynb_checkpoints -prune -exec rm -rf {} +
