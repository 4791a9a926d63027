# make lab and make test build what they need in .venv; `make` alone prints the targets.
# Another interpreter: make lab PYTHON=python3.12. Options for the server: make lab OPTIONS="--port 9000".

PYTHON ?= python3
OPTIONS ?=
JOBS ?= 2
export PYTHON

# Whole files to each worker, in their order: conftest.py puts those that use a browser last.
PYTEST := -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --nbval
# What looks at a framework; its tests skip in `make test` where that is not installed.
BRIDGES := tests/interop tests/problems/test_network.py tests/schedules/test_array_module.py \
	tests/schedules/test_references.py tests/teaching/test_playground.py tests/test_controllers_torch.py \
	tests/test_doctests.py tests/test_updates.py notebooks/11_your_own_model.ipynb

RUN := .venv/bin/python
.PHONY: help lab test test-bridges notebooks evidence contest slides site faults bench clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

lab: ## open the course in JupyterLab (the first time: install it into .venv)
	@sh tools/install.sh
	@$(RUN) -m course_lr.cli lab $(OPTIONS)

test: ## lint, then run all tests and all notebooks
	@sh tools/install.sh test
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) $(PYTEST) tests notebooks

test-bridges: export KERAS_BACKEND := jax
test-bridges: export JAX_PLATFORMS := cpu
test-bridges: ## install PyTorch, JAX, Keras and Optax, and test against them
	@sh tools/install.sh test,bridges
	$(RUN) -c "import torch, jax, keras, optax"
	$(RUN) $(PYTEST) $(BRIDGES)

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

faults: ## break the product in many ways, one at a time, and see each caught
	@sh tools/install.sh test
	$(RUN) tools/faults.py $(OPTIONS)

bench: ## measure the speed beside PyTorch, JAX and scikit-learn (installs them)
	@sh tools/install.sh test,bridges
	$(RUN) benchmarks/run_axis.py

clean: ## remove .venv and every cache; a learner's progress stays
	rm -rf .venv build dist .pytest_cache .ruff_cache .hypothesis test-results
	find . -name __pycache__ -prune -exec rm -rf {} +
	find . -name .ipynb_checkpoints -prune -exec rm -rf {} +
